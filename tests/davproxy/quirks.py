"""What servers do that Radicale and Xandikos do not, as switches, and which server does which of it.

The table's facts were observed by the authors and users of the library caldav, and are kept in its
compatibility hints (3.6.0a1, October 2026); `gone` and `asked_by` by those of sabre/dav and of other clients.
Nobody of this project has an account there. What they say and
no switch here can play, and what nobody has observed, is in docs/caldav.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True)
class Quirks:
    """By default none."""

    sync: Literal["yes", "no", "forgets"] = "yes"
    """Lists of changes. "forgets": of a token that it no longer knows it says that nothing has changed since,
    and gives the present one."""
    ctag: bool = True
    etags: Literal["strong", "weak", "weak after a write", "none after a write", "none"] = "strong"
    stars: Literal["hold", "ignored", "never", "backwards"] = "hold"
    """`If-Match: *`, and whether `If-None-Match: *` keeps anything from being overwritten: where the star is
    "ignored" or compared as if it were an ETag ("never"), it doesn't. Apple's is "backwards"."""
    drops_unknown: bool = False
    """It keeps no X- properties."""
    rewrites: bool = False
    """It tidies up what it is given: titles without spaces at their ends and in other letters, no category,
    another PRODID, times in UTC."""
    renames: bool = False
    """What is new gets a name of the server's choice, and the answer doesn't tell it."""
    gone: Literal["404", "412"] = "404"
    """What a condition on something that is not there is answered with."""
    uids: Literal["calendar", "account"] = "calendar"
    """Where a UID may be only once."""
    lists_data: bool = True
    """Whether a list of events has the events themselves."""
    lists_itself: bool = False
    """Among what has changed is the calendar."""
    hrefs: Literal["paths", "addresses", "other escapes"] = "paths"
    asked_by: Literal["either", "path"] = "either"
    """Whether events may be asked for by whole addresses as well."""
    mkcalendar: Literal["yes", "bare", "no", "moves", "bin"] = "yes"
    """ "bare": only without saying which components it is for; "moves": the new calendar's address is made of
    its title, and there is nothing but the calendar itself at the one that was asked for; "bin": the address
    of one that was deleted stays taken."""
    strict: bool = False
    """It refuses what RFC 5545 forbids, and an event without an end."""

    def __str__(self) -> str:
        said = [
            f"{one.name}={value}" for one in fields(self) if (value := getattr(self, one.name)) != one.default
        ]
        return ", ".join(said) or "none"


SERVERS: Mapping[str, Quirks] = {
    "icloud": Quirks(
        renames=True, stars="backwards", lists_itself=True, strict=True, asked_by="path", uids="account"
    ),
    "nextcloud": Quirks(mkcalendar="bin", etags="none after a write", hrefs="other escapes", gone="412"),
    "fastmail": Quirks(strict=True, ctag=False, uids="account"),
    "gmx": Quirks(sync="no", etags="weak after a write", stars="ignored", mkcalendar="bare"),
    "baikal": Quirks(strict=True, etags="none after a write", gone="412"),
    "sogo": Quirks(sync="forgets", stars="ignored", lists_data=False),
    "davical": Quirks(sync="forgets", etags="weak"),
    "zimbra": Quirks(sync="no", stars="never", rewrites=True, mkcalendar="moves"),
}
"""By name; as far as a switch can say it."""

WORST: Mapping[str, Quirks] = {
    # One that writes every object anew and leaves out what it doesn't know: mail.ru does.
    "forgetful": Quirks(drops_unknown=True, rewrites=True, sync="no", ctag=False, lists_data=False),
    "without etags": Quirks(etags="none", stars="never", sync="no", ctag=False),
    "all at once": Quirks(
        drops_unknown=True,
        rewrites=True,
        renames=True,
        etags="none after a write",
        stars="backwards",
        hrefs="addresses",
        asked_by="path",
    ),
}
"""No server is known to be all of that."""
