"""The first of the three steps: read all that a command needs, before anything is decided."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from calsync.app.setup import Setup, place_of
from calsync.app.training_feed import Training, ask_feed, read_training
from calsync.calendars import EventCalendar, Loaded
from calsync.config.settings import GoogleBusy, GoogleTarget, IcsBusy, IcsTarget
from calsync.event import Contents, Event, Standing, is_cross, is_strength
from calsync.planning.descriptions import agenda
from calsync.planning.plan import Plan, busy_window, make_plan
from calsync.program import Routine
from calsync.sync import standing
from calsync.timespan import Timespan
from calsync.waits import at_once
from calsync.words import Show, clock_was_wrong, counted, warning_line

if TYPE_CHECKING:
    from calsync.feeds import BusyTime
    from calsync.feeds.place import Answer
    from calsync.feeds.workouts import PlatformFeed


# --- busy time --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Busy:
    """What one source says: merged spans, and warnings. `trouble` is those that need somebody to act."""

    source: str
    spans: tuple[Timespan, ...]
    warnings: tuple[str, ...]
    trouble: tuple[str, ...] = ()


def read_busy(
    setup: Setup,
    sources: Sequence[IcsBusy | GoogleBusy],
    window: Timespan,
    now: datetime,
    also: Callable[[Show], None] | None = None,
) -> tuple[Busy, ...]:
    """Ask every source, all at once: one that hangs takes its own time and no more. `also` is done meanwhile.

    Raises what `also` raises, or SourceUnavailable if a source has no answer and no usable copy.
    """
    busy: dict[str, Answer[BusyTime]] = {}
    spans: dict[str, tuple[Timespan, ...]] = {}
    with setup.listener.progress() as show:

        def ask(source: IcsBusy) -> None:
            show(f"reading {source.name} …")
            busy[source.name] = ask_busy(
                setup, source, window, now, show, what=f'busy source "{source.name}"'
            )

        questions = [partial(ask, source) for source in sources if isinstance(source, IcsBusy)]
        # All of Google's together: fifty calendars fit into one query, whoever names them.
        if google := [source for source in sources if isinstance(source, GoogleBusy)]:
            questions.append(partial(lambda: spans.update(setup.connection.free_busy(google, window))))
        at_once([*([partial(also, show)] if also else []), *questions])
    tell = setup.listener.tell
    found = []
    for name in (source.name for source in sources):
        if name in spans:
            tell(f"{name}: {len(spans[name])} busy stretches")
            found.append(Busy(name, spans[name], ()))
        else:
            result, trouble = busy[name].result, busy[name].trouble
            tell(f"{name}: {result.events} events, {len(result.spans)} busy stretches")
            for guess in result.guesses:
                tell(f"{name}: {guess}")
            warnings = tuple(map(warning_line, (*trouble, *result.warnings)))
            found.append(Busy(name, result.spans, warnings, tuple(map(warning_line, trouble))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Others:
    """What other people's calendars say. To ask them can take minutes, so nobody holds the lock meanwhile."""

    training: Training
    sources: tuple[Busy, ...]


def ask_others(setup: Setup, now: datetime) -> Others:
    """Raises SourceUnavailable if one has no answer and no usable copy, and Unavailable for check-ins."""
    program, sources = setup.config.program, setup.config.sources
    of_feed: list[Answer[PlatformFeed]] = []

    def ask(show: Show) -> None:
        if program.feed:
            of_feed.append(ask_feed(setup, program.feed, now, show))

    window = busy_window(program, now, setup.config.zone)
    busy = read_busy(setup, sources, window, now, ask if program.feed else None)
    return Others(read_training(setup, now, *of_feed), busy)


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
    place, zone, cache = place_of(what, source), setup.config.zone, setup.state.cache
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


def other_plans(contents: Contents, name: str) -> Iterator[tuple[str, str]]:
    """That a calendar holds events of plans that are not called `name`, and what to do."""
    for other, count in contents.others:
        yield (
            f'its calendar holds {counted(count, "event")} of the plan "{other}", and none of "{name}"',
            f'if you renamed the plan, write name = "{other}" again, or delete the old events yourself',
        )


def _of_targets(targets: Iterable[Target], name: str) -> Iterator[tuple[str, str]]:
    for target in targets:
        for there, advice in other_plans(target.contents, name):
            text = f"{there}. calsync leaves them alone. {advice[0].upper()}{advice[1:]}"
            yield "other-plan", f"{target.settings.name}: {text}"


def gather_plan(setup: Setup, now: datetime, others: Others | None = None) -> Gathered:
    """Read everything and plan. `others` is what they have just said, if they have been asked."""
    program, zone = setup.config.program, setup.config.zone
    targets = load_targets(setup)
    stands = what_stands(setup, targets)
    if others is None:
        others = ask_others(setup, now)
    # The runner may have checked in while others were asked.
    training = replace(others.training, checkins=setup.state.checkins())
    sources = others.sources
    spans = [span for source in sources for span in source.spans]
    plan = make_plan(program, setup.templates, spans, stands, now, zone, training.checkins, training.feed)
    events = agenda(plan, {**setup.routines, **training.routines})
    of_targets = tuple(_of_targets(targets, setup.config.name))
    ahead = setup.state.written_ahead(now)
    return Gathered(setup, targets, stands, plan, sources, training, events, of_targets, ahead)
