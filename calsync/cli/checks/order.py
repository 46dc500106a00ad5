"""All checks, in the order in which they are shown: what others rest on comes first.

Decides what is looked at, and that Google is not asked again where it gives no access at all: each of its
calendars would wait for the same answer.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from calsync.cli.checks import busy, folder, google, schedule, setting, targets, training_feed
from calsync.cli.checks.check import Check, Status, checked
from calsync.cli.checks.setting import Found
from calsync.cli.connect import Connection
from calsync.config import Config
from calsync.config_calendars import GoogleBusy, GoogleTarget
from calsync.state import State, state_of

_FOR_A_SOURCE = "look whether it is where the config says; until it can be read, pushes stop"
_FOR_A_FEED = "correct that, or give the target another path"


def all_checks(where: Callable[[], Path], now: datetime, show: Callable[[str], None]) -> Iterator[Check]:
    """`where` says which config it is, or raises ConfigError; `show` is told what is looked at."""
    found: Found | None = None

    def config_check() -> Check:
        nonlocal found
        found = setting.find_config(where)
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
        yield checked("state folder", None, lambda: folder.folder_check(state))
        yield checked("lock", None, lambda: folder.lock_check(state))
        yield checked("last push", None, lambda: folder.push_check(state, now))
    show("asking cron and systemd …")
    yield checked("schedule", None, schedule.schedule_check)
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
    yield checked("time zone", None, lambda: setting.zone_check(config, now))
    yield from setting.template_checks(config)
    no_access: Check | None = None
    if config.google:
        show("asking Google …")
        access = checked("google", None, lambda: google.access_check(config, connection, now))
        no_access = access if access.status is Status.FAILED else None
        yield access
    for source in config.sources:
        show(f"reading {source.name} …")
        if isinstance(source, GoogleBusy):
            look = partial(busy.google_check, config, connection, source, now)
            yield _like(no_access, "busy", source.name) or checked("busy", source.name, look)
        else:
            look = partial(busy.ics_check, config, state, source, now, found.unset)
            yield checked("busy", source.name, look, _FOR_A_SOURCE)
    if feed := config.feed:
        show("reading the training feed …")
        look = partial(training_feed.feed_check, config, state, feed, now, found.unset)
        yield checked("training feed", None, look, _FOR_A_SOURCE)
    for target in config.targets:
        show(f"reading {target.name} …")
        if isinstance(target, GoogleTarget):
            look = partial(targets.google_check, connection, target, now)
            yield _like(no_access, "target", target.name) or checked("target", target.name, look)
        else:
            look = partial(targets.ics_check, config, state, target, now)
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
    check = checked("serve", None, lambda: folder.serve_check(state) or nothing)
    return None if check is nothing else check
