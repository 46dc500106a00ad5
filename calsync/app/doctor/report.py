"""One line of `calsync doctor`, and what becomes of a check that fails.

Decides that no failure of one check reaches another, and which exit code speaks for all. Knows nothing of
what is checked, nor of how it is shown.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from calsync.cli.options import is_verbose
from calsync.errors import AuthorisationNeeded, CalsyncError, ConfigError, RefusedToProtectData, Unavailable
from calsync.words import on_one_line

_BUG = CalsyncError.exit_code
# What needs a person most comes first: without a config nothing works, and what can't be reached may come
# back by itself.
_WORST_FIRST = (
    _BUG,
    ConfigError.exit_code,
    RefusedToProtectData.exit_code,
    AuthorisationNeeded.exit_code,
    Unavailable.exit_code,
)


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found. `subject` says which one, where there are several; `fix` says what to do.

    The fields that may be unset are facts for programs; JSON leaves them out where they have no meaning.
    """

    name: str
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


def failed(name: str, subject: str | None, problem: CalsyncError, fix: str | None = None) -> Check:
    """The check that `problem` has ended."""
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


def checked(name: str, subject: str | None, look: Look, fix: str | None = None) -> Check:
    """What `look` finds; a check that fails, or breaks, is a failed check.

    `fix` is for what can't be reached or written: other errors say themselves what is to be done.
    """
    try:
        return look()
    except CalsyncError as problem:
        return failed(name, subject, problem, fix if isinstance(problem, Unavailable) else None)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other checks still have something to say
        if is_verbose():
            import traceback

            traceback.print_exception(problem)
        return Check(
            name=name,
            subject=subject,
            status=Status.FAILED,
            # Not its message: it may quote an address, or a title.
            text=f"the check itself broke: a bug in calsync ({type(problem).__name__})",
            fix="run the same command with --verbose to see where",
            exit_code=_BUG,
        )


def exit_code(checks: Iterable[Check]) -> int:
    """That of the worst failed check, 0 if none failed."""
    codes = {check.exit_code for check in checks if check.status is Status.FAILED}
    return next((code for code in _WORST_FIRST if code in codes), _BUG if codes else 0)


def seconds(age: timedelta) -> int:
    """An age as a fact. What lies ahead, by a clock that was put back, has just happened."""
    return max(int(age.total_seconds()), 0)
