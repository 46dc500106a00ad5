"""JSON Schemas of the TOML files, for editors: generated from the structs that the files are read into.

Decides how the loaders' rules read in JSON Schema: what a struct can't say (which keys go together) is said
here. Some rules no schema can say, such as that two runs overlap; tests/test_schemas.py lists them. Draft 7,
as taplo knows no later one. Only docs/generate.py and the tests need this: what comes with calsync are files.
"""

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import msgspec

from calsync.config import settings, templates
from calsync.config.settings import ONLY_ICS, BusyTable, ConfigFile, FeedTable, TargetTable
from calsync.config.templates import ExerciseTable, RoutineFile, RunTable, TemplateFile
from calsync.config.toml import SchemaKind

Schema = dict[str, Any]
_FILES: dict[SchemaKind, type[msgspec.Struct]] = {
    "config": ConfigFile,
    "week": TemplateFile,
    "routine": RoutineFile,
}
SCHEMA_KINDS: tuple[SchemaKind, ...] = tuple(_FILES)


def schema_text(kind: SchemaKind) -> str:
    """The whole file of a schema."""
    root = _FILES[kind]
    _, components = msgspec.json.schema_components([root], ref_template="#/definitions/{name}")
    structs = {**vars(settings), **vars(templates)}
    words = {name: component["enum"] for name, component in components.items() if "enum" in component}
    tables = {name: component for name, component in components.items() if name not in words}
    for name, table in tables.items():
        del table["title"]
        _refine(table, structs[name])
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", **tables.pop(root.__name__)}
    whole = _with_words({**whole, "definitions": tables}, words)
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _with_words(schema: Any, words: Mapping[str, list[str]]) -> Any:
    """Words instead of references to them: draft 7 ignores what stands beside a reference, such as a text."""
    match schema:
        case list():
            return [_with_words(item, words) for item in schema]
        case {"$ref": str(reference), **rest} if (name := reference.rpartition("/")[2]) in words:
            return {**rest, "enum": words[name]}
        case dict():
            return {key: _with_words(value, words) for key, value in schema.items()}
    return schema


def _refine(schema: Schema, struct: type[msgspec.Struct]) -> None:
    schema["description"] = " ".join(inspect.cleandoc(struct.__doc__ or "").split())
    texts = _key_texts(struct)
    for field in msgspec.structs.fields(struct):
        key = _without_null(schema["properties"][field.encode_name])
        if field.default_factory is not msgspec.NODEFAULT:
            key["default"] = field.default_factory()
        if not isinstance(key.get("default"), bool | int | str | list):
            key.pop("default", None)
        if text := texts.get(field.name):
            key = {"description": text, **key}
        schema["properties"][field.encode_name] = key
    schema["additionalProperties"] = False
    schema.update(_TOGETHER.get(struct, {}))


def _without_null(schema: Schema) -> Schema:
    """TOML has no null: a key that may be None is one that may be left out."""
    if "anyOf" not in schema:
        return schema
    rest = [choice for choice in schema.pop("anyOf") if choice != {"type": "null"}]
    return {**schema, **(rest[0] if len(rest) == 1 else {"anyOf": rest})}


def _key_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text that stands below each field in the source."""
    return dict(_texts_in(ast.parse(inspect.getsource(struct)).body[0]))


def _texts_in(body: ast.stmt) -> Iterator[tuple[str, str]]:
    assert isinstance(body, ast.ClassDef)
    for field, text in pairwise(body.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, " ".join(said.split())


# --- which keys go together -------------------------------------------------------------------------------


def _is(kind: str) -> Schema:
    return {"properties": {"type": {"const": kind}}, "required": ["type"]}


def _some_google(key: str) -> Schema:
    return {"properties": {key: {"contains": _is("google")}}, "required": [key]}


def _unchanged(struct: type[msgspec.Struct], keys: tuple[str, ...]) -> Schema:
    """Keys that belong to another type: refused unless they have their default."""
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(struct)}
    # An empty list is a factory to msgspec.
    empty = {"maxItems": 0}
    return {
        key: False
        if (value := defaults[key]) is None
        else {"const": value}
        if isinstance(value, str)
        else empty
        for key in keys
    }


_ONE_PLACE = {"oneOf": [{"required": [key]} for key in ("url", "url_env", "path")]}
_SETS_AND_REPS = {"dependencies": {"sets": ["reps"], "reps": ["sets"]}}
_TOGETHER: dict[type[msgspec.Struct], Schema] = {
    FeedTable: _ONE_PLACE,
    BusyTable: {
        "if": _is("google"),
        "then": {
            "properties": {"calendars": {"minItems": 1}, **_unchanged(BusyTable, ONLY_ICS)},
            "required": ["calendars"],
        },
        "else": {"properties": {"calendars": False}, **_ONE_PLACE},
    },
    TargetTable: {
        "if": _is("google"),
        "then": {"properties": _unchanged(TargetTable, ("path", "alarm")), "required": ["calendar"]},
        "else": {
            "properties": _unchanged(TargetTable, ("calendar", "calendar_id", "reminder")),
            "required": ["path"],
        },
    },
    ConfigFile: {
        "if": {"anyOf": [_some_google("busy"), _some_google("targets")]},
        "then": {"required": ["google"]},
    },
    RunTable: {"not": {"properties": {"between": {"minItems": 1}}, "required": ["start", "between"]}},
    # What a variant leaves out is the exercise's own.
    ExerciseTable: {
        **_SETS_AND_REPS,
        "if": {"not": {"required": ["sets"]}},
        "then": {"properties": {"heavy": _SETS_AND_REPS, "light": _SETS_AND_REPS}},
    },
}
