"""When somebody is busy, from the calendars of a CalDAV account.

Whole events come, and go to the same reader as those of a feed (feeds/busy.py): so all that docs/busy.md
says holds here, too. A server is asked for a stretch of time only. How it reads recurrences doesn't matter
much: it chooses which events to send, and the reader says when they are.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from calsync.addresses import shown
from calsync.calendars import plans_in
from calsync.calendars.caldav.account import Accounts
from calsync.calendars.caldav.client import Answer, Client, Failure, Patience, Refused, Request
from calsync.calendars.caldav.discovery import (
    Account,
    Collection,
    calendar_at,
    calendars_of,
    find_account,
)
from calsync.calendars.caldav.messages import Found, document, element, multiget, path_of, props, tag
from calsync.config.load import OWN_CALENDAR
from calsync.config.settings import CaldavBusy
from calsync.errors import ConfigError, SourceUnavailable
from calsync.feeds.download import Limits, Response, in_time
from calsync.feeds.place import File
from calsync.timespan import Timespan
from calsync.words import counted, listed, one_line

# Dates, and times without a zone, are in a zone that the server chooses: at most so far from ours.
_ZONES_APART = timedelta(days=2)
# Of events that a server names without sending them; so many in one request.
_AT_A_TIME = 100
_EXPECTED = "a list of events"
_DATA = "C:calendar-data"


class _Calendar(msgspec.Struct, frozen=True, array_like=True):
    """One that was read. The tag changes whenever anything in it does; some servers have none."""

    url: str
    name: str
    tag: str


class _Known(msgspec.Struct, frozen=True):
    """What there is to know of a copy: it holds the events from `start` to `end` of these calendars.

    `left` says of the others why they were not read.
    """

    start: datetime
    end: datetime
    homes: tuple[str, ...]
    calendars: tuple[_Calendar, ...]
    left: tuple[str, ...]

    def has(self, window: Timespan) -> bool:
        return self.start <= window.start and window.end <= self.end


def _known(etag: str) -> _Known | None:
    try:
        return msgspec.json.decode(etag, type=_Known)
    except msgspec.MsgspecError:
        return None


_Bodies = list[tuple[str, bytes]]
"""The events of each calendar, by its name."""


@dataclass(frozen=True, slots=True)
class BusyCalendars:
    """The calendars of a source, for feeds.place. What they hold is one body, and its "ETag" what is known
    of it.

    `window` is what is needed now, `ahead` what is asked for, so that a copy serves later, too.
    """

    accounts: Accounts
    settings: CaldavBusy
    window: Timespan
    ahead: Timespan

    @property
    def address(self) -> str:
        settings = self.settings
        return repr(("caldav", settings.server, settings.username, settings.calendars))

    @property
    def shown(self) -> str:
        return shown(self.settings.server)

    def is_enough(self, etag: str) -> bool:
        known = _known(etag)
        return known is not None and known.has(self.window)

    def notes(self, etag: str) -> tuple[str, ...]:
        known = _known(etag)
        if known is None:
            return ()
        named = ", ".join(f'"{one.name}"' for one in known.calendars)
        read = f"reads {counted(len(known.calendars), 'calendar')}: {named}"
        return (read, *([f"does not read {', '.join(known.left)}"] if known.left else []))

    def files(self, body: bytes) -> list[File]:
        return [File(*one) for one in msgspec.msgpack.decode(body, type=_Bodies)]

    def fetch(self, etag: str, last_modified: str, limits: Limits) -> Response:
        """Raises SourceUnavailable, AuthorisationNeeded, ConfigError or Unavailable."""
        patience = Patience(
            limits.connect,
            limits.read,
            limits.deadline,
            limits.pause,
            limits.longest_pause,
            limits.attempts,
        )
        with closing(self.accounts.open(self.settings, patience=patience)) as client:
            answer = in_time(lambda: self._fetched(client, _known(etag)), limits.deadline)
        if answer is None:
            message = f"{self.shown} did not answer completely within {limits.deadline:g} seconds"
            raise SourceUnavailable(message)
        return answer

    def _fetched(self, client: Client, known: _Known | None) -> Response:
        try:
            homes, there = self._listed(client, known)
            calendars, left = self._chosen(client, there)
        except Refused as problem:
            raise problem.failure.error("its calendars can't be listed", of_source=True) from problem
        is_known = known is not None and known.has(self.window) and known.calendars == calendars
        if is_known and all(one.tag for one in calendars):
            return Response(None)
        bodies = msgspec.msgpack.encode(_events(client, calendars, self.ahead))
        now = _Known(self.ahead.start, self.ahead.end, homes, calendars, left)
        return Response(bodies, msgspec.json.encode(now).decode())

    def _listed(self, client: Client, known: _Known | None) -> tuple[tuple[str, ...], tuple[Collection, ...]]:
        """Where the account's calendars are, and which there are. Raises Refused."""
        if self.settings.calendars and all(map(_is_address, self.settings.calendars)):
            return (), ()
        if not (known and known.homes):
            account = find_account(client)
            return account.homes, calendars_of(client, account)
        try:
            return known.homes, calendars_of(client, Account("", known.homes))
        except Refused as problem:
            if problem.failure.is_final or problem.failure.is_passing:
                raise
            try:  # they may have moved
                return self._listed(client, None)
            except Refused:
                raise problem from None

    def _chosen(
        self, client: Client, there: Sequence[Collection]
    ) -> tuple[tuple[_Calendar, ...], tuple[str, ...]]:
        """The calendars to read, and why others are not read.

        Raises Refused, SourceUnavailable or ConfigError.
        """
        if self.settings.calendars:
            named = [one for name in self.settings.calendars for one in self._called(client, name, there)]
            if any(_is_own(self.accounts, one) for one in named):
                raise ConfigError(f'busy source "{self.settings.name}": {OWN_CALENDAR}')
            if tasks := [f'"{name_of(one)}"' for one in named if not one.takes_events]:
                message = f"{listed(tasks)} can only hold tasks, which don't say when you are busy"
                raise SourceUnavailable(f"{self.shown}: {message}; take it out of calendars")
            return tuple(dict.fromkeys(map(_calendar, named))), ()
        left = {one.url: why for one in there if (why := not_read(self.accounts, one))}
        chosen = tuple(_calendar(one) for one in there if one.url not in left)
        if not chosen:
            raise SourceUnavailable(
                f"{self.shown} has no calendar with events but calsync's own; without another one there this "
                "[[busy]] says nothing: take it out of the config"
            )
        return chosen, tuple(f'"{name_of(one)}" ({left[one.url]})' for one in there if one.url in left)

    def _called(self, client: Client, name: str, there: Sequence[Collection]) -> list[Collection]:
        """The calendars that a config calls so. Raises Refused or SourceUnavailable."""
        if _is_address(name):
            path = path_of(client.address(name)).rstrip("/")
            found = [one for one in there if path_of(one.url).rstrip("/") == path]
            return found or [calendar_at(client, name)]
        for meant in (lambda text: text, lambda text: " ".join(text.casefold().split())):
            if found := [one for one in there if meant(one.name) == meant(name)]:
                return found
        known = listed([f'"{name_of(one)}"' for one in there if one.takes_events])
        raise SourceUnavailable(f'{self.shown} has no calendar "{name}"; it has {known or "none"}')


def not_read(accounts: Accounts, one: Collection) -> str:
    """Why a calendar is not read unless the config names it; empty for one that is."""
    if _is_own(accounts, one):
        return "calsync's own"
    if not one.takes_events:
        return "for tasks"
    return "says that it keeps nobody busy" if one.is_transparent else ""


def _is_own(accounts: Accounts, one: Collection) -> bool:
    """Whether calsync made it, for whatever plan: then its description says so.

    A calendar of the runner's that is a target as well is none: what else is in there counts.
    """
    return bool(plans_in(one.description)) or accounts.is_made(one.url)


def _is_address(name: str) -> bool:
    return name.startswith("/") or "://" in name


def name_of(one: Collection) -> str:
    """What people call it; somebody else may have named it."""
    return one_line(one.name) or path_of(one.url).rstrip("/").rpartition("/")[2]


def _calendar(one: Collection) -> _Calendar:
    return _Calendar(one.url, name_of(one), one.ctag or one.sync_token)


# --- events -----------------------------------------------------------------------------------------------


def _events(client: Client, calendars: Sequence[_Calendar], span: Timespan) -> _Bodies:
    """Raises SourceUnavailable or AuthorisationNeeded if one of them can't be read: that is never "free"."""
    query = _query(span)
    answers = client.send({one.url: Request.report(one.url, query, expects=_EXPECTED) for one in calendars})
    bodies = []
    for one in calendars:
        try:
            texts = _texts(client, one.url, answers[one.url])
        except Refused as problem:
            what = f'the calendar "{one.name}" can\'t be read'
            raise problem.failure.error(what, of_source=True) from problem
        bodies.append((one.name, "\r\n".join(texts).encode()))
    # An empty one is no error here: the server has said that nothing is in that time.
    return [(name, body) for name, body in bodies if body]


def _query(span: Timespan) -> bytes:
    """RFC 4791, 7.8. No `expand`: rules and exceptions are read here, and some servers do that wrong."""
    first, last = (span.start - _ZONES_APART, span.end + _ZONES_APART)
    times = {"start": _instant(first), "end": _instant(last)}
    events = element("C:comp-filter", element("C:time-range", **times), name="VEVENT")
    whole = element("C:comp-filter", events, name="VCALENDAR")
    return document("C:calendar-query", props(_DATA), element("C:filter", whole))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _texts(client: Client, url: str, answer: Answer | Failure) -> list[str]:
    """The events that an answer has, and those that it only names. Raises Refused."""
    texts, missing = _split(_of(answer), url)
    parts: Mapping[str, Request] = {
        str(at): Request.report(url, multiget(missing[at : at + _AT_A_TIME], _DATA), expects=_EXPECTED)
        for at in range(0, len(missing), _AT_A_TIME)
    }
    for part in client.send(parts).values() if parts else ():
        more, still = _split(_of(part), url)
        if still:
            message = f"the server says of {counted(len(still), 'event')} that they are there, and sends none"
            raise Refused(Failure(207, message))
        texts += more
    return texts


def _of(answer: Answer | Failure) -> Sequence[Found]:
    if isinstance(answer, Failure):
        raise Refused(answer)
    return answer.found


def _split(found: Sequence[Found], url: str) -> tuple[list[str], list[str]]:
    """Texts of events, and the addresses of those without. Raises Refused if a part has failed."""
    texts, missing = [], []
    here = path_of(url).rstrip("/")
    data = tag(_DATA)
    for one in found:
        if text := one.text(_DATA):
            texts.append(text)
        elif one.status in (404, 410):
            if one.path.rstrip("/") == here:
                raise Refused(Failure(one.status, "it is not there any more"))
            continue  # deleted a moment ago
        elif one.status == 507:
            raise Refused(Failure(507, "there are too many events for the server to send"))
        elif one.status >= 400 or one.refused.get(data, 404) not in (403, 404):
            status = one.status if one.status >= 400 else one.refused[data]
            raise Refused(Failure(status, "the server could not send all events"))
        elif one.path.rstrip("/") != here:  # some list the calendar itself, too
            missing.append(one.href)
    return texts, missing
