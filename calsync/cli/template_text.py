"""A week template in lines of text, a day each."""

from collections.abc import Iterator

from calsync.training import WEEKDAYS, Run, WeekTemplate, clock


def template_lines(week: WeekTemplate) -> Iterator[str]:
    for day in WEEKDAYS:
        runs = [_run(run) for run in week.runs if run.day is day]
        marks = ["rest"] * (day in week.rest) + ["may carry strength"] * (day in week.strength_days)
        yield f"{day}  {'; '.join(runs + marks) or '-'}"
    for session in week.strength:
        length = f"{session.minutes} min"
        if session.shortest < session.minutes:
            length += f", at least {session.shortest}"
        yield f"+    {session.routine}, {session.load}, {length}"


def _run(run: Run) -> str:
    when = ""
    if run.start is not None:
        when = f" at {clock(run.start)}"
    elif run.between:
        when = " between " + " or ".join(str(times) for times in run.between)
    return f"{run.title or run.kind} ({run.kind}, {run.minutes} min{when})"
