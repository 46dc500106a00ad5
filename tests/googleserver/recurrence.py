"""Repeating events: the instances of one, by the few rules that people set in Google's own dialogue.

FREQ with INTERVAL, COUNT, UNTIL and (for weeks) BYDAY. What it does not know is an "Invalid recurrence rule".
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.googleserver import times
from tests.googleserver.errors import invalid
from tests.googleserver.exchange import Json

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
STEPS = {"DAILY": timedelta(1), "WEEKLY": timedelta(7)}
# Google's lists don't go on for ever either, where neither rule nor request ends them.
MOST = 730


@dataclass(frozen=True)
class Rule:
    freq: str
    interval: int = 1
    count: int | None = None
    until: str = ""
    days: tuple[int, ...] = ()

    @classmethod
    def parse(cls, lines: list[str]) -> "Rule":
        refusal = invalid("Invalid recurrence rule.")
        if len(lines) != 1 or not lines[0].startswith("RRULE:"):
            raise refusal
        parts = dict(part.partition("=")[::2] for part in lines[0].removeprefix("RRULE:").split(";"))
        days = parts.pop("BYDAY", "")
        freq = parts.pop("FREQ", "")
        interval, count = parts.pop("INTERVAL", "1"), parts.pop("COUNT", None)
        until = parts.pop("UNTIL", "")
        parts.pop("WKST", None)
        if (
            parts
            or freq not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
            or (days and (freq != "WEEKLY" or not set(days.split(",")) <= set(DAYS)))
            or not re.fullmatch(r"[1-9]\d*", interval)
            or (count is not None and not re.fullmatch(r"[1-9]\d*", count))
            or not re.fullmatch(r"(\d{8}(T\d{6}Z)?)?", until)
        ):
            raise refusal
        return cls(
            freq,
            int(interval),
            None if count is None else int(count),
            until,
            tuple(sorted(DAYS.index(day) for day in days.split(","))) if days else (),
        )

    def dates(self, first: date) -> Iterator[date]:
        """Without end, whatever COUNT and UNTIL say."""
        if self.freq in STEPS:
            step = STEPS[self.freq] * self.interval
            monday = first - timedelta(first.weekday())
            for number in itertools.count():
                if not self.days:
                    yield first + number * step
                for day in self.days:
                    if (found := monday + number * step + timedelta(day)) >= first:
                        yield found
        months = self.interval * (12 if self.freq == "YEARLY" else 1)
        for number in itertools.count():
            year, month = divmod(first.year * 12 + first.month - 1 + number * months, 12)
            try:
                yield first.replace(year=year, month=month + 1)
            except ValueError:  # the 31st of a shorter month: RFC 5545 leaves such a month out
                continue


def instances(series: Json, calendar_zone: str, until: datetime | None = None) -> Iterator[Json]:
    """The instances of a repeating event, none of which is stored, up to the instant."""
    if "recurrence" not in series:
        return
    rule = Rule.parse(series["recurrence"])
    begins, ends = times.span_of(series, calendar_zone)
    all_day = "date" in series["start"]
    # The clock time stays the same across a change of clocks, in the zone of the event.
    where = times.known_zone(calendar_zone if all_day else series["start"]["timeZone"])
    local, length = begins.astimezone(where), ends - begins
    days = (ends.astimezone(where).date() - local.date()).days
    for number, day in enumerate(rule.dates(local.date())):
        start = datetime.combine(day, local.time(), where)
        # UNTIL is a date for all-day events, an instant for others.
        mark = day.strftime("%Y%m%d") if all_day else start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        if number >= min(rule.count or MOST, MOST) or (rule.until and mark > rule.until):
            return
        if until is not None and start >= until:
            return
        yield _instance(series, mark, day, days, start, length, calendar_zone)


def _instance(
    series: Json, mark: str, day: date, days: int, start: datetime, length: timedelta, calendar_zone: str
) -> Json:
    if "date" in series["start"]:
        first: Json = {"date": day.isoformat()}
        last: Json = {"date": (day + timedelta(days)).isoformat()}
    else:
        here: ZoneInfo = times.known_zone(calendar_zone)
        end = start.astimezone(UTC) + length
        first = {"dateTime": times.written(start, here), "timeZone": series["start"]["timeZone"]}
        last = {"dateTime": times.written(end, here), "timeZone": series["end"]["timeZone"]}
    own = {name: value for name, value in series.items() if name != "recurrence"}
    return own | {
        "id": f"{series['id']}_{mark}",
        "recurringEventId": series["id"],
        "originalStartTime": first,
        "start": first,
        "end": last,
    }
