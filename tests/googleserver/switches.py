"""What Google's documentation leaves open, or what users report differently: a switch for each.

The defaults are the likeliest. A client has to be right in every position.
"""

from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True)
class Switches:
    name: str = "likeliest"

    tombstones: Literal["full", "bare", "listed-bare"] = "full"
    """What a deleted event still shows: all, or its id alone; then lists by property leave it out, unless
    "listed-bare"."""
    patch_cancelled: Literal["ok", "forbidden"] = "ok"
    """A PATCH that leaves a cancelled event cancelled."""
    revive: Literal["ok", "patch-forbidden", "dead"] = "ok"
    """Whether `status: confirmed` brings a cancelled event back: always, by PUT only, never."""
    purge: Literal["frees", "dead-ids"] = "frees"
    """Whether the id of a tombstone that has vanished can be inserted again."""
    update_without_sequence: Literal["counts-as-0", "keeps"] = "counts-as-0"
    """What an update without `sequence` means: 0, too low once the times have changed, or the present one."""
    property_filters: Literal["and", "or"] = "and"
    """Several `privateExtendedProperty`: the reference says all must match, the guide says any."""
    batch_cap: Literal[50, 1000] = 50
    batch_order: Literal["in-order", "shuffled"] = "in-order"
    pages: Literal["full", "short"] = "full"
    """Short: the first page is empty, the others hold three items, whatever maxResults says."""
    tidies_text: bool = False
    """Texts come back stripped, in NFC, with LF."""
    zone_alias: bool = False
    """Time zones come back under another of their names, and times in UTC."""
    sorts_reminders: bool = False
    """Reminders come back in another order."""
    default_time_zone: str = "UTC"
    """The zone of a calendar that was made without one."""
    copies_keep_properties: bool = False
    """Whether a copy that a person makes carries the private properties."""
    calendar_insert_settles: int = 0
    """How many requests to a brand-new calendar are refused with requiredAccessLevel."""
    refresh_beyond_grant: Literal["invalid_scope", "granted"] = "invalid_scope"
    """A refresh that asks for scopes beyond those granted: an error, or fewer scopes."""
    batch_checks_outer: bool = False
    """Whether the token of a batch itself counts, or those of its parts alone."""
    invitations_are_busy: bool = True
    """Whether an invitation without an answer is busy time."""

    def __str__(self) -> str:
        return self.name


ALTERNATIVES: dict[str, tuple[object, ...]] = {
    "tombstones": ("bare", "listed-bare"),
    "patch_cancelled": ("forbidden",),
    "revive": ("patch-forbidden", "dead"),
    "purge": ("dead-ids",),
    "update_without_sequence": ("keeps",),
    "property_filters": ("or",),
    "batch_cap": (1000,),
    "batch_order": ("shuffled",),
    "pages": ("short",),
    "tidies_text": (True,),
    "zone_alias": (True,),
    "sorts_reminders": (True,),
    "default_time_zone": ("America/Los_Angeles",),
    "copies_keep_properties": (True,),
    "calendar_insert_settles": (2,),
    "refresh_beyond_grant": ("granted",),
    "batch_checks_outer": (True,),
    "invitations_are_busy": (False,),
}
assert set(ALTERNATIVES) == {field.name for field in fields(Switches)} - {"name"}


UNPLEASANT: dict[str, object] = {name: values[-1] for name, values in ALTERNATIVES.items()} | {
    "tombstones": "bare",
    "update_without_sequence": "counts-as-0",
    "batch_cap": 50,
}


def _position(name: str, **values: object) -> Switches:
    return Switches(name, **values)  # type: ignore[arg-type]


ALL_POSITIONS: tuple[Switches, ...] = (
    Switches(),
    *(
        _position(f"{name}={value}", **{name: value})
        for name, values in ALTERNATIVES.items()
        for value in values
    ),
    _position("ids-die", tombstones="bare", patch_cancelled="forbidden", revive="dead", purge="dead-ids"),
    _position("put-revives", tombstones="listed-bare", patch_cancelled="forbidden", revive="patch-forbidden"),
    _position("normalises", tidies_text=True, zone_alias=True, sorts_reminders=True),
    _position("all-unpleasant", **UNPLEASANT),
    _position("all-unpleasant-but-put-revives", **UNPLEASANT | {"revive": "patch-forbidden"}),
)
"""Every alternative alone, and some together; each with a name, for the ids of parametrised tests."""
