"""What each cost term says of a session, in a sentence.

Decides the words for the terms of docs/placement.md. Knows nothing of how a cost comes about.
"""

from dataclasses import dataclass
from datetime import date

from calsync.planning import wall
from calsync.planning.plan import Plan, PlannedSession
from calsync.planning.week import WantedWeek
from calsync.planning.words import elapsed
from calsync.training import Effort


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a session's cost."""

    name: str
    points: int
    text: str


def terms(plan: Plan, week: WantedWeek, session: PlannedSession) -> tuple[Term, ...]:
    """The non-zero terms of `session`, in the order of docs/placement.md."""
    return tuple(
        Term(name, points, _text(name, plan, week, session)) for name, points in session.cost.items()
    )


def _text(name: str, plan: Plan, week: WantedWeek, session: PlannedSession) -> str:
    wanted = session.wanted
    match name:
        case "day":
            return _day(plan, week, session.day)
        case "gap":
            return _gap(plan, session)
        case "order":
            return "before the easy run of that day; after it would be better"
        case "lighter":
            return f"{session.load} instead of {wanted.load}" if wanted else "lighter than wanted"
        case "shorter":
            return f"{session.minutes} min instead of {wanted.minutes}" if wanted else "shorter than wanted"
        case "time":
            return "away from the times that you prefer"
        case "moved":
            return "stands on the calendar at another time"
        case "spacing":
            return f"{_days_before(plan, session)} days after the session before it; 3 or 4 are ideal"
        case _:
            return name


def _day(plan: Plan, week: WantedWeek, day: date) -> str:
    if week.is_rest(day):
        return "on a rest day"
    match plan.problem.days.effort(day):
        case Effort.EASY:
            return "on an easy day; hard days are for strength, so that easy days stay easy"
        case Effort.LONG:
            return "on the day of the long run"
        case _:
            return "on a day without a run"


def _gap(plan: Plan, session: PlannedSession) -> str:
    start = wall.seconds(session.span.start)
    hard = [run.end for run in plan.problem.days.runs_on(session.day) if run.effort is Effort.HARD]
    after = elapsed(start - max(hard, default=start))
    return f"{after} after the run; 4 to 8 h are ideal"


def _days_before(plan: Plan, session: PlannedSession) -> int:
    """Calendar days since the session before it, those of other weeks included."""
    earlier = [other.day for other in plan.problem.fixed if other.start < wall.seconds(session.span.start)]
    earlier += [other.day for other in plan.sessions if other.span.start < session.span.start]
    return (session.day - max(earlier, default=session.day)).days
