"""What lint reports: a finding, and how grave it is."""

from dataclasses import dataclass
from enum import StrEnum

from calsync.planning.rules import Rule
from calsync.toml_lines import Keys, dotted


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`keys` is where in the template, such as ("strength", 0); `suggestion` says what to do.

    An error is what placement can never satisfy, or what is refused; all else is a warning, as training is
    the runner's own affair.
    """

    rule: Rule
    severity: Severity
    keys: Keys
    text: str
    suggestion: str

    @property
    def place(self) -> str:
        """The key path as people write it: "strength[0]"."""
        return dotted(self.keys)
