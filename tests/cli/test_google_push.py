"""`calsync push` to Google Calendar: what arrives there, and what becomes of what the runner does there."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.cli.box import FEED, by_key
from tests.cli.doctor import checks
from tests.cli.google import BUSY, TARGET, GoogleBox
from tests.googleserver.exchange import Answer
from tests.googleserver.faults import (
    Fault,
    Refuse,
    Stale,
    backend_error,
    dropped,
    no_json,
    quota_exceeded,
    rate_limited,
    refusal,
    says,
)
from tests.googleserver.server import GoogleServer

LIFT = "2026-W48/strength/1"
EXTRA = "2026-W48/strength/2"
RUN = "2026-W48/run/wed-1"
HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def actions(changes: list[dict[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(change["action"], []).append(change["key"])
    return found


def test_the_calendar_is_equal_to_the_plan_and_the_feed(runner: GoogleBox) -> None:
    runner.with_calendar(more=BUSY)
    planned = {
        one["key"]: datetime.fromisoformat(one["start"])
        for week in runner.plan()["weeks"]
        for one in (*week["runs"], *week["strength"])
    }
    assert len(planned) == 14
    assert runner.starts() == planned
    assert runner.events().keys() == by_key(runner.feed.read_bytes()).keys()


def test_an_event_says_what_it_is_and_reminds_only_if_asked_to(runner: GoogleBox) -> None:
    runner.with_calendar()
    lift = runner.events()[LIFT]
    assert lift["summary"] == "Strength: Lower body (moderate)"
    assert lift["description"].startswith("30 min, moderate.\n\n- ")
    assert lift["reminders"] == {"useDefault": True}
    runner.google_config(targets=TARGET + 'reminder = "30m"\n')
    runner.push()
    reminders = {"useDefault": False, "overrides": [{"method": "popup", "minutes": 30}]}
    assert runner.events()[LIFT]["reminders"] == reminders


def test_a_target_for_strength_alone_that_says_no_more_than_busy(runner: GoogleBox) -> None:
    runner.with_calendar(targets=TARGET + 'include = ["strength"]\ndetail = "busy"\n')
    events = runner.events()
    assert len(events) == 4
    assert {event["summary"] for event in events.values()} == {"Busy"}
    assert not [event for event in events.values() if event.get("description")]


def test_runs_that_are_left_out_go_but_for_those_that_their_owner_moved(runner: GoogleBox) -> None:
    runner.with_calendar(horizon=4)
    runs = [key for key in runner.events() if "/run/" in key]
    assert len(runs) > len(runner.events()) / 2
    moved = runner.events()["2026-W49/run/tue-1"]
    runner.person.move(moved["id"], at(25, 18), at(25, 19))
    runner.google_config(targets=TARGET + 'include = ["strength"]\n', horizon=4)
    changes = runner.push()["google"]
    assert {change["reason"] for change in changes if change["action"] == "withdraw"} == {
        "only strength goes here (include)"
    }
    assert [key for key in runner.events() if "/run/" in key] == ["2026-W49/run/tue-1"]
    assert runner.starts()["2026-W49/run/tue-1"] == at(25, 18)


# --- few requests -----------------------------------------------------------------------------------------


def test_a_push_that_changes_nothing_is_two_reads(runner: GoogleBox) -> None:
    runner.with_calendar(more=BUSY)
    before = runner.person.events()
    runner.google.clear_log()
    assert runner.ok("push", "--quiet").out == ""
    # What others say is asked before the lock is taken.
    assert runner.requests() == [
        ("POST", "/calendar/v3/freeBusy"),
        ("GET", f"/calendar/v3/calendars/{runner.calendar_id}/events"),
    ]
    assert runner.person.events() == before
    assert len({logged.connection for logged in runner.google.api_log}) == 1


def test_a_first_push_of_a_hundred_events_is_four_requests(runner: GoogleBox) -> None:
    runner.with_calendar(more=BUSY, horizon=1)
    for event in runner.person.events():
        runner.google.person(runner.calendar_id).delete(event["id"])
    runner.google.calendars[runner.calendar_id].events.clear()
    # Seven weeks and the one after them are within one slice of 60 days; a template of 16 runs fills them.
    days = ("tue", "wed", "thu", "fri", "sat", "sun")
    runs = "".join(
        f'[[runs]]\nday = "{day}"\nkind = "easy"\nduration = "20m"\nstart = "{hour:02}:00"\n'
        for day in days
        for hour in (6, 12, 17)
    )
    runner.write("full.toml", f'title = "Full"\nrest = ["mon"]\n{runs}')
    runner.google_config(more=BUSY, weeks='["full.toml"]', horizon=6)
    runner.google.clear_log()
    (changes, _) = runner.push().values()
    assert len(actions(changes)["insert"]) == 108
    methods = [(method, path.rsplit("/", 1)[-1]) for method, path in runner.requests()]
    assert methods == [("POST", "freeBusy"), ("GET", "events"), *[("POST", "v3")] * 3]
    assert [len(one.parts) for one in runner.google.api_log[2:]] == [50, 50, 8]


def test_a_dry_run_only_reads(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.google_config(weeks='["recovery"]')
    result = runner.ok("push", "--dry-run", "--allow-mass-delete")
    assert "dry run" in result.out
    assert {method for method, _ in runner.requests()} == {"GET"}


# --- what the runner does ----------------------------------------------------------------------------------


def test_what_was_moved_in_google_stays_there_and_shows_in_the_feed(runner: GoogleBox) -> None:
    runner.with_calendar(more=BUSY)
    event = runner.events()[LIFT]
    runner.person.move(event["id"], at(25, 18), at(25, 18, 40))
    changes = runner.push()
    assert LIFT in actions(changes["feed"])["update"]
    assert runner.starts()[LIFT] == at(25, 18)
    # What it says has become true of the new place and its 40 minutes; after that nothing changes any more.
    assert runner.events()[LIFT]["description"].startswith("40 min")
    assert LIFT in actions(runner.push()["google"])["pin"]
    assert by_key(runner.feed.read_bytes())[LIFT]["DTSTART"] == "20261125T180000"
    (session,) = [s for w in runner.plan()["weeks"] for s in w["strength"] if s["key"] == LIFT]
    assert (session["state"], session["minutes"]) == ("pinned", 40)

    assert runner.ok("release", LIFT).out == f"{LIFT}: released, now Tue 24 Nov 12:00\n"
    runner.push()
    assert runner.starts()[LIFT] != at(25, 18)
    assert runner.push()["google"] == runner.push()["google"]


def test_what_was_deleted_in_google_leaves_the_feed_and_stays_away(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.person.delete(runner.events()[RUN]["id"])
    changes = runner.push()
    assert actions(changes["google"])["skip"] == [RUN]
    assert actions(changes["feed"])["withdraw"] == [RUN]
    assert RUN in runner.plan()["weeks"][0]["skipped"]
    # The bin is emptied after a month; what was seen is kept.
    runner.google.purge_tombstones()
    for _ in range(2):
        runner.push()
        assert RUN not in runner.events()
    runner.ok("release", "--all")
    assert actions(runner.push()["google"])["insert"] == [RUN]
    assert RUN in runner.events()


def restored(runner: GoogleBox) -> str:
    """EXTRA, withdrawn as the plan doesn't have it any more, and taken out of the bin; its id."""
    event_id: str = runner.events()[EXTRA]["id"]
    runner.google_config(weeks='["recovery"]')
    runner.push("--allow-mass-delete")
    assert EXTRA not in runner.events()
    runner.person.restore(event_id)
    return event_id


def test_what_was_withdrawn_and_taken_out_of_the_bin_stays(runner: GoogleBox) -> None:
    runner.with_calendar()
    start = runner.starts()[EXTRA]
    restored(runner)
    for _ in range(3):
        changes = runner.push()
        assert runner.starts()[EXTRA] == start
        assert EXTRA in actions(changes["google"])["pin"]
        assert EXTRA in by_key(runner.feed.read_bytes())
    (session,) = [s for w in runner.plan()["weeks"] for s in w["strength"] if s["key"] == EXTRA]
    assert session["state"] == "pinned"
    runner.google.clear_log()
    runner.push()
    assert [method for method, _ in runner.requests()] == ["GET"]


def test_what_was_taken_out_of_the_bin_can_be_deleted_released_and_dragged_like_any_other(
    runner: GoogleBox,
) -> None:
    runner.with_calendar()
    event_id = restored(runner)
    runner.push()
    runner.person.delete(event_id)
    runner.push()
    runner.google_config()
    runner.push()
    assert EXTRA not in runner.events()
    runner.ok("release", EXTRA)
    runner.push()
    restored(runner)
    runner.push()
    runner.person.move(event_id, at(25, 18), at(25, 18, 30))
    runner.push()
    assert runner.starts()[EXTRA] == at(25, 18)
    assert [one["key"] for one in runner.ok("release", "--all", "--format", "json").json] == [EXTRA]
    assert EXTRA in actions(runner.push()["google"])["withdraw"]


def test_a_skip_that_was_carried_out_ends_where_the_event_is_taken_out_of_the_bin(runner: GoogleBox) -> None:
    runner.with_calendar()
    event_id = runner.events()[LIFT]["id"]
    runner.ok("skip", LIFT)
    runner.push()
    assert LIFT not in runner.events()
    runner.person.restore(event_id)
    for _ in range(2):
        runner.push()
        assert LIFT in runner.events()
        assert LIFT not in runner.plan()["weeks"][0]["skipped"]
    # And the next one is the newer word again.
    runner.ok("skip", LIFT)
    for _ in range(2):
        runner.push()
        assert LIFT not in runner.events()


def test_a_skip_after_it_was_taken_out_of_the_bin_is_the_newer_word(runner: GoogleBox) -> None:
    runner.with_calendar()
    restored(runner)
    runner.ok("skip", EXTRA)
    for _ in range(2):
        runner.push()
        assert EXTRA not in runner.events()


def test_other_words_and_colours_are_kept_while_the_rest_is_written(runner: GoogleBox) -> None:
    runner.with_calendar()
    event = runner.events()[LIFT]
    runner.person.edit(event["id"], summary="Gym with Ann")
    runner.person.recolour(event["id"], "11")
    runner.person.invite(event["id"], "ann@example.com")
    runner.google_config(targets=TARGET + 'reminder = "10m"\n' + FEED)
    runner.push()
    now = runner.events()[LIFT]
    assert (now["summary"], now["colorId"]) == ("Gym with Ann", "11")
    assert [guest["email"] for guest in now["attendees"]] == ["ann@example.com"]
    assert now["reminders"]["overrides"] == [{"method": "popup", "minutes": 10}]
    assert now["description"] == event["description"]


def test_an_event_of_all_day_is_a_pin(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.person.move_all_day(runner.events()[LIFT]["id"], datetime(2026, 11, 27).date())
    runner.push()
    assert LIFT in actions(runner.push()["google"])["pin"]
    assert runner.events()[LIFT]["start"]["date"] == "2026-11-27"
    runner.ok("release", LIFT)
    runner.push()
    assert "dateTime" in runner.events()[LIFT]["start"]


def test_an_event_that_was_made_to_repeat_is_left_alone(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.person.repeat(runner.events()[LIFT]["id"], "FREQ=WEEKLY;COUNT=3")
    before = runner.events()[LIFT]
    runner.google_config(more="[[pause]]\nfrom = 2026-11-24\nto = 2026-11-29\n")
    runner.push("--allow-mass-delete")
    assert runner.events()[LIFT] == before


@pytest.mark.parametrize("command", [("skip", LIFT), ("move", LIFT, "2026-11-25T18:00"), ("release", LIFT)])
def test_what_was_made_to_repeat_is_changed_in_google_only(
    runner: GoogleBox, command: tuple[str, ...]
) -> None:
    runner.with_calendar()
    runner.person.repeat(runner.events()[LIFT]["id"], "FREQ=WEEKLY;COUNT=3")
    before = runner.events()[LIFT]
    assert runner.run(*command).code == 2
    runner.push()
    assert runner.events()[LIFT] == before


def test_copies_and_events_of_ones_own_are_nobodys_business(runner: GoogleBox) -> None:
    runner.with_calendar()
    copied = runner.person.copy(runner.events()[LIFT]["id"], at(27, 9))
    own = runner.person.create("Dentist", at(26, 12), at(26, 13))
    before = {event["id"]: event for event in runner.person.events() if event["id"] in (copied, own)}
    runner.google_config(weeks='["recovery"]')
    runner.push("--allow-mass-delete")
    assert {event["id"]: event for event in runner.person.events() if event["id"] in before} == before


def test_a_copy_that_carries_our_mark_is_told_from_the_original(runner: GoogleBox) -> None:
    runner.with_calendar()
    calendar = runner.google.calendars[runner.calendar_id]
    original = runner.events()[LIFT]
    copied = runner.person.copy(original["id"], at(27, 9))
    properties = original["extendedProperties"]
    calendar.put(calendar.events[copied] | {"extendedProperties": properties})
    stray = calendar.events[copied]
    assert not [c for c in runner.push()["google"] if c["action"] in ("update", "insert", "withdraw", "pin")]
    assert calendar.events[copied] == stray


def test_what_has_begun_is_never_changed(runner: GoogleBox) -> None:
    runner.with_calendar()
    past = [event for event in runner.person.events() if "2026-11-24" in event["start"]["dateTime"]]
    assert len(past) == 2
    runner.google_config(weeks='["recovery"]', targets=TARGET + 'reminder = "10m"\n')
    now = "2026-11-24T13:00:00+00:00"
    runner.push("--allow-mass-delete", now=now)
    assert [event for event in runner.person.events() if event in past] == past


@pytest.mark.parametrize(("day", "hour"), [(25, 18), (25, 8)], ids=["to come", "over, too"])
def test_a_missed_session_that_is_dragged_elsewhere_moves_in_the_feed_too(
    runner: GoogleBox, day: int, hour: int
) -> None:
    """Tuesday's, on Wednesday."""
    runner.with_calendar()
    lift = "2026-W48/run/tue-1"
    now = "2026-11-25T10:00:00+00:00"
    runner.push(now=now)
    start = at(day, hour)
    runner.person.move(runner.events()[lift]["id"], start, start + HOUR)
    changes = runner.push(now=now)
    assert actions(changes["feed"])["update"] == [lift]
    assert runner.starts()[lift] == start
    assert by_key(runner.feed.read_bytes())[lift]["DTSTART"] == f"{start:%Y%m%dT%H%M%S}"
    (run,) = [run for week in runner.plan(now=now)["weeks"] for run in week["runs"] if run["key"] == lift]
    assert run["state"] == ("pinned" if hour == 18 else "past")
    again = runner.push(now=now)
    assert "update" not in actions(again["google"]) | actions(again["feed"])


def test_a_session_of_months_ago_that_is_dragged_to_a_day_to_come_is_in_the_feed_again(
    runner: GoogleBox,
) -> None:
    """The feed has dropped it by then, and the plan knows nothing of its week."""
    runner.with_calendar(horizon=1)
    lift = "2026-W48/strength/1"
    runner.push()
    now = "2027-02-24T10:00:00+00:00"
    runner.push(now=now)
    assert lift not in by_key(runner.feed.read_bytes())
    start = datetime(2027, 3, 1, 18, tzinfo=UTC)
    runner.person.move(runner.events()[lift]["id"], start, start + HOUR)
    changes = runner.push(now=now)
    assert actions(changes["feed"])["insert"] == [lift]
    said = by_key(runner.feed.read_bytes())[lift]
    assert (said["DTSTART"], said["SUMMARY"]) == ("20270301T180000", runner.events()[lift]["summary"])
    again = runner.push(now=now)
    assert not {"insert", "update", "withdraw"} & (actions(again["google"]) | actions(again["feed"])).keys()
    runner.ok("move", lift, "2027-03-02T07:00", now=now)
    runner.push(now=now)
    assert runner.starts()[lift] == datetime(2027, 3, 2, 7, tzinfo=UTC)
    assert by_key(runner.feed.read_bytes())[lift]["DTSTART"] == "20270302T070000"
    result = runner.run("skip", lift, now=now)
    assert (result.code, "delete it in its calendar" in result.err) == (2, True)
    runner.person.delete(runner.events()[lift]["id"])
    assert actions(runner.push(now=now)["feed"])["withdraw"] == [lift]


@pytest.mark.parametrize("key", [RUN, "2026-W48/run/thu-1", LIFT])
def test_what_is_left_of_last_week_and_was_stretched_into_this_one_is_planned_around(
    runner: GoogleBox, key: str
) -> None:
    """From Sunday to Tuesday, all day long: it begins in a week that is over."""
    runner.with_calendar(horizon=2)
    now = "2026-11-30T06:00:00+00:00"
    runner.push(now=now)
    until = datetime(2026, 12, 2, tzinfo=UTC)
    of_week = [f"2026-W49/strength/{number}" for number in (1, 2)]
    assert min(runner.starts()[one] for one in of_week) < until
    runner.person.move_all_day(runner.events()[key]["id"], date(2026, 11, 29), 3)
    runner.push(now=now)
    assert runner.events()[key]["start"]["date"] == "2026-11-29"
    lifts = [datetime.fromisoformat(runner.events()[one]["start"]["dateTime"]) for one in of_week]
    assert min(lifts) >= until
    assert by_key(runner.feed.read_bytes())[key]["DTSTART"] == "20261129T000000"
    again = runner.push(now=now)
    assert not {"insert", "update", "withdraw"} & (actions(again["google"]) | actions(again["feed"])).keys()


@pytest.mark.parametrize("fails", [False, True], ids=["as planned", "withdrawn in the feed alone"])
def test_what_was_trained_early_moves_in_the_feed_too(runner: GoogleBox, fails: bool) -> None:
    """Friday's session, on Wednesday morning: the runner drags it there afterwards."""
    runner.with_calendar()
    now = "2026-11-25T10:00:00+00:00"
    if fails:
        runner.google_config(weeks='["recovery"]')
        fault = Fault(backend_error(retry_after=0), where=("batch",), times=50)
        runner.google.faults.add(fault)
        assert runner.run("push", "--allow-mass-delete").code == 5
        runner.google.faults.clear()
        assert EXTRA not in by_key(runner.feed.read_bytes())
    runner.person.move(runner.events()[EXTRA]["id"], at(25, 8), at(25, 9))
    changes = runner.push("--allow-mass-delete", now=now)
    assert EXTRA in actions(changes["feed"])["insert" if fails else "update"]
    assert runner.starts()[EXTRA] == at(25, 8)
    assert by_key(runner.feed.read_bytes())[EXTRA]["DTSTART"] == "20261125T080000"
    again = runner.push(now=now)
    assert not {"insert", "update", "withdraw"} & (actions(again["google"]) | actions(again["feed"])).keys()


def test_where_calsync_move_put_it_is_followed_after_its_old_time_has_come(runner: GoogleBox) -> None:
    runner.with_calendar()
    run = "2026-W48/run/tue-1"
    runner.ok("move", run, "2026-11-25T18:00")
    runner.push(now="2026-11-25T10:00:00+00:00")
    assert runner.starts()[run] == at(25, 18)
    assert by_key(runner.feed.read_bytes())[run]["DTSTART"] == "20261125T180000"


def test_a_drag_after_calsync_move_is_the_newer_wish(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.ok("move", LIFT, "2026-11-25T18:00")
    runner.push()
    assert runner.starts()[LIFT] == at(25, 18)
    runner.person.move(runner.events()[LIFT]["id"], at(27, 12), at(27, 12, 30))
    runner.push()
    assert runner.starts()[LIFT] == at(27, 12)
    assert by_key(runner.feed.read_bytes())[LIFT]["DTSTART"] == "20261127T120000"
    runner.ok("release", LIFT)
    runner.push()
    assert runner.starts()[LIFT] not in (at(25, 18), at(27, 12))


def test_a_drag_after_calsync_move_and_before_the_push_counts_too(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.ok("move", LIFT, "2026-11-25T18:00")
    runner.person.move(runner.events()[LIFT]["id"], at(27, 12), at(27, 12, 30))
    for _ in range(2):
        runner.push()
        assert runner.starts()[LIFT] == at(27, 12)
    # And the other way round.
    runner.ok("move", LIFT, "2026-11-25T18:00")
    for _ in range(2):
        runner.push()
        assert runner.starts()[LIFT] == at(25, 18)


def test_a_move_back_to_where_it_was_before_a_drag_is_the_newer_wish(runner: GoogleBox) -> None:
    runner.with_calendar()
    before = runner.starts()[LIFT]
    for is_pushed in (True, False):
        runner.person.move(runner.events()[LIFT]["id"], at(27, 12), at(27, 12, 30))
        if is_pushed:
            runner.push()
        runner.ok("move", LIFT, before.isoformat())
        runner.push()
        assert runner.starts()[LIFT] == before
        assert by_key(runner.feed.read_bytes())[LIFT]["DTSTART"] == f"{before:%Y%m%dT%H%M%S}"
        (lift,) = [one for one in runner.plan()["weeks"][0]["strength"] if one["key"] == LIFT]
        assert lift["state"] == "pinned"
    # And a drag after that is newer still, also if no push has seen that move.
    runner.person.move(runner.events()[LIFT]["id"], at(27, 12), at(27, 12, 30))
    runner.ok("move", LIFT, before.isoformat())
    runner.person.move(runner.events()[LIFT]["id"], at(27, 19), at(27, 19, 30))
    runner.push()
    assert runner.starts()[LIFT] == at(27, 19)


def test_what_was_deleted_can_be_moved_only_after_a_release(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.person.delete(runner.events()[LIFT]["id"])
    refused = runner.run("move", LIFT, "2026-11-25T18:00")
    assert refused.code == 2
    assert f"calsync release {LIFT}" in refused.err


def test_a_change_by_hand_in_the_middle_of_a_push_is_seen(runner: GoogleBox) -> None:
    """412: look again, decide again."""
    runner.with_calendar()
    event = runner.events()[LIFT]
    runner.google_config(targets=TARGET + 'reminder = "10m"\n' + FEED)

    def drag(request: object, phase: str) -> None:
        if request.method == "POST" and phase == "before":  # type: ignore[attr-defined]
            runner.google.hooks.clear()
            runner.person.move(event["id"], at(25, 18), at(25, 18, 30))

    runner.google.hooks.append(drag)
    changes = runner.push()
    assert runner.starts()[LIFT] == at(25, 18)
    assert runner.events()[LIFT]["reminders"]["overrides"] == [{"method": "popup", "minutes": 10}]
    assert by_key(runner.feed.read_bytes())[LIFT]["DTSTART"] == "20261125T180000"
    assert len(actions(changes["google"])["update"]) == 14


def test_a_calendar_that_never_stands_still_is_left_for_the_next_push(runner: GoogleBox) -> None:
    runner.with_calendar()
    event_id = runner.events()[LIFT]["id"]
    runner.google_config(targets=TARGET + 'reminder = "10m"\n')

    def scribble(request: object, phase: str) -> None:
        if request.method != "GET" and phase == "before":  # type: ignore[attr-defined]
            runner.person.edit(event_id, location=f"{len(runner.google.log)}")

    runner.google.hooks.append(scribble)
    result = runner.run("push")
    assert result.code == 5
    assert "keeps changing" in result.error
    runner.google.hooks.clear()
    runner.push()
    assert "overrides" in runner.events()[LIFT]["reminders"]


# --- guards, and what can't travel ------------------------------------------------------------------------


def test_more_than_half_withdrawn_is_refused(runner: GoogleBox) -> None:
    runner.with_calendar()
    before = runner.person.events()
    runner.google_config(more="[[pause]]\nfrom = 2026-11-23\nto = 2026-12-04\n")
    result = runner.run("push")
    assert (result.code, "--allow-mass-delete" in result.error) == (6, True)
    assert runner.person.events() == before
    runner.push("--allow-mass-delete")
    assert {start.day for start in runner.starts().values()} == {5, 6}
    runner.google_config()
    runner.push()
    assert len(runner.events()) == 14


def test_a_machine_that_lost_its_state_goes_on_with_the_calendars_id(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.person.delete(runner.events()[RUN]["id"])
    runner.person.move(runner.events()[LIFT]["id"], at(25, 18), at(25, 18, 30))
    runner.google_config(weeks='["balanced", "recovery"]')
    runner.push()
    events = runner.person.events()
    for file in sorted((runner.state / "training").iterdir()):
        file.unlink()
    runner.authorise()
    runner.google_config(
        weeks='["balanced", "recovery"]', targets=TARGET + f'calendar_id = "{runner.calendar_id}"\n' + FEED
    )
    assert not [c for c in runner.push()["google"] if c["action"] in ("insert", "update", "withdraw")]
    assert runner.person.events() == events
    # And what calsync had withdrawn comes back.
    runner.google_config(targets=TARGET + f'calendar_id = "{runner.calendar_id}"\n' + FEED)
    runner.push()
    assert len(runner.events()) == 13


def test_an_empty_plan_is_refused_in_the_middle_of_a_week_too(runner: GoogleBox) -> None:
    runner.with_calendar(horizon=1)
    runner.google_config(horizon=1, more="[[pause]]\nfrom = 2026-11-27\nto = 2026-11-29\n")
    before = runner.person.events()
    result = runner.run("push", now="2026-11-26T20:00:00+00:00")
    assert (result.code, "the plan is empty" in result.error) == (6, True)
    assert runner.person.events() == before


def test_two_plans_share_a_calendar_and_nothing_else(runner: GoogleBox) -> None:
    runner.with_calendar()
    first = runner.person.events()
    runner.google_config(name="other", targets=TARGET + f'calendar_id = "{runner.calendar_id}"\n')
    (runner.folder / "config.toml").rename(runner.folder / "other.toml")
    runner.authorise(name="other")
    runner.push("--config", "other.toml")
    assert len(runner.person.events()) == 28
    assert [event for event in runner.person.events() if event in first] == first


def test_a_plan_with_a_new_name_says_whose_events_are_already_there(runner: GoogleBox) -> None:
    runner.with_calendar()
    targets = TARGET + f'calendar_id = "{runner.calendar_id}"\n'
    # Not his own, nor a copy.
    runner.person.create("Dentist", at(26, 12), at(26, 13))
    runner.person.delete(runner.events()[RUN]["id"])
    runner.google_config(name="coach", targets=targets)
    runner.authorise(name="coach")
    # As on another computer, where nobody knows that it is the same config.
    (runner.state / "training" / "written.json").unlink()
    check = checks(runner)["target google"]
    assert check["status"] == "warning"
    assert '13 events of the plan "training"' in check["text"]
    assert 'name = "training"' in check["fix"]
    for command in (("plan",), ("push", "--dry-run"), ("push", "--quiet")):
        said = runner.ok(*command).err
        assert '13 events of the plan "training"' in said
        assert 'name = "training"' in said
    # One word is enough: two plans may share a calendar.
    runner.google.clear_log()
    assert runner.ok("push").err == ""
    assert [method for method, _ in runner.requests()] == ["GET"]


# --- trouble ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(backend_error(retry_after=0), times=3),
        Fault(rate_limited(403, retry_after=0), where=("part",), times=5),
        Fault(rate_limited(429, retry_after=0), where=("batch",)),
        Fault(dropped(commits=True), where=("batch",)),
        Fault(dropped(commits=False), where=("batch",)),
        Fault(backend_error(commits=True, retry_after=0), where=("part",), times=3),
    ],
    ids=["503", "403 in parts", "429", "lost answer", "lost request", "503 after the write"],
)
def test_what_passes_is_tried_again(runner: GoogleBox, google: GoogleServer, fault: Fault) -> None:
    runner.with_calendar()
    runner.google_config(targets=TARGET + 'reminder = "10m"\n')
    google.faults.add(fault)
    runner.push()
    assert fault.hits
    assert {len(event["reminders"].get("overrides", ())) for event in runner.events().values()} == {1}
    google.clear_log()
    runner.push()
    assert [method for method, _ in runner.requests()] == ["GET"]


def test_what_has_passed_at_the_second_try_is_not_worth_a_mail(
    runner: GoogleBox, google: GoogleServer
) -> None:
    """Google's libraries log it as a warning, which Python would print."""
    runner.with_calendar(more=BUSY)
    google.faults.add(Fault(rate_limited(403, retry_after=0), times=2))
    result = runner.process("push", "--quiet")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert len(google.api_log) == 4


def test_a_quota_that_is_gone_ends_the_push_at_once(runner: GoogleBox, google: GoogleServer) -> None:
    runner.with_calendar()
    runner.google_config(targets=TARGET + 'reminder = "10m"\n' + FEED, weeks='["balanced", "recovery"]')
    google.faults.add(Fault(quota_exceeded(), where=("part",), times=None))
    google.clear_log()
    result = runner.run("push")
    assert result.code == 5
    assert "try again later" in result.error
    assert [method for method, _ in runner.requests()] == ["GET", "POST"]
    google.faults.clear()
    runner.push()
    assert runner.events().keys() == by_key(runner.feed.read_bytes()).keys()


def test_each_part_of_a_batch_has_its_own_fate(runner: GoogleBox, google: GoogleServer) -> None:
    runner.google_config(targets=TARGET)
    runner.authorise()
    google.faults.add(Fault(backend_error(400), method="POST", where=("part",), skip=2))
    result = runner.run("push", "--create-calendar", "--format", "json")
    assert result.code == 5
    assert "could not be written" in result.error
    (target,) = result.json["targets"]
    assert len(actions(target["changes"])["insert"]) == len(runner.events()) == 13
    assert actions(runner.push()["google"])["insert"] == sorted(
        runner.events().keys() - {change["key"] for change in target["changes"]}
    )


@pytest.mark.parametrize("effect", [no_json(200), says(b""), says(b"{}"), says(b"null")])
def test_a_part_that_can_not_be_understood_is_not_said_to_be_done(
    runner: GoogleBox, google: GoogleServer, effect: Refuse
) -> None:
    runner.google_config(targets=TARGET)
    runner.authorise()
    google.faults.add(Fault(effect, method="POST", where=("part",), skip=2, times=3))
    result = runner.run("push", "--create-calendar", "--format", "json")
    assert (result.code, "could not be written" in result.error) == (5, True)
    (target,) = result.json["targets"]
    assert len(actions(target["changes"])["insert"]) == len(runner.events()) == 11
    assert len(actions(runner.push()["google"])["insert"]) == 3


@pytest.mark.parametrize("effect", [no_json(200), says(b""), says(b"{}"), says(b"null")])
def test_a_taken_id_of_which_nothing_can_be_learned_is_left_for_the_next_push(
    runner: GoogleBox, google: GoogleServer, effect: Refuse
) -> None:
    """The list is behind, so the events are inserted, found to be there, and asked for."""
    runner.with_calendar(targets=TARGET)
    before = runner.person.events()
    google.faults.add(Fault(Stale(empty=True)), Fault(effect, method="GET", where=("part",), times=None))
    result = runner.run("push")
    assert (result.code, "could not be written" in result.error) == (5, True)
    assert runner.person.events() == before
    google.faults.clear()
    assert not [c for c in runner.push()["google"] if c["action"] != "keep"]


def test_an_empty_list_makes_no_second_event(runner: GoogleBox, google: GoogleServer) -> None:
    """A list that is behind is no reason to write everything again."""
    runner.with_calendar()
    runner.person.move(runner.events()[LIFT]["id"], at(25, 18), at(25, 18, 30))
    runner.push()
    before = runner.person.events()
    google.faults.add(Fault(Stale(empty=True)))
    runner.push()
    assert runner.person.events() == before


@pytest.mark.parametrize("body", ['{"error": {"code": 500}}', "{}", "null", "[]", '"x"', "[1]"])
def test_an_error_inside_a_success_is_no_empty_calendar(
    runner: GoogleBox, google: GoogleServer, body: str
) -> None:
    runner.with_calendar()
    runner.person.move(runner.events()[LIFT]["id"], at(25, 18), at(25, 18, 30))
    runner.push()
    before, feed = runner.person.events(), runner.feed.read_bytes()
    answer = Refuse(Answer(200, body.encode(), {"Content-Type": "application/json", "Retry-After": "0"}))
    google.faults.add(Fault(answer, method="GET", path="/events", times=None))
    for command in (("push",), ("push", "--target", "feed")):
        assert runner.run(*command).code == 5
        assert (runner.person.events(), runner.feed.read_bytes()) == (before, feed)


def test_a_list_that_stays_behind_does_not_reach_the_feed(runner: GoogleBox, google: GoogleServer) -> None:
    runner.with_calendar()
    runner.person.move(runner.events()[LIFT]["id"], at(25, 18), at(25, 18, 30))
    runner.push()
    before, feed = runner.person.events(), runner.feed.read_bytes()
    google.faults.add(Fault(Stale(empty=True), times=None))
    assert runner.run("push").code == 5
    assert (runner.person.events(), runner.feed.read_bytes()) == (before, feed)


def test_a_batch_that_fails_as_a_whole_has_withdrawn_nothing(runner: GoogleBox, google: GoogleServer) -> None:
    runner.with_calendar()
    runner.google_config(weeks='["recovery"]')
    google.faults.add(Fault(refusal(404, "notFound", "Not Found", "global"), where=("batch",)))
    result = runner.run("push", "--allow-mass-delete", "--target", "google")
    assert result.code == 5
    assert "removed" not in result.out
    assert "up to date" not in result.out


# --- time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize(("start", "now"), [("2027-03-08", "2027-03-08"), ("2027-10-04", "2027-10-04")])
def test_wall_clock_times_hold_across_a_change_of_clocks(
    runner: GoogleBox, zone: str, start: str, now: str
) -> None:
    runner.google_config(targets=TARGET, zone=zone, horizon=8)
    text = (runner.folder / "config.toml").read_text().replace("2026-11-23", start)
    runner.write("config.toml", text)
    runner.authorise()
    first = f"{now}T00:00:00+00:00"
    runner.ok("push", "--create-calendar", now=first)
    tuesdays = {
        event["start"]["dateTime"][11:16]
        for key, event in runner.events().items()
        if key.endswith("run/tue-1")
    }
    assert tuesdays == {"06:30"}
    assert runner.google.calendars[runner.calendar_id].time_zone == zone
    # The owner's calendar may show another zone; the instants are the same, and nothing is written.
    runner.google.calendars[runner.calendar_id].time_zone = "Pacific/Chatham"
    starts = runner.starts()
    runner.google.clear_log()
    runner.push(now=first)
    assert [method for method, _ in runner.requests()] == ["GET"]
    assert runner.starts() == starts
    assert {s.astimezone(ZoneInfo(zone)).strftime("%H:%M") for k, s in starts.items() if "tue-1" in k} == {
        "06:30"
    }


def test_the_place_of_a_class_is_the_runners_to_change(runner: GoogleBox) -> None:
    def place(name: str) -> None:
        session = 'load = "light"\nday = "fri"\nstart = "18:00"\nduration = "1h"'
        text = f'title = "A class"\n[[strength]]\ntitle = "Pump"\n{session}\nplace = "{name}"\n'
        runner.write("own.toml", text)

    place("The gym")
    runner.with_calendar(weeks='["own.toml"]')
    assert {one["location"] for one in runner.events().values()} == {"The gym"}
    place("The other gym")
    runner.push()
    event = runner.events()[LIFT]
    assert event["location"] == "The other gym"
    runner.person.edit(event["id"], location="Room 2")
    place("A third gym")
    runner.push()
    places = {key: one["location"] for key, one in runner.events().items()}
    assert places.pop(LIFT) == "Room 2"
    assert set(places.values()) == {"A third gym"}


def test_the_page_of_a_session_is_in_its_description_and_an_edit_of_it_stays(runner: GoogleBox) -> None:
    serve = '[serve]\nurl = "https://training.example.org"\n'
    runner.with_calendar(more=serve)
    links = {key: event["description"].rpartition("\n\n")[2] for key, event in runner.events().items()}
    assert all("Done, skip or move: https://training.example.org/s/" in link for link in links.values())
    assert len(set(links.values())) == len(links)
    assert actions(runner.push()["google"]).keys() == {"keep"}
    runner.person.edit(runner.events()[LIFT]["id"], description="My own words")
    runner.push()
    assert runner.events()[LIFT]["description"] == "My own words"
