"""Many requests at a time while the plan is being recomputed: all are answered, and none in halves."""

import json
import subprocess
from itertools import cycle
from pathlib import Path

from tests.cli.box import Box
from tests.clients.conftest import HERE, need_npm_package
from tests.soak import usually
from tests.web.asking import PATIENCE, Answer, ask
from tests.web.running import running

AUTOCANNON = HERE / "node_modules" / "autocannon" / "autocannon.js"
A_SECOND, SECONDS = 200, usually(8)


def test_every_request_is_answered_while_it_plans(tmp_path: Path) -> None:
    need_npm_package("autocannon")
    box = Box(tmp_path)
    box.config(horizon=8)
    with running(box) as server:
        address, page = server.feed(), server.page
        # So many in all, not so many seconds: each of them is waited for.
        amount = ["--amount", str(A_SECOND * SECONDS), "--overallRate", str(A_SECOND)]
        command = ["node", AUTOCANNON, *amount, "--json", address]
        seen: dict[str, bytes] = {}
        horizons = cycle((12, 8, 10))
        while len(seen) < 3:  # plans made meanwhile; on a busy machine there are fewer in the same time
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as load:
                last: Answer = ask(address)

                def is_new(load: "subprocess.Popen[bytes]" = load) -> bool:
                    nonlocal last
                    last, before = ask(address), last
                    assert ask(page).status == 200
                    return load.poll() is not None or last["ETag"] != before["ETag"]

                while load.poll() is None:
                    box.config(horizon=next(horizons))
                    server.replan(is_new)
                    assert last.body.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")
                    assert seen.setdefault(last["ETag"], last.body) == last.body
                out, err = load.communicate(timeout=PATIENCE)
            assert load.returncode == 0, err.decode()
            result = json.loads(out)
            for trouble in ("errors", "timeouts", "non2xx", "resets", "mismatches"):
                assert result[trouble] == 0, f"{trouble}: {result[trouble]}"
            assert result["2xx"] == A_SECOND * SECONDS
