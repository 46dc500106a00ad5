"""Consent, tokens and service accounts, with Google's own libraries as the clients."""

import json
import os
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import google_auth_httplib2
import httplib2
import pytest
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, InvalidGrantError

from tests.googleserver import browser
from tests.googleserver.client import credentials, service
from tests.googleserver.consent import Consent
from tests.googleserver.faults import Fault, Grant, backend_error, token_error
from tests.googleserver.samples import refused, timed
from tests.googleserver.server import CLIENT_ID, LEAST_SCOPES, ROBOT, GoogleServer
from tests.googleserver.switches import Switches

CREATED, FREEBUSY = LEAST_SCOPES


@pytest.fixture(autouse=True)
def loopback_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib wants https for the token endpoint, even on this machine."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def flow(google: GoogleServer, tmp_path: Path) -> InstalledAppFlow:
    path = google.write_client_secret(tmp_path / "client_secret.json")
    made: InstalledAppFlow = InstalledAppFlow.from_client_secrets_file(path, scopes=list(LEAST_SCOPES))
    return made


def consent(flow: InstalledAppFlow, **more: Any) -> Credentials:
    got: Credentials = flow.run_local_server(
        host="127.0.0.1",
        port=0,
        browser=browser.COMMAND,
        authorization_prompt_message="",
        **{"timeout_seconds": 10, "access_type": "offline", "prompt": "consent"} | more,
    )
    return got


def refresh(own: Any) -> None:
    http = httplib2.Http()
    try:
        own.refresh(google_auth_httplib2.Request(http))
    finally:
        http.close()


def test_the_flow_of_an_installed_application(google: GoogleServer, flow: InstalledAppFlow) -> None:
    own = consent(flow)
    assert own.refresh_token
    assert set(own.granted_scopes) == set(LEAST_SCOPES)
    (asked,) = google.consent_requests
    assert asked["access_type"] == ["offline"]
    assert asked["prompt"] == ["consent"]
    assert asked["code_challenge_method"] == ["S256"]
    with service(google, own) as calendar:
        assert calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]


def test_the_refresh_token_comes_once_unless_consent_is_asked_for_again(
    google: GoogleServer, flow: InstalledAppFlow
) -> None:
    assert consent(flow, prompt="select_account").refresh_token
    assert consent(flow, prompt="select_account").refresh_token is None
    assert consent(flow).refresh_token
    assert consent(flow, access_type="online").refresh_token is None


def test_a_person_who_says_no(google: GoogleServer, flow: InstalledAppFlow) -> None:
    google.consent = Consent(denies=True)
    with pytest.raises(AccessDeniedError):
        consent(flow)


def test_a_person_who_leaves(google: GoogleServer, flow: InstalledAppFlow) -> None:
    google.consent = Consent(leaves=True)
    with pytest.raises(WSGITimeoutError):
        consent(flow, timeout_seconds=0.01)


def test_a_person_who_ticks_only_some_boxes(
    google: GoogleServer, flow: InstalledAppFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.consent = Consent(scopes=(FREEBUSY,))
    with pytest.raises(Warning, match="Scope has changed"):
        consent(flow)
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    own = consent(flow)
    assert own.granted_scopes == [FREEBUSY]
    with service(google, own) as calendar:
        refused(calendar.calendars().insert(body={"summary": "T"}), 403, "insufficientPermissions")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "nobody"}, 401),
        ({"response_type": "token"}, 400),
        ({"redirect_uri": "https://example.org/"}, 400),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, 400),
        ({"scope": ""}, 400),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, 400),
    ],
)
def test_the_page_refuses(google: GoogleServer, changes: dict[str, str], status: int) -> None:
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:1/",
        "scope": CREATED,
    }
    assert browser.visit(f"{google.url}/auth?{urlencode(query | changes)}") == status


def test_a_code_is_good_once_and_for_its_own_verifier(
    google: GoogleServer, flow: InstalledAppFlow, tmp_path: Path
) -> None:
    def code() -> str:
        """What the person would copy from the address line, when no server listens for it."""
        flow.redirect_uri = "http://127.0.0.1:1/"
        url, _ = flow.authorization_url(prompt="consent")
        http = httplib2.Http()
        http.follow_redirects = False
        response, _ = http.request(url)
        http.close()
        return str(parse_qs(urlsplit(response["location"]).query)["code"][0])

    first = code()
    flow.fetch_token(code=first)
    with pytest.raises(InvalidGrantError):
        flow.fetch_token(code=first)
    second = code()
    flow.code_verifier = "another" * 10
    with pytest.raises(InvalidGrantError, match="verifier"):
        flow.fetch_token(code=second)
    other = Path(tmp_path / "client_secret.json")
    wrong = json.loads(other.read_text())
    wrong["installed"]["client_secret"] = "guessed"
    stranger = InstalledAppFlow.from_client_config(wrong, scopes=list(LEAST_SCOPES))
    stranger.redirect_uri = "http://127.0.0.1:1/"
    with pytest.raises(Exception, match="invalid_client"):
        stranger.fetch_token(code=code())


def test_a_token_is_refreshed_when_it_is_no_longer_valid(google: GoogleServer) -> None:
    own = credentials(google.authorise())
    before = own.token
    with service(google, own) as calendar:
        calendar.colors().get().execute()
        google.expire()
        calendar.colors().get().execute()
    assert own.token != before
    assert [logged.path for logged in google.log] == [
        "/calendar/v3/colors",
        "/calendar/v3/colors",
        "/token",
        "/calendar/v3/colors",
    ]
    assert [logged.status for logged in google.log] == [200, 401, 200, 200]
    assert google.log[2].body["grant_type"] == "refresh_token"


def test_a_revoked_permission(google: GoogleServer) -> None:
    own = credentials(google.authorise())
    google.revoke()
    with service(google, own) as calendar, pytest.raises(RefreshError) as raised:
        calendar.colors().get().execute()
    assert raised.value.args[1] == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }
    assert not raised.value.retryable


def test_refresh_tokens_that_rotate(google: GoogleServer) -> None:
    google.rotate_refresh_tokens = True
    token = google.authorise()
    own = credentials(token)
    refresh(own)
    assert own.refresh_token != token["refresh_token"]
    refresh(own)
    with pytest.raises(RefreshError, match="invalid_grant"):
        refresh(credentials(token))


def test_a_refresh_that_asks_for_more_than_was_granted(google: GoogleServer) -> None:
    token = google.authorise([FREEBUSY]) | {"scopes": list(LEAST_SCOPES)}
    with pytest.raises(RefreshError, match="invalid_scope"):
        refresh(credentials(token))
    with GoogleServer(Switches(refresh_beyond_grant="granted")) as lenient:
        own = credentials(lenient.authorise([FREEBUSY]) | {"scopes": list(LEAST_SCOPES)})
        refresh(own)
        assert own.granted_scopes == [FREEBUSY]


def test_the_token_endpoint_has_its_faults(google: GoogleServer) -> None:
    own = credentials(google.authorise())
    unavailable = google.faults.add(Fault(backend_error(502), where=("token",)))
    with pytest.raises(RefreshError) as raised:
        refresh(own)
    assert unavailable.times == 0
    assert not raised.value.retryable  # google-auth does not count 502 among those
    google.faults.add(Fault(token_error(error="invalid_grant"), where=("token",)))
    with pytest.raises(RefreshError, match="invalid_grant: Bad Request"):
        refresh(own)
    google.faults.add(Fault(Grant((FREEBUSY,))))
    refresh(own)
    assert own.granted_scopes == [FREEBUSY]


def test_an_application_can_give_its_token_back(google: GoogleServer) -> None:
    token = google.authorise()
    http = httplib2.Http()
    address = f"{google.url}/revoke?token={token['refresh_token']}"
    assert [http.request(address, "POST")[0].status for _ in range(2)] == [200, 400]
    http.close()
    with pytest.raises(RefreshError, match="invalid_grant"):
        refresh(credentials(token))


def test_without_a_token_nobody_comes_in(google: GoogleServer) -> None:
    http = httplib2.Http()
    for headers in ({}, {"authorization": "Bearer nonsense"}):
        response, content = http.request(google.url + "/calendar/v3/colors", headers=headers)
        assert response.status == 401
        assert "Bearer" in response["www-authenticate"]
        assert json.loads(content)["error"]["errors"] == [
            {
                "domain": "global",
                "reason": "authError",
                "message": "Invalid Credentials",
                "locationType": "header",
                "location": "Authorization",
            }
        ]
    http.close()


def robot(google: GoogleServer, folder: Path, scope: str = "calendar.events") -> Any:
    path = google.write_service_account(folder / "robot.json")
    scopes = ["https://www.googleapis.com/auth/" + scope]
    return service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
        path, scopes=scopes
    )


def without_lookup(own: Any) -> Credentials:
    """Credentials that get their tokens from these.

    Those of a service account ask Google itself, in a thread of their own, for the regions it may be used in.
    """

    def fetch(request: Any, scopes: object) -> tuple[str, datetime]:
        own.refresh(request)
        return own.token, own.expiry

    return Credentials(None, refresh_handler=fetch)  # type: ignore[no-untyped-call]


def test_a_service_account_reaches_what_is_shared_with_it(google: GoogleServer, tmp_path: Path) -> None:
    google.add_calendar("shared@group.calendar.google.com", shared_with=[ROBOT])
    google.add_calendar("private@group.calendar.google.com")
    with service(google, without_lookup(robot(google, tmp_path))) as calendar:
        events = calendar.events()
        events.insert(calendarId="shared@group.calendar.google.com", body=timed()).execute()
        for hidden in ("private@group.calendar.google.com", google.email, "primary"):
            refused(events.list(calendarId=hidden), 404, "notFound")
        google.expire()
        events.list(calendarId="shared@group.calendar.google.com").execute()
    assert google.log[0].body["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_what_a_service_account_signs_is_checked(google: GoogleServer, tmp_path: Path) -> None:
    own = robot(google, tmp_path)
    claims = {
        "audience": ({"aud": "https://example.org/token"}, "invalid_grant"),
        "expiry": ({"exp": 1}, "invalid_grant"),
        "life": ({"exp": 2**33}, "invalid_grant"),
        "scope": ({"scope": ""}, "invalid_scope"),
        "issuer": ({"iss": "stranger@project.iam.gserviceaccount.com"}, "invalid_grant"),
        "subject": ({"sub": "boss@example.com"}, "unauthorized_client"),
    }
    for claim, error in claims.values():
        with pytest.raises(RefreshError, match=error):
            refresh(own.with_claims(claim))
    refresh(own.with_claims({"aud": google.url + "/token"}))
    info = json.loads((tmp_path / "robot.json").read_text())
    stranger = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        info | {"private_key_id": "another"}, scopes=["https://www.googleapis.com/auth/calendar.events"]
    )
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        refresh(stranger)


def test_the_browser_of_the_environment(google: GoogleServer) -> None:
    """The command returns before the visit is over, because nobody listens for it until then."""
    with socket.create_server(("127.0.0.1", 0)) as application:
        query = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": f"http://127.0.0.1:{application.getsockname()[1]}/",
            "scope": CREATED,
            "state": "s",
        }
        program = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
        subprocess.run(
            [sys.executable, "-c", program, f"{google.url}/auth?{urlencode(query)}"],
            env={**os.environ, "BROWSER": browser.COMMAND},
            check=True,
        )
        application.settimeout(10)
        connected, _ = application.accept()
        with connected, connected.makefile() as lines:
            line = lines.readline()
            connected.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    assert line.startswith("GET /?state=s&code=")
