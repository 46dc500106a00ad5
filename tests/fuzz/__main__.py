"""Read broken and hostile calendars for some minutes, and keep those that are read wrong or take too much.

No calendar of up to 10 MB may take more than 5 s of processor time, or 300 MB. Ends with 1 if any did.
"""

import argparse
import contextlib
import hashlib
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz import coverage
from tests.fuzz.inputs import LARGEST, Input, Inputs
from tests.fuzz.promises import question
from tests.fuzz.worker import MEGABYTES, SECONDS, Verdict, Worker

_OF_A_MINUTE = 10
"""Seconds that atheris has of each."""


@dataclass
class Worst:
    """The input that took most of something."""

    amount: float = 0
    given: Input = field(default_factory=lambda: Input("none", b""))

    def tell(self, amount: float, given: Input) -> None:
        if amount > self.amount:
            self.amount, self.given = amount, given


class Report:
    """What was read, and what was found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds: Counter[str] = Counter()
        self.bytes = 0
        self.findings: Counter[str] = Counter()
        self.slowest, self.largest, self.widest = Worst(), Worst(), Worst()
        self.begin = time.monotonic()

    def tell(self, given: Input, verdict: Verdict) -> None:
        self.kinds[given.kind] += 1
        self.bytes += len(given.body)
        self.slowest.tell(verdict.seconds, given)
        self.largest.tell(len(given.body), given)
        self.widest.tell(verdict.megabytes, given)

    def keep(self, given: Input, verdict: Verdict) -> None:
        """Saves a finding, unless there was one like it."""
        like = signature(verdict)
        self.findings[like] += 1
        if self.findings[like] > 1:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{verdict.finding}-{hashlib.sha256(given.body).hexdigest()[:10]}"
        (self.folder / f"{name}.ics").write_bytes(given.body)
        asked = question(given.body)
        (self.folder / f"{name}.txt").write_text(
            f"{like}\n{given.kind}, {len(given.body):,} bytes, {verdict.seconds:.2f} s,"
            f" {verdict.megabytes:.0f} MB\n{asked}\n\n{verdict.details}\n"
        )
        say(f"finding: {like} ({name}, {len(given.body):,} bytes)")

    def line(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.begin), 60)
        return (
            f"{minutes}:{seconds:02} {self.kinds.total():,} inputs, {self.bytes / 1e6:,.0f} MB;"
            f" at most {self.slowest.amount:.2f} s and {self.widest.amount:.0f} MB,"
            f" {len(self.findings)} findings"
        )

    def text(self) -> str:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in self.kinds.most_common())
        lines = [
            f"{self.kinds.total():,} inputs, {self.bytes / 1e6:,.0f} MB: {kinds}",
            f"slowest: {self.slowest.amount:.2f} s of {SECONDS:g}, {_named(self.slowest.given)}",
            f"most memory: {self.widest.amount:.0f} MB of {MEGABYTES}, {_named(self.widest.given)}",
            f"largest: {_named(self.largest.given)}",
        ]
        lines += [f"finding, {number} times: {like}" for like, number in self.findings.most_common()]
        lines.append(f"findings are in {self.folder}" if self.findings else "no finding")
        return "\n".join(lines)


def _named(given: Input) -> str:
    return f"{given.kind}, {len(given.body):,} bytes"


def signature(verdict: Verdict) -> str:
    """What findings have in common that come from one place of the code."""
    frames = re.findall(r'File "[^"]*?/(calsync/[^"]+)", line \d+, in (\S+)', verdict.details)
    if not frames:
        return f"{verdict.finding}: {re.sub(r'[0-9]+', '#', verdict.details.partition(chr(10))[0])[:100]}"
    # Where its time is over differs from one run to the next.
    where = frames[-1] if verdict.finding not in ("time", "memory") else frames[min(3, len(frames) - 1)]
    return f"{verdict.finding} in {where[0]}, {where[1]}"


def say(text: str) -> None:
    sys.stdout.write(("\r\x1b[K" if sys.stdout.isatty() else "") + text + "\n")
    sys.stdout.flush()


class Progress:
    """A line that is written again and again on a terminal; elsewhere one a minute."""

    def __init__(self) -> None:
        self._next = 0.0

    def show(self, report: Report) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        if sys.stdout.isatty():
            self._next = now + 0.3
            sys.stdout.write("\r\x1b[K" + report.line())
            sys.stdout.flush()
        else:
            self._next = now + 60
            say(report.line())


def inputs(made: Inputs, corpus: coverage.Corpus | None, random: Random) -> Iterator[Input]:
    for body in made.seeds[:]:
        yield Input("of the tests", body)
    next_growth = time.monotonic()
    while True:
        if corpus and time.monotonic() >= next_growth:
            for body in corpus.grow(_OF_A_MINUTE, random.randrange(1 << 30)):
                yield Input("of new code", body)
                made.seeds.append(body)
            next_growth = time.monotonic() + 60 - _OF_A_MINUTE
        yield made.next()


def hunt(minutes: float, seed: int, folder: Path, largest: int, *, with_atheris: bool) -> Report:
    end = time.monotonic() + minutes * 60
    report, progress, worker, random = Report(folder), Progress(), Worker(), Random(seed)
    made = Inputs(random, largest)
    with contextlib.ExitStack() as stack:
        stack.callback(worker.stop)
        corpus = None
        if with_atheris:
            place = stack.enter_context(tempfile.TemporaryDirectory())
            corpus = coverage.Corpus(Path(place), made.seeds)
        for given in inputs(made, corpus, random):
            if time.monotonic() > end:
                break
            verdict = worker.judge(given.body)
            if verdict.finding in ("time", "memory") and not report.findings[signature(verdict)]:
                verdict = worker.judge_surely(given.body)
            report.tell(given, verdict)
            if verdict.finding:
                report.keep(given, verdict)
            else:
                made.tell(given.body, verdict.met, verdict.seconds)
            progress.show(report)
    return report


def read_again(files: list[Path]) -> int:
    worker = Worker()
    found = 0
    for file in files:
        verdict = worker.judge(file.read_bytes())
        found += bool(verdict.finding)
        said = verdict.finding or "all is well"
        say(f"{file.name}: {verdict.seconds:.2f} s, {verdict.megabytes:.0f} MB, {said}")
        say(verdict.details)
    worker.stop()
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="read these once, as findings are"
    )
    parser.add_argument("--minutes", type=float, default=1, help="how long to go on (1)")
    parser.add_argument("--seed", type=int, help="begin with the same inputs as another run")
    parser.add_argument(
        "--findings", type=Path, default=Path("fuzz-findings"), metavar="FOLDER", help="where they are kept"
    )
    parser.add_argument("--largest", type=int, default=LARGEST, metavar="BYTES", help="grow none beyond this")
    parser.add_argument("--no-atheris", action="store_true", help="also where it is installed")
    given = parser.parse_args()
    if given.files:
        return read_again(given.files)
    seed = given.seed if given.seed is not None else Random().randrange(1 << 30)
    with_atheris = coverage.is_there() and not given.no_atheris
    say(f"seed {seed}, {'with' if with_atheris else 'without'} atheris, for {given.minutes:g} minutes")
    report = hunt(given.minutes, seed, given.findings.resolve(), given.largest, with_atheris=with_atheris)
    say(report.line())
    say(report.text())
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
