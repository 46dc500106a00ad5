"""What there is to say of each rule, a section for each.

Whatever is explained takes its sentences from here: why a session is where it is, and nowhere else
(descriptions.py), why a push changed something (causes.py), what a week asks for (progression.py), what is
wrong with a template (lint.py). So a rule is not told in one way here and in another there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from calsync.planning.rules import LIGHT_AFTER_RACE, LONGEST_SESSION, REST_BEFORE_RACE, Rule
from calsync.program import Away, Pause, Session
from calsync.race import Race
from calsync.training import Effort, Load, Region, TimeRange, Weekday, clock
from calsync.words import counted, date_name, day_name, elapsed, in_days


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule, and what it says in a certain case. `private` is for the runner alone, for no calendar."""

    rule: Rule
    text: str
    private: str = ""


class Remark(NamedTuple):
    """What the runner should know of a plan: `code` is for programs, a rule's id or a word of its own."""

    code: str
    text: str


def kind_of_day(effort: Effort, *, is_rest: bool, long: str = "long run") -> str:
    """ "an easy day"; empty for a day with a hard run or a race. `long` names what makes a day long."""
    if is_rest:
        return "a rest day"
    match effort:
        case Effort.EASY:
            return "an easy day"
        case Effort.LONG:
            return f"the day of the {long}"
        case Effort.NONE:
            return "a day without a run"
        case _:
            return ""


# What a rule says of a whole day, where no certain case is told.
IN_GENERAL = {
    Rule.PAUSE: "a pause",
    Rule.BUSY: "busy",
    Rule.RACE_DAY: "nothing on the day of a race or the day before it",
    Rule.TAPER: "no strength in the last days before a race",
    Rule.REST_DAY: "a rest day stays free",
}


# --- what is no matter of training: availability, pause, busy, run, notice, pair --------------------------


def not_available(ranges: Sequence[TimeRange], weekday: date | None = None) -> Reason:
    """`weekday` is a date of the day, where that has not been said yet."""
    times = ", ".join(map(str, ranges))
    if weekday is None:
        text = f"you allow strength {times} only" if times else "you allow no strength on this day"
    else:
        day = f"on {day_name(weekday)}s"
        text = f"you allow strength {day} {times} only" if times else f"you allow no strength {day}"
    return Reason(Rule.AVAILABILITY, text)


def not_wished(days: Sequence[Weekday], between: Sequence[TimeRange], day: date) -> Reason | None:
    """What a session asks of its place, where `day` is not as it says; None if it asks for nothing there."""
    if days and Weekday.of(day) not in days:
        names = " or ".join(one.long_name for one in days)
        return Reason(Rule.AVAILABILITY, f"your week has this session on {names}")
    if between:
        times = " or ".join(map(str, between))
        return Reason(Rule.AVAILABILITY, f"your week has this session at {times}")
    return None


def paused(pauses: Iterable[Pause], day: date) -> Reason:
    """`pauses` are the plan's; one of them holds `day`."""
    pause = next(pause for pause in pauses if day in pause)
    if pause.first == pause.last:
        return Reason(Rule.PAUSE, f"{date_name(day)} is a pause")
    return Reason(Rule.PAUSE, f"a pause from {date_name(pause.first)} to {date_name(pause.last)}")


def kind_of_pause(pause: Pause) -> str:
    """ "pause", and in which calendar that is."""
    return f'pause: away in calendar "{pause.calendar}"' if isinstance(pause, Away) else "pause"


def away(days: Away) -> str:
    """The same with its days, as a sentence."""
    first, last = date_name(days.first), date_name(days.last)
    when = f"on {first}" if first == last else f"from {first} to {last}"
    return f'You are away {when}, says your calendar "{days.calendar}".'


def maybe_away(days: Pause) -> str:
    """Of days that are busy all day long: how to make a pause of them."""
    table = f"[[pause]] / from = {days.first} / to = {days.last}"
    return (
        f"busy all day long from {date_name(days.first)} to {date_name(days.last)}; if you are away then, "
        f"run `calsync config edit` and add at the end (a line break for each /): {table}"
    )


def days_left(days: int, sessions: int) -> Reason:
    """Of a week with a pause that leaves it so many days."""
    most = f"at most {_sessions(sessions)}" if sessions else "no strength"
    return Reason(Rule.PAUSE, f"a pause leaves {counted(days, 'day', zero='no')} of this week: {most}")


def busy(blocks: Sequence[str] = (), kept_free: timedelta = timedelta(0)) -> Reason:
    """`blocks` say who is busy when; `kept_free` is the buffer, where only that is in the way."""
    near = f", and {elapsed(kept_free)} are kept free" if kept_free else ""
    return Reason(Rule.BUSY, f"{' and '.join(blocks[:2])}{near}" if blocks else IN_GENERAL[Rule.BUSY])


def run_there(runs: Iterable[str]) -> Reason:
    return Reason(Rule.RUN, f"the time is taken by {' and '.join(runs)}")


def time_taken(what: str) -> Reason:
    """`what` is a run, or a ride."""
    return Reason(Rule.RUN, f"the {what} takes the time")


def soon_after(least: timedelta, run: str, travel: timedelta = timedelta(0)) -> Reason:
    """What is kept free after any run; `run` is "the run", or "Tuesday's easy run at 07:00"."""
    way = f" and the {elapsed(travel)} to get there" if travel else ""
    return Reason(Rule.AFTER_RUN, f"less than {elapsed(least)}{way} after {run}")


def no_range_for(minutes: int, what: str) -> Reason:
    text = f"no range is {minutes} min long, so the {what} always starts with the first"
    return Reason(Rule.RUN, text)


def within_notice(notice: timedelta) -> Reason:
    return Reason(Rule.NOTICE, f"past, or less than {elapsed(notice)} away")


def starts_soon(notice: timedelta) -> Reason:
    """Of a published session that is too near to be moved."""
    return Reason(Rule.NOTICE, f"it's less than {elapsed(notice)} away, so it stays")


def too_near(days: int, other: str = "another strength session") -> Reason:
    return Reason(Rule.PAIR, f"less than {days} days from {other}")


def out_of_order(other: date, *, is_later: bool) -> Reason:
    """Of a day on which a session would change places with one of its week, which is on the day `other`."""
    lists = "before" if is_later else "after"
    return Reason(
        Rule.PAIR, f"your week lists this session {lists} {day_name(other)}'s, and they keep their order"
    )


# --- hard-days-hard, easy-days-easy -----------------------------------------------------------------------


def second_best_day(effort: Effort) -> Reason:
    """Of an easy day, or one without a run."""
    rule = Rule.EASY_DAYS_EASY if effort is Effort.EASY else Rule.HARD_DAYS_HARD
    return Reason(rule, f"the best free slot was on {kind_of_day(effort, is_rest=False)}")


def strength_day(day: date) -> Reason:
    return Reason(Rule.EASY_DAYS_EASY, f"your week reserves {day_name(day)} for strength")


def before_easy_run(run: str, because: str) -> Reason:
    """Of a session that comes before that day's easy run."""
    return Reason(Rule.EASY_DAYS_EASY, f"before {run}" + (f", as {because}" if because else ""))


def comes_before(session: str, runs: Sequence[str], *, at: str) -> Reason:
    """Of a template's session that is `at` a time before the easy runs of its days, and never after them."""
    text = f"{session} comes before {' and '.join(runs)}, as your week has it at {at}"
    return Reason(Rule.EASY_DAYS_EASY, text)


def only_before(day: Weekday, run: str, end: int) -> Reason:
    """Of a template's easy run that ends so late, at the minute `end`, that no session comes after it."""
    text = f"strength on {day.long_name} can only come before {run}: {clock(end)} is too late for it"
    return Reason(Rule.EASY_DAYS_EASY, text)


# --- race-day, taper --------------------------------------------------------------------------------------


def race_on(race: Race | None, day: date) -> Reason:
    """Why a session can't be on `day`; `race` is the one of the plan that is against it, if one is."""
    if race and race.day < day:
        after = _days(LIGHT_AFTER_RACE[race.priority], "after")
        return Reason(Rule.RACE_DAY, f"only light strength {after} {race.title}")
    return Reason(Rule.RACE_DAY, "no strength on the day of a race or the day before it")


def tapering(race: Race) -> Reason:
    before = _days(REST_BEFORE_RACE[race.priority], "before")
    return Reason(Rule.TAPER, f"no strength {before} {race.on_its_day}")


def _days(number: int, word: str) -> str:
    """ "in the 7 days after", "on the day after"."""
    return f"on the day {word}" if number == 1 else f"in the {number} days {word}"


def tapered(race: Race, sessions: int, minutes: int, load: Load) -> Reason:
    return Reason(Rule.TAPER, f"{race.title} is near: {_at_most(sessions, minutes, load)}")


def no_taper(title: str, day: date) -> Reason:
    """Of a race of the training feed that the config doesn't name."""
    return Reason(Rule.TAPER, f'"{title}" on {date_name(day)} gets no taper')


def before_race_of_next_week(day: Weekday) -> Reason:
    text = f"when this week is repeated, {day.long_name} is the day before a race: no strength goes there"
    return Reason(Rule.RACE_DAY, text)


# --- rest-day, long-run-day, controlled -------------------------------------------------------------------


def rest_day(day: date) -> Reason:
    return Reason(Rule.REST_DAY, f"{day_name(day)} is a rest day")


def no_rest(what: str) -> Reason:
    """`what` every day has."""
    return Reason(Rule.REST_DAY, f"{what} on every day, and no day to rest")


def long_run_day(run: str) -> Reason:
    return Reason(Rule.LONG_RUN_DAY, f"only light strength on the day of {run}")


def day_after(day: Weekday, run: str, end: int | None) -> Reason:
    """Of a day named for strength, after a long run or a race that ends at the minute `end` of its day."""
    text = f"{day.long_name} comes after {run}: a heavy or moderate session is better 24 h after it"
    if end is not None:
        text += f", so not before {clock(end)}" if end < 24 * 60 else f", so not on {day.long_name}"
    return Reason(Rule.LONG_RUN_DAY, text)


def recovering(seconds: int, run: str, load: Load) -> str:
    """How soon after a long run or a race a session is that asks more of the legs than a light one."""
    return f"{elapsed(seconds)} after {run}; a {load} session is better 24 h after it"


def controlled(run: str) -> Reason:
    return Reason(Rule.CONTROLLED, f"no heavy strength on the day of {run}")


# --- no-back-to-back, what-to-train: of templates ---------------------------------------------------------


def side_by_side(runs: str, *, next_week: bool) -> Reason:
    when = " when this week is repeated" if next_week else ""
    return Reason(Rule.NO_BACK_TO_BACK, f"{runs} have no day between them{when}")


def left_out(regions: Sequence[Region]) -> Reason:
    return Reason(Rule.WHAT_TO_TRAIN, f"the routines of this week leave out {', '.join(regions)}")


def no_time_for(regions: Sequence[Region]) -> Reason:
    text = f"the sessions are too short for the exercises that train {', '.join(regions)}"
    return Reason(Rule.WHAT_TO_TRAIN, text)


def never_there(rule: Rule, day: Weekday, what: str, *, allowed: str = "nothing") -> Reason:
    """Of a day that a template names for strength."""
    return Reason(rule, f"{day.long_name} {what}: {allowed} is ever planned there")


# --- hours-apart, fresh-legs ------------------------------------------------------------------------------


def hours_after(seconds: int, run: str) -> Reason:
    """How long after a hard or long run a session is."""
    return Reason(Rule.HOURS_APART, f"{elapsed(seconds)} after {run}")


def no_room_after(least: timedelta, run: str) -> Reason:
    return Reason(Rule.HOURS_APART, f"no free time {elapsed(least)} or more after the {run}")


def too_soon_after(least: timedelta, run: str) -> Reason:
    return Reason(Rule.HOURS_APART, f"less than {elapsed(least)} after {run}")


def strength_after_run(run: str) -> Reason:
    return Reason(Rule.HOURS_APART, f"strength comes after {run}, not before it")


def hours_before(seconds: int, run: str, load: Load | None = None, least: timedelta | None = None) -> Reason:
    """How long before a run that wants fresh legs; a session of `load` would need `least`."""
    if load and least:
        return Reason(Rule.FRESH_LEGS, f"{elapsed(seconds)} before {run}; {load} needs {elapsed(least)}")
    return Reason(Rule.FRESH_LEGS, f"{in_days(seconds)} before {run}")


def too_close_before(run: str) -> Reason:
    return Reason(Rule.FRESH_LEGS, f"too close to {run}")


# --- support-not-compete: where the runner wants it, or less than wanted ----------------------------------

# What the rules have against a class of a template, after its name.
AGAINST_CLASS = {
    Rule.RUN: "is at the time of a run, or on the way to it",
    Rule.AFTER_RUN: "comes too soon after a run",
    Rule.RACE_DAY: "is on the day of a race or the day before it",
    Rule.REST_DAY: "is on a rest day",
    Rule.LONG_RUN_DAY: "is more than a light session on the day of the long run",
    Rule.CONTROLLED: "is a heavy session on the day of a hard run",
    Rule.HOURS_APART: "comes before a hard or long run of its day, or too soon after it",
    Rule.FRESH_LEGS: "leaves tired legs to the next hard or long run",
}

CLASS = Reason(Rule.SUPPORT_NOT_COMPETE, "a class of your week")


def in_calendar(calendar: str) -> Reason:
    return Reason(Rule.SUPPORT_NOT_COMPETE, f'it is in your calendar "{calendar}"')


PINNED = Reason(Rule.SUPPORT_NOT_COMPETE, "you moved it here")

RELEASED = "you released it"


def missed(before: date) -> Reason:
    """Of a session that is placed again."""
    return Reason(Rule.SUPPORT_NOT_COMPETE, f"you missed it on {date_name(before)}")


# Of one that can't be.
NOT_AGAIN = Reason(Rule.SUPPORT_NOT_COMPETE, "you missed it, and it couldn't fit in later in its week")


def missed_for_good(key: str, called: str) -> str:
    return f"you missed {key} ({called}), and it couldn't fit in later in its week"


def lighter(load: Load, wanted: Load, against: Iterable[Rule], long: str, after: str) -> Reason:
    """`against` are the rules that forbid the wanted load there; if none does, the rest of the plan does.

    `long` names what makes the day long, `after` what wants fresh legs.
    """
    text = f"{load} instead of {wanted}"
    for rule in against:
        if rule in _WHY_LIGHTER:
            return Reason(rule, f"{text}: {_WHY_LIGHTER[rule].format(long=long, after=after)}")
    return Reason(Rule.SUPPORT_NOT_COMPETE, f"{text}, to make room")


_WHY_LIGHTER = {
    Rule.RACE_DAY: "only light strength so soon after the race",
    Rule.REST_DAY: "nothing more on a rest day",
    Rule.LONG_RUN_DAY: "nothing more on the day of the {long}",
    Rule.CONTROLLED: "a lift on a hard day is controlled, not maximal",
    Rule.FRESH_LEGS: "so that the legs are fresh for the next {after}",
}


# --- short-and-regular ------------------------------------------------------------------------------------


def shorter(minutes: int, wanted: int) -> Reason:
    text = f"{minutes} min instead of {wanted}: a shorter session beats a skipped one"
    return Reason(Rule.SHORT_AND_REGULAR, text)


SHORT_ON_TIME = Reason(Rule.SHORT_AND_REGULAR, "short on time: at most two sessions, at their shortest")


def too_long(minutes: int) -> Reason:
    return Reason(Rule.SHORT_AND_REGULAR, f"{minutes} min are more than {LONGEST_SESSION}")


def too_short_for(session: Session) -> Reason:
    text = f"no exercise of {session.routine} fits {session.shortest} min"
    return Reason(Rule.SHORT_AND_REGULAR, text)


# --- ease-in, twice-a-week, ease-off, out-of-balance ------------------------------------------------------


def easing_in(week: int, sessions: int, minutes: int, load: Load) -> Reason:
    """`week` is that of the training, from 1."""
    text = f"week {week} of strength training: {_at_most(sessions, minutes, load)}"
    return Reason(Rule.EASE_IN, text)


def too_many(who: str, sessions: int, *, is_experienced: bool) -> Reason:
    """`who` lists more sessions than count."""
    text = f"{who} lists {sessions} strength sessions; three are "
    if is_experienced:
        text += "the most, so the first three count"
    else:
        text += 'for experienced lifters only (experience = "experienced"), so the first two count'
    return Reason(Rule.TWICE_A_WEEK, text)


def class_stays(asked: Reason, classes: Sequence[str]) -> Reason:
    """Of classes that are more than `asked` allows."""
    stays = "stays" if len(classes) == 1 else "stay"
    text = f"{asked.text}; {' and '.join(classes)} {stays} as planned, as a class can't be changed"
    return Reason(asked.rule, text)


def in_calendars(sessions: int) -> Reason:
    """Of a week in which busy calendars have so many sessions."""
    are, count = ("is", "counts") if sessions == 1 else ("are", "count")
    return Reason(Rule.TWICE_A_WEEK, f"{_sessions(sessions)} {are} in your calendars already, and {count}")


def recovery_week(sessions: int, eased_by: str = "") -> Reason:
    """`eased_by` is what the training feed calls the week."""
    who = f' ("{eased_by}" in the training feed)' if eased_by else ""
    return Reason(Rule.EASE_OFF, f"recovery week{who}: {_sessions(sessions)}, nothing heavy")


HEAVY_IN_RECOVERY = Reason(Rule.EASE_OFF, "a recovery week has nothing heavy; the session becomes moderate")


def out_of_balance(checkin: date, effect: str, signs: str) -> Reason:
    return Reason(Rule.OUT_OF_BALANCE, f"check-in of {date_name(checkin)}: {effect}", signs)


def _at_most(sessions: int, minutes: int, load: Load) -> str:
    return f"at most {_sessions(sessions)} of {minutes} min, {load}"


def _sessions(number: int) -> str:
    return "one session" if number == 1 else counted(number, "session")
