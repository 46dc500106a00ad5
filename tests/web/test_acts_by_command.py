"""Any sequence of acts on the page ends where the same sequence on the command line ends."""

import itertools
import random
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from calsync.web.entries import entries
from tests.cli.box import NOW, Box, by_key
from tests.soak import usually
from tests.web.pages import COMMANDS, Page
from tests.web.test_serve import BUSY

TUESDAY = NOW.replace("23T06", "24T10")
AT = datetime.fromisoformat(TUESDAY)
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n"
_SLOTS = ("run/thu-1", "strength/1", "strength/2")
KEYS = ("2026-W48/run/tue-1", *(f"2026-W{week}/{slot}" for week in (48, 49) for slot in _SLOTS))
TIMES = ("2026-11-28T15:00", "2026-11-26T06:45", "2026-12-01T20:15", "2026-11-20T10:00")


def by_command(box: Box, args: tuple[str, ...]) -> int:
    code = box.run(*args, now=TUESDAY).code
    box.push(now=TUESDAY)
    return code


def kept(box: Box) -> dict[str, object]:
    """What the runner said and what the calendar shows. When a mark was made is the same in both."""
    events = by_key(box.feed.read_bytes())
    shown = {key: (event["DTSTART"], event["SUMMARY"]) for key, event in events.items()}
    documents = {
        name: msgspec.json.decode(path.read_bytes())
        for name in ("wishes.json", "marks.json", "checkins.json")
        if (path := box.state / "training" / name).exists()
    }
    return {"events": shown, **documents}


def said(page: Page) -> dict[str, tuple[bool, bool, bool]]:
    """What the runner said of each: skipped, moved, done."""
    return {
        key: (one.is_skipped, one.is_moved, one.block is not None and one.block.done)
        for key, one in entries(page.snapshot.weeks).items()
    }


def time_of(page: Page, key: str) -> str:
    return entries(page.snapshot.weeks)[key].when


def test_what_is_tonight_may_be_moved_to_times_that_are_a_choice(tmp_path: Path) -> None:
    """Whoever wants another time often wants it on the day; and a quarter of an hour later is none."""
    box = Box(tmp_path)
    box.config(availability='default = ["06:00-08:30", "12:00-14:00", "17:00-21:00"]')
    box.push()
    page = Page(box, AT)
    for key in ("2026-W48/strength/1", "2026-W49/strength/1"):
        block = entries(page.snapshot.weeks)[key].block
        assert block
        texts = [form.label for form in page.offered(key).values() if form.label.startswith("Move to ")]
        assert len(texts) == 3
        times = [datetime.fromisoformat(start) for start, _ in block.choices]
        gaps = [abs(b - a) for a, b in itertools.combinations(times, 2)]
        assert min(gaps) >= timedelta(hours=3)
        assert len({time.date() for time in times}) > 1
    # Tonight's could only go where it is in the way of the next.
    notes = [form.note for form in page.offered("2026-W48/strength/1").values() if form.note]
    assert notes[0] == "second best: another session would move"


def other_times(page: Page, key: str) -> dict[str, str]:
    """What is said of each."""
    return {label: form.note for label, form in page.offered(key).items() if label.startswith("Move to ")}


def test_what_is_against_a_time_makes_the_others_better(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    box.push()
    page = Page(box, AT)
    key, in_the_run = "2026-W49/strength/1", "2026-12-03T06:45"
    answered = page.send(page.offered(key)["Move"], {"start": in_the_run})
    assert "Note: " in answered.text
    assert "nothing is against it" in other_times(page, key).values()
    assert "as good" not in other_times(page, key).values()


def test_what_gives_way_is_told(tmp_path: Path) -> None:
    """Nobody should learn from an empty calendar that a move cost them another session, or moved it."""
    box = Box(tmp_path)
    box.config(availability='default = ["12:00-13:00"]')
    box.push()
    page = Page(box, AT)
    answered = page.send(page.offered("2026-W49/strength/1")["Move"], {"start": "2026-12-04T15:00"})
    assert (
        "Moved: Hips and core (moderate), now Tue 1 Dec 12:00 (less than 2 days from the session of Fri 4 Dec"
        in answered.text
    )
    undo = page.undo(answered)
    assert undo
    assert "Moved: Hips and core (moderate), now Thu 3 Dec 12:00 (" in page.send(undo).text
    # Where strength may only be on two days, there is no other.
    box.config(availability='default = []\ntue = ["12:00-13:00"]\nthu = ["12:00-13:00"]')
    page.plan()
    answered = page.send(page.offered("2026-W49/strength/1")["Move"], {"start": "2026-12-02T18:00"})
    assert (
        "Removed: Hips and core (moderate), Thu 3 Dec 12:00 (no longer fits in this week: " in answered.text
    )
    assert "2026-W49/strength/2" not in by_key(box.feed.read_bytes())


def test_what_has_just_moved_is_compared_with_where_it_is_now(tmp_path: Path) -> None:
    """And not with where the calendars had it before that plan."""
    box = Box(tmp_path)
    box.config(more=BUSY.format("path", "busy.ics"))
    box.write("busy.ics", CALENDAR.format(""))
    box.push()
    lift = "2026-W49/strength/1"
    event = by_key(box.feed.read_bytes())[lift]
    busy = f"BEGIN:VEVENT\r\nUID:a\r\nDTSTART:{event['DTSTART']}\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
    box.write("busy.ics", CALENDAR.format(busy))
    page = Page(box, AT)
    just_moved = other_times(page, lift)
    assert just_moved
    assert by_key(box.feed.read_bytes())[lift]["DTSTART"] != event["DTSTART"]
    page.plan()
    later = other_times(page, lift)
    assert just_moved.keys() == later.keys()
    assert all((just_moved[label] == "as good") == (later[label] == "as good") for label in later)


@pytest.mark.parametrize("seed", range(usually(3)))
def test_acts_on_the_page_end_where_commands_do(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    ours, theirs = Box(tmp_path / "page"), Box(tmp_path / "commands")
    for box in (ours, theirs):
        box.config(availability='prefer_times = ["17:00-19:00"]')
        box.push()
    page = Page(ours, AT)
    by_command(theirs, ("plan",))
    done = 0
    for _ in range(8):
        key = chance.choice(KEYS)
        offered = page.offered(key)
        label = chance.choice(sorted(offered))
        form = offered[label]
        start = chance.choice(TIMES) if label == "Move" else ""
        answered = page.send(form, {"start": start} if start else {})
        command = COMMANDS.get(label)
        args = (*command, key) if command else ("move", key, start or dict(form.fields)["to"])
        code = by_command(theirs, args)
        assert answered.is_done == (code == 0), (args, answered.text)
        assert kept(ours) == kept(theirs), args
        done += answered.is_done
    assert done >= 4


@pytest.mark.parametrize("seed", range(usually(2)))
def test_undo_leaves_what_the_runner_said_before(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    box = Box(tmp_path)
    box.config()
    box.push()
    page = Page(box, AT)
    for _ in range(6):
        key = chance.choice(KEYS)
        before, was = said(page), time_of(page, key)
        label, form = chance.choice(sorted(page.offered(key).items(), key=lambda one: one[0]))
        answered = page.send(form, {"start": "2026-11-28T15:00"} if label == "Move" else {})
        undo = page.undo(answered)
        if answered.is_done and undo and chance.random() < 0.7:
            assert page.send(undo).is_done
            assert said(page) == before, (label, key)
            assert time_of(page, key) == was, (label, key)
