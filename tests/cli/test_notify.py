"""[[notify]]: who is told what, when, and how often; and that nothing of it keeps a push from its work."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.cli.box import FEED, ROOT, Box, balanced_with_times, config, target
from tests.cli.google import BOTH, GoogleBox
from tests.cli.hook import Hook, listening
from tests.cli.test_push import WORK, busy_calendar, busy_event

# Of the standard library, where Apprise's own libraries need it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MON = "2026-11-23T06:00:00+00:00"
NOON = busy_event("2026-11-24", "1100", "1300")
SCHEMA = Draft7Validator(json.loads((ROOT / "schemas" / "webhook.schema.json").read_text()))


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """Two weeks of `balanced` and nothing busy; pushed, and nobody is told of anything yet."""
    box = Box(tmp_path)
    box.write("busy.ics", busy_calendar())
    box.write("mine.toml", balanced_with_times())
    configure(box, "")
    box.push()
    return box


def configure(box: Box, notify: str, more: str = "", **parts: Any) -> None:
    targets = parts.pop("targets", FEED) + notify
    parts = {"weeks": '["mine.toml"]', **parts}
    box.write("config.toml", config(more=f"{WORK}{more}", targets=targets, **parts))


def webhook(hook: Hook, on: str = "changes", more: str = "") -> str:
    return f'[[notify]]\ntype = "webhook"\nurl = "{hook.url}/hush-hush"\non = ["{on}"]\n{more}\n'


def ntfy(hook: Hook, more: str = "") -> str:
    return f'[[notify]]\ntype = "ntfy"\nurl = "{hook.url}/my-hush-topic"\n{more}\n'


def at(time: str, day: int = 23) -> str:
    return f"2026-11-{day}T{time}:00+00:00"


# --- changes ----------------------------------------------------------------------------------------------


def test_a_topic_gets_in_one_post_what_cron_would_mail(box: Box, hook: Hook) -> None:
    configure(box, ntfy(hook, 'on = ["changes"]\ntoken_env = "TOKEN"'))
    box.environment["TOKEN"] = "tk_verysecret"
    box.write("busy.ics", busy_calendar(NOON))
    mail = box.ok("push", "--quiet", now=at("07:00")).out
    (heard,) = hook.all
    assert (heard.path, heard.headers["Authorization"]) == ("/", "Bearer tk_verysecret")
    assert heard.body == {
        "topic": "my-hush-topic",
        "title": "Moved: Strength: Lower body (moderate)",
        "message": mail.split("\n\n")[0],
        "tags": ["calendar"],
        "priority": 3,
    }
    assert "was Tue 24 Nov 12:00-12:30" in mail


def test_a_webhook_gets_the_changes_as_json_prints_them(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    box.write("busy.ics", busy_calendar(NOON))
    box.ok("skip", "2026-W48/run/wed-1")
    changes = [
        change for change in box.push("--quiet", now=at("07:00"))["feed"] if change["action"] != "keep"
    ]
    (heard,) = hook.all
    assert heard.path == "/hush-hush"
    assert not list(SCHEMA.iter_errors(heard.body))
    assert (heard.body["event"], heard.body["plan"], heard.body["url"]) == ("changes", "training", None)
    told = heard.body["changes"]
    same = ("action", "key", "from", "to", "reason")
    plain = json.dumps([{key: one[key] for key in same} for one in told]).replace("Z", "+00:00")
    by_key = {one["key"]: one for one in json.loads(plain)}
    assert by_key == {one["key"]: one for one in changes}
    moved = next(one for one in told if one["action"] == "update")
    assert (moved["title"], moved["minutes"]) == ("Strength: Lower body (moderate)", 30)


def test_each_change_is_told_once_in_whichever_target_it_comes_first(box: Box, hook: Hook) -> None:
    two = FEED + target("second", "second.ics")
    configure(box, webhook(hook), targets=two)
    box.push()
    # All of it is new in the second, but only there; nobody was told of the first target's.
    hook.heard()
    box.write("busy.ics", busy_calendar(NOON))
    box.push("--target", "feed", now=at("07:00"))
    (first,) = hook.heard()
    assert [one["key"] for one in first["changes"]] == ["2026-W48/strength/1"]
    assert box.push(now=at("08:00"))["second"] != []
    assert hook.heard() == []
    # Skipped, put back, and skipped again: these are three.
    for command, hour in (("skip", "09:00"), ("release", "10:00"), ("skip", "11:00")):
        box.ok(command, "2026-W48/run/wed-1", now=at(hour))
        box.push(now=at(hour))
    told = [one["action"] for body in hook.heard() for one in body["changes"]]
    assert told == ["withdraw", "insert", "withdraw"]


def test_what_only_changes_its_notes_is_told_to_nobody(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    text = (box.folder / "mine.toml").read_text()
    assert "Cool-down: 10 min" in text
    box.write("mine.toml", text.replace("Cool-down: 10 min", "Cool-down: 12 min"))
    assert "update" in {change["action"] for change in box.push(now=at("07:00"))["feed"]}
    assert hook.heard() == []


def test_a_long_list_of_changes_is_cut_for_people_and_whole_for_programs(box: Box, hook: Hook) -> None:
    configure(box, ntfy(hook, 'on = ["changes"]') + webhook(hook), horizon=12)
    box.push()
    bodies = hook.heard()
    (of_ntfy,) = [body for body in bodies if "topic" in body]
    (of_hook,) = [body for body in bodies if "plan" in body]
    assert len(of_ntfy["message"].encode()) < 4096
    assert of_ntfy["message"].splitlines()[-1].startswith("… and ")
    assert len(of_hook["changes"]) == 70
    assert of_hook["title"] == "Strength & runs: 70 changes"


# --- what can't be delivered ------------------------------------------------------------------------------


def test_a_notification_that_fails_fails_no_push_and_is_delivered_by_the_next(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    box.write("busy.ics", busy_calendar(NOON))
    hook.status = 500
    before = box.feed.read_bytes()
    result = box.run("push", "--quiet", now=at("07:00"))
    assert (result.code, result.err) == (0, "")
    assert box.feed.read_bytes() != before
    (first,) = hook.heard()
    loud = box.run("push", now=at("08:00"))
    assert "could not be told (http://127.0.0.1" in loud.err
    assert "answers 500); the next push tries again" in loud.err
    assert "hush" not in loud.err
    hook.heard()
    hook.status = 204
    box.push(now=at("09:00"))
    (last,) = hook.heard()
    assert last == first
    box.push(now=at("10:00"))
    assert hook.heard() == []


def test_after_a_day_it_is_given_up_and_doctor_says_so(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    box.write("busy.ics", busy_calendar(NOON))
    hook.status = 403
    box.push(now=at("07:00"))
    (check,) = notify_checks(box, at("08:00"))
    assert check["status"] == "warning"
    assert "1 notification to be sent" in check["text"]
    assert box.ok("push", "--quiet", now=at("06:59", 24)).err == ""
    result = box.ok("push", "--quiet", now=at("07:00", 24))
    assert "1 notification given up after a day" in result.err
    assert "refuses access (403)" in result.err
    hook.heard()
    hook.status = 200
    box.push(now=at("08:00", 24))
    assert hook.heard() == []
    (check,) = notify_checks(box, at("09:00", 24))
    assert check["status"] == "warning"
    assert "1 notification given up" in check["text"]
    assert "hush" not in json.dumps(check)
    # The next that arrives ends it.
    box.ok("skip", "2026-W48/run/thu-1")
    box.push(now=at("10:00", 24))
    assert hook.events() == ["changes"]
    assert [check["status"] for check in notify_checks(box, at("11:00", 24))] == ["ok"]


def notify_checks(box: Box, now: str) -> list[dict[str, Any]]:
    checks = box.run("doctor", "--format", "json", now=now).json["checks"]
    return [check for check in checks if check["name"] == "notify"]


def test_two_pushes_at_once_send_nothing_twice_and_nobody_waits_for_the_server(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    box.write("busy.ics", busy_calendar(NOON))
    hook.answers.clear()
    first = box.start("push", "--quiet", now=at("07:00"))
    while not hook.arrived.wait(0.1):
        assert first.poll() is None
    # The lock is free, although the first is still about to tell.
    box.ok("skip", "2026-W48/run/thu-1")
    second = box.start("push", "--quiet", now=at("07:10"))
    assert second.stdout
    assert b"25 min tempo" in second.stdout.readline()
    hook.answers.set()
    for process in (first, second):
        assert process.communicate()[1] == b""
        assert process.returncode == 0
    bodies = hook.heard()
    assert [one["key"] for body in bodies for one in body["changes"]] == [
        "2026-W48/strength/1",
        "2026-W48/run/thu-1",
    ]


def test_a_redirect_is_not_followed(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    with listening() as elsewhere:
        hook.status, hook.location = 307, f"{elsewhere.url}/hush-hush"
        result = box.run("notify", "--test")
        assert elsewhere.heard() == []
    assert result.code == 5
    assert "redirects to http://127.0.0.1" in result.out
    assert "hush" not in result.out + result.err


def test_a_variable_that_is_not_set_stops_no_push_and_doctor_names_it(box: Box, hook: Hook) -> None:
    configure(box, '[[notify]]\ntype = "ntfy"\nurl_env = "NTFY_TOPIC"\non = ["changes"]\n')
    box.write("busy.ics", busy_calendar(NOON))
    assert box.run("push", "--quiet", now=at("07:00")).err == ""
    (check,) = notify_checks(box, at("08:00"))
    assert (check["status"], check["text"]) == ("failed", "the environment variable NTFY_TOPIC is not set")
    box.environment["NTFY_TOPIC"] = f"{hook.url}/my-hush-topic"
    box.push(now=at("08:00"))
    assert [body["topic"] for body in hook.heard()] == ["my-hush-topic"]
    # What the line of cron needs is said.
    assert "NTFY_TOPIC" in box.ok("schedule").err


def test_a_state_folder_that_can_not_be_written_is_said_and_the_feed_is_written(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    (box.state / "training" / "notify-lock").mkdir()
    box.write("busy.ics", busy_calendar(NOON))
    before = box.feed.read_bytes()
    result = box.run("push", "--quiet", now=at("07:00"))
    assert result.code == 0
    assert "what there is to tell can't be kept" in result.err
    assert box.feed.read_bytes() != before


def test_a_document_of_another_time_is_no_obstacle(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook))
    box.write("state/training/notify.json", b"{ half")
    box.write("busy.ics", busy_calendar(NOON))
    box.push(now=at("07:00"))
    assert hook.events() == ["changes"]


# --- trouble ----------------------------------------------------------------------------------------------


def source(hook_url: str, more: str = "") -> str:
    return f'[[busy]]\nname = "web"\ntype = "ics"\nurl = "{hook_url}/hush-hush.ics"\n{more}\n'


def test_a_source_is_trouble_once_its_copy_is_too_old_and_its_end_is_told(box: Box, hook: Hook) -> None:
    from tests.cli.test_feed_down import served

    with served() as port:
        web = source(f"http://127.0.0.1:{port}", 'max_age = "2d"')
        configure(box, webhook(hook, "trouble"), more=web)
        box.push()
    # Nobody answers any more; a copy does for two days.
    box.ok("push", now=at("06:00", 24))
    assert hook.heard() == []
    assert box.run("push", now=at("06:30", 25)).code == 5
    (told,) = hook.heard()
    assert not list(SCHEMA.iter_errors(told))
    assert (told["event"], told["about"]) == ("trouble", 'busy source "web"')
    assert told["title"] == 'Trouble: busy source "web"'
    assert told["since"] == "2026-11-23T06:00:00Z"
    assert "Since Mon 23 Nov 06:00." in told["text"]
    assert "hush" not in json.dumps(told)
    assert box.run("push", now=at("07:00", 25)).code == 5
    assert hook.heard() == []
    configure(box, webhook(hook, "trouble"))
    box.push(now=at("09:00", 25))
    (told,) = hook.heard()
    assert (told["event"], told["title"]) == ("well", 'Well again: busy source "web"')
    box.push(now=at("10:00", 25))
    assert hook.heard() == []


def test_what_has_no_copy_to_go_on_with_is_trouble_after_a_day(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook, "trouble"))
    calendar = box.folder / "busy.ics"
    calendar.rename(box.folder / "away.ics")
    for hour in ("07:00", "23:00"):
        assert box.run("push", now=at(hour)).code == 5
    assert hook.heard() == []
    # It comes back: as nobody has heard of it, nobody need know.
    (box.folder / "away.ics").rename(calendar)
    box.push(now=at("07:00", 24))
    calendar.unlink()
    assert box.run("push", now=at("08:00", 24)).code == 5
    assert hook.heard() == []
    assert box.run("push", now=at("08:00", 25)).code == 5
    assert hook.events() == ["trouble"]


def test_who_has_not_heard_of_trouble_is_not_told_of_its_end(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook, "trouble"))
    calendar = box.folder / "busy.ics"
    calendar.rename(box.folder / "away.ics")
    hook.status = 500
    for day in (23, 24):
        assert box.run("push", now=at("07:00", day)).code == 5
    assert hook.events() == ["trouble"]
    hook.status = 200
    (box.folder / "away.ics").rename(calendar)
    box.push(now=at("08:00", 24))
    assert hook.heard() == []


def test_a_target_that_can_not_be_written_for_a_day_is_trouble(box: Box, hook: Hook) -> None:
    two = FEED + target("second", "second/second.ics")
    configure(box, webhook(hook, "trouble"), targets=two)
    folder = box.write("second", "no folder")
    for day in (23, 24):
        assert box.run("push", now=at("07:00", day)).code == 5
    (told,) = hook.heard()
    assert told["about"] == 'target "second"'
    folder.unlink()
    # Of a target that was not to be written nobody knows.
    box.push("--target", "feed", now=at("08:00", 24))
    assert hook.heard() == []
    box.push(now=at("09:00", 24))
    assert hook.events() == ["well"]


def test_a_sign_in_that_died_is_told_at_once_and_one_that_never_was_after_a_day(
    runner: GoogleBox, hook: Hook
) -> None:
    runner.google_config(targets=BOTH + webhook(hook, "trouble"))
    assert runner.run("push", now=at("07:00")).code == 4
    assert hook.heard() == []
    assert runner.run("push", now=at("07:00", 24)).code == 4
    (told,) = hook.heard()
    assert told["about"] == 'target "google"'
    runner.authorise()
    runner.ok("push", "--create-calendar", now=at("08:00", 24))
    assert hook.events() == ["well"]
    runner.google.revoke()
    assert runner.run("push", now=at("09:00", 24)).code == 4
    (told,) = hook.heard()
    assert (told["event"], told["about"]) == ("trouble", "the sign-in")
    assert "calsync auth google" in told["text"]
    assert runner.run("push", now=at("10:00", 24)).code == 4
    assert hook.heard() == []


# --- the week ---------------------------------------------------------------------------------------------


def test_the_week_is_told_on_sunday_evening_in_five_lines(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook, "week"))
    for now in (at("18:00", 28), at("17:59", 29)):
        box.push(now=now)
    assert hook.heard() == []
    box.push(now=at("18:00", 29))
    (told,) = hook.heard()
    assert not list(SCHEMA.iter_errors(told))
    assert told["title"] == "Your week from Mon 30 Nov: 5 runs, 2 strength sessions"
    week, ask = told["text"].split("\n\n")
    assert week.splitlines() == [
        "Hard: Tue 06:30 6 x 800 m, Thu 06:30 25 min tempo",
        "Long: Sat 08:00 Long run",
        "Easy: Wed 07:00 Easy run, Sun 07:00 Recovery run",
        "Strength: Tue 12:00 Lower body, Thu 12:00 Hips and core",
        "Rest: Mon, Fri",
    ]
    assert ask == "How did this week feel? Check in with `calsync checkin`."
    for now in (at("19:00", 29), at("07:00", 30)):
        box.push(now=now)
    assert hook.heard() == []


def test_it_is_told_on_monday_if_nothing_ran_on_sunday_and_not_on_tuesday(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook, "week", 'week_at = "20:30"'), horizon=1)
    # The week to come is not in a plan of one week before it begins.
    box.push("--allow-mass-delete", now=at("21:00", 29))
    assert hook.heard() == []
    box.push(now="2026-12-01T07:00:00+00:00")
    assert hook.heard() == []
    box.push(now="2026-12-07T05:00:00+00:00")
    (told,) = hook.heard()
    assert told["title"].startswith("Your week from Mon 7 Dec: ")
    assert "How did last week feel?" in told["text"]


def test_it_says_what_did_not_fit_and_asks_nobody_who_has_checked_in(box: Box, hook: Hook) -> None:
    box.ok("checkin", "--none", now=at("12:00", 29))
    configure(box, webhook(hook, "week"), availability='default = []\nthu = ["12:00-13:00"]')
    box.push("--allow-mass-delete", now=at("18:00", 29))
    (told,) = hook.heard()
    assert "Strength: Thu 12:00 " in told["text"]
    assert told["text"].splitlines()[-1] in (
        "Couldn't fit in: Lower body",
        "Couldn't fit in: Hips and core",
    )


def test_a_week_off_is_said_in_a_line(box: Box, hook: Hook) -> None:
    pause = "[[pause]]\nfrom = 2026-11-30\nto = 2026-12-06\n"
    configure(box, webhook(hook, "week"), more=pause)
    box.push("--allow-mass-delete", now=at("18:00", 29))
    (told,) = hook.heard()
    assert told["title"] == "Your week from Mon 30 Nov: no runs, no strength sessions"
    assert told["text"].startswith("Nothing is planned: a week off.\n")


def test_buttons_lead_to_the_pages_if_the_config_says_where_they_are(box: Box, hook: Hook) -> None:
    serve = '[serve]\nurl = "https://training.example.org"\n'
    configure(box, ntfy(hook, 'on = ["changes", "week"]') + webhook(hook), more=serve)
    box.write("busy.ics", busy_calendar(NOON))
    box.push(now=at("18:00", 29))
    box.ok("skip", "2026-W49/run/wed-1", now=at("18:00", 29))
    told = [body for body in hook.heard() if body.get("title", "").startswith("Your week")]
    secret = (box.state / "training" / "serve-secret").read_text().strip()
    page = f"https://training.example.org/{secret}/"
    form = f"{page}#check-in"
    assert told[0]["actions"] == [{"action": "view", "label": "Check in", "url": form}]
    assert told[0]["click"] == form
    assert told[0]["message"].endswith("Check in on your page.")
    box.push(now=at("18:30", 29))
    of_topic, of_hook = sorted(hook.heard(), key=lambda body: "plan" in body)
    (change,) = of_hook["changes"]
    assert of_hook["url"] == page
    # The same address as in the event.
    assert change["url"].startswith("https://training.example.org/s/")
    assert of_topic["actions"] == [{"action": "view", "label": "Easy run", "url": change["url"]}]
    assert of_topic["click"] == change["url"]


# --- looking and trying -----------------------------------------------------------------------------------


def test_a_dry_run_sends_nothing_and_says_what_it_would_send(box: Box, hook: Hook) -> None:
    configure(box, webhook(hook) + ntfy(hook, 'on = ["changes"]'))
    box.write("busy.ics", busy_calendar(NOON))
    shown = box.ok("push", "--dry-run", now=at("07:00")).out
    assert "notify webhook, ntfy - dry run, nothing is sent\n  Moved: Strength: Lower body" in shown
    found = box.ok("push", "--dry-run", "--format", "json", now=at("07:00")).json["notify"]
    assert [(one["name"], one["event"]) for one in found] == [("webhook", "changes"), ("ntfy", "changes")]
    assert hook.heard() == []
    box.push(now=at("07:00"))
    told = hook.heard()
    assert sorted(one.get("text") or one["message"] for one in told) == [one["text"] for one in found]
    assert "notify" not in box.ok("push", "--format", "json", now=at("07:00")).json


def test_a_test_is_sent_to_all_or_to_one_and_says_what_became_of_it(box: Box, hook: Hook) -> None:
    closed = '[[notify]]\ntype = "webhook"\nname = "phone"\nurl = "http://127.0.0.1:1/hush"\n'
    configure(box, webhook(hook) + closed)
    result = box.run("notify", "--test", now=None)
    assert result.code == 5
    assert result.out.splitlines()[0] == "webhook: sent"
    assert result.out.splitlines()[1].startswith("phone: http://127.0.0.1:1 can't be reached")
    assert result.error == "phone could not be told"
    assert hook.events() == ["test"]
    assert box.run("notify", "--test", "--to", "webhook", now=None).code == 0
    wrong = box.run("notify", "--to", "nobody", now=None)
    assert wrong.code == 2
    assert "webhook, phone" in wrong.err
    listed = box.ok("notify", now=None).out
    assert "phone (http://127.0.0.1:1)\n  changes, trouble, the week on Sundays from 18:00\n" in listed
    configure(box, "")
    assert "docs/notify.md" in box.ok("notify", now=None).err


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ('type = "ntfy"\nurl = "http://ntfy.example/hush-topic"', "url: is plain http"),
        ('type = "ntfy"\nurl = "https://ntfy.sh/"', "url: expected the address of a topic"),
        ('type = "ntfy"\nurl = "https://ntfy.sh/a/hush"', "url: expected the address of a topic"),
        ('type = "webhook"\nurl = "webcal://x.example/hush"', "url: expected an address that begins"),
        ('type = "webhook"', "expected one of url and url_env, found none of them"),
        ('type = "ntfy"\nurl = "https://ntfy.sh/hush"\nurl_env = "A"', "one of url and url_env, found both"),
        ('type = "apprise"\nurl = "tgram://hush/1"\ntoken_env = "A"', "token_env: is for ntfy and webhooks"),
        ('type = "ntfy"\nurl_env = "a b"', "url_env: expected the name of an environment variable"),
        ('type = "ntfy"\nurl_env = "A"\non = ["weeks"]', 'found "weeks"; did you mean "week"?'),
        ('type = "ntfy"\nurl_env = "A"\nweek_at = "6pm"', 'write "18:00"'),
        ('type = "ntfy"\nurl_env = "A"\n[[notify]]\ntype = "ntfy"\nurl_env = "B"', '"ntfy" is taken'),
        ('type = "mail"\nurl_env = "A"', "expected one of ntfy, webhook, apprise"),
    ],
)
def test_what_is_wrong_in_a_table_is_said_without_its_secrets(box: Box, table: str, text: str) -> None:
    configure(box, f"[[notify]]\n{table}\n")
    result = box.run("push")
    assert result.code == 3
    assert text in result.error
    assert "hush" not in result.err


def test_addresses_and_tokens_are_shown_nowhere(box: Box, hook: Hook) -> None:
    hook.status = 401
    keys = '[[notify]]\ntype = "apprise"\nurl = "json://u:hush-pass@127.0.0.1:1/hush-token"\n'
    configure(box, ntfy(hook, 'token_env = "TOKEN"') + webhook(hook) + keys)
    box.environment["TOKEN"] = "tk_hush"
    box.write("busy.ics", busy_calendar(NOON))
    for command in (["push", "--verbose"], ["notify"], ["notify", "--test"], ["doctor"], ["config", "show"]):
        now = at("07:00") if command[0] in ("push", "doctor") else None
        result = box.run(*command, now=now)
        assert "hush" not in result.out + result.err, command
    assert "hush" not in (box.state / "training" / "notify.json").read_text()
    assert "notify ntfy" in box.run("doctor", now=at("07:00")).out  # others may read the config


def test_the_page_about_it_has_tables_that_load_and_json_that_fits_the_schema(box: Box) -> None:
    page = (ROOT / "docs" / "notify.md").read_text()
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    assert [example["event"] for example in examples] == ["changes", "trouble"]
    assert not [fault for example in examples for fault in SCHEMA.iter_errors(example)]
    tables = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(tables) == 3
    configure(box, "\n".join(tables))
    assert box.ok("notify", now=None).out.count("trouble") == 1


# --- Apprise ----------------------------------------------------------------------------------------------


def test_apprise_is_told_through_its_own_json(box: Box, hook: Hook) -> None:
    pytest.importorskip("apprise")
    url = hook.url.replace("http", "json")
    configure(box, f'[[notify]]\ntype = "apprise"\nurl = "{url}/hush-hush"\non = ["changes"]\n')
    box.write("busy.ics", busy_calendar(NOON))
    mail = box.ok("push", "--quiet", now=at("07:00")).out
    (told,) = hook.heard()
    assert told["title"] == "Moved: Strength: Lower body (moderate)"
    assert told["message"] == mail.split("\n\n")[0]
    assert [check["status"] for check in notify_checks(box, at("08:00"))] == ["ok"]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("json://calendar.example/hush", "json:// is not encrypted, so anybody on the way can read it"),
        ("mailto://me:hush@mail.example", "mailto:// is not encrypted"),
        ("nothing://hush", "Apprise doesn't understand its URL"),
        ("https://hush.example/x", "Apprise doesn't understand its URL"),
    ],
)
def test_apprise_sends_nothing_that_others_can_read(box: Box, url: str, text: str) -> None:
    pytest.importorskip("apprise")
    configure(box, f'[[notify]]\ntype = "apprise"\nurl = "{url}"\n')
    result = box.run("notify", "--test", now=None)
    assert result.code == 5
    assert text in result.out
    assert "hush" not in result.out + result.err
    assert [check["status"] for check in notify_checks(box, MON)] == ["failed"]


def test_apprise_follows_no_redirect(box: Box, hook: Hook) -> None:
    pytest.importorskip("apprise")
    url = hook.url.replace("http", "json")
    configure(box, f'[[notify]]\ntype = "apprise"\nurl = "{url}/?redirect=yes"\n')
    with listening() as elsewhere:
        hook.status, hook.location = 307, elsewhere.url
        result = box.run("notify", "--test", now=None)
        assert elsewhere.heard() == []
    assert (result.code, result.out) == (5, "apprise: Apprise could not deliver it (json)\n")
