"""From nothing to a plan that runs: `calsync init`, `auth google`, and `doctor` for what is not well."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from calsync import waits
from calsync.cli.options import Common, common_options, format_option, now_option
from calsync.errors import ConfigError, TargetUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from calsync.app.new_config import Answers
    from calsync.app.setup import Setup
    from calsync.calendars.caldav.account import Accounts
    from calsync.calendars.google.auth import OAuthClient, ServiceAccount
    from calsync.config.settings import CaldavBusy, CaldavTarget
    from calsync.records import Token


@click.command(short_help="Write a config, after a few questions.")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--defaults", is_flag=True, help="Ask nothing: a usual week, and no calendar yet.")
@click.option("--force", is_flag=True, help="Replace the config that is there.")
@now_option
@common_options
def init(common: Common, path: Path | None, *, defaults: bool, force: bool, now: datetime) -> None:
    """Ask a few questions, and write a config to PATH, by default ./config.toml.

    It asks about your week, when you run, the calendar that says when you are busy, when you can do
    strength, and how much of it you have done; about your race if you build up to one or your training
    calendar has one, and your time zone only if it can't be detected. Everything can be changed later:
    `calsync config edit` opens the file, where all other settings are explained, too.

    At a question, ? explains it and b goes back to the one before. Answers can come from a pipe, one a line;
    where they end, defaults are taken. Nothing is written before the last one. A config with a secret address
    in it can be read by you alone.
    """
    from calsync.cli.asking import Asking
    from calsync.cli.questions import ask_all, is_utc, machine_zone, summary
    from calsync.files import real_path

    path = _config_file(path or common.config or Path("config.toml"), force=force)
    zone = machine_zone()
    asking = Asking(asks=not defaults)
    if asking.asks:
        click.echo(f"A few questions, then {path} is written. Press Enter for the [default],")
        click.echo("? for an explanation, b to go back. Ctrl-C stops, and nothing is written.")
    if zone is not None and not (asking.asks and is_utc(zone)):
        click.echo(f"Time zone: {zone.key}, as this computer says; the file can name another.")
        if is_utc(zone):
            note = "Servers say so. Is yours another? Start again with TZ=Europe/London in front."
            click.echo(click.style(note, fg="yellow"))
    answers = ask_all(asking, zone, real_path(path).parent, now, common.listener())
    _write(_config_file(path, force=force), answers)
    if asking.asks:
        _print_summary(summary(answers))
    _say_what_next(path, answers)


def _print_summary(lines: "Iterable[tuple[str, str]]") -> None:
    import textwrap

    from calsync.cli.templates import terminal_width

    room = max(terminal_width() - 15, 20)
    click.echo()
    for what, text in lines:
        wrapped = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(wrapped):
            label = "" if number else what
            click.echo(f"  {click.style(f'{label:<11}', bold=True)} {line}")


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
        ("push", f"write the calendar, {path.parent / FEED_FILE}"),
        # Otherwise it listens on this machine only.
        ("serve --host 0.0.0.0", "keep it up to date, and serve it to your phone"),
    )
    commands = [f"calsync {command}{option}" for command, _ in steps]
    room = max(map(len, commands)) + 2
    is_wide = room + max(len(what) for _, what in steps) + 2 <= terminal_width()
    for command, (_, what) in zip(commands, steps, strict=True):
        click.echo("  " + click.style(command, bold=True) + (" " * (room - len(command)) + what) * is_wide)
        if not is_wide:
            click.echo(f"      {what}")
    click.echo(f"Other races, trips, holidays, and all other settings: `calsync config edit{option}`.")


@click.group(short_help="Look at the settings, or edit them.")
@common_options
def config(_common: Common) -> None:
    """Look at the settings that are in force, or edit the config."""


@config.command(short_help="Print the settings that are in force.")
@common_options
def show(common: Common) -> None:
    """Print all settings that are in force, as TOML. What the config doesn't name is marked as default.

    The addresses of calendars are shortened, as anyone who has them can read the calendars.
    """
    from calsync.config.shown import settings_in_force

    click.echo(settings_in_force(common.setup().config), nl=False)


@config.command(short_help="Open the config in your editor.")
@common_options
def edit(common: Common) -> int:
    """Open the config in the editor that $VISUAL or $EDITOR names, and check it when you close it.

    If something is wrong with it, you can edit it again, or go back to what it was.
    """
    from calsync.files import read_file, write_atomically

    path = common.config_path()
    before = read_file(path)
    while True:
        click.edit(filename=str(path))
        problem = _problem_of(common)
        if problem is None:
            unchanged = read_file(path) == before
            click.echo(
                "Nothing has changed." if unchanged else f"{path} is fine; `calsync plan` shows your weeks."
            )
            return 0
        if not sys.stdin.isatty():
            raise problem
        click.echo(click.style(str(problem), fg="red"), err=True)
        answer = click.prompt(
            "Edit it again (e), go back to what it was (b), or keep it as it is (k)?",
            type=click.Choice(["e", "b", "k"]),
            default="e",
            show_choices=False,
        )
        if answer == "b":
            write_atomically(path, before, mode=path.stat().st_mode & 0o777)
            click.echo(f"{path} is as it was.")
            return 0
        if answer == "k":
            return problem.exit_code


def _problem_of(common: Common) -> ConfigError | None:
    from calsync.app.setup import load_setup

    try:
        load_setup(common.config_path(), common.listener()).close()
    except ConfigError as problem:
        return problem
    return None


@click.group(short_help="Allow calsync to use Google Calendar or a CalDAV server.")
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
    google and there is none yet. calsync can't read your titles, and can't write to any other calendar.

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


@auth.command("caldav", short_help="Find your calendars on a CalDAV server, and make one.")
@now_option
@common_options
def caldav(common: Common, now: datetime) -> None:
    """Sign in to the CalDAV servers of the config, and list the calendars that there are.

    Then the calendar of each target is created, if it is not there yet, and its address is printed. Who
    signs in is in the tables of the type caldav: username, and password_env or password_command. Most
    providers want an app password: docs/caldav.md says where to get it.
    """
    from calsync.errors import CalsyncError, all_of

    setup = common.setup()
    if setup.caldav is None:
        click.echo('The config has no target and no busy source of the type "caldav" yet.')
        return
    failures: list[CalsyncError] = []
    titles: dict[str, str] = {}
    for (server, username), settings in setup.caldav.sign_ins().items():
        try:
            titles |= _list_calendars(setup.caldav, server, username, settings)
        except CalsyncError as problem:
            failures.append(problem)
    if failures:
        raise all_of(failures)
    with setup.state.lock(waits.NEW_CONSENT):
        created = setup.caldav.create_missing(now, anew=False)
    for name in created:
        click.echo(f"{name}: the calendar has been created.")
    _report_caldav(setup, setup.caldav, titles, now)


def _list_calendars(
    accounts: "Accounts", server: str, username: str, settings: "CaldavBusy | CaldavTarget"
) -> dict[str, str]:
    """Print them: their titles, by their addresses."""
    from calsync.addresses import shown
    from calsync.calendars.caldav.busy import name_of, not_read
    from calsync.words import one_line

    account, calendars = accounts.look(settings)
    signed_in = click.style("signed in", fg="green")
    click.echo(f"{shown(server)}: {signed_in} as {one_line(username)}. Its calendars:")
    for one in calendars:
        said = [why] if (why := not_read(accounts, one)) else []
        if not one.can_write:
            said.append("can't be written")
        more = f" ({', '.join(said)})" if said else ""
        click.echo(f"  {click.style(name_of(one), bold=True)}{more}")
        click.echo(click.style(f"    {one.url}", dim=True))
    if not calendars:
        click.echo("  none")
    places = ", ".join(dict.fromkeys(filter(None, (account.principal, *account.homes))))
    click.echo(click.style(f"  The account is at {places}.", dim=True))
    return {one.url: name_of(one) for one in calendars}


def _report_caldav(setup: "Setup", accounts: "Accounts", titles: "Mapping[str, str]", now: datetime) -> None:
    """Read each calendar that calsync keeps or asks once, so that it is sure that all is well."""
    from calsync.app.gather import ask_busy
    from calsync.config.settings import CaldavBusy, CaldavTarget
    from calsync.planning.problem import busy_window
    from calsync.words import counted

    for target in setup.config.targets:
        if isinstance(target, CaldavTarget):
            calendar = accounts.calendar(target)
            held = len(calendar.load().contents.events)
            title = titles.get(calendar.url) or target.calendar
            called = f'"{title}" ' if title else ""
            click.echo(f"{target.name}: the calendar {called}holds {counted(held, 'event')}.")
            if target.calendar and title != target.calendar:
                click.echo(
                    f'  The config calls it "{target.calendar}". Its title is yours: change either of them.'
                )
            if target.calendar_url is None:
                click.echo(f'  calendar_url = "{calendar.url}"')
                click.echo("  With this line in its table, calsync finds it without the state folder, too.")
    window = busy_window(setup.config.program, now, setup.config.zone)
    for source in setup.config.sources:
        if isinstance(source, CaldavBusy):
            answer = ask_busy(setup, source, window, now, what=f'busy source "{source.name}"', remember=False)
            for text in (*answer.notes, *answer.trouble):
                click.echo(f"{source.name}: {text}")


@click.command(short_help="Check that everything works.")
@format_option("text", "json")
@now_option
@common_options
def doctor(common: Common, *, output: str, now: datetime) -> int:
    """Check config, templates, busy calendars, targets, Google, state folder and schedule.

    Each line is "ok", or says what to do. Nothing is changed. Titles of busy time and the addresses of feeds
    are not shown.

    Ends with exit code 0 if nothing failed; warnings don't count. Otherwise with the code of the most serious
    failure: 3 (config or template) before 6 (refused), 4 (authorisation) and 5 (not reached).
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
