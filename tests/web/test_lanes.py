from hypothesis import given
from hypothesis import strategies as st

from calsync.web.week import lanes

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=12
)


def test_what_touches_shares_nothing() -> None:
    assert lanes([(0, 30), (30, 60)]) == [(0, 1), (0, 1)]


def test_three_of_which_two_meet_at_a_time_need_two_lanes() -> None:
    assert lanes([(0, 30), (20, 50), (40, 60)]) == [(0, 2), (1, 2), (0, 2)]


@given(SPANS)
def test_nothing_lies_on_anything_else(spans: list[tuple[int, int]]) -> None:
    found = lanes(spans)
    for number, (start, end) in enumerate(spans):
        lane, of = found[number]
        assert 0 <= lane < of
        for other, (first, last) in enumerate(spans[:number]):
            if start < last and first < end:
                assert found[other][1] == of
                assert found[other][0] != lane


@given(SPANS)
def test_no_lane_is_wasted(spans: list[tuple[int, int]]) -> None:
    for (start, end), (_, of) in zip(spans, lanes(spans), strict=True):
        # As many as meet somewhere in what hangs together, which begins with this one and grows.
        together = {(start, end)}
        while more := {s for s in set(spans) - together if any(s[0] < e and b < s[1] for b, e in together)}:
            together |= more
        group = [span for span in spans if span in together]
        assert of == max(sum(b <= minute < e for b, e in group) for minute, _ in group)
