"""Requests, their repetitions and their failures, where real servers don't do what is needed."""

import base64
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.calendars.caldav.client import Client, Failure, Refused, Request
from calsync.calendars.caldav.messages import document, element, multiget, multistatus, tag
from calsync.http import trusted
from tests.calendars.caldav.scripted import Said, answering, said, scripted
from tests.calendars.caldav.servers import PASSWORD, QUICK, USER

_WHOLE = b"""<?xml version="1.0"?>
<D:multistatus xmlns:D="DAV:"><D:response><D:href>/x%20y/</D:href>
<D:propstat><D:prop><D:getetag>W/"1"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:displayname/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
</D:response><D:sync-token>t</D:sync-token></D:multistatus>"""
ASK = Request.propfind("/x", "D:getetag", expects="something")


@contextmanager
def asking(*answers: Said) -> Iterator[tuple[Client, list[str]]]:
    with answering(*answers) as (url, seen):
        client = Client(url, USER, PASSWORD, patience=QUICK)
        try:
            yield client, seen
        finally:
            client.close()


def test_what_a_multistatus_says() -> None:
    (found,) = multistatus(_WHOLE).found
    assert (found.href, found.path, found.status) == ("/x%20y/", "/x y/", 200)
    assert found.text("D:getetag") == 'W/"1"'
    assert found.refused == {tag("D:displayname"): 404}
    assert multistatus(_WHOLE).sync_token == "t"


@pytest.mark.parametrize(
    "cut", [Said(207, _WHOLE[:200], length=len(_WHOLE)), Said(207, _WHOLE[:200], length=None), Said(502)]
)
def test_an_answer_that_is_cut_off_is_asked_for_again(cut: Said) -> None:
    with asking(cut, cut, Said(207, _WHOLE)) as (client, seen):
        assert client.call(ASK).found[0].href == "/x%20y/"
        assert len(seen) == 3


def test_the_time_for_all_requests_ends() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        end = time.monotonic() + 0.03
        while time.monotonic() < end:
            pass
        return said(207, {}, _WHOLE)

    client = scripted("https://dav.example.org/", answer, patience=replace(QUICK, total=0.05))
    *_, last = [client.send({"x": ASK})["x"] for _ in range(9)]
    assert str(last) == "https://dav.example.org takes too long: more than 0.05 seconds in all"
    assert len(asked) <= 2
    client.close()


def test_the_password_goes_as_utf_8() -> None:
    with asking(Said(207, _WHOLE)) as (client, seen):
        client.call(ASK)
    expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert seen == [f"PROPFIND /x Basic {expected}"]


def test_a_server_that_wants_a_digest_gets_one_and_no_password_from_then_on() -> None:
    challenge = 'Digest realm="dav", nonce="abc", algorithm=MD5, qop="auth"'
    wants = Said(401, headers=(("WWW-Authenticate", challenge),))
    with asking(wants, wants, Said(207, _WHOLE)) as (client, seen):
        client.call(ASK)
        client.call(ASK)
    assert [one.split()[2:3] for one in seen] == [["Basic"], [], ["Digest"], ["Digest"]]


@pytest.mark.parametrize("sign", ["\x0b", "&#11;", "&#x1F;", "&#0;"])
def test_a_sign_that_no_xml_may_have_hides_no_event(sign: str) -> None:
    """Outlook's line breaks, for one, which some servers send as they were pasted."""
    body = f"<D:multistatus xmlns:D='DAV:'><D:sync-token>a{sign}b&#13;&#10;c</D:sync-token></D:multistatus>"
    assert multistatus(body.encode()).sync_token == "a b\r\nc"


def test_events_are_asked_for_by_their_paths() -> None:
    """iCloud answers 400 to whole addresses."""
    asked = multiget(["https://p34-caldav.icloud.com:443/1/a%40b.ics", "/1/c.ics"], "D:getetag")
    assert b"<D:href>/1/a%40b.ics</D:href><D:href>/1/c.ics</D:href>" in asked


def test_what_is_said_of_several_is_said_of_each() -> None:
    gone = b"<D:href>/a</D:href><D:href>/b</D:href><D:status>HTTP/1.1 404 Not Found</D:status>"
    body = b'<D:multistatus xmlns:D="DAV:"><D:response>%s</D:response></D:multistatus>' % gone
    assert [(one.href, one.status) for one in multistatus(body).found] == [("/a", 404), ("/b", 404)]


def test_a_wrong_password_is_not_tried_more_often_than_it_has_to_be() -> None:
    """After a few, some servers let nobody in for a while."""
    wants = Said(401, headers=(("WWW-Authenticate", 'Digest realm="dav", nonce="abc", qop="auth"'),))
    with asking(wants) as (client, seen):
        for _ in range(2):
            with pytest.raises(Refused, match="refuses the username or the password"):
                client.call(ASK)
    assert len(seen) <= 6


@pytest.mark.parametrize("status", [403, 424])
def test_a_write_of_which_a_part_failed_is_no_success(status: int) -> None:
    """So sabre/dav answers where it makes no calendar, as it refuses one of its properties."""
    body = _WHOLE.replace(b"404 Not Found", b"%d X" % status)
    with asking(Said(207, body)) as (client, _), pytest.raises(Refused) as problem:
        client.call(Request.put("/x", b"", None))
    assert problem.value.failure.status == status


@pytest.mark.parametrize("status", [404, 423, 500])
def test_a_write_that_failed_inside_a_success_is_no_success(status: int) -> None:
    body = _WHOLE.replace(b"<D:propstat>", b"<D:status>HTTP/1.1 %d X</D:status><D:propstat>" % status, 1)
    with asking(Said(207, body)) as (client, _):
        answers = client.send({"a": Request.delete("/x", '"1"'), "b": Request.put("/y", b"", None)})
    assert [one.status for one in answers.values() if isinstance(one, Failure)] == [status, status]


def test_after_one_that_would_meet_all_the_rest_is_not_sent() -> None:
    requests = {str(number): Request.put(f"/{number}", b"", None) for number in range(50)}
    with asking(Said(507)) as (client, seen):
        answers = client.send(requests)
    assert {one.status for one in answers.values() if isinstance(one, Failure)} == {507}
    assert len(answers) == 50
    assert len(seen) <= 6


def test_the_precondition_that_failed_is_said() -> None:
    body = document("D:error", "<C:no-uid-conflict/>")
    with asking(Said(409, body)) as (client, _), pytest.raises(Refused) as problem:
        client.call(Request.put("/x", b"", None))
    assert problem.value.failure.reason == "no-uid-conflict"
    assert problem.value.failure.has_changed
    assert "(409 no-uid-conflict)" in str(problem.value)


_SABRE = """<?xml version="1.0" encoding="utf-8"?>
<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>Sabre\\DAV\\Exception</s:exception>
<s:message>{words}</s:message>{more}</d:error>"""
_HREF = "<d:href>/cal/jobs/a.ics</d:href>"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        # Cyrus, until 3.0 and since; Nextcloud since 2026, and before, also of what is in its bin.
        (403, f"<d:error xmlns:d='DAV:'><no-uid-conflict xmlns='c'>{_HREF}</no-uid-conflict></d:error>"),
        (403, "<error xmlns='DAV:'><unique-scheduling-object-resource xmlns='c'/></error>"),
        (409, _SABRE.format(words="Taken", more=f"<no-uid-conflict xmlns='c'>{_HREF}</no-uid-conflict>")),
        (400, _SABRE.format(words="Deleted calendar object with uid already exists in this", more="")),
    ],
)
def test_a_uid_that_is_taken_is_known_in_all_ways_to_say_so(status: int, body: str) -> None:
    with asking(Said(status, body.encode())) as (client, _), pytest.raises(Refused) as problem:
        client.call(Request.put("/x", b"", None))
    assert problem.value.failure.is_uid_taken
    assert problem.value.failure.has_changed
    assert problem.value.failure.href == ("/cal/jobs/a.ics" if _HREF in body else "")


def test_what_is_wrong_is_said_in_the_servers_words_without_secrets() -> None:
    body = _SABRE.format(words="Validation error: no UID in https://dav.example.org/x/secret-path-1", more="")
    with asking(Said(415, body.encode())) as (client, _), pytest.raises(Refused) as problem:
        client.call(Request.put("/x", b"", None))
    assert "refuses that: “Validation error: no UID in https://dav.example.org/…” (415)" in str(problem.value)


def test_what_is_too_large_is_not_read() -> None:
    with asking(Said(207, b"x" * 1000, length=65_000_000)) as (client, _), pytest.raises(Refused) as problem:
        client.call(ASK)
    assert "broke off" in str(problem.value) or "more than" in str(problem.value)


def test_a_weak_etag_is_named_without_its_sign() -> None:
    headers = dict(Request.put("/x", b"", 'W/"a"').headers)
    assert headers["If-Match"] == '"a"'
    # Without one there is no condition at all: "*" is understood in too many ways.
    assert "If-Match" not in dict(Request.put("/x", b"", "").headers)


def test_an_etag_without_quotation_marks_is_named_with_them() -> None:
    assert dict(Request.delete("/x", "abc").headers) == {"If-Match": '"abc"'}


@pytest.mark.parametrize(
    ("url", "href", "whole"),
    [
        ("https://dav.example.org/a/", "x.ics", "https://dav.example.org/a/x.ics"),
        ("https://dav.example.org/", "http://DAV.example.org:8080/a%40b/", "https://dav.example.org/a%40b/"),
        ("https://dav.example.org:8443/", "https://dav.example.org/a", "https://dav.example.org:8443/a"),
        # RFC 4918, 8.3: there is no address without a scheme, so this is a path that was put together badly.
        ("https://dav.example.org/", "//calendars/ann/", "https://dav.example.org/calendars/ann/"),
        ("https://täst.example/", "https://xn--tst-qla.example/a", "https://täst.example/a"),
        ("https://dav.example.org/", "https://dav.example.org./a", "https://dav.example.org/a"),
        ("http://[::1]:5232/", "http://[::1]/a", "http://[::1]:5232/a"),
    ],
)
def test_an_address_is_read_however_it_is_written(url: str, href: str, whole: str) -> None:
    client = Client(url, USER, PASSWORD)
    assert client.address(href) == whole
    client.close()


@pytest.mark.parametrize(
    "href", ["http://[bad/", "https://dav.example.org:port/", "//[", "https://dav.example.org.evil.example/"]
)
def test_an_address_that_is_none_or_of_somebody_else_is_refused(href: str) -> None:
    client = scripted("https://dav.example.org/", lambda request: said(302, {"Location": href}))
    if href != "//[":  # which is a path
        with pytest.raises(Refused):
            client.address(href)
    with pytest.raises(Refused):
        client.call(ASK)
    client.close()


def test_a_redirect_to_the_port_that_goes_without_saying_leads_nowhere_else() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/x":
            return said(301, {"Location": "https://DAV.example.org:443/y"})
        return said(207, {}, _WHOLE)

    client = scripted("https://dav.example.org", answer)
    assert client.call(ASK).url == "https://DAV.example.org:443/y"
    client.close()


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\r\n\t<>&'\"]")))
def test_any_text_comes_through_xml(text: str) -> None:
    assert (
        multistatus(document("D:multistatus", element("D:sync-token", text=text))).sync_token == text.strip()
    )


def test_where_nothing_is_encrypted_no_certificate_counts() -> None:
    nobody = trusted("http://localhost:5232")
    assert isinstance(nobody, ssl.SSLContext)
    assert (nobody.verify_mode, nobody.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert nobody.get_ca_certs() == []
    assert trusted("https://localhost") is True
