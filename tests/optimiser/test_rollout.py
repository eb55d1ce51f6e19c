"""The rollout's decisions: the cheapest candidate, the same each time, and not put off for ever."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from optimiser import rollout_core
from optimiser.controller import Beside, Situation
from optimiser.rollout import DELAYS_S, RolloutController, is_pressing, settings_at
from optimiser.rollout_model import LATEST_S, seen_of
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.view import JunctionView
from tests.optimiser.slow_rollout import PERMISSIVE, Town, cost_of
from tests.optimiser.towns import candidates, drawn_town, layout_of, random_town, tables_of, view_of

EVERY_STAGE = 16
ROUNDED = 0.0006


def controller_of(town: Town, **changes: float) -> RolloutController:
    rules = asdict(town.rules)
    rules["room_refill_veh_s"] = rules.pop("refill_veh_s")
    settings = RolloutSettings(**{**rules, "late_stages": EVERY_STAGE, "settle_s": 0.0, **changes})
    return RolloutController(layout_of(town), tables_of(town), settings)


def situation_of(town: Town, stage: int, now_s: float = 0.0, shown_s: float = 10.0) -> Situation:
    return Situation(now_s, stage, tuple(sorted(town.allowed)), shown_s)


def towns(n: int) -> list[tuple[int, Town, int]]:
    """Return the first junctions with vehicles: seed, junction, stage lit."""
    found = ((seed, random_town(seed)) for seed in range(3 * n))
    return [(seed, town, seed % len(town.rights)) for seed, town in found if any(town.lanes)][:n]


@pytest.mark.parametrize("block", range(3))
def test_with_one_draw_it_finds_the_cheapest_of_all_candidates(block: int) -> None:
    """With one draw, only what is dearer than the best can be dropped early: the choice is the brute-force minimum."""
    for seed, town, stage in towns(24)[block::3]:
        view = view_of(town, known=False, presence=0.9)
        rows = controller_of(town, draws=1).decide(view, situation_of(town, stage)).candidates
        assert [row[:2] for row in rows] == candidates(town, stage), seed
        drawn = drawn_town(town, view, 0, 1)
        brute = [cost_of(drawn, stage, s, d) for s, d in candidates(town, stage)]
        best = min(range(len(rows)), key=lambda i: rows[i][2])
        assert rows[best][2] == pytest.approx(min(brute), abs=ROUNDED), seed
        assert brute[best] == pytest.approx(min(brute), abs=2 * ROUNDED), seed


def test_costs_are_means_over_the_draws() -> None:
    """With many draws a candidate may be dropped early, but what wins is within the tolerance of any other."""
    for seed, town, stage in towns(10):
        view = view_of(town, known=False)
        rows = controller_of(town, draws=8).decide(view, situation_of(town, stage)).candidates
        draws = [drawn_town(town, view, d, 8) for d in range(8)]
        s, d, cost = min(rows, key=lambda row: row[2])
        assert cost == pytest.approx(sum(cost_of(t, stage, s, d) for t in draws) / 8, abs=ROUNDED), seed
        for other, late_s in candidates(town, stage)[:: 1 + len(rows) // 4]:
            brute = sum(cost_of(t, stage, other, late_s) for t in draws) / 8
            assert cost <= brute * rollout_core.WORSE + rollout_core.WORSE_BY, (seed, other, late_s)


def test_only_the_best_stages_are_tried_late() -> None:
    for seed, town, stage in towns(30):
        others = len(town.allowed - {stage})
        for n_late in (0, 1, 2):
            decide = controller_of(town, late_stages=n_late).decide
            rows = decide(view_of(town), situation_of(town, stage)).candidates
            at_once = sorted((row[2], row[0]) for row in rows[1:] if row[1] == 0.0)
            late = [row[0] for row in rows if row[1] > 0.0]
            assert len(at_once) == others, seed
            assert len(late) == min(n_late, others) * (len(DELAYS_S) - 1), seed
            worst_tried = [cost for cost, _ in at_once][: len(set(late))]
            assert sorted(cost for cost, s in at_once if s in late) == worst_tried, seed


def test_decisions_depend_on_nothing_but_view_and_situation() -> None:
    """A controller that has decided before, and one that has not, decide the same."""
    for seed, town, stage in towns(12):
        fresh, used = controller_of(town, late_stages=2), controller_of(town, late_stages=2)
        for other in range(len(town.rights)):
            used.decide(view_of(town, presence=0.5), Situation(0.0, other, tuple(range(len(town.rights))), 3.0))
        view = view_of(town, known=False)
        expected = fresh.decide(view, situation_of(town, stage))
        assert used.decide(view, situation_of(town, stage)).candidates == expected.candidates, seed
        assert fresh.decide(view, situation_of(town, stage)).candidates == expected.candidates, seed


def test_nobody_changes_nothing() -> None:
    town = random_town(1)
    town = replace(town, lanes=[[] for _ in town.lanes])
    decision = controller_of(town).decide(view_of(town), situation_of(town, 1))
    assert (decision.stage, decision.candidates) == (1, ())


class Fixed(RolloutController):
    """Weighs what a test says."""

    rows: tuple[tuple[int, float, float], ...] = ()

    def _evaluate(self, view: JunctionView, situation: Situation) -> tuple[tuple[int, float, float], ...]:
        return self.rows


def fixed(patience_s: float) -> tuple[Fixed, JunctionView]:
    _, town, _ = towns(1)[0]
    return Fixed(layout_of(town), tables_of(town), RolloutSettings(patience_s=patience_s)), view_of(town)


def put_off(controller: Fixed, view: JunctionView, now_s: float, delay_s: float, stage: int = 1) -> int:
    controller.rows = ((0, 0.0, 9.0), (stage, delay_s, 5.0))
    return controller.decide(view, Situation(now_s, 0, (0, 1, 2), 10.0 + now_s)).stage


def test_where_a_change_takes_long_it_looks_farther_and_goes_in_order() -> None:
    tables, settings = tables_of(towns(1)[0][1]), RolloutSettings()
    quick, slow = (replace(tables, settled_s=np.full_like(tables.settled_s, longest_s)) for longest_s in (20.0, 29.5))
    assert settings_at(settings, quick) == replace(settings, in_order_veh=0.0)
    expected = replace(settings, horizon_s=90, eagerness=settings.slow_eagerness, ageing_s=settings.slow_ageing_s)
    assert settings_at(settings, slow) == expected and expected.in_order_veh > 0.0
    assert settings_at(replace(settings, horizon_s=280), slow).horizon_s == 300


@pytest.mark.parametrize("patience_s", [0.0, 4.0, 10.0])
def test_a_change_is_put_off_only_for_a_while(patience_s: float) -> None:
    """It is first due at 3 s; each second it looks best three seconds later."""
    controller, view = fixed(patience_s)
    chosen = [put_off(controller, view, float(t), 3.0) for t in range(20)]
    assert chosen.index(1) == 3 + patience_s


def test_patience_starts_anew_for_another_stage_and_after_keeping() -> None:
    controller, view = fixed(4.0)
    assert [put_off(controller, view, float(t), 3.0) for t in range(6)] == [0] * 6
    assert [put_off(controller, view, float(t), 3.0, stage=2) for t in range(6, 13)] == [0] * 7
    controller.rows = ((0, 0.0, 1.0), (2, 3.0, 5.0))
    assert controller.decide(view, Situation(13.0, 0, (0, 1, 2), 23.0)).stage == 0
    assert [put_off(controller, view, float(t), 3.0, stage=2) for t in range(14, 21)] == [0] * 7
    assert put_off(controller, view, 21.0, 3.0, stage=2) == 2


@pytest.mark.parametrize(
    ("costs", "presses"),
    [
        ({0.0: 120.0, 2.0: 100.0, 5.0: 201.0}, True),
        ({0.0: 126.0, 2.0: 100.0, 5.0: 201.0}, False),  # now it costs too much
        ({0.0: 120.0, 2.0: 100.0, 5.0: 200.0}, False),  # it may as well come a little later
        ({0.0: 120.0, 2.0: 100.0, 9.0: 900.0}, False),  # there is time
        ({2.0: 100.0, 5.0: 900.0}, False),  # it may not begin now
    ],
)
def test_a_change_presses_where_a_few_seconds_later_it_is_too_late(costs: dict[float, float], presses: bool) -> None:
    candidates = [(0, 0.0, 500.0), *((1, delay_s, cost) for delay_s, cost in costs.items()), (2, 4.0, 999.0)]
    best = next(i for i, candidate in enumerate(candidates) if candidate[2] == 100.0)
    assert is_pressing(candidates, best) is presses


def test_only_a_coupled_signal_does_not_put_off_what_presses() -> None:
    controller, view = fixed(10.0)
    controller.rows = ((0, 0.0, 900.0), (1, 0.0, 120.0), (1, 2.0, 100.0), (1, 5.0, 800.0))
    alone = Situation(5.0, 0, (0, 1), 15.0)
    assert controller.decide(view, alone).stage == 0
    decision = controller.decide(view, replace(alone, beside=Beside(view, 0, (0, 1), 4.0)))
    assert (decision.stage, decision.reason) == (1, "stage 2 now before it is too late")


def test_a_change_that_is_due_comes_at_once() -> None:
    controller, view = fixed(4.0)
    assert put_off(controller, view, 0.0, 0.0) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_s": 9}, {"horizon_s": 301}, {"draws": 0}, {"draws": 65}, {"late_stages": -1}, {"late_stages": 17},
        {"gap_s": -0.1}, {"gap_s": float("nan")}, {"patience_s": 1000.0}, {"eagerness": float("inf")},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        RolloutSettings(**wrong)


def test_a_stage_that_may_hold_turners_settles_before_it_may_be_changed() -> None:
    """There nothing is weighed within three seconds beyond the minimum greens, everything afterwards."""
    met = set()
    for seed, town, stage in towns(60):
        holds = any(
            move.two_step
            and move.group is not None
            and town.rights[stage][move.group] == PERMISSIVE
            and any(k in town.moves[other].yields_to for other in move.yields_to)
            for k, move in enumerate(town.moves)
        )
        met.add(holds)
        decide = controller_of(town, settle_s=3.0).decide
        early = decide(view_of(town), situation_of(town, stage, shown_s=2.9))
        assert bool(early.candidates) is not holds, seed
        assert early.stage == stage or not holds, seed
        assert decide(view_of(town), situation_of(town, stage, shown_s=3.0)).candidates, seed
    assert met == {True, False}


def test_only_what_may_begin_just_now_is_a_candidate() -> None:
    for seed, town, stage in towns(10):
        others = [s for s in sorted(town.allowed) if s != stage][:1]
        situation = replace(situation_of(town, stage), offered=tuple(others))
        decision = controller_of(town, draws=1).decide(view_of(town, known=True), situation)
        assert {row[0] for row in decision.candidates} <= {stage, *others}, seed
        assert decision.stage in {stage, *others}


@pytest.mark.parametrize(("vehicles", "draws"), [(1, 8), (64, 8), (128, 4), (512, 2)])
def test_the_more_vehicles_there_are_the_fewer_draws_it_takes(vehicles: int, draws: int) -> None:
    view = view_of(random_town(1))
    view.n_vehicles[:] = 0
    view.n_vehicles[0] = vehicles
    assert seen_of(view, RolloutSettings()).drawn.shape[0] == draws


def test_waiting_and_crowding_count() -> None:
    town = random_town(1)
    view = replace(view_of(town), crowded=np.array([0.5] + [0.0] * (len(town.lanes) - 1)))
    view.late_s[:] = 0.0
    view.late_s[0, :3] = (0.0, 60.0, 1e6)
    weight = seen_of(view, RolloutSettings(ageing_s=30.0, crowding=2.0)).weight
    assert weight[0, :3].tolist() == [2.0, 4.0, 2.0 + LATEST_S / 30.0]
    assert weight[1, 0] == 1.0


def test_without_word_of_waiting_everybody_counts_the_same() -> None:
    view = replace(view_of(random_town(1)), late_s=np.zeros(0), permissive_s=np.zeros(0))
    seen = seen_of(view, RolloutSettings(permissive_headway_s=3.0))
    assert np.unique(seen.weight).tolist() == [1.0]
    assert np.unique(seen.permissive_s).tolist() == [3.0]


def test_nobody_ages_at_once() -> None:
    with pytest.raises(InvalidInputError, match="ageing_s"):
        RolloutSettings(ageing_s=0.5)


def test_a_vehicle_of_many_persons_counts_as_many_cars() -> None:
    """The oracle's weights are those of the waiting so far times those of the view."""
    for seed, town, stage in towns(8):
        plain = view_of(town, known=False)
        weight = np.where(np.arange(plain.eta_s.size).reshape(plain.eta_s.shape) % 5 == 2, 20.0, 1.0)
        own = town.weights or [[1.0] * len(vehicles) for vehicles in town.lanes]
        heavy = [[weight[k, j] * each for j, each in enumerate(lane)] for k, lane in enumerate(own)]
        rows = controller_of(town, draws=1).decide(replace(plain, weight=weight), situation_of(town, stage)).candidates
        persons = [weight[k, : len(lane)].tolist() for k, lane in enumerate(own)]
        drawn = drawn_town(replace(town, weights=heavy, persons=persons), plain, 0, 1)
        cheapest = min(cost_of(drawn, stage, s, d) for s, d in candidates(town, stage))
        assert min(row[2] for row in rows) == pytest.approx(cheapest, abs=ROUNDED), seed


def test_weights_of_one_change_nothing() -> None:
    for seed, town, stage in towns(12):
        view = view_of(town, known=False, presence=0.9)
        told = replace(view, weight=np.ones_like(view.eta_s), share_from=np.full_like(view.eta_s, -1.0))
        plain = controller_of(town).decide(view, situation_of(town, stage))
        assert controller_of(town).decide(told, situation_of(town, stage)) == plain, seed


def test_on_a_lane_for_bicycles_a_vehicle_counts_by_its_persons() -> None:
    """Lanes that count less in the layout decide as views that say so of every vehicle on them."""
    for seed, town, stage in towns(8):
        layout, view = layout_of(town), view_of(town, known=False)
        cars = np.where(np.arange(len(layout.lanes)) % 2, 1.0 / 1.3, 1.0)
        lanes = tuple(replace(lane, cars=float(c)) for lane, c in zip(layout.lanes, cars, strict=True))
        told = replace(view, weight=np.broadcast_to(cars[:, None], view.eta_s.shape).copy())
        settings = controller_of(town).settings
        ours = RolloutController(replace(layout, lanes=lanes), tables_of(town), settings)
        theirs = RolloutController(layout, tables_of(town), settings)
        situation = situation_of(town, stage)
        assert ours.decide(view, situation).candidates == theirs.decide(told, situation).candidates, seed
