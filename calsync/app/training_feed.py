"""Training beside the templates: the feed of a platform, and check-ins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from calsync import waits
from calsync.app.setup import Setup, place_of
from calsync.config.load import Config
from calsync.errors import UsageError
from calsync.planning.lint import Finding, lint_feed, races_without_taper
from calsync.planning.rules import LONGEST_SESSION
from calsync.planning.week import (
    LONG_FROM,
    FeedWeek,
    WantedWeek,
    feed_weeks,
    kind_of_cross,
    kind_of_run,
    routine_name,
    wanted_week,
    with_what_is_over,
)
from calsync.program import FeedSettings, Routine
from calsync.training import CheckIn, Sort, Week, Workout
from calsync.words import Show, date_name, listed, warning_line, week_name

if TYPE_CHECKING:
    from calsync.feeds.place import Answer
    from calsync.feeds.workouts import PlatformFeed


_WHO = "training feed"
# In weeks: as far as anybody plans, and an end for what repeats for ever.
_YEAR = 52


@dataclass(frozen=True, slots=True)
class Training:
    """Check-ins, and the weeks of a feed. `routines` are the feed's strength workouts, by name.

    `warnings` and `notices` are pairs of a code and a text: a warning wants somebody to act. `trouble` is the
    part of them that a quiet push repeats.
    """

    checkins: tuple[CheckIn, ...] = ()
    feed: Mapping[Week, FeedWeek] = field(default_factory=dict)
    routines: Mapping[str, Routine] = field(default_factory=dict)
    warnings: tuple[tuple[str, str], ...] = ()
    notices: tuple[tuple[str, str], ...] = ()
    trouble: tuple[str, ...] = ()


def check_in(setup: Setup, new: CheckIn) -> CheckIn | None:
    """Record it, in place of the one of the same date, which is returned. Raises Unavailable."""
    with setup.state.lock(waits.WISH):
        before = setup.state.checkins()
        setup.state.save_checkins([*(known for known in before if known.day != new.day), new])
    return next((known for known in before if known.day == new.day), None)


def forget_check_in(setup: Setup, day: date) -> CheckIn:
    """Forget the check-in of `day`, and return it. Raises UsageError if there is none, and Unavailable."""
    with setup.state.lock(waits.WISH):
        before = setup.state.checkins()
        former = next((known for known in before if known.day == day), None)
        if former is None:
            days = ", ".join(str(known.day) for known in before[-5:]) or "none"
            raise UsageError(f"there is no check-in of {day} (the last ones: {days})")
        setup.state.save_checkins(known for known in before if known is not former)
    return former


def read_training(setup: Setup, now: datetime, answer: "Answer[PlatformFeed] | None" = None) -> Training:
    """What is to be trained beside the templates; `answer` is what the feed said, if it has been asked.

    Raises SourceUnavailable if the feed has no answer and no usable copy, Unavailable for check-ins.
    """
    checkins = setup.state.checkins()
    settings = setup.config.program.feed
    if settings is None:
        return Training(checkins)
    zone, program = setup.config.zone, setup.config.program
    today = now.astimezone(zone).date()
    horizon = program.horizon_weeks(today)
    if answer is None:
        with setup.listener.progress() as show:
            show("reading the training feed …")
            answer = ask_feed(setup, settings, now, show)
    feed = answer.result
    workouts = with_what_is_over(feed.workouts, setup.state.workouts(), now.astimezone(zone), program)
    setup.state.save_workouts(workout for workout in workouts if Week.of(workout.day) == horizon[0])
    _, last = feed_days(setup.config, now)
    weeks = _weeks_of(setup, settings, workouts, last)
    setup.listener.tell(f"{_WHO}: runs in {sum(map(_has_runs, weeks.values()))} weeks")
    strength = [w for w in workouts if w.sort is Sort.STRENGTH] if settings.takes_strength else []
    upcoming = [workout for workout in workouts if workout.day >= today]
    without = [week for week in horizon if not _has_runs(weeks.get(week))]
    warnings = list(_warnings(answer, upcoming, settings))
    trouble = [f"{_WHO}: {text}" for text in answer.trouble]
    if len(without) == len(horizon):
        # Not a gap, but a feed that has ended or is broken: somebody has to look.
        trouble.append(f"{_WHO}: no runs at all; the templates' are used")
        warnings.append(("feed-empty", trouble[-1]))
        without = []
    training = (Sort.RUN, Sort.CROSS) if settings.takes_cross else (Sort.RUN,)
    hidden = [w for w in upcoming if w.sort in training and program.race_on(w.day)]
    shown = [workout for workout in upcoming if workout not in hidden]
    races = races_without_taper(shown, program, today)
    notices = [
        *_notices(shown, [workout for workout in hidden if not workout.is_race], settings, without),
        *_ends(weeks, horizon),
        *(("feed-race", f"{_WHO}: {found.reason.text}; {found.advice}") for found in races),
    ]
    return Training(
        checkins,
        weeks,
        {routine_name(w): Routine(w.title, (), w.notes) for w in strength},
        tuple(warnings),
        tuple(notices),
        tuple(trouble),
    )


def ask_feed(
    setup: Setup,
    settings: FeedSettings,
    now: datetime,
    show: Show | None = None,
    *,
    until: date | None = None,
    remember: bool = True,
) -> "Answer[PlatformFeed]":
    """What the training feed says of feed_days(), or up to another day. Raises SourceUnavailable."""
    from calsync.feeds.place import feed_workouts

    first, last = feed_days(setup.config, now)
    last = until or last
    place, zone, cache = place_of(_WHO, settings), setup.config.zone, setup.state.cache
    return feed_workouts(place, settings, first, last, zone, now, cache, show, remember=remember)


@dataclass(frozen=True, slots=True)
class WholeFeed:
    """A training feed from this week to its end: its entries, and what the weeks of the plan make of them."""

    workouts: tuple[Workout, ...]
    weeks: tuple[WantedWeek, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    unclear: Mapping[str, str]
    """The titles that were not understood, with the word of [plan.feed] kind for what they are taken for."""

    @property
    def within_others(self) -> Mapping[str, str]:
        """Unclear titles that no pattern can name, as it would fit another one, which was understood."""
        unclear = self.unclear.keys()
        titles = {w.title for w in self.workouts if _without_distance(w) not in unclear}
        return {title: other for title in unclear for other in sorted(titles) if _fits(title, other)}

    def line_of_kinds(self, settings: FeedSettings) -> str:
        """The line below [plan.feed] that names the unclear titles; "" if there are none to name."""
        within = self.within_others
        named = {title: word for title, word in self.unclear.items() if title not in within}
        return settings.line_of_kinds(named) if named else ""


def _weeks_of(
    setup: Setup, settings: FeedSettings, workouts: Sequence[Workout], last: date
) -> dict[Week, FeedWeek]:
    return feed_weeks(
        workouts,
        setup.config.program,
        setup.templates,
        last,
        takes_strength=settings.takes_strength,
        takes_cross=settings.takes_cross,
    )


def _without_distance(workout: Workout) -> str:
    """The title without what Runna adds, which is another one next week: "Club run • 8km"."""
    return workout.title.partition(" • ")[0]


def _fits(pattern: str, title: str) -> bool:
    """Whether a pattern of [plan.feed] kind may fit a title; rather too often than not."""
    pattern, title = pattern.casefold(), title.casefold()
    return pattern in title or fnmatchcase(title, pattern.replace("[", "[[]"))


def read_whole_feed(setup: Setup, settings: FeedSettings, now: datetime) -> WholeFeed:
    """All that is left of the training feed, a year at most. Remembers nothing.

    Raises SourceUnavailable if the feed has no answer and no usable copy, Unavailable for check-ins.
    """
    program, here = setup.config.program, now.astimezone(setup.config.zone)
    first = program.horizon_weeks(here.date())[0]
    last = first.plus(_YEAR).days[-1]
    with setup.listener.progress() as show:
        show("reading the training feed …")
        answer = ask_feed(setup, settings, now, show, until=last, remember=False)
    workouts = with_what_is_over(answer.result.workouts, setup.state.workouts(), here, program)
    end = max((Week.of(workout.day) for workout in workouts), default=first)
    feed = _weeks_of(setup, settings, workouts, last)
    checkins = setup.state.checkins()
    weeks = tuple(
        wanted_week(week, program, setup.templates, checkins, feed.get(week))
        for week in map(first.plus, range(first.until(end) + 1))
    )
    warnings = tuple(map(warning_line, (*answer.trouble, *answer.result.warnings)))
    unclear: dict[str, str] = {}
    for workout in workouts:
        if is_unclear(workout, settings):
            is_run = workout.sort is Sort.RUN
            word = kind_of_run(workout) if is_run else f"cross-{kind_of_cross(workout).effort}"
            unclear.setdefault(_without_distance(workout), word)
    return WholeFeed(workouts, weeks, lint_feed(weeks, workouts, program, here.date()), warnings, unclear)


def feed_days(config: Config, now: datetime) -> tuple[date, date]:
    """The first and the last day that the training feed is read for."""
    horizon = config.program.horizon_weeks(now.astimezone(config.zone).date())
    # The runs of the week after the horizon count for its last sessions.
    return horizon[0].monday, horizon[-1].plus(1).days[-1]


def _has_runs(week: FeedWeek | None) -> bool:
    return week is not None and bool(week.runs)


def _warnings(
    answer: "Answer[PlatformFeed]", upcoming: Sequence[Workout], settings: FeedSettings
) -> Iterator[tuple[str, str]]:
    for text in (*answer.trouble, *answer.result.warnings):
        yield "training-feed", f"{_WHO}: {text}"
    if unclear := [workout for workout in upcoming if is_unclear(workout, settings)]:
        taken = f"taken for easy (from {LONG_FROM} min: long)"
        text = f"{_WHO}: not understood, and {taken}: {_listed(unclear)}; say what they are in "
        yield "feed-not-understood", text + '[plan.feed] kind, such as "Club night" = "intervals"'
    for workout in upcoming if settings.takes_strength else ():
        if workout.sort is Sort.STRENGTH and (workout.minutes or 0) > LONGEST_SESSION:
            text = f"{_WHO}: {workout.title} ({date_name(workout.day)}) takes {workout.minutes} min; "
            yield "short-and-regular", text + "20 to 30 are enough, and it may be shortened to 20"


def is_unclear(workout: Workout, settings: FeedSettings) -> bool:
    """Whether it is training that was not understood."""
    match workout.sort:
        case Sort.RUN:
            return workout.kind is None
        case Sort.CROSS:
            return settings.takes_cross and workout.effort is None
        case _:
            return False


def _notices(
    upcoming: Sequence[Workout],
    hidden: Sequence[Workout],
    settings: FeedSettings,
    without: Sequence[Week],
) -> Iterator[tuple[str, str]]:
    if hidden:
        yield "feed-race-day", f"{_WHO}: left out, as the race takes their place: {_listed(hidden)}"
    left_out = (Sort.OTHER,) if settings.takes_cross else (Sort.OTHER, Sort.CROSS)
    # What eases a week off is said in its heading.
    if others := [w for w in upcoming if w.sort in left_out and not w.eases_off]:
        yield "feed-other", f"{_WHO}: left out, as they are no runs: {_listed(others)}"
    strength = [w for w in upcoming if w.sort is Sort.STRENGTH]
    # Who has chosen knows it.
    if strength and settings.strength is None:
        text = f"{_WHO}: its own strength workouts are left out: {_listed(strength)}; [plan.feed] "
        text += (
            'strength = "feed" places these instead of the template\'s, and "ignore" leaves them out quietly'
        )
        yield "feed-strength", text
    if without:
        weeks = ", ".join(map(week_name, without))
        yield "feed-no-runs", f"{_WHO}: no runs in {weeks}; the templates' are used"


def _ends(weeks: Mapping[Week, FeedWeek], horizon: Sequence[Week]) -> Iterator[tuple[str, str]]:
    """That it knows only the next days."""
    for week in horizon:
        if (found := weeks.get(week)) and found.runs and found.until:
            last = date_name(week.days[found.until.number])
            yield (
                "feed-ends",
                f"{_WHO}: nothing after {last}; the rest of {week_name(week)} is the template's",
            )


def _listed(workouts: Iterable[Workout]) -> str:
    """Each title once, with its dates."""
    days: dict[str, list[str]] = {}
    for workout in workouts:
        days.setdefault(workout.title, []).append(date_name(workout.day))
    return listed([f'"{title}" ({", ".join(dates)})' for title, dates in days.items()])
