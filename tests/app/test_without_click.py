"""What calsync does, done by a program that has neither click nor rich and no terminal."""

import sys
from pathlib import Path

from tests.cli.box import NOW, Box

PROGRAM = f"""
import sys
sys.modules |= {{"click": None, "rich": None}}  # to import them raises ImportError

from datetime import datetime
from pathlib import Path

from calsync.app import Listener
from calsync.app.doctor import all_checks
from calsync.app.gather import ask_others
from calsync.app.setup import load_setup
from calsync.app.push import rounds
from calsync.app.wishes import known_keys, move, moved, release, skip
from calsync.config.load import find_config

now = datetime.fromisoformat("{NOW}")
heard = []
listener = Listener(heard.append)
setup = load_setup(find_config(None), listener)
others = ask_others(setup, now)
with setup.state.lock():
    pushed = rounds(setup, now, None, others, allow_mass_delete=False, dry_run=False)
print(*(change.action for _, changes in pushed.changes for change in changes[:1]))
known = known_keys(setup, now)
skip(setup, ["2026-W48/strength/1"], now)
second = "2026-W48/strength/2"
move(setup, known, second, moved(known, second, now.replace(day=25, hour=18)), now)
print(*sorted(release(setup, (), now)))
print(*{{check.status for check in all_checks(None, now, listener) if check.name == "target"}})
setup.close()
print(heard[0])
"""


def test_a_program_plans_writes_and_listens(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    result = box.process("-c", PROGRAM, program=[sys.executable], now=None)
    assert result.err == ""
    assert result.out.splitlines() == [
        "insert",
        "2026-W48/strength/1 2026-W48/strength/2",
        "ok",
        "config: config.toml",
    ]
    assert box.feed.is_file()
