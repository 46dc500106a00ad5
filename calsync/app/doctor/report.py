"""What each check of `calsync doctor` answers, and what becomes of one that fails or breaks."""

import traceback
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from calsync.app import NOBODY
from calsync.errors import CalsyncError, Unavailable, worst_exit_code
from calsync.words import on_one_line


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found. `fix` says what to do.

    checked() gives it its `name`, and as `subject` which one it was where there are several. The fields that
    may be unset are facts for programs; JSON leaves them out where they have no meaning.
    """

    name: str = ""
    subject: str | None = None
    status: Status = Status.OK
    text: str
    fix: str | None = None
    age_seconds: int | UnsetType = UNSET
    """Of the copy, the file, the consent or the last push."""
    events: int | UnsetType = UNSET
    busy: int | UnsetType = UNSET
    """How many busy stretches there are in what is planned."""
    next_busy: str | UnsetType | None = UNSET
    findings: int | UnsetType = UNSET
    """Of lint."""
    readable_by_others: bool | UnsetType = UNSET
    exit_code: int | UnsetType = UNSET


Look = Callable[[], Check]


def warning(text: str, fix: str, **facts: Any) -> Check:
    return Check(status=Status.WARNING, text=text, fix=fix, **facts)


def with_more(check: Check, text: str, **facts: Any) -> Check:
    return msgspec.structs.replace(check, text=f"{check.text}; {text}", **facts)


def warned(check: Check, trouble: str, fix: str) -> Check:
    """The check as a warning, unless it is one already: what was wrong first is what to do first."""
    if check.status is not Status.OK:
        return check
    return with_more(check, trouble, status=Status.WARNING, fix=fix)


def failed(name: str, subject: str | None, problem: CalsyncError, fix: str | None = None) -> Check:
    """The check that ended with `problem`."""
    text = str(problem)
    if subject:
        text = text.removeprefix(f"{subject}: ")
    return Check(
        name=name,
        subject=subject,
        status=Status.FAILED,
        text=on_one_line(text),
        fix=fix,
        exit_code=problem.exit_code,
    )


def checked(
    name: str,
    subject: str | None,
    look: Look,
    fix: str | None = None,
    *,
    tell: Callable[[str], None] = NOBODY.tell,
) -> Check:
    """What `look` finds; a check that fails, or breaks, is a failed check.

    `fix` is for what can't be reached or written: other errors say themselves what is to be done. `tell` is
    told where a check broke.
    """
    try:
        return msgspec.structs.replace(look(), name=name, subject=subject)
    except CalsyncError as problem:
        return failed(name, subject, problem, fix if isinstance(problem, Unavailable) else None)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other checks still have something to say
        tell("".join(traceback.format_exception(problem)).rstrip("\n"))
        return Check(
            name=name,
            subject=subject,
            status=Status.FAILED,
            # Not its message: it may quote an address, or a title.
            text=f"the check itself broke: a bug in calsync ({type(problem).__name__})",
            fix="run the same command with --verbose to see where",
            exit_code=CalsyncError.exit_code,
        )


def exit_code(checks: Iterable[Check]) -> int:
    """That of the worst failed check, 0 if none failed."""
    failures = [check for check in checks if check.status is Status.FAILED]
    return worst_exit_code(check.exit_code for check in failures if check.exit_code is not UNSET)


def seconds(age: timedelta) -> int:
    """An age in whole seconds; 0 for what lies ahead because a clock was put back."""
    return max(int(age.total_seconds()), 0)
