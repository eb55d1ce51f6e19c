"""Comparisons: paired by seed, nothing averaged that is not valid, nothing made to look better than it is."""

import json
from typing import Any

import pytest

from bench.comparisons import compare_groups, compare_rows
from bench.pairing import groups_of
from tests.bench.rows import row, runs

FIXED = [40.0, 44.0, 39.0, 47.0, 41.0]
OURS = [30.0, 33.0, 31.0, 36.0, 30.0]


def only(found: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(found) == 1
    return found[0]


def test_a_pair_by_hand() -> None:
    """Differences -10, -11, -8, -11, -11: mean -10.2, deviation 1.3038, 2.776 · 1.3038 / sqrt(5) = 1.619."""
    found = only(compare_rows([*runs("fixed", FIXED), *runs("adaptive", OURS)], None))
    assert (found["controller"], found["baseline"]) == ("adaptive", "fixed")
    assert found["mean_difference_s"] == pytest.approx(-10.2)
    assert found["ci95"] == pytest.approx([-11.8189, -8.5811], abs=1e-3)
    assert found["seeds"] == [1, 2, 3, 4, 5] and found["n"] == 5 and found["unit"] == "seed"
    assert (found["worst_seed"], found["worst_difference_s"]) == (3, -8.0)
    assert found["mean_s"] == 32.0 and found["baseline_mean_s"] == 42.2
    assert found["relative_difference"] == pytest.approx(-10.2 / 42.2, abs=1e-4)
    assert found["p_better"] == 1.0 and found["p_sign"] == found["p_wilcoxon"] == 0.0625
    assert found["p_t"] == found["p_holm"] == pytest.approx(0.000063, abs=2e-6)
    assert found["verdict"] == "better"
    assert found["precision_s"] == pytest.approx(0.422)
    assert found["seeds_needed"] == 40  # (t(39) 2.0227 · 1.3038 / 0.422)² = 39.05


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [*runs("fixed", FIXED), *runs("adaptive", OURS)]
    assert compare_rows(rows, None) == compare_rows(rows[::-1], None)


def test_seeds_are_paired_not_merely_averaged() -> None:
    """Both spread by 60 s over the seeds, but the difference hardly does: only pairing sees it."""
    fixed = runs("fixed", [20.0, 80.0, 50.0, 65.0])
    found = only(compare_rows([*fixed, *reversed(runs("adaptive", [19.0, 79.1, 48.9, 64.0]))], None))
    assert found["verdict"] == "better"
    assert found["ci95"][1] < -0.8


def test_an_invalid_run_is_counted_and_named_and_never_averaged() -> None:
    bad = row("adaptive", 2, 1.0, valid=False, invalid=["3 teleports"])
    found = only(
        compare_rows([*runs("fixed", FIXED), *(r for r in runs("adaptive", OURS) if r["seed"] != 2), bad], None)
    )
    assert found["seeds"] == [1, 3, 4, 5]
    assert found["mean_difference_s"] == pytest.approx(-10.0)
    assert found["invalid"] == found["invalid_own"] == 1
    assert found["invalid_runs"] == [{"run_dir": bad["run_dir"], "reason": "3 teleports"}]
    assert found["left_out"][0]["seed"] == 2 and "3 teleports" in found["left_out"][0]["reason"]
    assert found["verdict"] == "not valid", "who loses its hard seeds must not win by the easy ones"


@pytest.mark.parametrize(
    "bad",
    [{"valid": False, "invalid": ["x"]}, {"status": "failed"}, {"status": "missing"}, {"delay_s_per_vehicle": None}],
)
def test_the_baselines_invalid_run_is_left_out_on_both_sides(bad: dict[str, Any]) -> None:
    fixed = runs("fixed", FIXED)
    fixed[3] = {**fixed[3], **bad}
    found = only(compare_rows([*fixed, *runs("adaptive", OURS)], None))
    assert 4 not in found["seeds"] and found["invalid"] == 1 and found["invalid_own"] == 0
    assert found["verdict"] == "better"
    assert found["mean_s"] == 31.0, "the controller's run of a seed without a partner does not count either"


def test_seeds_of_one_side_alone_make_no_pair() -> None:
    found = only(compare_rows([*runs("fixed", FIXED[:2]), *runs("adaptive", OURS)], None))
    assert found["seeds"] == [1, 2]
    assert [each["seed"] for each in found["left_out"]] == [3, 4, 5]
    assert "not run" in found["left_out"][0]["reason"]


def test_without_any_pair_there_is_no_figure_and_no_verdict() -> None:
    found = only(compare_rows([row("fixed", 1, 40.0), row("adaptive", 2, 10.0)], None))
    for name in (
        "mean_difference_s",
        "ci95",
        "ci95_bootstrap",
        "worst_seed",
        "p_better",
        "p_t",
        "p_holm",
        "seeds_needed",
    ):
        assert found[name] is None
    assert found["n"] == 0 and found["verdict"] == "no evidence"


def test_one_seed_has_a_difference_but_no_interval() -> None:
    found = only(compare_rows([row("fixed", 1, 40.0), row("adaptive", 1, 10.0)], None))
    assert found["mean_difference_s"] == -30.0
    assert found["ci95"] is None and found["verdict"] == "no evidence"


@pytest.mark.parametrize(
    ("controllers", "wanted", "baseline"),
    [
        (("net", "actuated", "fixed", "adaptive"), None, "fixed"),
        (("net", "actuated", "adaptive"), None, "actuated"),
        (("net", "adaptive"), None, "net"),
        (("net", "actuated", "fixed", "adaptive"), "net", "net"),
    ],
)
def test_the_baseline(controllers: tuple[str, ...], wanted: str | None, baseline: str) -> None:
    rows = [each for name in controllers for each in runs(name, FIXED)]
    found = compare_rows(rows, wanted)
    assert {each["baseline"] for each in found} == {baseline}
    assert {each["controller"] for each in found} == set(controllers) - {baseline}


def test_without_a_baseline_there_is_no_comparison() -> None:
    assert compare_rows(runs("adaptive", OURS), None) == []
    assert compare_rows(runs("adaptive", OURS), "fixed") == []
    assert compare_rows([], None) == []


def test_what_was_run_apart_is_compared_apart() -> None:
    rows = []
    for scale in (0.8, 1.2):
        for scenario in ("town", "village"):
            more = {"scale": scale, "scenario": scenario}
            rows += [*runs("fixed", FIXED, **more), *runs("adaptive", [scale * value for value in FIXED], **more)]
    found = compare_rows(rows, None)
    assert {(each["scenario"], each["scale"]) for each in found} == {
        (name, scale) for name in ("town", "village") for scale in (0.8, 1.2)
    }
    assert {each["scale"]: each["verdict"] for each in found} == {0.8: "better", 1.2: "worse"}


def test_sensings_are_compared_with_their_own_baseline() -> None:
    rows = [
        *runs("max_pressure", FIXED), *runs("max_pressure", [20.0] * 5, sensing="positions"),
        *runs("adaptive", OURS), *runs("adaptive", [19.0] * 5, sensing="positions"),
    ]  # fmt: skip
    found = {(c["controller"], c["sensing"]): c["baseline_sensing"] for c in compare_rows(rows, "max_pressure")}
    assert found == {
        ("adaptive", "loops"): "loops",
        ("adaptive", "positions"): "positions",
        ("max_pressure", "positions"): "loops",
    }


def test_several_demands_count_once_each() -> None:
    """Ten drivers on each of three demands are three values, not thirty."""
    rows = []
    for demand_seed, gain in ((1, 1.0), (2, 5.0), (3, -3.0)):
        for seed in range(1, 11):
            rows.append(row("fixed", seed, 40.0, demand_seed=demand_seed))
            rows.append(row("adaptive", seed, 40.0 - gain, demand_seed=demand_seed))
    found = only(compare_rows(rows, None))
    assert (found["unit"], found["n"], len(found["pairs"])) == ("demand seed", 3, 30)
    assert found["mean_difference_s"] == pytest.approx(-1.0)
    assert found["ci95"] == pytest.approx([-10.937, 8.937], abs=1e-3)  # deviation 4, t(2) = 4.303
    assert found["verdict"] == "no evidence"


def test_many_comparisons_raise_the_bar() -> None:
    rows = []
    for k in range(10):
        rows += [*runs("fixed", FIXED, scenario=f"town{k}"), *runs("adaptive", OURS, scenario=f"town{k}")]
    found = compare_rows(rows, None)
    assert all(each["p_holm"] == pytest.approx(10 * each["p_t"], abs=1e-5) for each in found)


def test_the_precision_is_the_callers() -> None:
    ours, fixed = groups_of([*runs("adaptive", OURS), *runs("fixed", FIXED)])
    assert compare_groups(ours, fixed, precision=0.1)["seeds_needed"] < compare_groups(ours, fixed)["seeds_needed"]


def test_comparisons_are_json() -> None:
    found = compare_rows([*runs("fixed", FIXED), *runs("adaptive", OURS[:1])], None)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_means_and_their_difference_are_over_the_same_units() -> None:
    """Demand 1 has three drivers, demand 2 lost two of its: each demand counts once in the means as in the difference.

    By hand: (30 + 90) / 2 against (40 + 78) / 2; over the four pairs it would be 45 against 49.5: better, not worse.
    """
    rows = [
        row(name, seed, delay_s, demand_seed=1)
        for name, delay_s in (("fixed", 40.0), ("adaptive", 30.0))
        for seed in (1, 2, 3)
    ]
    rows += [row("fixed", 1, 78.0, demand_seed=2), row("adaptive", 1, 90.0, demand_seed=2)]
    found = only(compare_rows(rows, None))
    assert (found["n"], found["mean_difference_s"]) == (2, 1.0)
    assert (found["mean_s"], found["baseline_mean_s"]) == (60.0, 59.0)
    assert found["relative_difference"] == pytest.approx(1 / 59, abs=1e-4)
    assert found["precision_s"] == pytest.approx(0.59)
