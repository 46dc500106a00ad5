"""The feed's bytes, by the letter of RFC 5545 and RFC 7986."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.clients.feeds import ALL, DOUBLED, Feed

LOCAL = re.compile(r"\d{8}T\d{6}")
INSTANT = re.compile(r"\d{8}T\d{6}Z")
OFFSET = re.compile(r"[+-]\d{4}(\d\d)?")


@dataclass
class Component:
    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """Of a property with these very parameters, such as DTSTART;TZID=Europe/London."""
        return [value for key, value in self.lines if key == name]

    def names(self) -> Counter[str]:
        return Counter(key.partition(";")[0] for key, _ in self.lines)

    def named(self, name: str) -> list["Component"]:
        return [child for child in self.children if child.name == name]


def calendar_of(content: bytes) -> Component:
    """Read as the RFC writes it; nothing is forgiven."""
    lines = content.decode("utf-8").replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    rest = iter(lines)
    kind, name = next(rest).split(":")
    assert (kind, name) == ("BEGIN", "VCALENDAR")
    calendar = component(name, rest)
    assert not list(rest)
    return calendar


def component(name: str, lines: Iterator[str]) -> Component:
    made = Component(name)
    for line in lines:
        key, colon, value = line.partition(":")
        assert colon, line
        assert re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[A-Za-z0-9/_+-]+)*", key), key
        if key == "END":
            assert value == name
            return made
        if key == "BEGIN":
            made.children.append(component(value, lines))
        else:
            made.lines.append((key, value))
    raise AssertionError(f"{name} has no end")


@pytest.fixture(params=ALL)
def feed(request: pytest.FixtureRequest, feeds: dict[str, Feed]) -> Feed:
    return feeds[request.param]


def test_lines_end_in_crlf_and_are_folded_between_characters(feed: Feed) -> None:
    content = feed.content
    assert content.endswith(b"\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    for line in lines:
        assert len(line) <= 75, line
        line.decode("utf-8")
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
        assert line.strip(), "a blank line"


def test_no_line_is_folded_early(feed: Feed) -> None:
    """A fold in the middle of nowhere is allowed, but a sign of miscounting."""
    for line, further in zip(*([lines := feed.content.split(b"\r\n")], lines[1:]), strict=False):
        if further.startswith(b" "):
            assert len(line) + len(further[1:].decode("utf-8")[0].encode()) > 74, (line, further)


def test_the_calendar_says_what_it_is(feed: Feed) -> None:
    calendar = calendar_of(feed.content)
    wanted = {
        "VERSION": "2.0",
        "PRODID": "-//calsync//calsync//EN",
        "CALSCALE": "GREGORIAN",
        "NAME": feed.title,
        "X-WR-CALNAME": feed.title,
        "REFRESH-INTERVAL;VALUE=DURATION": "PT1H",
        "X-PUBLISHED-TTL": "PT1H",
    }
    assert {name: calendar.values(name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }
    # With METHOD each event is a message to its reader; with X-WR-TIMEZONE some readers move times in UTC.
    assert not calendar.names().keys() & {"METHOD", "X-WR-TIMEZONE"}
    assert {child.name for child in calendar.children} <= {"VTIMEZONE", "VEVENT"}


def test_an_event_has_all_that_it_must_have(feed: Feed) -> None:
    events = calendar_of(feed.content).named("VEVENT")
    assert Counter(uid for event in events for uid in event.values("UID")) == Counter(
        seen.uid for seen in feed.wanted
    )
    for event in events:
        names = event.names()
        assert {names[name] for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY")} == {1}
        assert max(names.values()) == 1
        assert not names.keys() & {"DURATION", "METHOD"}
        [stamp] = event.values("DTSTAMP")
        assert INSTANT.fullmatch(stamp)
        assert INSTANT.fullmatch(event.values("LAST-MODIFIED")[0])
        assert 0 <= int(event.values("SEQUENCE")[0]) < 2**31
        assert event.values("TRANSP") == ["OPAQUE"]
        [summary] = event.values("SUMMARY")
        assert not re.search(r"(?<!\\)(\\\\)*\\n", summary), "a title of more than one line"


def test_an_event_has_categories_unless_it_only_says_busy(feed: Feed) -> None:
    for event in calendar_of(feed.content).named("VEVENT"):
        if feed.name == "push-family":
            assert event.values("SUMMARY") == ["Busy"]
            assert not event.names().keys() & {"CATEGORIES", "DESCRIPTION"}
            assert not [name for name in event.names() if name.startswith("X-")]
        else:
            [categories] = event.values("CATEGORIES")
            assert categories.split(",")[0] in ("Running", "Strength")


def test_reminders_are_there_when_they_are_asked_for(feed: Feed) -> None:
    for event in calendar_of(feed.content).named("VEVENT"):
        alarms = event.children
        assert len(alarms) == (feed.name == "push-reminders")
        for alarm in alarms:
            assert alarm.name == "VALARM"
            assert alarm.names() == Counter(["ACTION", "DESCRIPTION", "TRIGGER"])
            assert alarm.values("ACTION") == ["DISPLAY"]
            assert alarm.values("TRIGGER") == ["-PT30M"]


def test_each_zone_is_described_once(feed: Feed) -> None:
    calendar = calendar_of(feed.content)
    zones = [zone.values("TZID") for zone in calendar.named("VTIMEZONE")]
    described = {name for [name] in zones}
    assert len(described) == len(zones)
    used = set()
    for event in calendar.named("VEVENT"):
        for key, value in event.lines:
            name, _, parameter = key.partition(";")
            if name in ("DTSTART", "DTEND"):
                assert (LOCAL if parameter else INSTANT).fullmatch(value), (key, value)
                used.update([parameter.removeprefix("TZID=")] if parameter else [])
    assert used <= described
    # Times that clocks show twice, and those of a calendar in UTC, may all be said in UTC.
    assert used or feed.zone == "UTC" or feed.name in DOUBLED


def test_a_zone_is_described_with_local_onsets_and_offsets(feed: Feed) -> None:
    for zone in calendar_of(feed.content).named("VTIMEZONE"):
        assert zone.children
        for observance in zone.children:
            assert observance.name in ("STANDARD", "DAYLIGHT")
            names = observance.names()
            assert {names[name] for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO")} == {1}
            assert names["RRULE"] <= 1
            for onset in observance.values("DTSTART") + observance.values("RDATE"):
                assert LOCAL.fullmatch(onset)
            for offset in observance.values("TZOFFSETFROM") + observance.values("TZOFFSETTO"):
                assert OFFSET.fullmatch(offset)
                assert offset != "-0000"
