"""VFREEBUSY (RFC 5545, 3.6.4): periods that somebody's server says are busy.

Decides which of its periods count: all but FBTYPE=FREE, and BUSY-TENTATIVE as the config says.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta

from calsync.feeds.answers import Reading
from calsync.feeds.properties import FindZone, Properties, parameter, period
from calsync.timespan import Timespan


def periods(
    fields: Properties, reading: Reading, find_zone: FindZone, note: Callable[[str, str | None], None]
) -> Iterator[Timespan]:
    for parameters, values in fields.get("FREEBUSY", ()):
        kind = parameter(parameters, "FBTYPE").upper()
        if kind == "FREE" or (kind == "BUSY-TENTATIVE" and not reading.tentative_busy):
            continue
        tzid = parameter(parameters, "TZID")
        for value in values.decode("utf-8", "replace").split(","):
            try:
                start, length = period(value, tzid, find_zone)
            except ValueError:
                note("a VFREEBUSY has a period that can't be read", None)
                continue
            if length > timedelta(0):
                begin = start.astimezone(UTC)
                yield Timespan(begin, begin + length)
