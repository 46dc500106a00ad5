"""What the tables [[notify]] of the config are told, each thing once, and what becomes of what can't be told.

A push, or the server, notes what there is to tell while it holds the plan's lock, and sends it when all is
written and the lock is free: nobody waits for a slow server. What can't be delivered is kept for a day. Only
configs with such a table import this.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from calsync.app import news
from calsync.app.gather import Gathered, place_in_account
from calsync.app.notifiers import Table, pages, send, shortened
from calsync.app.push import Pushed
from calsync.app.setup import Setup, place_of
from calsync.config.settings import CaldavBusy, Event, GoogleBusy, IcsBusy
from calsync.errors import (
    AuthorisationNeeded,
    CalsyncError,
    ConfigError,
    Locked,
    RefusedToProtectData,
    SourceUnavailable,
    Unavailable,
    UsageError,
)
from calsync.event import BUSY, Action, week_of_key
from calsync.notices import Notice, NoticeKind, Notifications, ToldChange, Trouble, Undelivered
from calsync.planning.descriptions import routine_title, run_title
from calsync.planning.plan import PlannedWeek
from calsync.program import FeedSettings
from calsync.timespan import Timespan
from calsync.training import Effort, Week, Weekday
from calsync.waits import NOTIFY, ended
from calsync.words import ago, counted, date_name, day, one_line, warning_line

KEPT = timedelta(days=1)
"""How long it is tried to deliver a notification."""
PATIENCE = timedelta(days=1)
"""How long something may fail that has no last good copy to go on with, before that is told."""
_LONGEST_TITLE = 150


# --- what there is to tell --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Telling:
    """Adds to `records` what there is to tell at `now`."""

    setup: Setup
    now: datetime
    records: Notifications

    def of_push(self, pushed: Pushed, only: Collection[str] | None) -> None:
        """`only` names the targets that were to be written; None is all."""
        gathered = pushed.gathered
        self._changes(pushed)
        unfinished = {id(one): name for name, one in gathered.unfinished.items()}
        failing = {}
        for failure in pushed.failures:
            name = unfinished.get(id(failure))
            about = f'target "{name}"' if name else _about(failure)
            failing[about] = failure
            self._failed(about, failure, PATIENCE if name else self._patience(about, failure))
        for about in list(self.records.troubles):
            # Of a target that nobody tried to write it is not known whether it is well.
            target = about.startswith('target "') and only is not None
            if about not in failing and not (target and about[8:-1] not in (only or ())):
                self._well(about)
        self._week(gathered)

    def of_failure(self, problem: CalsyncError) -> None:
        """A push that ended with it, and wrote nothing."""
        about = _about(problem)
        self._failed(about, problem, self._patience(about, problem))

    # --- changes

    def _changes(self, pushed: Pushed) -> None:
        if not self._wanted("changes"):
            self.records.told.clear()
            return
        zone, title = pushed.gathered.plan.zone, self.setup.config.title
        told = []
        for change, _ in news.once(pushed.changes):
            # Another target may have had it before, or the server, or a push beside it.
            name, known = one_line(news.title_of(change)), self.records.told.get(change.key)
            after = _times(change.after)
            if known and known[0] == after and (after is None or _is_same(known[1], name)):
                continue
            self.records.told[change.key] = after, name
            line = f"{news.SIGNS[change.action]} {news.line(change, zone)}"
            before = _times(change.before)
            told.append(
                ToldChange(change.action, change.key, name, line, change.reason, before, after),
            )
        if not told:
            return
        oldest = self.setup.state.oldest_week(self.now)
        for key in [key for key in self.records.told if week_of_key(key) < oldest]:
            del self.records.told[key]
        head = _head(told[0]) if len(told) == 1 else f"{title}: {counted(len(told), 'change')}"
        lines = [line for one in told for line in (one.line, *([f"    {one.reason}"] * bool(one.reason)))]
        self._add("changes", "changes", head, lines, changes=tuple(told))

    # --- trouble

    def _patience(self, about: str, problem: CalsyncError) -> timedelta:
        """How long it has to fail before that is told."""
        if isinstance(problem, AuthorisationNeeded):
            return timedelta()
        source = self._source(about)
        if source is None:
            return PATIENCE
        if source.on_error == "cache" and self._last_good(about, source):
            return timedelta()  # it is only a failure since its copy is older than max_age
        return min(source.max_age, PATIENCE)

    def _source(self, about: str) -> IcsBusy | CaldavBusy | FeedSettings | None:
        config = self.setup.config
        if about == "training feed":
            return config.program.feed
        read = (source for source in config.sources if not isinstance(source, GoogleBusy))
        return next((source for source in read if about == f'busy source "{source.name}"'), None)

    def _last_good(self, about: str, source: IcsBusy | CaldavBusy | FeedSettings) -> datetime | None:
        """When it could be read last; None if that is not known."""
        if isinstance(source, CaldavBusy):
            place = place_in_account(self.setup, about, source, self.now)
        elif source.url is None:
            return None
        else:
            place = place_of(about, source)
        copy = place.kept_in(self.setup.state.cache).copy()
        return copy.origin.fetched if copy and copy.origin.fetched <= self.now else None

    def _failed(self, about: str, problem: CalsyncError, patience: timedelta) -> None:
        source = self._source(about)
        since = (self._last_good(about, source) if source else None) or self.now
        known = self.records.troubles.get(about, Trouble(since))
        known = Trouble(min(known.since, self.now), known.told)
        if not known.told and self.now - known.since >= patience:
            text = warning_line(str(problem))
            lines = [
                f"{text[:1].upper()}{text[1:]}.".replace("..", "."),
                f"Since {self._when(known.since)}. Until this is put right, your calendars don't follow your "
                "plan. `calsync doctor` says more.",
            ]
            title = f"Trouble: {about}"
            self._add("trouble", "trouble", title, lines, about=about, since=known.since)
            known = Trouble(known.since, told=True)
        self.records.troubles[about] = known

    def _well(self, about: str) -> None:
        known = self.records.troubles.pop(about)
        if not known.told:
            return
        waiting = self.records.waiting
        unheard = {one.to for one in waiting if one.event == "trouble" and one.about == about}
        # Who has not heard of the trouble need not hear of its end.
        waiting[:] = [one for one in waiting if not (one.event == "trouble" and one.about == about)]
        lines = [f"It failed from {self._when(known.since)} on, and works again."]
        title = f"Well again: {about}"
        self._add("trouble", "well", title, lines, but=unheard, about=about, since=known.since)

    def _when(self, instant: datetime) -> str:
        zone = self.setup.config.zone
        return f"{day(instant, zone)} {instant.astimezone(zone):%H:%M}"

    # --- the week

    def _week(self, gathered: Gathered) -> None:
        local = self.now.astimezone(gathered.plan.zone)
        today = local.date()
        this = Week.of(today)
        weekday = Weekday.of(today)
        if weekday not in (Weekday.SUN, Weekday.MON):
            return
        coming = this.plus(1) if weekday is Weekday.SUN else this
        planned = next((week for week in gathered.plan.weeks if week.week == coming), None)
        if planned is None:
            return
        minute = local.hour * 60 + local.minute
        due = {
            table.called
            for table in self._wanted("week")
            if (weekday is Weekday.MON or minute >= table.week_at)
            and self.records.weeks.get(table.called, "") < str(coming)
        }
        if not due:
            return
        over = coming.plus(-1)
        checkins = gathered.plan.problem.given.checkins
        is_first = over < Week.of(self.setup.config.program.start)
        has_checked_in = any(one.day >= over.monday for one in checkins)
        which = "this" if weekday is Weekday.SUN else "last"
        how = "on your page" if pages(self.setup) else "with `calsync checkin`"
        ask = [] if is_first or has_checked_in else ["", f"How did {which} week feel? Check in {how}."]
        lines = [*week_lines(gathered, planned), *ask]
        runs, sessions = len(planned.runs), len(planned.strength)
        title = (
            f"Your week from {date_name(coming.monday)}: {counted(runs, 'run', zero='no')}, "
            f"{counted(sessions, 'strength session', zero='no')}"
        )
        others = {table.called for table in self.setup.config.notify} - due
        self._add("week", "week", title, lines, but=others)
        self.records.weeks.update(dict.fromkeys(due, str(coming)))

    # ---

    def _wanted(self, event: Event) -> list[Table]:
        return [table for table in self.setup.config.notify if event in table.on]

    def _add(
        self,
        on: Event,
        event: NoticeKind,
        title: str,
        lines: list[str],
        but: Collection[str] = (),
        changes: tuple[ToldChange, ...] = (),
        about: str = "",
        since: datetime | None = None,
    ) -> None:
        for table in self._wanted(on):
            if table.called not in but:
                self.records.waiting.append(
                    _notice(table, event, self.now, title, lines, changes, about, since)
                )


def _notice(
    table: Table,
    event: NoticeKind,
    now: datetime,
    title: str,
    lines: list[str],
    changes: tuple[ToldChange, ...] = (),
    about: str = "",
    since: datetime | None = None,
) -> Notice:
    title = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 2]} …"
    return Notice(
        secrets.token_hex(8),
        table.called,
        event,
        now,
        title,
        shortened(lines),
        changes,
        about,
        since,
    )


def _times(span: Timespan | None) -> tuple[datetime, datetime] | None:
    return (span.start, span.end) if span else None


def _is_same(known: str, title: str) -> bool:
    """Whether an event is called the same, as far as its calendars say what it is."""
    return known == title or BUSY in (known, title) or not (known and title)


_HEADS: Mapping[str, str] = {
    Action.INSERT: "New",
    Action.UPDATE: "Changed",
    Action.WITHDRAW: "Removed",
}


def _head(change: ToldChange) -> str:
    is_moved = change.before and change.after and change.before != change.after
    return f"{'Moved' if is_moved else _HEADS[change.action]}: {change.title or change.key}"


def _about(problem: CalsyncError) -> str:
    """What has failed, in words."""
    if problem.about:
        return problem.about
    match problem:
        case AuthorisationNeeded():
            return "the sign-in"
        case SourceUnavailable():
            return "a busy calendar"
        case ConfigError():
            return "the config"
        case RefusedToProtectData():
            return "a push that was refused"
    return "a push"


# The lines of a week, each with the efforts that belong there.
_LINES = (
    ("Race", (Effort.RACE,)),
    ("Hard", (Effort.HARD,)),
    ("Long", (Effort.LONG,)),
    ("Easy", (Effort.EASY,)),
)


def week_lines(gathered: Gathered, week: PlannedWeek) -> list[str]:
    """A week in five lines or fewer, and what couldn't fit in."""
    zone = gathered.plan.zone
    runs = sorted((*week.runs, *week.cross), key=lambda one: one.span)

    def at(span: Timespan, title: str) -> str:
        return f"{span.start.astimezone(zone):%a %H:%M} {one_line(title)}"

    lines = []
    for name, efforts in _LINES:
        if those := [at(one.span, run_title(one)) for one in runs if one.run.effort in efforts]:
            lines.append(f"{name}: {', '.join(those)}")
    routines = gathered.routines
    strength = sorted(week.strength, key=lambda one: one.span)
    if sessions := [at(one.span, one.title or routine_title(one.routine, routines)) for one in strength]:
        lines.append(f"Strength: {', '.join(sessions)}")
    spans = (*(one.span for one in runs), *(one.span for one in strength))
    busy = {span.start.astimezone(zone).date() for span in spans}
    rest = [f"{one:%a}" for one in week.week.days if one not in busy]
    if len(lines) < 5 and rest:
        lines.append(f"Rest: {', '.join(rest)}" if lines else "Nothing is planned: a week off.")
    if len(lines) > 5:
        # A race and a long run in one week.
        lines[1:3] = [f"{lines[1]}; {lines[2][:1].lower()}{lines[2][1:]}"]
    missing = [one_line(one.title or routine_title(one.routine, routines)) for one in week.unplaced]
    return [*lines, *([f"Couldn't fit in: {', '.join(missing)}"] if missing else [])]


def would_tell(setup: Setup, now: datetime, pushed: Pushed, only: Collection[str] | None) -> list[Notice]:
    """What a push that did this would tell; changes nothing."""
    records = setup.state.notifications()
    before = {one.id for one in records.waiting}
    _Telling(setup, now, records).of_push(pushed, only)
    return [one for one in records.waiting if one.id not in before]


# --- around a push ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of what was to be told to one table. `problem` is empty if all was delivered.

    `is_new`: the time before went well. `dropped` are those that were given up now.
    """

    name: str
    sent: int
    problem: str = ""
    is_new: bool = False
    dropped: int = 0

    def text(self) -> str:
        if not self.problem:
            return f"{self.name}: {counted(self.sent, 'notification')} sent"
        gone = f"; {counted(self.dropped, 'notification')} given up after a day" if self.dropped else ""
        return f"{self.name}: could not be told ({self.problem}){gone or '; the next push tries again'}"


Note = Callable[[Pushed, Collection[str] | None], None]
Say = Callable[[Delivery], None]


@contextmanager
def telling(setup: Setup, clock: Callable[[], datetime], complain: Callable[[str], None]) -> Iterator[Note]:
    """Around a push: notes what it did (while it holds the lock: call what is yielded), or that it failed.

    deliver() sends it. `complain` hears that it can't be kept; nothing here fails a push.
    """
    is_noted = False

    def note(pushed: Pushed, only: Collection[str] | None) -> None:
        nonlocal is_noted
        is_noted = True
        kept(lambda telling: telling.of_push(pushed, only))

    def kept(add: Callable[[_Telling], None]) -> None:
        try:
            with setup.state.notifying() as records:
                add(_Telling(setup, clock(), records))
        except Unavailable as problem:
            complain(f"what there is to tell can't be kept: {problem}")

    try:
        yield note
    except (Locked, UsageError):
        raise  # the push that holds the lock will tell how it ended
    except CalsyncError as failure:
        if not is_noted:
            problem = failure
            kept(lambda telling: telling.of_failure(problem))
        raise


def deliver(setup: Setup, now: datetime) -> tuple[Delivery, ...]:
    """Send what waits: to all tables at once, to each in order up to the first that fails.

    Who is sending already does it for all.
    """
    tables = {table.called: table for table in setup.config.notify}
    if not setup.state.notifications().waiting:
        return ()
    found: dict[str, Delivery] = {}
    tried: set[str] = set()
    with setup.state.sending() as is_free:
        while is_free:
            waiting = [one for one in setup.state.notifications().waiting if one.id not in tried]
            if not waiting:
                break
            tried |= {one.id for one in waiting}
            queues = {name: [one for one in waiting if one.to == name] for name in tables}
            done = _sent(setup, [(tables[name], queue) for name, queue in queues.items() if queue])
            try:
                with setup.state.notifying() as records:
                    for name, (sent, problem) in done.items():
                        one = _settle(records, name, sent, problem, now)
                        before = found.get(name, Delivery(name, 0))
                        found[name] = replace(one, sent=one.sent + before.sent)
                    records.waiting[:] = [one for one in records.waiting if one.to in tables]
            except Unavailable:
                break  # it is sent once more, as nobody knows that it was
    return tuple(found.values())


def _sent(setup: Setup, queues: Sequence[tuple[Table, Sequence[Notice]]]) -> dict[str, tuple[list[str], str]]:
    """By the tables: the ids of what was delivered, and why the rest was not."""
    sent: dict[str, list[str]] = {table.called: [] for table, _ in queues}
    problems: dict[str, str] = {}

    def work(table: Table, queue: Sequence[Notice]) -> None:
        name = table.called
        try:
            for notice in queue:
                send(table, notice, setup)
                sent[name].append(notice.id)
            problems[name] = ""
        except Unavailable as problem:
            problems[name] = str(problem)
        except Exception as problem:  # noqa: BLE001 - Apprise has 150 services; none of them may end a push
            problems[name] = f"it broke ({type(problem).__name__})"

    if queues:
        ended([partial(work, table, queue) for table, queue in queues], NOTIFY)
    late = f"no answer within {NOTIFY:g} seconds"
    return {name: (list(ids), problems.get(name, late)) for name, ids in sent.items()}


def _settle(records: Notifications, name: str, sent: Iterable[str], problem: str, now: datetime) -> Delivery:
    """Keep what became of a table's notifications."""
    gone = set(sent)
    records.waiting[:] = [one for one in records.waiting if one.id not in gone]
    known = records.undelivered.get(name)
    if not problem:
        records.undelivered.pop(name, None)
        return Delivery(name, len(gone))
    old = {one.id for one in records.waiting if one.to == name and now - one.at >= KEPT}
    records.waiting[:] = [one for one in records.waiting if one.id not in old]
    since, dropped = (known.since, known.dropped) if known else (now, 0)
    records.undelivered[name] = Undelivered(since, problem, dropped + len(old))
    return Delivery(name, len(gone), problem, known is None, len(old))


# --- trying it --------------------------------------------------------------------------------------------


def send_test(setup: Setup, tables: Sequence[Table], now: datetime) -> tuple[Delivery, ...]:
    """Send each of them a notification at once; nothing of it is kept."""
    zone = setup.config.zone
    text = f"calsync can tell you here. Sent on {day(now, zone)} at {now.astimezone(zone):%H:%M}."
    queues = [
        (table, [_notice(table, "test", now, f"{setup.config.title}: a test", [text])]) for table in tables
    ]
    return tuple(Delivery(name, len(ids), problem) for name, (ids, problem) in _sent(setup, queues).items())


def in_words(setup: Setup, table: Table, now: datetime) -> str:
    """What a table is told, and what it has not been told yet."""
    said = {"changes": "changes", "trouble": "trouble", "week": f"the week on Sundays from {_clock(table)}"}
    text = ", ".join(said[event] for event in table.on)
    records = setup.state.notifications()
    if waits := sum(one.to == table.called for one in records.waiting):
        text += f"; {counted(waits, 'notification')} to be sent"
    if missed := records.undelivered.get(table.called):
        gone = f", and {counted(missed.dropped, 'notification')} given up" if missed.dropped else ""
        text += f"; the first failure was {ago(now - missed.since)}{gone}: {missed.reason}"
    return text


def _clock(table: Table) -> str:
    return f"{table.week_at // 60:02}:{table.week_at % 60:02}"
