"""A command's setup: the config, and what it names on this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from calsync.app import NOBODY, Listener
from calsync.calendars.google.account import Connection
from calsync.config.load import Config, find_config, load_config
from calsync.config.settings import CaldavBusy, CaldavTarget, IcsBusy
from calsync.config.templates import Library
from calsync.errors import ConfigError, TemplateError
from calsync.program import FeedSettings, Routine, WeekTemplate
from calsync.state import State, state_of

if TYPE_CHECKING:
    from calsync.calendars.caldav.account import Accounts
    from calsync.feeds.place import Place


@dataclass(frozen=True, slots=True)
class Setup:
    """The config and what it names on this machine: templates as the plan names them, routines by name."""

    config: Config
    state: State
    connection: Connection = field(compare=False)
    listener: Listener = field(default=NOBODY, compare=False)
    templates: Mapping[str, WeekTemplate] = field(default_factory=dict)
    routines: Mapping[str, Routine] = field(default_factory=dict)
    caldav: "Accounts | None" = field(default=None, compare=False)
    """None if the config has nothing to do with CalDAV: then nothing of it is imported."""

    @classmethod
    def without_templates(cls, config: Config, listener: Listener) -> Self:
        """All but the templates, which may be broken: enough to read calendars."""
        state = state_of(config.name)
        return cls(config, state, Connection(config, state), listener, caldav=_accounts(config, state))

    def close(self) -> None:
        """Let go of what is open: the connections to calendars, if there are any."""
        self.connection.close()
        if self.caldav:
            self.caldav.close()


def _accounts(config: Config, state: State) -> "Accounts | None":
    if not any(isinstance(one, CaldavBusy | CaldavTarget) for one in (*config.sources, *config.targets)):
        return None
    from calsync.calendars.caldav.account import Accounts

    return Accounts(config, state)


def load_setup(path: Path, listener: Listener = NOBODY, weeks: int | None = None) -> Setup:
    """What the config at `path` says; whoever asks for it closes it. `weeks` takes the place of its horizon.

    Raises ConfigError.
    """
    config = load_config(path, os.environ)
    listener.tell(f"config: {config.path}")
    if weeks is not None:
        config = replace(config, program=msgspec.structs.replace(config.program, horizon=weeks))
    if problem := config.folder_problem:
        raise problem
    library = config.library
    templates = {}
    routines = {}
    for name, place in config.template_places.items():
        try:
            beside = library.template_path(name).parent
        except TemplateError as unknown:
            raise config.document.fail(place, str(unknown)) from unknown
        templates[name] = library.template(name)
        for routine in templates[name].routines:
            routines[routine] = library.routine(routine, beside)
    return replace(Setup.without_templates(config, listener), templates=templates, routines=routines)


def place_of(what: str, settings: IcsBusy | FeedSettings) -> "Place":
    """Where a calendar of the config is; `what` names it in messages."""
    from calsync.feeds.place import Place

    return Place(what, settings.path, settings.url, settings.on_error == "cache", settings.max_age)


def library_or_shipped(given: Path | None) -> tuple[Library, tuple[str, ...]]:
    """Where templates are, and which the config names; without a config the shipped ones, all of them.

    A config that was asked for, as `given` or otherwise, or that is there, must be right. Raises ConfigError.
    """
    try:
        path = find_config(given)
    except ConfigError:
        library = Library(Path.cwd())
        return library, library.template_names()
    config = load_config(path, os.environ)
    return config.library, tuple(config.template_places)
