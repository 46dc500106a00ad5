"""Where week templates and routines are found.

Decides in which folders a name is looked for: the runner's own first, then those that come with calsync. What
a file may say is templates.py's.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from calsync.errors import TemplateError
from calsync.templates import Draft, load_draft, load_routine
from calsync.toml import did_you_mean
from calsync.training import Routine, WeekTemplate


def shipped_folder() -> Path:
    """The templates that come with calsync: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "data" / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def is_routine_file(path: Path) -> bool:
    """Whether the file looks like a routine, not like a week. Whether it is a good one is not asked."""
    try:
        return "exercises" in tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False


def is_path(name: str) -> bool:
    """Whether a template is named by its path."""
    return "/" in name or "\\" in name or name.endswith(".toml")


@dataclass(frozen=True, slots=True)
class Library:
    """Where templates and routines are looked for: the runner's own folder first, then the shipped ones.

    `base` is the folder that relative paths start from.
    """

    base: Path
    own: Path | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        return (*([self.own] if self.own else []), shipped_folder())

    def template_names(self) -> tuple[str, ...]:
        """Every name that can be used without a path, in order."""
        return _names(self.folders)

    def routine_names(self) -> tuple[str, ...]:
        return _names([folder / "routines" for folder in self.folders])

    def template_path(self, name: str) -> Path:
        """Where the template of that name, or at that path, is. Raises TemplateError."""
        if is_path(name):
            try:
                path = self.base / Path(name).expanduser()
                if path.is_file():
                    return path
            except (RuntimeError, ValueError, OSError) as problem:
                raise TemplateError(f"this can be no path of a template: {problem}") from problem
            raise TemplateError(f"{path}: {'is a directory' if path.is_dir() else 'no such file'}")
        return self._find("template", name, self.folders, self.template_names())

    def template(self, name: str) -> WeekTemplate:
        """The template of that name, or at that path, with routines that exist. Raises TemplateError."""
        return self.draft(name).usable()

    def draft(self, name: str) -> Draft:
        """The same with all that is to be refused, where a file can be read at all. Raises TemplateError."""
        path = self.template_path(name)
        return load_draft(path, Path(name).stem, lambda routine: self.routine_path(routine, path.parent))

    def routine_path(self, name: str, beside: Path | None = None) -> Path:
        """Where the routine of that name is; `beside` is the folder of the template that asks for it."""
        folders = [folder / "routines" for folder in (*([beside] if beside else []), *self.folders)]
        return self._find("routine", name, folders, _names(folders))

    def routine(self, name: str, beside: Path | None = None) -> Routine:
        return load_routine(self.routine_path(name, beside), name)

    def file(self, name: str) -> Path:
        """Where the template or the routine of that name, or at that path, is. Raises TemplateError."""
        templates, routines = self.template_names(), self.routine_names()
        if name in templates or is_path(name):
            return self.template_path(name)
        if name in routines:
            return self.routine_path(name)
        known = (*templates, *routines)
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
        raise TemplateError(f'no template or routine is called "{name}"{hint}')

    def _find(self, what: str, name: str, folders: Iterable[Path], known: tuple[str, ...]) -> Path:
        # A name that no file system would take is no file's name, so only known ones are tried.
        for folder in folders if name in known else ():
            if (path := folder / f"{name}.toml").is_file():
                return path
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
        raise TemplateError(f'no {what} is called "{name}"{hint}')


def _names(folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")}))
