"""Any acts from page, command line and Google Calendar end where the same by commands alone do.

What an act says in one way, it says in the others: to drag an event in Google is to move it, to delete it
there is to skip it. After each act two runners' plans, feeds and calendars are compared, byte for byte.

Not every way can say everything. What has begun can be deleted in Google, and no command skips it; what is
marked as done can be dragged there, and no command moves it; and what was deleted there a command moves only
after `calsync release`, as it says: such acts are left out here. Nor can a calendar
tell how heavy a session was before a check-in made it lighter: so one that was dragged stays light when a
later check-in is better, and one that a command moved doesn't. All check-ins of an example say the same.
"""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calsync.training import Sign
from tests.cli.box import FEED
from tests.cli.google import TARGET, GoogleBox
from tests.googleserver.server import GoogleServer
from tests.soak import usually
from tests.web.pages import COMMANDS, Page

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 23, 6, tzinfo=LONDON)
CALENDAR = "c_training@group.calendar.google.com"
TARGETS = f'{TARGET}calendar_id = "{CALENDAR}"\n{FEED}'
SERVE = '[serve]\nurl = "https://training.example.org"\n'
AVAILABILITY = (
    "",
    'default = ["06:00-08:30", "12:00-14:00", "17:00-21:00"]\nnotice = "1h"',
    'prefer_times = ["17:00-19:00"]',
)
SLOTS = ("run/tue-1", "run/thu-1", "run/sat-1", "strength/1", "strength/2")
KEYS = [f"2026-W{week}/{slot}" for week in (48, 49) for slot in SLOTS]
# What of an event in Google people see.
SHOWN = ("summary", "description", "start", "end", "status", "reminders", "colorId", "location")


@dataclass
class Runner:
    """One who acts in all ways, or by commands alone."""

    box: GoogleBox
    now: datetime = MONDAY

    def calsync(self, *args: str) -> int:
        """A command, and the push that follows it."""
        result = self.box.run(*args, now=self.now.isoformat())
        assert result.code in (0, 2), result.err
        self.push()
        return result.code

    def push(self) -> None:
        self.box.ok("push", now=self.now.isoformat())

    def seen(self) -> dict[str, Any]:
        """All that the runner, and who subscribes, can see."""
        plan = self.box.plan(now=self.now.isoformat())
        events = self.box.events()
        done = {k: e["extendedProperties"]["private"].get("calsyncDone") for k, e in events.items()}
        return {
            "plan": plan,
            "google": {key: {name: one.get(name) for name in SHOWN} for key, one in events.items()},
            "done in google": done,
            "feed": self.box.feed.read_bytes().decode(),
            "check-ins": self.box.ok("checkin", "--list", "--format", "json").json,
        }


class AnyWay:
    """Chooses an act that the page offers, and one of the ways that can say it."""

    def __init__(self, chance: random.Random, ours: Runner, theirs: Runner, page: Page) -> None:
        self.chance, self.ours, self.theirs, self.page = chance, ours, theirs, page
        self.said: list[str] = []
        self.deleted: set[str] = set()
        self.sign = chance.choice(("", *map(str, Sign)))

    def let_time_pass(self) -> None:
        now = self.ours.now + timedelta(minutes=self.chance.choice((0, 0, 15, 200, 700, 1500)))
        for one in (self.ours, self.theirs):
            one.now = now
            one.push()
        self.page.now = now
        self.page.plan()

    def step(self) -> None:
        self.let_time_pass()
        act = self.chance.choice((self._offered, self._offered, self._offered, self._check_in, self._command))
        act()
        ours, theirs = self.ours.seen(), self.theirs.seen()
        for what in ours:
            assert ours[what] == theirs[what], "\n".join([what, *self.said])

    def _say(self, way: str, *args: str) -> None:
        self.said.append(f"{self.ours.now:%a %H:%M} {way}: {' '.join(args)}")

    def _offered(self) -> None:
        key = self.chance.choice(KEYS)
        if not (offered := self.page.offered(key)):
            return
        label = self.chance.choice(sorted(offered))
        start = self.start() if label == "Move" else dict(offered[label].fields).get("to", "")
        args = (*COMMANDS[label], key) if label in COMMANDS else ("move", key, start)
        way = self.chance.choice(("page", "command", *self._in_google(label, key, start)))
        self._say(way, *args)
        code = self.theirs.calsync(*args)
        if way == "page":
            answered = self.page.send(offered[label], {"start": start} if label == "Move" else {})
            assert answered.is_done == (code == 0), [answered.text, *self.said]
        elif way == "command":
            assert self.ours.calsync(*args) == code, self.said
        else:
            event = self.ours.box.events()[key]
            if label == "Skip it":
                self.ours.box.person.delete(event["id"])
                self.deleted.add(key)
            else:
                begins, ends = (
                    datetime.fromisoformat(event[which]["dateTime"]) for which in ("start", "end")
                )
                there = _local(start)
                self.ours.box.person.move(event["id"], there, there + (ends - begins))
            self.ours.push()

    def _in_google(self, label: str, key: str, start: str) -> Iterator[str]:
        """Whether an event in Google can say it."""
        event = self.ours.box.events().get(key)
        if event is None or "calsyncDone" in event["extendedProperties"]["private"]:
            return
        has_begun = datetime.fromisoformat(event["start"]["dateTime"]) <= self.ours.now
        is_move = label.startswith("Move") and _local(start) > self.ours.now
        if is_move or (label == "Skip it" and not has_begun):
            yield "google"

    def start(self) -> str:
        day = MONDAY + timedelta(days=self.chance.randrange(14))
        return f"{day:%Y-%m-%d}T{self.chance.randrange(5, 22):02}:{self.chance.choice((0, 15, 30, 45)):02}"

    def _check_in(self) -> None:
        sign, day = self.sign, self.ours.now.date().isoformat()
        args = ("checkin", "--date", day, *(("--sign", sign) if sign else ("--none",)))
        way = self.chance.choice(("page", "command"))
        self._say(way, *args)
        assert self.theirs.calsync(*args) == 0
        if way == "page":
            assert self.page.send(self.page.check_in(), {"sign": sign} if sign else {}).is_done
        else:
            assert self.ours.calsync(*args) == 0

    def _command(self) -> None:
        """One that no page offers, perhaps, and that may be refused."""
        key = self.chance.choice(KEYS)
        name = self.chance.choice(("skip", "move", "release", "done", "missed"))
        if name == "move" and key in self.deleted:
            return
        args = (name, key, *((self.start(),) if name == "move" else ()))
        self._say("command", *args)
        assert self.ours.calsync(*args) == self.theirs.calsync(*args), self.said


def _local(start: str) -> datetime:
    found = datetime.fromisoformat(start)
    return found if found.tzinfo else found.replace(tzinfo=LONDON)


def runner(folder: Path, availability: str, stack: ExitStack) -> Runner:
    google = stack.enter_context(GoogleServer(now=MONDAY))
    box = GoogleBox(folder, google=google)
    google.add_calendar(CALENDAR, created_by_app=True)
    box.google_config(targets=TARGETS, more=SERVE, availability=availability)
    box.authorise()
    # The same in all boxes, so that the addresses in their events are the same.
    box.write("state/training/serve-secret", "s" * 43 + "\n")
    made = Runner(box)
    made.push()
    return made


@pytest.mark.parametrize("seed", range(usually(2)))
def test_any_way_ends_where_commands_do(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    availability = chance.choice(AVAILABILITY)
    with ExitStack() as stack:
        ours, theirs = (runner(tmp_path / name, availability, stack) for name in ("ours", "theirs"))
        steps = AnyWay(chance, ours, theirs, Page(ours.box, MONDAY))
        for _ in range(10):
            steps.step()


@pytest.mark.parametrize("seed", range(usually(1)))
def test_undo_brings_back_the_very_event_also_in_google(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with ExitStack() as stack:
        ours = runner(tmp_path, chance.choice(AVAILABILITY), stack)
        steps = AnyWay(chance, ours, ours, Page(ours.box, MONDAY))
        undone = 0
        for _ in range(12):
            steps.let_time_pass()
            key = chance.choice(KEYS)
            offered, before = steps.page.offered(key), ours.seen()["google"].get(key)
            if not offered:
                continue
            label = chance.choice(sorted(offered))
            answered = steps.page.send(offered[label], {"start": steps.start()} if label == "Move" else {})
            undo = steps.page.undo(answered)
            if answered.is_done and undo and chance.random() < 0.7:
                assert steps.page.send(undo).is_done, answered.text
                assert ours.seen()["google"].get(key) == before, (ours.now, answered.text)
                assert steps.page.offered(key).keys() == offered.keys(), (ours.now, answered.text)
                undone += 1
        assert undone
