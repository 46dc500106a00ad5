"""The config, the zone, and the templates that the plan names.

Decides what of a config can still be looked at where one thing in it is wrong: a variable of the environment
that is not set costs its own source, and no more.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from calsync.cli.checks.check import Check, Status, checked, failed
from calsync.cli.checks.words import counted
from calsync.config import Config, load_config
from calsync.errors import ConfigError
from calsync.library import Library
from calsync.planning.finding import Severity
from calsync.planning.lint import lint

_URL_ENV = re.compile(r"""^\s*url_env\s*=\s*["']([A-Za-z_][A-Za-z0-9_]*)["']""", re.MULTILINE)
_NAME = re.compile(r"""^name\s*=\s*["']([A-Za-z0-9][A-Za-z0-9_-]{0,39})["']""", re.MULTILINE)
_NOT_SET = "https://not-set.invalid/"


@dataclass(frozen=True, slots=True)
class Found:
    """The config, as far as it can be used; `name` is the plan's, which may be told where nothing else is.

    `unset` are addresses that stand for those that the environment lacks, with the variables' names.
    """

    check: Check
    config: Config | None = None
    name: str | None = None
    unset: dict[str, str] = field(default_factory=dict)


def find_config(where: Callable[[], Path]) -> Found:
    """`where` says which file it is, or raises ConfigError."""
    try:
        path = where()
    except ConfigError as problem:
        return Found(failed("config", None, problem))
    try:
        config = load_config(path, os.environ)
    except ConfigError as problem:
        check = failed("config", None, problem, "correct it; the rest of it can be checked then")
        return _without_variables(path, check)
    return Found(Check(name="config", text=str(config.path)), config, config.name)


def _without_variables(path: Path, check: Check) -> Found:
    """The config as it would be if the environment had all that it names."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return Found(check)
    # Where it is no TOML, this is all that there is; and the state folder goes by the name.
    name = match[1] if (match := _NAME.search(text)) else None
    variables = {found for found in _URL_ENV.findall(text) if not os.environ.get(found, "").strip()}
    stand_ins = {variable: _NOT_SET + variable for variable in variables}
    if stand_ins:
        try:
            config = load_config(path, {**os.environ, **stand_ins})
        except ConfigError:
            return Found(check, name=name)
        fix = "set it where calsync runs: cron and systemd don't know what your shell knows"
        unset = {url: variable for variable, url in stand_ins.items()}
        import msgspec

        return Found(msgspec.structs.replace(check, fix=fix), config, config.name, unset)
    return Found(check, name=name)


def zone_check(config: Config, now: datetime) -> Check:
    here = now.astimezone(config.zone)
    offset = f"{here:%z}"
    text = f"{config.zone.key}, where it is {here:%a} {here.day} {here:%b} {here:%H:%M} "
    return Check(name="time zone", text=f"{text}(UTC{offset[:3]}:{offset[3:5]})")


# --- templates --------------------------------------------------------------------------------------------


def template_checks(config: Config) -> Iterator[Check]:
    library = Library(config.path.resolve().parent, config.templates)
    if config.templates and not config.templates.is_dir():
        message = f"there is no folder {config.templates}"
        yield failed("template", None, config.document.fail(("plan", "templates"), message))
    for name in config.template_places:
        yield checked("template", name, partial(_template, library, name))


def _template(library: Library, name: str) -> Check:
    """Raises TemplateError."""
    template = library.template(name)
    beside = library.template_path(name).parent
    routines = {one.routine: library.routine(one.routine, beside) for one in template.strength}
    findings = lint(template, routines)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    text = f"{counted(len(template.runs), 'run')}, {counted(len(template.strength), 'strength session')}"
    if not findings:
        return Check(name="template", subject=name, text=text, findings=0)
    said = counted(len(findings), "finding") + (f" ({counted(errors, 'error')})" if errors else "")
    # What no calendar can hold still makes a plan: one with a session without a place.
    return Check(
        name="template",
        subject=name,
        status=Status.WARNING,
        text=f"{text}; the training rules have {said}",
        fix=f"`calsync lint {name}` says which",
        findings=len(findings),
    )
