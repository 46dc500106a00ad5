"""`calsync plan --format svg` and `--format html`: the weeks as a picture or as a page, in one file.

Decides what goes into such a file beside the weeks. How they are drawn is web/'s business.
"""

from collections.abc import Sequence

from calsync.app.gather import Gathered
from calsync.cli.tables import print_warnings
from calsync.planning.plan import PlannedWeek
from calsync.web.html import render_page
from calsync.web.svg import render_svg
from calsync.web.week import WeekPicture, week_pictures


def draw(gathered: Gathered, weeks: Sequence[PlannedWeek], form: str) -> str:
    """`form` is "svg" or "html". A picture's warnings go to standard error, a page has them in it."""
    plan, name = gathered.plan, gathered.setup.config.name
    pictures = pictures_of(gathered)
    chosen = {week.week for week in weeks}
    shown = [picture for picture in pictures if picture.week in chosen]
    now = plan.now.astimezone(plan.zone)
    warnings = [text for _, text in gathered.warnings]
    if form == "svg":
        print_warnings(warnings)
        return render_svg(shown, name=name, now=now)
    footer = f"Planned on {now:%a} {now.day} {now:%b %Y at %H:%M} ({plan.zone.key})."
    return render_page(shown, name=name, now=now, footer=footer, warnings=warnings).html


def pictures_of(gathered: Gathered) -> tuple[WeekPicture, ...]:
    return week_pictures(gathered.plan, gathered.setup.config.program, gathered.routines)
