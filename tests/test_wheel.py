"""The wheel as people install it: what is inside, and that pipx and uvx run it in homes without anything."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from calsync import __version__
from tests.cli.box import FEED, NOW, ROOT, config
from tests.programs import missing

BIN = Path(sys.executable).parent
# What would lead the programs to the environment of whoever runs the tests.
NOT_OURS = (
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CALSYNC_CONFIG",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # As an installer would build it; without the isolation no network is needed.
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_what_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = [archive.read(name).decode() for name in names if name.endswith("/entry_points.txt")]
        (metadata,) = [archive.read(name).decode() for name in names if name.endswith("/METADATA")]
    info = f"calsync-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"calsync", info}
    assert "calsync = calsync.__main__:main" in points
    assert "Provides-Extra: serve" in metadata
    assert f"{info}/licenses/LICENSE" in names
    shipped = {path.relative_to(ROOT / "templates").as_posix() for path in _files(ROOT / "templates")}
    inside = {name.removeprefix("calsync/data/templates/") for name in names if "/data/templates/" in name}
    assert inside == shipped
    # Modules, py.typed, and what pages are made of.
    package = {
        f"calsync/{path.relative_to(ROOT / 'calsync').as_posix()}" for path in _files(ROOT / "calsync")
    }
    assert package <= set(names)
    assert [name for name in names if "test" in name.lower() or name.endswith((".pyc", ".ics"))] == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The package index, which has what calsync depends on."""
    # By pip, which knows of mirrors and proxies.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries=0", "click"]
    asked = subprocess.run(
        [*command, "--dest", tmp_path_factory.mktemp("download")], capture_output=True, check=False
    )
    if asked.returncode:
        missing("the package index", "connect this machine to it")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Somebody's who has installed nothing yet. What uv has downloaded is there for the next test."""
    home = tmp_path_factory.mktemp("home")
    environment = {key: value for key, value in os.environ.items() if key not in NOT_OURS}
    return {
        **environment,
        "HOME": str(home),
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(home / "bin"),
        "PIPX_MAN_DIR": str(home / "man"),
        "UV_TOOL_DIR": str(home / "uv-tools"),
        "UV_CACHE_DIR": str(home / "uv-cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "CALSYNC_STATE": str(home / "state"),
    }


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder with a config and nothing else."""
    (tmp_path / "config.toml").write_text(config(targets=FEED), "utf-8")
    return tmp_path


def run(machine: dict[str, str], folder: Path, *command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=machine,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def program(name: str) -> str:
    found = shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    assert found, f"{name} is not installed: pip install -e '.[test]'"
    return found


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("extra", ["", "[serve]"])
def test_uvx(wheel: Path, machine: dict[str, str], empty: Path, extra: str) -> None:
    calsync = (program("uvx"), "--from", f"{wheel}{extra}", "calsync")
    assert run(machine, empty, *calsync, "--version") == f"calsync {__version__}\n"
    assert "balanced" in run(machine, empty, *calsync, "templates", "list")
    assert "2026-W48" in run(machine, empty, *calsync, "plan", "--now", NOW)
    assert sorted(path.name for path in empty.iterdir()) == ["config.toml"]
    python = (program("uvx"), "--from", f"{wheel}{extra}", "python", "-c")
    has_server = (
        "from importlib.util import find_spec; print(all(map(find_spec, ('starlette', 'uvicorn', 'segno'))))"
    )
    assert run(machine, empty, *python, has_server) == f"{bool(extra)}\n"


@pytest.mark.usefixtures("index")
def test_pipx(wheel: Path, machine: dict[str, str], empty: Path) -> None:
    run(machine, empty, program("pipx"), "install", "--python", sys.executable, f"{wheel}[serve]")
    calsync = Path(machine["PIPX_BIN_DIR"]) / "calsync"
    assert run(machine, empty, calsync, "--version") == f"calsync {__version__}\n"
    assert "balanced" in run(machine, empty, calsync, "templates", "list")
    assert "2026-W48" in run(machine, empty, calsync, "plan", "--now", NOW)
    run(machine, empty, calsync, "push", "--now", NOW)
    assert (empty / "public" / "training.ics").is_file()
    run(machine, empty, program("pipx"), "uninstall", "calsync")
    assert not calsync.exists()
