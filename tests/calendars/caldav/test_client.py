"""Requests, their repetitions and their failures, where real servers don't do what is needed."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.calendars.caldav.client import (
    Client,
    Failure,
    Refused,
    Request,
    document,
    element,
    multistatus,
    tag,
)
from tests.calendars.caldav.scripted import Said, answering
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


def test_what_is_too_large_is_not_read() -> None:
    with asking(Said(207, b"x" * 1000, length=65_000_000)) as (client, _), pytest.raises(Refused) as problem:
        client.call(ASK)
    assert "broke off" in str(problem.value) or "more than" in str(problem.value)


def test_a_weak_etag_is_named_without_its_sign() -> None:
    headers = dict(Request.put("/x", b"", 'W/"a"').headers)
    assert headers["If-Match"] == '"a"'
    # Without one there is no condition at all: "*" is understood in too many ways.
    assert "If-Match" not in dict(Request.put("/x", b"", "").headers)


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\r\n\t<>&'\"]")))
def test_any_text_comes_through_xml(text: str) -> None:
    assert (
        multistatus(document("D:multistatus", element("D:sync-token", text=text))).sync_token == text.strip()
    )
