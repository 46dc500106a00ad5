"""How people write values that TOML has no type for.

Decides the spelling, once for the loader and for the schemas that editors check with: each is a pattern for a
whole value. What a value means, and whether it makes sense where it stands, is for those who parse it.
"""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

DURATION = r"[0-9]{1,9}d|[0-9]{1,9}h(?:[0-9]{1,9}m)?|[0-9]{1,9}m"
CLOCK_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
TIME_RANGE = rf"\s*{CLOCK_TIME}\s*-\s*(?:{CLOCK_TIME}|24:00)\s*"
HOLD = r"[1-9][0-9]*s"
PACE = r"\s*[0-9]{1,2}:[0-5][0-9]\s*/\s*(?:km|mi)\s*"
ISO_WEEK = r"[0-9]{4}-W[0-5][0-9]"
# A plan's name is part of every UID, so it must be safe there and in file names.
PLAN_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
# Plain http is for this machine only. Nearly: addresses.py reads them exactly.
_HTTPS = r"(?:[Hh][Tt][Tt][Pp][Ss]|[Ww][Ee][Bb][Cc][Aa][Ll][Ss]?)://[^/?#\s]"
_HTTP = r"[Hh][Tt][Tt][Pp]://(?:127\.|\[|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt])"
ADDRESS = rf"\s*(?:{_HTTPS}|{_HTTP}).*"


def _text(pattern: str, *examples: str, **more: Any) -> Meta:
    """For schemas only: msgspec itself would say "matching regex" where the loader says what to write."""
    shown = {"examples": list(examples)} if examples else {}
    return Meta(extra_json_schema={"pattern": f"^(?:{pattern})$", **shown, **more})


Duration = Annotated[str, _text(DURATION, "30m", "1h30m", "7d")]
ClockTime = Annotated[str, _text(CLOCK_TIME, "06:30")]
RangeOfTimes = Annotated[str, _text(TIME_RANGE, "06:00-08:30")]
TimeOrRange = Annotated[str, _text(f"{CLOCK_TIME}|{TIME_RANGE}", "07:00", "08:00-11:00")]
Hold = Annotated[str, _text(HOLD, "30s")]
Pace = Annotated[str, _text(PACE, "6:00/km", "9:40/mi")]
IsoWeek = Annotated[str, _text(ISO_WEEK, "2026-W52")]
PlanName = Annotated[str, _text(PLAN_NAME)]
Variable = Annotated[str, _text(VARIABLE, "HOME_ICS")]
Address = Annotated[str, _text(ADDRESS, "https://calendar.example/secret.ics")]
# The years of training.py; FIRST_YEAR to LAST_YEAR.
PlanDate = Annotated[date, Meta(extra_json_schema={"pattern": "^(?:197[1-9]|19[89].|20[0-7].|208[0-5])-"})]
NotEmpty = Annotated[str, Meta(extra_json_schema={"minLength": 1})]
NotBlank = Annotated[str, Meta(extra_json_schema={"pattern": r"\S"})]
# The character U+0000 ends a file's name for an operating system, whatever follows.
PathText = Annotated[str, Meta(extra_json_schema={"minLength": 1, "not": {"pattern": r"://|\u0000"}})]
