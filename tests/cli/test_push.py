"""`calsync push`, from a runner's side of the calendar: what is there after it, and what is left alone."""

import os
import re
import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.cli.box import FEED, ROOT, Box, blocks, by_key, config, target

WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
ONE_RUN = """title = "One"
[[runs]]
day = "{day}"
kind = "easy"
title = "{title}"
duration = "40m"
start = "07:00"
"""


@pytest.fixture
def example(tmp_path: Path) -> Box:
    """The example config with its busy calendar, as a newcomer has it."""
    box = Box(tmp_path)
    shutil.copy(ROOT / "config.example.toml", tmp_path / "config.toml")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return box


def local(event: dict[str, str]) -> tuple[datetime, datetime]:
    """Start and end as clocks show them."""
    start, end = (datetime.fromisoformat(event[name].rstrip("Z")) for name in ("DTSTART", "DTEND"))
    return start, end


def actions(changes: list[dict[str, str]]) -> dict[str, str]:
    return {change["key"]: change["action"] for change in changes}


def written(changes: list[dict[str, str]]) -> dict[str, str]:
    writing = ("insert", "update", "withdraw")
    return {key: action for key, action in actions(changes).items() if action in writing}


def lifts(box: Box) -> dict[str, str]:
    """The starts of the strength sessions in the feed, by key."""
    events = by_key(box.feed.read_bytes())
    return {key: event["DTSTART"] for key, event in events.items() if "/strength/" in key}


def busy_event(day: str, start: str, end: str, uid: str = "a") -> str:
    day = day.replace("-", "")
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{day}T{start}00Z\r\n"
        f"DTEND:{day}T{end}00Z\r\nSUMMARY:Busy\r\nEND:VEVENT\r\n"
    )


def busy_calendar(*events: str) -> str:
    body = "".join(events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{body}END:VCALENDAR\r\n"


# --- the first push ---------------------------------------------------------------------------------------

# What examples/busy.ics says of the four weeks from 23 November 2026, written down by hand.
_LUNCHES = {date(2026, 12, 10): ("12:00", "13:00")}
_EVENINGS = {date(2026, 12, 8): ("17:45", "18:30")}


def _busy_by_hand(day: date) -> list[tuple[str, str]]:
    if day.weekday() == 6:
        return []
    if day.weekday() == 5:
        return [("11:00", "13:00")]
    spans = [("09:00", "12:00"), ("13:00", "17:30")]
    spans += [("12:00", "12:45")] if day.weekday() == 0 else []
    spans += [("18:30", "20:30")] if day.weekday() == 2 else []
    return spans + [found[day] for found in (_LUNCHES, _EVENINGS) if day in found]


def test_the_first_push_gives_a_good_week(example: Box) -> None:
    assert set(actions(example.push()["feed"]).values()) == {"insert"}
    events = by_key(example.feed.read_bytes())
    weeks = sorted({key.partition("/")[0] for key in events})
    assert weeks == ["2026-W48", "2026-W49", "2026-W50", "2026-W51"]
    buffer = timedelta(minutes=15)
    for week in weeks:
        sessions = [local(event) for key, event in events.items() if key.startswith(f"{week}/strength/")]
        runs = {key: local(event) for key, event in events.items() if key.startswith(f"{week}/run/")}
        assert len(sessions) == 2
        assert len(runs) == 5
        for start, end in sessions:
            assert timedelta(minutes=20) <= end - start <= timedelta(minutes=30)
            # On a day with a hard run (Tuesday or Thursday), three hours after it at least.
            candidates = (runs[f"{week}/run/{day}-1"] for day in ("tue", "thu"))
            hard = next(run for run in candidates if run[0].date() == start.date())
            assert start >= hard[1] + timedelta(hours=3)
            for from_, to in _busy_by_hand(start.date()):
                begin, until = (datetime.combine(start.date(), time.fromisoformat(t)) for t in (from_, to))
                assert end + buffer <= begin or until + buffer <= start
            for begin, until in runs.values():
                assert end <= begin or until <= start
        first, second = sorted(start.date() for start, _ in sessions)
        assert second - first >= timedelta(days=2)


def test_the_title_is_for_people_and_the_name_for_events(tmp_path: Path) -> None:
    def called(file: str) -> list[str]:
        head = (box.folder / "public" / file).read_bytes().decode().partition("BEGIN:VEVENT")[0]
        return [line for line in head.splitlines() if line.startswith(("NAME:", "X-WR-CALNAME:"))]

    box = Box(tmp_path)
    box.config(targets=FEED + target("family", "public/family.ics", 'detail = "busy"'))
    box.push()
    assert called("training.ics") == ["NAME:Strength & runs", "X-WR-CALNAME:Strength & runs"]
    assert called("family.ics") == ["NAME:Busy", "X-WR-CALNAME:Busy"], "it is for others"
    events = blocks(box.feed.read_bytes())
    box.write("config.toml", 'title = "Ada: ä & b"\n' + (box.folder / "config.toml").read_text())
    assert {change["action"] for change in box.push()["feed"]} == {"keep"}
    assert called("training.ics")[0] == "NAME:Ada: ä & b"
    assert blocks(box.feed.read_bytes()) == events
    assert "Ada: ä &amp; b</title>" in box.ok("plan", "--format", "html").out
    assert 'aria-label="Ada: ä &amp; b: ' in box.ok("plan", "--format", "svg").out
    assert "NAME:Ada: ä & b\r\n" in box.ok("export").out


def test_each_event_says_what_to_do(example: Box) -> None:
    example.push()
    lift = by_key(example.feed.read_bytes())["2026-W48/strength/1"]
    assert lift["SUMMARY"] == "Strength: Lower body (moderate)"
    assert "Goblet squat\\, 3 x 10" in lift["DESCRIPTION"]
    assert "after Tuesday's intervals" in lift["DESCRIPTION"]
    run = by_key(example.feed.read_bytes())["2026-W48/run/tue-1"]
    assert run["SUMMARY"] == "6 x 800 m"
    assert "Warm-up: 15 min easy" in run["DESCRIPTION"]
    for event in (lift, run):
        assert event["TRANSP"] == "OPAQUE"
    assert b"VALARM" not in example.feed.read_bytes()


def test_people_see_what_was_done(example: Box) -> None:
    first = example.ok("push")
    assert first.err == ""
    assert "+ Tue 24 Nov 06:30-07:30  6 x 800 m" in first.out
    assert first.out.count("  + ") == 28
    second = example.ok("push")
    assert "up to date, 28 events" in second.out
    assert "+" not in second.out


# --- the second push --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "now",
    [
        "2026-11-23T06:00:00+00:00",
        "2026-11-23T06:00:01+00:00",
        "2026-11-24T12:20:00+00:00",  # amid the session
        "2026-11-26T09:00:00+00:00",
        "2026-11-29T23:59:59+00:00",
    ],
)
def test_a_push_that_changes_nothing_leaves_the_file_untouched(example: Box, now: str) -> None:
    example.push()
    os.utime(example.feed, ns=(1, 1))
    before = example.feed.read_bytes(), example.feed.stat()
    assert set(actions(example.push(now=now)["feed"]).values()) == {"keep"}
    after = example.feed.read_bytes(), example.feed.stat()
    assert before[0] == after[0]
    assert (before[1].st_mtime_ns, before[1].st_ino) == (after[1].st_mtime_ns, after[1].st_ino)


def test_a_new_week_is_added_and_nothing_else_touched(example: Box) -> None:
    example.push()
    before = blocks(example.feed.read_bytes())
    changes = example.push(now="2026-11-30T06:00:00+00:00")["feed"]
    assert {key.partition("/")[0] for key in written(changes)} == {"2026-W52"}
    assert set(written(changes).values()) == {"insert"}
    after = blocks(example.feed.read_bytes())
    assert {uid: after[uid] for uid in before} == before
    assert len(after) == len(before) + 7


def test_quiet_is_silent_until_something_changes(example: Box) -> None:
    assert "28 new" in example.ok("push", "--quiet").out
    for _ in range(2):
        result = example.ok("push", "--quiet")
        assert (result.out, result.err) == ("", "")


def test_quiet_still_tells_of_trouble(example: Box) -> None:
    example.push()
    (example.folder / "examples" / "busy.ics").unlink()
    result = example.run("push", "--quiet")
    assert (result.code, result.out) == (5, "")
    assert "busy.ics" in result.error


# --- a changed plan ---------------------------------------------------------------------------------------


def test_a_changed_run_raises_its_sequence_and_no_other_event_moves_a_byte(box: Box) -> None:
    box.write("a.toml", ONE_RUN.format(day="sat", title="Round the lake"))
    box.write("b.toml", ONE_RUN.format(day="sat", title="Over the hill"))
    box.config(weeks='["a.toml", "b.toml"]')
    box.push()
    before = blocks(box.feed.read_bytes())
    box.write("b.toml", ONE_RUN.format(day="sat", title="Through the woods"))
    assert written(box.push()["feed"]) == {"2026-W49/run/sat-1": "update"}
    after = blocks(box.feed.read_bytes())
    changed = "2026-W49-run-sat-1@training.calsync"
    assert [uid for uid in before if before[uid] != after[uid]] == [changed]
    old, new = (by_key(block)["2026-W49/run/sat-1"] for block in (before[changed], after[changed]))
    assert new["SUMMARY"] == "Through the woods"
    assert int(new["SEQUENCE"]) > int(old["SEQUENCE"])


def test_a_run_that_moves_keeps_its_uid(box: Box) -> None:
    box.write("a.toml", ONE_RUN.format(day="sat", title="Lake"))
    box.config(weeks='["a.toml"]', horizon=1)
    box.push()
    box.write("a.toml", ONE_RUN.format(day="sat", title="Lake").replace("07:00", "09:15"))
    later = "2026-11-24T06:00:00+00:00"
    (change,) = box.push(now=later)["feed"]
    assert (change["action"], change["from"], change["to"]) == (
        "update",
        "2026-11-28T07:00:00+00:00",
        "2026-11-28T09:15:00+00:00",
    )
    ((uid, block),) = blocks(box.feed.read_bytes()).items()
    assert uid == "2026-W48-run-sat-1@training.calsync"
    event = by_key(block)["2026-W48/run/sat-1"]
    assert event["DTSTART"] == "20261128T091500"
    assert event["DTSTAMP"] == event["LAST-MODIFIED"] == "20261124T060000Z"


def test_what_is_no_longer_planned_leaves_the_feed(box: Box) -> None:
    box.push()
    box.config(weeks='["short-on-time"]')
    gone = {key for key, action in written(box.push()["feed"]).items() if action == "withdraw"}
    assert gone == {"2026-W48/run/wed-1", "2026-W48/run/sun-1", "2026-W49/run/wed-1", "2026-W49/run/sun-1"}
    assert not gone & set(by_key(box.feed.read_bytes()))


def test_it_comes_back_with_a_higher_sequence(box: Box) -> None:
    box.push()
    first = by_key(box.feed.read_bytes())
    box.config(weeks='["short-on-time"]')
    box.push(now="2026-11-23T07:00:00+00:00")
    box.config()
    box.push(now="2026-11-23T08:00:00+00:00")
    again = by_key(box.feed.read_bytes())
    assert set(again) == set(first)
    assert int(again["2026-W48/run/wed-1"]["SEQUENCE"]) > int(first["2026-W48/run/wed-1"]["SEQUENCE"])


def test_a_session_stays_for_a_slightly_better_place_and_goes_for_a_much_better_one(box: Box) -> None:
    """Unrest costs more than a perfect gap is worth, and less than hard days kept hard."""
    box.config(more=WORK, horizon=1)
    lunch = busy_event("2026-11-24", "1130", "1430")
    box.write("busy.ics", busy_calendar(lunch))
    box.push()
    key = "2026-W48/strength/1"
    assert lifts(box)[key] == "20261124T170000"
    box.write("busy.ics", busy_calendar())
    assert written(box.push()["feed"]) == {}

    box.feed.unlink()
    days = (busy_event(f"2026-11-{day}", "0800", "2200", str(day)) for day in (24, 26))
    box.write("busy.ics", busy_calendar(*days))
    box.push()
    assert lifts(box)[key][:8] not in ("20261124", "20261126")
    box.write("busy.ics", busy_calendar())
    assert written(box.push()["feed"])[key] == "update"
    assert lifts(box)[key][:8] == "20261124"


def test_what_starts_soon_stays_even_if_a_better_time_comes_up(box: Box) -> None:
    box.config(more=WORK, horizon=1)
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "0800", "2200")))
    box.push()
    first = min(lifts(box).values())
    box.write("busy.ics", busy_calendar())
    box.push(now=(datetime.fromisoformat(first) - timedelta(hours=2)).isoformat() + "+00:00")
    assert first in lifts(box).values()


# --- the past ---------------------------------------------------------------------------------------------


def test_the_past_stays_as_it_was_and_leaves_after_eight_weeks(box: Box) -> None:
    box.push()
    before = blocks(box.feed.read_bytes())
    box.config(weeks='["recovery"]')
    box.push(now="2026-12-07T06:00:00+00:00")
    after = blocks(box.feed.read_bytes())
    assert {uid: after[uid] for uid in before} == before
    # The first event of W48 ended on 24 November at 07:30; eight weeks later it goes.
    tuesday = "2026-W48-run-tue-1@training.calsync"
    box.push(now="2027-01-19T07:29:59+00:00")
    assert tuesday in blocks(box.feed.read_bytes())
    box.push(now="2027-01-19T07:30:00+00:00")
    left = blocks(box.feed.read_bytes())
    assert tuesday not in left
    assert "2026-W48-run-wed-1@training.calsync" in left


def test_nothing_is_written_into_the_past(box: Box) -> None:
    box.push(now="2026-11-26T06:45:00+00:00")
    starts = {key: event["DTSTART"] for key, event in by_key(box.feed.read_bytes()).items()}
    assert min(starts.values()) > "20261126T064500"
    assert "2026-W48/run/thu-1" not in starts


def test_what_has_begun_is_not_skipped_by_an_emptied_plan(box: Box) -> None:
    box.push()
    box.config(more="[[pause]]\nfrom = 2026-11-23\nto = 2027-02-01\n")
    box.push("--allow-mass-delete", now="2026-11-24T06:31:00+00:00")
    assert set(by_key(box.feed.read_bytes())) == {"2026-W48/run/tue-1"}


# --- lost and damaged feeds -------------------------------------------------------------------------------


def sequences(content: bytes) -> dict[str, int]:
    return {key: int(event["SEQUENCE"]) for key, event in by_key(content).items()}


def test_a_lost_feed_is_rebuilt_with_a_sequence_that_is_not_lower(box: Box) -> None:
    box.write("a.toml", ONE_RUN.format(day="sat", title="1"))
    box.config(weeks='["a.toml"]')
    box.push()
    for n in range(2, 6):  # changed again and again within a second: SEQUENCE runs ahead of the clock
        box.write("a.toml", ONE_RUN.format(day="sat", title=str(n)))
        box.push()
    before = sequences(box.feed.read_bytes())
    box.feed.unlink()
    box.push(now="2026-11-23T06:01:00+00:00")
    after = sequences(box.feed.read_bytes())
    assert set(after) == set(before)
    assert all(after[key] >= before[key] for key in before)


def test_a_feed_that_is_cut_off_is_completed(box: Box) -> None:
    box.push()
    whole = box.feed.read_bytes()
    before = sequences(whole)
    # Anywhere inside an event's lines, in the head, and at nothing at all.
    places = re.finditer(rb"SUMMARY|DTSTART|UID:|TRANSP|BEGIN:VEVENT", whole)
    cuts = [place.start() + offset for place in places for offset in (0, 5)]
    for cut in [0, 100, 700, *cuts[::7], len(whole) - 5]:
        box.feed.write_bytes(whole[:cut])
        box.push()
        content = box.feed.read_bytes()
        after = sequences(content)
        assert set(after) == set(before), cut
        assert all(after[key] >= before[key] for key in before)
        assert content.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")
        assert len(blocks(content)) == len(before)


def test_an_event_that_was_damaged_is_repaired_and_the_others_are_not_touched(box: Box) -> None:
    box.push()
    whole = box.feed.read_bytes()
    broken = whole.replace(b"Europe/London:20261124T063000", b"Europe/London:2026-11-24")
    assert broken != whole
    box.feed.write_bytes(broken)
    assert written(box.push(now="2026-11-23T06:00:10+00:00")["feed"]) == {"2026-W48/run/tue-1": "insert"}
    before, after = blocks(whole), blocks(box.feed.read_bytes())
    assert set(before) == set(after)
    assert [uid for uid in before if before[uid] != after[uid]] == ["2026-W48-run-tue-1@training.calsync"]


def test_a_feed_that_is_cut_off_right_after_an_event(box: Box) -> None:
    box.push()
    whole = box.feed.read_bytes()
    for offset in (0, 1):  # "END:VEVENT" and "END:VEVENT\r"
        cut = whole.index(b"END:VEVENT\r\n") + len(b"END:VEVENT") + offset
        box.feed.write_bytes(whole[:cut])
        box.push()
        content = box.feed.read_bytes()
        assert len(blocks(content)) == 14
        assert b"END:VEVENTBEGIN" not in content
        assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")


def test_line_ends_that_an_editor_changed_are_repaired(box: Box) -> None:
    box.push()
    whole = box.feed.read_bytes()
    box.feed.write_bytes(whole.replace(b"\r\n", b"\n"))
    box.push()
    assert box.feed.read_bytes() == whole


# --- several targets --------------------------------------------------------------------------------------

ALL_TARGETS = (
    FEED
    + target("family", "public/family.ics", 'detail = "busy"\nalarm = "30m"')
    + target("gym", "public/gym.ics", 'include = ["strength"]')
    + target("club", "public/club.ics", 'include = ["runs"]\nalarm = "1h30m"')
)


@pytest.fixture
def targets(box: Box) -> Box:
    box.config(targets=ALL_TARGETS)
    return box


def read(box: Box, name: str) -> bytes:
    return (box.folder / "public" / f"{name}.ics").read_bytes()


def test_each_target_gets_its_part(targets: Box) -> None:
    changes = targets.push()
    assert list(changes) == ["feed", "family", "gym", "club"]
    everything = set(by_key(targets.feed.read_bytes()))
    gym = set(lifts(targets))
    assert len(gym) == 4
    assert set(by_key(read(targets, "family"))) == everything
    assert set(by_key(read(targets, "gym"))) == gym
    assert set(by_key(read(targets, "club"))) == everything - gym
    again = targets.push()
    assert all(not written(of_target) for of_target in again.values())


def test_busy_says_when_and_nothing_of_what(targets: Box) -> None:
    targets.push()
    content = read(targets, "family")
    full = by_key(targets.feed.read_bytes())
    for key, event in by_key(content).items():
        assert event["SUMMARY"] == "Busy"
        assert (event["DTSTART"], event["DTEND"]) == (full[key]["DTSTART"], full[key]["DTEND"])
        assert event["DESCRIPTION"] == "Busy"  # the alarm's
        assert not {"CATEGORIES", "LOCATION", "COMMENT"} & set(event)
        assert not [name for name in event if name.startswith("X-")]
    told = content.replace(b"\r\n ", b"").lower()
    words = "strength lower body hips moderate intervals tempo easy long recovery hard run squat balanced why"
    words += " training 2026-w48 race"  # also: the plan's name, which would make the UIDs readable
    for word in words.encode().split():
        assert word not in told, word


def test_uids_of_a_busy_feed_say_nothing_and_stay(targets: Box) -> None:
    targets.push()
    before = blocks(read(targets, "family"))
    assert len({len(uid) for uid in before}) == 1
    assert not [uid for uid in before if re.search(r"(?i)w48|run|str|tue", uid.partition("@")[0])]
    # Nothing that is alike in two events is alike in their UIDs.
    assert len({uid[:6] for uid in before}) == len(before)
    targets.ok("move", "tue-strength", "18:00")
    targets.push()
    assert set(blocks(read(targets, "family"))) == set(before)
    shutil.rmtree(targets.state)
    targets.push()
    assert set(blocks(read(targets, "family"))) == set(before)


def test_a_busy_feed_with_readable_uids_gets_neutral_ones_and_nothing_twice(box: Box) -> None:
    """As feeds have them that were written before, or with another `detail`."""
    box.push()
    full = by_key(box.feed.read_bytes())
    box.config(targets=target("feed", "public/training.ics", 'detail = "busy"'))
    changes = box.push(now="2026-11-25T06:00:00+00:00")
    assert len(changes["feed"]) == len(full)
    content = box.feed.read_bytes()
    assert b"strength" not in content
    assert set(by_key(content)) == set(full)
    assert content.count(b"BEGIN:VEVENT") == len(full)
    assert written(box.push(now="2026-11-25T06:00:00+00:00")["feed"]) == {}
    assert box.feed.read_bytes() == content
    # Both forms of one event in a file are one event.
    readable = blocks(content)
    uid, block = next(iter(readable.items()))
    key = next(key for key, event in by_key(content).items() if event["UID"] == uid)
    old = re.sub(
        rb"UID:(?:[^\r]|\r\n )*\r\n", f"UID:{key.replace('/', '-')}@training.calsync\r\n".encode(), block
    )
    box.feed.write_bytes(content.replace(block, old + block))
    box.push(now="2026-11-25T06:00:00+00:00")
    assert box.feed.read_bytes() == content
    box.config()
    box.push(now="2026-11-25T06:00:00+00:00")
    assert set(by_key(box.feed.read_bytes())) == set(full)
    assert b"@busy.calsync" not in box.feed.read_bytes()


def test_two_plans_may_keep_their_busy_times_in_one_file(box: Box) -> None:
    one = target("feed", "public/training.ics", 'detail = "busy"')
    box.config(targets=one)
    box.push()
    first = box.feed.read_bytes()
    box.write("other.toml", config(name="other", targets=one))
    box.push("--config", "other.toml")
    both = blocks(box.feed.read_bytes())
    assert set(blocks(first)) < set(both)
    assert len(both) == 2 * len(blocks(first))
    assert written(box.push("--config", "other.toml")["feed"]) == {}
    assert written(box.push()["feed"]) == {}


def test_alarms_are_there_only_where_asked_for(targets: Box) -> None:
    targets.push()
    assert b"VALARM" not in targets.feed.read_bytes()
    assert b"VALARM" not in read(targets, "gym")
    for name, trigger in (("family", b"TRIGGER:-PT30M"), ("club", b"TRIGGER:-PT1H30M")):
        content = read(targets, name)
        events = len(by_key(content))
        assert content.count(b"BEGIN:VALARM\r\n") == content.count(trigger + b"\r\n") == events
        assert content.count(b"ACTION:DISPLAY\r\n") == events


def test_an_alarm_that_is_added_later_changes_the_events(box: Box) -> None:
    box.push()
    box.config(targets=target("feed", "public/training.ics", 'alarm = "30m"'))
    assert set(written(box.push()["feed"]).values()) == {"update"}
    assert written(box.push()["feed"]) == {}


def test_one_target_alone(targets: Box) -> None:
    assert list(targets.push("--target", "gym")) == ["gym"]
    assert [path.name for path in (targets.folder / "public").iterdir()] == ["gym.ics"]


def test_a_target_that_only_says_busy_serves_as_memory(box: Box) -> None:
    """Without a full feed beside it, sessions still stay where they were published."""
    box.config(targets=target("family", "public/family.ics", 'detail = "busy"'), more=WORK, horizon=1)
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1130", "1430")))
    box.push()
    box.write("busy.ics", busy_calendar())
    assert written(box.push()["family"]) == {}


def test_a_target_added_later_gets_the_times_of_the_others(box: Box) -> None:
    box.config(more=WORK)
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1130", "1430")))
    box.push()
    box.write("busy.ics", busy_calendar())
    box.config(more=WORK, targets=target("new", "public/new.ics") + FEED)
    box.push()
    new, old = (by_key(read(box, name)) for name in ("new", "training"))
    assert {key: event["DTSTART"] for key, event in new.items()} == {k: e["DTSTART"] for k, e in old.items()}


def test_the_others_are_written_if_one_target_fails(box: Box) -> None:
    box.config(targets=target("bad", "/proc/calsync/bad.ics") + FEED)
    result = box.run("push")
    assert result.code == 5
    assert "bad: /proc/calsync/bad.ics can't be written" in result.error
    assert len(by_key(box.feed.read_bytes())) == 14


def test_a_target_that_failed_is_not_reported_as_done(box: Box) -> None:
    box.config(targets=target("bad", "/proc/calsync/bad.ics") + FEED)
    result = box.run("push", "--format", "json")
    assert result.code == 5
    assert [one["name"] for one in result.json["targets"]] == ["feed"] or any(
        "bad" in warning["text"] for warning in result.json["warnings"]
    )


# --- dry runs and JSON ------------------------------------------------------------------------------------


def test_a_dry_run_shows_the_same_and_writes_no_calendar(targets: Box) -> None:
    dry = targets.ok("push", "--dry-run", "--format", "json")
    assert not (targets.folder / "public").exists()
    text = targets.ok("push", "--dry-run").out
    assert "dry run" in text
    assert "+ Tue 24 Nov 06:30-07:30  6 x 800 m" in text
    assert not (targets.folder / "public").exists()
    assert targets.ok("push", "--format", "json").json == dry.json


def test_a_dry_run_needs_neither_lock_nor_state_folder(box: Box) -> None:
    box.ok("push", "--dry-run")
    assert not box.state.exists()
    box.environment["CALSYNC_STATE"] = "/proc/nowhere"
    box.ok("push", "--dry-run")


def test_json_is_the_contract(box: Box) -> None:
    box.push()
    box.config(weeks='["short-on-time"]')
    box.ok("skip", "2026-W48/run/tue-1")
    box.ok("move", "2026-W49/run/tue-1", "2026-12-01T18:00")
    box.push("--target", "feed")
    box.feed.write_bytes(box.feed.read_bytes().replace(b"SUMMARY:Long run", b"SUMMARY:Tampered"))
    result = box.ok("push", "--format", "json", now="2026-11-23T07:00:00+01:00")
    assert set(result.json) == {"targets", "warnings"}
    (feed,) = result.json["targets"]
    assert set(feed) == {"name", "changes"}
    by = {change["key"]: change for change in feed["changes"]}
    for change in by.values():
        assert set(change) == {"action", "key", "from", "to", "reason"}
        assert change["action"] in {"insert", "update", "withdraw", "keep", "pin", "skip"}
        for name in ("from", "to"):
            assert change[name] is None or datetime.fromisoformat(change[name]).utcoffset() is not None
        assert isinstance(change["reason"], str)
    assert by["2026-W48/run/tue-1"]["action"] == "skip"
    assert by["2026-W49/run/tue-1"]["action"] == "pin"
    assert by["2026-W49/run/tue-1"]["to"] == "2026-12-01T18:00:00+00:00"
    assert by["2026-W48/run/sat-1"]["action"] == "update"
    assert by["2026-W48/run/thu-1"]["action"] == "keep"


def test_json_gives_times_in_the_plans_zone(box: Box) -> None:
    box.config(zone="Australia/Adelaide")
    change = next(c for c in box.push()["feed"] if c["key"] == "2026-W48/run/tue-1")
    assert change["to"] == "2026-11-24T06:30:00+10:30"
    assert change["from"] is None


def test_json_carries_the_warnings(box: Box) -> None:
    box.config(more=WORK)
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "0600", "0700")))
    result = box.ok("push", "--format", "json")
    (warning,) = result.json["warnings"]
    assert warning["code"] == "run-clashes"
    assert "6 x 800 m" in warning["text"]


# --- guards -----------------------------------------------------------------------------------------------

PAUSE = "[[pause]]\nfrom = 2026-11-23\nto = 2027-02-01\n"


def test_an_empty_plan_is_refused(box: Box) -> None:
    box.push()
    before = box.feed.read_bytes()
    box.config(more=PAUSE)
    result = box.run("push")
    assert (result.code, result.out) == (6, "")
    assert "--allow-mass-delete" in result.error
    assert "14 upcoming" in result.error
    assert box.feed.read_bytes() == before
    box.push("--allow-mass-delete")
    assert by_key(box.feed.read_bytes()) == {}
    box.push()  # nothing is left that could be lost


def test_a_mass_delete_is_refused_and_no_target_is_written(targets: Box) -> None:
    targets.push()
    (targets.folder / "public" / "club.ics").unlink()
    before = targets.feed.read_bytes()
    targets.config(targets=ALL_TARGETS, weeks='["one.toml"]')
    targets.write("one.toml", ONE_RUN.format(day="sat", title="Alone"))
    for args in ((), ("--dry-run",)):
        result = targets.run("push", *args)
        assert (result.code, result.out) == (6, "")
        assert "12 of 14 upcoming events would be removed from feed" in result.error
        assert targets.feed.read_bytes() == before
        assert not (targets.folder / "public" / "club.ics").exists()
    assert set(written(targets.push("--allow-mass-delete")["feed"]).values()) == {"withdraw", "update"}
    assert set(by_key(targets.feed.read_bytes())) == {"2026-W48/run/sat-1", "2026-W49/run/sat-1"}


def test_few_withdrawals_need_no_permission(box: Box) -> None:
    """Three of four events go: fewer than four are an ordinary change of mind."""
    runs = [ONE_RUN.format(day=day, title=day).partition("\n")[2] for day in ("mon", "wed", "fri", "sat")]
    box.write("w.toml", 'title = "W"\n' + "".join(runs))
    box.config(weeks='["w.toml"]', horizon=1)
    box.push()
    box.write("w.toml", 'title = "W"\n' + runs[3])
    assert len(written(box.push()["feed"])) == 3


def test_a_busy_source_that_fails_changes_nothing(box: Box) -> None:
    box.config(more=WORK)
    for bad in (None, b"<html>Please log in</html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b""):
        if bad is not None:
            box.write("busy.ics", bad)
        result = box.run("push")
        assert (result.code, result.out) == (5, "")
        assert "work" in result.error
        assert not box.feed.exists()


def test_somebody_elses_calendar_is_not_overwritten(box: Box) -> None:
    foreign = busy_calendar(busy_event("2026-11-24", "0900", "1000")).encode()
    box.write("public/training.ics", foreign)
    for args in (("push",), ("push", "--allow-mass-delete"), ("push", "--dry-run"), ("plan",)):
        result = box.run(*args)
        assert (result.code, result.out) == (6, "")
        assert "training.ics" in result.error
        assert box.feed.read_bytes() == foreign


def test_two_plans_may_share_a_feed(box: Box) -> None:
    box.push()
    mine = blocks(box.feed.read_bytes())
    box.write("partner.toml", config(name="partner", weeks='["recovery"]'))
    box.push("--config", "partner.toml")
    both = blocks(box.feed.read_bytes())
    assert {uid: both[uid] for uid in mine} == mine
    assert {uid.partition("@")[2] for uid in both} == {"training.calsync", "partner.calsync"}
    box.config(weeks='["short-on-time"]')
    box.push()
    after = blocks(box.feed.read_bytes())
    for uid, block in both.items():
        if uid.endswith("@partner.calsync"):
            assert after[uid] == block


def test_a_plan_does_not_keep_itself_from_training(box: Box) -> None:
    """The feed may lie among the calendars that say what is busy: its own events are no obstacle."""
    box.config(more='[[busy]]\nname = "all"\ntype = "ics"\npath = "public"\n')
    box.write("public/other.ics", busy_calendar(busy_event("2026-11-24", "1130", "1430")))
    box.push()
    assert written(box.push()["feed"]) == {}
    assert lifts(box)["2026-W48/strength/1"] == "20261124T170000"


def test_a_link_stays_a_link(box: Box) -> None:
    (box.folder / "www").mkdir()
    box.feed.parent.mkdir()
    box.feed.symlink_to("../www/real.ics")
    box.push()
    assert box.feed.is_symlink()
    assert len(by_key((box.folder / "www" / "real.ics").read_bytes())) == 14


def test_the_feed_can_be_read_by_a_web_server_and_leaves_nothing_beside_it(box: Box) -> None:
    box.push()
    assert box.feed.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in box.feed.parent.iterdir()] == ["training.ics"]


def test_a_feed_that_its_owner_made_private_stays_private(box: Box) -> None:
    box.push()
    box.feed.chmod(0o600)
    box.ok("skip", "2026-W48/strength/1")
    box.push()
    assert box.feed.stat().st_mode & 0o777 == 0o600


def test_on_monday_the_legs_still_feel_the_long_run_of_sunday(box: Box) -> None:
    """The week that has it is over, but the calendar knows when it was."""
    run = '[[runs]]\nday = "sun"\nkind = "long"\nduration = "2h"\nstart = "16:00"\n'
    lift = '[[strength]]\nroutine = "lower-body"\nload = "moderate"\nduration = "30m"\n'
    box.write("sunday.toml", f'title = "Sunday"\n{run}{lift}')
    free = 'default = []\nmon = ["06:00-07:00"]\nnotice = "1h"'
    box.config(weeks='["sunday.toml"]', availability=free)
    box.push()
    on_sunday = box.plan(now="2026-11-29T20:00:00+00:00")["weeks"][1]["strength"][0]
    on_monday = box.plan(now="2026-11-30T01:00:00+00:00")["weeks"][0]["strength"][0]
    assert on_sunday["cost"]["recover"] == on_monday["cost"]["recover"] == 25
    box.push(now="2026-11-29T20:00:00+00:00")
    assert {change["action"] for change in box.push(now="2026-11-30T01:00:00+00:00")["feed"]} <= {
        "keep",
        "insert",
    }
