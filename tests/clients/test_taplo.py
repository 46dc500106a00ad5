"""taplo, which is behind Even Better TOML, finds each shipped file's schema, offline, and checks with it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from calsync.config.toml import SchemaKind, schema_line
from tests.clients.conftest import HERE, need_npm_package

ROOT = HERE.parents[1]
SHIPPED = sorted(
    str(path.relative_to(ROOT))
    for folder in ("examples", "examples/cookbook", "templates", "templates/routines")
    for path in (ROOT / folder).glob("*.toml")
)
SHIPPED.append("config.example.toml")


def lint(*files: Path | str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    need_npm_package("@taplo/cli")
    program = HERE / "node_modules" / "@taplo" / "cli" / "dist" / "cli.js"
    # Whatever is not on this machine is out of reach.
    proxy = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    return subprocess.run(
        [shutil.which("node") or "node", program, "lint", *files],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "NO_COLOR": "1", **proxy},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_shipped_files_are_as_their_schemas_want_them() -> None:
    result = lint(*SHIPPED)
    assert result.returncode == 0, result.stderr
    assert f"found files total={len(SHIPPED)}" in result.stderr


# A shipped file, what stands in it, a mistake in its place, and what is said of that.
MISTAKES = [
    ("config.example.toml", 'buffer = "15m"', 'buffer = "15 minutes"', "15 minutes"),
    ("config.example.toml", "start = 2026-11-23", "start = 09:30:00", "date"),
    (
        "examples/runna.toml",
        'type = "ics"\npath = "training.ics"',
        'type = "ics"',
        '"path" is a required',
    ),
    ("templates/balanced.toml", 'kind = "tempo"', 'kind = "temp"', "intervals"),
    ("templates/race-week.toml", 'start = "09:30"', "start = 09:30:00", "09:30:00"),
    ("templates/routines/mobility.toml", "minutes = 3", "minuts = 3", "minuts"),
]
KINDS: tuple[SchemaKind, ...] = ("config", "week", "routine")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What taplo says of each file with a mistake, by its path in a folder of its own; of the others nothing.

    All are in one run, as its start is what takes long.
    """
    folder = tmp_path_factory.mktemp("taplo")
    names = []

    def write(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        names.append(name)

    for number, (name, good, bad, _) in enumerate(MISTAKES):
        text = (ROOT / name).read_text("utf-8")
        assert good in text
        for place, content in ((f"good-{number}", text), (f"bad-{number}", text.replace(good, bad))):
            shutil.copytree(ROOT / "schemas", folder / place / "schemas")
            write(f"{place}/{name}", content)
    for kind in KINDS:
        write(f"{kind}.toml", schema_line(kind) + "unheard_of = 1\n")
    result = lint(*names, folder=folder)
    assert result.returncode == 1
    assert f"found files total={len(names)}" in result.stderr
    found: dict[str, str] = {}
    for message in re.split(r"^error: ", result.stderr, flags=re.MULTILINE)[1:]:
        place = re.search(r"┌─ (.*):\d+:\d+$", message, re.MULTILINE)
        assert place is not None, message
        name = Path(place[1]).relative_to(folder).as_posix()
        found[name] = found.get(name, "") + message
    return found


@pytest.mark.parametrize(
    "number", range(len(MISTAKES)), ids=[f"{name}: {says}" for name, _, _, says in MISTAKES]
)
def test_a_mistake_is_found_by_the_schema_that_the_first_line_names(
    said: dict[str, str], number: int
) -> None:
    name, _, _, says = MISTAKES[number]
    assert says in said[f"bad-{number}/{name}"]
    assert f"good-{number}/{name}" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_line_of_a_copy_works_from_any_folder(said: dict[str, str], kind: SchemaKind) -> None:
    assert "unheard_of" in said[f"{kind}.toml"]
