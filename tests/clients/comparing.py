"""How what a reader saw is compared with what calsync wants."""

from collections.abc import Iterable
from dataclasses import replace

from tests.clients.feeds import Seen


def assert_alike(reader: str, got: Iterable[Seen], wanted: Iterable[Seen]) -> None:
    """The same events, none of them twice."""
    got, wanted = (
        sorted(_without_uid(e) if reader == "vdirsyncer" else e for e in seen) for seen in (got, wanted)
    )
    unseen = [event for event in wanted if event not in got]
    unwanted = [event for event in got if event not in wanted]
    assert not unseen, (
        f"{reader} misreads {len(unseen)} of {len(wanted)}: {unseen[:2]} is seen as {unwanted[:2]}"
    )
    assert got == wanted


def _without_uid(event: Seen) -> Seen:
    # vdirsyncer makes UIDs of its own for web feeds.
    return replace(event, uid="")
