"""The parts of the detection: bins, deviances, what is usual and how it is kept, the California tests."""

import base64
import math
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.incidents.detection.bins import BIN_MS, LoopBins
from signal_ctrl.watch.incidents.detection.california import Thresholds, california
from signal_ctrl.watch.incidents.detection.evidence import deviance
from signal_ctrl.watch.incidents.detection.layout import layout_of
from signal_ctrl.watch.incidents.detection.usual import LEAST_STAND, SLOTS, UsualDay, usual_of
from signal_ctrl.watch.incidents.usual_days import is_workday, packed_day, unpacked_day
from signal_ctrl.watch.observations import LoopCount
from tests.signal_ctrl.watch.incidents.places import town

T0 = 1_767_600_000_000 // BIN_MS * BIN_MS
FIRST = T0 // BIN_MS


def bins() -> LoopBins:
    return LoopBins(["p", "q"])


def count(begin_s: float, lasts_s: float, vehicles: int, occupied: float = 0.2, detector: str = "p") -> LoopCount:
    begin_ms = T0 + int(begin_s * 1000)
    return LoopCount(detector, begin_ms, begin_ms + int(lasts_s * 1000), vehicles, occupied)


def ends(number: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.full(2, FIRST + number, dtype=np.int64)


def test_a_count_of_a_minute_is_spread_over_its_bins() -> None:
    made = bins()
    assert made.take(count(0, 60, 9, 0.5), T0 + 60_000)
    assert made.vehicles(ends(2), 3).tolist()[0] == pytest.approx(9)
    assert made.vehicles(ends(1), 1).tolist()[0] == pytest.approx(3)
    assert made.occupied(ends(2), 3).tolist()[0] == pytest.approx(0.5)
    assert math.isnan(made.vehicles(ends(2), 3).tolist()[1])
    assert math.isnan(made.vehicles(ends(3), 3).tolist()[0])


@given(st.lists(st.tuples(st.sampled_from([5, 10, 15, 20, 30, 60]), st.integers(0, 5)), min_size=1, max_size=12))
def test_no_vehicle_is_lost_or_made_by_the_spreading(parts: list[tuple[int, int]]) -> None:
    made, at_s = bins(), 0
    for lasts_s, vehicles in parts:
        assert made.take(count(at_s, lasts_s, vehicles), T0 + (at_s + lasts_s) * 1000)
        at_s += lasts_s
    whole = at_s * 1000 // BIN_MS
    told = float(np.nansum([made.vehicles(ends(k), 1)[0] for k in range(whole + 1)]))
    all_of_them = sum(vehicles for _, vehicles in parts)
    assert told <= all_of_them + 1e-9
    if at_s * 1000 % BIN_MS == 0 and whole <= 45:
        assert told == pytest.approx(all_of_them)


def test_what_is_there_already_late_ahead_too_long_or_impossible_is_not_taken() -> None:
    made = bins()
    assert made.take(count(20, 20, 3), T0 + 40_000)
    for bad in (count(20, 20, 3), count(0, 20, 3), count(30, 20, 3)):
        assert not made.take(bad, T0 + 60_000)
    assert not made.take(count(100, 20, 3), T0 + 60_000)
    assert not made.take(count(40, 600, 3), T0 + 700_000)
    assert not made.take(count(40, 20, 60), T0 + 60_000)
    assert not made.take(count(40, 20, 3, 0.0), T0 + 60_000)
    assert not made.take(count(40, 20, 3, detector="nobody"), T0 + 60_000)
    assert made.vehicles(ends(1), 1).tolist()[0] == 3
    assert made.last[0] == FIRST + 1


def test_a_loop_stands_as_long_as_it_is_covered_and_nobody_passes() -> None:
    made = bins()
    for number, (vehicles, occupied) in enumerate([(0, 1.0), (0, 1.0), (2, 0.6), (0, 1.0), (0, 0.99), (0, 1.0)]):
        made.take(count(number * 20, 20, vehicles, occupied), T0 + (number + 1) * 20_000)
    assert [int(made.standing(ends(k), 0.95, 0.5)[0]) for k in range(6)] == [1, 2, 0, 1, 2, 3]
    assert made.standing(ends(7), 0.95, 0.5).tolist() == [0, 0]


@given(st.integers(0, 40), st.floats(0.1, 60))
def test_the_deviance_is_the_ratio_of_two_poisson_probabilities(counted: int, expected: float) -> None:
    found = float(deviance(np.array([float(counted)]), np.array([expected]))[0])
    if counted >= expected:
        assert found == 0
    else:
        own = poisson.logpmf(counted, counted) if counted else 0.0
        assert found == pytest.approx(own - poisson.logpmf(counted, expected), rel=1e-6, abs=1e-9)


def test_the_deviance_of_what_is_not_known_is_not_known() -> None:
    assert np.isnan(deviance(np.array([np.nan]), np.array([3.0]))[0])
    assert np.isnan(deviance(np.array([3.0]), np.array([np.nan]))[0])


def day(rate: float, stand: float = 1.0, silence: float = 2.0) -> UsualDay:
    zeros = np.zeros(2)
    by_loop = np.full(3, stand), np.full(3, silence)
    return UsualDay(np.full((SLOTS, 3), rate), *by_loop, np.full((4, 2), 0.5), zeros + 1, zeros + 5)


def test_one_day_with_an_incident_does_not_teach_how_long_is_usual() -> None:
    days = [day(2.0, stand) for stand in (3, 4, 3, 5, 40)]
    assert usual_of(days).stand.tolist() == [5.0] * 3
    assert usual_of(days[3:]).stand.tolist() == [40.0] * 3
    assert usual_of([day(2.0, 0.0)]).stand.tolist() == [LEAST_STAND] * 3


def test_what_few_days_know_of_silence_has_no_bound() -> None:
    unknown = day(2.0, silence=float("nan"))
    assert usual_of([day(2.0, silence=each) for each in (3, 4, 3, 5, 40)]).silence.tolist() == [5.0] * 3
    known = [day(2.0, silence=each) for each in (4.0, 3.0, 2.0)]
    assert usual_of([unknown, *known]).silence.tolist() == [4.0] * 3
    assert np.isinf(usual_of([unknown, *known[:2]]).silence).all()
    assert usual_of(known[:1]).silence.tolist() == [4.0] * 3
    assert np.isinf(usual_of([unknown]).silence).all()


def test_the_usual_is_the_mean_of_the_days_that_know() -> None:
    unknown = day(float("nan"))
    found = usual_of([day(1.0), day(3.0), unknown])
    assert found.rate_at(0).tolist() == [2.0] * 3
    assert found.spread.tolist() == [[2.0, 2.0]] * 4
    assert found.stored_sd.tolist() == [2.0, 2.0]
    assert np.isnan(usual_of([unknown]).rate).all()
    none = float("nan") * np.ones((4, 2))
    bare = replace(unknown, deviance=none, stored=none[0], stored_sq=none[0])
    assert np.isinf(usual_of([bare]).spread).all() and np.isinf(usual_of([bare]).stored_sd).all()
    with pytest.raises(InvalidInputError):
        usual_of([])


def test_a_day_is_kept_to_a_thousandth() -> None:
    made = day(1.2345, 7.0)
    made.rate[3, 1] = np.nan
    back = unpacked_day(packed_day(20_000, made, "f" * 64))
    assert np.allclose(back.rate, made.rate, rtol=1e-3, equal_nan=True)
    assert back.deviance.shape == (4, 2) and back.stand.tolist() == [7.0] * 3


def test_a_day_of_before_silence_was_learnt_can_be_read() -> None:
    made = packed_day(20_000, day(1.5, 7.0), "f" * 64)
    halves = np.frombuffer(zlib.decompress(base64.b64decode(made.packed)), np.float16)
    old = np.delete(halves, slice((SLOTS + 1) * 3, (SLOTS + 2) * 3))
    back = unpacked_day(replace(made, packed=base64.b64encode(zlib.compress(old.tobytes())).decode()))
    assert np.isnan(back.silence).all() and back.stand.tolist() == [7.0] * 3
    assert back.rate[0, 0] == 1.5 and back.stored_sq.tolist() == [5.0] * 2
    with pytest.raises(InvalidInputError, match="day 20000"):
        unpacked_day(replace(made, packed=base64.b64encode(zlib.compress(old[1:].tobytes())).decode()))


def test_saturdays_are_no_workdays() -> None:
    """1970 began on a Thursday."""
    assert [is_workday(each) for each in range(7)] == [True, True, False, False, True, True, True]


def test_who_feeds_a_road_is_found_over_one_road_without_loops() -> None:
    layout = layout_of(town())
    names = [road.road for road in town().roads]
    assert {(names[to], names[of]) for to, of in layout.feeders.T.tolist()} == {("b", "a"), ("c", "a")}
    assert layout.stop.sum() == layout.entry.sum() == 4


@pytest.mark.parametrize(
    ("up", "down", "held"),
    [(0.9, 0.05, True), (0.9, 0.5, False), (0.3, 0.0, False), (0.5, 0.09, True), (np.nan, 0.0, False)],
)
def test_the_california_tests(up: float, down: float, held: bool) -> None:
    asked = Thresholds(0.4, 0.8, 0.1)
    assert california(np.array([up]), np.array([down]), asked).tolist() == [held]
