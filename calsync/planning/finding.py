"""What lint reports: a finding, and how grave it is."""

from dataclasses import dataclass
from enum import StrEnum

from calsync.planning.rules import Rule


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`place` is a key path of the template, such as "strength[0]"; `suggestion` says what to do.

    An error is what placement can never satisfy, or what is refused; all else is a warning, as training is
    the runner's own affair.
    """

    rule: Rule
    severity: Severity
    place: str
    text: str
    suggestion: str
