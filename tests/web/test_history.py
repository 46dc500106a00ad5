"""The page of the last weeks: the numbers of `calsync history`, for the runner alone."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

from tests.cli.box import Box
from tests.web.asking import ask
from tests.web.forms import links
from tests.web.running import running

RUN, LIFT = "2026-W48/run/tue-1", "2026-W48/strength/1"
SUNDAY, LATER = "2026-11-29T20:00:00+00:00", "2026-12-02T06:00:00+00:00"


def rows(page: str) -> dict[str, list[str]]:
    """The words of each row, by its week."""
    table = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    cells = [(week, re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)) for week, row in table]
    return {_words(week): [_words(cell) for cell in row] for week, row in cells}


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def test_it_has_what_the_command_says(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    box.push()
    box.ok("skip", "2026-W48/run/sun-1")
    box.push(now=SUNDAY)
    box.ok("done", RUN, LIFT, now=SUNDAY)
    box.ok("checkin", "--sign", "sore", now=SUNDAY)
    with running(box, now=LATER) as site:
        (there,) = [link for link in links(site.shown()) if "history" in link]
        page = ask(urljoin(site.page, there)).body.decode()
        told = {week["week"]: week for week in box.ok("history", "--format", "json", now=LATER).json}
        before, this = told["2026-W48"], told["2026-W49"]
        assert (before["done"], before["skipped"], this["done"]) == (2, 1, None)
        assert rows(page) == {
            "49 30 Nov": [str(this["planned"]), "no data", "0", "0", "–no check-in"],
            "48 23 Nov": [str(before["planned"]), "2", "1", "0", "sore"],
        }
        assert "missed" not in page.replace("never as missed", "")
        assert page.count("<title>") == 1 + 12, "its own, and one for each column of the chart"
        assert "week 48: 7 planned, 2 done" in page


def test_it_is_for_who_knows_the_secret(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    with running(box) as site:
        assert ask(f"{site.page}history").status == 200
        share = next(link for link in links(site.shown()) if "/w/" in link)
        for address in (f"{share}history", f"{site.url}/{'x' * 43}/history", f"{site.url}/history"):
            answer = ask(address)
            assert (answer.status, answer.body) == (404, b"Not found\n")
            assert answer.names == ask(f"{site.url}/nothing").names
        assert not any("history" in link for link in links(ask(share).body.decode()))


def test_before_the_first_week_there_is_nothing(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(start="2026-12-07")
    with running(box) as site:
        assert "There is nothing yet" in ask(f"{site.page}history").body.decode()
