"""The link model: a hand-made platoon, a green wave found, and what a second implementation says of the queue."""

import numpy as np
import pytest

from optimiser.cycle_split import Streams
from optimiser.link_model import LinkNetwork, network_delay_s, service_veh_s, stream_costs
from optimiser.network_plan import NetworkPlanner, PlannedSignal, Timing
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN, MAIN_STAGE, SIDE, SIDE_STAGE, crossroads

SITE = crossroads()
TABLES = stage_tables(Kernel(SITE))
WEIGHT = np.array([[int(stage.rights[g]) >= 2 for stage in SITE.stages] for g in (MAIN, SIDE)]) * 1.0
STREAMS = Streams(np.array([0.15, 0.05]), np.array([0.5, 0.5]), np.array([MAIN, SIDE]), WEIGHT)
ALL = (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)
SPLITS = np.array([20.0, 15.0, 15.0])


def chain(travel_s: float, share: float = 1.0) -> LinkNetwork:
    """Return two such signals; the first one's main stream feeds the second one's."""
    flow = np.array([0.15, 0.05, 0.15, 0.05])
    entering = flow.copy()
    entering[2] -= 0.15 * share
    return LinkNetwork(
        flow, np.full(4, 0.5), entering, np.array([0, 2, 4]), np.array([0]), np.array([2]), np.array([share]),
        np.array([travel_s]),
    )  # fmt: skip


def test_service_is_the_green_of_the_kernel() -> None:
    """Main is green from 5.0 to 27.5 s of the cycle, side from 39 to 50 s, 2 s lost; an offset turns the clock."""
    service = service_veh_s(TABLES, STREAMS, ALL, SPLITS, 0)
    assert [t for t in range(50) if service[0, t] > 0] == list(range(7, 28))
    assert [t for t in range(50) if service[1, t] > 0] == list(range(41, 50))
    assert service.max() == 0.5
    assert np.array_equal(service_veh_s(TABLES, STREAMS, ALL, SPLITS, 7), np.roll(service, 7, axis=1))


def test_even_arrivals_wait_as_the_uniform_delay_says() -> None:
    """One stream, green 25 of 50 s: the queue's area is q C (1 - g/C)^2 / 2 (1 - y) per vehicle and cycle."""
    service = np.zeros((1, 50))
    service[0, 10:35] = 0.5
    one = LinkNetwork(
        np.array([0.1]), np.array([0.5]), np.array([0.1]), np.array([0, 1]), np.zeros(0, np.int64), np.zeros(0, np.int64),
        np.zeros(0), np.zeros(0),
    )  # fmt: skip
    uniform_s = 50 * 0.5**2 / (2 * (1 - 0.2))
    overflow_s = 900 * 0.25 * (-0.6 + np.sqrt(0.36 + 4 * 0.4 / (900 * 0.25)))
    assert network_delay_s(one, service, stop_s=0.0) == pytest.approx(uniform_s + overflow_s, rel=0.02)


def test_a_platoon_that_arrives_at_green_waits_less_than_one_at_red() -> None:
    service = service_veh_s(TABLES, STREAMS, ALL, SPLITS, 0)
    costs = []
    for offset_s in range(50):
        both = np.vstack([service, np.roll(service, offset_s, axis=1)])
        costs.append(stream_costs(chain(20.0), both)[2])
    assert costs.index(min(costs)) in range(18, 24)
    assert max(costs) > 4 * min(costs)


def test_what_leaves_is_what_arrives() -> None:
    service = service_veh_s(TABLES, STREAMS, ALL, SPLITS, 0)
    both = np.vstack([service, service])
    alone = stream_costs(chain(20.0, 0.0), both)
    assert alone[2] == pytest.approx(alone[0])


def test_the_planner_finds_the_green_wave_and_keeps_to_the_kernels_word() -> None:
    signals = [PlannedSignal(SITE, TABLES, STREAMS, ALL)] * 2
    planner = NetworkPlanner(signals, chain(20.0), lambda index, timing: timing.splits_s == (20, 15, 15))
    start = [Timing(ALL, (20, 15, 15), 0)] * 2
    found = planner.coordinated(start)
    assert {timing.splits_s for timing in found} == {(20, 15, 15)}
    best_s = min(planner.delay_s([start[0], start[0]._replace(offset_s=t)]) for t in range(50))
    assert planner.delay_s(found) == pytest.approx(best_s, rel=1e-6)
    assert planner.delay_s(found) < planner.delay_s(start)


def test_a_planner_that_may_not_go_on_keeps_what_it_has() -> None:
    signals = [PlannedSignal(SITE, TABLES, STREAMS, ALL)] * 2
    planner = NetworkPlanner(signals, chain(20.0), lambda index, timing: True)
    start = [Timing(ALL, (20, 15, 15), 0)] * 2
    asked = []

    def once() -> bool:
        asked.append(None)
        return len(asked) == 1

    assert planner.coordinated(start, may_go_on=lambda: False) == tuple(start)
    moved = planner.coordinated(start, may_go_on=once)
    assert sum(a != b for a, b in zip(moved, start, strict=True)) == 1, "the first signal alone"
    assert planner.plan(60, lambda: False) is not None


def test_no_plan_where_the_kernel_keeps_none() -> None:
    signals = [PlannedSignal(SITE, TABLES, STREAMS, ALL)] * 2
    assert NetworkPlanner(signals, chain(20.0), lambda index, timing: False).plan(60) is None
