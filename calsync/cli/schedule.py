"""`calsync schedule`: what makes cron or systemd run calsync."""

from typing import TYPE_CHECKING

import click

from calsync.cli.options import Common, common_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calsync.app.schedule import Job, Times


EVERY = ("15m", "30m", "1h", "2h", "3h", "4h", "6h", "8h", "12h", "24h")


@click.command(short_help="Print a line for cron, or units for systemd.")
@click.option("--every", type=click.Choice(EVERY), default="1h", show_default=True, help="How often to plan.")
@click.option("--systemd", is_flag=True, help="Print a service and its timer for your own systemd.")
@click.option("--serve", is_flag=True, help="With --systemd: one service that runs `calsync serve`.")
@click.option("--write", is_flag=True, help="With --systemd: write the units where systemd looks for them.")
@common_options
def schedule(common: Common, *, every: str, systemd: bool, serve: bool, write: bool) -> None:
    """Print what runs `calsync push --quiet` by itself: a line for `crontab -e`, or units for systemd.

    The minute is a random one, so that not everybody asks the same servers at the full hour. The program and
    the config stand there with their whole paths, as neither cron nor systemd knows your folder or your
    variables. What is left to do is said on standard error.
    """
    if (serve or write) and not systemd:
        raise click.UsageError("--serve and --write go with --systemd")
    from calsync.app.schedule import Times, cron_line, job, server

    work, times = job(common.config_path()), Times.random(every)
    if not systemd:
        click.echo(cron_line(work, times))
        _say_cron(work)
    elif serve:
        _units(work, {f"calsync-serve-{work.plan}.service": server(work, every)}, write=write)
    else:
        _units(work, _of_push(work, times), write=write)


def _of_push(work: "Job", times: "Times") -> "Mapping[str, str]":
    """Named after the plan, so that two plans on one machine don't overwrite each other's units."""
    from calsync.app.schedule import service, timer

    return {f"calsync-{work.plan}.service": service(work), f"calsync-{work.plan}.timer": timer(times)}


def _say_cron(work: "Job") -> None:
    say = ["Add this line with `crontab -e`. cron mails what is printed: changes and trouble, nothing else."]
    if work.secrets:
        say += ["cron doesn't know your variables. Put these above the line, with their values:"]
        say += [f"  {name}=..." for name in work.secrets]
    say += _about_cache(work)
    click.echo("\n".join(say), err=True)


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
    if work.secrets:
        file = folder.parents[1] / "calsync" / "environment"
        say += [f"systemd doesn't know your variables. Write them into {file} (chmod 600):"]
        say += [f"  {name}=..." for name in work.secrets]
    say += _about_cache(work)
    click.echo("\n".join(say), err=True)


def _about_cache(work: "Job") -> list[str]:
    if "/uv/" not in work.program[0] or "archive" not in work.program[0]:
        return []
    return ["This calsync is in uv's cache, which is cleaned at times: `uv tool install calsync` keeps one."]
