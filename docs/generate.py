"""Write the parts of the pages that come from the code: python -m docs.generate

All of docs/rules.md, from docs/training_rules.py and the numbers that planning uses; all of docs/cli.md, from what
`--help` says; the configs in docs/platforms.md and docs/cookbook.md with what `calsync plan` makes of them; the
schemas for editors; config.example.toml, from what `calsync init` writes. So none of them can say anything else.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from calsync.app.new_config import IGNORE, Answers, PlaceText, Wording, config_text
from calsync.cli.main import calsync
from calsync.planning.progression import DAYS_APART, DAYS_LEFT, EASE_IN, FULL_ENOUGH, TAPER, TAPER_MINUTES
from calsync.planning.rules import REST_BEFORE_RACE
from calsync.program import USUAL_TIMES
from calsync.training import Experience, Priority, Sport
from docs.schemas import SCHEMA_KINDS, schema_text, webhook_schema
from docs.training_rules import RULES, SOURCES, Certainty, TrainingRule

_DOCS = Path(__file__).parent
_ROOT = _DOCS.parent
RULES_PAGE = _DOCS / "rules.md"
PLATFORMS_PAGE = _DOCS / "platforms.md"
COOKBOOK_PAGE = _DOCS / "cookbook.md"
CLI_PAGE = _DOCS / "cli.md"
SCHEMAS = _ROOT / "schemas"

_HEAD = """\
# The training rules

<!-- Written by docs/generate.py from docs/training_rules.py. Change them there. -->

What a runner's coach asks of the week. The ids appear in reasons, in warnings, in `calsync plan --explain` and in
`calsync lint`. Numbers marked *default* can be changed in the config.

Effort of a run, by its kind: hard (intervals, tempo, threshold, hills, fartlek, time-trial), race, long, easy (easy,
recovery). A run counts for the date on which it starts, and a day has the effort of its hardest run, in the order
race, hard, long, easy. [Other sports](#other-sports) count like runs. Load of a session: heavy, moderate, light
(mobility, activation, core without fatigue).
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
    parts += (_OTHER_SPORTS, _progressions())
    parts.append("## Sources\n")
    parts.append("".join(f"- {source.name}, {source.where}. {source.finding}\n" for source in SOURCES))
    return "\n".join(parts)


_OTHER_SPORTS = f"""\
## Other sports

A ride, a ski tour, a row is no run, but legs are legs. Such cross training comes from a platform's feed
([Runs from a training platform](platforms.md#other-sports)) or from a template:

```toml
[[cross]]
day = "thu"
sport = "ride"     # {", ".join(Sport)}
effort = "hard"    # easy, long, hard, race
duration = "60m"
start = "18:00"    # or between = ["06:00-09:00"], or neither, as of a run
title = "Spin class"
```

- For every rule above it counts like a run of its effort. A `hard` ride makes a hard day: strength goes there, `hours_apart`
  after the ride, and nothing `heavy`. A `long` one leaves room for `light` work only. Both want fresh legs, and a day between
  them and the next hard or long one. An `easy` one is no obstacle; as with an easy run, strength goes after it rather
  than before.
- Swimming and paddling ask nothing of the legs, however hard: they only take their time.
- A rest day may have easy cross training, or a swim. In a template anything else is refused there, as a run is; in a feed it
  makes the day one without rest.
- Runs choose first. Cross training is never what `out-of-balance` makes easier, and `[plan.race]` takes its place on the
  day of the race.
- It is in `calsync plan` and on the page of the week, with a sign of its own, but **it is written to no target**: a feed's
  training is in that feed already, and a class or a group ride is mostly in the calendar where you signed up for it. If that is
  a `[[busy]]` calendar, take it out there (`ignore = ["Spin*"]`), so that it doesn't clash with itself. `calsync skip KEY` and
  `calsync move KEY START` work for it, too; `--format json` has the keys, such as `2026-W48/cross/thu-1`.

*Practice:* that a hard ride is felt in the next run is common experience. How much less than after a run we do not know, so
it counts in full.

## Classes, and wishes for one session

A session of a template may say where it can be, and a class where it is:

```toml
[[strength]]
routine = "lower-body"
load = "moderate"
days = ["mon", "thu"]          # only on these days
between = ["17:00-20:00"]      # only at these times, within those of [availability]
place = "The gym"              # the location in the calendar
travel = "20m"                 # there, and back again

[[strength]]
title = "Bodypump"             # a class needs no routine
load = "moderate"
day = "wed"
start = "18:00"
duration = "1h"
```

- A class is where it is, whatever is busy and whatever the rules say; the other sessions are planned around it. What the rules
  have against it, `calsync lint` says of the template, and `calsync plan` warns of it. `calsync skip` and `calsync move`
  work for a class, too.
- It counts as one of the week's sessions. Where a week wants fewer, classes stay, and the others make way; no progression makes
  a class shorter or lighter, but what it has too much is told. In a pause there is none.
- Runs don't make way for a class: give those of its day a `start` or ranges beside it.
- `travel` is kept clear of busy time and of runs, before and after the session, in addition to `buffer` and `after_run`. It
  is no part of the event.
- What a [busy calendar](busy.md#strength-in-a-busy-calendar) calls strength counts in the same way.
"""


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
    (none, _), (one, _), (two, _) = DAYS_LEFT
    return f"""\
## Progressions

They turn the sessions that a template lists into those that a week wants. Each only lowers: the number of sessions
(the first ones stay), a load, a length. They act on whole ISO weeks, one after the other in this order.

`ease-in`, with `experience = "new"`, by the week of the plan. A first week that has less than {FULL_ENOUGH} days left on the
day of `plan.start` (a Friday or later) doesn't count: the one after it is week 1.

| weeks | sessions at most | minutes at most | load at most |
| --- | --- | --- | --- |
{chr(10).join(rows)}
| {first}- | as `regular` | | |

`twice-a-week`: two sessions at most, three for `experienced`; the first ones of the template stay, with a warning.

`short_on_time = true`: two at most, at their shortest.

`ease-off`, for a template with `recovery = true`, and for a week that an entry of the training feed calls deload,
recovery week or taper: one session fewer than is listed, at least one; nothing `heavy`.

`taper`, for `[plan.race]`: in the week that holds the day before the race at most {race[0]} session, `{race[1]}`,
{TAPER_MINUTES} minutes; in the week before that at most {before[0]}, `{before[1]}` at most, {TAPER_MINUTES} minutes. No session on the race day or on
the {REST_BEFORE_RACE[Priority.A]} days before it. So it is for a race with `priority = "A"`. One with `"B"` lowers nothing; it keeps its day and the
{REST_BEFORE_RACE[Priority.B]} days before it free of strength, and the day after it light. One with `"C"` keeps its day and the day before it free. A
race of the training feed is like one with `"C"`: `calsync plan` has the line for the config that brings its taper.

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

`pause`: a week that `[[pause]]` takes days from asks for less. With {two} days left it has two sessions at most, with
{none + 1} to {one} days one, with a single day or none no strength.
"""


def platforms_page() -> str:
    """docs/platforms.md with its example brought up to date."""
    config = _ROOT / "examples" / "runna.toml"
    text = _with_block(PLATFORMS_PAGE.read_text("utf-8"), "examples/runna.toml", config.read_text("utf-8"))
    return _with_block(text, "calsync plan", plan_of(config, "2026-11-23T06:00:00+00:00"))


# What of each recipe the cookbook shows: the moment, and further options of `calsync plan`.
_SUNDAY = "2026-11-22T18:00:00+00:00"
RECIPES = {
    "lunch-lifter": (_SUNDAY, "--week", "2026-W49"),
    "early-bird": (_SUNDAY, "--week", "2026-W48"),
    "evening-runner": (_SUNDAY, "--week", "2026-W49"),
    "shift-worker": (_SUNDAY, "--week", "2026-W49"),
    "runna-user": (_SUNDAY, "--week", "2026-W48"),
    "triathlete": (_SUNDAY, "--week", "2026-W48"),
    "marathon": ("2027-04-05T05:00:00+00:00", "--weeks", "2"),
    "race-season": (_SUNDAY, "--week", "2026-W49"),
    "gym-goer": (_SUNDAY, "--week", "2026-W49"),
    "traveller": (_SUNDAY, "--week", "2026-W49"),
    "two-feeds": (_SUNDAY, "--week", "2026-W48"),
}


def cookbook_page() -> str:
    """docs/cookbook.md with its files and its weeks brought up to date."""
    text = COOKBOOK_PAGE.read_text("utf-8")
    folder = _ROOT / "examples" / "cookbook"
    for path in sorted(folder.glob("*.toml")):
        text = _with_block(text, f"examples/cookbook/{path.name}", path.read_text("utf-8"))
    for name, (now, *more) in RECIPES.items():
        text = _with_block(text, f"calsync plan, {name}", plan_of(folder / f"{name}.toml", now, *more))
    return text


def plan_of(config: Path, now: str, *more: str) -> str:
    """What `calsync plan` prints, on a machine in London with a state folder of its own."""
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "CALSYNC_STATE": state, "TZ": "Europe/London", "PYTHONPATH": str(_ROOT)}
        command = [sys.executable, "-m", "calsync", "plan", "--config", str(config), "--now", now, *more]
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


_CLI_HEAD = """\
# The command line

<!-- Written by docs/generate.py from what --help says. Change it there, and this text in docs/generate.py. -->

Every command takes `--help`. `--config` and `--verbose` may stand before or after its name. What is asked for goes
to standard output, everything else to standard error.

## How a command ends

| exit code | | what to do |
| --- | --- | --- |
| 0 | done | |
| 1 | a bug in calsync | run it again with `--verbose`, and report what it says |
| 2 | wrong usage | the message names the option |
| 3 | the config or a template is wrong | the message names file, line and key |
| 4 | authorisation is needed | `calsync auth google` or `calsync auth caldav` |
| 5 | something could not be reached, read or written, or another push is running | nothing: the next run tries again. If it stays, the message says what it is |
| 6 | refused, to protect data | look with `--dry-run`, then allow it with the option that the message names |
| 130 | interrupted | |

## Naming a run, a session, a day, a time

`calsync plan` shows a short name for each run and session: the weekday, with `-run` or `-strength` where there is more on
that day, and the week if it is more than a week away: `wed`, `thu-run`, `w49-thu-strength`. `skip`, `move` and `release`
take these, and what people say otherwise:

| | such as |
| --- | --- |
| a day | `today`, `tomorrow`, `yesterday`, `thu`, `thursday`, `next thu` (of next week), `"4 dec"`, `4.12.`, `2026-12-04` |
| a week | `next week`, `w49`, `2026-W49` |
| a title, routine or kind | `tempo`, `"lower body"`, `lower-body`, `"long run"` |
| both | `"thu strength"`, `"tempo next week"` |
| a key, from `calsync plan --format json` | `2026-W48/strength/1` |

A weekday is the next such day, today included. A title without a day means the first week that has one to come; with
`move`, the week that it is moved to. What could be several is listed, and at a terminal you pick; elsewhere nothing is done
(exit code 2). A START is a time (`18:00`, `7pm`, `noon`), a day, which keeps the time, or both. Upper and lower case are the
same.

## Completion

The Tab key completes commands, options, and what your own config has: weeks, targets, busy sources, templates, short
names of runs and sessions. One line, once:

| shell | where | the line |
| --- | --- | --- |
| bash 4.4 or newer | `~/.bashrc` | `eval "$(_CALSYNC_COMPLETE=bash_source calsync)"` |
| zsh | `~/.zshrc`, after `compinit` | `eval "$(_CALSYNC_COMPLETE=zsh_source calsync)"` |
| fish | `~/.config/fish/config.fish` | `_CALSYNC_COMPLETE=fish_source calsync \\| source` |

Nothing is fetched to complete a word, and with a config that can't be read there is nothing to complete.
"""
_HELP_WIDTH = 96


def cli_page() -> str:
    """The whole of docs/cli.md: a section for each command, in the order of `calsync --help`."""
    # A context of its own: neither the terminal's width nor that of whoever generates matters.
    root = click.Context(calsync, info_name="calsync", terminal_width=_HELP_WIDTH, **calsync.context_settings)
    sections = [
        f"{'#' * (2 + depth)} {context.command_path}\n\n```text\n{_help(context)}\n```\n"
        for depth, context in _commands(root)
    ]
    return "\n".join((_CLI_HEAD, *sections))


def _commands(context: click.Context, depth: int = 0) -> Iterator[tuple[int, click.Context]]:
    """The command of a context and all below it; the root's own are no deeper than itself."""
    yield depth, context
    if isinstance(group := context.command, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            below = click.Context(command, info_name=name, parent=context, **command.context_settings)
            yield from _commands(below, depth if context.parent is None else depth + 1)


def _help(context: click.Context) -> str:
    return "\n".join(line.rstrip() for line in context.get_help().splitlines())


EXAMPLE = _ROOT / "config.example.toml"


def example_config() -> str:
    """The whole of config.example.toml: what `calsync init` writes, worded for somebody who copies it."""
    answers = Answers(
        zone="Europe/London",
        start=date(2026, 11, 23),
        weeks=("balanced",),
        times=USUAL_TIMES,
        experience=Experience.REGULAR,
        busy=PlaceText("path", "examples/busy.ics"),
    )
    return config_text(answers, "#:schema ./schemas/config.schema.json\n", words=_EXAMPLE_WORDS)


_EXAMPLE_WORDS = Wording(
    head="""\
# calsync's settings. Copy this file to config.toml and make it yours.
#
# Lines without a space after the "#" are settings that are switched off: take the "#" away to use them. (But
# the first is for editors: with it, Even Better TOML and taplo complete and check this file.)
""",
    zone="# Your time zone, by its IANA name. Left out, it is your computer's.\n",
    weeks="""\
# One template for each week, repeated in this order: `calsync templates list` shows them all. With three weeks
# of work and one to recover it is ["balanced", "balanced", "balanced", "recovery"].
# `calsync templates copy balanced my-week.toml` makes a week of your own: other days, or a class at the gym.
""",
    experience="""\
# With strength training, not with running: "new" (builds up over eight weeks), "regular" (two sessions a
# week) or "experienced" (up to three).
""",
    race="Spring marathon",
    days_to_race=20 * 7 + 6,
    feed="templates': docs/platforms.md.",
    feed_place='path = "examples/runna.ics" # an example; yours is url_env = "RUNNA_ICS" or url = "https://..."',
    days_to_pause=(31, 34),
    times="",
    busy_name="work",
    busy_note=" # an example; put your own file, or a folder of .ics files, in its place",
    busy_more="",
    web="""\
# A calendar on the web. Its secret address stays out of this file: it is read from the environment
# variable PRIVATE_ICS. (url = "https://..." works as well.)
""",
    web_more=IGNORE,
    google="""\


# --- Google Calendar ---------------------------------------------------------------------------------

# The file of your OAuth client, or of a service account: docs/google.md says how to get it.
""",
)


def schemas() -> dict[str, str]:
    """The files in schemas/ by name."""
    of_files = {f"{kind}.schema.json": schema_text(kind) for kind in SCHEMA_KINDS}
    return {**of_files, "webhook.schema.json": webhook_schema()}


if __name__ == "__main__":
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (SCHEMAS / name).write_text(text, "utf-8")
    EXAMPLE.write_text(example_config(), "utf-8")
    RULES_PAGE.write_text(rules_page(), "utf-8")
    PLATFORMS_PAGE.write_text(platforms_page(), "utf-8")
    COOKBOOK_PAGE.write_text(cookbook_page(), "utf-8")
    CLI_PAGE.write_text(cli_page(), "utf-8")
