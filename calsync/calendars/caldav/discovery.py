"""Where an account's calendars are (RFC 6764), what they can do, and how a new one is made.

From an address that people know to the principal, from there to its homes, and to the calendars in them. What
is wrong is said in words that tell what to do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from calsync.addresses import shown
from calsync.calendars.caldav.client import NO_DAV, Answer, Client, Failure, Refused, Request
from calsync.calendars.caldav.messages import Found, document, element, path_of, tag

WELL_KNOWN = "/.well-known/caldav"
_PRINCIPAL, _HOME = "D:current-user-principal", "C:calendar-home-set"
_OF_A_CALENDAR = (
    "D:resourcetype",
    "D:displayname",
    "C:calendar-description",
    "C:calendar-timezone",
    "C:supported-calendar-component-set",
    "A:calendar-color",
    "CS:getctag",
    "D:sync-token",
    "D:supported-report-set",
    "D:current-user-privilege-set",
    "C:schedule-calendar-transp",
)


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server takes calsync for, and where their calendars are: parts of addresses."""

    principal: str
    homes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar of the server's.

    `takes_events` is false for one that is for tasks only, `is_transparent` true for one whose events keep
    nobody busy, as its owner has said (RFC 6638, 9.1). `ctag` and `sync_token` change when anything in it
    does; `can_sync`: it can be asked what has changed since a token (RFC 6578).
    """

    url: str
    name: str = ""
    description: str = ""
    timezone: str = ""
    colour: str = ""
    takes_events: bool = True
    can_write: bool = True
    can_sync: bool = False
    ctag: str = ""
    sync_token: str = ""
    is_transparent: bool = False


def find_account(client: Client) -> Account:
    """Starts at the client's address. Raises Refused, with words for people."""
    principal = ""
    homes: tuple[str, ...] = ()
    trouble: Refused | None = None
    for url in _beginnings(client.url):
        try:
            answer = client.call(Request.propfind(url, _PRINCIPAL, _HOME, expects="CalDAV's"))
            found = _first(answer)
        except Refused as problem:
            is_no_dav = problem.failure.reason == NO_DAV
            if problem.failure.of_all or (problem.failure.is_passing and not is_no_dav):
                raise
            # A server may have nothing there, and all of it at the next.
            trouble = trouble or problem
            continue
        homes = _addresses(client, answer, found.hrefs(_HOME))
        principal = next(iter(_addresses(client, answer, found.hrefs(_PRINCIPAL))), "")
        if principal or homes:
            break
    if principal and not homes:
        answer = client.call(Request.propfind(principal, _HOME, expects="CalDAV's"))
        homes = _addresses(client, answer, _first(answer).hrefs(_HOME))
    if not homes:
        raise Refused(_not_here(client, trouble, has_principal=bool(principal)))
    return Account(principal, homes)


def _beginnings(url: str) -> Iterator[str]:
    """Where to look: an address with a path was copied from somewhere, and comes first."""
    root = urljoin(url, "/")
    if urlsplit(url).path not in ("", "/"):
        yield url
    yield urljoin(url, WELL_KNOWN)
    yield root


def _not_here(client: Client, trouble: Refused | None, *, has_principal: bool) -> Failure:
    server = shown(client.url)
    if has_principal:
        return Failure(0, f"{server} knows the account, but has no calendars for it", of_all=True)
    said = str(trouble or "")
    if said.startswith(server):
        said = f"it{said.removeprefix(server)}"
    message = (
        f"there is no CalDAV at {server}{f': {said}' if said else ''}. Look for the CalDAV address in the "
        "settings or the help pages of your provider, and write it into the config as url"
    )
    return Failure(0, message, of_all=True)


def _first(answer: Answer) -> Found:
    """What is said of the one resource that was asked for. Raises Refused."""
    if not answer.found:
        raise Refused(Failure(207, "the answer says nothing of what was asked for", reason=NO_DAV))
    if answer.found[0].status >= 400:
        # Xandikos says so inside a success of what it doesn't have.
        raise Refused(Failure(answer.found[0].status, "there is nothing at this address"))
    return answer.found[0]


def _addresses(client: Client, answer: Answer, hrefs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(client.address(href, answer.url) for href in hrefs)


def calendars_of(client: Client, account: Account) -> tuple[Collection, ...]:
    """All calendars in the account's homes, also those that are not its own. Raises Refused."""
    collections: dict[str, Collection] = {}
    for home in account.homes:
        asked = Request.propfind(home, *_OF_A_CALENDAR, depth=1, expects="a list of calendars")
        answer = client.call(asked)
        for found in answer.found:
            status = max(found.status, found.refused.get(tag("D:resourcetype"), 0))
            if status >= 500:
                # It may be a calendar: what can't be read is not the same as what is not there.
                raise Refused(Failure(status, f"{shown(client.url)} can't say what all of its calendars are"))
            if found.status < 400 and _is_calendar(found):
                url = client.address(found.href, answer.url)
                collections.setdefault(path_of(url), _collection(found, url))
    return tuple(collections.values())


def calendar_at(client: Client, url: str) -> Collection:
    """The calendar at `url`. Raises Refused; also if it is something else."""
    answer = client.call(Request.propfind(url, *_OF_A_CALENDAR, expects="a calendar"))
    found = _first(answer)
    if not _is_calendar(found):
        where = f"{shown(client.url)} has something else than a calendar there"
        message = f"{where}; `calsync auth caldav` lists the calendars"
        raise Refused(Failure(200, message, reason=NO_DAV))
    return _collection(found, answer.url)


def _is_calendar(found: Found) -> bool:
    return found.has("D:resourcetype", "C:calendar")


def _collection(found: Found, url: str) -> Collection:
    components = found.props.get(tag("C:supported-calendar-component-set"))
    kinds = {one.get("name", "").upper() for one in components} if components is not None else set()
    reports = found.props.get(tag("D:supported-report-set"))
    # Some offer a token and no report for it.
    can_sync = reports is not None and next(reports.iter(tag("D:sync-collection")), None) is not None
    return Collection(
        url,
        found.text("D:displayname"),
        found.text("C:calendar-description"),
        found.text("C:calendar-timezone"),
        found.text("A:calendar-color"),
        not kinds or "VEVENT" in kinds,
        _can_write(found),
        can_sync and bool(found.text("D:sync-token")),
        found.text("CS:getctag"),
        found.text("D:sync-token"),
        found.has("C:schedule-calendar-transp", "C:transparent"),
    )


_WRITES = ("D:all", "D:write", "D:write-content", "D:bind")


def _can_write(found: Found) -> bool:
    """RFC 3744, 5.4. Where a server doesn't say, it is tried."""
    privileges = found.props.get(tag("D:current-user-privilege-set"))
    if privileges is None or not len(privileges):
        return True
    return any(next(privileges.iter(tag(name)), None) is not None for name in _WRITES)


# The colour of strength sessions on the page of the week.
_COLOUR = "#51B749FF"


def create_calendar(client: Client, home: str, path: str, title: str, description: str, timezone: str) -> str:
    """The address of a new calendar in `home`, for events only. Raises Refused.

    `path` is its last part, the same whenever it is asked for: so it is never made twice, and where it is
    there already, it is that. `timezone` is a calendar with a VTIMEZONE.
    """
    home = home if home.endswith("/") else f"{home}/"
    # An empty property is a 500 in Xandikos, after it has made the calendar.
    about = [
        element(name, text=text)
        for name, text in (
            ("D:displayname", title),
            ("C:calendar-description", description),
            ("A:calendar-color", _COLOUR),
            ("C:calendar-timezone", timezone),
        )
        if text
    ]
    for number in range(_PATHS):
        url = urljoin(home, f"{path}{f'-{number}' if number else ''}/")
        try:
            _make(client, url, about)
        except Refused as problem:
            if _is_there(client, url):
                return url
            # Nextcloud keeps the address of a calendar that it has in its bin.
            is_taken = problem.failure.status in (405, 409) and not problem.failure.of_all
            if not is_taken or number + 1 == _PATHS:
                raise
        else:
            return _where_it_is(client, home, url, title)
    raise AssertionError


# Addresses that are tried for a new calendar.
_PATHS = 3


def _make(client: Client, url: str, about: Sequence[str]) -> None:
    """Nothing is made if one property is refused (RFC 4791, 5.3.1): it can do without most.

    Raises Refused.
    """
    events = element("C:supported-calendar-component-set", element("C:comp", name="VEVENT"))
    refused: Refused | None = None
    for properties in ([*about, events], about, about[:1]):
        try:
            client.call(_mkcalendar(url, *properties))
        except Refused as problem:
            refused = problem
            if problem.failure.of_all or problem.failure.status not in (400, 403, 409, 415, 422):
                break
        else:
            return
    assert refused is not None
    raise refused


def _where_it_is(client: Client, home: str, url: str, title: str) -> str:
    """Zimbra makes the address of a new calendar from its title; at the one that was asked for there is a
    calendar as well, but none of its events."""
    there = calendars_of(client, Account("", (home,)))
    if any(path_of(one.url) == path_of(url) for one in there):
        return url
    (found, *others) = [one.url for one in there if one.name == title] or [url]
    return url if others else found


def _is_there(client: Client, url: str) -> bool:
    try:
        calendar_at(client, url)
    except Refused:
        return False
    return True


def _mkcalendar(url: str, *about: str) -> Request:
    body = document("C:mkcalendar", element("D:set", element("D:prop", *about)))
    return Request("MKCALENDAR", url, body, (("Content-Type", "application/xml; charset=utf-8"),))
