"""What a campaign on new towns shows, from lines worked out by hand."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from bench.newtown import compare, main, stood


def line(controller: str, seed: int, delay_s: float, scale: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "key": f"newtown/{controller}-{seed}-{scale}", "scenario": "newtown", "controller": controller, "seed": seed,
        "demand_seed": 0, "scale": scale, "valid": True, "delay_s_per_vehicle": 1.0, "person_delay_s": delay_s, **more,
    }  # fmt: skip


def test_runs_are_paired_by_seed_and_demand() -> None:
    lines = [
        *(line("adaptive", 1, 70.0), line("adaptive", 2, 90.0), line("adaptive", 1, 30.0, 0.8)),
        *(line("fixed", 1, 100.0), line("fixed", 2, 100.0), line("fixed", 3, 900.0), line("fixed", 1, 40.0, 0.8)),
    ]
    low, usual = compare(lines)
    assert (low.scale, low.pairs, low.change) == (0.8, 1, pytest.approx(-0.25)) and math.isnan(low.low)
    assert (usual.scale, usual.other, usual.pairs) == (1.0, "fixed", 2)
    assert (usual.ours, usual.theirs, usual.change) == (80.0, 100.0, pytest.approx(-0.2))
    assert usual.low < -0.2 < usual.high and usual.is_reached
    assert (usual.low + usual.high) / 2 == pytest.approx(-0.2)


def test_invalid_runs_are_left_out_with_their_partners_and_counted() -> None:
    lines = [line("adaptive", 1, 70.0), line("adaptive", 2, 1.0, valid=False)]
    (found,) = compare([*lines, line("actuated", 1, 100.0), line("actuated", 2, 100.0)])
    assert (found.pairs, found.left_out, found.ours) == (1, 1, 70.0)


def test_the_last_line_of_a_run_counts_and_figures_that_one_lacks_are_left_out() -> None:
    lines = [line("adaptive", 1, 99.0), line("adaptive", 1, 60.0, bus_headway_cv=0.2), line("fixed", 1, 80.0)]
    (found,) = compare(lines)
    assert (found.measure, found.ours) == ("person_delay_s", 60.0)


def test_nothing_to_save_is_no_share() -> None:
    (found,) = compare([line("adaptive", 1, 1.0), line("fixed", 1, 0.0)])
    assert math.isnan(found.change) and not found.is_reached


def test_who_stood_for_long_is_named() -> None:
    lines = [line("adaptive", seed, 1.0, longest_standing_s=s) for seed, s in ((1, 300.0), (2, 301.0))]
    assert stood([*lines, line("fixed", 3, 1.0, longest_standing_s=900.0)]) == ["newtown/adaptive-2-1.0"]


@pytest.mark.parametrize(("ours_s", "code"), [(79.0, 0), (81.0, 1)])
def test_the_exit_code_tells_whether_the_share_was_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ours_s: float, code: int
) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in (line("adaptive", 1, ours_s), line("fixed", 1, 100.0))))
    assert main([str(path)]) == code
    assert "delay of a person [s]" in capsys.readouterr().out


def test_a_ledger_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert main([str(tmp_path / "none.jsonl")]) == 2
