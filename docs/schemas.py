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
    CaldavBusy,
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
_BUSY = (IcsBusy, GoogleBusy, CaldavBusy)
_TARGETS = (IcsTarget, GoogleTarget, CaldavTarget)
_TYPED: tuple[Sequence[_Struct], ...] = (
    _BUSY,
    _TARGETS,
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
            table = _shared_table(structs) if len(structs) > 1 else struct
            names[name] = _table_name(table)
            tables[names[name]] = _refined(table, structs, [components[one.__name__] for one in structs])
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", **tables.pop(_table_name(root))}
    whole = _with_words({**whole, "definitions": tables}, words, names)
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _struct(name: str) -> _Struct | None:
    """None for what is no table but a word or a value."""
    found = next(vars(module)[name] for module in (program, race, settings) if name in vars(module))
    return found if issubclass(found, msgspec.Struct) else None


def _shared_table(structs: Sequence[_Struct]) -> _Struct:
    """What all of them inherit from."""
    return next(one for one in structs[0].__mro__ if all(issubclass(struct, one) for struct in structs))


def _texts(struct: _Struct) -> dict[str, str]:
    """What each field is for, also those that it inherits."""
    tables = [one for one in struct.__mro__ if issubclass(one, msgspec.Struct) and one is not msgspec.Struct]
    return {key: text for one in reversed(tables) for key, text in texts_of(one).items()}


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
        texts = _texts(struct)
        for field in msgspec.structs.fields(struct):
            key, before = field.encode_name, properties[field.encode_name] or {}
            about = {"description": texts[field.name]} if field.name in texts else {}
            found = {**about, **_of_key(schema["properties"][key], field)}
            said = [one["description"] for one in (before, found) if one.get("description")]
            # What tables of two types have in common may be for two things.
            found |= {"description": " ".join(dict.fromkeys(said))} if said else {}
            properties[key] = {"description": "", **found} if said else found
    for alias, key in getattr(table, "aliases", {}).items():
        properties[alias] = {**properties[key], "description": f"Another word for {key}."}
    if len(structs) > 1:
        tags = sorted(str(struct.__struct_config__.tag) for struct in structs)
        properties["type"] = {"description": texts_of(table)["type"], "enum": tags}
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


def _of_each_type(structs: Sequence[_Struct], more: Mapping[_Struct, Schema]) -> Schema:
    """What a table may have depends on its type: keys of others are refused unless they have their default.

    `more` is what there is to say of a type besides.
    """
    rules = []
    for struct in structs:
        own = {field.encode_name for field in msgspec.structs.fields(struct)}
        others = [field for one in structs for field in msgspec.structs.fields(one)]
        foreign: Schema = {}
        for field in others:
            allowed = _of_default(field.default)
            if field.encode_name not in own and (allowed or field.encode_name not in foreign):
                foreign[field.encode_name] = allowed
        said = more.get(struct, {})
        then = {**said, "properties": {**foreign, **said.get("properties", {})}}
        rules.append({"if": _is(str(struct.__struct_config__.tag)), "then": then})
    return {"allOf": rules}


def _of_default(default: object) -> Schema | bool:
    match default:
        case timedelta():
            return {"const": duration_text(default)}
        case str():
            return {"const": default}
        case ():
            return {"maxItems": 0}
    return False


def _one_of(*keys: str) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _sign_in(instead: str | None = None) -> Schema:
    """Where the server is, unless there is a key `instead` that says it, and who signs in."""
    server = _one_of("url", "provider")
    if instead:
        named = {"anyOf": [{"required": [key]} for key in ("url", "provider")]}
        server = {"if": named, "then": server, "else": {"required": [instead]}}
    is_nextcloud = {"properties": {"provider": {"const": "nextcloud"}}, "required": ["provider"]}
    host = {"if": is_nextcloud, "then": {"required": ["host"]}, "else": {"properties": {"host": False}}}
    return {"required": ["username"], "allOf": [_one_of("password_env", "password_command"), server, host]}


_ADDRESS = Address.__metadata__[0].extra_json_schema
_ONE_PLACE = _one_of("url", "url_env", "path")
_ONE_TIME = {"not": {"properties": {"between": {"minItems": 1}}, "required": ["start", "between"]}}
_SETS_AND_REPS = {"dependencies": {"sets": ["reps"], "reps": ["sets"]}}
_TOGETHER: dict[_Struct, Schema] = {
    FeedSettings: _ONE_PLACE,
    Busy: _of_each_type(
        _BUSY,
        {
            IcsBusy: _ONE_PLACE,
            GoogleBusy: {"properties": {"calendars": {"minItems": 1}}, "required": ["calendars"]},
            CaldavBusy: _sign_in(),
        },
    ),
    Target: {
        **_of_each_type(
            _TARGETS,
            {
                IcsTarget: {"required": ["path"]},
                GoogleTarget: {"required": ["calendar"]},
                CaldavTarget: {
                    **_sign_in("calendar_url"),
                    "anyOf": [{"required": [key]} for key in ("calendar", "calendar_url")],
                },
            },
        ),
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
