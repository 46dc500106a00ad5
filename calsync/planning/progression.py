"""From the sessions that a template lists to the sessions that a week wants.

Decides how many, how long and how heavy. Every progression only lowers, the lowest value wins, and each
acts on whole ISO weeks. The tables are those of docs/rules.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from calsync.planning.rules import Rule
from calsync.program import Program
from calsync.training import Experience, Load, Session, Week, WeekTemplate


@dataclass(frozen=True, slots=True)
class Note:
    """What a rule changed about a week, in a sentence."""

    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The sessions that are left, and what changed on the way. `warnings` ask the runner to do something."""

    sessions: tuple[Session, ...]
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


# Rule `ease-in`: up to this week of the plan (from 1) at most so many sessions, minutes and such a load.
_EASE_IN = (
    (2, 1, 20, Load.LIGHT),
    (4, 2, 20, Load.LIGHT),
    (6, 2, 25, Load.MODERATE),
    (8, 2, 30, Load.MODERATE),
)


def adjust(template: WeekTemplate, week: Week, program: Program) -> Adjusted:
    """Apply the progressions, in their order, to the sessions of `template` in `week`."""
    adjusted = Adjusted(template.strength)
    for step in (_ease_in, _twice_a_week, _short_on_time, _ease_off):
        adjusted = step(adjusted, template, week, program)
    return adjusted


def _ease_in(was: Adjusted, template: WeekTemplate, week: Week, program: Program) -> Adjusted:
    if program.rules.experience is not Experience.NEW:
        return was
    number = Week.of(program.start).until(week) + 1
    for last, sessions, minutes, load in _EASE_IN:
        if number <= last:
            text = f"week {number} of strength training: at most {_count(sessions)} of {minutes} min, {load}"
            return _lower(was, Note(Rule.EASE_IN, text), sessions, minutes, load)
    return was


def _twice_a_week(was: Adjusted, template: WeekTemplate, week: Week, program: Program) -> Adjusted:
    if program.rules.experience is Experience.EXPERIENCED or len(was.sessions) <= 2:
        return was
    text = (
        f"{template.name} lists {len(template.strength)} strength sessions; three are for experienced "
        'lifters only (experience = "experienced"), so the first two count'
    )
    note = Note(Rule.TWICE_A_WEEK, text)
    return replace(_lower(was, note, 2), warnings=(*was.warnings, note))


def _short_on_time(was: Adjusted, template: WeekTemplate, week: Week, program: Program) -> Adjusted:
    if not program.rules.short_on_time:
        return was
    note = Note(Rule.SHORT_AND_REGULAR, "short on time: at most two sessions, at their shortest")
    return _lower(was, note, 2, each=_at_shortest)


def _ease_off(was: Adjusted, template: WeekTemplate, week: Week, program: Program) -> Adjusted:
    if not template.recovery or not was.sessions:
        return was
    left = max(1, len(template.strength) - 1)
    note = Note(Rule.EASE_OFF, f"recovery week: {_count(left)}, nothing heavy")
    return _lower(was, note, left, load=Load.MODERATE)


def _lower(
    was: Adjusted,
    note: Note,
    sessions: int | None = None,
    minutes: int | None = None,
    load: Load | None = None,
    each: Callable[[Session], Session] = lambda session: session,
) -> Adjusted:
    """Cap number, length and load; the note stays only if that changed anything."""
    lowered = []
    for session in was.sessions[:sessions]:
        length = session.minutes if minutes is None else min(session.minutes, minutes)
        lowered.append(
            each(
                replace(
                    session,
                    minutes=length,
                    shortest=min(session.shortest, length),
                    load=session.load if load is None else min(session.load, load, key=lambda x: x.rank),
                )
            )
        )
    if tuple(lowered) == was.sessions:
        return was
    return replace(was, sessions=tuple(lowered), notes=(*was.notes, note))


def _at_shortest(session: Session) -> Session:
    return replace(session, minutes=session.shortest)


def _count(sessions: int) -> str:
    return "one session" if sessions == 1 else f"{sessions} sessions"
