"""Pushes that meet another push, a full disk, a kill signal or folders that can't be written."""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.box import FEED, Box, blocks, by_key, target

# Audit events of the interpreter (PEP 578) that touch files: between any two of them a process may die.
STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "tempfile.mkstemp", "fcntl.flock")
A_CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nEND:VCALENDAR\r\n"


@contextmanager
def slow_server() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A calendar on loopback that answers when it is told to: its URL, "somebody asks" and "answer now"."""
    asked, answer = threading.Event(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    asked.set()
                    answer.wait(30)
                    head = (
                        f"HTTP/1.1 200 OK\r\nContent-Length: {len(A_CALENDAR)}\r\nConnection: close\r\n\r\n"
                    )
                    connection.sendall(head.encode() + A_CALENDAR)
        except OSError:
            pass  # closed below, or by a client that was interrupted

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hush-hush/basic.ics", asked, answer
    finally:
        answer.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def source(url: str) -> str:
    return f'[[busy]]\nname = "web"\ntype = "ics"\nurl = "{url}"\n'


# --- one at a time ----------------------------------------------------------------------------------------


_HOLD = """
import sys
from calsync.state import state_of
with state_of("training").lock():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_push(box: Box) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the lock until it is killed, or its end of the `with`."""
    program = [sys.executable, "-c", _HOLD]
    with box.start(now=None, program=program, stdin=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield process
        process.communicate()


def test_a_second_push_ends_at_once_and_cron_may_try_again(box: Box) -> None:
    box.config()
    with another_push(box):
        # All at once, as some of them wait for ten seconds.
        commands = (["push"], ["push", "--quiet"], ["skip", "2026-W48/run/tue-1"], ["release", "--all"])
        for second in [box.start(*command) for command in commands]:
            out, err = second.communicate(timeout=60)
            assert (second.returncode, out) == (5, b"")
            assert b"another push still runs" in err
        assert not box.feed.exists()
        # Other plans, and looking, are nobody's obstacle.
        box.write("other.toml", box.config(name="other", targets=target("o", "other.ics")).read_text())
        assert box.run("push", "-c", "other.toml").code == 0
    box.config()
    box.push()
    assert len(by_key(box.feed.read_bytes())) == 14


def test_a_calendar_that_answers_slowly_holds_up_nobody(box: Box) -> None:
    """And what the runner says meanwhile counts: the push decides on what is true when it has the answer."""
    session = "2026-W48/strength/1"
    with slow_server() as (url, asked, answer):
        box.config(more=source(url))
        slow = box.start("push")
        assert asked.wait(30)
        box.ok("skip", session)
        box.ok("checkin", "--sign", "sore", "--sign", "heavy-legs")
        box.config()
        box.push()
        pushed = by_key(box.feed.read_bytes())
        answer.set()
        assert slow.communicate(timeout=30)[1] == b""
    assert slow.returncode == 0
    assert session not in pushed
    # It changes nothing, as everything was known.
    assert by_key(box.feed.read_bytes()) == pushed


def test_a_dry_run_may_be_made_while_a_push_runs(box: Box) -> None:
    with slow_server() as (url, asked, answer):
        box.config(more=source(url))
        first = box.start("push")
        assert asked.wait(30)
        box.config()
        assert box.run("push", "--dry-run").code == 0
        assert box.run("plan").code == 0
        answer.set()
        first.communicate(timeout=30)


def test_ctrl_c_ends_with_130_and_frees_the_lock(box: Box) -> None:
    with slow_server() as (url, asked, _):
        box.config(more=source(url))
        process = box.start("push")
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert b"Interrupted" in err
    assert b"Traceback" not in err
    assert not box.feed.exists()
    box.config()
    box.push()


def test_the_lock_of_a_killed_push_is_no_obstacle(box: Box) -> None:
    with another_push(box) as process:
        process.kill()
    box.config()
    box.push()


def test_a_secret_address_is_never_shown(box: Box) -> None:
    with slow_server() as (url, _, answer):
        answer.set()
        box.config(more=source(url))
        for command in ("push", "plan", "busy", "push --quiet", "export", "busy --format json"):
            result = box.run(*command.split(), "--verbose")
            assert result.code == 0, result.err
            assert "hush" not in result.out + result.err
        state = "".join(path.name for path in box.state.rglob("*"))
        assert "hush" not in state
    box.config(more=source(url) + 'on_error = "fail"\n')
    result = box.run("push", "--verbose")  # nobody listens there any more
    assert result.code == 5
    assert "hush" not in result.out + result.err
    assert "web" in result.error


# --- killed -----------------------------------------------------------------------------------------------


def killed_at(box: Box, step: int, *args: str) -> bool:
    """True if the command was killed at its n-th step that touches files, False if it came to its end."""
    if pid := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, -signal.SIGKILL)
        return code != 0
    seen = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if event in STEPS and (event == "fcntl.flock" or str(box.folder) in str(args[0])):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    code = 99
    try:
        sys.addaudithook(hook)
        code = box.run(*args).code
    finally:
        os._exit(code)


def is_whole(content: bytes) -> bool:
    return (
        content.startswith(b"BEGIN:VCALENDAR\r\n")
        and content.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")
        and content.count(b"BEGIN:VEVENT\r\n") == content.count(b"END:VEVENT\r\n") == len(blocks(content))
    )


def test_a_push_killed_at_any_step_leaves_the_old_feed_or_the_new_one(box: Box) -> None:
    box.push()
    old = box.feed.read_bytes()
    box.config(weeks='["recovery"]')
    box.push("--allow-mass-delete")
    new = box.feed.read_bytes()
    assert old != new
    found = set()
    for step in range(1, 60):
        box.feed.write_bytes(old)
        killed = killed_at(box, step, "push", "--allow-mass-delete")
        content = box.feed.read_bytes()
        assert content in (old, new) or sorted(by_key(content)) == sorted(by_key(new))
        assert is_whole(content)
        found.add(content == old)
        if not killed:
            break
    else:
        pytest.fail("it never came to its end")
    assert found == {True, False}
    assert step > 8, "too few steps to say anything"
    box.push()
    assert sorted(by_key(box.feed.read_bytes())) == sorted(by_key(new))


def test_a_first_push_killed_at_any_step_leaves_no_feed_or_a_whole_one(box: Box) -> None:
    for step in range(1, 60):
        box.feed.unlink(missing_ok=True)
        if not killed_at(box, step, "push"):
            break
        assert not box.feed.exists() or is_whole(box.feed.read_bytes())
    assert is_whole(box.feed.read_bytes())


def test_a_push_killed_at_any_time_leaves_a_whole_feed(box: Box) -> None:
    """As the one above, but by the clock: what the steps don't show, such as a half-written buffer."""
    box.config(horizon=8)
    box.push()
    calm = box.feed.read_bytes()
    box.config(horizon=8, targets=target("feed", "public/training.ics", 'alarm = "30m"'))
    began = time.monotonic()
    box.push("--dry-run")
    whole_run = time.monotonic() - began
    for number in range(20):
        box.feed.write_bytes(calm)
        at_end, of_child = os.pipe()
        if (pid := os.fork()) == 0:
            code = 99
            try:
                code = box.run("push").code
            finally:
                os._exit(code)
        os.close(of_child)
        select.select([at_end], [], [], whole_run * 1.3 * number / 20)  # also awake when it has ended
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(at_end)
        assert is_whole(box.feed.read_bytes())


@pytest.mark.parametrize("command", ["skip 2026-W48/run/thu-1", "move 2026-W48/run/thu-1 2026-11-26T18:00"])
def test_a_killed_wish_is_there_or_not_but_never_in_the_way(box: Box, command: str) -> None:
    box.ok("skip", "2026-W48/run/tue-1")
    before = (box.state / "training" / "wishes.json").read_bytes()
    for step in range(1, 60):
        (box.state / "training" / "wishes.json").write_bytes(before)
        killed = killed_at(box, step, *command.split())
        assert "2026-W48/run/tue-1" in box.plan()["weeks"][0]["skipped"]
        if not killed:
            break
    else:
        pytest.fail("it never came to its end")


# --- no room, no rights -----------------------------------------------------------------------------------


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def small_files_only() -> None:
    """In the child: whoever writes beyond 4 kB gets an error, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_full_disk_leaves_the_old_feed_and_no_litter(box: Box) -> None:
    box.push()
    before = box.feed.read_bytes()
    box.config(weeks='["recovery"]')
    result = box.process("push", "--allow-mass-delete", preexec_fn=small_files_only)
    assert result.code == 5
    assert re.fullmatch(r"feed: .*/public/training\.ics can't be written: File too large", result.error)
    assert box.feed.read_bytes() == before
    assert names_in(box.feed.parent) == ["training.ics"]
    box.push("--allow-mass-delete")


def test_a_full_disk_at_the_first_push_leaves_nothing(box: Box) -> None:
    assert box.process("push", preexec_fn=small_files_only).code == 5
    assert names_in(box.feed.parent) == []
    result = box.process("export", "plan.ics", preexec_fn=small_files_only)
    assert result.code == 5
    assert "plan.ics can't be written" in result.error
    assert not (box.folder / "plan.ics").exists()


def no_files_at_all() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_full_disk_loses_no_wish(box: Box) -> None:
    box.ok("skip", "2026-W48/run/tue-1")
    for command in ("skip 2026-W48/run/thu-1", "release --all", "move 2026-W48/run/thu-1 2026-11-26T18:00"):
        result = box.process(*command.split(), preexec_fn=no_files_at_all)
        assert (result.code, result.out) == (5, "")
        assert "wishes.json: can't be written" in result.error
    assert box.plan()["weeks"][0]["skipped"] == ["2026-W48/run/tue-1"]
    assert names_in(box.state / "training") == ["lock", "wishes.json"]


def test_a_full_disk_does_not_keep_anybody_from_looking(box: Box) -> None:
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n')
    box.write("busy.ics", A_CALENDAR)
    for command in ("plan", "busy", "push --dry-run", "export"):
        result = box.process(*command.split(), preexec_fn=no_files_at_all)
        assert result.code == 0, result.err
        assert result.out


@pytest.mark.parametrize("path", ["config.toml/x.ics", "/proc/training.ics", "/dev/null/x.ics"])
def test_a_target_that_can_not_be_written_says_which(box: Box, path: str) -> None:
    box.config(targets=target("mine", path))
    config = (box.folder / "config.toml").read_bytes()
    result = box.run("push")
    assert result.code == 5
    assert result.error.startswith("mine: ")
    assert path in result.error
    assert (box.folder / "config.toml").read_bytes() == config


@pytest.mark.parametrize("folder", ["/proc/nowhere", "config.toml", "/dev/null"])
@pytest.mark.parametrize("command", ["push", "skip 2026-W48/run/tue-1", "release --all"])
def test_a_state_folder_that_can_not_be_written_says_which(box: Box, folder: str, command: str) -> None:
    state = folder if folder.startswith("/") else str(box.folder / folder)
    result = box.run(*command.split(), env={"CALSYNC_STATE": state})
    assert (result.code, result.out) == (5, "")
    assert state in result.error
    assert not box.feed.exists()


def test_a_feed_that_became_a_folder_is_not_replaced(box: Box) -> None:
    box.write("public/training.ics/keep.txt", "mine")
    result = box.run("push")
    assert result.code == 3
    assert "the 1st target: path: is a folder" in result.error
    assert (box.feed / "keep.txt").read_text() == "mine"


def test_two_targets_that_fail_are_both_named(box: Box) -> None:
    box.config(targets=target("one", "/proc/a.ics") + target("two", "/proc/b.ics") + FEED)
    result = box.run("push")
    assert result.code == 5
    assert "one: /proc/a.ics" in result.error
    assert "two: /proc/b.ics" in result.error
    assert box.feed.exists()
