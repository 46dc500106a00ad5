"""Errors in TOML files: each names the file, the line and the key path, and says what to write."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.config.toml import SchemaKind, lines_of, place_in_file
from calsync.errors import ConfigError
from docs.schemas import SCHEMA_KINDS
from tests.cli.box import Box, as_missing
from tests.documents import FULL, documents, in_tables, load, places
from tests.soak import usually

ROOT = Path(__file__).parents[1]
SHIPPED = [
    ROOT / "config.example.toml",
    *(ROOT / "examples").glob("*.toml"),
    *(ROOT / "templates").rglob("*.toml"),
]
TRICKY = '''a = """
b = 1 ]
[c]
"""
c.d = [
  "x", # ], {
  { q = 1, "r.s" = [1,
     2] },
]
when = 2026-01-01 00:00:00
"k\\u0041" = 'it"s'
[plan.race]
date = 1
[[busy]]
name = "a\\\\" # "
[busy.sub]
z = [[1, 2], []]
[[busy]]
t = """ab\\"""cd""""" # """
[ "q]" . x ]
y = {}
'''


# --- lines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [TRICKY, *(path.read_text("utf-8") for path in SHIPPED)])
def test_everything_in_a_file_has_a_line(text: str) -> None:
    assert set(lines_of(text)) == set(places(tomllib.loads(text))) - {()}
    rows = text.splitlines()
    for keys, line in lines_of(text).items():
        if isinstance(keys[-1], str) and keys[-1].isidentifier() and keys[-1] != "kA":
            assert re.search(rf"\b{keys[-1]}\b", rows[line - 1]), keys


def test_strings_and_lists_over_many_lines() -> None:
    lines = lines_of(TRICKY)
    assert lines["c", "d", 0] == 6
    assert lines["c", "d", 1, "r.s", 1] == 8
    assert lines["kA",] == 11
    assert lines["busy", 0, "sub", "z", 1] == 17
    assert lines["busy", 1, "t"] == 19
    assert lines["q]", "x", "y"] == 21


@settings(max_examples=usually(150))
@given(data=st.data(), kind=st.sampled_from(SCHEMA_KINDS))
def test_lines_are_those_that_were_written(data: st.DataObject, kind: SchemaKind) -> None:
    text, where = in_tables(data.draw(documents(kind)))
    assert lines_of(text) == where


# --- errors -----------------------------------------------------------------------------------------------


def says_where(said: str, path: Path, where: dict[tuple[str | int, ...], int]) -> None:
    """The key path is one of the file's, with its line; or one that is missing, with that of its table."""
    found = re.match(rf"{re.escape(str(path))}(?::(\d+))?: (.*)", said)
    assert found, said
    number, rest = int(found[1] or 0), as_missing(found[2])
    here = {place_in_file(keys): line for keys, line in where.items()}
    named = [place for place in here if rest.startswith(f"{place}: ")]
    if " missing" in rest and (missing := rest.partition(": is missing")[0]) not in here:
        table = max(
            (place for place in here if re.match(rf"{re.escape(place)}[.:]", missing)), key=len, default=""
        )
        assert number == here.get(table, 0), said
    else:
        assert number == here[max(named, key=len)], said


@settings(max_examples=usually(400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(SCHEMA_KINDS))
def test_every_error_names_file_line_and_key(tmp_path: Path, data: st.DataObject, kind: SchemaKind) -> None:
    text, where = in_tables(data.draw(documents(kind)))
    path = tmp_path / "x.toml"
    path.write_text(text, "utf-8")
    try:
        load(kind, path)
    except ConfigError as problem:
        says_where(str(problem), path, where)


@settings(max_examples=usually(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(SCHEMA_KINDS))
def test_every_command_says_so(tmp_path: Path, data: st.DataObject, kind: SchemaKind) -> None:
    box = Box(tmp_path, {"HOME_ICS": "https://calendar.example/home.ics"})
    document = data.draw(documents(kind))
    if kind == "routine":
        document.setdefault("exercises", [])  # by them lint knows that it is one
    text, where = in_tables(document)
    path = box.write("x.toml", text)
    try:
        load(kind, path)
    except ConfigError:
        pass
    else:
        return
    box.config()
    result = box.run("plan", "--config", str(path)) if kind == "config" else box.run("lint", str(path))
    assert result.code == 3, result.err
    lines = [result.error] if kind == "config" else re.findall(r"^error  (.*)", result.out, re.MULTILINE)
    assert lines
    for said in lines:
        says_where(said, path, where)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('horizon = "4"', '7: plan.horizon: expected a whole number, found "4"'),
        (
            "usual_start.sat = 09:30:00",
            '7: plan.usual_start.sat: expected a string, found "09:30:00"; write "09:30"',
        ),
        (
            "override.2026-W52 = 2026-12-21",
            '7: plan.override.2026-W52: expected a string, found "2026-12-21"; write "2026-12-21"',
        ),
        ("experience = 3", "7: plan.experience: expected one of new, regular, experienced, found 3"),
        (
            "experience = \u201cnew\u201d",
            '7: \u201c is a curly quote; use straight quotes, as in "text" (not',
        ),
        ('experience = "new\u201d', "7: \u201d is a curly quote; use straight quotes"),
        ('experience = "new', '7: this text is not closed; put a " at its end'),
        ("experience = 'new", "7: this text is not closed; put a ' at its end"),
        (
            "[plan.race]\ndate = 2027-04-18\n[[plan.race]]\ndate = 2027-02-28",
            "9: plan.race is there already, and not as a list: write [[plan.race]] above each of them",
        ),
        (
            "[plan.race]\ndate = 2027-04-18\n[plan.race]\ndate = 2027-02-28",
            "9: [plan.race] is there already: put its settings below the first one; for several of them "
            "write [[plan.race]] above each",
        ),
        ("horizon = 4\nhorizon = 5", "8: horizon is there already: it can have one value only"),
        (
            "race = { date = 2027-04-18, distance = 42.2 }",
            '7: plan.race.distance: expected a string, found 42.2; write "42.2 km"',
        ),
        (
            "race = { date = 2027-04-18, duration = 90 }",
            '7: plan.race.duration: expected a string, found 90; write "90m"',
        ),
        ("[plan.race]\ndate = 2026-11-31", "8: November has 30 days"),
        ("[plan.race]\ndate = 2027-02-29", "8: February has 28 days"),
        ("[plan.race]\ndate = 2026-13-01", "8: there is no month 13"),
        ("[plan.race]\ndate = 2026-12-1", "8: a date is written 2026-12-01"),
        ("experience = new", '7:14: experience: Invalid value; write "new" (not valid TOML)'),
        (
            "race.start = 09:30",
            "7:15: race.start: Expected newline or end of document after a statement; write",
        ),
        ("templates = my own", "7:13: templates: Invalid value; write the text in quotes (not"),
        ('feed.pth = "x"', '7: plan.feed.pth: unknown key; did you mean "path"?'),
        ("[[plan.feed]]\npath = 1", "7: plan.feed: expected a table, found "),
    ],
)
def test_what_to_write_instead(written: str, says: str, tmp_path: Path) -> None:
    lines = ['name = "t"', "[[targets]]", 'name = "f"\ntype = "ics"\npath = "f.ics"', "[plan]", written]
    path = tmp_path / "x.toml"
    path.write_text("\n".join([*lines, 'start = 2026-11-23\nweeks = ["balanced"]']), "utf-8")
    with pytest.raises(ConfigError) as found:
        load("config", path)
    assert str(found.value).startswith(f"{path}:{says}")


def test_an_address_without_quotes_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("[[busy]]\nurl = https://calendar.example/hush.ics\n", "utf-8")
    with pytest.raises(ConfigError) as found:
        load("config", path)
    assert str(found.value).startswith(f"{path}:2:7: url: ")
    assert "hush" not in str(found.value)


def test_two_runs_rest_days_and_four_sessions_point_to_their_line(tmp_path: Path) -> None:
    week: dict[str, Any] = FULL["week"]
    runs = [*week["runs"], {"day": "tue", "kind": "easy", "duration": "30m", "start": "07:00"}]
    cases = {
        ("runs", 3, "start"): {**week, "runs": runs},
        ("runs", 0, "day"): {**week, "rest": ["mon", "tue"]},
        ("strength", 3): {**week, "strength": week["strength"] * 2},
    }
    for keys, document in cases.items():
        text, where = in_tables(document)
        (tmp_path / "x.toml").write_text(text, "utf-8")
        with pytest.raises(ConfigError) as found:
            load("week", tmp_path / "x.toml")
        assert str(found.value).startswith(f"{tmp_path / 'x.toml'}:{where[keys]}: {place_in_file(keys)}: ")
