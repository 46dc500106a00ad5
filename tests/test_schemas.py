"""The schemas for editors: shipped files follow them, and what they accept is what the loaders accept."""

import copy
import json
import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from calsync.config.toml import SchemaKind, schema_line, shipped_folder
from calsync.errors import ConfigError
from calsync.training import FIRST_YEAR, LAST_YEAR
from docs.generate import schemas
from docs.schemas import SCHEMA_KINDS, schema_text
from tests.documents import FULL, at, documents, load, whole
from tests.soak import usually

ROOT = Path(__file__).parents[1]
SHIPPED: dict[str, SchemaKind] = {
    "config.example.toml": "config",
    **{str(path.relative_to(ROOT)): "config" for path in (ROOT / "examples").glob("*.toml")},
    **{
        str(path.relative_to(ROOT)): "week" if path.stem.endswith("-week") else "config"
        for path in (ROOT / "examples" / "cookbook").glob("*.toml")
    },
    **{str(path.relative_to(ROOT)): "week" for path in (ROOT / "templates").glob("*.toml")},
    **{str(path.relative_to(ROOT)): "routine" for path in (ROOT / "templates" / "routines").glob("*.toml")},
}
VALIDATORS = {
    kind: Draft7Validator(json.loads(schema_text(kind)), format_checker=FormatChecker(["date"]))
    for kind in SCHEMA_KINDS
}


def faults(kind: SchemaKind, text: str) -> list[str]:
    """What the schema has against a TOML text; as for taplo, dates and times are texts."""

    def as_taplo(value: Any) -> Any:
        if isinstance(value, date | datetime | time):
            return value.isoformat()
        if isinstance(value, dict):
            return {key: as_taplo(item) for key, item in value.items()}
        return [as_taplo(item) for item in value] if isinstance(value, list) else value

    return [error.message for error in VALIDATORS[kind].iter_errors(as_taplo(tomllib.loads(text)))]


# --- what comes with calsync ------------------------------------------------------------------------------


def test_the_files_are_what_the_structs_say() -> None:
    """If not: python -m docs.generate"""
    found = {path.name: path.read_text("utf-8") for path in (ROOT / "schemas").iterdir()}
    assert found == schemas()
    for kind in SCHEMA_KINDS:
        Draft7Validator.check_schema(VALIDATORS[kind].schema)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_names_its_schema_and_follows_it(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    first = text.partition("\n")[0].removeprefix("#:schema ")
    assert ((ROOT / name).parent / first).resolve() == ROOT / "schemas" / f"{SHIPPED[name]}.schema.json"
    assert faults(SHIPPED[name], text) == []


def test_the_example_follows_its_schema_with_all_that_is_switched_off_in_it() -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    switched_on = re.sub(r"^#(?=[^\s:])", "", text, flags=re.MULTILINE)
    assert tomllib.loads(switched_on) != tomllib.loads(text)
    assert faults("config", switched_on) == []


@pytest.mark.parametrize("kind", SCHEMA_KINDS)
def test_every_key_says_what_it_is_for(kind: SchemaKind) -> None:
    schema = VALIDATORS[kind].schema
    tables = {kind: schema, **schema["definitions"]}
    for name, table in tables.items():
        assert table["description"].endswith("."), name
        for key, about in table["properties"].items():
            text = about.get("description") or tables[about["$ref"].rpartition("/")[2]]["description"]
            assert text.endswith("."), f"{name}.{key}"
            assert "$ref" not in about or "description" not in about, "draft 7 ignores a text beside a $ref"


def test_the_first_line_for_a_copy_leads_to_the_schema() -> None:
    for kind in SCHEMA_KINDS:
        line = schema_line(kind)
        assert line == f"#:schema {(shipped_folder('schemas') / f'{kind}.schema.json').as_uri()}\n"
        assert (shipped_folder("schemas") / f"{kind}.schema.json").is_file()


# --- they accept what the loaders accept ------------------------------------------------------------------

# What the loaders refuse and a schema can't: it compares no two values, and knows no calendar and no files.
# Of each an example: where to write what into a whole file.
ONLY_LOADERS: dict[str, tuple[SchemaKind, tuple[str | int, ...], Any]] = {
    "overlaps the run before it": (
        "week",
        ("runs", 2),
        {"day": "tue", "kind": "easy", "duration": "9m", "start": "07:00"},
    ),
    "is a rest day": ("week", ("runs", 0, "day"), "mon"),
    "so a hard ride can't be on it": (
        "week",
        ("cross", 0),
        {"day": "mon", "sport": "ride", "effort": "hard", "duration": "1h"},
    ),
    "overlaps the cross training before it": (
        "week",
        ("runs", 2),
        {"day": "wed", "kind": "easy", "duration": "9m", "start": "18:30"},
    ),
    "a range that ends after it starts": ("week", ("runs", 1, "between", 0), "08:30-06:30"),
    "longer than the session": ("week", ("strength", 0, "shortest"), "31m"),
    'expected more than nothing and at most "24h"': ("week", ("runs", 0, "duration"), "0m"),
    "no routine is called": ("week", ("strength", 0, "routine"), "lower-bodi"),
    'at most "24h", found': ("config", ("strength", "hours_apart"), "25h"),
    'at least "48h", as the rule fresh-legs asks (docs/rules.md), found "24h"': (
        "config",
        ("strength", "fresh_legs", "heavy"),
        "24h",
    ),
    'at most "366d", found': ("config", ("availability", "notice"), "367d"),
    'Google allows at most "28d"': ("config", ("targets", 1, "reminder"), "29d"),
    'expected "1m" to "24h"': ("config", ("serve", "every"), "25h"),
    "expected an address such as": ("config", ("serve", "url"), "training.example.org"),
    "before it begins on": ("config", ("pause", 0, "to"), date(2026, 12, 1)),
    "lies before the plan": ("config", ("plan", "race", "date"), date(2026, 11, 1)),
    "one day has one race": (
        "config",
        ("plan", "race"),
        [{"date": date(2027, 4, 18), "priority": "A"}, {"date": date(2027, 4, 18), "priority": "B"}],
    ),
    "with several races, say how much": (
        "config",
        ("plan", "race"),
        [{"date": date(2027, 4, 18), "priority": "A"}, {"date": date(2027, 5, 2)}],
    ),
    "a day has one zone": (
        "config",
        ("travel",),
        [
            {"from": date(2026, 12, 7), "to": date(2026, 12, 9), "timezone": "Asia/Tokyo"},
            {"from": date(2026, 12, 9), "to": date(2026, 12, 12), "timezone": "Asia/Seoul"},
        ],
    ),
    "expected a distance": ("config", ("plan", "race", "distance"), "0 km"),
    "an ISO week such as 2026-W52 that exists": ("config", ("plan", "override"), {"2026-W54": "recovery"}),
    "expected an IANA zone": ("config", ("timezone",), "Europe/Lundon"),
    "a pace such as": ("config", ("plan", "feed", "pace"), "1:00/km"),
    "is plain http": ("config", ("busy", 1, "url"), "http://localhost@calendar.example/a.ics"),
    "expected the address of a topic": ("config", ("notify", 0, "url"), "https://ntfy.sh/a/b"),
    "can't be read as an address": ("config", ("busy", 1, "url"), "https://calendar.example:x/a.ics"),
    "is not set": ("config", ("plan", "feed", "url_env"), "WORK_ICS"),
    "there is no such home folder": ("config", ("targets", 0, "path"), "~nobody-by-that-name/a.ics"),
    "expected a name, found the address": ("config", ("busy", 1, "name"), "https://x.example/a"),
    "is taken by another one": ("config", ("busy", 1, "name"), "work"),
    "another target writes": ("config", ("targets", 1), {"name": "b", "type": "ics", "path": "a.ics"}),
    "the plan itself must not keep you busy": ("config", ("targets", 1, "calendar_id"), "primary"),
    "is also the busy source": ("config", ("plan", "feed"), {"path": "busy.ics"}),
    "is the file that the target": ("config", ("plan", "feed"), {"path": "a.ics"}),
    # TOML has dates, numbers of two kinds and texts; for taplo a date is a text, and 4.0 a whole number.
    '-01"; write': ("config", ("timezone",), date(2026, 12, 1)),
    "expected a whole number, found 4.0": ("config", ("plan", "horizon"), 4.0),
    "expected a whole number or a string, found 4.0": ("routine", ("exercises", 0, "reps"), 4.0),
}


@pytest.mark.parametrize("words", ONLY_LOADERS)
def test_what_only_the_loader_can_see(words: str, tmp_path: Path) -> None:
    kind, place, value = ONLY_LOADERS[words]
    document = copy.deepcopy(FULL[kind])
    at(document, place[:-1])[place[-1]] = value
    (tmp_path / "x.toml").write_text(whole(document), "utf-8")
    assert faults(kind, whole(document)) == []
    with pytest.raises(ConfigError, match=re.escape(words)):
        load(kind, tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("year", "is_good"),
    [(FIRST_YEAR - 1, False), (FIRST_YEAR, True), (LAST_YEAR, True), (LAST_YEAR + 1, False)],
)
def test_the_years_of_a_plan(year: int, is_good: bool, tmp_path: Path) -> None:
    document = copy.deepcopy(FULL["config"])
    document["plan"] = {"start": date(year, 6, 1), "weeks": ["balanced"]}
    assert (faults("config", whole(document)) == []) is is_good
    agree("config", document, tmp_path / "x.toml")


def agree(kind: SchemaKind, document: dict[str, Any], path: Path) -> None:
    text = whole(document)
    path.write_text(text, "utf-8")
    found = faults(kind, text)
    try:
        load(kind, path)
    except ConfigError as problem:
        said = str(problem)
        assert found or any(words in said for words in ONLY_LOADERS), (
            f"only the loader refuses: {said}\n{text}"
        )
    else:
        assert not found, f"only the schema refuses: {found}\n{text}"


@pytest.mark.parametrize("kind", SCHEMA_KINDS)
def test_the_whole_files_are_accepted_by_both(kind: SchemaKind, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(whole(FULL[kind]), "utf-8")
    load(kind, tmp_path / "x.toml")
    assert faults(kind, whole(FULL[kind])) == []


@settings(max_examples=usually(400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(SCHEMA_KINDS))
def test_schema_and_loader_agree(tmp_path: Path, data: st.DataObject, kind: SchemaKind) -> None:
    agree(kind, data.draw(documents(kind)), tmp_path / "x.toml")
