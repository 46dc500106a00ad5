"""How a TOML file tells an editor which JSON Schema it follows.

Decides where the schemas are and how a first line names one. What they say is schemas.py's.
"""

from pathlib import Path
from typing import Literal

SchemaKind = Literal["config", "week", "routine"]
_DIRECTIVE = "#:schema "


def schema_folder() -> Path:
    """The schemas that come with calsync: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "data" / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def schema_line(kind: SchemaKind) -> str:
    """The first line of a TOML file, with its line break: by it taplo and Even Better TOML know the schema.

    It works from any folder on this machine. A file:// URL, as taplo's language server takes an absolute path
    for "a relative URL without a base" (https://github.com/tamasfe/taplo/issues/293).
    """
    return f"{_DIRECTIVE}{(schema_folder() / f'{kind}.schema.json').resolve().as_uri()}\n"


def with_schema_line(content: bytes, kind: SchemaKind) -> bytes:
    """A file's content with such a first line, in the place of the one that it may have."""
    first, _, rest = content.partition(b"\n")
    return schema_line(kind).encode() + (rest if first.startswith(_DIRECTIVE.encode()) else content)
