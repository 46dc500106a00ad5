"""The configs of docs/cookbook.md do what their recipes say, four weeks at a time."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from calsync.calendars.caldav.client import Request
from calsync.calendars.caldav.discovery import create_calendar
from tests.calendars.caldav.servers import PASSWORD, USER, Server, running
from tests.cli.box import ROOT, Box, by_key

NAMES = [
    *("lunch-lifter", "early-bird", "evening-runner", "shift-worker", "runna-user"),
    *("triathlete", "marathon", "race-season", "gym-goer", "traveller", "two-feeds"),
]
# On a CalDAV server: here on this machine.
BY_CALDAV = ["icloud", "nextcloud-family"]
SUNDAY = "2026-11-22T18:00:00+00:00"


@pytest.fixture
def kitchen(tmp_path: Path) -> Box:
    """The cookbook's folder, beside the files that its recipes share with other examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return Box(tmp_path / "examples" / "cookbook")


def sessions(plan: Any) -> list[tuple[datetime, datetime]]:
    """All sessions, on the clock of the plan's zone."""
    return [_times(session) for week in plan["weeks"] for session in week["strength"]]


def runs(plan: Any) -> list[tuple[datetime, datetime]]:
    return [_times(run) for week in plan["weeks"] for run in week["runs"]]


def _times(entry: Any) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"])


def unplaced(plan: Any) -> int:
    return sum(len(week["unplaced"]) for week in plan["weeks"])


def times(path: Path) -> list[tuple[str, datetime, datetime]]:
    """Title, start and end of a calendar's events with a time that don't repeat, by icalendar alone."""
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    events = [event for event in calendar.walk("VEVENT") if "RRULE" not in event]
    found = [(str(event["SUMMARY"]), event["DTSTART"].dt, event["DTEND"].dt) for event in events]
    return [(title, start, end) for title, start, end in found if isinstance(start, datetime)]


@pytest.mark.parametrize("name", NAMES)
def test_the_second_push_is_quiet_and_the_templates_are_in_order(kitchen: Box, name: str) -> None:
    config = ("--config", f"{name}.toml")
    assert kitchen.ok("plan", *config, now=SUNDAY).err == ""
    assert kitchen.ok("lint", *config).out.splitlines()
    assert all(line.startswith("ok  ") for line in kitchen.ok("lint", *config).out.splitlines())
    changes = kitchen.push(*config, now=SUNDAY)
    assert all(changes.values())
    again = kitchen.ok("push", "--quiet", *config, now=SUNDAY)
    assert (again.out, again.err) == ("", "")
    feeds = {path.name for path in (kitchen.folder / "public").glob("*.ics")}
    assert feeds == {"mine.ics", "others.ics"} if name == "two-feeds" else feeds == {f"{name}.ics"}


def test_the_lunch_lifter_lifts_in_the_break_unless_it_is_taken(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "lunch-lifter.toml", now=SUNDAY)
    taken = {date(2026, 12, 3), date(2026, 12, 8)}  # the team's lunch, and the call with the supplier
    assert unplaced(plan) == 0
    assert len(sessions(plan)) == 7  # the fourth week is a recovery week
    for start, end in sessions(plan):
        evening = start.date() in taken
        first, last = (time(17, 45), time(19, 15)) if evening else (time(12), time(14))
        assert first <= start.time() <= end.time() <= last
        assert start.weekday() < 5
    assert {start.date() for start, _ in sessions(plan)} & taken


def test_the_early_bird_is_done_by_half_past_seven(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "early-bird.toml", now=SUNDAY)
    assert unplaced(plan) == 0
    assert [start.strftime("%a %H:%M") for start, _ in sessions(plan)] == ["Wed 06:30", "Sat 06:00"] * 4
    on_weekdays = [end for start, end in (*sessions(plan), *runs(plan)) if start.weekday() < 5]
    assert max(end.time() for end in on_weekdays) <= time(7, 30)


def test_the_evening_runner_trains_after_work(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "evening-runner.toml", now=SUNDAY)
    assert unplaced(plan) == 0
    on_weekdays = [start.time() for start, _ in (*runs(plan), *sessions(plan)) if start.weekday() < 5]
    assert min(on_weekdays) == time(17, 30)
    hard = {start.date(): end for start, end in runs(plan)}
    for start, end in sessions(plan):
        assert start - hard[start.date()] >= timedelta(hours=2)
        assert end.time() <= time(21, 15)


def test_the_shift_worker_trains_in_no_shift_and_sleeps_after_nights(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "shift-worker.toml", now=SUNDAY)
    shifts = times(kitchen.folder / "roster.ics")
    assert {title.split(",")[0] for title, _, _ in shifts} == {"Early", "Late", "Night"}
    hour = timedelta(hours=1)
    for start, end in sessions(plan):
        assert [title for title, begins, ends in shifts if start < ends + hour and begins - hour < end] == []
    for start, end in runs(plan):
        assert [title for title, begins, ends in shifts if start < ends and begins < end] == []
    nights = [ends for title, _, ends in shifts if title.startswith("Night")]
    assert nights
    for start, _ in (*sessions(plan), *runs(plan)):
        assert not any(ends <= start < ends + timedelta(hours=8, minutes=30) for ends in nights)
    assert unplaced(plan) == 0
    assert not plan["warnings"]


def test_a_shift_that_is_swapped_moves_the_session(kitchen: Box) -> None:
    """The early shift of Tuesday becomes a late one: what was in the afternoon has to go."""
    config = ("--config", "shift-worker.toml")
    kitchen.push(*config, now=SUNDAY)
    roster = kitchen.folder / "roster.ics"
    early = "DTSTART;TZID=Europe/London:20261208T063000\nDTEND;TZID=Europe/London:20261208T143000"
    late = "DTSTART;TZID=Europe/London:20261208T133000\nDTEND;TZID=Europe/London:20261208T213000"
    text = roster.read_text()
    assert early in text
    roster.write_text(text.replace(early, late))
    (changes,) = kitchen.push(*config, now="2026-12-01T08:00:00+00:00").values()
    assert {change["key"] for change in changes} >= {"2026-W50/run/tue-1", "2026-W50/strength/1"}


def test_the_runna_user_has_runnas_strength_and_no_runs_in_the_feed(kitchen: Box) -> None:
    config = ("--config", "runna-user.toml")
    plan = kitchen.plan(*config, now=SUNDAY)
    assert all(start.time() >= time(17) for start, _ in sessions(plan))
    kitchen.push(*config, now=SUNDAY)
    feed = by_key((kitchen.folder / "public" / "runna-user.ics").read_bytes(), "runna-user")
    assert all("/strength/" in key for key in feed)
    titles = [event["SUMMARY"] for _, event in sorted(feed.items())]
    # Two workouts are Runna's; the weeks after them have the template's, fewer in the week of the race.
    assert len(titles) == 5
    assert ["Legs & Core" in title for title in titles] == [True, True, False, False, False]


def test_the_triathlete_lifts_hours_after_the_hard_run_and_the_hard_ride(kitchen: Box) -> None:
    config = ("--config", "triathlete.toml")
    plan = kitchen.plan(*config, now=SUNDAY)
    assert unplaced(plan) == 0
    assert [start.strftime("%a") for start, _ in sessions(plan)] == ["Tue", "Thu"] * 4
    assert all(start.time() >= time(12) for start, _ in sessions(plan))
    for week in plan["weeks"]:
        efforts = [(one["sport"], one["effort"]) for one in week["cross"]]
        assert efforts == [("swim", "hard"), ("ride", "hard"), ("swim", "easy"), ("ride", "easy")]
        assert "after Thursday's hard ride" in week["strength"][1]["reasons"][0]["text"]
    kitchen.push(*config, now=SUNDAY)
    feed = by_key((kitchen.folder / "public" / "triathlete.ics").read_bytes(), "triathlete")
    assert len(feed) == 8
    assert all("/strength/" in key for key in feed)
    # Without the coach the week is the template's: as many rides, swims and lifts.
    text = (kitchen.folder / "triathlete.toml").read_text("utf-8")
    (kitchen.folder / "triathlete.toml").write_text(
        re.sub(r"\[plan.feed\].*?\n\n", "", text, flags=re.DOTALL)
    )
    alone = kitchen.plan(*config, now=SUNDAY)
    assert [len(week["cross"]) for week in alone["weeks"]] == [4] * 4
    assert len(sessions(alone)) == 8


def test_the_marathon_has_its_race_its_taper_and_its_days_off(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "marathon.toml", "--weeks", "20", now="2026-11-29T18:00:00+00:00")
    templates = [week["template"] for week in plan["weeks"]]
    assert templates[-2:] == ["taper", "race-week"]
    assert templates[3:5] == ["recovery", "recovery"]
    assert templates[:3] == ["marathon-build"] * 3
    assert unplaced(plan) == 0
    race = date(2027, 4, 18)
    assert [start.strftime("%H:%M") for start, _ in runs(plan) if start.date() == race] == ["09:30"]
    days = [start.date() for start, _ in sessions(plan)]
    assert max(days) < race - timedelta(days=4)
    last = [(session["load"], session["minutes"]) for session in _strength(plan, "2027-W15")]
    assert last == [("light", 20)]
    assert all(session["minutes"] <= 20 for session in _strength(plan, "2027-W14"))
    off = {date(2026, 12, 24) + timedelta(days=n) for n in range(4)}
    assert not off & {*days, *(start.date() for start, _ in runs(plan))}


def _strength(plan: Any, name: str) -> list[Any]:
    (week,) = [week for week in plan["weeks"] if week["week"] == name]
    return list(week["strength"])


def test_two_feeds_keep_clear_of_both_calendars_and_one_of_them_keeps_quiet(kitchen: Box) -> None:
    config = ("--config", "two-feeds.toml")
    plan = kitchen.plan(*config, now=SUNDAY)
    assert unplaced(plan) == 0
    parents = datetime.fromisoformat("2026-11-26T12:30:00+00:00")
    (thursday,) = [(start, end) for start, end in sessions(plan) if start.date() == parents.date()]
    assert thursday[0].strftime("%H:%M") == "17:45"
    # The call that is not confirmed yet doesn't count.
    assert "2026-12-08T12:15" in {start.isoformat()[:16] for start, _ in sessions(plan)}
    kitchen.push(*config, now=SUNDAY)
    mine, others = (
        by_key((kitchen.folder / "public" / f"{n}.ics").read_bytes(), "two-feeds") for n in ("mine", "others")
    )
    assert {key: (event["DTSTART"], event["DTEND"]) for key, event in mine.items()} == {
        key: (event["DTSTART"], event["DTEND"]) for key, event in others.items()
    }
    assert {event["SUMMARY"] for event in others.values()} == {"Busy"}
    assert len({event["SUMMARY"] for event in mine.values()}) > 4
    told = {name for event in others.values() for name in event}
    assert not told & {"DESCRIPTION", "CATEGORIES", "X-CALSYNC-KIND", "X-CALSYNC-ROUTINE", "TRIGGER"}


def test_every_recipe_names_only_files_that_are_beside_it() -> None:
    folder = ROOT / "examples" / "cookbook"
    assert {path.stem for path in folder.glob("*.toml")} == {
        *NAMES,
        *BY_CALDAV,
        "early-week",
        "gym-week",
        "shift-week",
        "tri-week",
    }
    for name in NAMES:
        text = (folder / f"{name}.toml").read_text("utf-8")
        assert re.search(r"^start = 20", text, re.MULTILINE)
        for path in re.findall(r'^path = "((?!public/).*?)"', text, re.MULTILINE):
            assert (folder / path).is_file()


def test_a_season_makes_way_for_each_race_as_much_as_it_matters(kitchen: Box) -> None:
    config = ("--config", "race-season.toml")
    plan = kitchen.plan(*config, now=SUNDAY)
    found = {
        run["title"]: _times(run) for week in plan["weeks"] for run in week["runs"] if run["kind"] == "race"
    }
    assert [f"{start:%d %b %H:%M}-{end:%H:%M}" for start, end in found.values()] == [
        "28 Nov 09:00-09:28",
        "06 Dec 11:00-11:44",
        "20 Dec 10:00-10:55",
    ]
    assert [week["template"] for week in plan["weeks"]] == ["balanced", "race-week", "balanced", "race-week"]
    assert not plan["warnings"]
    free = {"Parkrun": 1, "Club cross country": 2, "Reindeer 10k": 4}
    for title, (race, _) in found.items():
        for start, _ in sessions(plan):
            assert not 0 <= (race.date() - start.date()).days <= free[title]


def test_the_gym_goer_has_the_class_and_what_is_booked(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "gym-goer.toml", now=SUNDAY)
    found = [(start.strftime("%a %H:%M"), start.isocalendar().week) for start, _ in sessions(plan)]
    assert [when for when, _ in found if when.startswith("Tue")] == ["Tue 18:30"] * 4
    assert [when for when, week in found if week == 49] == ["Tue 18:30", "Sat 10:00"]
    # An appointment at the physio's until 18:15, a quarter of an hour, and the way.
    assert [when for when, week in found if week == 48] == ["Tue 18:30", "Thu 19:00"]
    assert not plan["warnings"]
    kitchen.ok("push", "--config", "gym-goer.toml", now=SUNDAY)
    feed = (kitchen.folder / "public" / "gym-goer.ics").read_text("utf-8")
    assert feed.count("LOCATION:The gym\\, studio 2") == 4
    assert "Yoga" not in feed


def test_the_traveller_trains_by_the_clock_there_and_not_at_all_on_holiday(kitchen: Box) -> None:
    plan = kitchen.plan("--config", "traveller.toml", now=SUNDAY)
    days = {start.date(): start for start, _ in (*runs(plan), *sessions(plan))}
    there = [start for day, start in days.items() if date(2026, 12, 2) <= day <= date(2026, 12, 4)]
    assert {start.utcoffset() for start in there} == {timedelta(hours=-5)}
    assert {start.utcoffset() for start in days.values() if start not in there} == {timedelta(0)}
    assert not [day for day in days if date(2026, 12, 11) <= day <= date(2026, 12, 13)]
    assert not plan["warnings"]


# --- with calendars on a CalDAV server --------------------------------------------------------------------


@pytest.fixture(scope="module")
def radicale() -> Iterator[Server]:
    """A server that has the calendars that the recipes name, with the events of the cookbook's files."""
    server = running("radicale")
    client = server.client()
    for name in ("office", "family"):
        url = create_calendar(client, client.address(server.home), f"cookbook-{name}", name.title(), "", "")
        whole = icalendar.Calendar.from_ical((ROOT / "examples" / "cookbook" / f"{name}.ics").read_bytes())
        zones = [one for one in whole.subcomponents if one.name == "VTIMEZONE"]
        for number, event in enumerate(whole.walk("VEVENT")):
            one = icalendar.Calendar()
            one.add("VERSION", "2.0")
            one.add("PRODID", "-//Example//EN")
            one.subcomponents = [*zones, event]
            client.call(Request.put(f"{url}{number}.ics", one.to_ical(), None))
    yield server
    client.close()


@pytest.fixture
def account(kitchen: Box, radicale: Server) -> Box:
    """The kitchen, with recipes that name this server in place of the provider's."""
    for name in BY_CALDAV:
        path = kitchen.folder / f"{name}.toml"
        text = re.sub(
            r"provider = .*\n(?:host = .*\n)?", f'url = "{radicale.url}"\n', path.read_text("utf-8")
        )
        path.write_text(re.sub("username = .*", f'username = "{USER}"', text), "utf-8")
        # One account for both: each has a calendar of its own.
        path.write_text(path.read_text("utf-8").replace('"Training"', f'"Training {name}"'), "utf-8")
    kitchen.environment |= {"ICLOUD_PASSWORD": PASSWORD, "CLOUD_PASSWORD": PASSWORD}
    return kitchen


@pytest.mark.parametrize(("name", "events"), [("icloud", 26), ("nextcloud-family", 56)])
def test_a_calendar_on_a_server_gets_the_plan_and_the_second_push_is_quiet(
    account: Box, name: str, events: int
) -> None:
    config = ("--config", f"{name}.toml")
    said = account.ok("auth", "caldav", *config).out
    assert said.count("has been created") == (1 if name == "icloud" else 2)
    changes = account.push(*config, now=SUNDAY)
    assert sum(map(len, changes.values())) == events
    again = account.ok("push", "--quiet", *config, now=SUNDAY)
    assert (again.out, again.err) == ("", "")
    plan = account.plan(*config, now=SUNDAY)
    assert unplaced(plan) == 0
    assert not plan["warnings"]
    busy = [_times(span) for span in plan["busy"]]
    for start, end in sessions(plan):
        assert not [1 for first, last in busy if start < last and first < end]


def test_icloud_trains_on_the_days_of_hard_runs_at_noon_or_after_work(account: Box) -> None:
    account.ok("auth", "caldav", "--config", "icloud.toml")
    plan = account.plan("--config", "icloud.toml", now=SUNDAY)
    assert {start.strftime("%a") for start, _ in sessions(plan)} <= {"Tue", "Thu"}
    assert {start.hour for start, _ in sessions(plan)} == {12, 17}


def test_a_familys_nextcloud_gives_the_sessions_of_two_feeds(account: Box) -> None:
    plan = account.plan("--config", "two-feeds.toml", now=SUNDAY)
    account.ok("auth", "caldav", "--config", "nextcloud-family.toml")
    assert sessions(account.plan("--config", "nextcloud-family.toml", now=SUNDAY)) == sessions(plan)
