"""Plans, busy time and check-ins as tables, in colour on a terminal and without in a pipe.

The only module with rich.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from calsync.app.gather import Busy, Gathered
from calsync.app.training_feed import WholeFeed, is_unclear
from calsync.app.wishes import nameable
from calsync.planning.descriptions import no_place, reasons, routine_title, run_title, session_title
from calsync.planning.plan import PlannedRun, PlannedSession, PlannedWeek, State
from calsync.planning.progression import MANY_SIGNS, effect, signs_text
from calsync.planning.wall import whole_day
from calsync.planning.week import WantedWeek, kind_of_cross, kind_of_run
from calsync.planning.what_if import Explainer
from calsync.planning.why import CLASS, PINNED, in_calendar, kind_of_pause
from calsync.program import FeedSettings
from calsync.spoken import Item, Items
from calsync.timespan import Timespan
from calsync.training import (
    CheckIn,
    Cross,
    Effort,
    Kind,
    Load,
    Sign,
    Sort,
    Week,
    Workout,
    acting_on,
    clock,
)
from calsync.travel import trips_in
from calsync.web.week import WeekCount, without_early
from calsync.words import counted, date_name, elapsed, kind_name, moment, on_one_line, on_trip

_LABEL = 15
# Of check-ins: how many are shown, and what their trend compares.
_SHOWN = 12
_TREND = timedelta(weeks=4)
_EFFORT_STYLES = {
    Effort.RACE: "bold magenta",
    Effort.HARD: "bold red",
    Effort.LONG: "bold blue",
    Effort.EASY: "green",
    Effort.NONE: "dim",
}
_STRENGTH_STYLE = "bold cyan"
# A pipe has no width, and what is cut off there is lost.
_PIPE_WIDTH = 120
# The width of a week with all busy times of a day on one line, and the least that has room for columns.
_WIDE = 105
_COLUMNS_FROM = 64
_TWO_BUSY_TIMES = len("09:00-12:00, 13:00-17:30,")


class _Trimmed:
    """A stream that gets no blanks at the ends of lines, which a table fills its columns with."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(re.sub(r" +(?=\n|$)", "", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False, soft_wrap=False)
    return Console(file=cast(IO[str], _Trimmed(stream)), width=_PIPE_WIDTH, highlight=False, soft_wrap=False)


def print_plan(gathered: Gathered, weeks: Sequence[PlannedWeek], *, explains: bool = False) -> None:
    out = console()
    explainer = Explainer(gathered.plan)
    items = nameable(gathered)
    for week in weeks:
        shown = _ShownWeek(gathered, week, explainer, items)
        if out.width < _COLUMNS_FROM:
            _print_as_list(out, shown)
        else:
            _print_as_table(out, shown)
        for note in week.wanted.adjusted.notes:
            private = f": {note.private}" if note.private else ""
            text = on_one_line(f"  {note.text} ({note.rule}{private})")
            out.print(Text(text, style="dim"), soft_wrap=True)
        for trip in trips_in(gathered.plan.zone, week.week.days[0], week.week.days[-1]):
            out.print(Text(f"  {on_trip(trip)}", style="dim"), soft_wrap=True)
        out.print()
        if explains:
            _print_explanations(out, shown)
    print_warnings(text for _, text in gathered.warnings)
    print_notices(text for _, text in gathered.notices)


def _print_explanations(out: Console, shown: "_ShownWeek") -> None:
    """Every session of a week, and every one that has no place."""
    gathered, week, explainer = shown.gathered, shown.week, shown.explainer
    zone = gathered.plan.zone
    for session in week.strength:
        title = f"  {moment(session.span, zone)}  {session_title(session, gathered.routines)}"
        out.print(Text.assemble((title, "bold"), (f"  {shown.name(session)}", "dim")), soft_wrap=True)
        explained = explainer.explained(session)
        for reason in explained.reasons:
            _print_line(out, reason.rule, reason.text)
        for term in explained.terms if session.place else ():
            _print_line(out, term.term, f"{term.text} ({counted(term.points, 'point')})")
        for label, other in zip(("second choice", "third choice"), explained.others, strict=False):
            _print_line(out, label, other.text(zone), "dim")
        out.print()
    for wanted in week.unplaced:
        name = wanted.title or routine_title(wanted.routine, gathered.routines)
        title = f"  {name} ({wanted.load}, {wanted.minutes} min or less) couldn't fit in this week"
        out.print(
            Text.assemble((title, "bold yellow"), (f"  {shown.names[wanted.key]}", "dim")), soft_wrap=True
        )
        for reason, alike in groupby(no_place(gathered.plan, week.wanted, wanted), key=itemgetter(1)):
            days = [day for day, _ in alike]
            rule = "" if reason.text == reason.rule else f" ({reason.rule})"
            _print_line(out, " - ".join(f"{day:%a} {day.day}" for day in _ends(days)), f"{reason.text}{rule}")
        fix = explainer.fix(week, wanted)
        text = fix.text(zone) if fix else "nothing you could change would fit it in"
        _print_line(out, "to fit it in", text, "yellow")
        out.print()


def _print_line(out: Console, label: str, text: str, style: str = "") -> None:
    """A terminal breaks it between words, below its beginning; a pipe has it on one line."""
    head, said = Text(f"    {label:<{_LABEL}} ", "dim"), Text(text, style)
    lines = said.wrap(out, out.width - len(head)) if out.file.isatty() else [said]
    for line in lines:
        out.print(Text.assemble(head, line), soft_wrap=True)
        head = Text(" " * len(head))


def _ends(days: Sequence[date]) -> Sequence[date]:
    return days if len(days) == 1 else (days[0], days[-1])


def print_warnings(warnings: Iterable[str]) -> None:
    err = console(stderr=True)
    for text in warnings:
        label = Text("Warning: ", style="bold yellow")
        err.print(label + Text(on_one_line(text), style="default"), soft_wrap=True)


def print_notices(notices: Iterable[str]) -> None:
    err = console(stderr=True)
    for text in notices:
        err.print(Text(f"Note: {on_one_line(text)}", style="dim"), soft_wrap=True)


def _week_title(week: WantedWeek) -> Text:
    first, last = week.week.days[0], week.week.days[-1]
    return Text.assemble(
        (str(week.week), "bold"),
        f"  {first.day} {first:%b} - {last.day} {last:%b %Y}  ",
        (on_one_line(week.template.title), "italic"),
        (on_one_line(week.of_feed), "dim"),
    )


@dataclass(frozen=True)
class _ShownWeek:
    """A week, and what there is to say of it; `items` have the short names."""

    gathered: Gathered
    week: PlannedWeek
    explainer: Explainer
    items: Items

    @property
    def names(self) -> Mapping[str, str]:
        """By key."""
        return self.items.names

    def name(self, planned: PlannedRun | PlannedSession) -> str:
        """What one can type for it, and what has become of it: "thu-run, in your calendar"."""
        if isinstance(planned, PlannedSession) and planned.calendar:
            return f'from your calendar "{planned.calendar}"'  # it can't be moved here
        return f"{self.names[planned.key]}, {_state(self.gathered, planned)}"

    def runs(self, day: date) -> Iterator[tuple[Text, ...]]:
        """Of each run, and each ride, its lines."""
        plan = self.gathered.plan
        for planned in sorted((*plan.runs, *plan.cross), key=lambda one: (one.span, one.key)):
            if planned.run.day == day:
                kind = planned.run.kind
                style = "dim" if planned.state is State.PAST else _EFFORT_STYLES[kind.effort]
                title = run_title(planned)
                if isinstance(kind, Cross) and planned.run.title:
                    title += f" ({kind_name(kind)})"
                lines = self._lines(planned, title, style)
                yield (*lines, Text(planned.clash_text, style="yellow")) if planned.clashes else lines
        yield from (self._skipped(item) for item in self.skipped(day) if item.noun != "strength")

    def sessions(self, day: date) -> Iterator[tuple[Text, ...]]:
        plan = self.gathered.plan
        for session in plan.sessions:
            if session.day == day:
                title = session_title(session, self.gathered.routines).removeprefix("Strength: ")
                style = "dim" if session.state is State.PAST else _STRENGTH_STYLE
                lines = self._lines(session, title, style)
                # That it was moved by hand, or is a class, has been said.
                said = (PINNED, CLASS, in_calendar(session.calendar))
                why = [one.text for one in reasons(plan, session) if one not in said]
                if why and session.state is not State.PAST:
                    lines = (*lines, Text(why[0], style="dim"))
                yield lines
        yield from (self._skipped(item) for item in self.skipped(day) if item.noun == "strength")

    def skipped(self, day: date | None) -> Iterator[Item]:
        """What would have been on `day`; for None, what has no day in this week."""
        days = self.week.week.days
        items = (item for item in self.items.items if item.key in self.week.skipped)
        return (item for item in items if (item.day if item.day in days else None) == day)

    def _skipped(self, item: Item) -> tuple[Text, ...]:
        return Text(f"{item.title or item.noun}: skipped", style="dim"), Text(
            self.names[item.key], style="dim"
        )

    def _lines(self, planned: PlannedRun | PlannedSession, title: str, style: str) -> tuple[Text, ...]:
        times = clock_span(planned.span, self.gathered.plan.zone)
        return Text.assemble(f"{times}  ", (title, style)), Text(self.name(planned), style="dim")

    def rest(self, day: date) -> str:
        """ "pause", "rest", or nothing."""
        if pause := self.gathered.plan.program.pause_on(day):
            return kind_of_pause(pause)
        # An easy ride, or a swim, leaves a rest day one.
        is_rest = self.week.wanted.is_rest(day)
        return "rest" if is_rest and not any(one.run.day == day for one in self.gathered.plan.runs) else ""

    def at_the_end(self) -> Iterator[Text]:
        """What has no day here: sessions without a place, skipped ones that never had one, and what the
        runner moved to a day after the weeks that are planned.
        """
        for session in self.week.unplaced:
            title = session.title or routine_title(session.routine, self.gathered.routines)
            title = f"{title} ({session.load})"
            text = Text(f"{title} couldn't fit in this week", style="bold yellow")
            text.append(f"\n{self.names[session.key]}", style="dim")
            if fix := self.explainer.fix(self.week, session):
                text.append(f"\n{fix.text(self.gathered.plan.zone)}", style="yellow")
            yield text
        for item in self.skipped(None):
            yield Text(f"{item.text(self.gathered.plan.zone)}: skipped\n{self.names[item.key]}", style="dim")
        plan = self.gathered.plan
        planned: tuple[PlannedRun | PlannedSession, ...]
        planned = (*self.week.runs, *self.week.cross, *self.week.strength)
        for one in planned:
            if one.span.start.astimezone(plan.zone).date() > plan.weeks[-1].week.days[-1]:
                if isinstance(one, PlannedRun):
                    title = run_title(one)
                else:
                    title = session_title(one, self.gathered.routines).removeprefix("Strength: ")
                where = f"moved to {moment(one.span, plan.zone)}"
                yield Text(f"{title}: {where}\n{self.names[one.key]}", style="dim")


def _state(gathered: Gathered, planned: PlannedRun | PlannedSession) -> str:
    if planned.done:
        return "done"
    if isinstance(planned, PlannedSession) and planned.missed:
        return "missed"
    match planned.state:
        case State.PAST:
            return "past"
        case State.PINNED:
            return "moved by you"
        case State.PUBLISHED:
            return "in your calendar"
        case State.FIXED:
            return "class"
        case _:
            return "new time" if planned.key in gathered.standing.published else "new"


def _print_as_table(out: Console, shown: _ShownWeek) -> None:
    table = Table(title=_week_title(shown.week.wanted), title_justify="left", box=box.SIMPLE_HEAD)
    table.pad_edge, table.collapse_padding = False, True
    table.add_column("Day", no_wrap=True)
    table.add_column("Run")
    table.add_column("Strength")
    table.add_column("Busy", style="dim")
    for day in shown.week.week.days:
        rest = [Text(rest, style="dim")] if (rest := shown.rest(day)) else []
        runs = [*rest, *chain.from_iterable(shown.runs(day))]
        table.add_row(
            _day_cell(shown, day),
            Text("\n").join(runs),
            Text("\n").join(chain.from_iterable(shown.sessions(day))),
            _busy_cell(shown.gathered, day, is_narrow=out.width < _WIDE),
        )
    for text in shown.at_the_end():
        table.add_row("", "", text, "")
    if out.measure(table, options=out.options.update_width(1000)).maximum > out.width:
        # Busy times break well between two of them; titles and reasons don't.
        table.columns[-1].max_width = _TWO_BUSY_TIMES
    out.print(table)


def _print_as_list(out: Console, shown: _ShownWeek) -> None:
    """Where columns have no room: a line for each thing, and what belongs to it below."""
    out.print(_week_title(shown.week.wanted))
    for day in shown.week.week.days:
        rest = shown.rest(day)
        things: list[tuple[Text, ...]] = [(Text(rest, style="dim"),)] if rest else []
        things += [*shown.runs(day), *shown.sessions(day)]
        busy = _busy_cell(shown.gathered, day, is_narrow=True)
        head = Text.assemble(_day_cell(shown, day), (f"  busy {busy}" if busy else "", "dim"))
        out.print(head)
        for lines in things:
            for number, line in enumerate(lines):
                out.print(Padding(line, (0, 0, 0, 4 if number else 2), expand=False))
    for text in shown.at_the_end():
        out.print(Padding(text, (0, 0, 0, 2), expand=False))


def _day_cell(shown: _ShownWeek, day: date) -> Text:
    plan = shown.gathered.plan
    today = plan.now.astimezone(plan.zone).date()
    style = "reverse" if day == today else "dim" if day < today else ""
    return Text(f"{day:%a} {day.day}", style=style)


def _busy_cell(gathered: Gathered, day: date, *, is_narrow: bool) -> Text:
    """When the day is busy; where there is no room for that, for how long."""
    zone = gathered.plan.zone
    whole = whole_day(day, zone)
    parts = [part for block in gathered.plan.busy if whole and (part := block.clipped(whole))]
    if is_narrow:
        seconds = sum(part.duration.total_seconds() for part in parts)
        return Text(elapsed(int(seconds)) if parts else "")
    return Text(", ".join(clock_span(part, zone) for part in parts))


def clock_span(span: Timespan, zone: ZoneInfo) -> str:
    """ "12:15-12:45"; a span that ends at midnight ends at "24:00"."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    last = "24:00" if end.hour == end.minute == 0 and end.date() > start.date() else f"{end:%H:%M}"
    return f"{start:%H:%M}-{last}"


_OF_ENTRIES = ("Day", "Entry", "Read as", "By")
# What is between its columns and at its edges, and what the columns have in any case.
_BETWEEN_ENTRIES, _LEAST_ENTRIES = 3 * len(_OF_ENTRIES) - 1, 40


def print_feed(feed: WholeFeed, settings: FeedSettings) -> None:
    """Each week of a training feed: every entry, what it was read as, and by which words."""
    out = console()
    rows = [(Week.of(one.day), _entry(one, settings)) for one in feed.workouts]
    # The same widths in all weeks. Where there is no room for them, the widest gives way.
    widths = list(map(len, _OF_ENTRIES))
    for _, cells in rows:
        widths = [max(width, cell.cell_len) for width, cell in zip(widths, cells, strict=True)]
    while sum(widths) > max(out.width - _BETWEEN_ENTRIES, _LEAST_ENTRIES):
        widths[widths.index(max(widths))] -= 1
    for week in feed.weeks:
        out.print(_week_title(week), soft_wrap=True)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for title, width in zip(_OF_ENTRIES, widths, strict=True):
            table.add_column(title, width=width)
        for of, cells in rows:
            if of == week.week:
                table.add_row(*cells)
        if not table.row_count:
            table.add_row("", Text("nothing", style="dim"), Text("the template's runs", style="dim"))
        out.print(table)
        out.print()


def _entry(workout: Workout, settings: FeedSettings) -> tuple[Text, Text, Text, Text]:
    title = on_one_line(workout.title)
    if workout.start is not None:
        title = f"{clock(workout.start)}  {title}"
    read_as, style = _read_as(workout, settings)
    if workout.minutes and workout.sort is not Sort.OTHER:
        read_as += f", {workout.minutes} min"
    if workout.sort is Sort.STRENGTH and not settings.takes_strength:
        read_as += ", left out"
    day, because = f"{workout.day:%a} {workout.day.day}", on_one_line(workout.because)
    return Text(day), Text(title, style=style), Text(read_as, style=style), Text(because, style="dim")


def _read_as(workout: Workout, settings: FeedSettings) -> tuple[str, str]:
    """What an entry is to the plan, and the style that it is shown in."""
    kind: Kind | Cross
    match workout.sort:
        case Sort.RUN:
            kind = kind_of_run(workout)
        case Sort.CROSS if settings.takes_cross:
            kind = kind_of_cross(workout)
        case Sort.STRENGTH:
            style = _STRENGTH_STYLE if settings.takes_strength else "dim"
            return f"{workout.load or Load.MODERATE} strength", style
        case Sort.REST:
            return "rest day", "dim"
        case _:
            return "recovery week" if workout.eases_off else "left out", "dim"
    if is_unclear(workout, settings):
        return f"not understood: {kind_name(kind)}", "bold yellow"
    return kind_name(kind), _EFFORT_STYLES[kind.effort]


def print_busy(sources: Sequence[Busy], zone: ZoneInfo) -> None:
    """A table of what each source says is busy, by day, and when it says that its runner is away."""
    out = console()
    for source in sources:
        table = Table(title=Text(source.source, style="bold"), title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("Day", no_wrap=True)
        table.add_column("Busy")
        table.add_column("For", justify="right")
        previous: date | None = None
        for span, is_away in sorted([(s, False) for s in source.spans] + [(s, True) for s in source.away]):
            day = span.start.astimezone(zone).date()
            if is_away:
                last = (span.end - timedelta(seconds=1)).astimezone(zone).date()
                until = "" if last == day else f" until {date_name(last)}"
                table.add_row(f"{date_name(day)} {Week.of(day)}", f"away{until}", "a pause")
                previous = day
                continue
            end = span.end.astimezone(zone)
            until = "" if span.duration <= timedelta(days=1) else f" (until {date_name(end)})"
            label = f"{date_name(day)} {Week.of(day) if day != previous else ''}" if day != previous else ""
            length = elapsed(span.duration)
            table.add_row(label.strip(), clock_span(span, zone) + until, length)
            previous = day
        if not (source.spans or source.away):
            table.add_row("", "nothing", "")
        out.print(table)
    print_warnings(f"{source.source}: {text}" for source in sources for text in source.warnings)


def print_checkins(checkins: Sequence[CheckIn], today: date) -> None:
    """A table of the latest ones, and the trend."""
    out = console()
    if not checkins:
        out.print("No check-ins yet: `calsync checkin` asks how training feels.", soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Date", "Signs", "", "Week", "What it changes"):
        table.add_column(title, no_wrap=title in ("Date", "Week"))
    for checkin in checkins[-_SHOWN:]:
        acts = acting_on(checkin.week, checkins) is checkin
        signs = len(checkin.signs)
        style = "dim" if not acts else "green" if not signs else "yellow" if signs < MANY_SIGNS else "red"
        table.add_row(
            f"{date_name(checkin.day)} {checkin.day.year}",
            Text("■" * signs + "·" * (len(Sign) - signs), style=style),
            signs_text(checkin.signs),
            str(checkin.week),
            effect(checkin) if acts else "a later one counts",
        )
    out.print(table)
    if len(checkins) > _SHOWN:
        out.print(f"and {len(checkins) - _SHOWN} earlier ones", style="dim")
    out.print(_trend(checkins, today), soft_wrap=True)


def print_history(counts: Sequence[WeekCount]) -> None:
    """A line for each week; of a week without a mark it is not known what was done."""
    out = console()
    shown = without_early(counts)
    if not shown:
        out.print("Nothing is known of your weeks yet; it begins with a `calsync push`.", soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Week", no_wrap=True)
    for title in ("Runs", "Done", "Strength", "Done", "Skipped", "Moved"):
        table.add_column(title, justify="right")
    table.add_column("Signs")
    for one in shown:
        has_marks = one.done is not None
        number = [
            str(one.runs),
            str(one.runs_done) if has_marks else "-",
            str(one.strength),
            str(one.strength_done) if has_marks else "-",
            str(one.skipped or "-"),
            str(one.moved or "-"),
        ]
        if not one.planned:
            number = ["-"] * len(number)
        style = "" if one.planned else "dim"
        first = one.week.days[0]
        label = Text(f"{one.week}  {first.day} {first:%b}", style=style)
        signs = "-" if one.signs is None else ", ".join(s for s in Sign if s in one.signs) or "none"
        table.add_row(label, *(Text(text, style=style) for text in number), Text(signs, style=style))
    out.print(table)
    out.print(
        "Done is what you marked (`calsync done`) or your platform says; the rest is unknown, not missed."
        + (" There is nothing of earlier weeks." if len(shown) < len(counts) else ""),
        style="dim",
        soft_wrap=True,
    )


def _trend(checkins: Sequence[CheckIn], today: date) -> str:
    """How the last four weeks compare with the four before."""
    now = [c for c in checkins if today - _TREND < c.day <= today]
    before = [c for c in checkins if today - 2 * _TREND < c.day <= today - _TREND]
    if not now:
        return "No check-in in the last four weeks."
    mean = _mean(now)
    text = f"Four-week average: {_short(mean)} warning signs per check-in"
    if before:
        was = _mean(before)
        how = "as" if abs(mean - was) < 0.05 else "more than" if mean > was else "fewer than"
        text += f", {how} in the four weeks before ({_short(was)})"
    counts = {sign: sum(sign in c.signs for c in now) for sign in Sign}
    most = max(counts, key=lambda sign: counts[sign])
    if counts[most] > 1:
        text += f"; most often {most.replace('-', ' ')} ({counts[most]} of {len(now)})"
    return text + "."


def _short(number: float) -> str:
    """ "2", "1.5"."""
    return f"{number:.1f}".removesuffix(".0")


def _mean(checkins: Sequence[CheckIn]) -> float:
    return sum(len(checkin.signs) for checkin in checkins) / len(checkins)
