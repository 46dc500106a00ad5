"""Where a config says that a calendar is: a file, or an address on the web.

Decides which of `path`, `url` and `url_env` may be given. What is read there is said by whoever asks.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from calsync.addresses import web_address
from calsync.toml import Document
from calsync.toml import path as parse_path
from calsync.toml_lines import Keys
from calsync.written import VARIABLE


class PlaceTable(Protocol):
    """A table of the config that names a calendar."""

    @property
    def url(self) -> str | None: ...
    @property
    def url_env(self) -> str | None: ...
    @property
    def path(self) -> str | None: ...


def read_place(
    document: Document, keys: Keys, table: PlaceTable, base: Path, environment: Mapping[str, str]
) -> tuple[Path | None, str | None]:
    """The path or the url, of which exactly one is given. Raises ConfigError."""
    given = [key for key in ("url", "url_env", "path") if getattr(table, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise document.fail(keys, f"expected one of url, url_env and path, found {found}")
    url = table.url
    if table.url_env is not None and not re.fullmatch(VARIABLE, table.url_env):
        raise document.fail((*keys, "url_env"), "expected the name of an environment variable")
    if table.url_env is not None and not (url := environment.get(table.url_env, "").strip()):
        message = f"the environment variable {table.url_env} is not set"
        raise document.fail((*keys, "url_env"), message)
    if url is not None:
        try:
            web_address(url)
        except ValueError as problem:
            # Without what was found: who has the address can read the calendar.
            raise document.fail((*keys, given[0]), str(problem)) from problem
    return None if table.path is None else parse_path(document, (*keys, "path"), table.path, base), url
