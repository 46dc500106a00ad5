"""`calsync auth google`: the consent, and the calendar that calsync keeps."""

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import click

from calsync import waits
from calsync.cli.options import Common, common_options, now_option

if TYPE_CHECKING:
    from calsync.app.gather import Setup
    from calsync.calendars.google.auth import OAuthClient, ServiceAccount
    from calsync.state import Token


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
