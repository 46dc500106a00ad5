"""The address of a session's page in its event: who gets it, and that nothing changes by it twice."""

import re
from pathlib import Path

import icalendar
import pytest

from calsync.event import without_link
from tests.cli.box import FEED, Box, by_key, target

SERVE = '[serve]\nurl = "https://training.example.org"\n'
ADDRESS = re.compile(r"https://training\.example\.org/s/[A-Za-z0-9_-]{43}")
RUN, LIFT = "2026-W48/run/tue-1", "2026-W48/strength/1"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.config(more=SERVE, targets=FEED + target("partner", "public/partner.ics", 'detail = "busy"'))
    return box


def links(box: Box) -> dict[str, str]:
    """By key, the address that each event of the feed has in both its places."""
    found = {}
    for key, event in by_key(box.feed.read_bytes()).items():
        found[key] = event["URL"]
        assert event["DESCRIPTION"].rpartition(r"\n\n")[2] == rf"Done\, skip or move: {found[key]}"
    return found


def test_each_event_has_the_address_of_its_own_page(box: Box) -> None:
    box.push()
    found = links(box)
    assert {RUN, LIFT} <= found.keys()
    assert len(set(found.values())) == len(found)
    assert all(ADDRESS.fullmatch(link) for link in found.values())
    secret = (box.state / "training" / "serve-secret").read_text().strip()
    assert secret not in box.feed.read_text()


def test_a_feed_for_others_has_none(box: Box) -> None:
    box.push()
    for event in icalendar.Calendar.from_ical((box.folder / "public/partner.ics").read_bytes()).walk(
        "VEVENT"
    ):
        assert "URL" not in event
        assert "DESCRIPTION" not in event


def test_the_same_addresses_again_and_again(box: Box) -> None:
    box.push()
    before = box.feed.read_bytes()
    changes = box.push()
    assert all(change["action"] == "keep" for of_one in changes.values() for change in of_one)
    assert box.feed.read_bytes() == before


def test_new_addresses_after_the_secret_was_replaced(box: Box) -> None:
    box.push()
    before = links(box)
    box.ok("serve", "--rotate-secret")
    box.push()
    after = links(box)
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def test_they_come_with_the_url_and_go_with_it(box: Box) -> None:
    box.config()
    box.push()
    without = {key: event["DESCRIPTION"] for key, event in by_key(box.feed.read_bytes()).items()}
    assert not (box.state / "training" / "serve-secret").exists()
    box.config(more=SERVE)
    dry = box.push("--dry-run")
    assert {change["action"] for change in dry["feed"]} == {"update"}
    assert not (box.state / "training" / "serve-secret").exists(), "a dry run writes nothing"
    box.push()
    assert links(box).keys() == without.keys()
    box.config()
    box.push()
    assert {key: event["DESCRIPTION"] for key, event in by_key(box.feed.read_bytes()).items()} == without


def test_what_was_moved_and_what_is_planned_no_more_says_it_once(box: Box) -> None:
    box.push()
    box.ok("move", LIFT, "2026-11-28T15:00")
    box.push()
    assert links(box)
    box.config(more=SERVE, weeks='["race-week"]')
    box.push("--allow-mass-delete")
    (event,) = [one for key, one in by_key(box.feed.read_bytes()).items() if key == LIFT]
    assert event["DESCRIPTION"].count("skip or move") == 1
    assert links(box)


def test_a_description_without_it_is_as_it_was() -> None:
    for text in ("", "30 min.\n\nEasy.", "Done, skip or move: what you like"):
        assert without_link(text) == text
