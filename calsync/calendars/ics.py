"""An ICS feed: one file that holds the plan's events, replaced as a whole.

Decides what is kept of the file that is there, and when it is written at all. How an event looks in iCalendar
is decided in ics_format.py.
"""

import contextlib
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.calendars.ics_format import PRODID, Stamp, calendar_bytes, event_bytes, parse_event
from calsync.errors import RefusedToProtectData, TargetUnavailable
from calsync.event import Contents, StoredEvent
from calsync.files import temporary_files, write_atomically
from calsync.sync.changes import Action, Applied, Change

KEEP_PAST = timedelta(weeks=8)

_EVENT = re.compile(
    rb"^BEGIN:VEVENT\r?\n.*?^END:VEVENT[ \t]*\r?\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_LINE_END = re.compile(rb"\r?\n")
# No line of iCalendar holds these, so an event that does is damaged.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(content) is None


@dataclass(frozen=True, slots=True)
class _Block:
    """An event of the file: its bytes as they are, and what they say if it is one of ours."""

    content: bytes
    uid: str
    stored: StoredEvent | None = None
    stamp: Stamp | None = None


class IcsCalendar:
    """The feed at `path` of the plan `plan`, with times in `zone`.

    `is_ours` says that calsync is known to have written a file there, whatever is left of it.
    """

    def __init__(self, name: str, path: Path, plan: str, zone: ZoneInfo, *, is_ours: bool = False) -> None:
        self.name = name
        self._is_ours = is_ours
        self._path = path
        self._plan = plan
        self._zone = zone
        self._content: bytes | None = None
        self._blocks: tuple[_Block, ...] = ()

    def load(self) -> Contents:
        """What the file holds. A missing or damaged file holds what is still whole in it, maybe nothing.

        Raises TargetUnavailable if it can't be read, RefusedToProtectData if it is somebody else's calendar.
        """
        try:
            self._content = self._path.read_bytes()
        except FileNotFoundError:
            self._content = None
        except OSError as problem:
            raise TargetUnavailable(
                f"{self.name}: {self._path} can't be read: {problem.strerror}"
            ) from problem
        blocks = {}
        for match in _EVENT.finditer(self._content or b""):
            # An editor or a version control system may have changed the line ends.
            block = self._block(_LINE_END.sub(b"\r\n", match[0].rstrip() + b"\r\n"))
            if block is not None:
                # In a damaged file a UID may stand twice: the later one is the one that clients show.
                blocks[block.uid] = block
        self._blocks = tuple(blocks.values())
        self._refuse_foreign_file()
        found = (block.stored for block in self._blocks if block.stored)
        return Contents(tuple(sorted(found, key=lambda event: (event.span, event.key))))

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Bring the file up to date; it is left untouched if its content stays the same.

        Raises TargetUnavailable if it can't be written; the old file is there then, whole.
        """
        self._sweep()
        content = self._content_after(changes, now)
        if content == self._content:
            return Applied(tuple(changes))
        try:
            write_atomically(self._path, content, mode=self._mode())
        except OSError as problem:
            message = f"{self.name}: {self._path} can't be written: {problem.strerror}"
            raise TargetUnavailable(message) from problem
        self._content = content
        return Applied(tuple(changes))

    def _sweep(self) -> None:
        """Remove what a push that was killed while it wrote has left in the folder that the web sees."""
        with contextlib.suppress(OSError):
            for leftover in temporary_files(self._path):
                leftover.unlink()

    def _mode(self) -> int:
        """A web server reads the feed, so others may, unless the owner of the file has said otherwise."""
        try:
            return stat.S_IMODE(self._path.stat().st_mode)
        except OSError:
            return 0o644

    def _content_after(self, changes: Sequence[Change], now: datetime) -> bytes:
        by_key = {block.stored.key: block for block in self._blocks if block.stored}
        foreign = [block.content for block in self._blocks if block.stored is None]
        for change in changes:
            if change.action is Action.WITHDRAW:
                by_key.pop(change.key, None)
            elif change.action in (Action.INSERT, Action.UPDATE) and change.wanted:
                before = by_key.get(change.key)
                stamp = Stamp.after(before.stamp if before else None, now)
                content = event_bytes(change.wanted, self._plan, self._zone, stamp)
                stored = StoredEvent(change.wanted, change.wanted.span)
                by_key[change.key] = _Block(content, "", stored, stamp)
        recent = [
            (block.stored.span, key, block.content)
            for key, block in by_key.items()
            if block.stored and block.stored.span.end > now - KEEP_PAST
        ]
        recent.sort(key=lambda entry: entry[:2])
        first_year = (recent[0][0].start if recent else now).year - 1
        events = [content for _, _, content in recent] + foreign
        return calendar_bytes(events, self._plan, self._zone, first_year)

    def _block(self, content: bytes) -> _Block | None:
        """What stands between BEGIN and END; None if it is damaged beyond what can be read."""
        parsed = parse_event(content, self._plan) if _is_text(content) else None
        if parsed is None:
            return None
        if parsed.event is None or parsed.stamp is None:
            return _Block(content, parsed.uid)
        # Nearly always the same bytes. If not, something was damaged that says nothing, and is healed here.
        content = event_bytes(parsed.event, self._plan, parsed.zone or self._zone, parsed.stamp)
        return _Block(content, parsed.uid, StoredEvent(parsed.event, parsed.event.span), parsed.stamp)

    def _refuse_foreign_file(self) -> None:
        """A file that calsync did not make is not overwritten, however its path came into the config."""
        content = self._content or b""
        has_trace = PRODID.encode() in content or any(block.stored for block in self._blocks)
        # What a power cut can leave of a file is nothing, or zeros.
        if self._is_ours or has_trace or not content.strip(b"\0 \t\r\n"):
            return
        raise RefusedToProtectData(
            f"{self.name}: {self._path} is a file that calsync did not write; nothing was changed. Give the "
            "target a path of its own, or delete the file"
        )
