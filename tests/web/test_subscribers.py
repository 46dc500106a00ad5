"""Programs that subscribe to the served feed see a moved session after their next sync.

vdirsyncer fetches over HTTP, khal shows what is in its folder.
"""

from pathlib import Path

from tests.cli.box import Box
from tests.clients.conftest import need
from tests.clients.readers import Khal, vdirsyncer_sync
from tests.web.asking import ask
from tests.web.running import running

SESSION = "2026-W48/strength/1"


def files(vdir: Path) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in vdir.iterdir()}


def test_a_subscriber_sees_a_moved_session_after_the_next_sync(tmp_path: Path) -> None:
    need("vdirsyncer")
    box = Box(tmp_path)
    box.config()
    khal = Khal({"plan": tmp_path / "vdirs" / "plan"}, tmp_path)

    def when() -> set[str]:
        """The starts of the sessions of that kind, in London, where the clocks show UTC in winter."""
        found = khal.events()["plan"]
        return {f"{seen.start:%Y-%m-%dT%H:%M}" for seen in found if "Lower body" in seen.summary}

    with running(box) as server:
        address = server.feed()
        [vdir] = vdirsyncer_sync({"plan": address}, tmp_path).values()
        before, first = when(), files(vdir)
        assert len(first) == 14
        assert "2026-11-24T12:00" in before
        # Planned again without anything new: no file is written.
        pushed = box.state / "training" / "last-push"
        at = pushed.stat().st_mtime_ns
        server.replan(lambda: pushed.stat().st_mtime_ns != at)
        vdirsyncer_sync({"plan": address}, tmp_path)
        assert files(vdir) == first
        box.ok("move", SESSION, "2026-11-24T13:00")
        tag = ask(address)["ETag"]
        server.replan(lambda: ask(address, if_none_match=tag).status == 200)
        vdirsyncer_sync({"plan": address}, tmp_path)
        assert when() == before - {"2026-11-24T12:00"} | {"2026-11-24T13:00"}
        kept = files(vdir).items() & first.items()
        assert len(kept) == 13
        box.ok("skip", SESSION)
        tag = ask(address)["ETag"]
        server.replan(lambda: ask(address, if_none_match=tag).status == 200)
        vdirsyncer_sync({"plan": address}, tmp_path)
        assert not when() & {"2026-11-24T12:00", "2026-11-24T13:00"}
