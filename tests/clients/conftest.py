"""What the tests of this folder need: the feeds, and the programs that read them."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.clients.feeds import ALL, IN_OWN_ZONES, Feed, all_feeds
from tests.clients.readers import READERS, Seen
from tests.programs import missing

HERE = Path(__file__).parent
INSTALL_NODE = "install Node.js 20 or later, then run: npm ci --prefix tests/clients"
INSTALL_PACKAGES = "run: npm ci --prefix tests/clients"
INSTALL_EXTRA = 'run: pip install -e ".[test]"'

# Some readers trust their own copy of the zone data more than the feed. What a government decided last year
# is in some copies and not in others, so they are shown such a zone only under a name that they don't know.
_UNSETTLED = {"zone-africa-casablanca"}
_SETTLED = set(ALL) - set(IN_OWN_ZONES) - _UNSETTLED | {"zone-africa-casablanca-own-zone"}
SHOWN = {
    "icalendar": set(ALL),
    "recurring_ical_events": set(ALL),
    "ical.js": set(ALL),
    # Unescapes what is no escape (an escaped backslash before an n), and strips quotation marks at both ends.
    # Of a zone that it does not know it reads no VTIMEZONE, but takes the times for those of the machine's.
    "node-ical": set(ALL) - _UNSETTLED - set(IN_OWN_ZONES) - {"backslashes"},
    "khal": _SETTLED,
    "vdirsyncer": _SETTLED,
}


# --- what is installed ------------------------------------------------------------------------------------


@cache
def _node_version() -> int:
    """The major version; 0 without Node.js."""
    node = shutil.which("node")
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, encoding="utf-8", check=False).stdout
    match = re.match(r"v(\d+)\.", said)
    return int(match[1]) if match else 0


def need_npm_package(name: str) -> None:
    if _node_version() < 20:
        missing("Node.js 20 or later", INSTALL_NODE)
    wanted = json.loads((HERE / "package.json").read_bytes())["dependencies"][name]
    try:
        found = json.loads((HERE / "node_modules" / name / "package.json").read_bytes())["version"]
    except FileNotFoundError:
        found = None
    if found != wanted:
        missing(f"the npm package {name} {wanted}", INSTALL_PACKAGES)


def need_module(name: str) -> None:
    if name == "khal" and sys.platform == "win32":
        pytest.skip("khal does not run on Windows")
    if importlib.util.find_spec(name) is None:
        missing(name, INSTALL_EXTRA)


def need(reader: str) -> None:
    """Skips or fails the test if what the reader needs is not there."""
    match reader:
        case "ical.js" | "node-ical":
            need_npm_package(reader)
        case "khal":
            need_module("khal")
        case "vdirsyncer":
            need_module("khal")
            need_module("vdirsyncer")


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Feed]:
    return all_feeds(tmp_path_factory.mktemp("feeds"))


@pytest.fixture(scope="session")
def read_by(
    feeds: dict[str, Feed], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, list[Seen]]]:
    """What a reader says about every feed that it is shown; each reader is asked once."""

    def ask(reader: str) -> dict[str, list[Seen]]:
        shown = [feed for feed in feeds.values() if feed.name in SHOWN[reader]]
        answers = READERS[reader]([feed.path for feed in shown], tmp_path_factory.mktemp(reader))
        return {feed.name: answer for feed, answer in zip(shown, answers, strict=True)}

    @cache
    def answer_or_failure(reader: str) -> dict[str, list[Seen]] | Exception:
        # Also remembered: a reader that stumbles over one feed is slow enough once.
        try:
            return ask(reader)
        except Exception as failure:  # noqa: BLE001
            return failure

    def read_by(reader: str) -> dict[str, list[Seen]]:
        need(reader)
        answer = answer_or_failure(reader)
        if isinstance(answer, Exception):
            raise RuntimeError(f"{reader} could not read the feeds") from answer
        return answer

    return read_by
