"""Why a session is another one than it was: the week asks for fewer, shorter or lighter ones.

Decides whose doing that is: a progression's or the template's. Knows nothing of places.
"""

from collections.abc import Mapping
from datetime import timedelta

from calsync.event import Event, Published
from calsync.planning.week import WantedSession, WantedWeek
from calsync.timespan import Timespan
from calsync.training import Load, Session


def asked_for_before(
    wanted: WantedSession, before: Timespan, published: Mapping[str, Published]
) -> tuple[int, Load]:
    """Minutes and load that a session which stood at `before` would have there: never more than it had."""
    minutes = round(before.duration / timedelta(minutes=1))
    known = published.get(wanted.key)
    loads = [load for load in (known.load if known else None, wanted.load) if load]
    return (
        minutes if minutes in wanted.lengths else wanted.minutes,
        min(loads, key=lambda load: load.rank),
    )


def as_asked(week: WantedWeek, wanted: WantedSession, was: Event) -> str:
    """Why a session that was `was` is another one at the same start; empty where the week has not asked.

    Lighter or shorter than the week asks for is a matter of its place.
    """
    minutes = round(was.span.duration / timedelta(minutes=1))
    is_lighter = was.load is not None and wanted.load.rank < was.load.rank
    is_longer = wanted.minutes > minutes and minutes not in wanted.lengths
    if is_lighter or is_longer or wanted.minutes < minutes:
        return who_asks(week, wanted)
    return ""


def who_asks(week: WantedWeek, wanted: WantedSession) -> str:
    """Who wants the session as it is wanted."""
    listed = _listed(week, wanted.number)
    if listed is not None and (listed.minutes, listed.load) == (wanted.minutes, wanted.load):
        return f"{_lister(week)} asks for {wanted.minutes} min, {wanted.load}"
    return _notes(week)


def fewer(week: WantedWeek, key: str) -> str:
    """Why the week asks for fewer sessions than the one with `key` would need; empty if it doesn't."""
    number = int(key.rpartition("/")[2])
    if number <= len(week.sessions):
        return ""
    if _listed(week, number) is not None:
        return _notes(week)
    if not week.template.strength:
        return f"{_lister(week)} asks for no strength"
    count = len(week.template.strength)
    return f"{_lister(week)} asks for {count} strength session{'s' * (count > 1)}"


def _listed(week: WantedWeek, number: int) -> Session | None:
    return week.template.strength[number - 1] if number <= len(week.template.strength) else None


def _lister(week: WantedWeek) -> str:
    return f'the template "{week.template.name}"'


def _notes(week: WantedWeek) -> str:
    """What the progressions say; all of them, as they act together."""
    return "; ".join(note.text for note in week.adjusted.notes)
