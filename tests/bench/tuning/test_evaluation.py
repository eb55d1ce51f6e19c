"""Candidates within a budget: counted, never simulated twice, and out of the question when not valid."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.tuning import evaluation
from bench.tuning.evaluation import HOPELESS_S, BudgetSpentError, Candidate, Evaluator, best_of
from bench.tuning.ledger import Ledger
from bench.tuning.option_search import AXES, search_options
from bench.tuning.trial import TrialResult
from sumo_scenarios.settings import RunSettings

BASE = RunSettings("cologne1", "max_pressure")
SEEDS = (1001, 1002)


class Fake:
    """Stands in for SUMO: the delay is a function of the slot and the seed."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []

    def __call__(self, settings: Sequence[RunSettings], at_once: int = 1, artery: bool = False) -> list[TrialResult]:
        assert len(settings) <= at_once
        return [self.one(s) for s in settings]

    def one(self, settings: RunSettings) -> TrialResult:
        slot_s = float(dict(settings.options).get("slot_s", "10"))
        self.made.append((f"{slot_s:g}", settings.seed))
        invalid = "1 teleports" if slot_s == 20 else ""
        return TrialResult(abs(slot_s - 16) + 0.1 * (settings.seed - 1001), 0, {"a": slot_s}, invalid)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(evaluation, "run_trials", made)
    return made


def evaluator(folder: Path, budget: int = 30, at_once: int = 1) -> Evaluator:
    return Evaluator(BASE, "inputs", Ledger(folder / "l.jsonl"), budget, lambda *_: None, at_once)


def slot(value: str) -> Candidate:
    return Candidate(f"slot {value}", "max_pressure", (("slot_s", value),))


def test_the_mean_over_seeds_counts(tmp_path: Path, fake: Fake) -> None:
    found = evaluator(tmp_path).score([slot("5"), slot("15")], SEEDS)
    assert [one.delay_s for one in found] == pytest.approx([11.05, 1.05])
    assert best_of(found).candidate == slot("15")
    assert found[0].waiting_veh_h == {"a": 5.0}
    assert len(fake.made) == 4


def test_time_on_the_arterial_counts_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = {"5": TrialResult(10.0, 0, {}, "", 60.0), "15": TrialResult(12.0, 0, {}, "", 50.0)}
    asked = []

    def trials(settings: Sequence[RunSettings], at_once: int, artery: bool) -> list[TrialResult]:
        asked.append(artery)
        return [results[dict(one.options)["slot_s"]] for one in settings]

    monkeypatch.setattr(evaluation, "run_trials", trials)
    for weight, best in ((0.0, "5"), (0.1, "5"), (0.3, "15")):
        made = Evaluator(BASE, f"{weight}", Ledger(tmp_path / "l.jsonl"), 9, lambda *_: None, 1, weight)
        found = made.score([slot("5"), slot("15")], SEEDS)
        assert best_of(found).candidate == slot(best)
        assert [one.cost_s for one in found] == pytest.approx([10.0 + 60.0 * weight, 12.0 + 50.0 * weight])
    assert asked == [False] * 4 + [True] * 8, "the demand is read for it only then"


def test_a_run_that_is_not_valid_is_out_of_the_question(tmp_path: Path, fake: Fake) -> None:
    found = evaluator(tmp_path).score([slot("20"), slot("5")], SEEDS)
    assert found[0].delay_s == HOPELESS_S
    assert best_of(found).candidate == slot("5")


def test_the_budget_is_kept_and_its_reserve_with_it(tmp_path: Path, fake: Fake) -> None:
    kept = evaluator(tmp_path, budget=5)
    kept.reserve = 1
    kept.score([slot("5")], SEEDS)
    kept.score([slot("5")], SEEDS)
    assert (kept.spent, kept.left) == (2, 2)
    with pytest.raises(BudgetSpentError):
        kept.score([slot("15"), slot("30")], SEEDS)
    assert len(fake.made) == 2
    kept.score([slot("15")], SEEDS)
    kept.reserve = 0
    kept.score([slot("30")], SEEDS[:1])
    assert (kept.spent, kept.left) == (5, 0)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_what_the_ledger_holds_is_not_simulated_again_and_counts(tmp_path: Path, fake: Fake, at_once: int) -> None:
    first = evaluator(tmp_path, at_once=at_once).score([slot("5"), slot("15")], SEEDS)
    made = len(fake.made)
    again = evaluator(tmp_path, at_once=at_once)
    assert again.score([slot("5"), slot("15")], SEEDS) == first
    assert len(fake.made) == made
    assert (again.spent, again.made) == (4, 0)


def test_a_break_loses_only_what_was_under_way(tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(settings: Sequence[RunSettings], at_once: int = 1, artery: bool = False) -> list[TrialResult]:
        if len(fake.made) == 3:
            raise KeyboardInterrupt
        return fake(settings, at_once)

    monkeypatch.setattr(evaluation, "run_trials", breaks)
    with pytest.raises(KeyboardInterrupt):
        evaluator(tmp_path).score([slot("5"), slot("15")], SEEDS)
    assert len(Ledger(tmp_path / "l.jsonl")) == 3
    monkeypatch.setattr(evaluation, "run_trials", fake)
    evaluator(tmp_path).score([slot("5"), slot("15")], SEEDS)
    assert sorted(fake.made) == sorted((s, seed) for s in ("5", "15") for seed in SEEDS)


def test_the_best_of_the_stated_set_is_found_and_one_that_is_not_valid_is_not(tmp_path: Path, fake: Fake) -> None:
    tried, start, notes = search_options("max_pressure", evaluator(tmp_path), SEEDS)
    best = tried[0]
    assert [one.delay_s for one in tried] == sorted(one.delay_s for one in tried)
    assert tried[-1].delay_s == HOPELESS_S
    assert dict(best.candidate.options) == {"slot_s": "15"}
    assert start.candidate.options == ()
    assert notes == []
    assert {name for name, _ in fake.made} == {"10", *dict(AXES["max_pressure"])["slot_s"]}


def test_a_budget_that_ends_early_is_said_and_the_best_so_far_taken(tmp_path: Path, fake: Fake) -> None:
    (best, *_), _, notes = search_options("max_pressure", evaluator(tmp_path, budget=7), SEEDS)
    assert notes == ["the budget did not hold all values"]
    assert best.delay_s == min(abs(float(s) - 16) + 0.05 for s, _ in fake.made)
