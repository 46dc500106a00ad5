"""What the runner wants and did: `calsync skip`, `move`, `release`, `done`, `missed`."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync.cli import options
from calsync.cli.options import (
    Common,
    as_wrong_usage,
    caught_up,
    common_options,
    format_option,
    now_option,
    say_what_next,
)

if TYPE_CHECKING:
    from calsync.app.wishes import Known
    from calsync.spoken import Item, Items, When


@click.command(short_help="Leave out a run or session.")
@click.argument("what", metavar="[WHAT]...", nargs=-1, shell_complete=options.published)
@now_option
@common_options
def skip(common: Common, what: tuple[str, ...], now: datetime) -> None:
    """Leave out runs or sessions, as deleting them in a calendar would.

    WHAT is a short name that `calsync plan` shows, such as thu-run, or what you would call it: thu, tomorrow,
    "4 dec", "lower body", "tempo next week", or its key, such as 2026-W48/strength/1. If it could be several,
    they are listed. Without WHAT you pick from a list. Undone by `calsync release`.
    """
    from calsync.app import wishes

    setup = caught_up(common, now)
    if what and all(map(_is_key, what)):
        known = wishes.known_keys(setup, now)
        labels = {known.key(text): known.key(text) for text in what}
    else:
        known = wishes.planned_keys(setup, now)
        items = known.items(setup, now)
        wanted = known.wanted_now(items)
        if not what:
            chosen = _pick(wanted.to_come, items, "Which ones?", many=True, usage="skip thu")
        else:
            chosen = _meant(what, items, _by_its_name_or(items, wanted.named), many=True)
        labels = {item.key: item.text(items.zone) for item in chosen}
    with as_wrong_usage():
        known.check(list(labels), now, setup.config.zone)
        wishes.skip(setup, labels, now)
    for label in labels.values():
        click.echo(f"{label}: skipped")
    say_what_next()


@click.command(short_help="Put a run or session at another time.")
@click.argument("words", metavar="[WHAT START]", nargs=-1, shell_complete=options.published)
@now_option
@common_options
def move(common: Common, words: tuple[str, ...], now: datetime) -> None:
    """Put a run or a session at another START, as dragging it in a calendar would.

    WHAT is a short name that `calsync plan` shows, such as thu-run, or what you would call it: thu, tomorrow,
    "lower body", tempo, or its key, such as 2026-W48/strength/1. START is a time on its own day (18:00, 7pm),
    a day (fri: at the same time), both ("fri 7:00", "4 dec 18:00"), or 2026-11-24T18:00; in the plan's zone
    unless it has an offset. Without them you are asked.

    What is there already, or which rule is against it, is said; it is done all the same. It stays there, and
    the rest is planned around it. What you missed can be moved to a time that is still to come. Undone by
    `calsync release`.
    """
    from calsync.app import wishes

    setup = caught_up(common, now)
    zone = setup.config.zone
    known = wishes.planned_keys(setup, now)
    items = known.items(setup, now)
    item, to, is_key = _what_and_when(words, known, items)
    with as_wrong_usage():
        known.check([item.key], now, zone, begun=True)
        known.check_not_deleted(item.key)
    try:
        start = to.of(item, now, zone)
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="START") from problem
    place = wishes.moved(known, item.key, start)
    for text in wishes.objections(known, item.key, place):
        click.echo(f"Note: {text}", err=True)
    wishes.move(setup, known, item.key, place, now)
    label = item.key if is_key else item.text(zone)
    click.echo(f"{label}: moved to {_moment(place.span.start.astimezone(zone))}")
    say_what_next()


def _moment(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _what_and_when(words: Sequence[str], known: "Known", items: "Items") -> "tuple[Item, When, bool]":
    """What shall be moved, where to, and whether it was named by its key."""
    from calsync.spoken import Item, day_of_key, when

    wanted = known.wanted_now(items)
    if not words:
        picked = _pick(wanted.to_come, items, "Which one?", many=False, usage='move thu "fri 18:00"')[0]

        def asked(text: str) -> "When":
            try:
                return when(text, items.today, items.zone)
            except ValueError as problem:
                raise click.BadParameter(str(problem)) from problem

        # What is no time is asked for again.
        to = click.prompt("When? (such as 18:00, fri 7pm)", value_proc=asked, err=True)
        return picked, to, False
    if len(words) == 1:
        raise click.UsageError("Missing argument 'START': say when, such as 18:00 or \"fri 7pm\"")
    # As many words as can be are the start: `move lower body fri 18:00` needs no quotes.
    wrong: ValueError | None = None
    for first in range(1, len(words)):
        try:
            to = when(" ".join(words[first:]), items.today, items.zone)
            break
        except ValueError as problem:
            wrong = wrong or problem
    else:
        raise click.BadParameter(str(wrong), param_hint="START") from wrong
    what = " ".join(words[:first])
    if _is_key(what):
        key = known.key(what)
        exact = items.exactly(key)
        # One that nobody knows is told below, with what is like it.
        return exact or Item(key, "run", day=day_of_key(key) if _has_week(key) else None), to, True
    find = _by_its_name_or(items, lambda text: wanted.to_move(text, to))
    chosen = _meant([what], items, find, many=False)
    return chosen[0], to, False


@click.command(short_help="Undo a skip or a move.")
@click.argument("what", metavar="[WHAT]...", nargs=-1, shell_complete=options.held)
@click.option("--all", "everything", is_flag=True, help="Release all that was moved or skipped.")
@format_option("text", "json")
@now_option
@common_options
def release(common: Common, what: tuple[str, ...], everything: bool, output: str, now: datetime) -> None:
    """Forget a move or a skip, so that calsync places that run or session again.

    Also what was moved or deleted in Google Calendar. WHAT is as for `calsync skip`; without it you pick from
    a list of what you moved or skipped. JSON has the key of each, and its time after the next push.
    """
    from calsync.app import wishes
    from calsync.errors import CalsyncError
    from calsync.words import moment

    if everything and what:
        raise click.UsageError("name what to release, or give --all")
    setup = caught_up(common, now)
    labels: dict[str, str] = {}
    called: dict[str, str] = {}
    try:
        known = wishes.known_keys(setup, now)
    except CalsyncError:
        # All of them can be let go without their names.
        if not everything:
            raise
    else:
        items = known.items(setup, now)
        called = {item.key: item.text(items.zone) for item in items.items}
    if what and all(map(_is_key, what)):
        labels = {known.key(text): known.key(text) for text in what}
    elif not everything:
        held = items.only(wishes.held_keys(setup, now))
        if not what:
            if _asks() and not held.items:
                _say_nothing_held()
                return
            chosen = _pick(held.items, items, "Which ones?", many=True, usage="release thu")
        else:
            chosen = _meant(what, held, _of_held(held), many=True)
        labels = {item.key: called[item.key] for item in chosen}
    with as_wrong_usage():
        released = wishes.release(setup, labels, now)
    places = wishes.places(setup, released, now) if released else {}
    if output == "json":
        from calsync.cli.reports import as_json, span_json

        data = [
            {"key": key, **(span_json(places[key], setup.config.zone) if key in places else {})}
            for key in sorted(released)
        ]
        click.echo(as_json(data))
        return
    for key in sorted(released):
        # A run that starts soon (rule `notice`) may well stay where it was moved to.
        where = f", now {moment(places[key], setup.config.zone)}" if key in places else ""
        click.echo(f"{labels.get(key) or called.get(key, key)}: released{where}")
    if not released:
        _say_nothing_held()
    else:
        say_what_next()


@click.command(short_help="Mark a run or session as done.")
@click.argument("what", metavar="[WHAT]...", nargs=-1, shell_complete=options.published)
@click.option("--undo", is_flag=True, help="It isn't done after all.")
@now_option
@common_options
def done(common: Common, what: tuple[str, ...], undo: bool, now: datetime) -> None:
    """Mark runs or sessions as done: with a tick in your calendars, in `calsync plan` and `calsync history`.

    WHAT is as for `calsync skip`, but of what has begun or is today's: thu is the last Thursday, "lower body"
    the last such session. You can mark what was in the last twelve weeks. Without WHAT you pick from a list.

    The plan stays as it is: what you don't mark counts as trained, too, as nobody marks everything.
    """
    from calsync.app import wishes

    setup = caught_up(common, now)
    known = wishes.planned_keys(setup, now)
    items = known.items(setup, now)
    choice = items.only(known.done) if undo else known.may_be_done(items)
    if what and all(map(_is_key, what)):
        labels = {known.key(text): known.key(text) for text in what}
    elif not what:
        latest = tuple(reversed(choice.items_in_order))[:_MOST_TO_MARK]
        usage = "done --undo thu" if undo else "done thu"
        if _asks() and not latest:
            click.echo("Nothing is marked as done." if undo else "There is nothing to mark.", err=True)
            return
        chosen = _pick(latest, items, "Which ones?", many=True, usage=usage)
        labels = {item.key: item.text(items.zone) for item in chosen}
    else:
        find = _of_done(choice, items) if undo else _of_lately(choice, items)
        labels = {item.key: item.text(items.zone) for item in _meant(what, items, find, many=True)}
    with as_wrong_usage():
        if undo:
            known.check_done(list(labels))
        else:
            known.check_may_be_done(list(labels), items)
        wishes.mark(setup, known, labels, now, done=not undo)
    for label in labels.values():
        click.echo(f"{label}: {'not done' if undo else 'done'}")
    say_what_next()


@click.command(short_help="Place a session again that you missed.")
@click.argument("what", metavar="[WHAT]...", nargs=-1, shell_complete=options.published)
@now_option
@common_options
def missed(common: Common, what: tuple[str, ...], now: datetime) -> None:
    """Place strength sessions again that you missed, later in the same week.

    WHAT is as for `calsync done`, of the sessions of this week that have begun. If the rules leave no place,
    a session stays where it was, and that is said; it is never added to the next week. Undone by
    `calsync release`.
    """
    from calsync.app import wishes
    from calsync.words import moment

    setup = caught_up(common, now)
    known = wishes.planned_keys(setup, now)
    items = known.items(setup, now)
    choice = known.may_be_missed(items)
    if what and all(map(_is_key, what)):
        labels = {known.key(text): known.key(text) for text in what}
    elif not what:
        if _asks() and not choice.items:
            click.echo("No session of this week has begun.", err=True)
            return
        chosen = _pick(choice.items_in_order, items, "Which ones?", many=True, usage="missed tue")
        labels = {item.key: item.text(items.zone) for item in chosen}
    else:
        find = _of_lately(choice, items)
        labels = {item.key: item.text(items.zone) for item in _meant(what, items, find, many=True)}
    with as_wrong_usage():
        known.check_missed(list(labels), items)
        wishes.missed(setup, known, labels, now)
    places = wishes.places(setup, labels, now)
    for key, label in labels.items():
        place = places.get(key)
        if place is None:
            click.echo(f"{label}: missed")
        elif place.start > now:
            click.echo(f"{label}: missed, now {moment(place, setup.config.zone)}")
        else:
            click.echo(f"{label}: missed; it couldn't fit in later this week, so it stays where it was")
    say_what_next()


# Of a list from which one picks what was done.
_MOST_TO_MARK = 14


def _of_lately(choice: "Items", items: "Items") -> "Find":
    """What is meant of `choice`, lately; or of all there is, to tell why that can't be marked."""

    def named(text: str) -> "tuple[Item, ...]":
        try:
            return choice.lately(text)
        except ValueError:
            # None can be: one is enough to say why. A session if there is one, as calsync places no runs.
            return tuple(sorted(items.lately(text), key=lambda item: item.noun == "run"))[:1]

    return named


def _of_done(choice: "Items", items: "Items") -> "Find":
    def named(text: str) -> "tuple[Item, ...]":
        try:
            return choice.lately(text)
        except ValueError as problem:
            there = ", ".join(f"{items.names[item.key]} ({item.text(items.zone)})" for item in choice.items)
            found = f"done are {there}" if there else "nothing is"
            raise ValueError(f'"{text}" is not marked as done; {found}') from problem

    return named


def _of_held(held: "Items") -> "Find":
    """What is meant of what can be released; where that is nothing, the problem says what there is."""

    def named(text: str) -> "tuple[Item, ...]":
        try:
            former = () if held.exactly(text) else held.formerly(text)
            return former or held.anywhere(text)
        except ValueError as problem:
            if former := held.formerly(text, any_week=True):
                return former
            there = ", ".join(f"{held.names[item.key]} ({item.text(held.zone)})" for item in held.items)
            found = f"you moved or skipped {there}" if there else "nothing is moved or skipped"
            raise ValueError(f'"{text}" is neither moved nor skipped; {found}') from problem

    return named


def _say_nothing_held() -> None:
    click.echo("Nothing is moved or skipped.", err=True)


# --- which one --------------------------------------------------------------------------------------------


def _is_key(text: str) -> bool:
    return "/" in text


def _has_week(key: str) -> bool:
    from calsync.event import week_of_key

    try:
        week_of_key(key)
    except ValueError:
        return False
    return True


def _asks() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


Find = Callable[[str], "tuple[Item, ...]"]


def _by_its_name_or(items: "Items", find: Find) -> Find:
    """What has exactly that name, also if it is skipped: the plan shows that name. Else what `find` finds.

    What was moved is known by the name that it had before, too.
    """

    def named(text: str) -> "tuple[Item, ...]":
        exact = items.exactly(text)
        return (exact,) if exact else items.formerly(text) or find(text)

    return named


def _meant(texts: Sequence[str], items: "Items", find: Find, *, many: bool) -> "list[Item]":
    """What each text means, or if they mean nothing clear, what they mean together: `skip thu run`.

    On a terminal one is asked which of several it is. Raises UsageError or Abort.
    """
    found: list[tuple[str, tuple[Item, ...]]] = []
    try:
        found = [(text, items_of) for text in texts if (items_of := find(text))]
        unclear = any(len(some) > 1 for _, some in found)
        problem = None
    except ValueError as wrong:
        unclear, problem = True, wrong
    if unclear and len(texts) > 1:
        try:
            together = find(" ".join(texts))
            if len(together) == 1 or problem:
                found, problem = [(" ".join(texts), together)], None
        except ValueError:
            pass
    if problem:
        raise click.UsageError(str(problem)) from problem
    chosen: dict[str, Item] = {}
    for text, some in found:
        if len(some) > 1:
            some = tuple(_pick(some, items, f'Which one is "{text}"?', many=many, text=text))
        chosen |= {item.key: item for item in some}
    return list(chosen.values())


def _pick(
    choice: "Sequence[Item]", items: "Items", question: str, *, many: bool, usage: str = "", text: str = ""
) -> "Sequence[Item]":
    """Lists them, and on a terminal asks for a number; elsewhere raises UsageError that names them."""
    from calsync.spoken import listed

    if not text and not _asks():
        raise click.UsageError(f"Missing argument 'WHAT': say which, such as calsync {usage}")
    if not choice:
        raise click.UsageError("there is nothing to choose from: nothing is still to come")
    for line in listed(choice, items.names, items.zone, items.now):
        click.echo(line, err=True)
    if not _asks():
        names = [items.names[item.key] for item in choice]
        raise click.UsageError(f'"{text}" may be {len(names)} things: say {" or ".join(names)}')
    hint = " (several: 1,3)" if many and not text else ""
    while True:
        answer = click.prompt(f"{question} 1 to {len(choice)}{hint}", err=True)
        numbers = [part.strip() for part in answer.replace(",", " ").split()]
        are_right = all(one.isdecimal() and 1 <= int(one) <= len(choice) for one in numbers)
        if are_right and (len(numbers) == 1 or (numbers and many)):
            return [choice[int(one) - 1] for one in dict.fromkeys(numbers)]
        click.echo(f"   The numbers are 1 to {len(choice)}.", err=True)
