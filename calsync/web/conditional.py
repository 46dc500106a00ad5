"""Conditional requests: sending a feed, or saying that the client has it already.

RFC 9110, sections 8.8 (validators), 12.5.3 (Accept-Encoding) and 13 (conditions).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

from calsync.web.feed import Version


def answer(request: Request, version: Version, headers: Mapping[str, str]) -> Response:
    """200 with the body, compressed if the client takes that, or 304. `headers` go with either."""
    compresses = takes_gzip(request)
    # Compressed, these are other bytes, and a strong validator says that all bytes are the same (8.8.3.3).
    etag = f'"{version.etag}-gzip"' if compresses else f'"{version.etag}"'
    modified = datetime.fromtimestamp(version.modified, UTC)
    all_headers = {
        **headers,
        "etag": etag,
        "last-modified": format_datetime(modified, usegmt=True),
        "vary": "Accept-Encoding",
    }
    if _has_it(request, version.etag, modified):
        return Response(status_code=304, headers=all_headers)
    if compresses:
        return Response(version.compressed, headers={**all_headers, "content-encoding": "gzip"})
    return Response(version.body, headers=all_headers)


def _has_it(request: Request, etag: str, modified: datetime) -> bool:
    """If-None-Match counts if it is there (13.1.2), and is compared weakly; else If-Modified-Since."""
    if tags := request.headers.getlist("if-none-match"):
        known = {tag.strip().removeprefix("W/") for tag in ",".join(tags).split(",")}
        return bool(known & {"*", f'"{etag}"', f'"{etag}-gzip"'})
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):
        return False  # a date that is none is ignored (13.1.3)
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def takes_gzip(request: Request) -> bool:
    """Whether Accept-Encoding allows it: by its name, or else by the star (12.5.3)."""
    weights = {}
    for entry in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        coding, _, parameter = entry.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "").removeprefix("q=") or "1"
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "0")))
    return weight.strip("0.") != ""
