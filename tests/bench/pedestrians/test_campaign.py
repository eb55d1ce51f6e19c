"""The campaign of people on foot without its runs: names, comparisons, broken promises, and going on."""

from pathlib import Path
from typing import Any

import pytest

from bench.folder import engine_hash
from bench.ledger import append_lines
from bench.pedestrians import campaign
from bench.pedestrians.__main__ import main
from bench.pedestrians.campaign import ARMS, Campaign, Case, changes_of, faults_of
from bench.seeds import seeds_of
from signal_ctrl.domain.errors import InvalidInputError


def line(key: str, wait_s: float, delay_s: float, **more: float) -> dict[str, Any]:
    usual = {"crossings_walked": 50, "pedestrian_wait_p95_s": 80.0, "pedestrian_wait_max_s": 100.0, "max_red_s": 180.0}
    counts = {"unfinished": 3, "cut_clearances": 0, "violations": 0}
    return {"key": key, "pedestrian_wait_s": wait_s, "delay_s_per_vehicle": delay_s, **usual, **counts, **more}


def test_arms_differ_in_who_hears_of_people() -> None:
    case = Case("cologne3", last_s=600.0, options=("walker_weight=8",))
    assert case.key("fixed", 2) == "cologne3/street/x1/600s/fixed/s2"
    assert case.key("adaptive+buttons", 2) == "cologne3/street/x1/600s/walker_weight=8/adaptive+buttons/s2"
    heard = {arm: case.settings(arm, 2) for arm in ARMS}
    assert [each.crossings for each in heard.values()] == ["recall", "recall", "buttons", "sensors"]
    assert {(each.seed, each.demand_seed, each.begin_s, each.end_s) for each in heard.values()} == {
        (2, 2, heard["fixed"].begin_s, (heard["fixed"].begin_s or 0.0) + 600.0)
    }
    assert heard["adaptive"].options == (("walker_weight", "8"),) and not heard["fixed"].options


def test_changes_are_paired_by_seed() -> None:
    lines = {
        "fixed": {1: line("f1", 40.0, 100.0), 2: line("f2", 20.0, 50.0)},
        "adaptive": {2: line("a2", 15.0, 55.0), 3: line("a3", 1.0, 1.0)},
    }
    assert [(c.figure, round(c.mean, 6)) for c in changes_of(lines)] == [
        ("pedestrian_wait_s", -25.0),
        ("delay_s_per_vehicle", 10.0),
    ]


def test_broken_promises_are_named() -> None:
    lines = {
        "a": {
            1: line("sound", 1.0, 1.0),
            2: line("cut", 1.0, 1.0, cut_clearances=2),
            3: line("long", 1.0, 1.0, pedestrian_wait_max_s=181.0),
        }
    }
    assert faults_of(lines) == ["cut: 2 clearances cut, 0 violations", "long: somebody waited 181 s, above 180 s"]


def test_what_the_ledger_holds_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "pedestrians.jsonl"
    case = Case("cologne3", last_s=60.0)
    rows = [line(case.key(arm, 1), wait_s, 50.0) for arm, wait_s in (("fixed", 40.0), ("adaptive", 30.0))]
    append_lines(ledger, [{**row, "engine": engine_hash()} for row in rows])
    assert Campaign(ledger).run(case, "fixed", 1)["pedestrian_wait_s"] == 40.0
    asked = ["--scenario", "cologne3", "--last", "60", "--seeds", "1", "--ledger", str(ledger)]
    assert main([*asked, "--arms", "fixed", "adaptive"]) == 0
    assert "adaptive against fixed: pedestrian_wait_s -25.0 %, 1 seeds" in capsys.readouterr().out


@pytest.mark.parametrize("engine", [{}, {"engine": "another"}])
def test_a_run_of_another_engine_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: dict[str, str]
) -> None:
    ledger, case = tmp_path / "pedestrians.jsonl", Case("cologne3", last_s=60.0)
    append_lines(ledger, [{**line(case.key("fixed", 1), 40.0, 50.0), **engine}])
    monkeypatch.setattr(campaign, "_made", lambda *_: {"pedestrian_wait_s": 9.0})
    monkeypatch.setattr(Case, "longest_red_s", lambda _: 120.0)
    found = Campaign(ledger).run(case, "fixed", 1)
    assert (found["pedestrian_wait_s"], found["engine"]) == (9.0, engine_hash())
    assert Campaign(ledger).run(case, "fixed", 1) == found


@pytest.mark.parametrize("text", ["", "a", "3-1", "-2", "1-"])
def test_seeds_are_a_range(text: str) -> None:
    assert list(seeds_of("2-4")) == [2, 3, 4]
    with pytest.raises(InvalidInputError, match="--seeds"):
        seeds_of(text)


def test_a_wrong_order_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--seeds", "x", "--ledger", str(tmp_path / "l.jsonl")]) == 2
    assert capsys.readouterr().out.startswith("bench.pedestrians: --seeds wants")
