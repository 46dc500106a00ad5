"""What the page for others says above the week."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync.planning.plan import State
from calsync.training import Week
from calsync.web.planner import Snapshot
from calsync.web.sharing import shared, summary
from calsync.web.week import Block, Look, Stretch, WeekPicture, day_picture

NOW = datetime(2026, 12, 16, 14, 20, tzinfo=UTC)


def lift(*, done: bool, at: int = 720) -> Block:
    span = Stretch(at, at + 30)
    return Block(
        "x", span, span.times, Look.STRENGTH, "Lower body (moderate)", "Lift", State.PLANNED, done=done
    )


def week(number: int, *blocks: Block) -> WeekPicture:
    first = Week.parse(f"2026-W{number}")
    days = tuple(day_picture(day, blocks if day.weekday() == 3 else ()) for day in first.days)
    return WeekPicture(first, "", days, (7, 20))


def snapshot(*weeks: WeekPicture, race: date | None = None) -> Snapshot:
    return Snapshot(weeks, NOW, ZoneInfo("UTC"), race=("City run", race) if race else None)


def test_the_next_session_is_told_by_its_day() -> None:
    this = week(51, lift(done=False))  # on Thursday
    for now, following in (
        (NOW, "Tomorrow 12:00, lower body"),
        (NOW + timedelta(hours=21), "Today 12:00, lower body"),
        (NOW - timedelta(days=1), "Thu 17 Dec 12:00, lower body"),
        (NOW + timedelta(hours=22), ""),
    ):
        assert summary(snapshot(this), this, now).following == following


def test_the_race_is_told_in_days_and_whole_weeks() -> None:
    for day, text in (
        (16, "today"),
        (17, "tomorrow"),
        (19, "in 3 days"),
        (23, "in 7 days"),
        (30, "in 2 weeks"),
    ):
        this = week(51)
        assert summary(snapshot(this, race=date(2026, 12, day)), this, NOW).race == f"City run {text}"


def test_weeks_in_a_row_are_those_with_every_session_marked() -> None:
    done, open_ = lift(done=True), lift(done=False, at=900)
    this = week(51, open_)
    for before, text in (
        ((), ""),
        ((week(50, done),), ""),
        ((week(49, done), week(50, done)), "2 weeks in a row with every session done"),
        ((week(48, done), week(49, done, open_), week(50, done)), ""),
        ((week(48, done), week(49), week(50, done)), ""),
    ):
        assert summary(snapshot(*before, this), this, NOW).streak == text


def test_totals_and_what_is_shown_of_a_session() -> None:
    block = replace(lift(done=True), why=("a reason",), others=("Fri",), clash="clashes with work", key="k")
    this = week(51, block, lift(done=False, at=900))
    assert summary(snapshot(this), this, NOW).totals == ("2 strength sessions, 1 h",)
    (first, _) = next(day.blocks for day in shared(this).days if day.blocks)
    assert (first.title, first.done, first.why, first.others, first.clash, first.key) == (
        "Lower body",
        True,
        (),
        (),
        "",
        "",
    )
