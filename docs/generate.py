"""Writes what the pages have from the code: python docs/generate.py

All of docs/rules.md, with the numbers that planning uses, and the example in docs/platforms.md with what
`calsync plan` makes of it. So the pages can't say anything else.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from calsync.planning.progression import DAYS_APART, EASE_IN, TAPER, TAPER_MINUTES
from calsync.planning.rules import REST_BEFORE_RACE, RULES, SOURCES, Certainty, TrainingRule

_DOCS = Path(__file__).parent
_ROOT = _DOCS.parent
RULES_PAGE = _DOCS / "rules.md"
PLATFORMS_PAGE = _DOCS / "platforms.md"

_HEAD = """\
# The training rules

<!-- Written by docs/generate.py from calsync/planning/rules.py. Change them there. -->

What a runner's coach asks of the week. The ids appear in reasons, in warnings, in `calsync plan --explain` and in
`calsync lint`. Numbers marked *default* can be changed in the config.

Effort of a run, by its kind: hard (intervals, tempo, threshold, hills, fartlek, time-trial), race, long, easy (easy,
recovery). A run counts for the date on which it starts, and a day has the effort of its hardest run, in the order
race, hard, long, easy. Load of a session: heavy, moderate, light (mobility, activation, core without fatigue).
"""

_CERTAINTY = {
    Certainty.GOOD: "reviews of many studies say so",
    Certainty.FAIR: "studies say so of people, or of an outcome, that are a step away",
    Certainty.WEAK: "a small study says so, or one of other athletes",
    Certainty.PRACTICE: "it is what coaches do; we know of no study that settles it",
}


def rules_page() -> str:
    """The whole of docs/rules.md."""
    parts = [_HEAD, "| id | rule | certainty |\n| --- | --- | --- |\n" + "".join(map(_row, RULES))]
    parts.append(
        "Certainty is how far research carries a rule for a runner who lifts to run better:\n"
        + "\n".join(f"**{certainty}**, {text};" for certainty, text in _CERTAINTY.items())[:-1]
        + ".\n"
    )
    parts.append("## Why, and what is known\n")
    parts += map(_section, RULES)
    parts.append(_progressions())
    parts.append("## Sources\n")
    parts.append("".join(f"- {source.name}, {source.where}. {source.finding}\n" for source in SOURCES))
    return "\n".join(parts)


def _row(rule: TrainingRule) -> str:
    return f"| `{rule.id}` | {rule.text} | {rule.certainty} |\n"


def _section(rule: TrainingRule) -> str:
    names = f" ({'; '.join(source.name for source in rule.sources)})" if rule.sources else ""
    return f"**`{rule.id}`** {rule.reason} *{rule.certainty.capitalize()}:* {rule.known}{names}\n"


def _progressions() -> str:
    rows, first = [], 1
    for last, sessions, minutes, load in EASE_IN:
        rows.append(f"| {first}-{last} | {sessions} | {minutes} | {load} |")
        first = last + 1
    race, before = TAPER[0], TAPER[1]
    return f"""\
## Progressions

They turn the sessions that a template lists into those that a week wants. Each only lowers: the number of sessions
(the first ones stay), a load, a length. They act on whole ISO weeks, one after the other in this order.

`ease-in`, with `experience = "new"`, by the week of the plan:

| weeks | sessions at most | minutes at most | load at most |
| --- | --- | --- | --- |
{chr(10).join(rows)}
| {first}- | as `regular` | | |

`twice-a-week`: two sessions at most, three for `experienced`; the first ones of the template stay, with a warning.

`short_on_time = true`: two at most, at their shortest.

`ease-off`, for a template with `recovery = true`: one session fewer than it lists, at least one; nothing `heavy`.

`taper`, for `[plan.race]`: in the week that holds the day before the race at most {race[0]} session, `{race[1]}`,
{TAPER_MINUTES} minutes; in the week before that at most {before[0]}, `{before[1]}` at most, {TAPER_MINUTES} minutes. No session on the race day or on
the {REST_BEFORE_RACE} days before it.

`out-of-balance`: a check-in (`calsync checkin`) names the signs of the last seven days: `heavy-legs`, `sore`,
`easy-feels-hard`, `low-motivation`. It acts on one week, that of the date four days after it. The latest check-in that
points at a week counts.

| signs | what changes that week |
| --- | --- |
| 0 | nothing |
| 1 | every load one step lighter (`light` stays); sessions at their shortest |
| 2 | as 1, one session fewer (at least one stays), and sessions at least {DAYS_APART} days apart |
| 3-4 | as 2, a single `light` session, and the last hard run of the week becomes an easy run of the same length |

A hard run before the day of the check-in has been run, and stays what it was.
"""


def platforms_page() -> str:
    """docs/platforms.md with its example brought up to date."""
    config = _ROOT / "examples" / "runna.toml"
    text = _with_block(PLATFORMS_PAGE.read_text("utf-8"), "examples/runna.toml", config.read_text("utf-8"))
    return _with_block(text, "calsync plan", plan_of(config, "2026-11-23T06:00:00+00:00"))


def plan_of(config: Path, now: str) -> str:
    """What `calsync plan` prints, on a machine in London with a state folder of its own."""
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "CALSYNC_STATE": state, "TZ": "Europe/London", "PYTHONPATH": str(_ROOT)}
        command = [sys.executable, "-m", "calsync", "plan", "--config", str(config), "--now", now]
        result = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            encoding="utf-8",
        )
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _with_block(text: str, marker: str, content: str) -> str:
    """`text` with the fenced block after a marker filled anew."""
    pattern = re.compile(rf"(<!-- {re.escape(marker)} -->\n```\w*\n).*?(```\n)", re.DOTALL)
    return pattern.sub(lambda match: match[1] + content + match[2], text)


if __name__ == "__main__":
    RULES_PAGE.write_text(rules_page(), "utf-8")
    PLATFORMS_PAGE.write_text(platforms_page(), "utf-8")
