"""The search in the network model, on two crossroads in a row."""

import numpy as np
import pytest

from optimiser.cycle_search import search_cycles
from optimiser.cycle_split import Streams
from optimiser.link_model import LinkNetwork
from optimiser.network_index import (
    IndexWeights,
    ModelSettings,
    NetworkModel,
    Rights,
    Storage,
    service_of,
)
from optimiser.network_plan import PlannedSignal, Timing, isolated, stage_orders
from optimiser.network_problem import NetworkProblem, part_of
from optimiser.network_search import Descent, Effort, pairwise, search, with_offsets
from optimiser.offset_tables import offset_tables
from optimiser.subareas import chosen, coupling_index, subareas
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN, MAIN_STAGE, SIDE, SIDE_STAGE, crossroads

SITE = crossroads()
TABLES = stage_tables(Kernel(SITE))
WEIGHT = np.array([[int(stage.rights[g]) >= 2 for stage in SITE.stages] for g in (MAIN, SIDE)]) * 1.0
STREAMS = Streams(np.array([0.15, 0.05]), np.array([0.5, 0.5]), np.array([MAIN, SIDE]), WEIGHT)
ALL = (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)
SIGNAL = PlannedSignal(SITE, TABLES, STREAMS, ALL)
START = (Timing(ALL, (20, 15, 15)),) * 2
EXACT = ModelSettings(start_s=2.0, gain_s=0.0, saturation=1.0, stop_loss_s=0.0, random="none")
GO = Effort(pairs_limit_s=2.0, random_starts=1)


def problem(travel_s: int = 20, room_veh: float = 50.0, settings: ModelSettings = EXACT, n: int = 2) -> NetworkProblem:
    """Return crossroads whose main streams feed each other in a row."""
    flow = np.tile([0.15, 0.05], n)
    entering = flow.copy()
    entering[2::2] = 0.0
    links = LinkNetwork(
        flow, np.full(2 * n, 0.5), entering, np.arange(0, 2 * n + 1, 2), np.arange(0, 2 * n - 2, 2),
        np.arange(2, 2 * n, 2), np.ones(n - 1), np.full(n - 1, float(travel_s)),
    )  # fmt: skip
    nobody = np.zeros(0, dtype=np.int64)
    rights = Rights(nobody, np.zeros(2 * n + 1, dtype=np.int64), np.ones(2 * n), np.ones(2 * n, bool), np.zeros(2 * n))
    storage = Storage(np.arange(2 * n), np.full(2 * n, room_veh), np.arange(2 * n), np.zeros(2 * n))
    model = NetworkModel(links, np.full(n - 1, travel_s), np.full(n - 1, 0.5), rights, storage, settings)
    return NetworkProblem((SIGNAL,) * n, model, IndexWeights(), lambda _i, _t: True)


def alone(index: int, cycle_s: int) -> list[Timing]:
    return isolated(SIGNAL, stage_orders(SIGNAL), cycle_s, lambda _t: True, 3)


def test_service_is_the_green_of_the_kernel() -> None:
    """Main is green from 5.0 to 27.5 s of the cycle, side from 39 to 50 s; 2 s are lost at the start."""
    own = (np.ones(2, dtype=np.bool_), np.zeros(2))
    service = service_of(TABLES, STREAMS.group, own, (ALL, (20, 15, 15), 0), EXACT)
    assert service.part[0].sum() == pytest.approx(27.5 - 7.0)
    assert service.part[1].sum() == pytest.approx(50.0 - 41.0)
    longer = service_of(TABLES, STREAMS.group, own, (ALL, (20, 15, 15), 0), ModelSettings(start_s=1.0, gain_s=1.0))
    assert longer.part[0].sum() == pytest.approx(28.5 - 6.0)
    turned = service_of(TABLES, STREAMS.group, own, (ALL, (20, 15, 15), 7), EXACT)
    assert np.array_equal(turned.part, np.roll(service.part, 7, axis=1))


def test_even_arrivals_wait_as_the_uniform_delay_says() -> None:
    """The first signal: d1 = 0.5 C (1 - g / C)^2 / (1 - y) with g = 20.5 and 9 s of C = 50 s."""
    found = problem().evaluation(START)
    for stream, green_s, flow in ((0, 20.5, 0.15), (1, 9.0, 0.05)):
        wanted_s = 0.5 * 50 * (1 - green_s / 50) ** 2 / (1 - flow / 0.5)
        assert found.delay_veh[stream] / flow == pytest.approx(wanted_s, abs=0.5)  # half a second of the steps
        assert found.saturation[stream] == pytest.approx(flow / (0.5 * green_s / 50))


def test_pairs_find_the_green_wave_that_every_offset_tried_finds() -> None:
    own = problem()
    pairs = pairwise(own, START, 5.0)
    best_s = min(own.index_s(with_offsets(START, (0, t))) for t in range(50))
    assert pairs.proven
    assert own.index_s(with_offsets(START, pairs.offsets_s)) == pytest.approx(best_s, rel=1e-6)


def test_the_table_of_a_pair_is_what_the_whole_model_says_of_two() -> None:
    own = problem()
    table = offset_tables(own, START)[0, 1]
    whole = np.array([own.evaluation(with_offsets(START, (0, t))).index(own.weights) for t in range(50)])
    assert np.allclose(table - table.min(), whole - whole.min(), atol=2e-3)


def test_the_search_never_ends_above_its_starts_and_tells_best_and_median() -> None:
    at_hand = with_offsets((START[0],) * 3, (0, 7, 30))
    found = search(problem(n=3), [("at hand", at_hand), ("again", at_hand)], GO)
    assert [start.what for start in found.starts] == ["pairs", "at hand", "no offsets", "random 1"]
    assert all(start.end_s <= start.begin_s + 1e-9 for start in found.starts)
    assert found.index_s == pytest.approx(min(start.end_s for start in found.starts))
    assert found.median_s >= found.index_s
    assert problem(n=3).index_s(found.timings) == pytest.approx(found.index_s)
    assert search(problem(n=3), [("at hand", at_hand)], GO).timings == found.timings


def test_splits_move_only_where_the_kernel_keeps_them() -> None:
    own = problem()
    stubborn = NetworkProblem(own.signals, own.model, own.weights, lambda _i, t: t.splits_s == (20, 15, 15))
    descent = Descent(stubborn, START, lambda: True)
    descent.run()
    assert {timing.splits_s for timing in descent.timings} == {(20, 15, 15)}


def test_a_search_that_may_not_go_on_ends_with_a_plan() -> None:
    found = search(problem(), [("at hand", START)], Effort(1.0, 0, 1, lambda: False))
    assert found.stopped
    assert len(found.timings) == 2


def test_a_queue_longer_than_its_link_is_charged() -> None:
    free, short = problem().evaluation(START), problem(room_veh=2.0).evaluation(START)
    assert free.excess_veh.sum() == 0
    assert short.excess_veh.sum() > 0
    weights = IndexWeights(excess=5.0)
    assert short.index(weights) == pytest.approx(free.index(weights) + 5.0 * short.excess_veh.sum())


def test_stops_and_delay_count_by_their_weights() -> None:
    found = problem().evaluation(START)
    delay, stops = float(found.delay_veh.sum()), float(found.stops_veh_s.sum())
    assert found.index(IndexWeights(2.0, 7.0, 0.0)) == pytest.approx(2 * delay + 7 * stops)
    with pytest.raises(InvalidInputError, match="0 or more"):
        IndexWeights(stop_s=-1.0)
    with pytest.raises(InvalidInputError, match="0 or more"):
        IndexWeights(delay=float("nan"))


def test_a_part_counts_as_the_whole_where_nothing_is_cut() -> None:
    own = problem()
    assert part_of(own, [0, 1]).index_s(START) == pytest.approx(own.index_s(START))
    cut = part_of(own, [1])
    assert cut.model.links.entering_veh_s.tolist() == [0.15, 0.05]
    assert len(cut.model.links.fed) == 0


def test_the_best_of_a_range_of_cycles_is_taken() -> None:
    found, looks = search_cycles(problem(), alone, (50, 60, 90), GO)
    assert {look.cycle_s for look in looks} == {50, 60, 90}
    assert [look.index_s for look in looks] == sorted(look.index_s for look in looks)
    assert found.timings[0].cycle_s in (50, 60, 90)
    assert found.index_s <= looks[0].index_s + 1e-9


def test_a_cycle_that_fits_nobody_is_refused_by_signal_and_rule() -> None:
    with pytest.raises(InvalidInputError, match="no cycle of 12 s serves signal crossroads: its changes and minimum"):
        search_cycles(problem(), alone, (12,), GO)


@pytest.mark.parametrize("cycle_s", [5, 12, 18])
def test_the_minimums_that_a_cycle_cannot_hold_are_named_and_none_needlessly(cycle_s: int) -> None:
    with pytest.raises(InvalidInputError, match="these alone are more than the cycle: ") as caught:
        search_cycles(problem(), alone, (cycle_s,), GO)
    named = str(caught.value).partition("these alone are more than the cycle: ")[2].partition(";")[0]
    least_s = [float(one.split()[-2]) for one in named.split(", ")]
    assert sum(least_s) > cycle_s
    assert all(sum(least_s) - one <= cycle_s for one in least_s)


@pytest.mark.parametrize("wrong", [{"start_s": -1.0}, {"saturation": 0.0}, {"random": "dice"}, {"period_h": 0.0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        ModelSettings(**wrong)  # type: ignore[arg-type]


def test_subareas_part_where_links_couple_little() -> None:
    coupling = coupling_index({(0, 1): 300.0, (1, 0): 300.0, (1, 2): 90.0}, {(0, 1): 200.0, (1, 2): 300.0})
    assert coupling == {(0, 1): pytest.approx(3.0), (1, 2): pytest.approx(0.3)}
    assert subareas(3, coupling) == [[0, 1], [2]]
    assert subareas(3, coupling, 0.2) == [[0, 1, 2]]
    with pytest.raises(InvalidInputError, match="length above 0"):
        coupling_index({(0, 1): 1.0}, {(0, 1): 0.0})


def test_signals_are_chosen_by_name() -> None:
    assert chosen(("a", "b", "c"), ("c", "a")) == [0, 2]
    with pytest.raises(InvalidInputError, match="signal d is not among"):
        chosen(("a", "b"), ("d",))
    with pytest.raises(InvalidInputError, match="signal a is named twice"):
        chosen(("a", "b"), ("a", "a"))


def test_a_cycle_that_k4_does_not_let_be_names_the_groups_whose_limits_conflict() -> None:
    with pytest.raises(InvalidInputError, match=r"at 290 s these cannot hold together \(K4\): maximum ") as caught:
        search_cycles(problem(), lambda index, cycle_s: (), (290, 300), GO)
    assert "of group " in str(caught.value) and "(90 s)" in str(caught.value)


@pytest.mark.parametrize(("cycle_s", "conflict"), [(60.0, False), (120.0, True), (300.0, True)])
def test_limits_of_service_conflict_as_trying_all_splits_says(cycle_s: float, conflict: bool) -> None:
    from itertools import product

    from optimiser.service_limits import conflicting_service

    own = problem()
    site, stages = own.signals[0].site, tuple(own.signals[0].choice)
    least_s = own.least_s(0, stages)
    found = conflicting_service(site, stages, least_s, cycle_s)

    def held(limits: object) -> bool:
        free = [range(int(np.ceil(low)), int(cycle_s) + 1, 5) for low in least_s[:-1]]
        for splits in product(*free):
            last_s = cycle_s - sum(splits)
            whole = (*splits, last_s)
            if last_s >= least_s[-1] and all(sum(whole[k] for k in one.places) <= one.most_s for one in limits):
                return True
        return False

    assert bool(found) is conflict
    assert not found or not held(found)
    for one in found:
        assert held([other for other in found if other is not one])
