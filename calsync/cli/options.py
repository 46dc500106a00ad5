"""Options that many commands share: what the application gets of them, and what a shell offers for them.

Half a command line is no time for errors: what can't be read completes nothing. Nothing is fetched for it
either, and no variable of the environment is needed.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from calsync.app import Listener
    from calsync.app.setup import Setup
    from calsync.config.settings import ConfigFile
    from calsync.config.templates import Library
    from calsync.spoken import Items
    from calsync.training import Week


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
        from calsync.words import on_one_line

        def tell(message: str) -> None:
            if self.verbose:
                click.echo("\n".join(map(on_one_line, message.split("\n"))), err=True)

        if shows_progress and sys.stderr.isatty():
            return Listener(tell, _progress_line)
        return Listener(tell)

    def setup(self, weeks: int | None = None) -> "Setup":
        """The config and what it names, closed when the command ends. Raises ConfigError."""
        from calsync.app.setup import load_setup

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
        help="Print more details, on standard error.",
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
    return click.option(
        "--format",
        "output",
        type=click.Choice([people, *others]),
        default=people,
        show_default=True,
        help="Output format.",
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
            self.fail(f"{value!r} is not a date and time such as 2026-11-23T06:00:00+00:00", param, ctx)
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


Offer = Callable[[click.Context], Iterable[str]]
Complete = Callable[[click.Context, click.Parameter, str], list[Any]]


def _quietly(*, or_a_file: bool = False) -> Callable[[Offer], Complete]:
    """For `shell_complete=`: what the function has that begins like the word, and is not on the line yet."""

    def completion(offer: Offer) -> Complete:
        def complete(ctx: click.Context, parameter: click.Parameter, word: str) -> list[Any]:
            from click.shell_completion import CompletionItem

            # It comes first: bash takes names that follow, and looks for files if there are none.
            items = [CompletionItem(word, type="file")] if or_a_file else []
            given = (ctx.params.get(parameter.name or "") if parameter.nargs == -1 else None) or ()
            try:
                found = [
                    value
                    for value in offer(ctx)
                    # Keys are for those who begin one; all others get the short names.
                    if value.lower().startswith(word.lower())
                    and value not in given
                    and (word or "/" not in value)
                ]
            except Exception:  # noqa: BLE001 - whatever it is, the command itself will say it better
                found = []
            return items + [CompletionItem(value) for value in found]

        return complete

    return completion


def _config(ctx: click.Context) -> "tuple[ConfigFile, Path]":
    """The config's tables and its folder. Raises ConfigError."""
    from calsync.config.settings import ConfigFile
    from calsync.config.toml import read

    path = common_of(ctx).config_path().expanduser()
    return read(path, ConfigFile)[0], path.resolve().parent


def _library(ctx: click.Context) -> "Library":
    from calsync.config.templates import Library
    from calsync.errors import ConfigError

    try:
        common_of(ctx).config_path()
    except ConfigError:
        return Library(Path.cwd())
    table, base = _config(ctx)
    return Library(base, table.plan.templates)


@_quietly()
def targets(ctx: click.Context) -> Iterable[str]:
    return [target.name for target in _config(ctx)[0].targets]


@_quietly()
def sources(ctx: click.Context) -> Iterable[str]:
    return [source.name for source in _config(ctx)[0].sources]


@_quietly()
def notified(ctx: click.Context) -> Iterable[str]:
    return [table.called for table in _config(ctx)[0].notify]


@_quietly(or_a_file=True)
def templates(ctx: click.Context) -> Iterable[str]:
    return _library(ctx).template_names()


@_quietly(or_a_file=True)
def templates_and_routines(ctx: click.Context) -> Iterable[str]:
    library = _library(ctx)
    return (*library.template_names(), *library.routine_names())


@_quietly()
def weeks(ctx: click.Context) -> Iterable[str]:
    from calsync.training import Week

    plan = _config(ctx)[0].plan
    first = max(_this_week(ctx), Week.of(plan.start))
    return [str(first.plus(n)) for n in range(ctx.params.get("weeks") or plan.horizon)]


@_quietly()
def published(ctx: click.Context) -> Iterable[str]:
    """The short names of what is still to come in the config's feeds, and the keys of this week and later."""
    from calsync.event import week_of_key

    items = _in_feeds(ctx)
    now = _this_week(ctx)
    keys = sorted(item.key for item in items.items if week_of_key(item.key) >= now)
    return [*(items.names[item.key] for item in items.to_come), *keys]


def _in_feeds(ctx: click.Context) -> "Items":
    """What the config's feeds hold, as it can be named."""
    import re

    from calsync.config.settings import IcsTarget
    from calsync.event import is_strength, key_of_uid
    from calsync.files import read_file
    from calsync.spoken import Item, Items
    from calsync.timespan import Timespan

    table, _ = _config(ctx)
    zone, now = _zone_and_now(ctx)
    found = {}
    for target in table.targets:
        if isinstance(target, IcsTarget) and target.path.is_file():
            text = read_file(target.path).replace(b"\r\n ", b"").decode()
            for event in text.split("BEGIN:VEVENT")[1:]:
                said = dict(re.findall(r"^(UID|DTSTART)[^:\r\n]*:(\S+)", event, re.MULTILINE))
                if key := key_of_uid(said["UID"], table.name):
                    # Written in UTC, or in the plan's zone.
                    start = datetime.strptime(said["DTSTART"].rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
                    start = start.replace(tzinfo=UTC if said["DTSTART"].endswith("Z") else zone).astimezone(
                        UTC
                    )
                    noun = "strength" if is_strength(key) else "run"
                    span = Timespan(start, start + timedelta(minutes=1))
                    found[key] = Item(key, noun, "", start.astimezone(zone).date(), span)
    return Items(tuple(found.values()), now, zone)


@_quietly()
def held(ctx: click.Context) -> Iterable[str]:
    """What was skipped or moved by a command; what was moved in Google is known to Google alone."""
    from dataclasses import replace

    from calsync.event import is_strength
    from calsync.spoken import Item, Items, day_of_key
    from calsync.state import state_of

    wishes = state_of(_config(ctx)[0].name).wishes()
    zone, now = _zone_and_now(ctx)
    found = {item.key: item for item in _in_feeds(ctx).items}
    for key, place in wishes.moves.items():
        noun = "strength" if is_strength(key) else "run"
        day = place.span.start.astimezone(zone).date()
        found[key] = replace(found.get(key, Item(key, noun)), day=day, span=place.span)
    for key in wishes.skips:
        found.setdefault(key, Item(key, "strength" if is_strength(key) else "run", "", day_of_key(key)))
    names = Items(tuple(found.values()), now, zone).names
    keys = sorted({*wishes.skips, *wishes.moves})
    return [*(names[key] for key in keys), *keys]


def _zone_and_now(ctx: click.Context) -> "tuple[ZoneInfo, datetime]":
    from zoneinfo import ZoneInfo

    zone = _config(ctx)[0].timezone
    if zone is None:
        from tzlocal import get_localzone_name

        zone = get_localzone_name()
    return ZoneInfo(zone), ctx.params.get("now") or datetime.now(UTC)


def _this_week(ctx: click.Context) -> "Week":
    from calsync.training import Week

    zone, now = _zone_and_now(ctx)
    return Week.of(now.astimezone(zone).date())


def say_what_next() -> None:
    click.echo("The next `calsync push` brings the calendars up to date.", err=True)


def caught_up(common: Common, now: datetime) -> "Setup":
    """With all done that was asked for on a page before this."""
    setup = common.setup()
    if setup.state.acts().asked:
        from calsync.app.actions import catch_up

        for answer in catch_up(setup, now):
            click.echo(f"From the page: {answer.text}", err=True)
    return setup
