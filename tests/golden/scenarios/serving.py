"""`calsync serve`: its links, its pages, its feeds, and what it answers to whom it doesn't know."""

from tests.cli.box import FEED, target
from tests.golden.recorder import Recorder, scenario
from tests.web.asking import Answer, ask
from tests.web.running import running

SECRET = b"x" * 43
# Their values are those of a moment, or of the library that serves.
_VARYING = ("date", "server", "last-modified", "etag", "connection", "content-length")


def _headers(answer: Answer) -> str:
    headers = {name: value for name, value in answer.names.items() if name not in _VARYING}
    if "allow" in headers:  # which comes from a set
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    lines = (f"{name}: {value}" for name, value in headers.items())
    return "\n".join((str(answer.status), *sorted(lines), ""))


@scenario
def serve(recorder: Recorder) -> None:
    box = recorder.box
    box.write("state/training/serve-secret", SECRET).chmod(0o600)
    recorder.copy("examples/busy.ics", "busy.ics")
    box.config(
        horizon=3,
        targets=FEED + target("partner", "public/partner.ics", 'detail = "busy"'),
        more='[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n',
    )
    recorder.run("push")
    for args in (
        (),
        ("--url", "https://training.example.org/calsync/"),
        ("--host", "192.0.2.7"),
        ("--host", "::1", "--port", "80"),
    ):
        recorder.run("serve", "--show-links", *args)
    recorder.run("serve", "--show-links", "--url", "training.example.org")
    recorder.run("serve", "--every", "5s")
    # With an address of its own, so that the codes for phones are the same each time.
    with running(box, "--url", "https://training.example.org", now="2026-11-25T14:20:00+00:00") as site:
        recorder.keep("the week", ask(site.page).body, ".html")
        recorder.keep("a week to come", ask(site.week("2026-W50")).body, ".html")
        for what, url in (
            ("page", site.page),
            ("feed", site.feed()),
            ("feed of the partner", site.feed("partner")),
            ("week that is not planned", site.week("2027-W20")),
            ("week that is none", site.week("2026-W60")),
            ("wrong secret", f"{site.url}/{'y' * 43}/"),
            ("root", f"{site.url}/"),
            ("unknown", f"{site.page}nothing.ics"),
        ):
            for method in ("GET", "POST"):
                answer = ask(url, method)
                body = "" if answer.status == 200 else answer.body.decode()
                recorder.quote(f"{method} {what}", f"{_headers(answer)}{body}")
