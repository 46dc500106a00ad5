"""taplo, which is behind Even Better TOML, finds each shipped file's schema, offline, and checks with it."""

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


@pytest.mark.parametrize(
    ("name", "good", "bad", "says"),
    [
        ("config.example.toml", 'buffer = "15m"', 'buffer = "15 minutes"', "15 minutes"),
        ("config.example.toml", "start = 2026-11-23", "start = 09:30:00", "date"),
        (
            "examples/runna.toml",
            'type = "ics"\npath = "training.ics"',
            'type = "ics"',
            '"path" is a required',
        ),
        ("templates/balanced.toml", 'kind = "tempo"', 'kind = "temp"', "intervals"),
        ("templates/balanced.toml", 'start = "06:30"', "start = 06:30:00", "06:30:00"),
        ("templates/routines/mobility.toml", "minutes = 3", "minuts = 3", "minuts"),
    ],
)
def test_a_mistake_is_found_by_the_schema_that_the_first_line_names(
    name: str, good: str, bad: str, says: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (ROOT / name).read_text("utf-8")
    assert good in text
    path.write_text(text.replace(good, bad), "utf-8")
    result = lint(name, folder=tmp_path)
    assert result.returncode == 1
    assert says in result.stderr
    path.write_text(text, "utf-8")
    assert lint(name, folder=tmp_path).returncode == 0


@pytest.mark.parametrize("kind", ["config", "week", "routine"])
def test_the_first_line_of_a_copy_works_from_any_folder(kind: SchemaKind, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(schema_line(kind) + "unheard_of = 1\n", "utf-8")
    result = lint("x.toml", folder=tmp_path)
    assert result.returncode == 1
    assert "unheard_of" in result.stderr
