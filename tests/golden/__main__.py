"""Records what the program puts out; with --check, compares it with what was recorded."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.golden.differences import differences
from tests.golden.recorder import RECORDINGS, record, recorded
from tests.golden.scenarios import SCENARIOS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these scenarios only")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    given = parser.parse_args()
    if unknown := set(given.names) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; known: {', '.join(SCENARIOS)}")
    differ = 0
    for name in given.names or SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            found = record(name, Path(folder))
        said = differences(recorded(name), found)
        differ += bool(said)
        if given.check and said:
            sys.stdout.write(f"{name}\n{said}\n\n")
        elif not given.check:
            _write(RECORDINGS / name, found)
            sys.stdout.write(f"{name}: {'changed' if said else 'as it was'}\n")
    if not given.check and not given.names:
        for old in RECORDINGS.iterdir():
            if old.name not in SCENARIOS:
                shutil.rmtree(old)
    return 1 if given.check and differ else 0


def _write(folder: Path, files: dict[str, bytes]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
