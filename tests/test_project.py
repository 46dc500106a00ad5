"""The project itself: its tools are content, its package is complete, its README is true."""

import os
import re
import subprocess
import sys
import zipfile
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement

from calsync.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
# A console script of the environment that runs the tests.
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports", "--no-cache")],
    ids=lambda command: " ".join(command),
)
def test_the_tools_have_nothing_to_say(command: tuple[str, ...]) -> None:
    result = run(BIN / command[0], *command[1:])
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Function-level and type-checking imports count. import-linter compares siblings only."""
    graph = grimp.build_graph("calsync")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_no_path_of_a_machine_is_in_the_files() -> None:
    files = run("git", "ls-files", "-z").stdout.split("\0")[:-1]
    if not files:
        pytest.skip("not a git checkout")
    # The pattern is in two parts, so that it doesn't find itself.
    machine = re.compile(r"/(work|farm|root|home/[a-z]+)" + "/")
    texts = {name: (ROOT / name).read_bytes().decode("utf-8", "replace") for name in files}
    assert [name for name, text in texts.items() if machine.search(text)] == []


def test_dates_are_written_in_a_way_that_windows_knows() -> None:
    """A minus in a format (%-d) is of glibc and macOS; elsewhere it is a ValueError."""
    found = [path.name for path in (ROOT / "calsync").rglob("*.py") if "%-" in path.read_text("utf-8")]
    assert not found


def test_the_wheel_carries_the_templates_and_finds_them_from_any_folder(tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    shipped = {path.relative_to(ROOT / "templates") for path in (ROOT / "templates").rglob("*.toml")}
    assert {f"calsync/data/templates/{path}" for path in shipped} <= set(names)
    schemas = {path.name for path in (ROOT / "schemas").iterdir()}
    assert {f"calsync/data/schemas/{name}" for name in schemas} <= set(names)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    listed = run(
        sys.executable, "-m", "calsync", "templates", "list", cwd=elsewhere, PYTHONPATH=str(installed)
    )
    assert listed.returncode == 0, listed.stderr
    assert all(path.stem in listed.stdout for path in shipped)


def modules_after(*arguments: str, cwd: Path = ROOT, **environment: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    program = (
        "import sys; sys.argv = ['calsync', *sys.argv[1:]]\n"
        "from calsync.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    result = run(sys.executable, "-c", program, *arguments, cwd=cwd, **environment)
    assert result.returncode == 0, result.stderr
    return set(result.stderr.splitlines()[-1].split())


GOOGLE = {"google", "googleapiclient", "google_auth_oauthlib", "google_auth_httplib2", "httplib2", "requests"}
HEAVY = {
    "icalendar",
    "httpx",
    "rich",
    "tenacity",
    "filelock",
    "msgspec",
    *GOOGLE,
}


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    assert modules_after(*command, "--help") & HEAVY == set()


def test_version_imports_not_even_click() -> None:
    assert "click" not in modules_after("--version")


def test_a_push_without_changes_parses_no_calendar_and_imports_no_http_and_no_tables(tmp_path: Path) -> None:
    example = (ROOT / "config.example.toml").read_text()
    config = tmp_path / "config.toml"
    config.write_text(example.replace("examples/busy.ics", str(ROOT / "examples" / "busy.ics")))
    state = str(tmp_path / "state")
    arguments = ("push", "--quiet", "--now", "2026-11-23T06:00:00+00:00")
    parsing = {"calsync.feeds.busy", "calsync.feeds.ics"}
    assert parsing <= modules_after(*arguments, cwd=tmp_path, CALSYNC_STATE=state)
    of_notify = {"calsync.app.notify", "calsync.app.notifiers", "calsync.cli.notify", "calsync.notices"}
    heavy = {"httpx", "rich", "tenacity", "defusedxml", *GOOGLE, *parsing, *of_notify}
    found = modules_after(*arguments, cwd=tmp_path, CALSYNC_STATE=state)
    assert found & heavy == set()
    assert [name for name in found if name.startswith("calsync.calendars.caldav")] == []


def test_only_what_needs_google_imports_its_libraries(tmp_path: Path) -> None:
    """They take longer to import than calsync takes for all it does without them."""
    example = (ROOT / "config.example.toml").read_text()
    with_google = re.sub(r"^#(?=[^\s:])", "", example, flags=re.MULTILINE)
    assert 'type = "google"' in with_google
    (tmp_path / "config.toml").write_text(with_google)
    environment = {"CALSYNC_STATE": str(tmp_path / "state"), "PRIVATE_ICS": "https://example.org/x.ics"}
    for command in (("lint",), ("templates", "list"), ("auth", "--help"), ("auth", "google", "--help")):
        assert modules_after(*command, cwd=tmp_path, **environment) & GOOGLE == set(), command
    one_source = ("busy", "--source", "work", "--now", "2026-11-23T06:00:00+00:00")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "busy.ics").write_bytes((ROOT / "examples" / "busy.ics").read_bytes())
    assert modules_after(*one_source, cwd=tmp_path, **environment) & GOOGLE == set()


def test_no_extra_slows_every_start_of_python() -> None:
    """A .pth is read, and what it imports is imported, by each Python of the environment."""
    waiting = [("calsync", frozenset({"caldav", "notify", "serve"}))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            asked = any(
                needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in (*extras, "")
            )
            if asked:
                waiting.append((needed.name, frozenset(needed.extras)))
    names = {name for name, _ in seen} - {"calsync"}
    assert {"defusedxml", "httpx", "uvicorn", "apprise"} <= names
    files = [file for name in names for file in metadata.files(name) or ()]
    assert [str(file) for file in files if file.suffix == ".pth"] == []


def test_the_readme_has_two_commands_and_ci_runs_the_second() -> None:
    readme = (ROOT / "README.md").read_text()
    first, second = re.findall(r"```sh\n(.*?)\n```", readme, re.DOTALL)[:2]
    assert first.endswith("calsync push --config config.example.toml")
    assert second == "pip install -e '.[test]' && pytest"
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


def test_the_example_config_is_valid_with_all_that_is_switched_off_in_it(tmp_path: Path) -> None:
    from calsync.config.load import load_config

    text = (ROOT / "config.example.toml").read_text()
    switched_on = re.sub(r"^#(?=[^\s:])", "", text, flags=re.MULTILINE)
    assert switched_on != text
    for content in (text, switched_on):
        path = tmp_path / "config.toml"
        path.write_text(content)
        load_config(path, dict.fromkeys(re.findall(r'_env = "(\w+)"', content), "https://example.org/x.ics"))
