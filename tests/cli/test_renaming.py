"""A plan that gets another name, and targets that are gone: what is said, and the way out."""

import re
from collections.abc import Callable

import pytest

from tests.cli.box import FEED, Box, blocks, by_key, config, properties, target
from tests.cli.google import BOTH, TARGET, GoogleBox
from tests.cli.test_google_push import at

LIFT, RUN = "2026-W48/strength/1", "2026-W48/run/wed-1"


def rename(box: Box, old: str = "training", new: str = "spring") -> None:
    path = box.folder / "config.toml"
    path.write_text(path.read_text().replace(f'name = "{old}"', f'name = "{new}"', 1))


# --- a feed -----------------------------------------------------------------------------------------------


@pytest.fixture
def renamed(box: Box) -> Box:
    box.config()
    box.ok("skip", LIFT)
    box.ok("checkin", "--sign", "sore")
    box.push()
    rename(box)
    return box


def test_a_push_under_another_name_is_refused_with_the_way_out(renamed: Box) -> None:
    feed = renamed.feed.read_bytes()
    for args in ((), ("--dry-run",), ("--quiet",)):
        result = renamed.run("push", *args)
        assert result.code == 6
        assert result.error.startswith(
            'feed: it holds 13 events of the plan "training", which is called "spring"'
        )
        assert "`calsync push --adopt training`" in result.error
        assert 'name = "training"' in result.error
    assert renamed.feed.read_bytes() == feed


def test_the_plan_is_shown_and_says_so(renamed: Box) -> None:
    result = renamed.ok("plan")
    assert "push --adopt training" in result.err
    assert "6 x 800 m" in result.out


def test_what_is_adopted_stays_as_it_is_under_the_new_name(renamed: Box) -> None:
    def content(block: bytes) -> dict[str, str]:
        return {name: value for name, value in properties(block).items() if name != "UID"}

    before = [content(block) for block in blocks(renamed.feed.read_bytes()).values()]
    result = renamed.ok("push", "--adopt", "training")
    assert result.err == 'feed: took over 13 events of the plan "training".\n'
    after = blocks(renamed.feed.read_bytes())
    assert all(uid.endswith("@spring.calsync") for uid in after)
    assert [content(block) for block in after.values()] == before
    assert LIFT not in by_key(renamed.feed.read_bytes(), "spring"), "what was skipped stays so"
    assert "sore" in renamed.ok("checkin", "--list").out
    feed = renamed.feed.read_bytes()
    result = renamed.ok("push")
    assert result.err == ""
    assert renamed.feed.read_bytes() == feed


def test_a_feed_that_shows_only_when_keeps_to_it(box: Box) -> None:
    box.config(targets=target("family", "public/training.ics", 'detail = "busy"'))
    box.push()
    rename(box)
    assert (
        box.ok("push", "--adopt", "training").err == 'family: took over 14 events of the plan "training".\n'
    )
    assert not {b"strength", b"tue-1"} & set(box.feed.read_bytes().replace(b"-", b"/").split(b"/"))
    assert {change["action"] for change in box.push()["family"]} == {"keep"}


def test_the_old_name_again_is_a_way_out_as_well(renamed: Box) -> None:
    rename(renamed, "spring", "training")
    assert {change["action"] for change in renamed.push()["feed"]} == {"keep", "skip"}


def test_a_new_plan_may_go_elsewhere(renamed: Box) -> None:
    path = renamed.folder / "config.toml"
    path.write_text(path.read_text().replace("public/training.ics", "public/spring.ics"))
    assert {change["action"] for change in renamed.push()["feed"]} == {"insert"}
    assert renamed.feed.exists()
    assert renamed.ok("push").err == ""


def test_two_plans_of_two_configs_share_a_file(box: Box) -> None:
    box.config()
    box.push()
    box.write("other.toml", config(name="other"))
    assert {change["action"] for change in box.push("--config", "other.toml")["feed"]} == {"insert"}
    assert len(by_key(box.feed.read_bytes())) == len(by_key(box.feed.read_bytes(), "other")) == 14


@pytest.mark.parametrize("name", ["nobody", "../training", "spring"])
def test_what_no_target_holds_can_t_be_adopted(renamed: Box, name: str) -> None:
    feed = renamed.feed.read_bytes()
    result = renamed.run("push", "--adopt", name)
    assert result.code == 2
    assert "--adopt" in result.error
    assert renamed.feed.read_bytes() == feed


def test_adopting_can_t_be_tried_dry(renamed: Box) -> None:
    assert renamed.run("push", "--adopt", "training", "--dry-run").code == 2


# --- Google -----------------------------------------------------------------------------------------------


def test_a_calendar_in_google_is_taken_over_in_place(runner: GoogleBox) -> None:
    """With what was moved, edited and deleted there, and without a word of which calendar it is."""
    runner.with_calendar()
    person, before = runner.person, runner.events()
    person.move(before[LIFT]["id"], at(26, 18), at(26, 18, 30))
    person.delete(before[RUN]["id"])
    rename(runner)
    for args in (("push",), ("push", "--dry-run")):
        result = runner.run(*args)
        assert result.code == 6, result.err
        assert "`calsync push --adopt training`" in result.error
    assert "adopt training" in runner.ok("plan").err
    result = runner.ok("push", "--adopt", "training")
    assert 'google: took over 13 events of the plan "training".' in result.err
    live = person.find(calsync="spring")
    assert {event["id"] for event in live} == {event["id"] for key, event in before.items() if key != RUN}
    assert person.find(calsync="training") == []
    changes = {change["key"]: change["action"] for change in runner.push()["google"]}
    assert changes[LIFT] == "pin"
    assert changes[RUN] == "skip"
    assert set(changes.values()) == {"pin", "skip", "keep"}
    # What it wants elsewhere afterwards is moved and not made a second time.
    runner.google_config(name="spring", plan='usual_start = { default = "09:00" }')
    runner.push()
    assert len(person.find(calsync="spring")) == 13


# --- targets that are gone --------------------------------------------------------------------------------


def test_a_target_that_is_removed_is_named_once(box: Box) -> None:
    box.config(targets=FEED + target("family", "public/family.ics", 'detail = "busy"'))
    box.push()
    box.config()
    said = box.ok("push", "--quiet").err
    assert re.search(r'public/family\.ics: the target "family" is gone from the config', said)
    assert "Delete it" in said
    assert box.ok("push").err == ""


def test_a_target_that_goes_elsewhere_is_named_once(box: Box) -> None:
    box.config()
    box.push()
    box.config(targets=target("feed", "public/new.ics"))
    assert "public/training.ics stays as it is" in box.ok("plan").err
    assert "feed: it goes to " in box.ok("push").err
    assert box.ok("push").err == ""


def test_one_that_has_only_another_name_is_not_gone(box: Box) -> None:
    box.config()
    box.push()
    box.config(targets=target("phone", "public/training.ics"))
    assert box.ok("push").err == ""


def test_a_calendar_in_google_that_is_no_target_any_more_is_named_once(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.google_config(targets=FEED)
    assert 'the calendar "Training" in Google' in runner.ok("push").err
    assert runner.ok("push").err == ""


# --- a set-up in Google that is not finished --------------------------------------------------------------


def no_file(runner: GoogleBox) -> None:
    (runner.folder / "client_secret.json").unlink()


def no_consent(runner: GoogleBox) -> None:
    """The file is there."""


def no_calendar(runner: GoogleBox) -> None:
    runner.authorise()


@pytest.mark.parametrize(("unfinished", "code"), [(no_file, 3), (no_consent, 4), (no_calendar, 4)])
def test_the_other_targets_go_on_without_it(
    runner: GoogleBox, unfinished: Callable[[GoogleBox], None], code: int
) -> None:
    runner.google_config(targets=BOTH)
    unfinished(runner)
    shown = runner.ok("plan")
    assert "6 x 800 m" in shown.out
    assert "Warning: google: " in shown.err
    assert "the other calendars go on without it" in shown.err
    result = runner.run("push")
    assert result.code == code
    assert ("auth google" if code == 4 else "no such file") in result.error
    assert "Warning: google" not in result.err, "it is told once"
    assert len(by_key(runner.feed.read_bytes())) == 14
    assert runner.ok("push", "--target", "feed").out
    assert runner.run("push", "--target", "google").code == code


def test_a_calendar_that_was_in_use_is_waited_for(runner: GoogleBox) -> None:
    """It may hold what was moved there: a plan without that would be another one."""
    runner.with_calendar()
    (runner.state / "training" / "google-token.json").unlink()
    for command in ("plan", "push"):
        assert runner.run(command).code == 4


def test_where_google_says_when_one_is_busy_nothing_goes_on_without_it(runner: GoogleBox) -> None:
    runner.google_config(
        targets=TARGET + FEED, more='[[busy]]\nname = "g"\ntype = "google"\ncalendars = ["primary"]\n'
    )
    assert runner.run("push").code == 4
    assert not runner.feed.exists()
