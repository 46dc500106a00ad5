"""Whether an event makes its owner busy.

Decides in this order: cancelled, declined by `email` or ignored by its title is free; tentative is what the
config says; TRANSP; Microsoft's busy status, of which FREE and WORKINGELSEWHERE are free; an all-day event
that says none of this is what the config says; all else is busy. Knows nothing of times.
"""

import fnmatch

from calsync.feeds.answers import Reading
from calsync.feeds.properties import Properties, parameter, text_of


def is_free(fields: Properties, reading: Reading, *, all_day: bool) -> bool:
    """True if the event takes nobody's time, see the top."""

    def said(name: str) -> str:
        return fields[name][0][1].decode("utf-8", "replace").strip().upper() if name in fields else ""

    status, transparency, microsoft = said("STATUS"), said("TRANSP"), said("X-MICROSOFT-CDO-BUSYSTATUS")
    if status == "CANCELLED":
        return True
    if reading.email and _declined(fields, reading.email):
        return True
    if reading.ignore and "SUMMARY" in fields:
        title = text_of(fields["SUMMARY"][0][1]).casefold()
        if any(fnmatch.fnmatchcase(title, pattern.casefold()) for pattern in reading.ignore):
            return True
    if not reading.tentative_busy and "TENTATIVE" in (status, microsoft):
        return True
    if transparency in ("TRANSPARENT", "OPAQUE"):
        return transparency == "TRANSPARENT"
    if microsoft in ("FREE", "WORKINGELSEWHERE"):
        return True
    return all_day and not microsoft and not reading.all_day_busy


def _declined(fields: Properties, email: str) -> bool:
    wanted = email.strip().casefold()
    for parameters, value in fields.get("ATTENDEE", ()):
        if parameter(parameters, "PARTSTAT").upper() != "DECLINED":
            continue
        address = value.decode("utf-8", "replace").strip().casefold().removeprefix("mailto:")
        if wanted in (address, parameter(parameters, "EMAIL").casefold()):
            return True
    return False
