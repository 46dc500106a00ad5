"""Partial responses: `fields=items(id,status),nextPageToken` leaves only that of an answer.

https://developers.google.com/workspace/calendar/api/guides/performance#partial-response
"""

import json
from dataclasses import replace
from typing import Any

from tests.googleserver.errors import invalid
from tests.googleserver.exchange import Answer

Mask = dict[str, "Mask"]
"""Names to keep, and what to keep of each; an empty mask keeps all."""


def only(text: str, answer: Answer) -> Answer:
    if not text or not answer.content:
        return answer
    kept = _kept(_mask(text), json.loads(answer.content))
    return replace(answer, content=json.dumps(kept, ensure_ascii=False).encode())


def _mask(text: str) -> Mask:
    root: Mask = {}
    stack = [root]
    here, name = root, ""

    def enter() -> Mask:
        inner = here
        for part in name.split("/"):
            inner = inner.setdefault(part, {})
        return inner

    for character in text:
        if character not in "(),":
            name += character
            continue
        if name:
            inner = enter()
            name = ""
            if character == "(":
                stack.append(here)
                here = inner
        if character == ")":
            if len(stack) < 2:
                raise invalid(f"Invalid field selection {text}", "fields")
            here = stack.pop()
    if name:
        enter()
    if len(stack) != 1:
        raise invalid(f"Invalid field selection {text}", "fields")
    return root


def _kept(mask: Mask, value: Any) -> Any:
    if not mask:
        return value
    if isinstance(value, list):
        return [_kept(mask, one) for one in value]
    if isinstance(value, dict):
        return {
            name: _kept(mask.get(name, mask.get("*", {})), one)
            for name, one in value.items()
            if name in mask or "*" in mask
        }
    return value
