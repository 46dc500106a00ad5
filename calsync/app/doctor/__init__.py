"""All checks, in the order in which they are shown: what others rest on comes first.

Decides what is looked at, and that Google is not asked again where it gives no access at all: each of its
calendars would wait for the same answer.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from calsync.app.doctor import calendars, machine
from calsync.app.doctor.machine import Found
from calsync.app.doctor.report import Check, Status, checked
from calsync.calendars.google.account import Connection
from calsync.config.load import Config
from calsync.config.settings import GoogleBusy, GoogleTarget
from calsync.state import State, state_of

_FOR_A_SOURCE = "look whether it is where the config says; until it can be read, pushes stop"
_FOR_A_FEED = "correct that, or give the target another path"


def all_checks(where: Callable[[], Path], now: datetime, show: Callable[[str], None]) -> Iterator[Check]:
    """`where` says which config it is, or raises ConfigError; `show` is told what is looked at."""
    found: Found | None = None

    def config_check() -> Check:
        nonlocal found
        found = machine.find_config(where)
        return found.check

    yield checked("config", None, config_check)
    state = state_of(found.name) if found and found.name else None
    if found and found.config and state:
        connection = Connection(found.config, state)
        try:
            yield from _of_config(found, found.config, connection, state, now, show)
        finally:
            connection.close()
    if state:
        yield checked("state folder", None, lambda: machine.folder_check(state))
        yield checked("lock", None, lambda: machine.lock_check(state))
        yield checked("last push", None, lambda: machine.push_check(state, now))
    show("asking cron and systemd …")
    yield checked("schedule", None, machine.schedule_check)
    if state and (check := _serve(state)):
        yield check


def _of_config(
    found: Found,
    config: Config,
    connection: Connection,
    state: State,
    now: datetime,
    show: Callable[[str], None],
) -> Iterator[Check]:
    yield checked("time zone", None, lambda: machine.zone_check(config, now))
    yield from machine.template_checks(config)
    no_access: Check | None = None
    if config.google:
        show("asking Google …")
        access = checked("google", None, lambda: calendars.access_check(config, connection, now))
        no_access = access if access.status is Status.FAILED else None
        yield access
    for source in config.sources:
        show(f"reading {source.name} …")
        if isinstance(source, GoogleBusy):
            look = partial(calendars.busy_google_check, config, connection, source, now)
            yield _like(no_access, "busy", source.name) or checked("busy", source.name, look)
        else:
            look = partial(calendars.busy_ics_check, config, state, source, now, found.unset)
            yield checked("busy", source.name, look, _FOR_A_SOURCE)
    if feed := config.feed:
        show("reading the training feed …")
        look = partial(calendars.feed_check, config, state, feed, now, found.unset)
        yield checked("training feed", None, look, _FOR_A_SOURCE)
    for target in config.targets:
        show(f"reading {target.name} …")
        if isinstance(target, GoogleTarget):
            look = partial(calendars.target_google_check, connection, target, now)
            yield _like(no_access, "target", target.name) or checked("target", target.name, look)
        else:
            look = partial(calendars.target_ics_check, config, state, target, now)
            yield checked("target", target.name, look, _FOR_A_FEED)


def _like(no_access: Check | None, name: str, subject: str) -> Check | None:
    """A calendar of Google's that fails as the access does; None if there is access."""
    if no_access is None:
        return None
    text, fix = "not looked at, as Google gives no access", "see to google first, above"
    return msgspec.structs.replace(no_access, name=name, subject=subject, text=text, fix=fix)


def _serve(state: State) -> Check | None:
    """None for who does not serve."""
    nothing = Check(name="serve", text="")
    check = checked("serve", None, lambda: machine.serve_check(state) or nothing)
    return None if check is nothing else check
