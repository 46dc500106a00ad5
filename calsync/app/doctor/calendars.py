"""Checks of what is read and written: busy calendars, the training feed, the access to Google, targets."""

import os
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from calsync.addresses import shown
from calsync.app.doctor.report import Check, Status, seconds
from calsync.config.load import Config
from calsync.config.settings import FeedSettings, GoogleBusy, GoogleTarget, IcsBusy, IcsTarget
from calsync.errors import ConfigError, SourceUnavailable, TargetUnavailable
from calsync.event import Contents
from calsync.planning.plan import busy_window
from calsync.state import Copy, State
from calsync.timespan import Timespan
from calsync.training import Sort
from calsync.words import ago, busy_next, counted, date_name, day, next_of, shown_path

if TYPE_CHECKING:
    from calsync.calendars.google.account import Connection
    from calsync.feeds.place import Place


# --- place ------------------------------------------------------------------------------------------------


T = TypeVar("T")


def refuse_unset(url: str | None, unset: dict[str, str]) -> None:
    """Raises ConfigError for an address that only stands for a variable of the environment."""
    if variable := unset.get(url or ""):
        raise ConfigError(f"the environment variable {variable} is not set; see config, above")


def read(
    check: Check,
    place: "Place",
    state: State,
    now: datetime,
    zone: ZoneInfo,
    live: Callable[[], T],
    of_body: Callable[[bytes], T],
) -> tuple[T, Check]:
    """What the calendar says, and the check with where that is from.

    `live` reads it as it is now, `of_body` reads the body of a copy. Raises SourceUnavailable.
    """
    if place.path is not None:
        found = live()
        age = now - _last_changed(place)
        text = f"{shown_path(place.path)}, changed {ago(age)}"
        return found, msgspec.structs.replace(check, text=text, age_seconds=seconds(age))
    assert place.url is not None
    copy = place.kept_in(state.cache).copy()
    kept = ""
    if copy is not None:
        age = now - copy.origin.fetched
        check = msgspec.structs.replace(check, age_seconds=seconds(age))
        kept = f", copy of {ago(age)}"
    try:
        found = live()
    except SourceUnavailable as problem:
        if copy is None or (old := _usable(copy, place, now, of_body)) is None:
            raise
        until = day(copy.origin.fetched + place.max_age, zone)
        stands_in = msgspec.structs.replace(
            check,
            status=Status.WARNING,
            text=f"{str(problem).removeprefix(f'{place.what}: ')}; its{kept[1:]} serves until {until}",
            fix="if it does not come back by itself, look whether its address is still right",
        )
        return old, stands_in
    return found, msgspec.structs.replace(check, text=f"{shown(place.url)} answers{kept}")


def _usable(copy: Copy, place: "Place", now: datetime, of_body: Callable[[bytes], T]) -> T | None:
    """What the copy says, if a push would use it."""
    if not place.use_cache_on_error or now - copy.origin.fetched > place.max_age:
        return None
    body = copy.body()
    try:
        return None if body is None else of_body(body)
    except SourceUnavailable:
        return None


def _last_changed(place: "Place") -> datetime:
    """Of the newest of its files, which have just been read."""
    assert place.path is not None
    files = [place.file(name) for name, _ in place.files()]
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)


def with_more(check: Check, text: str) -> Check:
    return msgspec.structs.replace(check, text=f"{check.text}; {text}" if check.text else text)


def warned(check: Check, trouble: str, fix: str) -> Check:
    """The check as a warning, unless it is one already: what was wrong first is what to do first."""
    if check.status is not Status.OK:
        return check
    return msgspec.structs.replace(with_more(check, trouble), status=Status.WARNING, fix=fix)


# --- busy -------------------------------------------------------------------------------------------------


def busy_ics_check(
    config: Config, state: State, source: IcsBusy, now: datetime, unset: dict[str, str]
) -> Check:
    """Raises SourceUnavailable or ConfigError."""
    from calsync.feeds.answers import Reading
    from calsync.feeds.busy import read_busy
    from calsync.feeds.place import Place
    from calsync.feeds.source import IcsSource

    refuse_unset(source.url, unset)
    place = Place(source.name, source.path, source.url, source.use_cache_on_error, source.max_age)
    reading = Reading(source.all_day_busy, source.tentative_busy, source.email, source.ignore)
    window = busy_window(config.program, now, config.zone)
    busy, check = read(
        Check(name="busy", subject=source.name, text=""),
        place,
        state,
        now,
        config.zone,
        lambda: IcsSource(place, reading).busy(window, config.zone, now, None),
        lambda body: read_busy(body, window, config.zone, reading),
    )
    check = with_more(check, counted(busy.events, "event"))
    check = msgspec.structs.replace(_with_spans(check, busy.spans, window, now, config), events=busy.events)
    if busy.warnings:
        trouble = counted(len(busy.warnings), "warning")
        return warned(check, trouble, f"`calsync busy --source {source.name}` says which")
    if not busy.events:
        return warned(check, "it is empty", "look whether it is the calendar that you mean")
    return check


def busy_google_check(config: Config, connection: "Connection", source: GoogleBusy, now: datetime) -> Check:
    """Raises SourceUnavailable, AuthorisationNeeded, Unavailable or ConfigError."""
    window = busy_window(config.program, now, config.zone)
    spans = connection.free_busy([source], window)[source.name]
    check = Check(name="busy", subject=source.name, text=f"Google answers for {', '.join(source.calendars)}")
    return _with_spans(check, spans, window, now, config)


def _with_spans(
    check: Check, spans: Sequence[Timespan], window: Timespan, now: datetime, config: Config
) -> Check:
    ahead = [span for span in spans if span.end > now]
    following = next_of(spans, now)
    stretches = f"{counted(len(ahead), 'busy stretch', 'busy stretches')} to {day(window.end, config.zone)}"
    return msgspec.structs.replace(
        with_more(
            check, f"{stretches}, {busy_next(spans, now, config.zone)}" if ahead else f"no {stretches[2:]}"
        ),
        busy=len(ahead),
        next_busy=following.start.astimezone(config.zone).isoformat() if following else None,
    )


# --- training feed ----------------------------------------------------------------------------------------


def feed_check(
    config: Config, state: State, settings: FeedSettings, now: datetime, unset: dict[str, str]
) -> Check:
    """Raises SourceUnavailable or ConfigError."""
    from calsync.feeds.place import Place
    from calsync.feeds.workout_source import PlatformSource
    from calsync.feeds.workouts import PlatformReading, read_workouts

    refuse_unset(settings.url, unset)
    place = Place("training feed", settings.path, settings.url, settings.use_cache_on_error, settings.max_age)
    reading = PlatformReading(settings.kinds, settings.seconds_per_km)
    today = now.astimezone(config.zone).date()
    weeks = config.program.horizon_weeks(today)
    # With the week after the horizon, as plans read it: its runs count for the last sessions.
    first, last = weeks[0].monday, weeks[-1].plus(1).days[-1]
    feed, check = read(
        Check(name="training feed", text=""),
        place,
        state,
        now,
        config.zone,
        lambda: PlatformSource(place, reading).workouts(first, last, config.zone, now, None),
        lambda body: read_workouts(body, first, last, config.zone, reading),
    )
    runs = [workout for workout in feed.workouts if workout.sort is Sort.RUN]
    following = next((f", next {date_name(run.day)}" for run in runs if run.day >= today), "")
    entries = counted(len(feed.workouts), "entry", "entries")
    check = with_more(
        check, f"{entries} to {date_name(last)}, {counted(len(runs), 'run')} among them{following}"
    )
    check = msgspec.structs.replace(check, events=len(feed.workouts))
    if not runs:
        return warned(check, "the templates' are used", "look whether your plan at the platform has ended")
    if feed.warnings:
        return warned(check, counted(len(feed.warnings), "warning"), "`calsync plan` says which")
    return check


# --- google -----------------------------------------------------------------------------------------------


# Google lets the consents of a project in Testing end after seven days
# (https://support.google.com/cloud/answer/15549945), and tells nobody whether a project is: a consent that
# has lived longer is in none.
_TRAP = timedelta(days=7)
# Warn two days before the end.
_SOON = timedelta(days=5)


def access_check(config: Config, connection: "Connection", now: datetime) -> Check:
    """Raises ConfigError, AuthorisationNeeded or Unavailable."""
    from calsync.calendars.google.auth import ServiceAccount
    from calsync.calendars.google.client import Refused

    account = connection.account
    client = connection.client
    try:
        client.call(client.service.freebusy().query(body=_question(now)))
    except Refused as problem:
        raise problem.failure.error("calsync's access can't be tried") from problem
    private = [connection.access.credentials]
    if isinstance(account, ServiceAccount):
        check = Check(name="google", text=f"the service account {account.email} has access")
    else:
        private.append(account.token_file.path)
        check = _consent(account.token_file.granted(), config, now)
    return _for_their_owner_alone(check, private)


def _question(now: datetime) -> dict[str, Any]:
    """When one calendar is busy, for a minute: whoever has access may ask, and there is always an answer."""
    times = {"timeMin": now.isoformat(), "timeMax": (now + timedelta(minutes=1)).isoformat()}
    return {**times, "items": [{"id": "primary"}]}


def _consent(granted: datetime | None, config: Config, now: datetime) -> Check:
    if granted is None:
        return Check(name="google", text="calsync has access; when it was allowed is not known")
    age, end = now - granted, day(granted + _TRAP, config.zone)
    text = f"calsync has access, allowed {ago(age)}"
    if age >= _TRAP:
        return Check(name="google", text=text, age_seconds=seconds(age))
    text = f"{text}; if the project is in Testing, Google ends it on {end}"
    if age < _SOON:
        return Check(name="google", text=text, age_seconds=seconds(age))
    return Check(
        name="google",
        status=Status.WARNING,
        text=text,
        fix='look whether it is "In production" in the Cloud console (docs/google.md, step 1.4); if you have '
        "to change that, run `calsync auth google` once more",
        age_seconds=seconds(age),
    )


def _for_their_owner_alone(check: Check, files: list[Path]) -> Check:
    """A warning if others can read the files that give access, unless there is a more urgent one."""
    open_ones = [str(file) for file in files if _others_can_read(file)]
    if not open_ones or check.status is not Status.OK:
        return check
    text = f"{check.text}; other users of this machine can read {' and '.join(open_ones)}"
    fix = f"chmod 600 {' '.join(open_ones)}"
    return msgspec.structs.replace(check, status=Status.WARNING, text=text, fix=fix)


def _others_can_read(file: Path) -> bool:
    try:
        return bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    except OSError:
        return False


# --- targets ----------------------------------------------------------------------------------------------


def target_ics_check(config: Config, state: State, target: IcsTarget, now: datetime) -> Check:
    """Raises TargetUnavailable or RefusedToProtectData."""
    from calsync.calendars.ics import IcsCalendar

    path, name = target.path, shown_path(target.path)
    # A push replaces the file, so it has to write to its folder; with a link, to that of the real file.
    if (obstacle := why_not_writable(path.resolve().parent)) is not None:
        raise TargetUnavailable(f"{target.name}: {name} can't be written: {obstacle}")
    is_ours = str(path.resolve()) in state.feeds()
    contents = IcsCalendar(target.name, path, config.name, config.zone, is_ours=is_ours).load().contents
    if not path.exists():
        text = f"{name} can be written; the first push makes it"
        return Check(name="target", subject=target.name, text=text, events=0)
    upcoming, found = _upcoming(contents, now), path.stat()
    age = now - datetime.fromtimestamp(found.st_mtime, UTC)
    is_readable = bool(found.st_mode & stat.S_IROTH)
    text = f"{name}, {counted(upcoming, 'event')} to come, changed {ago(age)}"
    if not is_readable:
        text += "; a web server that is another user can't read it"
    elif closed := _closed_folder(path):
        # Not a warning: many home folders are closed, and the file may be served by other means.
        text += f"; other users can't get into {closed}"
    return Check(
        name="target",
        subject=target.name,
        status=Status.OK if is_readable else Status.WARNING,
        text=text,
        fix=None if is_readable else f"chmod 644 {name}",
        age_seconds=seconds(age),
        events=upcoming,
        readable_by_others=is_readable and closed is None,
    )


def target_google_check(connection: "Connection", target: GoogleTarget, now: datetime) -> Check:
    """Raises CalendarGone, AuthorisationNeeded, Unavailable, RefusedToProtectData."""
    upcoming = _upcoming(connection.calendar(target).load().contents, now)
    text = f'the calendar "{target.calendar}" is in Google, {counted(upcoming, "event")} to come'
    return Check(name="target", subject=target.name, text=text, events=upcoming)


def _upcoming(contents: Contents, now: datetime) -> int:
    return sum(event.span.end > now for event in contents.events)


def why_not_writable(folder: Path) -> str | None:
    """What keeps calsync from making files in `folder`, which may not be there yet."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            return None if os.access(place, os.W_OK | os.X_OK) else f"you may not write to {place}"
        if place.exists() or place.is_symlink():
            return f"{place} is no folder"
    return f"{folder} is nowhere"


def _closed_folder(path: Path) -> Path | None:
    """The outermost folder that lets no other user through."""
    folders = reversed(path.resolve().parents)
    return next((folder for folder in folders if not folder.stat().st_mode & stat.S_IXOTH), None)
