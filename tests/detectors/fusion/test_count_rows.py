"""Counts of lanes by intervals: one grid, one clock, what is learned of both, and what comes out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.fusion.combine import Measured
from detectors.fusion.conditions import Condition
from detectors.fusion.count_rows import (
    FIRST,
    LOOPS,
    VIDEO,
    CountRow,
    Counts,
    Fusing,
    alarms_of,
    by_interval,
    check_one_grid,
    learned,
    shifted,
)
from detectors.fusion.noise import NoiseTable
from signal_ctrl.domain.errors import InvalidInputError

FIRST_TABLES = {source: NoiseTable({(): noise}) for source, noise in FIRST.items()}


def rows(counts: list[float | None], lane: str = "a", width_s: float = 60.0, begin_s: float = 0.0) -> list[CountRow]:
    return [CountRow(begin_s + width_s * k, begin_s + width_s * (k + 1), lane, count) for k, count in enumerate(counts)]


def both(loops: list[CountRow], video: list[CountRow], **more: object) -> Counts:
    return Counts({LOOPS: by_interval(loops, LOOPS), VIDEO: by_interval(video, VIDEO)}, **more)  # type: ignore[arg-type]


def test_two_lanes_are_fused_by_themselves() -> None:
    counts = both(rows([10.0, 12.0]) + rows([40.0, 44.0], "b"), rows([10.0, 12.0]) + rows([41.0, 43.0], "b"))
    found = Fusing(FIRST_TABLES).fuse(counts)
    assert [(row.lane, row.begin_s) for row in found] == [("a", 0.0), ("a", 60.0), ("b", 0.0), ("b", 60.0)]
    assert found[0].fused.vehicles == pytest.approx(10.0)
    assert found[2].bounds is not None
    assert found[2].bounds[0] < 40.3 < found[2].bounds[1]


def test_a_lane_of_one_source_and_gaps_of_both() -> None:
    counts = both(rows([10.0, None, 12.0]), rows([5.0], "b"), profile={(60.0, "a"): Measured(11.0, 20.0)})
    found = Fusing(FIRST_TABLES).fuse(counts)
    assert [row.fused.vehicles for row in found] == [10.0, 11.0, 12.0, 5.0]
    assert [row.fused.profile for row in found] == [False, True, False, False]


def test_conditions_come_from_whichever_source_knows_them() -> None:
    loops = [CountRow(0.0, 60.0, "a", 9.0, occupancy=0.4)]
    video = [CountRow(0.0, 60.0, "a", 9.0, light="night", weather="rain")]
    assert both(loops, video).condition((0.0, "a")) == Condition("night", "rain", "jammed")
    assert both(loops, []).condition((0.0, "a")) == Condition("day", "dry", "jammed")


def test_with_truth_the_better_source_gets_the_weight() -> None:
    rng = np.random.default_rng(1)
    came = rng.poisson(60, 200).astype(float)
    loops = rows([float(rng.binomial(int(q), 0.98)) for q in came])
    video = rows([float(rng.binomial(int(q), 0.7)) for q in came])
    counts = both(loops, video, truth={(60.0 * k, "a"): float(q) for k, q in enumerate(came)})
    noises = learned(counts)
    assert noises[LOOPS].of(Condition()).factor == pytest.approx(0.98, abs=0.01)
    assert noises[VIDEO].of(Condition()).factor == pytest.approx(0.7, abs=0.02)
    last = Fusing(noises).fuse(counts)[-1]
    assert last.fused.weights[LOOPS] > 0.85


def test_without_truth_the_steadier_source_gets_the_weight() -> None:
    rng = np.random.default_rng(2)
    level = 60 + 20 * np.sin(np.arange(600) / 40)
    came = rng.poisson(level)
    counts = both(
        rows([float(rng.binomial(q, 0.98)) for q in came]),
        rows([max(float(rng.binomial(q, 0.85)) + rng.normal(0, 5), 0.0) for q in came]),
    )
    fusing = Fusing()
    rows_ = fusing.fuse(counts)
    assert fusing.noises[VIDEO].of(Condition()).factor == pytest.approx(0.85 / 0.98, abs=0.03)
    assert rows_[-1].fused.weights[LOOPS] > 0.7


def test_what_goes_wrong_while_they_learn_from_each_other_is_found_and_not_learned() -> None:
    """Two lanes; at night the camera misses more, and then the loops of one lane lose half of the vehicles."""
    rng = np.random.default_rng(4)
    loops, video = [], []
    for lane in ("a", "b"):
        for k in range(120):
            came = rng.poisson(60)
            seen = rng.binomial(came, 0.98) if lane == "b" or k < 90 else rng.binomial(came, 0.45)
            loops.append(CountRow(300.0 * k, 300.0 * (k + 1), lane, float(seen)))
            light, recall = ("day", 0.95) if k < 60 else ("night", 0.82)
            video.append(CountRow(300.0 * k, 300.0 * (k + 1), lane, float(rng.binomial(came, recall)), light=light))
    fusing = Fusing()
    told = [(at_s, lane, alarm.source) for at_s, lane, alarm in alarms_of(fusing.fuse(both(loops, video)))]
    assert told[0][1:] == ("a", LOOPS)
    assert 90 * 300.0 <= told[0][0] <= 93 * 300.0
    assert all(lane == "a" for _, lane, _ in told)
    night = fusing.noises[VIDEO].of(Condition(light="night")).factor
    assert night == pytest.approx(0.82 / 0.98, abs=0.04)


def test_a_camera_that_freezes_is_told_with_its_time() -> None:
    rng = np.random.default_rng(3)
    came = rng.poisson(50, 60)
    video = [float(q) for q in came]
    video[40:] = [120.0] * 20
    counts = both(rows([float(q) for q in came]), rows(list(video)))
    told = [(at_s, alarm.source) for at_s, _, alarm in alarms_of(Fusing(FIRST_TABLES).fuse(counts))]
    assert told[0] == (41 * 60.0, VIDEO)


def test_other_grids_are_refused() -> None:
    assert check_one_grid({LOOPS: rows([1.0]), VIDEO: rows([1.0], begin_s=600.0)}) == 60.0
    with pytest.raises(InvalidInputError, match="count alike"):
        check_one_grid({LOOPS: rows([1.0]), VIDEO: rows([1.0], width_s=300.0)})
    with pytest.raises(InvalidInputError, match="no grid"):
        check_one_grid({LOOPS: rows([1.0]), VIDEO: rows([1.0], begin_s=7.0)})
    with pytest.raises(InvalidInputError, match="nothing to fuse"):
        check_one_grid({LOOPS: [], VIDEO: []})
    with pytest.raises(InvalidInputError, match="two counts"):
        by_interval(rows([1.0]) * 2, LOOPS)
    with pytest.raises(InvalidInputError):
        CountRow(5.0, 5.0, "a", 1.0)


@given(st.lists(st.floats(0, 100), min_size=3, max_size=20), st.floats(-9.9, 9.9))
def test_a_shift_deals_vehicles_out_and_loses_none_but_at_the_end(counts: list[float], shift_s: float) -> None:
    found = shifted(rows(list(counts), width_s=10.0), shift_s)
    total = sum(row.count or 0.0 for row in found)
    lost = (counts[0] if shift_s > 0 else counts[-1]) * abs(shift_s) / 10.0
    assert total == pytest.approx(sum(counts) - lost, abs=1e-6)
    assert all(0.0 <= row.valid <= 1.0 for row in found)


def test_a_clock_that_is_a_quarter_ahead_is_put_back() -> None:
    """Vehicles at 0-10, 10-20 s by a clock 2.5 s ahead: a quarter of the second interval belongs to the first."""
    found = shifted(rows([8.0, 4.0, 12.0], width_s=10.0), 2.5)
    assert [row.count for row in found] == pytest.approx([7.0, 6.0, 9.0])
    assert [row.valid for row in found] == pytest.approx([1.0, 1.0, 0.75])
    with pytest.raises(InvalidInputError):
        shifted(rows([1.0], width_s=10.0), 12.0)
