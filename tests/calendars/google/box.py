"""A Google calendar of calsync's own on the test server, without a command line around it."""

from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.calendars.google.auth import InstalledApp, OAuthClient
from calsync.calendars.google.calendar import GoogleCalendar, Records
from calsync.calendars.google.client import Client, Patience
from calsync.files import Folder
from calsync.records import Token
from calsync.state import State
from tests.googleserver.server import GoogleServer

PLAN = "training"
# Long enough for a slow machine, and without long waits before another try.
QUICK = Patience(answer=10, total=60, first_wait=0.01, longest_wait=0.02)


class Google:
    """One runner's access to the server, and the calendar `calendar_id`."""

    def __init__(
        self, server: GoogleServer, folder: Path, patience: Patience = QUICK, zone: str = "Europe/London"
    ) -> None:
        self.server = server
        self.folder = folder
        self.calendar_id = "training@group.calendar.google.com"
        server.add_calendar(self.calendar_id, summary="Training", time_zone=zone, created_by_app=True)
        given = server.authorise()
        app = InstalledApp(
            given["client_id"], f"{server.url}/auth", given["token_uri"], given["client_secret"]
        )
        self.account = OAuthClient(app, State(Folder(folder)).token_file())
        token = Token(given["client_id"], given["refresh_token"], tuple(given["scopes"]), given["token"])
        self.account.token_file.save(token)
        self.client = Client(server.url, self.account.authorise, patience)

    def calendar(self, zone: ZoneInfo) -> GoogleCalendar:
        """As another process would open it."""
        records = Records(State(Folder(self.folder)))
        return GoogleCalendar("google", self.client, self.calendar_id, PLAN, zone, records)

    def close(self) -> None:
        self.client.close()
