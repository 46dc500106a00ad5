"""The first of the three steps: read all that a command needs, before anything is decided."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from calsync.app import NOBODY, Listener
from calsync.calendars import EventCalendar, Loaded
from calsync.calendars.google.account import Connection
from calsync.config.load import Config, find_config, load_config
from calsync.config.settings import GoogleBusy, GoogleTarget, IcsBusy, IcsTarget
from calsync.config.templates import Library
from calsync.errors import ConfigError, TemplateError
from calsync.event import Contents, Event, Standing, is_cross, is_strength
from calsync.planning.descriptions import agenda
from calsync.planning.lint import Finding, lint_feed, races_without_taper
from calsync.planning.plan import Plan, busy_window, make_plan
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
from calsync.program import FeedSettings, Routine, WeekTemplate
from calsync.state import State, state_of
from calsync.sync import standing
from calsync.timespan import Timespan
from calsync.training import CheckIn, Sort, Week, Workout
from calsync.words import Show, counted, date_name

if TYPE_CHECKING:
    from calsync.feeds import BusyTime
    from calsync.feeds.place import Answer, Place
    from calsync.feeds.workouts import PlatformFeed


# --- training beside the templates ------------------------------------------------------------------------

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


def read_training(setup: "Setup", now: datetime) -> Training:
    """What is to be trained beside the templates.

    Raises SourceUnavailable if the feed has no answer and no usable copy, Unavailable for check-ins.
    """
    checkins = setup.state.checkins()
    settings = setup.config.program.feed
    if settings is None:
        return Training(checkins)
    zone, program = setup.config.zone, setup.config.program
    today = now.astimezone(zone).date()
    horizon = program.horizon_weeks(today)
    with setup.listener.progress() as show:
        show("reading the training feed …")
        answer = ask_feed(setup, settings, now, show)
    feed = answer.result
    workouts = with_what_is_over(feed.workouts, setup.state.workouts(), now.astimezone(zone), program)
    setup.state.save_workouts(workout for workout in workouts if Week.of(workout.day) == horizon[0])
    _, last = feed_days(setup.config, now)
    weeks = feed_weeks(
        workouts,
        program,
        setup.templates,
        last,
        takes_strength=settings.takes_strength,
        takes_cross=settings.takes_cross,
    )
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
    race = program.race
    training = (Sort.RUN, Sort.CROSS) if settings.takes_cross else (Sort.RUN,)
    hidden = [w for w in upcoming if w.sort in training and race and w.day == race.day]
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
    setup: "Setup",
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
    place, zone, cache = _place(_WHO, settings), setup.config.zone, setup.state.cache
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


def _without_distance(workout: Workout) -> str:
    """The title without what Runna adds, which is another one next week: "Club run • 8km"."""
    return workout.title.partition(" • ")[0]


def _fits(pattern: str, title: str) -> bool:
    """Whether a pattern of [plan.feed] kind may fit a title; rather too often than not."""
    pattern, title = pattern.casefold(), title.casefold()
    return pattern in title or fnmatchcase(title, pattern.replace("[", "[[]"))


def read_whole_feed(setup: "Setup", settings: FeedSettings, now: datetime) -> WholeFeed:
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
    feed = feed_weeks(
        workouts,
        program,
        setup.templates,
        last,
        takes_strength=settings.takes_strength,
        takes_cross=settings.takes_cross,
    )
    checkins = setup.state.checkins()
    weeks = tuple(
        wanted_week(week, program, setup.templates, checkins, feed.get(week))
        for week in map(first.plus, range(first.until(end) + 1))
    )
    warnings = (*answer.trouble, *answer.result.warnings)
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


def _place(what: str, settings: IcsBusy | FeedSettings) -> "Place":
    """Where a calendar of the config is; `what` names it in messages."""
    from calsync.feeds.place import Place

    return Place(what, settings.path, settings.url, settings.on_error == "cache", settings.max_age)


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
    if strength and not settings.takes_strength:
        text = f"{_WHO}: its own strength workouts are left out: {_listed(strength)}; "
        yield "feed-strength", text + '[plan.feed] strength = "feed" places these instead of the template\'s'
    if without:
        weeks = ", ".join(map(str, without))
        yield "feed-no-runs", f"{_WHO}: no runs in {weeks}; the templates' are used"


def _ends(weeks: Mapping[Week, FeedWeek], horizon: Sequence[Week]) -> Iterator[tuple[str, str]]:
    """That it knows only the next days."""
    for week in horizon:
        if (found := weeks.get(week)) and found.runs and found.until:
            last = date_name(week.days[found.until.number])
            yield "feed-ends", f"{_WHO}: nothing after {last}; the rest of {week} is the template's"


def _listed(workouts: Iterable[Workout]) -> str:
    """Each title once, with its dates."""
    days: dict[str, list[str]] = {}
    for workout in workouts:
        days.setdefault(workout.title, []).append(date_name(workout.day))
    return ", ".join(f'"{title}" ({", ".join(dates)})' for title, dates in days.items())


# --- the config -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setup:
    """The config and what it names on this machine: templates as the plan names them, routines by name."""

    config: Config
    state: State
    connection: Connection = field(compare=False)
    listener: Listener = field(default=NOBODY, compare=False)
    templates: Mapping[str, WeekTemplate] = field(default_factory=dict)
    routines: Mapping[str, Routine] = field(default_factory=dict)

    @classmethod
    def without_templates(cls, config: Config, listener: Listener) -> Self:
        """All but the templates, which may be broken: enough to read calendars."""
        state = state_of(config.name)
        return cls(config, state, Connection(config, state), listener)

    def close(self) -> None:
        """Let go of what is open: the connection to Google, if there is one."""
        self.connection.close()


def load_setup(path: Path, listener: Listener = NOBODY, weeks: int | None = None) -> Setup:
    """What the config at `path` says; whoever asks for it closes it. `weeks` takes the place of its horizon.

    Raises ConfigError.
    """
    config = load_config(path, os.environ)
    listener.tell(f"config: {config.path}")
    if weeks is not None:
        config = replace(config, program=msgspec.structs.replace(config.program, horizon=weeks))
    if problem := config.folder_problem:
        raise problem
    library = config.library
    templates = {}
    routines = {}
    for name, place in config.template_places.items():
        try:
            beside = library.template_path(name).parent
        except TemplateError as unknown:
            raise config.document.fail(place, str(unknown)) from unknown
        templates[name] = library.template(name)
        for session in templates[name].strength:
            routines[session.routine] = library.routine(session.routine, beside)
    return replace(Setup.without_templates(config, listener), templates=templates, routines=routines)


# --- busy time --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Busy:
    """What one source says: merged spans, and warnings. `trouble` is those that need somebody to act."""

    source: str
    spans: tuple[Timespan, ...]
    warnings: tuple[str, ...]
    trouble: tuple[str, ...] = ()


def read_busy(
    setup: Setup, sources: Sequence[IcsBusy | GoogleBusy], window: Timespan, now: datetime
) -> tuple[Busy, ...]:
    """Ask every source. Raises SourceUnavailable if one has no answer and no usable copy."""
    found = {}
    with setup.listener.progress() as show:
        for source in sources:
            if isinstance(source, IcsBusy):
                show(f"reading {source.name} …")
                found[source.name] = _read_ics(setup, source, window, now, show)
        # All of Google's together: fifty calendars fit into one query, whoever names them.
        google = [source for source in sources if isinstance(source, GoogleBusy)]
        if google:
            show("asking Google …")
            spans = setup.connection.free_busy(google, window)
            for source in google:
                found[source.name] = Busy(source.name, spans[source.name], ())
                setup.listener.tell(f"{source.name}: {len(spans[source.name])} busy stretches")
    return tuple(found[source.name] for source in sources)


def _read_ics(setup: Setup, source: IcsBusy, window: Timespan, now: datetime, show: Show) -> Busy:
    what = f'busy source "{source.name}"'
    answer = ask_busy(setup, source, window, now, show, what=what)
    busy = answer.result
    setup.listener.tell(f"{source.name}: {busy.events} events, {len(busy.spans)} busy stretches")
    for guess in busy.guesses:
        setup.listener.tell(f"{source.name}: {guess}")
    return Busy(source.name, busy.spans, (*answer.trouble, *busy.warnings), answer.trouble)


def ask_busy(
    setup: Setup,
    source: IcsBusy,
    window: Timespan,
    now: datetime,
    show: Show | None = None,
    *,
    what: str,
    remember: bool = True,
) -> "Answer[BusyTime]":
    """What a busy calendar says; `what` names it in messages. Raises SourceUnavailable."""
    from calsync.feeds import Reading
    from calsync.feeds.place import busy_time

    reading = Reading(source.all_day == "busy", source.tentative == "busy", source.email, source.ignore)
    place, zone, cache = _place(what, source), setup.config.zone, setup.state.cache
    return busy_time(place, reading, window, zone, now, cache, show, remember=remember)


# --- targets ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """A calendar to keep up to date, as it was read."""

    settings: IcsTarget | GoogleTarget
    loaded: Loaded

    @property
    def contents(self) -> Contents:
        return self.loaded.contents

    @property
    def is_editable(self) -> bool:
        """Whether the runner can move and delete events there."""
        return isinstance(self.settings, GoogleTarget)

    def takes(self, key: str) -> bool:
        """Whether runs, or strength sessions, belong here; cross training belongs nowhere."""
        return not is_cross(key) and ("strength" if is_strength(key) else "runs") in self.settings.include

    def wanted(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """The events of the plan that belong here, as they shall be here."""
        settings = self.settings
        chosen = (replace(event, alarm=settings.alarm) for event in events if self.takes(event.key))
        return tuple(event.busy_only() if settings.detail == "busy" else event for event in chosen)


def load_targets(setup: Setup, *, only_editable: bool = False) -> tuple[Target, ...]:
    """Raises AuthorisationNeeded, Unavailable or RefusedToProtectData."""
    targets = []
    with setup.listener.progress() as show:
        for settings in setup.config.targets:
            if isinstance(settings, GoogleTarget):
                show(f"reading {settings.name} …")
            elif only_editable:
                continue
            target = Target(settings, calendar_of(setup, settings).load())
            held = len(target.contents.events)
            setup.listener.tell(f"{settings.name}: {held} events in {settings.place}")
            targets.append(target)
    return tuple(targets)


def calendar_of(setup: Setup, settings: IcsTarget | GoogleTarget) -> EventCalendar:
    """Raises AuthorisationNeeded, Unavailable or RefusedToProtectData."""
    if isinstance(settings, GoogleTarget):
        return setup.connection.calendar(settings)
    from calsync.calendars.ics import IcsCalendar

    is_ours = setup.state.is_own_feed(settings.path)
    return IcsCalendar(settings.name, settings.path, setup.config.name, setup.config.zone, is_ours=is_ours)


def what_stands(setup: Setup, targets: Sequence[Target]) -> Standing:
    wishes = setup.state.wishes()
    # Those that people can edit come first: what they say there is newer than any feed.
    ordered = sorted(targets, key=lambda target: not target.is_editable)
    stands = standing([target.contents for target in ordered], wishes)
    return replace(stands, lost=setup.state.lost_sessions())


# --- the plan ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gathered:
    """A plan with all that it was made from."""

    setup: Setup
    targets: tuple[Target, ...]
    standing: Standing
    plan: Plan
    sources: tuple[Busy, ...]
    training: Training
    events: tuple[Event, ...]
    of_targets: tuple[tuple[str, str], ...]
    """What the runner should know of the targets: (code, text)."""

    @property
    def routines(self) -> Mapping[str, Routine]:
        """By name: those of the templates, and those of the training platform."""
        return {**self.setup.routines, **self.training.routines}

    @property
    def warnings(self) -> tuple[tuple[str, str], ...]:
        """All that the runner should know, of the sources and of the plan: (code, text)."""
        of_sources = (
            ("busy-source", f"{source.source}: {text}") for source in self.sources for text in source.warnings
        )
        return (*of_sources, *self.of_targets, *self.training.warnings, *self.plan.warnings)

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """What is good to know when looking at the plan, and asks for nothing: (code, text)."""
        return (*self.training.notices, *self.plan.notices)

    @property
    def trouble(self) -> tuple[str, ...]:
        of_sources = (f"{source.source}: {text}" for source in self.sources for text in source.trouble)
        return (*of_sources, *(text for _, text in self.of_targets), *self.training.trouble)


def _of_targets(targets: Iterable[Target], name: str) -> Iterator[tuple[str, str]]:
    for target in targets:
        for other, count in target.contents.others:
            there = (
                f'its calendar holds {counted(count, "event")} of the plan "{other}", and none of "{name}"'
            )
            advice = (
                f'If you renamed the plan, write name = "{other}" again, or delete the old events yourself'
            )
            text = f"{target.settings.name}: {there}. calsync leaves them alone. {advice}"
            yield "other-plan", text


def gather_plan(setup: Setup, now: datetime, before: Gathered | None = None) -> Gathered:
    """Read everything and plan. What others say is taken from `before`, if it has just been read."""
    program, zone = setup.config.program, setup.config.zone
    targets = load_targets(setup)
    stands = what_stands(setup, targets)
    of_targets = tuple(_of_targets(targets, setup.config.name))
    if before is not None:
        training, sources = before.training, before.sources
        # What this push has written since is no answer to it.
        of_targets = before.of_targets
    else:
        training = read_training(setup, now)
        sources = read_busy(setup, setup.config.sources, busy_window(program, now, zone), now)
    spans = [span for source in sources for span in source.spans]
    plan = make_plan(program, setup.templates, spans, stands, now, zone, training.checkins, training.feed)
    events = agenda(plan, {**setup.routines, **training.routines})
    return Gathered(setup, targets, stands, plan, sources, training, events, of_targets)


def library_or_shipped(given: Path | None) -> tuple[Library, tuple[str, ...]]:
    """Where templates are, and which the config names; without a config the shipped ones, all of them.

    A config that was asked for, as `given` or otherwise, or that is there, must be right. Raises ConfigError.
    """
    try:
        path = find_config(given)
    except ConfigError:
        library = Library(Path.cwd())
        return library, library.template_names()
    config = load_config(path, os.environ)
    return config.library, tuple(config.template_places)
