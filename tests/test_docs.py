"""The pages under docs/ say what the code says, and their links lead somewhere."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from calsync.planning.rules import RULES, SOURCES, Rule

ROOT = Path(__file__).parent.parent
# Reasons why a day has no place that are no matter of training.
NO_RULES_OF_TRAINING = {Rule.AVAILABILITY, Rule.BUSY, Rule.RUN, Rule.NOTICE, Rule.PAIR, Rule.PAUSE}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_rules_page_is_what_the_rules_say(generate: ModuleType) -> None:
    """If not: python docs/generate.py"""
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == generate.rules_page()


def test_the_platforms_page_shows_what_plan_prints(generate: ModuleType) -> None:
    """If not: python docs/generate.py"""
    page = (ROOT / "docs" / "platforms.md").read_text("utf-8")
    assert page == generate.platforms_page()
    assert page.count("runs from the training feed") == 4


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
