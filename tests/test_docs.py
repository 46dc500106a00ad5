"""The pages under docs/ say what the code says, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

import calsync.errors
from calsync.cli.main import COMMANDS
from calsync.errors import CalsyncError
from calsync.planning.rules import Rule
from docs import generate
from docs.training_rules import RULES, SOURCES

ROOT = Path(__file__).parent.parent
# Reasons why a day has no place that are no matter of training.
NO_RULES_OF_TRAINING = {
    Rule.AVAILABILITY,
    Rule.BUSY,
    Rule.RUN,
    Rule.AFTER_RUN,
    Rule.NOTICE,
    Rule.PAIR,
    Rule.PAUSE,
}


def test_the_rules_page_is_what_the_rules_say() -> None:
    """If not: python -m docs.generate"""
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == generate.rules_page()


def test_the_example_config_is_what_init_writes() -> None:
    """If not: python -m docs.generate"""
    assert (ROOT / "config.example.toml").read_text("utf-8") == generate.example_config()


def test_the_platforms_page_shows_what_plan_prints() -> None:
    """If not: python -m docs.generate"""
    page = (ROOT / "docs" / "platforms.md").read_text("utf-8")
    assert page == generate.platforms_page()
    assert page.count("runs from the training feed") == 4


def test_the_cookbook_shows_its_files_and_what_plan_prints() -> None:
    """If not: python -m docs.generate"""
    page = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    assert page == generate.cookbook_page()
    for path in (ROOT / "examples" / "cookbook").glob("*.toml"):
        assert path.read_text("utf-8") in page
    assert page.count("Strength  ") == 12  # a table for each recipe, two for the marathon


def test_the_command_page_is_what_help_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """If not: python -m docs.generate"""
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    monkeypatch.setenv("COLUMNS", "40")
    assert page == generate.cli_page()
    sections = re.findall(r"^## calsync ([a-z]+)$", page, re.MULTILINE)
    assert sections == list(COMMANDS)
    assert str(Path.home()) not in page


def test_the_command_page_has_every_exit_code() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    errors = [kind for kind in vars(calsync.errors).values() if isinstance(kind, type)]
    assert listed == {0, 130} | {kind.exit_code for kind in errors if issubclass(kind, CalsyncError)}


@pytest.mark.parametrize("page", ["subscribing.md", "cookbook.md"])
def test_the_commands_that_a_page_names_have_the_options_that_it_names(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    sections = (ROOT / "docs" / "cli.md").read_text("utf-8").split("\n## ")
    helps = {section.split("\n")[0]: section for section in sections}
    named = re.findall(r"(calsync [a-z]+)((?: +--[a-z-]+(?: [^\s`-]+)?)*)", text)
    wrong = [
        f"{command} {option}"
        for command, options in named
        for option in re.findall(r"--[a-z-]+", options)
        if not re.search(rf"{option}\b", helps.get(command, ""))
    ]
    assert [command for command, options in named if options] != []
    assert wrong == []


def test_every_rule_is_explained_once() -> None:
    assert [rule.id for rule in RULES] == [rule for rule in Rule if rule not in NO_RULES_OF_TRAINING]
    assert all(rule.text and rule.reason and rule.known for rule in RULES)


def test_every_source_is_cited_and_every_strong_claim_has_one() -> None:
    cited = {source for rule in RULES for source in rule.sources}
    assert cited == set(SOURCES)
    assert [rule.id for rule in RULES if rule.certainty != "practice" and not rule.sources] == []


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_the_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
