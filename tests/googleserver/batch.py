"""The wire form of batches: many requests in one body, many answers in another.

https://developers.google.com/workspace/calendar/api/guides/batch. Google's client writes bare LF and reads
CRLF only: a blank line ends the head of a part's answer, even where no body follows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.googleserver.errors import bad_request
from tests.googleserver.exchange import Answer, Request

BOUNDARY = "batch_5Xq2Tqtz0S0"


@dataclass(frozen=True)
class Part:
    content_id: str
    """Without the angle brackets."""
    request: Request


def parse(outer: Request, cap: int) -> list[Part]:
    """The parts, in the order of the body; raises what Google answers when the body is no batch."""
    found = re.match(r'multipart/mixed;.*boundary="?([^";]+)"?', outer.headers.get("content-type", ""))
    if found is None:
        raise bad_request("Missing or unreadable multipart boundary.")
    text = outer.content.decode().replace("\r\n", "\n")
    pieces = ("\n" + text).split(f"\n--{found[1]}")
    if len(pieces) < 3 or not pieces[-1].startswith("--"):
        raise bad_request("Failed to parse batch request, error: 0 items parsed.")
    parts = [_part(piece.removeprefix("\n"), outer) for piece in pieces[1:-1]]
    if len(parts) > cap:
        raise bad_request(f"The batch request has {len(parts)} parts, at most {cap} are allowed.")
    return parts


def _part(piece: str, outer: Request) -> Part:
    head, _, inner = piece.partition("\n\n")
    headers = _headers(head.split("\n"))
    if not headers.get("content-type", "").startswith("application/http"):
        raise bad_request("A part of the batch is no application/http.")
    inner_head, _, content = inner.partition("\n\n")
    line, *lines = inner_head.split("\n")
    try:
        method, target, _ = line.split(" ")
    except ValueError:
        raise bad_request("A part of the batch has no request line.") from None
    # A part without a token has that of the whole: in the guide the outer headers apply to every part.
    inherited = {name: value for name, value in outer.headers.items() if name == "authorization"}
    request = Request(method, target, inherited | _headers(lines), content.encode(), outer.connection)
    return Part(headers.get("content-id", "").strip("<>"), request)


def _headers(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.partition(":")[::2] for line in lines if line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def shuffled(parts: list[Part]) -> list[Part]:
    """Another order, always the same one."""
    return parts[1::2] + parts[0::2]


def answer(answers: Iterable[tuple[Part, Answer]]) -> Answer:
    pieces = [_piece(part, one) for part, one in answers]
    content = b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()
    return Answer(200, content, {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"})


def _piece(part: Part, answer: Answer) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <response-{part.content_id}>\r\n\r\n"
    )
    return head.encode() + answer.head + answer.content + b"\r\n"
