"""The bench of green waves in its short form."""

import sys

import pytest

from bench import waves
from bench.wave_cases import grid_case, street_case
from optimiser.green_wave.engines import Effort


@pytest.mark.parametrize("case", waves.cases(True, ["highs"]), ids=lambda case: case.name)
def test_short_cases_are_proven_and_driven(case: waves.Case) -> None:
    found = waves.run(case)
    assert found.answer.gap <= case.effort.gap + 1e-9
    assert found.worst_s <= 0.2
    assert found.timing.measured > 0.85 * found.answer.found


def test_rows_are_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["waves", "--short", "--only", "grid", "--warm", "--engines", "scip"])
    assert waves.main() == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.startswith("case") and row.startswith("grid 3x3") and "apart" in row


def test_a_gap_that_is_not_reached_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    far = waves.Case("far", lambda: street_case(1, 6), waves.WaveRules(), Effort(30.0, 0.5))
    found = waves.run(far)
    monkeypatch.setattr(waves, "cases", lambda _short, _engines: [waves.replace(far, effort=Effort(30.0, 0.0))])
    monkeypatch.setattr(waves, "run", lambda _case: waves.replace(found, answer=waves.replace(found.answer, bound=9.0)))
    monkeypatch.setattr(sys, "argv", ["waves"])
    assert waves.main() == 1


def test_cases_are_the_same_each_time() -> None:
    assert street_case(5, 6) == street_case(5, 6) != street_case(6, 6)
    assert grid_case(5, 3) == grid_case(5, 3) != grid_case(6, 3)
