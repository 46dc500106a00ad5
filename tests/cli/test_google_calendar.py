"""The calendar that calsync keeps in Google: made once, never a second time unnoticed."""

import os
import signal

import pytest

from tests.cli.box import FEED
from tests.cli.google import BUSY, TARGET, GoogleBox
from tests.googleserver.faults import Fault, backend_error, dropped, refusal
from tests.googleserver.server import GoogleServer

CREATION = "^/calendar/v3/calendars$"


def created(runner: GoogleBox) -> list[str]:
    return [calendar.id for calendar in runner.google.calendars.values() if calendar.created_by]


def creations(runner: GoogleBox) -> int:
    return runner.requests().count(("POST", "/calendar/v3/calendars"))


@pytest.mark.parametrize(
    "fault",
    [dropped(commits=True), dropped(commits=False), backend_error(503, commits=True), backend_error(500)],
    ids=["answer lost", "request lost", "503 but made", "500"],
)
def test_a_creation_without_a_clear_answer_is_not_repeated(
    runner: GoogleBox, google: GoogleServer, fault: object
) -> None:
    """Neither by us nor by a library: a second request could make a second calendar."""
    runner.google_config()
    runner.authorise()
    google.faults.add(Fault(fault, method="POST", path=CREATION))  # type: ignore[arg-type]
    result = runner.run("push", "--create-calendar")
    assert (result.code, "may be there" in result.error) == (5, True)
    assert creations(runner) == 1
    # From now on everybody is told to look first, and nothing else is created.
    for command in (("push",), ("plan",)):
        told = runner.run(*command)
        assert told.code == 6
        assert "may be there" in told.error
        assert "calendar_id" in told.error
    assert creations(runner) == 1
    # Whoever has looked may say so.
    runner.ok("push", "--create-calendar")
    assert creations(runner) == 2
    runner.ok("push")


def test_what_was_made_by_an_interrupted_creation_can_be_taken_over(
    runner: GoogleBox, google: GoogleServer
) -> None:
    runner.google_config()
    runner.authorise()
    google.faults.add(Fault(dropped(commits=True), method="POST", path=CREATION))
    runner.run("push", "--create-calendar")
    runner.google_config(targets=TARGET + f'calendar_id = "{runner.calendar_id}"\n')
    runner.ok("push")
    assert len(runner.events()) == 14
    assert len(created(runner)) == 1


def test_a_creation_that_was_killed_is_noticed(runner: GoogleBox) -> None:
    runner.google_config()
    runner.authorise()
    pids: list[int] = []

    def kill(request: object, phase: str) -> None:
        if phase == "after" and request.method == "POST":  # type: ignore[attr-defined]
            runner.google.hooks.clear()
            os.kill(pids[0], signal.SIGKILL)

    runner.google.hooks.append(kill)
    process = runner.start("push", "--create-calendar", stdin=-1)
    pids.append(process.pid)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert len(created(runner)) == 1
    # Nobody has been told yet, so the same command again is not the word of somebody who has looked.
    for command in (("push",), ("push", "--create-calendar")):
        assert runner.run(*command).code == 6
        assert len(created(runner)) == 1
    runner.ok("push", "--create-calendar")
    assert len(created(runner)) == 2


def test_a_creation_that_was_refused_can_be_tried_again(runner: GoogleBox, google: GoogleServer) -> None:
    runner.google_config()
    runner.authorise()
    google.faults.add(Fault(refusal(403, "forbidden", "Forbidden", "global"), method="POST", path=CREATION))
    assert runner.run("push", "--create-calendar").code == 5
    told = runner.run("push")
    assert (told.code, "calsync auth google" in told.error) == (4, True)
    runner.ok("push", "--create-calendar")
    assert len(created(runner)) == 1


def test_a_calendar_without_its_colour_is_a_calendar(runner: GoogleBox, google: GoogleServer) -> None:
    runner.google_config()
    runner.authorise()
    google.faults.add(Fault(refusal(403, "forbidden", "Forbidden", "global"), method="PATCH"))
    runner.ok("push", "--create-calendar")


def test_a_calendar_that_is_not_everywhere_yet_is_waited_for(runner: GoogleBox, google: GoogleServer) -> None:
    runner.google_config()
    runner.authorise()
    late = refusal(403, "requiredAccessLevel", "You need to have writer access.", "calendar", retry_after=0)
    google.faults.add(Fault(late, path="/events", times=2), Fault(late, where=("part",), times=3))
    runner.ok("push", "--create-calendar")
    assert len(runner.events()) == 14


def test_a_calendar_that_was_deleted_is_reported_and_made_anew_on_demand(runner: GoogleBox) -> None:
    runner.with_calendar()
    first = runner.calendar_id
    feed = runner.feed.read_bytes()
    runner.person.delete_calendar()
    for _ in range(2):
        result = runner.run("push", "--quiet")
        assert result.code == 5
        assert "--create-calendar" in result.error
    assert created(runner) == []
    assert runner.feed.read_bytes() == feed
    result = runner.ok("push", "--create-calendar")
    assert runner.calendar_id in result.err
    assert runner.calendar_id != first
    assert len(runner.events()) == 14
    assert runner.feed.read_bytes() == feed
    # On demand only where one is missing.
    runner.google.clear_log()
    assert "All calendars are there" in runner.ok("push", "--create-calendar").err
    assert creations(runner) == 0


def test_an_interrupted_replacement_is_noticed_as_well(runner: GoogleBox, google: GoogleServer) -> None:
    runner.with_calendar()
    runner.person.delete_calendar()
    google.faults.add(Fault(dropped(commits=True), method="POST", path=CREATION))
    assert "may be there" in runner.run("push", "--create-calendar").error
    told = runner.run("push")
    assert (told.code, "may be there" in told.error) == (6, True)
    assert len(created(runner)) == 1


def test_what_was_deleted_stays_deleted_in_a_new_calendar(runner: GoogleBox) -> None:
    runner.with_calendar()
    key = "2026-W48/run/wed-1"
    runner.person.delete(runner.events()[key]["id"])
    runner.push()
    runner.person.delete_calendar()
    runner.ok("push", "--create-calendar")
    assert key not in runner.events()
    runner.ok("release", key)
    runner.push()
    assert key in runner.events()


def test_without_access_nothing_is_begun(runner: GoogleBox, google: GoogleServer) -> None:
    runner.google_config()
    runner.authorise()
    google.revoke()
    assert runner.run("push", "--create-calendar").code == 4
    runner.authorise()
    assert "calsync auth google" in runner.run("push").error


def test_a_target_with_a_new_name_is_not_a_second_calendar(runner: GoogleBox) -> None:
    runner.with_calendar()
    renamed = TARGET.replace('name = "google"', 'name = "phone"')
    runner.google_config(targets=renamed)
    told = runner.run("push")
    assert (told.code, runner.calendar_id in told.error) == (6, True)
    runner.google_config(targets=renamed + f'calendar_id = "{runner.calendar_id}"\n')
    assert not [c for c in runner.push()["phone"] if c["action"] != "keep"]


def test_two_targets_do_not_write_one_calendar(runner: GoogleBox) -> None:
    runner.with_calendar()
    second = TARGET.replace('name = "google"', 'name = "phone"').replace("Training", "Other")
    runner.google_config(targets=TARGET + second + f'calendar_id = "{runner.calendar_id}"\n')
    result = runner.run("push")
    assert (result.code, "the same calendar" in result.error) == (3, True)


def test_only_the_target_that_is_named_gets_a_calendar(runner: GoogleBox) -> None:
    runner.google_config()
    runner.authorise()
    runner.run("push", "--create-calendar", "--target", "feed")
    assert created(runner) == []


def test_a_deleted_calendar_that_the_config_names_is_not_replaced_behind_its_back(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.google_config(targets=TARGET + f'calendar_id = "{runner.calendar_id}"\n')
    runner.ok("push")
    runner.person.delete_calendar()
    result = runner.run("push", "--create-calendar")
    assert (result.code, "take calendar_id out" in result.error) == (5, True)
    assert created(runner) == []


def test_a_second_target_gets_a_calendar_of_its_own(runner: GoogleBox) -> None:
    runner.with_calendar()
    second = TARGET.replace('"google"', '"family"', 1).replace("Training", "Family") + 'detail = "busy"\n'
    runner.google_config(targets=TARGET + second + FEED)
    told = runner.run("push")
    assert (told.code, "family" in told.error) == (4, True)
    runner.ok("push", "--create-calendar")
    assert len(created(runner)) == 2


def test_the_plans_own_calendar_is_refused_as_a_busy_source(runner: GoogleBox) -> None:
    runner.with_calendar()
    busy = BUSY.replace("primary", runner.calendar_id)
    runner.google_config(more=busy)
    result = runner.run("push")
    assert (result.code, "the 1st busy calendar: calendars" in result.error) == (3, True)
    runner.google_config(more=busy, targets=TARGET + f'calendar_id = "{runner.calendar_id}"\n')
    assert runner.run("push").code == 3


def test_a_damaged_record_is_said_and_nothing_is_guessed(runner: GoogleBox) -> None:
    runner.with_calendar()
    (runner.state / "training" / "google.json").write_text('{"calendars": {"goo')
    result = runner.run("push")
    assert (result.code, "google.json" in result.error) == (5, True)
    assert creations(runner) == 0
