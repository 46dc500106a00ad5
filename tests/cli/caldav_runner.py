"""A runner whose calendar is on a CalDAV server, and the model of that: what is otherwise than in Google.

Beside what google_model.py says of what nobody can tell:

- Without the state folder nothing is known of deletions, nor of what was withdrawn and brought back.
- What she deletes after the state folder was lost, or while a push that has written it has not come to its
  end, may never have been in any record.
- The same where the server gives what is new a name of its own, and she deletes it before that push has read
  what it is called: a list that is behind says the same.
- She brings back what a push had withdrawn that was killed, or got no clear answer. It has written down that
  it was about to, and what is there is as it would be if it had not come to that.
- Her app has not seen yet what calsync wrote last, and overwrites it with what she made of the version
  before. What was written is then what that says of itself; where the server drops that, it is what was
  written last.
- A server without ETags: what she does between the last look at an event and the write is lost.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import note
from hypothesis import strategies as st

from tests.calendars.caldav.servers import PASSWORD, USER, running
from tests.cli.box import FEED, NOW, Box, config
from tests.cli.caldav_server import DavServer, properties_written
from tests.cli.calendar_runner import CalendarRunner
from tests.cli.forks import Zygote
from tests.cli.google_model import Deletion, Model, Own, Span, is_live
from tests.cli.google_trouble import Kill, Sudden, Watch
from tests.cli.vdir import Apps, Vdir, VdirPerson, Wins
from tests.davproxy.faults import Fault, slow_down
from tests.davproxy.quirks import Quirks
from tests.googleserver.store import Event
from tests.googleserver.traffic import Phase

BUSY = '[[busy]]\nname = "private"\ntype = "ics"\npath = "busy.ics"\non_error = "fail"\n'


# The key of no event.
UNSEEN = "what no list has shown"


class DavMachineBox(Box):
    url = ""

    def machine_config(self, reminder: int | None, *, more: str, **parts: Any) -> None:
        alarm = "" if reminder is None else f'alarm = "{reminder}m"\n'
        target = (
            f'[[targets]]\nname = "dav"\ntype = "caldav"\nurl = "{self.url}"\nusername = "{USER}"\n'
            f'password_env = "DAV_PASSWORD"\ncalendar_url = "{self.url}"\n{alarm}'
        )
        self.write("config.toml", config(targets=target + FEED, more=BUSY + more, **parts))
        self.environment["DAV_PASSWORD"] = PASSWORD


class DavModel(Model):
    google: Any

    def __init__(self, server: DavServer, now: datetime) -> None:
        super().__init__(server, server.url, now)  # type: ignore[arg-type]
        self._inserted_now: set[str] = set()
        """The ids of what the push that runs has inserted."""
        self._withdrawn_now: set[str] = set()
        self._half_withdrawn: set[str] = set()
        """Of pushes that have not come to their end."""
        self._versions: dict[str, dict[tuple[str, ...], tuple[Span, dict[str, Any]]]] = {}
        """What calsync has written of each event, by the properties that went with it."""

    @property
    def lists_deletions(self) -> bool:
        return True

    def lose_state(self) -> None:
        super().lose_state()
        self.deletions = dict.fromkeys(self.deletions, Deletion.UNCLEAR)
        for own in self.own.values():
            if own.mark and own.id not in self.deletions:
                own.mark = {}
        self.google.has_seen()
        self.restored.clear()
        self._doubtful |= {own.key for own, _ in self.live()}

    def _person_changed(self, own: Own, before: Event, after: Event) -> None:
        # From an app that had not seen yet what calsync wrote last: that is overwritten.
        version = properties_written(self.google.texts[own.id])
        if is_live(after) and version in self._versions[own.id]:
            written, texts = self._versions[own.id][version]
            own.written, own.texts = written, dict(texts)
        super()._person_changed(own, before, after)
        is_nameless = self.google.proxy.quirks.renames and own.id in self._inserted_now
        if is_nameless and self.deletions.get(own.key) is Deletion.OWNER:
            self.deletions[own.key] = Deletion.UNCLEAR

    def _person_restored(self, own: Own, before: Event) -> None:
        super()._person_restored(own, before)
        if own.id in self._half_withdrawn:
            self.restored.discard(own.id)

    def _inserted(self, event: Event) -> None:
        super()._inserted(event)
        self._inserted_now.add(event["id"])

    def _remember(self, own: Own, before: Event, after: Event, body: dict[str, Any]) -> None:
        super()._remember(own, before, after, body)
        if is_live(before) and not is_live(after):
            self._withdrawn_now.add(own.id)

    def answered(self, logged: Any) -> None:
        if logged.body.pop("restamped", False):
            # Its time is written anew and is the same: as `calsync move` has said, where she had dragged it.
            event = self.calendar.events[self.calendar.changes[-1][0]]
            own = self.own.get(event["id"])
            move = self.moves.get(own.key) if own else None
            if move and self.span(event)[0] == move.to:
                logged.body["start"] = event["start"]
        changed = {event_id for event_id, _ in self.calendar.changes[self._cursor :]}
        super().answered(logged)
        for own, _ in self.live():
            if own.id in changed:
                version = properties_written(self.google.texts[own.id])
                self._versions.setdefault(own.id, {})[version] = (own.written, dict(own.texts))

    def ended(self, code: int, *, clear: bool, behind: Iterable[str] = ()) -> None:
        super().ended(code, clear=clear, behind=behind)
        self.deletions.pop(UNSEEN, None)
        if code == 0:
            self._half_withdrawn.clear()
        elif not clear:
            self._half_withdrawn |= self._withdrawn_now
        self._inserted_now.clear()
        self._withdrawn_now.clear()
        if code == 0 and not behind:
            self.seen |= {key for key, what in self.deletions.items() if what is Deletion.OWNER}
            self.google.has_seen()


# --- what befalls a push ----------------------------------------------------------------------------------

QUICK: dict[str, Callable[[], Fault]] = {
    "429": slow_down,
    "503": lambda: slow_down(503),
    "507": lambda: Fault(status=507),
    "403": lambda: Fault(status=403),
    "400": lambda: Fault(status=400),
    "401": lambda: Fault(status=401),
    "a part failed": lambda: Fault("part", status=403),
    "503 after the write": lambda: Fault(status=503, headers={"Retry-After": "0"}, commits=True),
}
# Here a client waits for up to half a second before it tries again.
SLOW: dict[str, Callable[[], Fault]] = {
    "lost request": lambda: Fault("drop"),
    "lost answer": lambda: Fault("drop", commits=True),
    "half an answer": lambda: Fault("cut off", commits=True),
}
CLEAR = {"429", "507", "403", "400", "401", "a part failed"}
METHODS = ("PUT", "DELETE", "REPORT", "PROPFIND", "GET")


@dataclass(frozen=True)
class DavFailing:
    name: str
    method: str
    skip: int = 0
    times: int | None = 1

    def set_up(self, model: Model) -> None:
        fault = (QUICK | SLOW)[self.name]()
        fault.methods, fault.skip = (self.method,), self.skip
        fault.times = self.times if self.name in QUICK else 1
        model.google.faults.add(fault)

    @property
    def is_clear(self) -> bool:
        return self.name in CLEAR


failing = st.builds(
    DavFailing,
    st.sampled_from((*QUICK, *QUICK, *SLOW)),
    st.sampled_from(METHODS),
    st.integers(0, 4),
    st.sampled_from((1, 1, 2, 3, None)),
)


class DavWatch(Watch):
    def _look(self, logged: Any, phase: Phase) -> None:
        if logged.method == "GET" and self.model.google.proxy.quirks.etags == "none":
            self.sudden = None  # it is too late
        super()._look(logged, phase)

    def _lose_the_rest(self, phase: Phase) -> None:
        self.model.google.proxy.cut_off()

    def wait(self) -> None:
        proxy = self.model.google.proxy
        proxy.cut_off()
        proxy.wait()


# --- the runner -------------------------------------------------------------------------------------------


class DavRunner(CalendarRunner):
    def __init__(
        self, kind: str, quirks: Quirks, zygote: Zygote, say: Callable[[str], object] = note
    ) -> None:
        super().__init__(zygote, say)
        self.server: DavServer = DavServer(running(kind), quirks)
        self.box: DavMachineBox = DavMachineBox(self.folder)
        self.box.url = f"{self.server.proxy.url}{self.server.path}"
        self.may_lose_state = not quirks.drops_unknown
        self.model = DavModel(self.server, datetime.fromisoformat(NOW))
        self._meetings: list[tuple[datetime, datetime]] = []
        self._write_busy()

    def meet(self, which: int, start: datetime, end: datetime) -> None:
        if which % 3 == 0 and self._meetings:
            del self._meetings[which % len(self._meetings)]
        else:
            self._meetings.append((start, end))
        self._write_busy()

    def _write_busy(self) -> None:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Work//EN"]
        for number, (start, end) in enumerate(self._meetings):
            lines += ["BEGIN:VEVENT", f"UID:{number}", f"DTSTAMP:{_utc(start)}", f"DTSTART:{_utc(start)}"]
            lines += [f"DTEND:{_utc(end)}", "SUMMARY:Meeting", "END:VEVENT"]
        self.box.write("busy.ics", "\r\n".join([*lines, "END:VCALENDAR", ""]))

    def push_behind(self, acts: Callable[[], None]) -> None:
        """A push whose lists are from before what the runner does now; the events themselves are true."""
        self.server.proxy.freeze(self.server.url)
        before = {own.key for own, _ in self.model.live()}
        acts()
        dead = before - {own.key for own, _ in self.model.live()}
        # Whatever it brings about, it has not seen what was done.
        self.troubled_push(clear=True, behind=frozenset({*dead, UNSEEN}))
        self.server.proxy.thaw()

    def take(self, apps: Apps, wins: Wins) -> None:
        """From now on the runner acts with vdirsyncer and khal."""
        self.server.own_app = VdirPerson(self.server, Vdir(apps, self.server.url, wins))

    def push_before_she_syncs(self, acts: Callable[[], None], kill: Kill | None) -> None:
        """She edits in her folder what the calendar was before a push, and brings it there after that."""
        person = self.server.own_app
        assert isinstance(person, VdirPerson)
        self.model.by_person(person.sync)
        person.is_offline = True
        acts()
        self.troubled_push(clear=kill is None, kill=kill)
        person.is_offline = False
        self.model.by_person(person.sync)

    def watch(self, kill: Kill | None, sudden: Sudden | None) -> Watch:
        return DavWatch(self.model, kill, sudden)

    def _looks(self) -> int:
        writes = [said.status for asked, said in self.server.log if asked.method in ("PUT", "DELETE")]
        return 1 + any(status in (404, 409, 412) for status in writes)

    def _has_lost_many(self, held: set[str]) -> bool:
        model = self.model
        lost = [
            key
            for key, what in model.deletions.items()
            if what is not Deletion.NONE and key not in model.seen
        ]
        return bool(lost) and (not held or (len(lost) >= 4 and len(lost) > len(held)))

    def _check_idle(self) -> None:
        asked = [asked for asked, _ in self.server.log]
        assert {one.method for one in asked} <= {"REPORT", "PROPFIND"}
        # Of what has no ETag, or no tag of all, nobody can tell without reading it.
        plain = self.server.proxy.quirks.sync != "no" or self.server.proxy.quirks.ctag
        assert len(asked) == 1 or not plain

    def _break_busy(self) -> None:
        self.box.write("busy.ics", "<html>Sign in</html>")

    def _mend_busy(self) -> None:
        self._write_busy()


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
