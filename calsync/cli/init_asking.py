"""Asking a person, or a pipe that answers line by line.

Decides how an answer is asked for again, and what the end of the answers means: defaults, unless the last
answer was a wrong one, which nothing may stand in for. Knows nothing of what is asked.
"""

import contextlib
import itertools
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from calsync.cli.week_picture import terminal_width

T = TypeVar("T")
# Something that answers without reading (`yes | calsync init`) would be asked for ever.
_PATIENCE = 10


@dataclass(slots=True)
class Asking:
    """A round of questions. `asks` is False where defaults are wanted and nothing is asked."""

    count: int
    """How many questions there will be."""
    asks: bool = True
    asked: int = 0

    def ask(self, title: str, parse: Callable[[str], T], default: str | None, explained: str = "") -> T:
        """What `parse` makes of the answer; its ValueError says what is wrong, and the question comes again.

        `default` is what an empty answer stands for; None if there must be one. Raises UsageError or Abort.
        """
        if not self.asks:
            return parse(_needed(title, default))
        self.asked += 1
        click.echo()
        click.echo(click.style(f"{self.asked}/{self.count}  {title}", bold=True))
        if explained:
            click.echo(explained)
        wrong = ""
        for _ in itertools.count() if _is_terminal() else range(_PATIENCE):
            answer = _line(f"> [{default}] " if default is not None else "> ")
            if answer is None:
                if wrong:
                    raise click.UsageError(f"{title} {wrong}, and no other answer came; nothing was written")
                return parse(_needed(title, default))
            try:
                if not answer.isprintable():
                    raise ValueError("that has characters that can't be printed")
                return parse(_needed(title, answer or default))
            except ValueError as problem:
                wrong = str(problem)
            except click.UsageError:
                wrong = "an answer is needed here"
            end = "" if wrong.endswith("?") else "."
            say(wrong + end, "red")
        raise click.UsageError(f"{title} {wrong}; nothing was written")


def say(text: str, colour: str) -> None:
    """What is said about an answer, below it; in a pipe on one line."""
    sentence = f"{text[:1].upper()}{text[1:]}"
    if sys.stdout.isatty():
        room = terminal_width() - 3
        lines = textwrap.wrap(sentence, room, break_long_words=False, break_on_hyphens=False)
    else:
        lines = [sentence]
    for line in lines:
        click.echo("   " + click.style(line, fg=colour))


def _line(prompt: str) -> str | None:
    """The next answer; None where there are no more. Raises Abort if a person wants to stop."""
    if _is_terminal():
        _edit_lines()
    try:
        answer = input(prompt).strip()
    except UnicodeDecodeError:
        return "\ufffe"  # what can't be read can't be printed
    except EOFError:
        click.echo()
        if _is_terminal():
            raise click.Abort from None
        return None
    except KeyboardInterrupt:
        click.echo()
        raise
    if not _is_terminal():
        # So that a log can be read; the secret in an address is none of its business.
        click.echo(answer if answer.isprintable() and "://" not in answer else "")
    return answer


def _edit_lines() -> None:
    """Arrow keys, and Tab for names of files, where Python has readline."""
    with contextlib.suppress(ImportError):
        import readline

        readline.set_completer_delims("\n")  # a path is one word, with all that is in it
        readline.parse_and_bind("tab: complete")


def _needed(title: str, answer: str | None) -> str:
    if answer is None:
        raise click.UsageError(f"{title} An answer is needed; nothing was written")
    return answer


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
