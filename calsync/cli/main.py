"""The command group, and how a command ends: errors become messages and exit codes.

Starting fast: this imports click alone, and a command's module only when it runs or shows help. Those modules
import what they need inside their functions, so that --help has nothing to wait for.
"""

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from calsync import __version__
from calsync.cli.options import Common, common_options
from calsync.errors import INTERRUPTED, CalsyncError, Unavailable

# Each command, in the order of the help, and the module of this folder that has it.
COMMANDS = {
    "init": "setup",
    "config": "setup",
    "plan": "plan",
    "push": "plan",
    "busy": "plan",
    "export": "plan",
    "skip": "wishes",
    "move": "wishes",
    "release": "wishes",
    "done": "wishes",
    "missed": "wishes",
    "checkin": "training",
    "history": "training",
    "lint": "templates",
    "templates": "templates",
    "serve": "serve",
    "auth": "setup",
    "notify": "notify",
    "schedule": "serve",
    "doctor": "setup",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"calsync.cli.{COMMANDS[name]}")
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise click.UsageError(f'There is no command "{args[0]}".{hint}', ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 2 wrong usage, 3 config or template, 4 authorisation needed, 5 something "
    "could not be reached or written, 6 refused to protect data, 130 interrupted.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@common_options
def calsync(_common: Common) -> None:
    """Place strength sessions around a runner's training, and keep the calendar up to date.

    calsync reads week templates and when you are busy, finds the best places for strength, and writes a
    calendar that phones subscribe to. Start with these:

    \b
      calsync init     answer a few questions, and get a config.toml
      calsync plan     look at the coming weeks
      calsync push     bring the calendars up to date
    """


def colours() -> bool | None:
    """False if NO_COLOR is set (no-color.org); otherwise None, and click looks for a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def run() -> int:
    """Run the command line; the process's exit code."""
    common = Common()
    for stream in (sys.stdout, sys.stderr):
        # A title with letters that the terminal lacks is no reason to stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        _refuse_control_characters(sys.argv[1:])
        result: Any = calsync.main(prog_name="calsync", standalone_mode=False, color=colours(), obj=common)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as problem:
        message = io.StringIO()
        problem.show(message)
        click.echo(_without_keys(message.getvalue()), err=True, nl=False)
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except CalsyncError as problem:
        _say_error(str(problem))
        return problem.exit_code
    except SystemExit as end:
        # click and rich both end with 1 when whoever read our output has seen enough (`calsync plan | head`).
        # That is no failure; and nothing else here raises SystemExit.
        return end.code if isinstance(end.code, int) and end.code != 1 else 0
    except OSError as problem:
        # With a file's name it is not about the output, and should have been caught where the file is used.
        return _say_bug(problem, common) if problem.filename else _say_output_failed(problem, common)
    except Exception as problem:  # noqa: BLE001 - the last resort: a bug, said in a way that can be reported
        return _say_bug(problem, common)


def _refuse_control_characters(words: Sequence[str]) -> None:
    """So that no message, and no file that is named after one, has to say them. Raises UsageError."""
    for word in words:
        if not word.isprintable():  # which most are, and then nothing has to be imported
            from calsync.addresses import hidden
            from calsync.words import is_plain, on_one_line

            if not is_plain(word):
                raise click.UsageError(f'"{on_one_line(hidden(word))}" has control characters')


def _without_keys(message: str) -> str:
    """The message about wrong usage, without the key to a calendar that an option may have got by mistake."""
    from calsync.addresses import hidden, hidden_path

    for word in sys.argv[1:]:
        for given in (word, word.partition("=")[2]):
            if hidden(given) != given:
                message = message.replace(given, hidden_path(Path(given)))
    return message


def _say_error(message: str) -> None:
    # `--help` and `--version` do without: it brings 12 modules along.
    from calsync.words import on_one_line

    text = click.style("Error: ", fg="red", bold=True) + on_one_line(message)
    click.echo(text, err=True, color=colours())


def _say_output_failed(problem: OSError, common: Common) -> int:
    """Standard output can't be written, such as on a full disk. All else is caught where it is known."""
    # What is left in the buffer would fail again, and loudly, when the interpreter ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if problem.errno != errno.EPIPE:
        if common.verbose:
            _print_where(problem)
        _say_error(f"the output can't be written: {problem.strerror}")
        return Unavailable.exit_code
    return 0


def _say_bug(problem: Exception, common: Common) -> int:
    if common.verbose:
        _print_where(problem)
    kind: Any = type(problem).__name__
    from calsync.addresses import hidden

    _say_error(f"this is a bug in calsync {__version__}: {kind}: {hidden(str(problem))}")
    if not common.verbose:
        click.echo("Run the same command with --verbose to see where.", err=True)
    return CalsyncError.exit_code


def _print_where(problem: Exception) -> None:
    import traceback

    traceback.print_exception(problem)
