"""JSON Schemas of the TOML files, for editors: generated from the structs that the files are read into.

What a struct can't say (which keys go together) is said here. Some rules no schema can say, such as that two
runs overlap; tests/test_schemas.py lists them. Draft 7, as taplo knows no later one. Only docs/generate.py
and the tests need this: what comes with calsync are files.
"""

import inspect
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from calsync import program, race
from calsync.app.notifiers import WebhookBody, WebhookChange
from calsync.config import settings
from calsync.config.settings import (
    AppriseNotify,
    Busy,
    CaldavTarget,
    ConfigFile,
    GoogleBusy,
    GoogleTarget,
    IcsBusy,
    IcsTarget,
    Notify,
    NtfyNotify,
    Target,
    WebhookNotify,
)
from calsync.config.toml import SchemaKind, keys_of, texts_of
from calsync.program import CrossTraining, Exercise, FeedSettings, Routine, Run, Session, TemplateFile
from calsync.training import clock
from calsync.written import Address, duration_text

Schema = dict[str, Any]
_Struct = type[msgspec.Struct]
_FILES: dict[SchemaKind, _Struct] = {
    "config": ConfigFile,
    "week": TemplateFile,
    "routine": Routine,
}
SCHEMA_KINDS: tuple[SchemaKind, ...] = tuple(_FILES)
# Definitions have the names of the tables, not of the structs.
_NAMES = {
    "Rules": "StrengthTable",
    "FeedSettings": "FeedTable",
    "GoogleAccess": "GoogleTable",
    "CrossTraining": "CrossTable",
}
# Tables that have a struct for each `type`.
_TYPED: tuple[Sequence[_Struct], ...] = (
    (IcsBusy, GoogleBusy),
    (IcsTarget, GoogleTarget, CaldavTarget),
    (NtfyNotify, WebhookNotify, AppriseNotify),
)


def schema_text(kind: SchemaKind) -> str:
    """The whole file of a schema."""
    root = _FILES[kind]
    _, components = msgspec.json.schema_components(
        [root], ref_template="#/definitions/{name}", schema_hook=lambda kind: {}
    )
    components = _with_texts(components)
    words = {name: component["enum"] for name, component in components.items() if "enum" in component}
    tables: dict[str, Schema] = {}
    names: dict[str, str] = {}
    for name in components:
        if struct := _struct(name):
            structs = next((typed for typed in _TYPED if struct in typed), (struct,))
            table = structs[0].__base__ if len(structs) > 1 else struct
            names[name] = _table_name(table)
            tables[names[name]] = _refined(table, structs, [components[one.__name__] for one in structs])
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", **tables.pop(_table_name(root))}
    whole = _with_words({**whole, "definitions": tables}, words, names)
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _struct(name: str) -> _Struct | None:
    """None for what is no table but a word or a value."""
    found = next(vars(module)[name] for module in (program, race, settings) if name in vars(module))
    return found if issubclass(found, msgspec.Struct) else None


def _table_name(struct: Any) -> str:
    name = str(struct.__name__)
    return _NAMES.get(name) or (name if name.endswith(("Table", "File")) else f"{name}Table")


def _with_words(schema: Any, words: Mapping[str, list[str]], names: Mapping[str, str]) -> Any:
    """Words instead of references to them: draft 7 ignores what is beside a reference, such as a text."""
    match schema:
        case list():
            return [_with_words(item, words, names) for item in schema]
        case {"anyOf": [{"$ref": str(reference)}, *_], "discriminator": _}:
            return {"$ref": f"#/definitions/{names[reference.rpartition('/')[2]]}"}
        case {"$ref": str(reference), **rest}:
            name = reference.rpartition("/")[2]
            if name in words:
                return {**rest, "enum": words[name]}
            return {**schema, "$ref": f"#/definitions/{names[name]}"}
        case dict():
            return {key: _with_words(value, words, names) for key, value in schema.items()}
    return schema


def _refined(table: Any, structs: Sequence[_Struct], schemas: Sequence[Schema]) -> Schema:
    """The schema of a table, from those of its structs."""
    properties: Schema = dict.fromkeys(keys_of(structs))
    for struct, schema in zip(structs, schemas, strict=True):
        texts = {**texts_of(table), **texts_of(struct)}
        for field in msgspec.structs.fields(struct):
            key = field.encode_name
            about = {"description": texts[field.name]} if field.name in texts else {}
            properties[key] = {**about, **_of_key(schema["properties"][key], field)}
    for alias, key in getattr(table, "aliases", {}).items():
        properties[alias] = {**properties[key], "description": f"Another word for {key}."}
    if len(structs) > 1:
        tags = sorted(str(struct.__struct_config__.tag) for struct in structs)
        properties["type"] = {"description": texts["type"], "enum": tags}
    return {
        "description": " ".join(inspect.cleandoc(table.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if all(key in schema["required"] for schema in schemas)],
        "additionalProperties": False,
        **_TOGETHER.get(table, {}),
    }


def _of_key(schema: Schema, field: msgspec.structs.FieldInfo) -> Schema:
    """The schema of a key: without null, and with its default as the file would say it."""
    default = field.default
    schema = dict(_without_null(schema))
    if schema.pop("one-or-more", False):
        schema.pop("default", None)
        return {"anyOf": [schema["items"], schema]}
    if schema.get("default") in (None, {}) or isinstance(default, msgspec.Struct):
        schema.pop("default", None)
    elif isinstance(default, timedelta):
        schema["default"] = duration_text(default)
    elif field.encode_name == "duration" and "default" in schema:
        schema["default"] = duration_text(timedelta(minutes=default))
    elif field.encode_name == "pace" and default:
        schema["default"] = f"{default // 60}:{default % 60:02}/km"
    elif field.encode_name == "week_at":
        schema["default"] = clock(default)
    return schema


def _with_texts(schema: Any) -> Any:
    """Texts where the files have texts, whatever they are read into."""
    match schema:
        case list():
            return [_with_texts(item) for item in schema]
        case {"is-text": True}:
            of_value = ("is-text", "type", "format", "anyOf", "$ref", "default")
            plain = {key: value for key, value in schema.items() if key not in of_value}
            default = {"default": schema["default"]} if "default" in schema else {}
            each = plain.pop("or-list", None)
            text = {**plain, "type": "string", **default}
            if each is None:
                return text
            about = {"description": text.pop("description")} if "description" in text else {}
            several = {"type": "array", "items": {"pattern": each, "type": "string"}, "minItems": 1}
            return {**about, "anyOf": [text, several]}
        case dict():
            return {key: _with_texts(value) for key, value in schema.items()}
    return schema


def _without_null(schema: Schema) -> Schema:
    """TOML has no null: a key that may be None is one that may be left out."""
    if "anyOf" not in schema:
        return schema
    rest = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**others, **(rest[0] if len(rest) == 1 else {"anyOf": rest})}


def webhook_schema() -> str:
    """The whole file of the schema of what a webhook gets."""
    (root,), components = msgspec.json.schema_components([WebhookBody], ref_template="#/definitions/{name}")
    assert root == {"$ref": "#/definitions/WebhookBody"}
    for struct in (WebhookBody, WebhookChange):
        schema, texts = components[struct.__name__], texts_of(struct)
        schema["description"] = " ".join(inspect.cleandoc(struct.__doc__ or "").split())
        for field in msgspec.structs.fields(struct):
            about = schema["properties"][field.encode_name]
            schema["properties"][field.encode_name] = {"description": texts[field.name], **about}
    body = components.pop("WebhookBody")
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", **body, "definitions": components}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


# --- which keys go together -------------------------------------------------------------------------------


def _is(kind: str) -> Schema:
    return {"properties": {"type": {"const": kind}}, "required": ["type"]}


def _some_google(key: str) -> Schema:
    return {"properties": {key: {"contains": _is("google")}}, "required": [key]}


def _unchanged(struct: _Struct, keys: Sequence[str]) -> Schema:
    """Keys that belong to another type: refused unless they have their default."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    return {key: _of_default(fields[key].default) for key in keys}


def _of_default(default: object) -> Schema | bool:
    match default:
        case timedelta():
            return {"const": duration_text(default)}
        case str():
            return {"const": default}
        case ():
            return {"maxItems": 0}
    return False


def _of_type(kind: str, struct: _Struct, others: Sequence[_Struct], **more: Any) -> Schema:
    """What holds of a table of this type, beside what its keys say each for itself."""
    own = struct.__struct_encode_fields__
    foreign = {
        key: schema
        for other in others
        for key, schema in _unchanged(
            other, [k for k in other.__struct_encode_fields__ if k not in own]
        ).items()
    }
    return {"if": _is(kind), "then": {"properties": foreign, **more}}


def _one_of(*keys: str) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


_ONLY_ICS = [
    key for key in IcsBusy.__struct_encode_fields__ if key not in GoogleBusy.__struct_encode_fields__
]
_ADDRESS = Address.__metadata__[0].extra_json_schema
_ONE_PLACE = {"oneOf": [{"required": [key]} for key in ("url", "url_env", "path")]}
_ONE_TIME = {"not": {"properties": {"between": {"minItems": 1}}, "required": ["start", "between"]}}
_SETS_AND_REPS = {"dependencies": {"sets": ["reps"], "reps": ["sets"]}}
_TOGETHER: dict[_Struct, Schema] = {
    FeedSettings: _ONE_PLACE,
    Busy: {
        "if": _is("google"),
        "then": {
            "properties": {"calendars": {"minItems": 1}, **_unchanged(IcsBusy, _ONLY_ICS)},
            "required": ["calendars"],
        },
        "else": {"properties": {"calendars": False}, **_ONE_PLACE},
    },
    Target: {
        "allOf": [
            _of_type("ics", IcsTarget, (GoogleTarget, CaldavTarget), required=["path"]),
            _of_type("google", GoogleTarget, (IcsTarget, CaldavTarget), required=["calendar"]),
            _of_type(
                "caldav",
                CaldavTarget,
                (IcsTarget, GoogleTarget),
                required=["username"],
                allOf=[
                    _one_of("password_env", "password_command"),
                    {"anyOf": [{"required": [key]} for key in ("calendar", "calendar_url")]},
                    {
                        "if": {"anyOf": [{"required": [key]} for key in ("url", "provider")]},
                        "then": _one_of("url", "provider"),
                        "else": {"required": ["calendar_url"]},
                    },
                    {
                        "if": {"properties": {"provider": {"const": "nextcloud"}}, "required": ["provider"]},
                        "then": {"required": ["host"]},
                        "else": {"properties": {"host": False}},
                    },
                ],
            ),
        ],
        "not": {"required": ["alarm", "reminder"]},
    },
    Notify: {
        "oneOf": [{"required": [key]} for key in ("url", "url_env")],
        "if": _is("apprise"),
        "then": {"properties": {"token_env": False}},
        "else": {"properties": {"url": _ADDRESS}},
    },
    ConfigFile: {
        "if": {"anyOf": [_some_google("busy"), _some_google("targets")]},
        "then": {"required": ["google"]},
    },
    Session: {
        "if": {"anyOf": [{"required": ["day"]}, {"required": ["start"]}]},
        "then": {
            "required": ["day", "start"],
            "anyOf": [
                {"required": [key], "properties": {key: {"minLength": 1}}} for key in ("routine", "title")
            ],
            "properties": {"days": {"maxItems": 0}, "between": {"maxItems": 0}, "shortest": False},
        },
        "else": {"required": ["routine"], "properties": {"routine": {"minLength": 1}}},
    },
    Run: _ONE_TIME,
    CrossTraining: _ONE_TIME,
    # What a variant leaves out is the exercise's own.
    Exercise: {
        **_SETS_AND_REPS,
        "if": {"not": {"required": ["sets"]}},
        "then": {"properties": {"heavy": _SETS_AND_REPS, "light": _SETS_AND_REPS}},
    },
}
