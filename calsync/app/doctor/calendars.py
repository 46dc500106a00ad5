"""Checks of what is read and written: busy calendars, the training feed, the access to Google, targets."""

import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from calsync.addresses import hidden, hidden_path, shown
from calsync.app.doctor.machine import others_can_read, why_not_writable
from calsync.app.doctor.report import Check, seconds, warned, warning, with_more
from calsync.app.gather import ask_busy, calendar_of, other_plans
from calsync.app.setup import Setup
from calsync.app.training_feed import ask_feed, feed_days
from calsync.config.load import Config
from calsync.config.settings import CaldavBusy, CaldavTarget, GoogleBusy, GoogleTarget, IcsBusy, IcsTarget
from calsync.errors import ConfigError, TargetUnavailable
from calsync.event import Contents
from calsync.files import real_path
from calsync.planning.lint import races_without_taper
from calsync.planning.problem import busy_window
from calsync.program import FeedSettings
from calsync.sync import refuse_emptied
from calsync.timespan import Timespan
from calsync.training import Sort
from calsync.words import ago, busy_next, counted, date_name, day, next_of, shown_path

if TYPE_CHECKING:
    from calsync.app.notifiers import Table
    from calsync.feeds.place import Answer


def _refuse_unset(settings: IcsBusy | FeedSettings, unset: frozenset[str]) -> None:
    """Raises ConfigError for an address that is in a variable which is not set."""
    if settings.url_env in unset:
        raise ConfigError(
            f"the environment variable {hidden(settings.url_env or '')} is not set; see config, above"
        )


def _origin(
    settings: IcsBusy | CaldavBusy | FeedSettings, answer: "Answer[Any]", now: datetime, zone: ZoneInfo
) -> Check:
    """Where the answer is from, and how old that is."""
    if not isinstance(settings, CaldavBusy) and settings.path is not None:
        assert answer.age is not None
        text = f"{shown_path(settings.path)}, changed {ago(answer.age)}"
        return Check(text=text, age_seconds=seconds(answer.age))
    server = shown(settings.server if isinstance(settings, CaldavBusy) else settings.url or "")
    if answer.age is None:
        return Check(text=f"{server} answers")
    age = seconds(answer.age)
    copy = f"copy of {ago(answer.age)}"
    if answer.problem:
        until = day(now - answer.age + settings.max_age, zone)
        text = f"{answer.problem}; its {copy} serves until {until}"
        what = "address, username and password are" if isinstance(settings, CaldavBusy) else "address is"
        fix = f"if it does not come back by itself, check whether its {what} still right"
        return warning(text, fix, age_seconds=age)
    return Check(text=f"{server} answers, {copy}", age_seconds=age)


def busy_check(setup: Setup, source: IcsBusy | CaldavBusy, now: datetime, unset: frozenset[str]) -> Check:
    """Of one whose events are read. Raises SourceUnavailable, AuthorisationNeeded or ConfigError."""
    if isinstance(source, IcsBusy):
        _refuse_unset(source, unset)
    config = setup.config
    window = busy_window(config.program, now, config.zone)
    answer = ask_busy(setup, source, window, now, what=source.name, remember=False)
    busy = answer.result
    check = _origin(source, answer, now, config.zone)
    for note in answer.notes:
        check = with_more(check, note)
    check = with_more(check, counted(busy.events, "event"), events=busy.events)
    check = _with_spans(check, busy.spans, window, now, config)
    if busy.warnings:
        trouble = counted(len(busy.warnings), "warning")
        return warned(check, trouble, f"`calsync busy --source {source.name}` says which")
    if not busy.events:
        return warned(check, "it is empty", "check whether it is the calendar that you mean")
    return check


def busy_google_check(setup: Setup, source: GoogleBusy, now: datetime) -> Check:
    """Raises SourceUnavailable, AuthorisationNeeded, Unavailable or ConfigError."""
    config = setup.config
    window = busy_window(config.program, now, config.zone)
    spans = setup.connection.free_busy([source], window)[source.name]
    check = Check(text=f"Google answers for {', '.join(source.calendars)}")
    return _with_spans(check, spans, window, now, config)


def _with_spans(
    check: Check, spans: Sequence[Timespan], window: Timespan, now: datetime, config: Config
) -> Check:
    ahead = [span for span in spans if span.end > now]
    following = next_of(spans, now)
    stretches = f"{counted(len(ahead), 'busy stretch', 'busy stretches')} to {day(window.end, config.zone)}"
    return with_more(
        check,
        f"{stretches}, {busy_next(spans, now, config.zone)}" if ahead else f"no {stretches[2:]}",
        busy=len(ahead),
        next_busy=following.start.astimezone(config.zone).isoformat() if following else None,
    )


def feed_check(setup: Setup, settings: FeedSettings, now: datetime, unset: frozenset[str]) -> Check:
    """Raises SourceUnavailable or ConfigError."""
    _refuse_unset(settings, unset)
    config = setup.config
    today, (_, last) = now.astimezone(config.zone).date(), feed_days(config, now)
    answer = ask_feed(setup, settings, now, remember=False)
    feed = answer.result
    check = _origin(settings, answer, now, config.zone)
    runs = [workout for workout in feed.workouts if workout.sort is Sort.RUN]
    following = next((f", next {date_name(run.day)}" for run in runs if run.day >= today), "")
    entries = counted(len(feed.workouts), "entry", "entries")
    text = f"{entries} to {date_name(last)}, {counted(len(runs), 'run')} among them{following}"
    check = with_more(check, text, events=len(feed.workouts))
    if not runs:
        return warned(check, "the templates' are used", "check whether your plan at the platform has ended")
    if feed.warnings:
        check = warned(check, counted(len(feed.warnings), "warning"), "`calsync plan` says which")
    for race in races_without_taper(feed.workouts, config.program, today):
        check = warned(check, race.reason.text, race.advice)
    return check


# Google lets the consents of a project in Testing end after seven days
# (https://support.google.com/cloud/answer/15549945), and tells nobody whether a project is: a consent that
# has lived longer is in none.
_TRAP = timedelta(days=7)
# Warn two days before the end.
_SOON = timedelta(days=5)


def access_check(setup: Setup, now: datetime) -> Check:
    """Raises ConfigError, AuthorisationNeeded or Unavailable."""
    from calsync.calendars.google.auth import ServiceAccount
    from calsync.calendars.google.client import Refused

    connection = setup.connection
    account, client = connection.account, connection.client
    try:
        client.call(client.service.freebusy().query(body=_question(now)))
    except Refused as problem:
        raise problem.failure.error("calsync's access can't be checked") from problem
    if isinstance(account, ServiceAccount):
        return Check(text=f"the service account {account.email} has access")
    return _consent(account.token_file.granted(), setup.config, now)


def private_check(setup: Setup) -> Check:
    """Whether others can read what gives access to Google. Asks nobody, and says nothing if they can't.

    Raises ConfigError.
    """
    access = setup.connection.access
    token = access.token or setup.state.token_file().path
    open_ones = " ".join(str(file) for file in (access.credentials, token) if others_can_read(file))
    if not open_ones:
        return Check(text="")
    trouble = f"other users of this machine can read what gives access to Google: {open_ones}"
    return warning(trouble, f"chmod 600 {open_ones}")


def _question(now: datetime) -> dict[str, Any]:
    """When one calendar is busy, for a minute: whoever has access may ask, and there is always an answer."""
    times = {"timeMin": now.isoformat(), "timeMax": (now + timedelta(minutes=1)).isoformat()}
    return {**times, "items": [{"id": "primary"}]}


def _consent(granted: datetime | None, config: Config, now: datetime) -> Check:
    if granted is None:
        return Check(text="calsync has access; when it was allowed is not known")
    age, end = now - granted, day(granted + _TRAP, config.zone)
    check = Check(text=f"calsync has access, allowed {ago(age)}", age_seconds=seconds(age))
    if age >= _TRAP:
        return check
    ends = f"if the project is in Testing, Google ends it on {end}"
    if age < _SOON:
        return with_more(check, ends)
    fix = 'check whether it is "In production" in the Cloud console (docs/google.md, step 1.4); if you have '
    return warned(check, ends, fix + "to change that, run `calsync auth google` once more")


def target_ics_check(setup: Setup, target: IcsTarget, now: datetime) -> Check:
    """Raises TargetUnavailable or RefusedToProtectData."""
    path, name = target.path, shown_path(Path(hidden_path(target.path)))
    # A push replaces the file, so it has to write to its folder; with a link, to that of the real file.
    if (obstacle := why_not_writable(real_path(path).parent)) is not None:
        raise TargetUnavailable(f"{target.name}: {name} can't be written: {obstacle}")
    contents = calendar_of(setup, target).load().contents
    if not path.exists():
        return Check(text=f"{name} can be written; the first push makes it", events=0)
    upcoming, found = _upcoming(contents, now), path.stat()
    age = now - datetime.fromtimestamp(found.st_mtime, UTC)
    is_readable = bool(found.st_mode & stat.S_IROTH)
    text = f"{name}, {counted(upcoming, 'event')} to come, changed {ago(age)}"
    closed = _closed_folder(path)
    if is_readable and closed:
        # Not a warning: many home folders are closed, and the file may be served by other means.
        text += f"; other users can't get into {closed}"
    is_open = is_readable and closed is None
    check = Check(text=text, age_seconds=seconds(age), events=upcoming, readable_by_others=is_open)
    if is_readable:
        return check
    return warned(check, "a web server that is another user can't read it", f"chmod 644 {name}")


def target_google_check(setup: Setup, target: GoogleTarget, now: datetime) -> Check:
    """Raises CalendarGone, AuthorisationNeeded, Unavailable, RefusedToProtectData."""
    return _of_a_calendar(setup, target, f'the calendar "{target.calendar}" is in Google', now)


def target_caldav_check(setup: Setup, target: CaldavTarget, now: datetime) -> Check:
    """Raises CalendarGone, AuthorisationNeeded, ConfigError, Unavailable, RefusedToProtectData."""
    what = f'the calendar "{target.calendar}"' if target.calendar else "the calendar"
    return _of_a_calendar(setup, target, f"{what} is at {shown(target.server)}", now)


def _of_a_calendar(setup: Setup, target: GoogleTarget | CaldavTarget, where: str, now: datetime) -> Check:
    contents = calendar_of(setup, target).load().contents
    refuse_emptied(contents, now=now, target=target.name)
    upcoming = _upcoming(contents, now)
    text = f"{where}, {counted(upcoming, 'event')} to come"
    check = Check(text=text, events=upcoming)
    for there, advice in other_plans(contents, setup.config.name).values():
        check = warned(check, there, advice)
    return check


def notify_check(setup: Setup, table: "Table", now: datetime) -> Check:
    """Sends nothing. Raises Unavailable if nothing can be sent."""
    # Here, as this module is imported by a push, most of which tell nobody.
    from calsync.app import notifiers
    from calsync.app.notify import in_words

    notifiers.check(table)
    text = f"{notifiers.place(table)}: {in_words(setup, table, now)}"
    missed = setup.state.notifications().undelivered.get(table.called)
    if missed is None:
        return Check(text=text)
    return warning(text, f"`calsync notify --test --to {table.called}` tries it")


def _upcoming(contents: Contents, now: datetime) -> int:
    return sum(event.span.end > now for event in contents.events)


def _closed_folder(path: Path) -> Path | None:
    """The outermost folder that lets no other user through."""
    folders = reversed(real_path(path).parents)
    return next((folder for folder in folders if not folder.stat().st_mode & stat.S_IXOTH), None)
