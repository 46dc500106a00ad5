"""A runner whose calendar is in Google, with free/busy from there as well."""

from collections.abc import Callable
from datetime import datetime

from hypothesis import note

from tests.cli.calendar_runner import CalendarRunner
from tests.cli.forks import Zygote
from tests.cli.google import GoogleBox
from tests.cli.google_model import Model
from tests.googleserver.server import NOW, GoogleServer
from tests.googleserver.switches import Switches

CALENDAR = "c_training@group.calendar.google.com"


class Runner(CalendarRunner):
    def __init__(self, position: Switches, zygote: Zygote, say: Callable[[str], object] = note) -> None:
        super().__init__(zygote, say)
        self.server = self.google = GoogleServer(position)
        self.box: GoogleBox = GoogleBox(self.folder, google=self.google)
        # As if a consent had just made it: the making of calendars is tested elsewhere, and takes seconds
        # where a new calendar has to settle.
        self.google.add_calendar(CALENDAR, created_by_app=True)
        self.box.authorise()
        self.model = Model(self.google, CALENDAR, NOW)

    def lose_state(self) -> None:
        super().lose_state()
        self.box.authorise()

    def meet(self, which: int, start: datetime, end: datetime) -> None:
        person = self.google.person("primary")
        meetings = person.events()
        if which % 3 == 0 and meetings:
            person.delete(meetings[which % len(meetings)]["id"])
        else:
            person.create("Meeting", start, end)

    def _looks(self) -> int:
        return sum(
            one.method == "GET" and "pageToken" not in one.query and one.path.endswith("/events")
            for one in self.google.api_log
        )

    def _check_idle(self) -> None:
        path = f"/calendar/v3/calendars/{CALENDAR}/events"
        requests = self.box.requests()
        others = [request for request in requests if request != ("GET", path)]
        assert others == [("POST", "/calendar/v3/freeBusy")]
        # Where nothing is its own, it looks for what a plan of another name may have left.
        looks_twice = self.google.switches.pages == "short" or not any(True for _ in self.model.live())
        assert len(requests) == 2 or looks_twice

    def _break_busy(self) -> None:
        self.google.freebusy_errors["primary"] = "internalError"

    def _mend_busy(self) -> None:
        self.google.freebusy_errors.clear()
