"""Options that many commands share.

Decides their names and help. They may stand before or after the command's name.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Common:
    """What the common options said; the last place where one was given wins."""

    def __init__(self) -> None:
        self.config: Path | None = None
        self.verbose = False
        self.shows_progress = True


_common = Common()


def common() -> Common:
    return _common


def is_verbose() -> bool:
    return _common.verbose


def _keep_config(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        _common.config = value


def _keep_verbose(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        _common.verbose = True


def common_options(command: F) -> F:
    """--config and --verbose, kept in common()."""
    command = click.option(
        "--verbose",
        "-v",
        is_flag=True,
        expose_value=False,
        callback=_keep_verbose,
        help="Say more about what is done, on standard error.",
    )(command)
    return click.option(
        "--config",
        "-c",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_keep_config,
        help="The config file. Otherwise $CALSYNC_CONFIG, ./config.toml, or the one in your config folder.",
    )(command)


def format_option(people: str, *others: str) -> Callable[[F], F]:
    """--format, as the parameter `output`: the form for people, which is the default, or one for programs."""
    programs = " or ".join(other.upper() for other in others)
    return click.option(
        "--format",
        "output",
        type=click.Choice([people, *others]),
        default=people,
        show_default=True,
        help=f"{people.capitalize()} for people, or {programs} for programs.",
    )


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date and time with an offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from calsync.training import FIRST_YEAR, LAST_YEAR

        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date and time such as 2026-11-23T06:00:00+00:00", param, ctx)
        if instant.utcoffset() is None:
            self.fail(f"{value!r} has no offset from UTC, such as +00:00", param, ctx)
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between {FIRST_YEAR} and {LAST_YEAR}", param, ctx)
        return instant


def now_option(command: F) -> F:
    """--now, which defaults to the clock."""
    return click.option(
        "--now",
        type=Instant(),
        metavar="INSTANT",
        default=lambda: datetime.now(UTC),
        show_default="the clock",
        help="Pretend that it is this moment, such as 2026-11-23T06:00:00+00:00.",
    )(command)
