"""Paths that lead to devices, pipes, loops of links, and files that are huge or empty.

A process of its own, which is stopped if it hangs. All of them are made here: the machine's own devices are
left alone.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.box import FEED, Box, Result, config, target


def device(path: Path) -> None:
    """A full device: writes fail, and reads never end."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
    except PermissionError:
        pytest.skip("only root can make devices")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(f"{path.name}-again")
    path.with_name(f"{path.name}-again").symlink_to(path.name)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


Make = Callable[[Path], None]
KINDS = pytest.mark.parametrize(
    ("make", "says"),
    [(device, "is a device"), (pipe, "is a pipe"), (loop, "links"), (huge, "MB")],
    ids=["device", "pipe", "loop", "huge"],
)


def put(box: Box, name: str, make: Make) -> Path:
    path = box.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    return path


def refused(box: Box, path: Path, code: int, says: str, *args: str) -> Result:
    """The command ends with `code` and one line that says what is there, and leaves it as it is."""
    before = path.lstat()
    result = box.process(*(args or ("push",)))
    assert result.code == code, result.err
    assert says in result.error
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, before.st_size)
    return result


@KINDS
def test_as_a_target(box: Box, make: Make, says: str) -> None:
    path = put(box, "public/training.ics", make)
    refused(box, path, 5, says)
    doctor = box.process("doctor", "--format", "json")
    (check,) = (one for one in doctor.json["checks"] if one["name"] == "target")
    assert (check["status"], doctor.code) == ("failed", 5)
    assert says in check["text"]


@KINDS
def test_as_a_busy_calendar(box: Box, make: Make, says: str) -> None:
    path = put(box, "work.ics", make)
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n')
    refused(box, path, 5, says)


def test_a_folder_of_files_that_are_huge_together(box: Box) -> None:
    for number in range(3):
        with put(box, f"work/{number}.ics", lambda path: path.touch()).open("wb") as file:
            file.truncate(30_000_000)
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "work"\n')
    refused(box, box.folder / "work" / "2.ics", 5, "MB")


@KINDS
def test_as_a_training_feed(box: Box, make: Make, says: str) -> None:
    path = put(box, "runs.ics", make)
    box.config(more='[plan.feed]\npath = "runs.ics"\n')
    refused(box, path, 5, says)


@KINDS
def test_as_the_config(box: Box, make: Make, says: str) -> None:
    path = put(box, "strange.toml", make)
    refused(box, path, 3, says, "push", "--config", "strange.toml")
    assert box.process("doctor", "--config", "strange.toml").code == 3


@KINDS
def test_as_a_template(box: Box, make: Make, says: str) -> None:
    path = put(box, "mine.toml", make)
    box.config(weeks='["mine.toml"]')
    refused(box, path, 3, says, "plan")


@pytest.mark.parametrize(("make", "says"), [(pipe, "is a pipe"), (loop, "links")], ids=["pipe", "loop"])
def test_as_a_template_that_would_take_the_place_of_a_shipped_one(box: Box, make: Make, says: str) -> None:
    path = put(box, "mine/balanced.toml", make)
    box.config(plan='templates = "mine"')
    refused(box, path, 3, says, "plan")


@KINDS
def test_as_googles_credentials(box: Box, make: Make, says: str) -> None:
    path = put(box, "client_secret.json", make)
    google = '[[targets]]\nname = "google"\ntype = "google"\ncalendar = "Training"\n'
    box.config(more='[google]\ncredentials = "client_secret.json"\n', targets=FEED + google)
    refused(box, path, 3, says)


@KINDS
@pytest.mark.parametrize("name", ["wishes.json", "checkins.json"])
def test_as_what_the_runner_said(box: Box, make: Make, says: str, name: str) -> None:
    path = put(box, f"state/training/{name}", make)
    refused(box, path, 5, says)


@KINDS
@pytest.mark.parametrize("name", ["last-push", "feeds.json", "lost.json"])
def test_as_what_only_saves_time(box: Box, make: Make, says: str, name: str) -> None:
    put(box, f"state/training/{name}", make)
    assert box.process("push").code == 0
    assert box.process("doctor").code == 0


@pytest.mark.parametrize("make", [pipe, loop], ids=["pipe", "loop"])
def test_as_the_secret_of_the_server(box: Box, make: Make) -> None:
    path = put(box, "state/training/serve-secret", make)
    refused(box, path, 5, str(path), "serve", "--show-links")
    doctor = box.process("doctor", "--format", "json")
    assert "bug" not in doctor.out


def link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    path.with_name("elsewhere").touch()


@pytest.mark.parametrize(
    ("make", "says"), [(device, "is a device"), (pipe, "is a pipe"), (link, "is a link")]
)
def test_as_the_lock(box: Box, make: Make, says: str) -> None:
    path = put(box, "state/training/lock", make)
    refused(box, path, 5, says)


@pytest.mark.parametrize("make", [device, pipe])
def test_as_the_file_of_an_export(box: Box, make: Make) -> None:
    path = put(box, "plan.ics", make)
    refused(box, path, 5, "not a file", "export", "plan.ics")


@pytest.mark.parametrize("make", [device, pipe, loop])
def test_as_the_file_of_a_new_config(box: Box, make: Make) -> None:
    path = put(box, "new.toml", make)
    refused(box, path, 5, "not a file", "init", "--defaults", "--force", "--config", "new.toml")


# --- whose file it is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 512, b"\r\n", b"\xef\xbb\xbf"], ids=["empty", "zeros", "blank", "BOM"]
)
def test_an_empty_file_that_is_not_known_is_not_ours(box: Box, content: bytes) -> None:
    """A lock, a placeholder, a file that somebody else's program is about to write."""
    path = box.write("public/notes.ics", content)
    box.write("config.toml", config(targets=target("feed", "public/notes.ics")))
    result = box.run("push")
    assert result.code == 6, result.err
    assert "did not write" in result.error
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"\0" * 512], ids=["empty", "zeros"])
def test_what_a_power_cut_left_of_our_own_feed_is_written_anew(box: Box, content: bytes) -> None:
    box.push()
    whole = box.feed.read_bytes()
    box.feed.write_bytes(content)
    box.push()
    assert box.feed.read_bytes().count(b"BEGIN:VEVENT") == whole.count(b"BEGIN:VEVENT")
