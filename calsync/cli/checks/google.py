"""The access to Google Calendar: who calsync is there, and how long that may last.

Decides what the age of a consent says. Google lets the consents of a project in Testing end after seven days
(https://support.google.com/cloud/answer/15549945), and tells nobody whether a project is: one that has lived
longer is in none. Asks when one calendar is busy, for a minute: whoever has access may do that.
"""

import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from calsync.cli.checks.check import Check, Status, seconds
from calsync.cli.checks.words import ago, day
from calsync.config import Config

if TYPE_CHECKING:
    from calsync.cli.connect import Connection

_TRAP = timedelta(days=7)
# Two days are time enough to notice.
_SOON = timedelta(days=5)


class _Consent(msgspec.Struct):
    """The part of a token file that says when a person gave it."""

    granted: datetime | None = None


def access_check(config: Config, connection: "Connection", now: datetime) -> Check:
    """Raises ConfigError, AuthorisationNeeded or Unavailable."""
    from calsync.calendars.google.client import Refused
    from calsync.calendars.google.credentials import ServiceAccount

    account = connection.account
    client = connection.client
    try:
        client.call(client.service.freebusy().query(body=_question(now)))
    except Refused as problem:
        raise problem.failure.error("calsync's access can't be tried") from problem
    private = [connection.access.credentials]
    if isinstance(account, ServiceAccount):
        check = Check(name="google", text=f"the service account {account.email} has access")
    else:
        private.append(account.token_file)
        check = _consent(account.token_file, config, now)
    return _for_their_owner_alone(check, private)


def _question(now: datetime) -> dict[str, Any]:
    """One that always has an answer: what is wrong with a calendar is said inside of it."""
    times = {"timeMin": now.isoformat(), "timeMax": (now + timedelta(minutes=1)).isoformat()}
    return {**times, "items": [{"id": "primary"}]}


def _consent(token: Path, config: Config, now: datetime) -> Check:
    granted = _granted(token)
    if granted is None:
        return Check(name="google", text="calsync has access; when it was allowed is not known")
    age, end = now - granted, day(granted + _TRAP, config.zone)
    text = f"calsync has access, allowed {ago(age)}"
    if age >= _TRAP:
        return Check(name="google", text=text, age_seconds=seconds(age))
    text = f"{text}; if the project is in Testing, Google ends it on {end}"
    if age < _SOON:
        return Check(name="google", text=text, age_seconds=seconds(age))
    return Check(
        name="google",
        status=Status.WARNING,
        text=text,
        fix='look whether it is "In production" in the Cloud console (docs/google.md, step 1.4); if you have '
        "to change that, run `calsync auth google` once more",
        age_seconds=seconds(age),
    )


def _granted(token: Path) -> datetime | None:
    try:
        granted = msgspec.json.decode(token.read_bytes(), type=_Consent).granted
    except (OSError, msgspec.MsgspecError, ValueError):
        return None
    return granted if granted is None or granted.tzinfo else None


def _for_their_owner_alone(check: Check, files: list[Path]) -> Check:
    """A warning, where others can read what gives access; unless there is one of more haste."""
    open_ones = [str(file) for file in files if _others_can_read(file)]
    if not open_ones or check.status is not Status.OK:
        return check
    text = f"{check.text}; other users of this machine can read {' and '.join(open_ones)}"
    fix = f"chmod 600 {' '.join(open_ones)}"
    return msgspec.structs.replace(check, status=Status.WARNING, text=text, fix=fix)


def _others_can_read(file: Path) -> bool:
    try:
        return bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    except OSError:
        return False
