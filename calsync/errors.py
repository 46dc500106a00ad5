"""The errors that a user can meet, and the exit code of each.

    CalsyncError                1   a bug, if nothing more precise is raised
    ├── UsageError              2   the command line asks for something that has no meaning
    ├── ConfigError             3   a config file is wrong
    │   └── TemplateError       3   a week template or a routine is wrong
    ├── AuthorisationNeeded     4   a person has to authorise calsync (again)
    ├── Unavailable             5   something could not be read or written; trying again later may help
    │   ├── SourceUnavailable   5   a busy calendar or feed
    │   │   └── NotACalendar    5   what it sent is something else, or only a part of a calendar
    │   ├── TargetUnavailable   5   a calendar that calsync writes to
    │   └── Locked              5   another push of the same plan still runs
    └── RefusedToProtectData    6   what was asked for would destroy more than it should

Foreign exceptions become one of these in one place for each library, chained with `from`. Exit codes are
decided here and nowhere else: 0 is done, and whoever interrupts calsync gets `INTERRUPTED`.
"""

from collections.abc import Iterable, Sequence
from typing import Self

INTERRUPTED = 130  # 128 + SIGINT, as shells count


class CalsyncError(Exception):
    """Base of all errors with a message for the user; `exit_code` is what the process ends with.

    `about` says what has failed, where that is one calendar: 'target "feed"'.
    """

    exit_code = 1
    about = ""

    def of(self, what: str) -> Self:
        """This error, as one about `what`."""
        self.about = what
        return self


class UsageError(CalsyncError):
    exit_code = 2


class ConfigError(CalsyncError):
    exit_code = 3


class TemplateError(ConfigError):
    pass


class AuthorisationNeeded(CalsyncError):
    exit_code = 4


class Unavailable(CalsyncError):
    exit_code = 5


class SourceUnavailable(Unavailable):
    pass


class NotACalendar(SourceUnavailable):
    pass


class TargetUnavailable(Unavailable):
    pass


class Locked(Unavailable):
    pass


class RefusedToProtectData(CalsyncError):
    exit_code = 6


# What needs a person most comes first: without a config nothing works, and what can't be reached may come
# back by itself.
_WORST_FIRST = (CalsyncError, UsageError, ConfigError, RefusedToProtectData, AuthorisationNeeded, Unavailable)


def worst_exit_code(codes: Iterable[int]) -> int:
    """That of the failure that needs a person most; 0 where there is none."""
    ranks = [kind.exit_code for kind in _WORST_FIRST]
    return min(codes, key=ranks.index, default=0)


def all_of(failures: Sequence[CalsyncError]) -> CalsyncError:
    """One error for several calendars that could not be written."""
    if len(failures) == 1:
        return failures[0]
    kind = next((type(f) for f in failures if isinstance(f, AuthorisationNeeded)), TargetUnavailable)
    return kind("; ".join(str(failure) for failure in failures))
