"""What `calsync doctor` looks at, in the order in which it is shown: what the rest depends on comes first."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from calsync.addresses import hidden
from calsync.app import Listener
from calsync.app.doctor import calendars, machine
from calsync.app.doctor.machine import Found
from calsync.app.doctor.report import Check, Look, Status, checked, failed
from calsync.app.setup import Setup
from calsync.config.settings import CaldavBusy, CaldavTarget, GoogleBusy, GoogleTarget, IcsBusy
from calsync.program import FeedSettings
from calsync.state import state_of
from calsync.waits import at_once
from calsync.words import Show

_FOR_A_SOURCE = "check whether it is where the config says; until it can be read, pushes stop"
_FOR_A_TABLE = "correct that; until then nobody is told there, and pushes go on all the same"
_FOR_A_FEED = "correct that, or give the target another path"


def all_checks(given: Path | None, now: datetime, listener: Listener) -> tuple[Check, ...]:
    """`given` is the path of the config if one was asked for."""
    with listener.progress() as show:
        checks = _Doctor(given, now, listener, show).checks()
        return tuple(check for check in checks if check.text)


@dataclass(frozen=True, slots=True)
class _Doctor:
    given: Path | None
    now: datetime
    listener: Listener
    show: Show

    def checks(self) -> Iterator[Check]:
        found: Found | None = None

        def config_check() -> Check:
            nonlocal found
            found = machine.read_config(self.given)
            return found.check

        yield self._checked("config", None, config_check)
        state = state_of(found.name) if found and found.name else None
        if found and found.config:
            with closing(Setup.without_templates(found.config, self.listener)) as setup:
                yield from self._of_config(setup, found.unset)
        zone = found.config.zone if found and found.config else ZoneInfo("UTC")
        if state:
            yield self._checked("state folder", None, lambda: machine.folder_check(state))
            yield self._checked("lock", None, lambda: machine.lock_check(state))
            yield self._checked("last push", None, lambda: machine.push_check(state, self.now, zone))
        self.show("asking cron and systemd …")
        plan = machine.Plan(found.path, found.name) if found else machine.Plan(None, None)
        serve = found.config.serve if found and found.config else None

        def is_served() -> bool:
            return state is not None and machine.serves(state, serve)

        yield self._checked("schedule", None, lambda: machine.schedule_check(plan, is_served))
        if state:
            yield self._checked("serve", None, lambda: machine.serve_check(state, serve))

    def _of_config(self, setup: Setup, unset: frozenset[str]) -> Iterator[Check]:
        config, now = setup.config, self.now
        yield self._checked("time zone", None, lambda: machine.zone_check(config, now))
        if problem := config.folder_problem:
            yield failed("template", None, problem)
        for name in config.template_places:
            yield self._checked(
                "template", hidden(name), partial(machine.template_check, config.library, name)
            )
        no_access: Check | None = None
        if config.google:
            self.show("asking Google …")
            access = self._checked("google", None, lambda: calendars.access_check(setup, now))
            no_access = access if access.status is Status.FAILED else None
            yield access
            yield self._checked("private files", None, lambda: calendars.private_check(setup))
        yield from self._of_what_is_read(setup, unset, no_access)
        for target in config.targets:
            self.show(f"reading {target.name} …")
            if isinstance(target, GoogleTarget):
                look = partial(calendars.target_google_check, setup, target, now)
                yield self._of_google(no_access, "target", target.name, look)
            elif isinstance(target, CaldavTarget):
                look = partial(calendars.target_caldav_check, setup, target, now)
                yield self._checked("target", target.name, look)
            else:
                look = partial(calendars.target_ics_check, setup, target, now)
                yield self._checked("target", target.name, look, _FOR_A_FEED)
        for table in config.notify:
            tells = partial(calendars.notify_check, setup, table, now)
            yield self._checked("notify", table.called, tells, _FOR_A_TABLE)

    def _of_what_is_read(
        self, setup: Setup, unset: frozenset[str], no_access: Check | None
    ) -> Iterator[Check]:
        """All are asked at once, as by a push: one that hangs takes its own time and no more."""
        sources, feed = setup.config.sources, setup.config.program.feed
        found: dict[str | None, Check] = {}

        def of_google(sources: Iterable[GoogleBusy]) -> None:
            for source in sources:
                self.show(f"reading {source.name} …")
                look = partial(calendars.busy_google_check, setup, source, self.now)
                found[source.name] = self._of_google(no_access, "busy", source.name, look)

        def of_source(source: IcsBusy | CaldavBusy) -> None:
            self.show(f"reading {source.name} …")
            look = partial(calendars.busy_check, setup, source, self.now, unset)
            found[source.name] = self._checked("busy", source.name, look, _FOR_A_SOURCE)

        def of_feed(feed: FeedSettings) -> None:
            self.show("reading the training feed …")
            look = partial(calendars.feed_check, setup, feed, self.now, unset)
            found[None] = self._checked("training feed", None, look, _FOR_A_SOURCE)

        at_once(
            [
                # One after the other: they share a connection.
                partial(of_google, [source for source in sources if isinstance(source, GoogleBusy)]),
                *(partial(of_source, source) for source in sources if not isinstance(source, GoogleBusy)),
                *([partial(of_feed, feed)] if feed else []),
            ]
        )
        yield from (found[name] for name in (*(source.name for source in sources), *([None] if feed else [])))

    def _of_google(self, no_access: Check | None, name: str, subject: str, look: Look) -> Check:
        """Without access every calendar would only wait for the same answer: it fails as the access does."""
        if no_access is None:
            return self._checked(name, subject, look)
        text, fix = "not checked, as there is no access to Google", "fix google first, above"
        return msgspec.structs.replace(no_access, name=name, subject=subject, text=text, fix=fix)

    def _checked(self, name: str, subject: str | None, look: Look, fix: str | None = None) -> Check:
        return checked(name, subject, look, fix, tell=self.listener.tell)
