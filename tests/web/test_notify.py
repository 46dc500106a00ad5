"""The server tells what its plans change, and neither the page nor cron has to do with it."""

from pathlib import Path

from tests.cli.box import FEED, NOW, Box
from tests.cli.hook import listening
from tests.web.running import running


def test_the_server_tells_once_and_a_push_after_it_tells_nothing_more(tmp_path: Path) -> None:
    box = Box(tmp_path)
    with listening() as hook:
        table = f'[[notify]]\ntype = "webhook"\nurl = "{hook.url}/hush-hush"\n'
        box.config(targets=FEED + table)
        with running(box) as server:
            server.until(lambda: len(hook.all) == 2)
            assert sorted(hook.events()) == ["changes", "week"]
            box.ok("skip", "2026-W48/run/wed-1")
            hook.status = 500
            server.replan(lambda: len(hook.all) == 1)
            (first,) = hook.heard()
            # The push finds the feed as the server wrote it, and delivers what is still to be told.
            server.until(lambda: "could not be told" in server.log)
            hook.status = 200
            box.ok("push", "--quiet", now=NOW)
            assert hook.heard() == [first]
            box.ok("push", "--quiet", now=NOW)
            assert hook.heard() == []
            assert "hush" not in server.log
