"""What Google's own discovery document says: which calls there are, what each takes, and the scopes it needs.

The document is the one that google-api-python-client carries, so server and client cannot disagree about it.
"""

import importlib.util
import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from tests.googleserver.errors import Problem, bad_request, invalid, required
from tests.googleserver.exchange import Json, Query

SCOPE_PREFIX = "https://www.googleapis.com/auth/"
# The offset may not be left out in query parameters, nor in freeBusy.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ENDLESS = 2**31


@dataclass(frozen=True)
class Method:
    id: str
    """Such as `calendar.events.insert`."""
    http_method: str
    template: tuple[str, ...]
    """The path behind /calendar/v3/, with `{name}` for what varies."""
    parameters: Json
    scopes: frozenset[str]
    takes: str
    """The schema of its body, or ""."""

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """What stands in the places of the template, or None when the path is another."""
        values = {}
        for expected, found in zip(self.template, segments, strict=True):
            if expected.startswith("{"):
                values[expected.strip("{}")] = found
            elif expected != found:
                return None
        return values


@cache
def document_text() -> str:
    """The discovery document; found without importing the client library, which takes a fifth of a second."""
    found = importlib.util.find_spec("googleapiclient")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0])
    return (folder / "discovery_cache" / "documents" / "calendar.v3.json").read_text(encoding="utf-8")


@cache
def document() -> Json:
    parsed: Json = json.loads(document_text())
    return parsed


@cache
def _methods() -> dict[tuple[str, int], tuple[Method, ...]]:
    """By HTTP method and number of segments; those with fewer variable segments first."""
    by_shape: dict[tuple[str, int], list[Method]] = {}
    common = document()["parameters"]
    for resource in document()["resources"].values():
        for entry in resource["methods"].values():
            own = entry.get("parameters", {})
            template = tuple(entry["path"].split("/"))
            method = Method(
                entry["id"],
                entry["httpMethod"],
                template,
                {name: spec for name, spec in own.items() if spec["location"] == "query"} | common,
                frozenset(entry.get("scopes", ())),
                entry.get("request", {}).get("$ref", ""),
            )
            by_shape.setdefault((method.http_method, len(template)), []).append(method)
    return {
        shape: tuple(sorted(methods, key=lambda method: sum(part[0] == "{" for part in method.template)))
        for shape, methods in by_shape.items()
    }


def find(http_method: str, segments: tuple[str, ...]) -> tuple[Method, dict[str, str]] | None:
    for method in _methods().get((http_method, len(segments)), ()):
        values = method.match(segments)
        if values is not None:
            return method, values
    return None


def check_query(method: Method, query: Query) -> None:
    """Raises what Google answers to a parameter that is unknown, repeated in vain, or of the wrong form."""
    for name, values in query.items():
        spec = method.parameters.get(name)
        if spec is None:
            raise bad_request(f'Unknown parameter "{name}"')
        if len(values) > 1 and not spec.get("repeated"):
            raise bad_request(f'Parameter "{name}" given more than once')
        for value in values:
            _check_value(name, value, spec)


def _check_value(name: str, value: str, spec: Json) -> None:
    refusal = invalid(f"Invalid value for: {name}: {value!r}", name)
    if spec["type"] == "boolean" and value not in ("true", "false"):
        raise refusal
    if spec["type"] == "integer":
        if not re.fullmatch(r"-?\d+", value):
            raise refusal
        if not int(spec.get("minimum", -ENDLESS)) <= int(value) <= int(spec.get("maximum", ENDLESS)):
            raise refusal
    if "enum" in spec and value not in spec["enum"]:
        raise refusal
    if spec.get("format") == "date-time" and not is_instant(value):
        raise Problem(400, "badRequest", "Bad Request", location=name, location_type="parameter")


def is_instant(text: str) -> bool:
    """Whether it is an RFC 3339 time with an offset, on a day that exists."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return INSTANT.fullmatch(text) is not None


def check_body(schema: str, body: object, *, nulls: bool) -> Json:
    """The body, when it is an object of this schema: known fields with values of the right JSON types."""
    if not isinstance(body, dict):
        raise required("Missing body") if body is None else bad_request()
    _check({"$ref": schema}, body, schema, nulls=nulls)
    return body


FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    # Without an offset it needs a timeZone beside it, which is for the reader of the time to see.
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
}
TYPES: dict[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
}


def _check(spec: Json, value: object, where: str, *, nulls: bool) -> None:
    if value is None and nulls:
        return
    if "$ref" in spec:
        spec = document()["schemas"][spec["$ref"]]
    kind = spec.get("type", "any")
    if kind != "any" and (
        not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")
    ):
        raise invalid(f"Invalid value for: {where} is no {kind}")
    if (
        isinstance(value, str)
        and spec.get("format") in FORMATS
        and not FORMATS[spec["format"]].fullmatch(value)
    ):
        raise invalid(f"Invalid value for: Invalid format: {value!r} is malformed")
    if isinstance(value, list):
        for one in value:
            # An element is there or it is not: null has no meaning in a list.
            _check(spec["items"], one, f"{where}[]", nulls=False)
    if isinstance(value, dict):
        for name, one in value.items():
            inner = spec.get("properties", {}).get(name) or spec.get("additionalProperties")
            if inner is None:
                raise bad_request(f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}'")
            _check(inner, one, f"{where}.{name}", nulls=nulls)
