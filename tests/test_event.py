"""Keys and the UIDs that they become."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.event import in_words, is_of_another_plan, key_of_uid, neutral_uid, uid
from calsync.training import Week

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", fullmatch=True)
weeks = st.builds(Week.of, st.dates())
slots = st.one_of(
    st.builds("run/{}-{}".format, st.sampled_from(["mon", "sun"]), st.integers(1, 99)),
    st.builds("run/race-{}".format, st.sampled_from(["mon", "sun"])),
    st.builds("strength/{}".format, st.integers(1, 99)),
)
keys = st.builds("{}/{}".format, weeks, slots)


@given(key=keys, name=names)
def test_every_uid_leads_back_to_its_key_and_only_in_its_plan(key: str, name: str) -> None:
    for text in (uid(key, name), neutral_uid(key, name)):
        assert key_of_uid(text, name) == key
        assert not is_of_another_plan(text, name)
        assert key_of_uid(text, f"{name}x"[-40:]) is None or len(name) == 40
        assert is_of_another_plan(text, f"x{name}"[:40]) or name == f"x{name}"[:40]


@given(one=keys, other=keys, name=names)
def test_neutral_uids_tell_keys_apart_and_nothing_else(one: str, other: str, name: str) -> None:
    texts = neutral_uid(one, name), neutral_uid(other, name)
    assert (texts[0] == texts[1]) == (one == other)
    assert len(texts[0]) == len(texts[1])
    for text in texts:
        # One line of a feed, in letters that nobody changes.
        assert len(f"UID:{text}") <= 75
        assert re.fullmatch(r"[a-z2-7]+@busy\.calsync", text)


@pytest.mark.parametrize(
    "text",
    ["@busy.calsync", "a@busy.calsync", "a" * 52 + "@busy.calsync", "a" * 8 + "@busy.calsync", "x@y", ""],
)
def test_what_is_no_uid_of_a_plan_is_none(text: str) -> None:
    assert key_of_uid(text, "training") is None
    assert key_of_uid(text, "busy") is None


def test_a_changed_letter_is_no_uid_of_the_plan() -> None:
    text = neutral_uid("2026-W48/strength/1", "training")
    for at in range(len(text.partition("@")[0]) - 1):
        changed = text[:at] + ("b" if text[at] == "a" else "a") + text[at + 1 :]
        assert key_of_uid(changed, "training") is None


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("2027-W03/strength/2", "the 2nd strength session of week 3"),
        ("2026-W48/run/tue-1", "the run of Tue 24 Nov"),
        ("2026-W48/run/tue-2", "the 2nd run of Tue 24 Nov"),
        ("2026-W48/run/race-sun", "the race of Sun 29 Nov"),
        ("2026-W48/cross/wed-1", "the cross training of Wed 25 Nov"),
        ("2026-W48/other", "2026-W48/other"),
    ],
)
def test_a_key_in_words(key: str, words: str) -> None:
    assert in_words(key) == words
