import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.video.capture.messages import HEAD, Head, Kind, head_of
from detectors.video.capture.timeline import LONGEST_JUMP_S, Timeline, sane_fps


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1), st.none() | st.floats(1.0, 100.0))
def test_times_go_up_in_bounded_steps_whatever_the_file_says(stamps_s: list[float], fps: float | None) -> None:
    line = Timeline(fps)
    times = [line.next(stamp) for stamp in stamps_s]
    assert times[0] == 0.0
    for before, after in itertools.pairwise(times):
        assert before < after <= before + LONGEST_JUMP_S + 1e-9


@given(st.lists(st.floats(0.001, 50.0), min_size=1, max_size=30), st.floats(-1e5, 1e5))
def test_sound_times_are_kept_but_for_their_origin(steps_s: list[float], origin_s: float) -> None:
    line = Timeline(25.0)
    stamp_s = origin_s
    line.next(stamp_s)
    for step_s in steps_s:
        stamp_s += step_s
        assert line.next(stamp_s) == pytest.approx(stamp_s - origin_s)
    assert line.note() == ""


def test_times_that_begin_anew_go_on() -> None:
    line = Timeline(10.0)
    times = [line.next(stamp) for stamp in (5.0, 5.1, 5.2, 0.0, 0.1, 0.2)]
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert line.note().startswith("1 of 6 frames have no time that makes sense")


def test_rates_that_no_camera_has_are_unknown() -> None:
    assert [sane_fps(rate) for rate in (0.0, -1.0, 90_000.0, math.nan, math.inf)] == [None] * 5


@given(
    st.sampled_from(list(Kind)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 4096),
    st.integers(0, 4096),
    st.floats(allow_nan=False),
)
def test_heads_survive_the_pipe(kind: Kind, index: int, width_px: int, height_px: int, time_s: float) -> None:
    head = Head(kind, index, width_px, height_px, time_s)
    assert head_of(head.packed()) == head


@given(st.binary(min_size=HEAD.size, max_size=HEAD.size))
def test_nonsense_is_no_head(data: bytes) -> None:
    try:
        head = head_of(data)
    except ValueError:
        return
    assert head.kind is Kind.FRAME or head.body_bytes <= 4096
