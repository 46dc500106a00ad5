"""From the sessions that a template lists to those that a week wants: how many, how long and how heavy.

Every progression only lowers, the lowest value wins, and each acts on whole ISO weeks. The tables are those
of docs/rules.md.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from msgspec import structs

from calsync.planning import why
from calsync.planning.rules import LEAST_DAYS_APART
from calsync.planning.why import Reason
from calsync.program import MOST_SESSIONS, Program, Session, WeekTemplate
from calsync.race import Race
from calsync.training import CheckIn, Experience, Load, Priority, Sign, Week


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The sessions that are left, and what changed on the way. `warnings` ask the runner to do something."""

    sessions: tuple[Session, ...]
    notes: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()


# Rule `ease-in`: up to this week of the plan (from 1) at most so many sessions, minutes and such a load.
EASE_IN = (
    (2, 1, 20, Load.LIGHT),
    (4, 2, 20, Load.LIGHT),
    (6, 2, 25, Load.MODERATE),
    (8, 2, 30, Load.MODERATE),
)


# So many days must be left of the plan's first week for it to count as week 1.
FULL_ENOUGH = 4

# Rule `taper`: by the weeks to the one that holds the day before the race, the most sessions and the load.
TAPER = {0: (1, Load.LIGHT), 1: (2, Load.MODERATE)}
TAPER_MINUTES = 20

# Of a week that is paused in part: with so many days left, or fewer, at most so many sessions.
DAYS_LEFT = ((1, 0), (4, 1), (6, 2))

# Rule `out-of-balance`: what each number of signs adds; four are as three.
FEWER_SIGNS = 2
MANY_SIGNS = 3
DAYS_APART = 3


def adjust(
    template: WeekTemplate,
    week: Week,
    program: Program,
    checkin: CheckIn | None = None,
    lists: str = "the template",
    eased_by: str = "",
) -> Adjusted:
    """Apply the progressions, in their order, to the sessions of `template` in `week`.

    `checkin` is the one that acts on this week; `lists` names who lists the sessions, `eased_by`
    is the title of a feed's entry that makes it a recovery week.
    """
    adjusted = _ease_in(Adjusted(template.strength), week, program)
    adjusted = _twice_a_week(adjusted, template, program, lists)
    adjusted = _short_on_time(adjusted, program)
    adjusted = ease_off(adjusted, template, eased_by)
    for race in sorted(program.races, key=lambda race: race.day):
        adjusted = _taper(adjusted, week, race)
    adjusted = _out_of_balance(adjusted, checkin)
    return _paused(adjusted, week, program)


def numbers_left(listed: Sequence[Session], adjusted: Adjusted) -> tuple[int, ...]:
    """The numbers (from 1, as listed) of the sessions that are left: all classes, and the first others."""
    others = sum(not session.is_class for session in adjusted.sessions)
    first = [number for number, session in enumerate(listed, start=1) if not session.is_class][:others]
    return tuple(n for n, session in enumerate(listed, start=1) if session.is_class or n in first)


def min_days_apart(program: Program, checkin: CheckIn | None) -> int:
    """How many calendar days sessions of a week are apart at least."""
    least = max(LEAST_DAYS_APART, program.rules.min_days_apart)
    return max(least, DAYS_APART) if checkin and len(checkin.signs) >= FEWER_SIGNS else least


def eases_a_run(checkin: CheckIn | None) -> bool:
    """Whether the last hard run of the week becomes an easy one."""
    return checkin is not None and len(checkin.signs) >= MANY_SIGNS


def _ease_in(was: Adjusted, week: Week, program: Program) -> Adjusted:
    if program.experience is not Experience.NEW:
        return was
    number = _week_of_training(week, program)
    for last, sessions, minutes, load in EASE_IN:
        if number <= last:
            return _lower(was, why.easing_in(number, sessions, minutes, load), sessions, minutes, load)
    return was


def _week_of_training(week: Week, program: Program) -> int:
    """Which week of strength training it is, from 1.

    A plan that starts on a Friday or later leaves too little of its first week to count as one: that week and
    the one after it are both week 1.
    """
    first = Week.of(program.start)
    days_left = 7 - program.start.weekday()
    return max(1, first.until(week) + (1 if days_left >= FULL_ENOUGH else 0))


def _twice_a_week(was: Adjusted, template: WeekTemplate, program: Program, lists: str) -> Adjusted:
    is_experienced = program.experience is Experience.EXPERIENCED
    most = MOST_SESSIONS if is_experienced else 2
    if len(was.sessions) <= most:
        return was
    note = why.too_many(lists, len(template.strength), is_experienced=is_experienced)
    lowered = _lower(was, note, most)
    if lowered.sessions == was.sessions:
        return lowered  # they are classes, and that has been said
    return replace(lowered, warnings=(*lowered.warnings, note))


def _short_on_time(was: Adjusted, program: Program) -> Adjusted:
    if not program.rules.short_on_time:
        return was
    return _lower(
        was, why.SHORT_ON_TIME, 2, each=lambda session: structs.replace(session, minutes=session.shortest)
    )


def ease_off(was: Adjusted, template: WeekTemplate, eased_by: str = "") -> Adjusted:
    """What a recovery week leaves; `template` lists the sessions. `eased_by` as adjust() has it."""
    if not template.recovery or not was.sessions:
        return was
    left = max(1, len(template.strength) - 1)
    return _lower(was, why.recovery_week(left, eased_by), left, load=Load.MODERATE)


def _taper(was: Adjusted, week: Week, race: Race) -> Adjusted:
    ahead = week.until(Week.of(race.day - timedelta(days=1)))
    if race.priority is not Priority.A or ahead not in TAPER:
        return was
    sessions, load = TAPER[ahead]
    note = why.tapered(race, sessions, TAPER_MINUTES, load)
    return _lower(was, note, sessions, TAPER_MINUTES, load)


def _out_of_balance(was: Adjusted, checkin: CheckIn | None) -> Adjusted:
    if checkin is None or not checkin.signs:
        return was
    signs = len(checkin.signs)
    left, load = len(was.sessions), Load.HEAVY
    if signs >= FEWER_SIGNS:
        left = max(1, left - 1)
    if signs >= MANY_SIGNS:
        left, load = 1, Load.LIGHT
    note = why.out_of_balance(checkin.day, effect(checkin), signs_text(checkin.signs))
    lowered = _lower(was, note, left, load=load, each=_lighter_and_shorter)
    # Said also where nothing could be lowered: the runner is to know that the check-in was heard.
    return lowered if note in lowered.notes else replace(lowered, notes=(*lowered.notes, note))


def _paused(was: Adjusted, week: Week, program: Program) -> Adjusted:
    left = sum(not program.is_paused(day) for day in week.days)
    for days, sessions in DAYS_LEFT:
        if left <= days:
            return _lower(was, why.days_left(left, sessions), sessions)
    return was


def effect(checkin: CheckIn) -> str:
    """What a check-in does to its week."""
    signs = len(checkin.signs)
    if signs >= MANY_SIGNS:
        return "a single light session, and the last hard run becomes easy"
    if signs >= FEWER_SIGNS:
        return f"one session fewer, lighter and shorter ones, {DAYS_APART} days apart"
    return "lighter and shorter sessions" if signs else "nothing changes"


def signs_text(signs: Collection[Sign]) -> str:
    """ "heavy legs, sore"; "all well" without signs."""
    return ", ".join(sign.replace("-", " ") for sign in Sign if sign in signs) or "all well"


def _lower(
    was: Adjusted,
    note: Reason,
    sessions: int | None = None,
    minutes: int | None = None,
    load: Load | None = None,
    each: Callable[[Session], Session] = lambda session: session,
) -> Adjusted:
    """Cap number, length and load; the note stays only if that changed anything.

    A class is what it is, so it stays, and others make way for it. What is too much of it is a warning.
    """

    def lower(session: Session) -> Session:
        length = session.minutes if minutes is None else min(session.minutes, minutes)
        lighter = session.load if load is None else min(session.load, load, key=lambda x: x.rank)
        return each(structs.replace(session, minutes=length, load=lighter))

    most = len(was.sessions) if sessions is None else sessions
    classes = [session for session in was.sessions if session.is_class]
    too_much = [one for n, one in enumerate(classes, start=1) if n > most or lower(one) != one]
    if too_much:
        stays = why.class_stays(note, [session.called for session in too_much])
        was = replace(was, warnings=(*was.warnings, stays))
    places = most - len(classes)
    lowered = []
    for session in was.sessions:
        if session.is_class:
            lowered.append(session)
        elif places > 0:
            places -= 1
            lowered.append(lower(session))
    if tuple(lowered) == was.sessions:
        return was
    return replace(was, sessions=tuple(lowered), notes=(*was.notes, note))


def _lighter_and_shorter(session: Session) -> Session:
    lighter = session.load.and_lighter[:2][-1]
    return structs.replace(session, minutes=session.shortest, load=lighter)
