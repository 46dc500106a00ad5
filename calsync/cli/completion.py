"""What a shell offers while a value is typed: names of the config and of the templates, weeks, keys.

Half a command line is no time for errors: what can't be read completes nothing. Nothing is fetched either,
and no variable of the environment is needed.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from calsync.cli.options import common_of

if TYPE_CHECKING:
    from pathlib import Path

    from calsync.config.settings import ConfigFile
    from calsync.config.templates import Library


Complete = Callable[[click.Context, click.Parameter, str], list[Any]]


def _quietly(offer: Callable[[click.Context], Iterable[str]], *, or_a_file: bool = False) -> Complete:
    """For `shell_complete=`: what `offer` has that begins like the word, and is not on the line yet."""

    def complete(ctx: click.Context, parameter: click.Parameter, word: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        # It comes first: bash takes names that follow, and looks for files if there are none.
        items = [CompletionItem(word, type="file")] if or_a_file else []
        given = ctx.params.get(parameter.name or "") if parameter.nargs == -1 else None
        try:
            found = [value for value in offer(ctx) if value.startswith(word) and value not in (given or ())]
        except Exception:  # noqa: BLE001 - whatever it is, the command itself will say it better
            found = []
        return items + [CompletionItem(value) for value in found]

    return complete


def _config(ctx: click.Context) -> "tuple[ConfigFile, Path]":
    """The config's tables and its folder. Raises ConfigError."""
    from calsync.config.settings import ConfigFile
    from calsync.config.toml import read

    path = common_of(ctx).config_path().expanduser()
    return read(path, ConfigFile)[0], path.resolve().parent


def _library(ctx: click.Context) -> "Library":
    from pathlib import Path

    from calsync.config.templates import Library
    from calsync.errors import ConfigError

    try:
        common_of(ctx).config_path()
    except ConfigError:
        return Library(Path.cwd())
    table, base = _config(ctx)
    return Library(base, table.plan.templates)


def _targets(ctx: click.Context) -> Iterable[str]:
    return [target.name for target in _config(ctx)[0].targets]


def _sources(ctx: click.Context) -> Iterable[str]:
    return [source.name for source in _config(ctx)[0].sources]


def _templates(ctx: click.Context) -> Iterable[str]:
    return _library(ctx).template_names()


def _templates_and_routines(ctx: click.Context) -> Iterable[str]:
    library = _library(ctx)
    return (*library.template_names(), *library.routine_names())


def _weeks(ctx: click.Context) -> Iterable[str]:
    from calsync.training import Week

    plan = _config(ctx)[0].plan
    first = max(_this_week(ctx), Week.of(plan.start))
    return [str(first.plus(n)) for n in range(ctx.params.get("weeks") or plan.horizon)]


def _published(ctx: click.Context) -> Iterable[str]:
    """The keys of this week and later that the config's feeds hold."""
    import re

    from calsync.config.settings import IcsTarget
    from calsync.event import key_of_uid, week_of_key

    table, _ = _config(ctx)
    keys = set()
    for target in table.targets:
        if isinstance(target, IcsTarget) and target.path.is_file():
            text = target.path.read_bytes().replace(b"\r\n ", b"").decode()
            uids = re.findall(r"^UID:(\S+)", text, re.MULTILINE)
            keys |= {key for uid in uids if (key := key_of_uid(uid, table.name))}
    now = _this_week(ctx)
    return sorted(key for key in keys if week_of_key(key) >= now)


def _held(ctx: click.Context) -> Iterable[str]:
    """The keys that were skipped or moved by a command; what was moved in Google is known to Google alone."""
    from calsync.state import state_of

    wishes = state_of(_config(ctx)[0].name).wishes()
    return sorted({*wishes.skips, *wishes.moves})


def _this_week(ctx: click.Context) -> Any:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from calsync.training import Week

    zone = _config(ctx)[0].timezone
    now = ctx.params.get("now") or datetime.now(UTC)
    return Week.of(now.astimezone(ZoneInfo(zone) if zone else None).date())


targets = _quietly(_targets)
sources = _quietly(_sources)
templates = _quietly(_templates, or_a_file=True)
templates_and_routines = _quietly(_templates_and_routines, or_a_file=True)
weeks = _quietly(_weeks)
published = _quietly(_published)
held = _quietly(_held)
