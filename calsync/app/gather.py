"""The first of the three steps: read all that a command needs, before anything is decided."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calsync.app.renaming import Held, gone, held_by_former
from calsync.app.setup import Setup, place_of
from calsync.app.training_feed import Training, ask_feed, read_training
from calsync.calendars import EventCalendar, Loaded
from calsync.config.settings import (
    AnyTarget,
    CaldavBusy,
    CaldavTarget,
    GoogleBusy,
    GoogleTarget,
    IcsBusy,
    IcsTarget,
)
from calsync.errors import AuthorisationNeeded, CalsyncError, ConfigError, TargetUnavailable
from calsync.event import (
    BUSY,
    Booked,
    Change,
    Contents,
    Event,
    Published,
    Standing,
    is_cross,
    is_strength,
    week_of_key,
)
from calsync.planning.descriptions import agenda
from calsync.planning.plan import Plan, make_plan
from calsync.planning.problem import busy_window
from calsync.program import Away, Routine
from calsync.sync import emptied, standing
from calsync.timespan import Timespan
from calsync.training import Week
from calsync.waits import at_once
from calsync.words import Show, clock_was_wrong, counted, warning_line

if TYPE_CHECKING:
    from calsync.feeds import BusyTime
    from calsync.feeds.place import Answer, Place
    from calsync.feeds.workouts import PlatformFeed


# --- busy time --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Busy:
    """What one source says: merged spans, and warnings. `trouble` is those that need somebody to act."""

    source: str
    spans: tuple[Timespan, ...]
    warnings: tuple[str, ...]
    trouble: tuple[str, ...] = ()
    away: tuple[Timespan, ...] = ()
    """Days that its runner is away, which are a pause."""
    booked: tuple[Booked, ...] = ()
    """The strength sessions among it."""


def read_busy(
    setup: Setup,
    sources: Sequence[IcsBusy | GoogleBusy | CaldavBusy],
    window: Timespan,
    now: datetime,
    also: Callable[[Show], None] | None = None,
) -> tuple[Busy, ...]:
    """Ask every source, all at once: one that hangs takes its own time and no more. `also` is done meanwhile.

    Raises what `also` raises, and SourceUnavailable or AuthorisationNeeded if a source has no answer and no
    usable copy.
    """
    busy: dict[str, Answer[BusyTime]] = {}
    spans: dict[str, tuple[Timespan, ...]] = {}
    with setup.listener.progress() as show:

        def ask(source: IcsBusy | CaldavBusy) -> None:
            show(f"reading {source.name} …")
            busy[source.name] = ask_busy(
                setup, source, window, now, show, what=f'busy source "{source.name}"'
            )

        questions = [partial(ask, source) for source in sources if not isinstance(source, GoogleBusy)]
        # All of Google's together: fifty calendars fit into one query, whoever names them.
        if google := [source for source in sources if isinstance(source, GoogleBusy)]:
            questions.append(partial(lambda: spans.update(setup.connection.free_busy(google, window))))
        at_once([*([partial(also, show)] if also else []), *questions])
    tell = setup.listener.tell
    found = []
    for name in (source.name for source in sources):
        if name in spans:
            tell(f"{name}: {_stretches(spans[name])}")
            found.append(Busy(name, spans[name], ()))
        else:
            result, trouble = busy[name].result, busy[name].trouble
            for note in busy[name].notes:
                tell(f"{name}: {note}")
            tell(f"{name}: {counted(result.events, 'event')}, {_stretches(result.spans)}")
            if result.away:
                tell(f"{name}: away on {counted(len(result.away), 'stretch', 'stretches')} of days")
            for guess in result.guesses:
                tell(f"{name}: {guess}")
            warnings = tuple(map(warning_line, (*trouble, *result.warnings)))
            booked = tuple(Booked(*session, name) for session in result.sessions)
            told = warnings, tuple(map(warning_line, trouble))
            found.append(Busy(name, result.spans, *told, result.away, booked))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Others:
    """What other people's calendars say. To ask them can take minutes, so nobody holds the lock meanwhile."""

    training: Training
    sources: tuple[Busy, ...]


def _stretches(spans: Sequence[Timespan]) -> str:
    return counted(len(spans), "busy stretch", "busy stretches")


def ask_others(setup: Setup, now: datetime) -> Others:
    """Raises SourceUnavailable if one has no answer and no usable copy, and Unavailable for check-ins."""
    program, sources = setup.config.program, setup.config.sources
    of_feed: list[Answer[PlatformFeed]] = []

    def ask(show: Show) -> None:
        if program.feed:
            of_feed.append(ask_feed(setup, program.feed, now, show))

    # What there is to say of Monday may depend on the session of the week before.
    has_strength = any(not isinstance(source, GoogleBusy) and source.strength for source in sources)
    before = timedelta(weeks=1) if has_strength else timedelta(days=1)
    window = busy_window(program, now, setup.config.zone, before)
    busy = read_busy(setup, sources, window, now, ask if program.feed else None)
    return Others(read_training(setup, now, *of_feed), busy)


def ask_busy(
    setup: Setup,
    source: IcsBusy | CaldavBusy,
    window: Timespan,
    now: datetime,
    show: Show | None = None,
    *,
    what: str,
    remember: bool = True,
) -> "Answer[BusyTime]":
    """What a busy calendar says; `what` names it in messages.

    Raises SourceUnavailable, AuthorisationNeeded or ConfigError.
    """
    from calsync.feeds import Reading
    from calsync.feeds.place import busy_time

    is_busy = source.all_day == "busy", source.tentative == "busy"
    reading = Reading(*is_busy, source.email, source.ignore, source.away, strength=source.loads)
    place = (
        place_of(what, source)
        if isinstance(source, IcsBusy)
        else place_in_account(setup, what, source, now, window)
    )
    zone, cache = setup.config.zone, setup.state.cache
    return busy_time(place, reading, window, zone, now, cache, show, remember=remember)


def place_in_account(
    setup: Setup, what: str, settings: CaldavBusy, now: datetime, window: Timespan | None = None
) -> "Place":
    """The same of calendars on a CalDAV server, of which `window` is needed, or all that a push needs.

    More than that is asked for, so that the copy serves a push until it is too old.
    """
    # Only here: they bring httpx, which a push may do without.
    from calsync.calendars.caldav.busy import BusyCalendars
    from calsync.feeds.place import Place

    usual = busy_window(setup.config.program, now, setup.config.zone, timedelta(weeks=1))
    window = window or usual
    uses_copy = settings.on_error == "cache"
    # The last week of a plan moves on by a week at a time.
    more = settings.max_age + timedelta(weeks=1) if uses_copy else timedelta(0)
    ahead = Timespan(min(window.start, usual.start), max(window.end, usual.end) + more)
    assert setup.caldav is not None
    account = BusyCalendars(setup.caldav, settings, window, ahead)
    return Place(what, None, None, uses_copy, settings.max_age, account=account)


# The codes of remarks on a target: its set-up is not finished; it has lost most of its events.
UNFINISHED = "target-unfinished"
EMPTIED = "target-emptied"


# --- targets ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """A calendar to keep up to date, as it was read."""

    settings: AnyTarget
    loaded: Loaded

    @property
    def contents(self) -> Contents:
        return self.loaded.contents

    @property
    def is_editable(self) -> bool:
        """Whether the runner can move and delete events there."""
        return not isinstance(self.settings, IcsTarget)

    def takes(self, key: str) -> bool:
        """Whether runs, or strength sessions, belong here; cross training belongs nowhere."""
        include = self.settings.include or ()
        return not is_cross(key) and ("strength" if is_strength(key) else "runs") in include

    def release(self, changes: Sequence[Change], now: datetime, otherwise: str) -> None:
        """Let go there of what the runner moved or deleted. `otherwise` says what to do if that can't be now.

        Raises AuthorisationNeeded or Unavailable.
        """
        if not changes:
            return
        applied = self.loaded.apply(changes, now)
        if applied.failures:
            raise applied.failures[0]
        if applied.look_again:
            message = f"the calendar was changed just now; {otherwise}"
            raise TargetUnavailable(f"{self.settings.name}: {message}")

    def wanted(self, events: Sequence[Event], page: Callable[[str], str] | None = None) -> tuple[Event, ...]:
        """The events of the plan that belong here, as they shall be here. `page` has the address of a key's
        page, if there is a server for it."""
        settings = self.settings
        chosen = (replace(event, alarm=settings.alarm) for event in events if self.takes(event.key))
        if settings.detail == "busy":
            return tuple(event.busy_only() for event in chosen)
        if page is None:
            return tuple(chosen)
        # Google's field for it, `source`, is seen by the account alone that wrote the event.
        has_field = not isinstance(settings, GoogleTarget)
        return tuple(event.linked(page(event.key), has_field=has_field) for event in chosen)


@dataclass(frozen=True, slots=True)
class Loading:
    """The targets that could be read, and, by name, why the set-up of others is not finished."""

    targets: tuple[Target, ...]
    unfinished: Mapping[str, CalsyncError]


def load_targets(setup: Setup, *, only_editable: bool = False) -> Loading:
    """A calendar of Google's or by CalDAV that was never written to holds nothing that others depend on: it
    can wait.

    Raises AuthorisationNeeded, Unavailable or RefusedToProtectData.
    """
    targets = []
    unfinished = {}
    with setup.listener.progress() as show:
        for settings in setup.config.targets:
            if not isinstance(settings, IcsTarget):
                show(f"reading {settings.name} …")
            elif only_editable:
                continue
            try:
                target = Target(settings, calendar_of(setup, settings).load())
            except (AuthorisationNeeded, ConfigError) as problem:
                if isinstance(settings, IcsTarget) or _was_written(setup, settings):
                    raise
                unfinished[settings.name] = problem
                continue
            except CalsyncError as problem:
                raise problem.of(settings.what)  # noqa: B904 - it is the same error
            held = len(target.contents.events)
            setup.listener.tell(f"{settings.name}: {counted(held, 'event')} in {settings.place}")
            targets.append(target)
    return Loading(tuple(targets), unfinished)


def _was_written(setup: Setup, settings: GoogleTarget | CaldavTarget) -> bool:
    """Whether the runner may have moved something in the target's calendar."""
    written, state = setup.state.written(), setup.state
    if isinstance(settings, CaldavTarget):
        in_use = written is not None and settings.name in written.caldav
        return in_use or settings.name in state.caldav().calendars
    in_use = written is not None and settings.name in written.calendars
    return in_use or settings.name in state.google().calendars


def calendar_of(setup: Setup, settings: AnyTarget) -> EventCalendar:
    """Raises AuthorisationNeeded, Unavailable or RefusedToProtectData."""
    if isinstance(settings, GoogleTarget):
        return setup.connection.calendar(settings)
    if isinstance(settings, CaldavTarget):
        assert setup.caldav is not None
        return setup.caldav.calendar(settings)
    from calsync.calendars.ics import IcsCalendar

    is_ours = setup.state.is_own_feed(settings.path)
    config, is_neutral = setup.config, settings.detail == "busy"
    # Who may only see when you train need not read of what.
    title = BUSY if is_neutral else config.title
    return IcsCalendar(
        settings.name,
        settings.path,
        config.name,
        config.zone,
        title=title,
        is_ours=is_ours,
        is_neutral=is_neutral,
    )


def what_stands(setup: Setup, targets: Sequence[Target], now: datetime) -> Standing:
    wishes = setup.state.wishes()
    # Where something was that no calendar has matters to the plan of its week, and to the one after it.
    recent = Week.of(now.date()).plus(-1)
    marks = {
        key: mark if week_of_key(key) >= recent else replace(mark, span=None)
        for key, mark in setup.state.marks().items()
    }
    # Those that people can edit come first: what they say there is newer than any feed.
    ordered = sorted(targets, key=lambda target: not target.is_editable)
    stands = standing([target.contents for target in ordered], wishes, marks)
    return replace(stands, lost=setup.state.lost_sessions())


# --- the plan ---------------------------------------------------------------------------------------------


def _shown(remarks: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((code, warning_line(text)) for code, text in remarks)


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
    held: tuple[Held, ...] = ()
    """What targets hold of the plan as it was called before."""
    unfinished: Mapping[str, CalsyncError] = field(default_factory=dict)
    """The targets whose set-up is not finished."""
    written_ahead: datetime | None = None
    """When a push was made that is still to come by the clock of now."""

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
        clock = (("clock", text) for text in self._clock)
        return _shown((*clock, *of_sources, *self.of_targets, *self.training.warnings, *self.plan.warnings))

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """What is good to know when looking at the plan, and asks for nothing: (code, text)."""
        return _shown((*self.training.notices, *self.plan.notices))

    @property
    def trouble(self) -> tuple[str, ...]:
        of_sources = (f"{source.source}: {text}" for source in self.sources for text in source.trouble)
        of_targets = (text for _, text in self.of_targets)
        return tuple(map(warning_line, (*self._clock, *of_sources, *of_targets, *self.training.trouble)))

    @property
    def _clock(self) -> tuple[str, ...]:
        """Said until a push has gone well."""
        return (clock_was_wrong(self.written_ahead, self.plan.zone),) if self.written_ahead else ()


def other_plans(contents: Contents, name: str) -> dict[str, tuple[str, str]]:
    """That a calendar holds events of plans that are not called `name`, and what to do; by the plan."""
    return {
        other: (
            f'its calendar holds {counted(count, "event")} of the plan "{other}", and none of "{name}"',
            f'if you renamed the plan, run `calsync push --adopt {other}`, or write name = "{other}" again',
        )
        for other, count in contents.others
    }


def _of_targets(
    setup: Setup, loading: Loading, held: Iterable[Held], now: datetime
) -> Iterator[tuple[str, str]]:
    name = setup.config.name
    for target in loading.targets:
        if text := emptied(target.contents, now=now):
            yield EMPTIED, f"{target.settings.name}: {text}; a push will ask if you deleted them"
    for one in held:
        yield "other-plan", one.text(name)
    for text in gone(setup):
        yield "target-gone", text
    more = "; the other calendars go on without it" if loading.targets else ""
    for named, problem in loading.unfinished.items():
        text = str(problem).removeprefix(f"{named}: ")
        yield UNFINISHED, f"{named}: {text}{more}"
    formers = {one.former for one in held}
    for target in loading.targets:
        for other, (there, advice) in other_plans(target.contents, name).items():
            if other not in formers:
                text = f"{there}. calsync leaves them alone. {advice[0].upper()}{advice[1:]}"
                yield "other-plan", f"{target.settings.name}: {text}"


def _away(span: Timespan, calendar: str, zone: ZoneInfo) -> Away:
    last = span.end.astimezone(zone) - timedelta(seconds=1)
    return Away(span.start.astimezone(zone).date(), last.date(), calendar=calendar)


def _once(booked: Iterable[Booked]) -> tuple[Booked, ...]:
    """Each session once, also if two calendars have it."""
    found: list[Booked] = []
    for one in sorted(booked, key=lambda one: (one.span, one.title)):
        if not (found and found[-1].span.overlaps(one.span)):
            found.append(one)
    return tuple(found)


def gather_plan(
    setup: Setup, now: datetime, others: Others | None = None, places: Mapping[str, Published] | None = None
) -> Gathered:
    """Read everything and plan. `others` is what they have just said, if they have been asked.

    `places` is where deleted sessions go instead, which a dry run doesn't keep.
    """
    program, zone = setup.config.program, setup.config.zone
    loading = load_targets(setup)
    targets = loading.targets
    held = held_by_former(setup, [(target.settings, target.loaded) for target in targets])
    stands = what_stands(setup, targets, now)
    if places:
        published = {**stands.published, **places}
        stands = replace(stands, published=published, skipped=stands.skipped - places.keys())
    if others is None:
        others = ask_others(setup, now)
    # The runner may have checked in while others were asked.
    training = replace(others.training, checkins=setup.state.checkins())
    sources = others.sources
    spans = [span for source in sources for span in source.spans]
    by_name = {source.source: source.spans for source in sources}
    program = program.with_pauses(
        _away(span, source.source, zone) for source in sources for span in source.away
    )
    booked = _once(one for source in sources for one in source.booked)
    plan = make_plan(
        program,
        setup.templates,
        spans,
        stands,
        now,
        zone,
        training.checkins,
        training.feed,
        booked,
        by_name,
    )
    events = agenda(plan, {**setup.routines, **training.routines})
    of_targets = tuple(_of_targets(setup, loading, held, now))
    ahead = setup.state.written_ahead(now)
    return Gathered(
        setup,
        targets,
        stands,
        plan,
        sources,
        training,
        events,
        of_targets,
        held,
        loading.unfinished,
        ahead,
    )
