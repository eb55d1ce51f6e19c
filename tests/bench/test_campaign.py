"""What a campaign's ledger is read as."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.campaign import judge, main, read_lines
from bench.presets import PRESETS
from signal_ctrl.domain.errors import InvalidInputError


def line(controller: str, seed: int, delay_s: float, **more: Any) -> dict[str, Any]:
    return {
        "key": f"{controller}-{seed}-{more}", "scenario": "town", "controller": controller, "seed": seed,
        "delay_s_per_vehicle": delay_s, "longest_standing_s": 60.0, **more,
    }  # fmt: skip


def ledger(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "l.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return path


def test_each_seed_is_held_against_the_better_baseline_of_that_seed() -> None:
    """On the first seed fixed is the better one, on the second actuated; the third has no baseline."""
    lines = [
        line("fixed", 1, 20.0), line("actuated", 1, 30.0), line("adaptive", 1, 19.0),
        line("fixed", 2, 40.0), line("actuated", 2, 25.0), line("adaptive", 2, 26.0), line("adaptive", 3, 15.0),
    ]  # fmt: skip
    (found,) = judge(lines)
    assert (found.runs, found.mean_s, found.worst_s) == (3, 20.0, 26.0)
    assert (found.worse, found.stood, found.unpaired) == (("2",), (), ("3",))
    assert dict(found.baseline_s) == {"actuated": 27.5, "fixed": 30.0}


def test_who_stands_for_more_than_five_minutes_is_named() -> None:
    lines = [line("adaptive", seed, 10.0, longest_standing_s=s) for seed, s in ((1, 300.0), (2, 300.5), (3, None))]
    assert judge([*lines, *(line("fixed", seed, 11.0) for seed in (1, 2, 3))])[0].stood == ("2",)


def test_conditions_are_kept_apart() -> None:
    lines = [
        line(controller, 1, delay_s, scale=scale, failure_rate=rate)
        for scale, rate in ((1.0, 0.0), (0.6, 0.0), (1.0, 0.2))
        for controller, delay_s in (("fixed", 20.0), ("adaptive", 10.0))
    ]
    assert [each.condition for each in judge(lines)] == ["", "demand x0.6", "20% of the loops failed"]


def test_what_is_seen_by_is_kept_apart() -> None:
    """A run by positions is no run by loops made again; a baseline that sees by positions is one all the same."""
    lines = [line("adaptive", 1, 20.0), line("adaptive", 1, 10.0, sensing="positions")]
    lines += [line("fixed", 1, 15.0), line("greedy", 1, 30.0, sensing="positions")]
    by_loops, by_positions = judge(lines)
    assert (by_loops.condition, by_loops.mean_s, by_loops.worse) == ("", 20.0, ("1",))
    assert (by_positions.condition, by_positions.mean_s, by_positions.worse) == ("positions", 10.0, ())
    assert dict(by_loops.baseline_s) == dict(by_positions.baseline_s) == {"fixed": 15.0, "greedy (positions)": 30.0}


def test_a_baselines_mean_is_over_the_seeds_of_adaptive_control() -> None:
    lines = [line("fixed", seed, 10.0 * seed) for seed in (1, 2, 9)]
    (found,) = judge([*lines, *(line("adaptive", seed, 5.0) for seed in (1, 2, 3))])
    assert (dict(found.baseline_s), dict(found.baseline_seeds)) == ({"fixed": 15.0}, {"fixed": 2})
    assert (found.runs, found.unpaired) == (3, ("3",))


def test_a_run_that_is_not_valid_is_named_and_not_averaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {"valid": False, "invalid": ["it was not measured"]}
    lines = [line("adaptive", 1, 10.0), line("adaptive", 2, 1.0, **bad), line("fixed", 1, 5.0, **bad)]
    lines += [line("fixed", 2, 1.0), line("actuated", 1, 20.0), line("adaptive", 1, 0.5, sensing="oracle", **bad)]
    by_loops, by_oracle = judge(lines)
    assert (by_loops.runs, by_loops.mean_s, dict(by_loops.baseline_s)) == (1, 10.0, {"actuated": 20.0})
    assert by_loops.invalid == ("adaptive 2", "fixed 1")
    assert (by_oracle.runs, by_oracle.invalid) == (0, ("fixed 1", "adaptive (oracle) 1"))
    assert main([str(ledger(tmp_path, *lines))]) == 1
    assert "adaptive 2, fixed 1" in " ".join(capsys.readouterr().out.split())


def test_of_a_run_that_was_made_again_the_last_line_counts() -> None:
    assert judge([line("adaptive", 1, 50.0), line("adaptive", 1, 10.0)])[0].mean_s == 10.0


def test_networks_without_adaptive_control_are_not_judged() -> None:
    assert judge([line("fixed", 1, 10.0)]) == []


def test_the_command_says_by_its_exit_code_whether_all_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(ledger(tmp_path, line("fixed", 1, 20.0), line("adaptive", 1, 10.0)))]) == 0
    assert "town" in capsys.readouterr().out
    assert main([str(ledger(tmp_path, line("fixed", 1, 20.0), line("adaptive", 1, 21.0)))]) == 1
    assert main([str(tmp_path / "none.jsonl")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_lines_of_an_old_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="line 1: does not say which run"):
        read_lines([ledger(tmp_path, {"key": "a", "engine": "e"})])


def test_the_campaign_covers_what_is_claimed() -> None:
    assert PRESETS["seeds"].axes["seeds"] == "1-20"
    for name in ("seeds", "failures-all", "demand-all"):
        assert len(PRESETS[name].axes["scenarios"].split(",")) == 8
        assert {"fixed", "adaptive"} <= set(PRESETS[name].axes["controllers"].split(","))
