"""Options that many commands share, and what the application gets of them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from calsync.app import Listener
    from calsync.app.gather import Setup

F = TypeVar("F", bound=Callable[..., Any])


class Common:
    """What --config and --verbose said, before or after the command's name; the last of them counts."""

    def __init__(self) -> None:
        self.config: Path | None = None
        self.verbose = False

    def config_path(self) -> Path:
        """Raises ConfigError."""
        from calsync.config.load import find_config

        return find_config(self.config)

    def listener(self, *, shows_progress: bool = True) -> "Listener":
        """Details for --verbose on standard error; on a terminal also what is going on."""
        from calsync.app import Listener

        def tell(message: str) -> None:
            if self.verbose:
                click.echo(message, err=True)

        if shows_progress and sys.stderr.isatty():
            return Listener(tell, _progress_line)
        return Listener(tell)

    def setup(self, weeks: int | None = None) -> "Setup":
        """The config and what it names, closed when the command ends. Raises ConfigError."""
        from calsync.app.gather import load_setup

        setup = load_setup(self.config_path(), self.listener(), weeks)
        click.get_current_context().call_on_close(setup.close)
        return setup


@contextmanager
def _progress_line() -> Iterator[Callable[[str], None]]:
    try:
        yield lambda message: click.echo(f"\r\x1b[2K{message}", nl=False, err=True)
    finally:
        click.echo("\r\x1b[2K", nl=False, err=True)


def _keep_config(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        common_of(ctx).config = value


def _keep_verbose(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        common_of(ctx).verbose = True


def common_of(ctx: click.Context) -> Common:
    """One for the group and its command, as a command's context takes the group's object."""
    return ctx.ensure_object(Common)


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config and --verbose, which the command gets as its first argument, a Common."""

    @click.pass_context
    @wraps(command)
    def with_common(ctx: click.Context, *args: Any, **options: Any) -> Any:
        return command(common_of(ctx), *args, **options)

    with_options = click.option(
        "--verbose",
        "-v",
        is_flag=True,
        expose_value=False,
        callback=_keep_verbose,
        help="Say more about what is done, on standard error.",
    )(with_common)
    return click.option(
        "--config",
        "-c",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_keep_config,
        help="The config file. Otherwise $CALSYNC_CONFIG, ./config.toml, or the one in your config folder.",
    )(with_options)


@contextmanager
def as_wrong_usage() -> Iterator[None]:
    """What the application calls wrong usage is shown as click shows it: below how the command is used."""
    from calsync.errors import UsageError

    try:
        yield
    except UsageError as problem:
        raise click.UsageError(str(problem)) from problem


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
