"""How a person is asked at a terminal, or a pipe: one question after the other, with a way back."""

import contextlib
import itertools
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from calsync.cli.templates import terminal_width

T = TypeVar("T")
# Something that answers without reading (`yes | calsync init`) would be asked for ever.
_PATIENCE = 10


class Back(Exception):
    """The answer to the question before is to be another one."""


@dataclass(frozen=True, slots=True)
class Question:
    """`explained` is shown below the title, as it is; `more` where the answer is "?"."""

    title: str
    explained: str
    more: str = ""


@dataclass(slots=True)
class Asking:
    """A round of questions. `asks` is False where defaults are wanted and nothing is asked."""

    asks: bool = True
    asked: int = 0
    """How many questions have an answer."""

    def ask(
        self,
        question: Question,
        parse: Callable[[str], T],
        default: str | None,
        understood: Callable[[T], str] = lambda answer: "",
    ) -> T:
        """What `parse` makes of the answer; its ValueError says what is wrong, and the question comes again.

        `default` is what an empty answer means; None if there must be one. `understood` says what the answer
        was taken for. Raises Back, UsageError or Abort.
        """
        title = question.title
        if not self.asks:
            return parse(_needed(title, default))
        click.echo()
        click.echo(click.style(f"{self.asked + 1}  {title}", bold=True))
        click.echo(question.explained)
        wrong = ""
        for _ in itertools.count() if _is_terminal() else range(_PATIENCE):
            answer = _line(f"> [{default}] " if default is not None else "> ")
            if answer is None:
                if wrong:
                    raise click.UsageError(f"{title} {wrong}, and no other answer came; nothing was written")
                return parse(_needed(title, default))
            if answer == "?":
                for line in _wrapped(" ".join((question.more or question.explained).split())):
                    click.echo(f"   {line}")
                continue
            if answer.lower() in ("b", "back"):
                raise Back
            try:
                if not answer.isprintable():
                    raise ValueError("that has characters that can't be printed")
                found = parse(_needed(title, answer or default))
            except ValueError as problem:
                wrong = str(problem)
            except click.UsageError:
                wrong = "an answer is needed here"
            else:
                if text := understood(found):
                    say(text, "green")
                self.asked += 1
                return found
            end = "" if wrong.endswith("?") else "."
            say(wrong + end, "red")
        raise click.UsageError(f"{title} {wrong}; nothing was written")


def say(text: str, colour: str) -> None:
    """What is said about an answer, below it; in a pipe on one line."""
    from calsync.words import on_one_line

    sentence = on_one_line(f"{text[:1].upper()}{text[1:]}")
    for line in _wrapped(sentence) if sys.stdout.isatty() else [sentence]:
        click.echo("   " + click.style(line, fg=colour))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, terminal_width() - 3, break_long_words=False, break_on_hyphens=False)


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
        from calsync.addresses import has_address

        click.echo(answer if answer.isprintable() and "://" not in answer and not has_address(answer) else "")
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
