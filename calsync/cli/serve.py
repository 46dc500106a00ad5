"""What runs unattended: `calsync serve`, and `schedule` for what cron or systemd starts."""

import contextlib
import io
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from calsync.cli.options import Common, Instant, common_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calsync.app.gather import Gathered
    from calsync.app.push import Pushed
    from calsync.app.schedule import Job
    from calsync.app.serve import Subscriptions
    from calsync.planning.what_if import Explainer


class _Interval(click.ParamType[timedelta]):
    """A duration of a minute to a day."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from calsync.config.settings import round_time

        if isinstance(value, timedelta):
            return value
        try:
            return round_time(value)
        except ValueError as problem:
            self.fail(f"{problem}, found {value!r}", param, ctx)


_OR_CONFIG = "[default: the config's, or {}]"


@click.command(short_help="Serve the feeds and a week page.")
@click.option(
    "--host", help=f"Listen here; 0.0.0.0 means every network interface.  {_OR_CONFIG.format('127.0.0.1')}"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"The port; 0 takes any free one.  {_OR_CONFIG.format('8642')}",
)
@click.option(
    "--url",
    metavar="URL",
    help="The server's address as others see it, such as https://training.example.org behind a proxy.  "
    "[default: the config's]",
)
@click.option(
    "--every",
    type=_Interval(),
    metavar="DURATION",
    help=f"How often to plan again and write the feeds, from 1m to 24h.  {_OR_CONFIG.format('15m')}",
)
@click.option("--show-links", is_flag=True, help="Print the addresses to subscribe to, and exit.")
@click.option("--only-plan", is_flag=True, hidden=True, help="What the server runs for each plan.")
@click.option("--rotate-secret", is_flag=True, help="Make new addresses, print them, and exit.")
@click.option(
    "--now",
    type=Instant(),
    metavar="INSTANT",
    show_default="the clock",
    help="Pretend that it is always this moment, such as 2026-11-23T06:00:00+00:00.",
)
@common_options
def serve(
    common: Common,
    *,
    host: str | None,
    port: int | None,
    url: str | None,
    every: timedelta | None,
    show_links: bool,
    only_plan: bool,
    rotate_secret: bool,
    now: datetime | None,
) -> None:
    """Serve the ICS feeds and a page of the week over HTTP, and keep them up to date.

    The feeds of the config are planned and written as `calsync push` does; other targets are left to it,
    but for what you do on the page: that is written everywhere.
    Where it listens and how often it plans can be kept in the config, in the table [serve].
    When a calendar can't be read, the last good plan stays, and the page says so. The addresses hold a long
    secret: --show-links prints them, with a QR code on a terminal.

    SIGHUP plans at once, SIGTERM ends. Needs the extra `serve`; in a checkout: pip install '.[serve]'.
    """
    from calsync.app.serve import ServerAddress, run_server, subscriptions
    from calsync.app.setup import load_setup
    from calsync.app.worker import Worker, plan_for_server

    if show_links or rotate_secret:
        setup = common.setup()
        address = ServerAddress.of(setup.config.serve, host, port, url)
        _print_links(subscriptions(setup, address, rotates=rotate_secret), rotated=rotate_secret)
        if not address.answers(setup.state):
            click.echo(
                f"No server runs there yet ({address.place}): start it with `calsync serve`.", err=True
            )
        return
    # Progress would end up between the lines of a log.
    listener = common.listener(shows_progress=False)
    if only_plan:
        clock = partial(datetime.now, UTC) if now is None else lambda: now
        load = partial(load_setup, common.config_path(), listener)
        plan_for_server(load, clock, _Words(), sys.stdin.buffer, sys.stdout.buffer)
        return
    setup = load_setup(common.config_path(), listener)
    settings = setup.config.serve
    address = ServerAddress.of(settings, host, port, url)
    command = [sys.executable, "-P", "-m", "calsync", "serve", "--only-plan"]
    command += ["--config", str(setup.config.path.absolute())]
    command += ["--now", now.isoformat()] if now else []
    command += ["--verbose"] if common.verbose else []
    try:
        run_server(setup, address, every or settings.every, now, Worker(command, _print, _complain), _say)
    finally:
        setup.close()


def _print_links(links: "Subscriptions", *, rotated: bool) -> None:
    from calsync.web.server import qr_lines

    def show_qr(address: str) -> None:
        if sys.stdout.isatty():
            for line in qr_lines(address):
                # In colours of its own: on a light terminal the blocks would be inverted.
                click.echo(click.style(line, fg="bright_white", bg="black"))

    if rotated:
        text = "The old addresses no longer work, of feeds and of pages: subscribe again with the new ones."
        click.echo(text, err=True)
    for name, addresses in links.feeds:
        click.echo(click.style(name, bold=True))
        click.echo(f"  {addresses.webcal}\n  {addresses.https}")
        show_qr(addresses.webcal)
    click.echo(click.style("week page", bold=True))
    click.echo(f"  {links.page}")
    show_qr(links.page)
    if links.only_here:
        message = "These addresses work on this machine only: --host and --url make them work elsewhere"
        click.echo(f"{message} (docs/subscribing.md).", err=True)


def _say(message: str) -> None:
    from calsync.words import on_one_line

    with contextlib.suppress(OSError):
        click.echo(on_one_line(message), err=True)


class _Words:
    """A plan in the words of the command line."""

    def changes(self, pushed: "Pushed") -> str:
        """Warnings go to standard error."""
        from calsync.cli.reports import print_changes

        with contextlib.redirect_stdout(io.StringIO()) as text:
            print_changes(pushed, quiet=True, dry_run=False)
        return text.getvalue()

    def as_json(self, gathered: "Gathered", explainer: "Explainer") -> str:
        from calsync.cli.reports import plan_json

        return plan_json(gathered, gathered.plan.weeks, explainer)


# Whoever read what is said here may be gone; the feeds are not for them. click ends with SystemExit then.


def _print(text: str) -> None:
    with contextlib.suppress(OSError, SystemExit):
        click.echo(text, nl=False)


def _complain(text: str) -> None:
    with contextlib.suppress(OSError, SystemExit):
        click.echo(text, err=True)


EVERY = ("15m", "30m", "1h", "2h", "3h", "4h", "6h", "8h", "12h", "24h")


@click.command(short_help="Print a line for cron, or units for systemd.")
@click.option(
    "--every",
    type=click.Choice(EVERY),
    help="How often to plan.  [default: 1h; with --serve what the config says]",
)
@click.option("--systemd", is_flag=True, help="Print a service and a timer for your own systemd.")
@click.option(
    "--serve",
    is_flag=True,
    help="With --systemd: one service that runs `calsync serve`, as [serve] in the config says.",
)
@click.option("--write", is_flag=True, help="With --systemd: write the units where systemd looks for them.")
@common_options
def schedule(common: Common, *, every: str | None, systemd: bool, serve: bool, write: bool) -> None:
    """Print a line for `crontab -e`, or units for systemd, that run `calsync push --quiet` regularly.

    The minute is random, so that not everybody asks the same servers on the hour. The program and the config
    are given by their full paths, because neither cron nor systemd knows your folder or your variables. What
    is left for you to do is printed on standard error.
    """
    if (serve or write) and not systemd:
        raise click.UsageError("--serve and --write go with --systemd")
    from calsync.app.schedule import Times, cron_line, job, server, service, timer

    work, times = job(common.config_path()), Times.random(every or "1h")
    if not systemd:
        click.echo(cron_line(work, times))
        say = (
            "Add this line with `crontab -e`. cron mails what is printed: changes and trouble, nothing else."
        )
        about = "cron doesn't know your variables. Put these above the line, with their values:"
        _say_what_is_left([say], work, about)
    elif serve:
        _units(work, {f"calsync-serve-{work.plan}.service": server(work, every)}, write=write)
    else:
        # Named after the plan, so that two plans on one machine don't overwrite each other's units.
        name = f"calsync-{work.plan}"
        _units(work, {f"{name}.service": service(work), f"{name}.timer": timer(times)}, write=write)


def _units(work: "Job", units: "Mapping[str, str]", *, write: bool) -> None:
    from calsync.app.schedule import units_folder, write_units

    folder = units_folder()
    say = []
    if write:
        write_units(folder, units)
        say += [f"written: {folder / name}" for name in units]
    else:
        click.echo("\n".join(f"# {folder / name}\n{text}" for name, text in units.items()), nl=False)
        say += ["Save them under these names, or let --write do it. Then run:"]
    last = list(units)[-1]
    say += ["  systemctl --user daemon-reload", f"  systemctl --user enable --now {last}"]
    say += ["  loginctl enable-linger    # so that it also runs while you are not logged in"]
    file = folder.parents[1] / "calsync" / "environment"
    _say_what_is_left(say, work, f"systemd doesn't know your variables. Write them into {file} (chmod 600):")


def _say_what_is_left(say: list[str], work: "Job", about_variables: str) -> None:
    if work.secrets:
        say += [about_variables, *(f"  {name}=..." for name in work.secrets)]
    if "/uv/" in work.program[0] and "archive" in work.program[0]:
        say += [
            "This calsync is in uv's cache, which is cleaned at times: `uv tool install calsync` keeps one."
        ]
    click.echo("\n".join(say), err=True)
