"""The search for a plan, with a made-up simulation: it keeps the budget, climbs, and does the same again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.tuning import evaluation
from bench.tuning.evaluation import Evaluator, Scored
from bench.tuning.ledger import Ledger
from bench.tuning.plan_search import PlanSearch
from bench.tuning.trial import TrialResult
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.demand_model import DemandModel, demand_model
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World, build_world

TARGET_S = {"360082": 0.45, "360086": 0.55}
CYCLE_S, BUDGET = 52.0, 120


def waiting(part: SignalPlan) -> float:
    """Return a cost with one valley: a cycle, a share of the first split, and an offset."""
    cycle_s = part.cycle_ds / 10
    share = part.splits_ds[0] / part.cycle_ds - TARGET_S.get(part.signal_id, 0.5)
    off = abs((part.offset_ds / part.cycle_ds - 0.3 + 0.5) % 1 - 0.5)
    return 10 * abs(share) + 5 * off + 0.2 * abs(cycle_s - CYCLE_S)


def simulated(settings: Sequence[RunSettings], at_once: int = 1, artery: bool = False) -> list[TrialResult]:
    results = []
    for one in settings:
        assert one.plan is not None
        found = {part.signal_id: waiting(part) for part in one.plan.signals}
        results.append(TrialResult(20 + sum(found.values()) + 0.01 * (one.seed % 7), 0, found))
    return results


@pytest.fixture(scope="module")
def town() -> tuple[World, DemandModel]:
    world = build_world(resolve("cologne3"), PUBLISHED, 25200.0, 28800.0)
    return world, demand_model(world, count_volumes(world.config, world.net, (25200.0, 28800.0)))


def searched(town: tuple[World, DemandModel], folder: Path, budget: int = BUDGET) -> tuple[PlanSearch, Evaluator]:
    evaluator = Evaluator(
        RunSettings("cologne3", "fixed"), "inputs", Ledger(folder / "l.jsonl"), budget, lambda *_: None
    )
    search = PlanSearch(*town, evaluator, (1001,))
    search.run()
    return search, evaluator


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "run_trials", simulated)


def cost(scored: Scored) -> float:
    return scored.delay_s - 20


def test_it_climbs_far_below_its_starts_within_the_budget(town: tuple[World, DemandModel], tmp_path: Path) -> None:
    search, evaluator = searched(town, tmp_path)
    best, *others = search.best(3)
    assert evaluator.spent <= BUDGET
    assert cost(best) < 0.5 * min(cost(start) for start in search.starts)
    assert [one.delay_s for one in others] == sorted(one.delay_s for one in others)
    assert best.delay_s <= others[0].delay_s
    assert search.start.candidate.what == "computed at once"


def test_it_does_the_same_again(town: tuple[World, DemandModel], tmp_path: Path) -> None:
    folders = tmp_path / "a", tmp_path / "b"
    tried = [[(s.candidate.what, s.delay_s) for s in searched(town, f, 60)[1].tried] for f in folders]
    assert tried[0] == tried[1]
    again = searched(town, folders[0], 60)[1]
    assert [(s.candidate.what, s.delay_s) for s in again.tried] == tried[0]
    assert again.made == 0


def test_every_plan_it_tries_is_one_that_the_kernels_keep(town: tuple[World, DemandModel], tmp_path: Path) -> None:
    from signal_ctrl.engine.acceptance import check_plan

    _, evaluator = searched(town, tmp_path, 40)
    sites = tuple(unit.site for unit in town[0].units)
    plans = {one.candidate.plan for one in evaluator.tried if one.candidate.plan is not None}
    assert len(plans) > 20
    for plan in plans:
        check_plan(plan, sites)


def test_only_signals_that_are_no_neighbours_are_moved_together(
    town: tuple[World, DemandModel], tmp_path: Path
) -> None:
    search, _ = searched(town, tmp_path, 30)
    near = town[1].links.neighbours()
    for _ in range(20):
        chosen = search._independent(search.start)
        assert chosen
        assert all(b not in near[a] for a in chosen for b in chosen if a != b)
