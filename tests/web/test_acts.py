"""What the runner does on a page: skip, move, put back, check in; and all that must not act."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.box import NOW, Box, by_key
from tests.web.asking import ask
from tests.web.forms import Form, follow, forms, send
from tests.web.running import Server, running

SERVE = '[serve]\nurl = "https://training.example.org"\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests, as each acts on another run or session."""
    box = Box(tmp_path_factory.mktemp("acts"))
    box.config(more=SERVE, horizon=4)
    box.push()
    with running(box) as site:
        yield site


def page_of(site: Server, key: str) -> str:
    """The address of its page, as its event has it, at the server of the test."""
    url = by_key(site.box.feed.read_bytes())[key]["URL"]
    return url.replace("https://training.example.org", site.url)


def start(site: Server, key: str) -> str:
    """When its event in the feed begins; "" if there is none."""
    return by_key(site.box.feed.read_bytes()).get(key, {}).get("DTSTART", "")


def on(address: str, key: str | None = None) -> dict[str, Form]:
    return forms(ask(address).body.decode(), key)


def test_a_session_is_skipped_and_put_back_by_undo(site: Server) -> None:
    lift = "2026-W49/strength/1"
    address, before = page_of(site, lift), start(site, lift)
    page = ask(address).body.decode()
    assert "Lower body" in page
    assert "What to do" in page
    said = follow(site, address, forms(page)["Skip it"])
    assert start(site, lift) == "", "the feed has it before the answer"
    assert "Skipped: Lower body" in said
    said = follow(site, address, forms(said)["Undo"])
    assert "Put back: Lower body" in said
    assert start(site, lift) == before


def test_it_is_moved_to_a_suggested_time_and_to_any_time(site: Server) -> None:
    lift = "2026-W49/strength/2"
    address = page_of(site, lift)
    suggested = [form for label, form in on(address).items() if label.startswith("Move to ")]
    assert 1 <= len(suggested) <= 3
    there = re.sub(r"[-:]", "", suggested[0].value("to"))[:15]
    said = follow(site, address, suggested[0])
    assert "Moved to " in said
    assert start(site, lift) == there
    said = follow(site, address, forms(said)["Move"], {"start": "2026-12-05T15:05"})
    assert "Moved to Sat 5 Dec 15:05" in said
    assert start(site, lift) == "20261205T150500"
    follow(site, address, forms(said)["Undo"])
    assert start(site, lift) == there


def test_what_is_moved_far_away_keeps_its_page(tmp_path: Path) -> None:
    """To a day after the weeks that are planned, where no week on the page has it."""
    box = Box(tmp_path)
    box.config(more=SERVE, horizon=2)
    box.push()
    before = by_key(box.feed.read_bytes())
    with running(box) as site:
        for key in ("2026-W48/strength/1", "2026-W48/run/tue-1"):
            address = page_of(site, key)
            said = follow(site, address, on(address)["Move"], {"start": "2027-03-01T10:00"})
            assert "Moved to Mon 1 Mar 10:00" in said
            assert "Note: this takes it out of its week, week 48." in said
            assert start(site, key) == "20270301T100000"
            week = ask(site.page).body.decode()
            assert ", moved to Mon 1 Mar 10:00-" in week[week.index("Not in this week") :]
            assert "Put it back" in forms(week, key)
        assert "moved to Mon 1 Mar 10:00" in box.ok("plan").out
        follow(site, address, forms(said)["Undo"])
        assert start(site, key) == before[key]["DTSTART"]


def test_undo_of_a_first_move_brings_it_back_to_where_it_was(tmp_path: Path) -> None:
    """Not to any place that is as good: to release it would leave it where it was moved to."""
    box = Box(tmp_path)
    box.config(more=SERVE)
    box.push()
    lift, run = "2026-W49/strength/1", "2026-W49/run/tue-1"
    before = by_key(box.feed.read_bytes())
    with running(box) as site:
        for key, there in ((lift, "2026-12-01T12:30"), (run, "2026-12-02T19:00")):
            address = page_of(site, key)
            said = follow(site, address, on(address)["Move"], {"start": there})
            assert start(site, key) != before[key]["DTSTART"]
            said = follow(site, address, forms(said)["Undo"])
            assert "Put back: " in said
            after = by_key(box.feed.read_bytes())[key]
            assert {name: after[name] for name in ("DTSTART", "DTEND", "SUMMARY", "DESCRIPTION")} == {
                name: before[key][name] for name in ("DTSTART", "DTEND", "SUMMARY", "DESCRIPTION")
            }
            assert "Put it back" not in on(address), "the runner hasn't moved it any more"
            follow(site, address, forms(said)["Undo"])
            assert start(site, key) == there.replace("-", "").replace(":", "") + "00"
    feed = box.feed.read_bytes()
    box.push()
    assert box.feed.read_bytes() == feed


def test_undo_brings_back_what_starts_too_soon_to_be_placed_anew(tmp_path: Path) -> None:
    """A session of tonight that was skipped, or moved: by its rules calsync would give it another day."""
    box = Box(tmp_path)
    box.config(more=SERVE, availability='default = ["17:00-21:00"]')
    box.push()
    lift = "2026-W48/strength/1"
    before = by_key(box.feed.read_bytes())[lift]["DTSTART"]
    assert before == "20261124T170000"
    with running(box, now=NOW.replace("23T06", "24T10")) as site:
        address = page_of(site, lift)
        for label, filled in (("Skip it", {}), ("Move", {"start": "2026-11-25T20:00"})):
            said = follow(site, address, on(address)[label], filled)
            assert start(site, lift) != before
            follow(site, address, forms(said)["Undo"])
            assert start(site, lift) == before, label


def test_what_is_against_a_time_is_said_and_it_is_moved_all_the_same(site: Server) -> None:
    lift = "2026-W50/strength/1"
    address = page_of(site, lift)
    said = follow(site, address, on(address)["Move"], {"start": "2026-12-08T06:45"})
    assert "Note: " in said
    assert start(site, lift) == "20261208T064500"


def test_a_time_that_is_none_changes_nothing(site: Server) -> None:
    lift = "2026-W50/strength/2"
    address, before = page_of(site, lift), start(site, lift)
    refused = {
        "": "Choose a day and a time first.",
        "2026-11-20T10:00": "Fri 20 Nov 2026 10:00 is in the past.",
        "soon": "&#34;soon&#34; is not a time",
        "2026-13-40T10:00": "is not a time",
        "0001-01-01T00:00": "is in the past.",
        "9999-12-31T23:59-14:00": "is too far away.",
    }
    for when, why in refused.items():
        said = follow(site, address, on(address)["Move"], {"start": when})
        assert 'class="notice refused"' in said, when
        assert why in said, when
    assert start(site, lift) == before


def test_the_owner_acts_on_the_week_page(site: Server) -> None:
    run, lift = "2026-W48/run/tue-1", "2026-W51/strength/1"
    said = follow(site, site.page, on(site.page, run)["Skip it"])
    assert "Skipped: " in said
    assert start(site, run) == ""
    follow(site, site.page, forms(said, run)["Put it back"])
    assert start(site, run)
    address = site.week("2026-W51")
    assert send(address, on(address, lift)["Skip it"])["Location"].startswith("week/2026-W51?done=")
    site.until(lambda: start(site, lift) == "")


def test_a_check_in_changes_the_week_and_can_be_undone(site: Server) -> None:
    def checked() -> list[list[str]]:
        return [one["signs"] for one in site.box.ok("checkin", "--list", "--format", "json").json]

    said = follow(site, site.page, on(site.page)["Save"], {"sign": "sore"})
    assert "Mon 23 Nov: sore. Week 48: lighter and shorter sessions." in said
    assert checked() == [["sore"]]
    assert "20 min, light" in by_key(site.box.feed.read_bytes())["2026-W48/strength/1"][
        "DESCRIPTION"
    ].replace("\\", "")
    said = follow(site, site.page, forms(said)["Undo"])
    assert "Removed the check-in of Mon 23 Nov" in said
    assert checked() == []


def test_a_check_in_is_on_the_page_of_what_was_trained(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(more=SERVE)
    box.push()
    with running(box, now=NOW.replace("23T06", "24T18")) as site:
        address = page_of(site, "2026-W48/run/tue-1")
        assert "Save" not in on(page_of(site, "2026-W48/run/thu-1")), "it is still to come"
        form = on(address)["Save"]
        said = follow(site, address, form, {"sign": "heavy-legs"})
        assert "Tue 24 Nov: heavy legs." in said
        assert box.ok("checkin", "--list", "--format", "json").json[0]["signs"] == ["heavy-legs"]
        # It tells nobody who comes later what was said.
        page = ask(address).body.decode()
        assert "Save" not in forms(page)
        assert "heavy" not in page
        said = follow(site, address, forms(said)["Undo"])
        assert "Removed the check-in" in said
        assert box.ok("checkin", "--list", "--format", "json").json == []
        # The form of one run's page is no key to another's.
        assert send(page_of(site, "2026-W48/run/thu-1"), on(address)["Done"]).status == 403


def test_the_plan_is_there_for_programs(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    box.push()
    with running(box) as site:
        answer = ask(f"{site.page}plan.json")
        assert answer["Content-Type"] == "application/json"
        assert answer.body.decode() == box.ok("plan", "--format", "json").out


# --- what must not act ------------------------------------------------------------------------------------


def test_a_form_that_is_sent_twice_acts_once(site: Server) -> None:
    lift = "2026-W51/strength/2"
    address = page_of(site, lift)
    form = on(address)["Skip it"]
    first = send(address, form)
    site.until(lambda: start(site, lift) == "")
    site.box.ok("release", lift)
    site.box.push()
    again = send(address, form)
    assert (again.status, again["Location"]) == (first.status, first["Location"])
    assert start(site, lift)


def test_a_form_that_is_filled_in_anew_is_another_one(site: Server) -> None:
    """Who was refused goes back, chooses another time and sends it: the old answer would be a lie."""
    run = "2026-W51/run/sun-1"
    address = page_of(site, run)
    form = on(address)["Move"]
    assert " is in the past." in follow(site, address, form, {"start": "2026-11-20T10:00"})
    assert "Moved to Sun 20 Dec 11:00" in follow(site, address, form, {"start": "2026-12-20T11:00"})
    assert "Moved to Sun 20 Dec 11:00" in follow(site, address, form, {"start": "2026-12-20T11:00"})
    said = follow(site, address, form, {"start": "2026-12-20T12:00"})
    assert "This has changed meanwhile" in said
    assert start(site, run) == "20261220T110000"


def test_a_page_that_is_out_of_date_is_told_so_and_shows_what_is_true(site: Server) -> None:
    run = "2026-W50/run/tue-1"
    address = page_of(site, run)
    old = on(address)
    site.box.ok("move", run, "2026-12-09T18:00")
    page = follow(site, address, old["Skip it"])
    assert "This has changed meanwhile" in page
    assert "Wed 9 Dec 18:00" in page
    assert start(site, run) == "20261209T180000"


def test_forged_forms_and_those_of_other_sites_do_nothing(site: Server) -> None:
    run = "2026-W49/run/tue-1"
    address, before = page_of(site, run), start(site, run)
    form = on(address)["Skip it"]
    for name, value in (("act", "release"), ("key", "x"), ("seen", ""), ("id", "1-x"), ("shown", "x" * 43)):
        assert send(address, form, {name: value}).status == 403, name
    assert send(address, on(page_of(site, "2026-W49/run/sat-1"))["Skip it"]).status == 403, "of another page"
    assert send(address, form, {"shown": ""}).status == 403
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "", "Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert send(address, form, **headers).status == 403, headers
    assert start(site, run) == before
    assert send(address, form, Origin=site.url).status == 303
    site.until(lambda: start(site, run) == "")


def test_who_has_no_token_learns_nothing_and_does_nothing(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(more=SERVE)
    lift = "2026-W48/strength/1"
    with running(box) as site:
        address, before = page_of(site, lift), start(site, lift)
        form = on(address)["Skip it"]
        wrong = f"{site.url}/s/{'x' * 43}"
        assert ask(wrong).names == ask(f"{site.url}/nothing").names
        assert ask(wrong).body == ask(f"{site.url}/nothing").body
        assert send(wrong, form).status == 404
        assert send(f"{site.url}/{'x' * 43}/", form).status == 405
        box.ok("serve", "--rotate-secret")
        assert ask(address).status == 404
        assert send(address, form).status == 404
        assert start(site, lift) == before
        site.replan(lambda: page_of(site, lift) != address)
        form = on(page_of(site, lift))["Skip it"]
    with running(box, now=NOW.replace("23T06:00", "24T06:01")) as site:
        assert send(page_of(site, lift), form).status == 409, "a day later it is too old"
        assert start(site, lift) == before


def test_what_was_done_is_marked_and_that_is_undone(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(more=SERVE)
    box.push()
    run = "2026-W48/run/tue-1"
    with running(box, now=NOW.replace("23T06", "24T10")) as site:
        address = page_of(site, run)
        assert "Skip it" not in on(address), "it has begun"
        said = follow(site, address, on(address)["Done"])
        assert "Done: " in said
        assert by_key(box.feed.read_bytes())[run]["SUMMARY"].startswith("✓ ")
        assert "7 planned, 1 done" in ask(f"{site.page}history").body.decode()
        assert set(forms(said)) == {"Undo", "Not done after all", "Save"}
        said = follow(site, address, forms(said)["Undo"])
        assert not by_key(box.feed.read_bytes())[run]["SUMMARY"].startswith("✓ ")
        assert "Done" not in on(page_of(site, "2026-W48/run/thu-1")), "it is still to come"


def test_a_session_that_was_missed_is_placed_again_and_put_back(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(more=SERVE)
    box.push()
    lift, run = "2026-W48/strength/1", "2026-W48/run/tue-1"
    with running(box, now=NOW.replace("23T06", "24T18")) as site:
        address, before = page_of(site, lift), start(site, lift)
        assert "Missed it" not in on(page_of(site, run)), "calsync places no runs"
        assert "Missed it" not in on(page_of(site, "2026-W48/strength/2")), "it is still to come"
        said = follow(site, site.page, on(site.page, lift)["Missed it"])
        assert "Missed: Lower body" in said
        assert " It is now on " in said
        assert "20261124T180000" < start(site, lift) < "20261130"
        assert {"Put it back", "Skip it"} <= set(on(address))
        said = follow(site, address, on(address)["Put it back"])
        assert "Put back: Lower body" in said
        assert start(site, lift) == before
        follow(site, address, forms(said)["Undo"])
        assert start(site, lift) > before
        follow(site, address, on(address)["Put it back"])
        said = follow(site, address, on(address)["Missed it"])
        follow(site, address, forms(said)["Undo"])
        assert start(site, lift) == before
    with running(box, now=NOW.replace("23T06", "29T20")) as site:
        address = page_of(site, lift)
        said = follow(site, address, on(address)["Missed it"])
        assert "couldn&#39;t fit in later this week, so it stays where it was" in said
        assert start(site, lift) == before
        assert "Missed it" not in on(address)
