"""Control characters, escapes and bidi controls in other people's texts reach no terminal, mail or page."""

import re

import pytest

from tests.cli.box import Box, as_said, config, target

EVIL = r"\u001b[31m\u0007\u009b5m\u0085\u2028\u202e\u202a\u2066\u2068 <b>\u2069"
ROUTINE = f"""title = "Evil {EVIL} routine"
about = "About {EVIL} it"
[[exercises]]
name = "Squat {EVIL} low"
sets = 2
reps = 8
minutes = 30
trains = ["lower-body"]
cue = "Chest <script>alert(1)</script> {EVIL} up"
"""
TEMPLATE = f"""title = "Week {EVIL} end"
about = "A week {EVIL} of it"
[[runs]]
day = "tue"
kind = "easy"
duration = "40m"
start = "07:00"
title = "Run {EVIL} now"
notes = '''First
Second'''
[[runs]]
day = "thu"
kind = "long"
duration = "100m"
title = "Run {EVIL} later"
notes = "Notes {EVIL} on it"
[[strength]]
routine = "evil"
load = "moderate"
"""
# All but tabs and line ends; C1, line and paragraph separators; embeddings, overrides and isolates.
NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def evil(box: Box) -> Box:
    box.write("own/mine.toml", TEMPLATE)
    box.write("own/routines/evil.toml", ROUTINE)
    busy = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:Meet \u202e\x1b[5m\u2066 ing {'very ' * 60}\r\n"
        f"DTSTART:2026112{n}T09\r\nRRULE:FREQ=\u202e\x1b[31mNONSENSE\r\nEND:VEVENT\r\n"
        for n in range(4, 8)
    )
    box.write("work.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{busy}END:VCALENDAR\r\n")
    runs = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:Blob\u202e\x1b[5m {n} {'word ' * 20}\r\n"
        f"DTSTART;VALUE=DATE:202611{n}\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
        for n in range(24, 31)
    )
    box.write("runs.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{runs}END:VCALENDAR\r\n")
    box.config(
        weeks='["mine"]',
        plan='templates = "own"',
        more='[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n',
    )
    return box


COMMANDS = [
    "plan", "plan --explain --verbose", "plan --format json --explain", "plan --format html",
    "plan --format svg",
    "push", "push --quiet", "push --dry-run --format json", "busy --verbose", "busy --format json", "export",
    "templates list", "templates show mine", "templates show evil", "lint mine", "lint mine --format json",
    "doctor", "doctor --format json --verbose", "skip 2026-W48/run/tue-1", "plan",
]  # fmt: skip


@pytest.mark.parametrize("feed", ["", '[plan.feed]\npath = "runs.ics"\n'], ids=["template", "feed"])
def test_nothing_raw_reaches_anybody(evil: Box, feed: str) -> None:
    if feed:
        evil.write(
            "config.toml",
            (evil.folder / "config.toml").read_text().replace("[availability]", f"{feed}[availability]"),
        )
    for command in (*COMMANDS, *(["lint --feed"] if feed else [])):
        result = evil.run(*command.split())
        assert result.code in (0, 1), (command, result.err)  # lint: 1 for findings
        for text in (result.out, result.err):
            found = NEVER.search(text)
            assert not found, (command, text[max(found.start() - 60, 0) : found.end() + 20])
    assert not NEVER.search(evil.feed.read_text().replace("\r\n", "\n"))


def test_markup_stays_text_on_the_page(evil: Box) -> None:
    page = evil.ok("plan", "--format", "html").out
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<bdi>Evil" in page


@pytest.mark.parametrize("command", ["plan --format json", "push --format json"])
def test_no_warning_is_longer_than_300_letters(evil: Box, command: str) -> None:
    feed = '[plan.feed]\npath = "runs.ics"\n[availability]'
    evil.write("config.toml", (evil.folder / "config.toml").read_text().replace("[availability]", feed))
    found = evil.ok(*command.split()).json
    texts = [one["text"] for one in (*found["warnings"], *found.get("notices", ()))]
    assert any("more" in text for text in texts), "a list of titles says how many it leaves out"
    assert max(map(len, texts)) <= 300


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (r"wo\u001b[31mrk", "control characters"),
        (r"wo\nrk", "control characters"),
        (r"work\n", "control characters"),
        (r"wo\u202erk", "control characters"),
        (r"wo\u2066rk", "control characters"),
        ("w" * 81, "at most 80 letters, found 81"),
        (" ", "must not be empty"),
    ],
)
@pytest.mark.parametrize("where", ["busy", "targets"])
def test_names_are_checked_where_they_come_in(box: Box, name: str, says: str, where: str) -> None:
    source = f'[[busy]]\nname = "{name if where == "busy" else "x"}"\ntype = "ics"\npath = "x.ics"\n'
    targets = target(name if where == "targets" else "feed", "public/x.ics")
    box.write("config.toml", config(more=source, targets=targets))
    result = box.run("plan")
    assert result.code == 3
    assert as_said(f"{where}[0].name") + ": " in result.error
    assert says in result.error
    assert not NEVER.search(result.err)


def test_a_name_may_have_letters_of_any_language(box: Box) -> None:
    box.write("config.toml", config(targets=target("כושר 🏃‍♀️ Ausdauer", "public/x.ics")))
    box.ok("push")


@pytest.mark.parametrize(
    "args",
    [
        ("pu\a\u202esh",),
        ("export", "fe\x1b[31med\u202e.ics"),
        ("lint", "own/mi\ane.toml"),
        ("lint", "--format", "json", "own/mi\u202ene.toml"),
        ("templates", "copy", "balanced", "own/co\apy.toml"),
        ("templates", "show", "bal\u2066anced"),
        ("plan", "--config", "con\x1bfig.toml"),
        ("skip", "2026-W48/strength\x07/1"),
    ],
)
def test_a_file_or_name_on_the_command_line_with_control_characters_is_refused(
    box: Box, args: tuple[str, ...]
) -> None:
    box.write("own/mi\ane.toml", TEMPLATE)
    box.write("own/mi\u202ene.toml", TEMPLATE)
    result = box.run(*args)
    assert result.code == 2
    assert not NEVER.search(result.out + result.err)
    assert "control characters" in result.err
    assert sorted(path.name for path in (box.folder / "own").iterdir()) == ["mi\ane.toml", "mi\u202ene.toml"]


@pytest.mark.parametrize(
    "settings",
    [
        {"targets": target("feed", r"fe\u0007ed.ics")},
        {"more": '[[busy]]\nname = "work"\ntype = "ics"\npath = "wo\\u202erk.ics"\n'},
        {"weeks": r'["own/mi\u202ene.toml"]'},
    ],
    ids=["target", "busy", "weeks"],
)
def test_a_path_in_the_config_with_control_characters_is_refused(box: Box, settings: dict[str, str]) -> None:
    box.write("own/mi\u202ene.toml", TEMPLATE)
    box.write("wo\u202erk.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    box.config(**settings)
    for args in (("plan",), ("plan", "--format", "json"), ("push",)):
        result = box.run(*args)
        assert result.code == 3
        assert not NEVER.search(result.out + result.err)
        assert "control characters" in result.error


def test_a_template_with_control_characters_in_its_name_is_not_listed(evil: Box) -> None:
    evil.write("own/mi\u202ene.toml", TEMPLATE)
    result = evil.ok("templates", "list")
    assert "mine" in result.out
    assert not NEVER.search(result.out + result.err)
