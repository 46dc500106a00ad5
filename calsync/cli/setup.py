"""From nothing to a plan that runs: `calsync init`, `auth google`, and `doctor` for what is not well."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from calsync import waits
from calsync.cli.options import Common, common_options, format_option, now_option
from calsync.errors import TargetUnavailable

if TYPE_CHECKING:
    from calsync.app.new_config import Answers
    from calsync.app.setup import Setup
    from calsync.calendars.google.auth import OAuthClient, ServiceAccount
    from calsync.state import Token


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
    from calsync.files import real_path

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
    answers = ask_all(asking, zone, real_path(path).parent, now, common.listener())
    _write(_config_file(path, force=force), answers)
    _say_what_next(path, answers)


def _config_file(path: Path, *, force: bool) -> Path:
    """Where the config goes, if it may go there. Asked first of all: answers are not to be lost."""
    from calsync.files import real_path

    if path.is_dir():
        path = path / "config.toml"
    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already; --force replaces it, or name another file")
    folder = next(folder for folder in real_path(path).parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise TargetUnavailable(f"{path} can't be written: {folder} is no folder that you may write to")
    return path


def _write(path: Path, answers: "Answers") -> None:
    from calsync.app.new_config import config_text
    from calsync.config.toml import schema_line
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
    import shlex

    from calsync.app.new_config import FEED_FILE
    from calsync.cli.templates import terminal_width
    from calsync.files import real_path

    found = Path(os.environ.get("CALSYNC_CONFIG") or "config.toml")
    option = "" if real_path(found) == real_path(path) else f" --config {shlex.quote(str(path))}"
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


@click.group(short_help="Allow calsync to use Google Calendar.")
@common_options
def auth(_common: Common) -> None:
    """Allow calsync to use a calendar service."""


@auth.command("google", short_help="Allow calsync to use Google Calendar.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="any free one",
    help="The port of this machine to which Google sends the browser back.",
)
@click.option(
    "--no-browser",
    is_flag=True,
    help="Open no browser: print the address, and take the answer by `ssh -L` or pasted.",
)
@now_option
@common_options
def google(common: Common, port: int, no_browser: bool, now: datetime) -> None:
    """Allow calsync to keep a calendar of its own in Google Calendar, and to see when you are busy.

    Your browser opens; tick both boxes. Then the calendar is created, if the config has a target of the type
    google and there is none yet. calsync can read no titles of yours, and write to no other calendar.

    On a server, without a browser:

    \b
      calsync auth google --no-browser --port 8765

    Open the address that is printed on your own computer. When Google has sent the browser to a page that
    can't be opened, copy that page's address and paste it here. Or bring the port to your computer before,
    and the page opens:

    \b
      ssh -L 8765:127.0.0.1:8765 you@server

    With a service account's key as google.credentials there is no consent: access is only tried.
    """
    from dataclasses import replace

    from calsync.calendars.google.auth import OAuthClient

    setup = common.setup()
    account = setup.connection.account
    if isinstance(account, OAuthClient):
        for target in setup.connection.without_calendar:
            # Google lists the calendars of an app only to those who may see all calendars.
            click.echo(
                f'{target.name}: calsync will create the calendar "{target.calendar}". If it already keeps '
                "one (this is a new computer, or the state folder was lost), stop here and write its id "
                "into the target as calendar_id: calsync isn't allowed to look for it.\n",
                err=True,
            )
    token = _consent(account, port, no_browser=no_browser) if isinstance(account, OAuthClient) else None
    with setup.state.lock(waits.NEW_CONSENT):
        if token is not None and isinstance(account, OAuthClient):
            account.token_file.save(replace(token, granted=now))
            click.echo("calsync may use Google Calendar now.")
        created = setup.connection.create_missing(now, anew=False)
    for name in created:
        click.echo(f"{name}: the calendar has been created.")
    _report(setup, account, now)


def _consent(account: "OAuthClient", port: int, *, no_browser: bool) -> "Token":
    from calsync.calendars.google.auth import ask

    def show(url: str, actual: int) -> None:
        if no_browser or not _opened(url):
            click.echo(f"Open this address in a browser:\n\n  {url}\n", err=True)
            click.echo(
                f"Google then sends the browser to http://127.0.0.1:{actual}/. If that page can't be opened, "
                "paste its whole address here:",
                err=True,
            )
        else:
            click.echo("Your browser asks whether calsync may use your calendar …", err=True)

    def pasted() -> str | None:
        # Also without --no-browser: the browser may have opened on another screen.
        return _first_line(sys.stdin)

    return ask(account, port=port, show=show, pasted=pasted)


def _opened(url: str) -> bool:
    import webbrowser

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _first_line(stream: TextIO) -> str | None:
    """The first line with something on it. Read from the descriptor: a thread that waits in Python's own
    buffer would bring the interpreter down when the command ends meanwhile.
    """
    data = b""
    try:
        descriptor = stream.fileno()
        # No address is longer than that.
        while b"\n" not in data.lstrip() and len(data) < 65536:
            if not (more := os.read(descriptor, 65536)):
                break
            data += more
    except (AttributeError, OSError, ValueError):
        return None
    return data.strip().partition(b"\n")[0].decode("utf-8", "replace") or None


def _report(setup: "Setup", account: "OAuthClient | ServiceAccount", now: datetime) -> None:
    """Read each calendar that calsync keeps or asks once, so that it is sure that all is well."""
    from datetime import timedelta

    from calsync.calendars.google.auth import ServiceAccount
    from calsync.config.settings import GoogleBusy, GoogleTarget
    from calsync.timespan import Timespan

    if isinstance(account, ServiceAccount):
        click.echo(f"Service account {account.email}:")
    targets = [target for target in setup.config.targets if isinstance(target, GoogleTarget)]
    for target in targets:
        contents = setup.connection.calendar(target).load().contents
        click.echo(f'{target.name}: the calendar "{target.calendar}" holds {len(contents.events)} events.')
        if target.calendar_id is None:
            click.echo(f'  calendar_id = "{setup.connection.calendar_id(target)}"')
            click.echo("  With this line in its table, calsync finds it without the state folder, too.")
    sources = [source for source in setup.config.sources if isinstance(source, GoogleBusy)]
    if sources:
        setup.connection.free_busy(sources, Timespan(now, now + timedelta(days=1)))
    for source in sources:
        click.echo(f"{source.name}: free/busy of {', '.join(source.calendars)} can be read.")
    if not targets and not sources:
        click.echo('The config has no target and no busy source of the type "google" yet.')


@click.command(short_help="Check that everything works.")
@format_option("text", "json")
@now_option
@common_options
def doctor(common: Common, *, output: str, now: datetime) -> int:
    """Check config, templates, busy calendars, targets, Google, state folder and schedule.

    Each line is "ok", or says what to do. Nothing is changed, and nothing written. Titles of busy time and
    the addresses of feeds are not shown.

    Ends with exit code 0 if nothing failed: a warning is no failure. Otherwise with that of the failed check
    that needs you most: 3 (config or template) before 6 (refused), 4 (authorisation) and 5 (not reached).
    """
    from calsync.app.doctor import all_checks
    from calsync.app.doctor.report import exit_code
    from calsync.cli.reports import print_report, report_json

    checks = all_checks(common.config, now, common.listener())
    if output == "json":
        click.echo(report_json(checks))
    else:
        print_report(checks)
    return exit_code(checks)
