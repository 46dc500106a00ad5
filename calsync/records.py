"""What calendars that are written to can't keep for calsync, in the form that the state folder has it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from calsync.errors import AuthorisationNeeded, CalsyncError
from calsync.event import week_of_key
from calsync.files import LARGEST_TEXT, Folder, Json, read_file, unavailable_if_not

# --- Google -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """What a consent gave to the OAuth client `client_id`.

    `expiry` is when the access token `token` ends, in UTC; `granted` when a person gave it, if that was kept.
    """

    client_id: str
    refresh_token: str
    scopes: tuple[str, ...]
    token: str = ""
    expiry: datetime | None = None
    granted: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenFile:
    """The token of one OAuth client, in the state folder or where the config says."""

    path: Path

    def load(self) -> Token | None:
        """None if there is none. Raises AuthorisationNeeded if it is damaged, Unavailable."""
        with unavailable_if_not(self.path, "read"):
            try:
                content = read_file(self.path, LARGEST_TEXT)
            except FileNotFoundError:
                return None
        try:
            return msgspec.json.decode(content, type=Token)
        except (msgspec.MsgspecError, ValueError) as problem:
            raise AuthorisationNeeded(f"{self.path}: is damaged; run `calsync auth google`") from problem

    def granted(self) -> datetime | None:
        """When a person gave the token; None if that is not known."""
        with suppress(CalsyncError):
            if (token := self.load()) and token.granted and token.granted.tzinfo:
                return token.granted
        return None

    def save(self, token: Token) -> None:
        """Raises Unavailable if the token can't be written: the next run would need it."""
        Json(self.path.name, Token).write(Folder(self.path.parent), token)


class Tombstones(msgspec.Struct, omit_defaults=True):
    """What is remembered of the deletions in one calendar: by key, the generation of the id that is dead.

    `cancelled` by calsync, or just about to be; `released`: deleted by the runner, and then given back;
    `deleted` by the runner.
    """

    cancelled: dict[str, int] = {}
    released: dict[str, int] = {}
    deleted: dict[str, int] = {}

    def generation(self, key: str) -> int | None:
        known = [which[key] for which in (self.cancelled, self.released, self.deleted) if key in which]
        return max(known, default=None)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((*self.cancelled, *self.released, *self.deleted))

    def forget(self, key: str) -> None:
        for which in (self.cancelled, self.released, self.deleted):
            which.pop(key, None)

    def set_deleted(self, key: str, generation: int) -> None:
        """The runner deleted it, whatever was known before."""
        self.forget(key)
        self.deleted[key] = generation


class Creation(msgspec.Struct, omit_defaults=True):
    """The creation of a calendar that was begun; `told` once the runner was told to look for the calendar."""

    since: datetime
    told: bool = False


class GoogleRecords(msgspec.Struct, omit_defaults=True):
    """What Google's calendars can't keep for calsync."""

    calendars: dict[str, str] = {}
    """The ids of those that calsync created, by the targets' names."""
    creating: dict[str, Creation] = {}
    """Creations that have not ended, by the targets' names."""
    tombstones: dict[str, Tombstones] = {}
    """By the calendars' ids."""


def parse_google(found: GoogleRecords) -> GoogleRecords:
    """Raises ValueError."""
    for tombstones in found.tombstones.values():
        for key in tombstones.keys:
            week_of_key(key)
    return found


# --- CalDAV -----------------------------------------------------------------------------------------------


class CaldavEvent(msgspec.Struct, omit_defaults=True):
    """What is remembered of one event in a calendar that keeps no trace of what is deleted.

    `at` is where it was when it was last seen, `properties` and `rewritten` what calsync wrote of it,
    `coming` what it is about to write (calendars.caldav.resource.AsWritten).
    """

    at: tuple[datetime, datetime]
    href: str = ""
    # "coming": calsync is about to create it; "leaving": to delete it; "withdrawn": it has; "restored": the
    # runner brought it back after that; "deleted": by the runner.
    state: Literal["coming", "there", "leaving", "withdrawn", "restored", "deleted"] = "there"
    properties: dict[str, str] = {}
    rewritten: dict[str, tuple[str, str]] = {}
    coming: dict[str, str] = {}

    @property
    def is_there(self) -> bool:
        """Whether it was in the calendar after the last push, as far as is known."""
        return self.state in ("there", "restored")


class CaldavRecords(msgspec.Struct, omit_defaults=True):
    """What CalDAV's calendars can't keep for calsync."""

    calendars: dict[str, str] = {}
    """The addresses of those that calsync created or found, by the targets' names."""
    events: dict[str, dict[str, CaldavEvent]] = {}
    """By the calendars' addresses (addresses.place_of), and then by key."""


def parse_caldav(found: CaldavRecords) -> CaldavRecords:
    """Raises ValueError."""
    for events in found.events.values():
        for key in events:
            week_of_key(key)
    return found


class CaldavObject(msgspec.Struct, frozen=True, array_like=True):
    """`text` is empty for what calsync did not write."""

    href: str
    etag: str
    text: str = ""


class CaldavCopy(msgspec.Struct):
    """What a calendar held, by path: so that it need not be read again as long as its token is the same.

    `can_sync`: the server can be asked what has changed since the token.
    """

    token: str
    can_sync: bool
    objects: dict[str, CaldavObject] = {}
