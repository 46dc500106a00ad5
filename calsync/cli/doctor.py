"""`calsync doctor`: is all there that a push needs, and does anything run it?"""

from datetime import datetime

import click

from calsync.cli.options import Common, common_options, format_option, now_option


@click.command(short_help="Check that everything works.")
@format_option("text", "json")
@now_option
@common_options
def doctor(common: Common, *, output: str, now: datetime) -> int:
    """Check config, templates, busy calendars, targets, Google, state folder and schedule.

    Each line is "ok", or says what to do. Nothing is changed, and nothing written. Titles of busy time and
    the addresses of feeds are not shown.

    Ends with exit code 0 if nothing failed: a warning is no failure. Otherwise with that of the failed check
    that needs you most: 3 (config or template) before 6 (refused), 4 (authorisation) and 5 (not reached).
    """
    from calsync.app.doctor import all_checks
    from calsync.app.doctor.report import exit_code
    from calsync.cli.reports import print_report, report_json

    checks = all_checks(common.config, now, common.listener())
    if output == "json":
        click.echo(report_json(checks))
    else:
        print_report(checks)
    return exit_code(checks)
