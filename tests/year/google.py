"""The days of a runner whose calendar is in Google: they drag and delete, Google fails, a feed follows."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from tests.cli import google_acts
from tests.cli.box import FEED, Box, Result
from tests.cli.forks import Zygote
from tests.cli.google_acts import Act
from tests.cli.google_checks import feed_spans, unfollowed, unkept
from tests.cli.google_model import Deletion
from tests.cli.google_runner import Runner as GoogleRunner
from tests.cli.google_trouble import QUICK, SLOW, Failing, Kill, Sudden
from tests.googleserver.switches import ALL_POSITIONS, Switches
from tests.planning.reference import EFFORTS
from tests.year.life import Life
from tests.year.rules import Entry, Situation
from tests.year.world import Runner, Span, instant

# What people do in Google's app, the likeliest more often.
KINDS = (
    "move",
    "move",
    "nudge",
    "delete",
    "delete",
    "restore",
    "copy",
    "recolour",
    "retitle",
    "all day",
    "create",
)
SUDDEN = ("move", "delete", "retitle")


class GoogleLife(Life):
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
        self._position = random.choice((Switches(), random.choice(ALL_POSITIONS)))
        super().__init__(random, runner, folder, days, zygote, is_loud=is_loud)
        self.ahead_on = set()
        self._private: list[tuple[str, Span]] = []

    def _make_box(self, folder: Path) -> Box:
        self._google = GoogleRunner(self._position, self.zygote, self.say)
        self.model = self._google.model
        return self._google.box

    def close(self) -> None:
        self._google.close()

    def write_config(self) -> None:
        parts = self.runner.config_parts()
        private = '[[busy]]\nname = "private"\ntype = "google"\ncalendars = ["primary"]\n'
        parts["more"] += f"\n{self.sources()}\n{private}"
        known = f'calendar_id = "{self._google.box.calendar_id}"\n'
        reminder = 'reminder = "30m"\n' if self.runner.alarm else ""
        target = f'[[targets]]\nname = "google"\ntype = "google"\ncalendar = "Training"\n{known}{reminder}'
        self._google.box.google_config(targets=target + FEED, start=str(self.runner.start), **parts)

    def prepare(self, number: int) -> None:
        super().prepare(number)
        self.model.now = self._google.google.now = self.now
        self._change_private()
        if number % 30 == 29:
            self.model.month_goes_by()

    def _change_private(self) -> None:
        person = self._google.google.person("primary")
        if self.random.random() < 0.2:
            day = self.runner.day_of(self.now) + timedelta(self.random.randint(0, 12))
            start = instant(self.runner.zone, day, 15 * self.random.randint(28, 80))
            span = (start, start + timedelta(minutes=self.random.choice((30, 60, 120))))
            self._private.append((person.create("Private", *span), span))
        if self._private and self.random.random() < 0.05:
            gone = self._private.pop(self.random.randrange(len(self._private)))
            person.delete(gone[0])

    def busy(self) -> list[Span]:
        return super().busy() + [span for _, span in self._private]

    def calsync(self, *args: str, allowed: tuple[int, ...] = (0,), now: datetime | None = None) -> Result:
        self.tally.pushes += args[0] == "push"
        return self._google.calsync(*args, allowed=allowed)

    # --- what is on the calendars ---------------------------------------------------------------------

    def entries(self) -> dict[str, Entry]:
        model = self.model
        found = {}
        for own, event in model.live():
            if model.is_surplus(own):
                continue
            start, end = model.span(event)
            said = event.get("extendedProperties", {}).get("private", {})
            pinned = (
                model.is_moved(own, event)
                or own.id in model.restored
                or (own.key in model.moves and model.moves[own.key].to == start)
            )
            effort = EFFORTS.get(said.get("calsyncKind", ""), "")
            found[own.key] = Entry(own.key, start, end, said.get("calsyncLoad", ""), effort, pinned)
        return found

    def situation(self, entries: Mapping[str, Entry]) -> Situation:
        deletions = self.model.deletions
        gone = {key for key, what in deletions.items() if what is Deletion.OWNER}
        unclear = {key for key, what in deletions.items() if what is Deletion.UNCLEAR}
        unclear |= self.over({key: move.to for key, move in self.model.moves.items()}) - entries.keys()
        skipped = frozenset(self.model.skips | gone)
        return Situation(self.runner, self.now, entries, tuple(self.busy()), skipped, frozenset(unclear))

    def may_change(self, key: str, after: Entry | None) -> bool:
        entry = self.entries().get(key)
        return after is not None and entry is not None and entry.pinned and entry.start == after.start

    def also_wrong(self, found: Mapping[str, Entry]) -> Iterator[str]:
        self.model.expect_nothing_new()
        yield from unkept(self.model)
        fed = feed_spans(self.feed, self.runner.zone)
        # Whether the plan still knows what was dragged to a time that is over, only the plan could say.
        known, unknown = (unfollowed(self.model, fed, keys) for keys in (found.keys(), ()))
        yield from (wrong for wrong in known if wrong in unknown)

    # --- what the owner does --------------------------------------------------------------------------

    def act(self, day: date) -> None:
        if self.random.random() < 0.4:
            super().act(day)
        for _ in range(self.random.choice((0, 1, 1, 2))):
            google_acts.do(self.model, self._act(KINDS))
        self.has_acted = True

    def _act(self, kinds: tuple[str, ...]) -> Act:
        random = self.random
        kind, which = random.choice(kinds), random.randint(0, 999)
        act = Act(kind, which, random.randint(-2, 9), random.randint(24, 84), random.randint(0, 11))
        self.say(f"owner: {act}")
        return act

    def skip(self, key: str) -> None:
        if self.calsync("skip", key, allowed=(0, 2)).code == 0:
            self.model.said_skip(key)

    def move(self, entry: Entry) -> None:
        day = self.runner.day_of(entry.start) + timedelta(self.random.choice((-1, 0, 0, 1, 2)))
        to = instant(self.runner.zone, day, 15 * self.random.randint(24, 84))
        if to > self.now and self.calsync("move", entry.key, to.isoformat(), allowed=(0, 2)).code == 0:
            self.model.said_move(entry.key, to)

    def release(self) -> None:
        model = self.model
        held = {own.key for own, event in model.upcoming() if model.is_moved(own, event)}
        held |= model.skips | model.moves.keys() | model.deletions.keys()
        if held:
            self._google.release(self.random.choice(sorted(held)))

    def lose_state(self) -> None:
        self.say("the state folder is lost")
        shutil.rmtree(self.box.state, ignore_errors=True)
        self._google.box.authorise()
        self.model.lose_state()
        self.runner.checkins.clear()
        self.has_acted = True
        self.tally.counts["state folders lost"] += 1

    # --- pushes ---------------------------------------------------------------------------------------

    def push_with_a_broken_source(self) -> None:
        changes = len(self.model.calendar.changes)
        if self.random.random() < 0.5:
            self._google.push_without_free_busy()
            self.tally.counts["broken sources"] += 1
        else:
            super().push_with_a_broken_source()
        self.expect(len(self.model.calendar.changes) == changes, "the calendar was changed")

    def trouble(self) -> None:
        random = self.random
        kind = random.choice(("kill", "fault", "fault", "sudden", "expired"))
        self.tally.pushes += 1
        if kind == "kill":
            kill = Kill(random.choice(("before", "part", "after")), random.randint(1, 5))
            self._google.troubled_push(clear=False, kill=kill)
            self.tally.counts["kills"] += 1
        elif kind == "fault":
            name = random.choice((*QUICK, *QUICK, *SLOW))
            one = Failing(
                name, random.choice(("api", "batch", "part")), random.randint(0, 3), random.choice((1, 2))
            )
            one.set_up(self.model)
            allowed = (0, 4, 5) if name == "401" else (0, 5)
            self._google.troubled_push(clear=one.is_clear, allowed=allowed)
            self.tally.counts["faults of Google"] += 1
        elif kind == "sudden":
            sudden = Sudden(self._act(SUDDEN), random.randint(1, 4))
            self._google.troubled_push(clear=True, sudden=sudden)
            self.has_acted = True
        else:
            self._google.google.expire()

    def push_once(self, held: Mapping[str, Entry]) -> bool:
        self.tally.pushes += 1
        return self._google.push_once()

    def is_quiet(self) -> bool:
        events, feed = dict(self.model.calendar.events), self.feed
        result = self.calsync("push", "--quiet", "--allow-mass-delete")
        self.model.ended(0, clear=True)
        return self.feed == feed and events == self.model.calendar.events and not result.stdout
