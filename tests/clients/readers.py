"""Programs that read feeds: each is shown some files and says which events are in them.

Decides how each program is asked. Knows nothing of what is in the files. Where a program is not a library of
this process it runs in one of its own, with a folder of its own.
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import icalendar
import recurring_ical_events

from tests.clients.feeds import FIRST, LAST, Seen
from tests.loopback import serving

HERE = Path(__file__).parent

# Shown these files, with a folder to work in: what each file holds.
Reader = Callable[[Sequence[Path], Path], list[list[Seen]]]


def run(command: Sequence[str | Path], given: str = "", **variables: str) -> str:
    """What it prints with `given` on its standard input; AssertionError with what it said if it fails."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "NO_PROXY": "127.0.0.1", **variables}
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


# --- libraries for Python ---------------------------------------------------------------------------------


def _seen(event: Any) -> Seen:
    return Seen(
        str(event["UID"]),
        event["DTSTART"].dt.astimezone(UTC),
        event["DTEND"].dt.astimezone(UTC),
        str(event["SUMMARY"]),
        str(event.get("DESCRIPTION", "")),
    )


def read_with_icalendar(paths: Sequence[Path], folder: Path) -> list[list[Seen]]:
    calendars = [icalendar.Calendar.from_ical(path.read_bytes()) for path in paths]
    for calendar in calendars:
        assert not [component.errors for component in calendar.walk() if component.errors]
    return [[_seen(event) for event in calendar.walk("VEVENT")] for calendar in calendars]


def read_with_recurring_ical_events(paths: Sequence[Path], folder: Path) -> list[list[Seen]]:
    found = []
    for path in paths:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            found.append([_seen(event) for event in recurring_ical_events.of(calendar).between(FIRST, LAST)])
    return found


# --- libraries for JavaScript -----------------------------------------------------------------------------


def run_script(script: str, paths: Sequence[Path]) -> list[list[dict[str, Any]]]:
    # A machine's zone has no say in a feed without floating times; one that is far from all others shows it.
    found: list[list[dict[str, Any]]] = json.loads(run(["node", HERE / script, *paths], TZ="Pacific/Apia"))
    return found


def read_with_script(script: str, paths: Sequence[Path], folder: Path) -> list[list[Seen]]:
    return [
        [
            Seen(
                event["uid"],
                datetime.fromisoformat(event["start"]),
                datetime.fromisoformat(event["end"]),
                event["summary"],
                event["description"],
            )
            for event in events
        ]
        for events in run_script(script, paths)
    ]


# --- khal -------------------------------------------------------------------------------------------------

_KHAL_LOCALE = """
[locale]
local_timezone = Pacific/Apia
default_timezone = Pacific/Apia
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%dT%H:%M:%S%z
"""
_KHAL = """
import json, sys
from khal.cli import main_khal
for command in json.load(sys.stdin):
    try:
        main_khal(command)
    except SystemExit as end:
        if end.code:
            raise
"""


class Khal:
    """khal with a calendar for each of the named vdirs, and its own files in `folder`."""

    def __init__(self, vdirs: Mapping[str, Path], folder: Path) -> None:
        self._config = folder / "khal.conf"
        self._names = tuple(vdirs)
        lines = ["[calendars]"]
        for name, vdir in vdirs.items():
            vdir.mkdir(parents=True, exist_ok=True)
            lines += [f"[[{name}]]", f"path = {vdir}"]
        lines += ["[sqlite]", f"path = {folder / 'khal.db'}", _KHAL_LOCALE]
        self._config.write_text("\n".join(lines), encoding="utf-8")

    def _run(self, *commands: Sequence[str | Path]) -> str:
        """Each of the commands, one after the other, in one process: khal's start is what takes long."""
        listed = [["--config", str(self._config), *map(str, command)] for command in commands]
        return run([sys.executable, "-c", _KHAL], given=json.dumps(listed))

    def import_files(self, calendars: Mapping[Path, str]) -> None:
        """Each file into the calendar that is named with it."""
        self._run(*(["import", "--batch", "-a", calendar, path] for path, calendar in calendars.items()))

    def events(self) -> dict[str, list[Seen]]:
        """What is in each calendar."""
        fields = ("calendar", "uid", "start-long", "end-long", "title", "description")
        options = [option for field in fields for option in ("--json", field)]
        days = self._run(["list", *options, f"{FIRST:%Y-%m-%d}", f"{LAST:%Y-%m-%d}"])
        # One line for each day; an event that goes past midnight is in two of them.
        events = {
            tuple(event[field] for field in fields) for day in days.splitlines() for event in json.loads(day)
        }
        found: dict[str, list[Seen]] = {name: [] for name in self._names}
        for calendar, uid, start, end, title, description in events:
            begin, until = (datetime.fromisoformat(at).astimezone(UTC) for at in (start, end))
            found[calendar].append(Seen(uid, begin, until, title, description))
        return found


def read_with_khal(paths: Sequence[Path], folder: Path) -> list[list[Seen]]:
    khal = Khal({path.stem: folder / "vdirs" / path.stem for path in paths}, folder)
    khal.import_files({path: path.stem for path in paths})
    events = khal.events()
    return [events[path.stem] for path in paths]


# --- vdirsyncer -------------------------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which the files of `folder` are on this machine's loopback."""
    with serving(partial(_Quiet, directory=str(folder))) as url:
        yield url


def vdirsyncer_sync(addresses: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Bring the vdir of each named address up to date; where they are."""
    vdirs = {name: folder / "vdirs" / name for name in addresses}
    lines = ["[general]", f"status_path = {json.dumps(str(folder / 'status'))}"]
    for name, address in addresses.items():
        vdirs[name].mkdir(parents=True, exist_ok=True)
        pair = name.replace("-", "_")
        lines += [f"[pair {pair}]", f'a = "{pair}_vdir"', f'b = "{pair}_feed"', "collections = null"]
        lines += [f"[storage {pair}_feed]", 'type = "http"', f"url = {json.dumps(address)}"]
        lines += [f"[storage {pair}_vdir]", 'type = "filesystem"', 'fileext = ".ics"']
        lines += [f"path = {json.dumps(str(vdirs[name]))}"]
    config = folder / "vdirsyncer.conf"
    is_known = config.exists()
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for command in ("sync",) if is_known else ("discover", "sync"):
        run([sys.executable, "-m", "vdirsyncer", "--config", config, command])
    return vdirs


def read_with_vdirsyncer(paths: Sequence[Path], folder: Path) -> list[list[Seen]]:
    """What khal shows of that which vdirsyncer fetched over HTTP.

    vdirsyncer gives events of web feeds UIDs of its own, made from their content.
    """
    web = folder / "web"
    web.mkdir()
    for path in paths:
        (web / path.name).write_bytes(path.read_bytes())
    with served(web) as address:
        vdirs = vdirsyncer_sync({path.stem: f"{address}/{path.name}" for path in paths}, folder)
    events = Khal(vdirs, folder).events()
    return [events[path.stem] for path in paths]


READERS: dict[str, Reader] = {
    "icalendar": read_with_icalendar,
    "recurring_ical_events": read_with_recurring_ical_events,
    "ical.js": partial(read_with_script, "read_ical_js.mjs"),
    "node-ical": partial(read_with_script, "read_node_ical.mjs"),
    "khal": read_with_khal,
    "vdirsyncer": read_with_vdirsyncer,
}
