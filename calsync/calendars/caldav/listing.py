"""What a calendar holds, with as few requests as its server allows.

A copy of it is kept with the token that the server had for that state. As long as nothing changes, one
question tells so. What has changed is asked for by that token (RFC 6578), or else found by the ETags of all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from calsync.calendars.caldav.client import Answer, Client, Failure, Refused, Request, strong
from calsync.calendars.caldav.discovery import Collection, calendar_at
from calsync.calendars.caldav.lines import uid_of
from calsync.calendars.caldav.messages import Found, document, element, multiget, path_of, props
from calsync.records import CaldavCopy, CaldavObject

_DATA = ("D:getetag", "C:calendar-data")
_OF_A_MEMBER = ("D:getetag", "D:resourcetype")
# Every event, whenever it is: what the runner moved far away is found as well.
_EVENTS = element(
    "C:filter",
    '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter>',
)
# Addresses in one calendar-multiget.
_AT_ONCE = 100
_TOO_MUCH = "number-of-matches-within-limits"
# Answers to one question of what has changed.
_PAGES = 200
# No longer valid, too old, nothing that this server does any more, or (500) more than it can cope with.
_NO_TOKEN = (400, 403, 405, 409, 410, 412, 500, 501, 507)


class NotOurs(Exception):
    """What is at the address is no calendar that events can be written to; the message says why."""


def read(client: Client, url: str, copy: CaldavCopy | None) -> CaldavCopy:
    """What the calendar holds now; `copy` is what it held. Raises Refused and NotOurs."""
    if copy is None or not (copy.token or copy.objects):
        return _all_of(client, url)
    if copy.can_sync:
        try:
            return _synced(client, url, copy)
        except Refused as problem:
            if problem.failure.of_all or problem.failure.status not in _NO_TOKEN:
                raise
            return _all_of(client, url)
    answer = client.call(Request.propfind(url, "CS:getctag", expects="a calendar's tag"))
    _refuse_gone(answer, url)
    said = _of_calendar(answer, url)
    token = said.text("CS:getctag") if said else ""
    if token and token == copy.token:
        return copy
    return _compared(client, url, CaldavCopy(token, False, copy.objects))


def with_read(client: Client, url: str, copy: CaldavCopy, hrefs: Sequence[str]) -> CaldavCopy:
    """The copy, with what is at these addresses now. Raises Refused."""
    objects = dict(copy.objects)
    for href in hrefs:
        objects.pop(path_of(href), None)
    objects |= _objects_at(client, url, hrefs)
    return CaldavCopy(copy.token, copy.can_sync, objects)


def _all_of(client: Client, url: str) -> CaldavCopy:
    calendar = calendar_at(client, url)
    if trouble := trouble_with(calendar):
        raise NotOurs(trouble)
    copy = CaldavCopy(calendar.sync_token if calendar.can_sync else calendar.ctag, calendar.can_sync)
    body = document("C:calendar-query", props(*_DATA), _EVENTS)
    try:
        found = client.call(Request.report(url, body, expects="a list of events"))
        _refuse_partial(found)
    except Refused as problem:
        # Too much for one answer: all of it, or what comes after a part of it.
        is_too_much = problem.failure.status == 507 or problem.failure.reason == _TOO_MUCH
        if problem.failure.of_all or not is_too_much:
            raise
        return _compared(client, url, copy)
    whole = {one.path: kept for one in _events(found, url) if (kept := _object(one))}
    # A server may leave the events themselves out of a list.
    missing = [one.href for one in _events(found, url) if one.path not in whole]
    copy.objects = whole | _objects_at(client, url, missing)
    return copy


def trouble_with(calendar: Collection) -> str:
    """Why no events can be written to it; empty if they can."""
    if not calendar.takes_events:
        return "it takes no events, only tasks or the like"
    return "" if calendar.can_write else "calsync may read it, but not write to it"


def _synced(client: Client, url: str, copy: CaldavCopy) -> CaldavCopy:
    objects, token = dict(copy.objects), copy.token
    changed: dict[str, str] = {}
    for _ in range(_PAGES):
        body = document(
            "D:sync-collection",
            element("D:sync-token", text=token),
            "<D:sync-level>1</D:sync-level>",
            props(*_OF_A_MEMBER),
        )
        # RFC 6578, 3.2: of depth 0, as the level is in the body. Radicale and Xandikos take either.
        answer = client.call(Request.report(url, body, depth=0, expects="a list of changes"))
        of_calendar = _of_calendar(answer, url)
        is_cut = of_calendar is not None and of_calendar.status == 507
        if of_calendar is not None and of_calendar.status >= 400 and not is_cut:
            raise Refused(Failure(of_calendar.status, "the server can't say what has changed"))
        for found in _events(answer, url):
            if found.status in (404, 410):
                objects.pop(found.path, None)
                changed.pop(found.path, None)
            elif found.status >= 400:
                raise Refused(Failure(found.status, "the server can't say what has changed in all of it"))
            elif found.has("D:resourcetype", "D:collection"):
                continue  # the calendar under another of its addresses, or one in it
            elif (known := objects.get(found.path)) is None or not _is_same(known.etag, _etag(found)):
                changed[found.path] = found.href
        new_token = answer.said.sync_token
        is_over = not is_cut or new_token in ("", token)
        if is_cut and is_over:
            raise Refused(Failure(507, "the server's list of changes has no end"))
        token = new_token
        if is_over:
            break
    if not changed and token == copy.token:
        return copy
    if not changed and len(objects) == len(copy.objects):
        # Another token, and no change: some servers say so, too, of a token that they no longer know.
        return _compared(client, url, CaldavCopy(token, bool(token), objects))
    new = CaldavCopy(token, bool(token), objects)
    return with_read(client, url, new, tuple(changed.values()))


def _compared(client: Client, url: str, copy: CaldavCopy) -> CaldavCopy:
    """By the ETags of all that is there."""
    # Not a calendar-query: of that, servers may limit the answer.
    asked = Request.propfind(url, *_OF_A_MEMBER, depth=1, expects="a list of events")
    found = client.call(asked)
    _refuse_gone(found, url)
    _refuse_partial(found)
    there = {one.path: one for one in _events(found, url) if not one.has("D:resourcetype", "D:collection")}
    kept = {
        path: copy.objects[path]
        for path, one in there.items()
        if path in copy.objects and _is_same(copy.objects[path].etag, _etag(one))
    }
    changed = [one.href for path, one in there.items() if path not in kept]
    new = CaldavCopy(copy.token, copy.can_sync, kept)
    return with_read(client, url, new, changed)


def _is_same(known: str, now: str) -> bool:
    """Whether two ETags are of the same: without one, nobody can tell."""
    return bool(now) and strong(known) == strong(now)


def _objects_at(client: Client, url: str, hrefs: Sequence[str]) -> dict[str, CaldavObject]:
    """What is there, without what is gone. Raises Refused."""
    found: dict[str, CaldavObject] = {}
    for start in range(0, len(hrefs), _AT_ONCE):
        asked = hrefs[start : start + _AT_ONCE]
        answer = client.call(Request.report(url, multiget(asked, *_DATA), expects="events"))
        waiting = {path_of(href): href for href in asked}
        for one in answer.found:
            if one.status in (404, 410):
                waiting.pop(one.path, None)
            elif kept := _object(one):
                found[one.path] = kept
                waiting.pop(one.path, None)
        # A server may leave out what was deleted a moment ago, or what is too much for it.
        one_by_one = each_at(client, url, tuple(waiting.values()))
        found |= {path_of(href): one for href, one in one_by_one.items()}
    return found


def each_at(client: Client, url: str, hrefs: Sequence[str]) -> dict[str, CaldavObject]:
    """What is at these addresses of the calendar at `url`, asked for one by one; without what is gone.

    Raises Refused.
    """
    answers = client.send({href: Request("GET", client.address(href, url)) for href in hrefs})
    found = {}
    for href, answer in answers.items():
        if isinstance(answer, Failure):
            if not answer.is_missing:
                raise Refused(answer)
            continue
        text = answer.body.decode("utf-8", "replace")
        if "BEGIN:VCALENDAR" not in text.upper():
            raise Refused(Failure(answer.status, "the server sends something else than an event"))
        found[href] = _kept(href, answer.etag, text)
    return found


def _object(found: Found) -> CaldavObject | None:
    """None if the answer lacks the event itself."""
    text = found.text("C:calendar-data")
    if not text:
        return None
    return _kept(found.href, _etag(found), text)


def _kept(href: str, etag: str, text: str) -> CaldavObject:
    """What is anybody else's is none of calsync's business, and not kept."""
    return CaldavObject(href, etag, text if uid_of(text).endswith(".calsync") else "")


def _etag(found: Found) -> str:
    return found.text("D:getetag")


def _events(answer: Answer, url: str) -> Iterator[Found]:
    """What is said of anything but the calendar itself."""
    here = path_of(url).rstrip("/")
    return (one for one in answer.found if one.path.rstrip("/") != here)


def _of_calendar(answer: Answer, url: str) -> Found | None:
    here = path_of(url).rstrip("/")
    return next((one for one in answer.found if one.path.rstrip("/") == here), None)


def _refuse_gone(answer: Answer, url: str) -> None:
    """Of what is not there some servers say so inside a success."""
    said = _of_calendar(answer, url)
    if said is not None and said.status >= 400:
        raise Refused(Failure(said.status, "there is nothing at this address"))


def _refuse_partial(answer: Answer) -> None:
    """An error inside a success says nothing of what is there."""
    for one in answer.found:
        if one.status >= 400 and one.status not in (404, 410):
            raise Refused(Failure(one.status, "the server can't list all of it"))


def of_calsync(objects: Mapping[str, CaldavObject]) -> Iterable[tuple[str, CaldavObject]]:
    return ((path, one) for path, one in objects.items() if one.text)
