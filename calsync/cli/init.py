"""`calsync init`: a config for somebody who has none."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calsync.cli.options import Common, common_options, now_option

if TYPE_CHECKING:
    from calsync.app.new_config import Answers


@click.command(short_help="Write a config: five questions at most.")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--defaults", is_flag=True, help="Ask nothing: a usual week, and no calendar yet.")
@click.option("--force", is_flag=True, help="Replace the config that is there.")
@now_option
@common_options
def init(common: Common, path: Path | None, *, defaults: bool, force: bool, now: datetime) -> None:
    """Ask five things at most, and write a config to PATH, by default ./config.toml.

    Asked are the weeks that you want, the calendar that says when you are busy, when strength may be placed,
    and how much of it you have done; your time zone only where this computer doesn't say it. All can be
    changed in the file later, where everything else there is to set is explained.

    Answers can come from a pipe, one a line; where they end, defaults are taken. Nothing is written before
    the last one. A config with a secret address in it can be read by you alone.
    """
    from calsync.cli.asking import Asking, ask_all, machine_zone

    path = _config_file(path or common.config or Path("config.toml"), force=force)
    zone = machine_zone()
    asking = Asking(count=5 if zone is None else 4, asks=not defaults)
    if asking.asks:
        click.echo(f"{asking.count} questions, then {path} is written.")
        click.echo("Enter takes what stands in [brackets], Ctrl-C stops and leaves nothing.")
    if zone is not None:
        click.echo(f"Time zone: {zone.key}, as this computer says; the file can name another.")
        if zone.key.rpartition("/")[2] in ("UTC", "UCT", "GMT", "Universal", "Zulu"):
            note = "Servers say so. Is yours another? Start again with TZ=Europe/London in front."
            click.echo(click.style(note, fg="yellow"))
    answers = ask_all(asking, zone, path.resolve().parent, now, common.listener())
    _write(_config_file(path, force=force), answers)
    _say_what_next(path, answers)


def _config_file(path: Path, *, force: bool) -> Path:
    """Where the config goes, if it may go there. Asked first of all: answers are not to be lost."""
    import os

    from calsync.errors import TargetUnavailable

    if path.is_dir():
        path = path / "config.toml"
    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already; --force replaces it, or name another file")
    folder = next(folder for folder in path.resolve().parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise TargetUnavailable(f"{path} can't be written: {folder} is no folder that you may write to")
    return path


def _write(path: Path, answers: "Answers") -> None:
    from calsync.app.new_config import config_text
    from calsync.config.toml import schema_line
    from calsync.errors import TargetUnavailable
    from calsync.files import write_atomically

    text = config_text(answers, schema_line("config"), _name(path))
    try:
        write_atomically(path, text.encode(), mode=0o600 if answers.is_secret else 0o644)
    except OSError as problem:
        raise TargetUnavailable(f"{path} can't be written: {problem.strerror}") from problem


def _name(path: Path) -> str:
    """That of the config which is replaced; else one that no plan on this machine has.

    Two plans of one name would share skips, moves and check-ins.
    """
    from itertools import count

    from calsync.config.load import plan_name_of
    from calsync.state import state_of

    if name := plan_name_of(path):
        return name
    names = ("training" if number == 1 else f"training-{number}" for number in count(1))
    return next(name for name in names if not state_of(name).folder.exists())


def _say_what_next(path: Path, answers: "Answers") -> None:
    import os
    import shlex

    from calsync.app.new_config import FEED_FILE
    from calsync.cli.templates import terminal_width

    found = Path(os.environ.get("CALSYNC_CONFIG") or "config.toml")
    option = "" if found.resolve() == path.resolve() else f" --config {shlex.quote(str(path))}"
    click.echo()
    click.echo(click.style(f"{path} is written.", fg="green", bold=True))
    if answers.is_secret:
        click.echo("Only you can read it, as it holds a secret address.")
    click.echo("What to do next:")
    steps = (
        ("plan", "look at the coming weeks; nothing is written yet"),
        ("doctor", "check that all is well"),
        ("push", f"write the calendar, {path.parent / FEED_FILE}"),
        ("serve", "keep it up to date, and serve it to your phone"),
        ("serve --show-links", "the addresses to subscribe to, with a QR code"),
        ("schedule", "without a server: let push run by itself"),
    )
    commands = [f"calsync {command}{option}" for command, _ in steps]
    room = max(map(len, commands)) + 2
    is_wide = room + max(len(what) for _, what in steps) + 2 <= terminal_width()
    for command, (_, what) in zip(commands, steps, strict=True):
        click.echo("  " + click.style(command, bold=True) + (" " * (room - len(command)) + what) * is_wide)
        if not is_wide:
            click.echo(f"      {what}")
