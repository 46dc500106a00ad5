"""A runner's days: calendars change, people say what they want, machines fail; each day a push, and a look.

`Life` is that of somebody with a feed. What a calendar in Google adds is in `google.py`.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from tests.cli.box import FEED, Box, Result, blocks, properties
from tests.cli.calendar_runner import is_mass
from tests.cli.forks import Forked, Zygote
from tests.planning.reference import EFFORTS
from tests.year.rules import Entry, Situation, moved, problems
from tests.year.world import Calendar, Runner, Span, instant

KEPT = timedelta(weeks=8)
FOREIGN = (
    "BEGIN:VEVENT\r\nUID:dentist-{0}@example.com\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:{1:%Y%m%dT%H%M%SZ}\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\n",
    "BEGIN:VEVENT\r\nUID:2026-W02-run-tue-{0}@other.calsync\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:{1:%Y%m%dT%H%M%SZ}\r\nDTEND:{1:%Y%m%dT%H%M%SZ}\r\nSUMMARY:Run\r\nEND:VEVENT\r\n",
)
SIGNS = ("heavy-legs", "sore", "easy-feels-hard", "low-motivation")
AHEAD = tuple(timedelta(hours=hours) for hours in (1, 24, 70, 24 * 8, 24 * 30, 24 * 100, 24 * 400))


class Wrong(AssertionError):
    """What may not be."""


@dataclass
class Tally:
    """What happened. `problems` are for people; `sessions` and `moved` count published sessions."""

    days: int = 0
    pushes: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.days += other.days
        self.pushes += other.pushes
        self.counts += other.counts
        self.sessions += other.sessions
        self.moved += other.moved
        self.problems += other.problems


@lru_cache(maxsize=4096)
def _entry(block: bytes, zone: str, key: str) -> Entry:
    said = properties(block)
    start, end = (_instant(said[name], zone) for name in ("DTSTART", "DTEND"))
    effort = EFFORTS.get(said.get("X-CALSYNC-KIND", ""), "")
    return Entry(key, start, end, said.get("X-CALSYNC-LOAD", ""), effort)


def _instant(text: str, zone: str) -> datetime:
    at = datetime.fromisoformat(text.removesuffix("Z"))
    return at.replace(tzinfo=UTC if text.endswith("Z") else ZoneInfo(zone)).astimezone(UTC)


class Life:
    """`days` of a runner with a folder of their own. With `is_loud` each command is printed."""

    def __init__(
        self,
        random: Random,
        runner: Runner,
        folder: Path,
        days: int,
        zygote: Zygote,
        *,
        is_loud: bool = False,
    ) -> None:
        self.random, self.runner, self.days, self.zygote = random, runner, days, zygote
        self.is_loud = is_loud
        self.tally = Tally()
        self.box = self._make_box(folder)
        self.calendars = [
            Calendar(random, runner, name) for name in ("work", "family")[: random.randint(1, 2)]
        ]
        self.now = instant(runner.zone, runner.start, 15 * random.randint(16, 40))
        self.skips: set[str] = set()
        self.moves: dict[str, datetime] = {}
        self.ahead_on = set(random.sample(range(2, max(days, 4)), k=1 + days // 120))
        self.loss_on = random.randrange(2, max(days, 3))
        self.has_acted = True
        """Whether the owner said or did anything since the last push that went well."""
        self._sessions: set[str] = set()
        self._moved: set[tuple[str, str]] = set()

    def _make_box(self, folder: Path) -> Box:
        return Box(folder)

    def close(self) -> None:
        pass

    def live(self) -> Iterator[int]:
        """Days, one after the other; ends at the first on which something is wrong."""
        self.write_config()
        for number in range(self.days):
            day = self.runner.start + timedelta(number)
            try:
                self._day(number, day)
            except AssertionError as wrong:
                lines = str(wrong).splitlines() or [type(wrong).__name__]
                self.tally.problems += [
                    f"day {number}, {self.now:%Y-%m-%d %H:%M}: {line}" for line in lines[:8]
                ]
                return
            finally:
                self.tally.days += 1
                self.tally.sessions = len(self._sessions)
                self.tally.moved = Counter(cause for _, cause in self._moved)
            yield number

    def _day(self, number: int, day: date) -> None:
        random = self.random
        self.now = max(
            instant(self.runner.zone, day, random.randint(4 * 60, 22 * 60)), self.now + timedelta(minutes=1)
        )
        for calendar in self.calendars:
            calendar.a_day_goes_by(day)
        self.write_calendars()
        self.prepare(number)
        if random.random() < 0.15:
            self.act(day)
        if random.random() < 0.05:
            return  # the machine is off
        if number == self.loss_on:
            self.lose_state()
        if random.random() < 0.05:
            self.push_with_a_broken_source()
            if random.random() < 0.5:
                return
        if number in self.ahead_on:
            self.push_with_a_clock_ahead()
        if random.random() < 0.05:
            self.trouble()
        self.push()

    # --- the machine ----------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        if self.is_loud:
            print(f"{self.now:%Y-%m-%d %H:%M} {text}")  # noqa: T201

    def write_config(self) -> None:
        parts = self.runner.config_parts()
        parts["more"] += "\n" + self.sources()
        parts["targets"] = FEED + ('alarm = "30m"\n' if self.runner.alarm else "")
        self.box.config(start=str(self.runner.start), **parts)

    def sources(self) -> str:
        return "\n".join(
            f'[[busy]]\nname = "{one.name}"\ntype = "ics"\npath = "{one.name}.ics"' for one in self.calendars
        )

    def write_calendars(self) -> None:
        for one in self.calendars:
            self.box.write(f"{one.name}.ics", one.text())

    def prepare(self, number: int) -> None:
        """What else there is at the beginning of a day."""
        if number == 1 or self.random.random() < 0.01:
            self.add_foreign(number)

    def add_foreign(self, number: int) -> None:
        """Somebody writes an event of their own into the feed, or another plan does."""
        if self.box.feed.exists():
            block = self.random.choice(FOREIGN).format(number, self.now + timedelta(days=3)).encode()
            content = self.box.feed.read_bytes()
            self.box.feed.write_bytes(content.replace(b"END:VCALENDAR", block + b"END:VCALENDAR"))

    def calsync(self, *args: str, allowed: tuple[int, ...] = (0,), now: datetime | None = None) -> Result:
        at = (now or self.now).isoformat()
        result = self.box.run(*args, now=at)
        self.say(f"calsync {' '.join(args)} --now {at}: {result.code} {result.err.strip()}")
        self.tally.pushes += args[0] == "push"
        self.expect(
            result.code in allowed, f"calsync {' '.join(args)} ended with {result.code}: {result.err}"
        )
        self.expect("Traceback" not in result.err, result.err)
        return result

    @staticmethod
    def expect(holds: bool, otherwise: str) -> None:
        if not holds:
            raise Wrong(otherwise)

    # --- what is on the calendars ---------------------------------------------------------------------

    @property
    def feed(self) -> bytes:
        return self.box.feed.read_bytes() if self.box.feed.exists() else b""

    def blocks(self) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The events of the feed: the plan's by key, and those of others by UID."""
        own, others = {}, {}
        for uid, block in blocks(self.feed).items():
            if uid.endswith("@training.calsync"):
                week, what, slot = uid.removesuffix("@training.calsync").replace("-", "/", 3).split("/")[1:]
                own[f"{uid[:8]}/{what}/{slot}"] = block
                assert week == uid[5:8]
            else:
                others[uid] = block
        return own, others

    def in_feed(self, own: Mapping[str, bytes]) -> dict[str, Entry]:
        found = {}
        for key, block in own.items():
            entry = _entry(block, self.runner.zone_name, key)
            if self.moves.get(key) == entry.start:
                entry = Entry(key, entry.start, entry.end, entry.load, entry.effort, pinned=True)
            found[key] = entry
        return found

    def entries(self) -> dict[str, Entry]:
        """The plan's events as the rules have to hold for them."""
        return self.in_feed(self.blocks()[0])

    def busy(self) -> list[Span]:
        first = self.runner.day_of(self.now) - timedelta(days=9)
        last = first + timedelta(days=7 * self.runner.horizon + 18)
        return [span for one in self.calendars for span in one.busy(first, last)]

    def situation(self, entries: Mapping[str, Entry]) -> Situation:
        unclear = self.over(self.moves) - entries.keys()
        return Situation(self.runner, self.now, entries, tuple(self.busy()), frozenset(self.skips), unclear)

    def over(self, moves: Mapping[str, datetime]) -> frozenset[str]:
        """What was moved to a time that was over before a push could write it: the plan knows it there."""
        return frozenset(key for key, to in moves.items() if self.now - timedelta(14) < to <= self.now)

    # --- what the owner does --------------------------------------------------------------------------

    def act(self, day: date) -> None:
        act = self.random.choice(
            ("skip", "move", "move", "release", "check in", "check in", "ill", "other times")
        )
        self.say(f"owner: {act}")
        upcoming = [e for e in self.entries().values() if e.start > self.now]
        if act in ("skip", "move") and upcoming:
            entry = self.random.choice(upcoming)
            self.skip(entry.key) if act == "skip" else self.move(entry)
        elif act == "release":
            self.release()
        elif act == "check in":
            self.check_in(day)
        elif act == "ill" and self.random.random() < 0.2:
            first = day + timedelta(1)
            self.runner.pauses.append((first, first + timedelta(self.random.randint(1, 7))))
            self.write_config()
        elif act == "other times" and self.random.random() < 0.2:
            self.runner.notice = self.random.choice((1, 4, 12, 24))
            self.runner.prefers = self.random.choice(((), ("12:00-14:00",), ("17:00-19:00",)))
            self.write_config()
        self.has_acted = True

    def skip(self, key: str) -> None:
        self.calsync("skip", key)
        self.skips.add(key)

    def move(self, entry: Entry) -> None:
        day = self.runner.day_of(entry.start) + timedelta(self.random.choice((-1, 0, 0, 1, 2)))
        to = instant(self.runner.zone, day, 15 * self.random.randint(24, 84))
        if to > self.now:
            self.calsync("move", entry.key, to.isoformat())
            self.moves[entry.key] = to
            self.skips.discard(entry.key)

    def release(self) -> None:
        held = sorted(self.skips | {key for key, to in self.moves.items() if to > self.now})
        if held:
            key = self.random.choice(held)
            if self.calsync("release", key, allowed=(0, 2)).code == 0:
                self.skips.discard(key)
                self.moves.pop(key, None)

    def check_in(self, day: date) -> None:
        signs = self.random.sample(SIGNS, k=self.random.choice((0, 0, 1, 1, 2, 3)))
        said = [word for sign in signs for word in ("--sign", sign)] or ["--none"]
        self.calsync("checkin", "--date", day.isoformat(), *said)
        self.runner.checkins[day] = len(signs)

    def lose_state(self) -> None:
        self.say("the state folder is lost")
        shutil.rmtree(self.box.state, ignore_errors=True)
        self.skips.clear()
        self.moves.clear()
        self.runner.checkins.clear()
        self.has_acted = True
        self.tally.counts["state folders lost"] += 1

    # --- pushes ---------------------------------------------------------------------------------------

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        before = self.feed
        yield
        self.expect(self.feed == before, "the feed was changed")

    def push_with_a_broken_source(self) -> None:
        one = self.random.choice(self.calendars)
        path = self.box.folder / f"{one.name}.ics"
        broken = one.broken()
        if broken is None:
            path.unlink()
        else:
            path.write_bytes(broken)
        with self.nothing_changes():
            self.calsync("push", allowed=(5,))
        self.write_calendars()
        self.tally.counts["broken sources"] += 1

    def push_with_a_clock_ahead(self) -> None:
        by = self.random.choice(AHEAD)
        before, others = self.blocks()
        self.calsync("push", now=self.now + by, allowed=(0, 6))
        self._look_at_the_past(before, others, self.now + by)
        self.tally.counts["clocks ahead"] += 1
        self.has_acted = True
        self.clock_was_wrong()

    def clock_was_wrong(self) -> None:
        result = self.calsync("push", allowed=(0, 6))
        if result.code == 6:
            self.expect("clock" in result.err, f"refused, and no word of the clock: {result.err}")
            # What is refused even so, the next push looks at: an illness may take away more than the clock.
            self.calsync("push", "--clock-was-wrong", allowed=(0, 6))

    def trouble(self) -> None:
        """A push that is killed."""
        before, others = self.blocks()
        self.killed("push")
        self._look_at_the_past(before, others, self.now)

    def killed(self, *args: str) -> None:
        forked = Forked(self.box.folder / "out", self.box.folder / "err")
        number = self.random.randint(1, 20)
        words = [*args, "--now", self.now.isoformat()]
        self.zygote.start(words, self.box.folder, self.box._environment(None), forked, dies_at=number)
        code = self.zygote.wait(forked)
        self.say(f"calsync {' '.join(args)}, to be killed at {number}: {code} {forked.err.strip()}")
        self.expect(code in (-9, 0, 6), f"ended with {code}: {forked.err}")
        self.tally.pushes += 1
        self.tally.counts["kills"] += code == -9

    def push(self) -> None:
        """A push that nothing is in the way of; and what has to be true then."""
        before, others = self.blocks()
        held = self.entries()
        refused = self.push_once(held)
        found = self.entries()
        self._look_at_the_past(before, others, self.now)
        at = self.situation(found)
        self._look_at_the_guard(at, held, refused=refused)
        if wrong := [*problems(at, held), *self.also_wrong(found)]:
            raise Wrong("\n".join(wrong))
        self._count_moves(at, held)
        self.has_acted = False
        self.push_again()

    def push_once(self, held: Mapping[str, Entry]) -> bool:
        """Whether it was refused before it was allowed."""
        feed = self.feed
        result = self.calsync("push", "--format", "json", allowed=(0, 6))
        if result.code == 6:
            self.expect(self.feed == feed, "refused, and written all the same")
            self.calsync("push", "--format", "json", "--allow-mass-delete")
        return result.code == 6

    def push_again(self) -> None:
        """A second push has nothing to do, and is quiet."""
        self.expect(self.is_quiet(), "a second push changed something")

    def is_quiet(self) -> bool:
        feed = self.feed
        result = self.calsync("push", "--quiet", "--allow-mass-delete")
        return self.feed == feed and not result.stdout

    def also_wrong(self, found: Mapping[str, Entry]) -> Iterator[str]:
        """What else there is to look at after a push."""
        for key, to in self.moves.items():
            if to > self.now and key not in self.skips and (key not in found or found[key].start != to):
                yield f"{key}: moved to {to} by the runner, and is not there"

    def may_change(self, key: str, after: Entry | None) -> bool:
        """Whether an event of the feed that has begun may be elsewhere: where the runner put it."""
        return after is not None and self.moves.get(key) == after.start

    def _look_at_the_past(
        self, before: Mapping[str, bytes], others: Mapping[str, bytes], now: datetime
    ) -> None:
        own, others_now = self.blocks()
        self.expect(others_now == others, "events of others were changed")
        entries, found = self.in_feed(before), self.in_feed(own)
        for key, entry in entries.items():
            if entry.start <= self.now and own.get(key) != before[key]:
                is_old = key not in own and entry.end <= now - KEPT
                self.expect(
                    is_old or self.may_change(key, found.get(key)), f"{key}: had begun, and was changed"
                )
        for key in found.keys() - entries.keys():
            is_owners = self.may_change(key, found[key])
            self.expect(found[key].start > self.now or is_owners, f"{key}: written into the past")

    def _look_at_the_guard(self, at: Situation, held: Mapping[str, Entry], *, refused: bool) -> None:
        upcoming = {key for key, entry in held.items() if entry.start > self.now}
        gone = upcoming - at.entries.keys() - at.skipped - at.unclear
        is_empty = bool(gone) and not any(entry.start > self.now for entry in at.entries.values())
        if not at.unclear:
            self.expect(
                refused == (is_mass(gone, upcoming) or is_empty), f"{gone} are gone; refused: {refused}"
            )
        self.tally.counts["refused as too much"] += refused

    def _count_moves(self, at: Situation, held: Mapping[str, Entry]) -> None:
        self._sessions |= {entry.key for entry in at.sessions if entry.start > self.now}
        for one in moved(at, held, owner_acted=self.has_acted):
            self._moved.add((one.key, one.cause))
            self.say(f"{one.key} moved: {one.cause}")
