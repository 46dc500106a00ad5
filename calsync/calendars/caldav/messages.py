"""What is said to a CalDAV server, and what it answers, as XML (RFC 4918, 14). Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from calsync.errors import UsageError

try:
    import defusedxml.ElementTree
    from defusedxml import DefusedXmlException
except ModuleNotFoundError as problem:
    # Here, as nothing of CalDAV comes by this module. Commands that don't speak it never get here.
    message = f"CalDAV needs {problem.name}: install calsync with its extra `caldav`"
    raise UsageError(f"{message}; in a checkout: pip install '.[caldav]'") from problem

NAMESPACES = {
    "D": "DAV:",
    "C": "urn:ietf:params:xml:ns:caldav",
    "CS": "http://calendarserver.org/ns/",
    "A": "http://apple.com/ns/ical/",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def tag(name: str) -> str:
    """The name of an element as ElementTree has it, of one such as "D:href"."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def document(name: str, *inside: str) -> bytes:
    """A whole XML document around elements that are text already."""
    body = "".join(inside)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{name} {_DECLARED}>{body}</{name}>'.encode()


def element(name: str, /, *inside: str, text: str = "", **attributes: str) -> str:
    """An element as text; `text` is what people or a server wrote."""
    said = "".join(f' {key}="{escape(value, {chr(34): "&quot;"})}"' for key, value in attributes.items())
    # A bare carriage return would be read as a line feed (XML 1.0, 2.11).
    return f"<{name}{said}>{''.join(inside)}{escape(text, {chr(13): '&#13;'})}</{name}>"


def props(*names: str) -> str:
    """A D:prop that asks for these."""
    return element("D:prop", *(f"<{name}/>" for name in names))


@dataclass(frozen=True, slots=True)
class Found:
    """What a multistatus says of one resource.

    `href` is as the server wrote it, to be asked for; `path` is without its escapes, which servers write in
    different ways, to be compared. `status` is 200 unless it was said of the whole resource. `props` has
    those that came with a success, by name.
    """

    href: str
    path: str
    status: int
    props: Mapping[str, Element]
    refused: Mapping[str, int]
    """The status of each property that did not."""

    def text(self, name: str) -> str:
        found = self.props.get(tag(name))
        return (found.text or "").strip() if found is not None else ""

    def has(self, name: str, inner: str) -> bool:
        """Whether the property has such an element in it."""
        found = self.props.get(tag(name))
        return found is not None and found.find(tag(inner)) is not None

    def hrefs(self, name: str) -> tuple[str, ...]:
        found = self.props.get(tag(name))
        inside = found.iter(tag("D:href")) if found is not None else ()
        return tuple(text for one in inside if (text := (one.text or "").strip()))


def tidied_href(href: str) -> str:
    """An address, or the path of one (RFC 4918, 8.3): so two slashes before it don't begin with a host."""
    return f"/{href.lstrip('/')}" if href.startswith("//") else href


def path_of(href: str) -> str:
    """The path of an address or a part of one, without escapes. Raises ValueError for what is none."""
    return unquote(urlsplit(tidied_href(href)).path)


def multiget(hrefs: Iterable[str], *names: str) -> bytes:
    """The body of a REPORT that asks for these properties of some events of a calendar (RFC 4791, 7.9)."""
    # Paths: of whole addresses a server behind a proxy may not know that they are its own.
    paths = (element("D:href", text=urlsplit(tidied_href(href)).path) for href in hrefs)
    return document("C:calendar-multiget", props(*names), *paths)


def _status(text: str | None) -> int:
    """Of a line such as "HTTP/1.1 404 Not Found"; 0 if it is none."""
    parts = (text or "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isascii() and parts[1].isdigit() else 0


def parse(body: bytes) -> Element:
    """Raises ValueError; also for entities, by which a small document can fill all memory."""
    try:
        return _parsed(body)
    except ValueError:
        # What somebody has pasted into one event is no reason to know nothing of all the others.
        if (plain := _CONTROL.sub(b" ", body)) == body:
            raise
        return _parsed(plain)


# What no XML may have (XML 1.0, 2.2), as such or as a reference; servers send it all the same.
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#0*(?:[0-8]|1[124-9]|2\d|3[01]|[xX]0*(?:[0-8bcefBCEF]|1[\da-fA-F]));"
)


def _parsed(body: bytes) -> Element:
    try:
        root: Element = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, UnicodeError) as problem:
        # LookupError for an encoding that nobody knows.
        raise ValueError(str(problem) or type(problem).__name__) from problem
    return root


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A 207: what it says of each resource, and the token of RFC 6578 (6.4) if there is one."""

    found: tuple[Found, ...]
    sync_token: str = ""


NOTHING_SAID = Multistatus(())


def multistatus(body: bytes) -> Multistatus:
    """Raises ValueError if it is none."""
    root = parse(body)
    if root.tag != tag("D:multistatus"):
        raise ValueError("it is no multistatus")
    found = tuple(found for one in root.iterfind(tag("D:response")) for found in _found(one))
    return Multistatus(found, (root.findtext(tag("D:sync-token")) or "").strip())


def _found(response: Element) -> Iterator[Found]:
    """RFC 4918, 14.24: the same may be said of several."""
    hrefs = [(one.text or "").strip() for one in response.iterfind(tag("D:href"))]
    if not hrefs or not all(hrefs):
        raise ValueError("it has an answer about nothing")
    whole = response.find(tag("D:status"))
    known: dict[str, Element] = {}
    refused: dict[str, int] = {}
    for part in response.iterfind(tag("D:propstat")):
        status = _status(part.findtext(tag("D:status")))
        inside = part.find(tag("D:prop"))
        for one in inside if inside is not None else ():
            if 200 <= status < 300:
                known[one.tag] = one
            else:
                refused[one.tag] = status
    said = 200 if whole is None else _status(whole.text)
    for href in hrefs:
        yield Found(href, path_of(href), said, known, refused)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an answer that is an error says of it: which precondition it is, such as "no-uid-conflict", what
    that is about, and in the server's own words what is wrong; each empty if it doesn't say."""

    reason: str = ""
    href: str = ""
    words: str = ""


def trouble_in(body: bytes) -> Trouble:
    """RFC 4918, 16: an element of DAV:error for each precondition."""
    try:
        root = parse(body)
    except ValueError:
        return Trouble()
    if root.tag != tag("D:error"):
        return Trouble()
    # Nextcloud's and Baikal's begin with the name of a class and a message.
    words = root.findtext(f"{{{_SABRE}}}message") or ""
    said = next((one for one in root if not one.tag.startswith(f"{{{_SABRE}}}")), None)
    if said is None:
        return Trouble(words=words.strip())
    href = (said.findtext(tag("D:href")) or "").strip()
    return Trouble(said.tag.rpartition("}")[2], href, words.strip())


_SABRE = "http://sabredav.org/ns"
