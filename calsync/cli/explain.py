"""`calsync plan --explain`, for people: why each session is where it is, and what else there was.

Decides how reasons are laid out. What they are is planning's to say.
"""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from calsync.cli.gather import Gathered
from calsync.planning.agenda import session_title
from calsync.planning.alternatives import Alternatives, alternative_text, dodged_text
from calsync.planning.explain import no_place, reasons
from calsync.planning.fix import Fixes
from calsync.planning.plan import PlannedSession, PlannedWeek
from calsync.planning.terms import terms
from calsync.planning.week import WantedSession
from calsync.planning.words import moment

_LABEL = 15


def print_explanations(out: Console, gathered: Gathered, week: PlannedWeek, fixes: Fixes) -> None:
    """Every session of a week, and every one that has no place."""
    alternatives = Alternatives(gathered.plan.problem, gathered.plan.placement)
    for session in week.strength:
        _print(out, _session(gathered, week, session, alternatives))
    for wanted in week.unplaced:
        _print(out, _unplaced(gathered, week, wanted, fixes))


def _print(out: Console, lines: Iterator[Text]) -> None:
    for line in lines:
        out.print(line, soft_wrap=True)
    out.print()


def _session(
    gathered: Gathered, week: PlannedWeek, session: PlannedSession, alternatives: Alternatives
) -> Iterator[Text]:
    plan = gathered.plan
    when = f"{moment(session.span, plan.zone)}  "
    title = session_title(session, gathered.routines)
    yield Text.assemble("  ", (when + title, "bold"), (f"  {session.key}, {session.state}", "dim"))
    for reason in reasons(plan, week, session):
        yield _line(reason.rule, reason.text)
    if session.wanted and session.place:
        if dodged := alternatives.dodged(week.wanted, session.wanted):
            yield _line("busy", dodged_text(dodged, plan.zone))
        for term in terms(plan, week.wanted, session):
            yield _line(f"{term.name} {term.points}", term.text)
        for alternative in alternatives.best(week.wanted, session.wanted):
            yield _line("or", alternative_text(alternative, plan.zone), "dim")


def _unplaced(gathered: Gathered, week: PlannedWeek, wanted: WantedSession, fixes: Fixes) -> Iterator[Text]:
    title = f"  No place for {wanted.routine} ({wanted.load}, {wanted.minutes} min, or less)"
    yield Text.assemble((title, "bold yellow"), (f"  {wanted.key}", "dim"))
    for day in no_place(gathered.plan, week, wanted):
        yield _line(f"{day.day:%a} {day.day.day}", f"{day.text} ({day.rule})")
    fix = fixes.smallest(week.wanted, wanted)
    text = fix.text(gathered.plan.zone) if fix else "no single change would make room"
    yield _line("to make room", text, "yellow")


def _line(label: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"    {label:<{_LABEL}} ", "dim"), (text, style))
