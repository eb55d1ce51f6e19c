"""Measured saturation of an arterial's signals, and from when on its wave is kept."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.arterial_demand import ArterialDemand, MeasuredSaturation
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import ApproachLane, Exit, JunctionLayout, Movement
from signal_ctrl.domain.view import JunctionView

HEADWAY_S = 2.0
LANES = 2


def layout() -> JunctionLayout:
    """Return two lanes that cross: a stage for each, and a third that lets the second yield beside the first."""
    lanes = tuple(ApproachLane(f"l{k}", f"e{k}", 200.0, 13.9, (k,), (), False) for k in range(LANES))
    moves = tuple(Movement(k, k, k, k, 20.0, "s", ()) for k in range(LANES))
    exits = tuple(Exit(f"x{k}", 200.0, 13.9, "", -1, 200.0) for k in range(LANES))
    return JunctionLayout("a", lanes, moves, exits, (), ())


def tables(settled_s: float = 3.0) -> StageTables:
    right = np.array([[3, 0], [0, 3], [3, 2]])
    settled = np.full((3, 3), settled_s) - settled_s * np.eye(3)
    return StageTables(right, np.zeros((3, 3, 2)), np.zeros((3, 3, 2)), settled, np.full(3, 5.0))


class Road:
    """Vehicles come into view evenly with a flow on each lane, and stay there for 20 s."""

    def __init__(self, flows_veh_s: tuple[float, float]) -> None:
        self._due = [0.0, 0.0]
        self._flows = flows_veh_s
        self._there: list[list[tuple[int, float]]] = [[], []]
        self._number = 0

    def view(self, now_s: float) -> JunctionView:
        """Return what is to be seen, after one more second."""
        for lane, flow in enumerate(self._flows):
            self._there[lane] = [each for each in self._there[lane] if each[1] > now_s]
            self._due[lane] += flow
            if self._due[lane] >= 1.0:
                self._due[lane] -= 1.0
                self._number += 1
                self._there[lane].append((self._number, now_s + 20.0))
        key = np.full((LANES, 40), -1)
        presence = np.zeros((LANES, 40))
        for lane, there in enumerate(self._there):
            key[lane, : len(there)] = [number for number, _ in there]
            presence[lane, : len(there)] = 1.0
        n = np.array([len(there) for there in self._there])
        ones = np.ones(LANES)
        return JunctionView(
            n, np.zeros((LANES, 40)), np.full((LANES, 40), -1), presence, key, np.zeros(LANES, dtype=np.int64), ones,
            ones, ones, ones, np.full(LANES, HEADWAY_S), np.zeros(LANES, dtype=np.bool_),
        )  # fmt: skip


def saturation(flows_veh_s: tuple[float, float], stages: tuple[int, ...] = (0, 1), seconds: int = 3600) -> float:
    measured, road = MeasuredSaturation(layout(), tables(), stages, 60.0), Road(flows_veh_s)
    for now_s in range(seconds):
        measured.take(road.view(float(now_s)), float(now_s))
    return measured.value


def test_it_is_flow_over_saturation_flow_over_the_useful_share_of_the_cycle() -> None:
    expected = (0.2 + 0.15) * HEADWAY_S / (1.0 - 2 * 3.0 / 60.0)
    assert saturation((0.2, 0.15)) == pytest.approx(expected, rel=0.03)


def test_it_is_known_after_a_minute_and_not_too_low_then() -> None:
    assert saturation((0.3, 0.1), seconds=90) == pytest.approx(0.89, rel=0.1)


def test_more_than_can_be_served_passes_one_and_an_unserved_lane_is_the_most() -> None:
    assert saturation((0.4, 0.4)) > 1.5
    assert saturation((0.1, 0.1), stages=(0,)) == 2.0


def test_who_yields_has_part_of_a_stage() -> None:
    """Lane 2 has half of stage 3: 0.1 veh/s of 2 s each need 0.4 of the cycle, in which lane 1 is served as well."""
    assert saturation((0.1, 0.1), stages=(2,)) == pytest.approx(0.4, rel=0.03)


def test_an_empty_road_has_none() -> None:
    assert saturation((0.0, 0.0)) == 0.0


def test_the_wave_is_kept_from_a_saturation_on_and_left_clearly_below_it() -> None:
    measured = MeasuredSaturation(layout(), tables(), (0, 1), 60.0)
    demand = ArterialDemand(0.5, {"a": measured})
    road = Road((0.0, 0.0))
    for value, held in ((0.3, False), (0.49, False), (0.5, True), (0.45, True), (0.39, False), (0.45, False)):
        measured.value = value
        measured._judged_s = 1e9  # the value stands
        assert demand.holds("a", road.view(0.0), 0.0) is held, value


def test_the_busiest_signal_counts() -> None:
    both = {name: MeasuredSaturation(layout(), tables(), (0, 1), 60.0) for name in "ab"}
    for each, value in zip(both.values(), (0.2, 0.9), strict=True):
        each.value, each._judged_s = value, 1e9
    assert ArterialDemand(0.5, both).holds("a", Road((0.0, 0.0)).view(0.0), 0.0)


def test_a_vehicle_that_is_not_sure_counts_in_part() -> None:
    measured, road = MeasuredSaturation(layout(), tables(), (0, 1), 60.0), Road((0.2, 0.15))
    for now_s in range(1800):
        view = road.view(float(now_s))
        measured.take(replace(view, presence=0.5 * view.presence), float(now_s))
    assert measured.value == pytest.approx(0.39, rel=0.03)


def test_a_share_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="degree of saturation"):
        ArterialDemand(-0.1, {})
