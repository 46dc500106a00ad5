"""A terminal with a person at it, for commands that ask: what they show, and what is typed."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass

from tests.cli.box import Box

CTRL_C, CTRL_D = "\x03", "\x04"
# The process becomes its terminal's, so that Ctrl-C reaches it, and then calsync.
_PROGRAM = (
    "import fcntl, os, sys, termios\n"
    "os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'calsync', *sys.argv[1:]])"
)
_PATIENCE = 60
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Terminal:
    process: subprocess.Popen[bytes]
    end: int
    """Our end of the terminal."""
    raw: bytes = b""
    read_to: int = 0

    @classmethod
    def of(cls, box: Box, *args: str, columns: int = 80, **environment: str) -> "Terminal":
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        # An empty COLUMNS counts for nothing; one that stands for the tests' own terminal would.
        env = {"TERM": "xterm-256color", "COLUMNS": "", **environment}
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        process = box.start(*args, env=env, program=[sys.executable, "-c", _PROGRAM], **streams)
        os.close(theirs)
        return cls(process, ours)

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def wait_for(self, text: str) -> str:
        """Read on until `text` is shown; what is new up to there, without colours."""
        while (found := self.plain.find(text, self.read_to)) < 0:
            assert self._read(), f"{text!r} never came: {self.plain[self.read_to :]}"
        start, self.read_to = self.read_to, found + len(text)
        return self.plain[start : self.read_to]

    def press(self, key: str) -> None:
        """A key, until something happens: what comes between CPython's prompt and its wait for a line is not
        heard before the next key. That the terminal shows the key itself is nothing."""
        shown = len(self.raw)
        for _ in range(_PATIENCE):
            self.type(key)
            while select.select([self.end], [], [], 1)[0]:
                if not self._read() or self.raw[shown:].replace(b"^C", b""):
                    return
        raise AssertionError(f"nothing happens: {self.plain[-500:]}")

    def finish(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        os.close(self.end)
        return self.process.wait(_PATIENCE)

    @property
    def plain(self) -> str:
        """All that was shown, without colours."""
        return _ESCAPES.sub("", self.raw.decode(errors="ignore"))

    def _read(self) -> bool:
        is_more = select.select([self.end], [], [], _PATIENCE)[0]
        assert is_more, f"nothing more is shown: {self.plain[-500:]}"
        try:
            data = os.read(self.end, 65536)
        except OSError:  # how Linux says that nobody has the other end open any more
            return False
        self.raw += data
        return bool(data)
