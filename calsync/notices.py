"""Notifications as the state folder keeps them: what was told, and what is to be told."""

from datetime import datetime
from typing import Literal

import msgspec

NoticeKind = Literal["changes", "trouble", "well", "week", "test"]


class ToldChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of the plan in a notification; `before` and `after` are when its event begins and ends."""

    action: str
    key: str
    title: str
    line: str
    """All of it as people read it."""
    reason: str = ""
    before: tuple[datetime, datetime] | None = None
    after: tuple[datetime, datetime] | None = None


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notification for `to`, a table [[notify]] of the config; kept until it is delivered or too old."""

    id: str
    to: str
    event: NoticeKind
    at: datetime
    title: str
    text: str
    changes: tuple[ToldChange, ...] = ()
    about: str = ""
    """Of trouble, and of its end: what has failed."""
    since: datetime | None = None
    """Of those: since when."""


class Trouble(msgspec.Struct, frozen=True):
    """What has failed since then, and whether that was told."""

    since: datetime
    told: bool = False


class Undelivered(msgspec.Struct, frozen=True):
    """Why one table could not be told, since when, and how many notifications were given up meanwhile."""

    since: datetime
    reason: str
    dropped: int = 0


class Notifications(msgspec.Struct, omit_defaults=True):
    """What was told, and what is to be told."""

    told: dict[str, tuple[tuple[datetime, datetime] | None, str]] = {}
    """By key: when the event was, the last time that something was told of it (None: removed), and its
    title."""
    troubles: dict[str, Trouble] = {}
    weeks: dict[str, str] = {}
    """The last week that was told, by the tables."""
    waiting: list[Notice] = []
    undelivered: dict[str, Undelivered] = {}
    """By the tables; until one is delivered again."""
