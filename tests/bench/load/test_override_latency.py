"""The way of an override in a short form: a real centre and a real cabinet."""

from pathlib import Path

import pytest

from bench.override_latency import LAMP_MS, Asked, Street, measured, misses


def test_lamps_are_read_line_by_line_and_a_half_one_is_left(tmp_path: Path) -> None:
    file = tmp_path / "lamps"
    file.write_text("1000 rrr\n2500 grr\n3000 g", encoding="ascii")
    assert Street(file).changes_ms() == [1000, 2500]
    assert Street(file).first_after(1000) == 2500


def test_each_pass_mark_can_be_missed() -> None:
    assert misses([90.0, 99.0], [500.0, float(LAMP_MS)]) == ()
    assert len(misses([90.0, 150.0], [500.0])) == 1
    assert len(misses([90.0], [500.0, LAMP_MS + 1.0])) == 1


@pytest.mark.slow
def test_overrides_of_cabinets_that_poll_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    line = measured(Asked(cabinets=5, streets=0, accepted=6, lamps=0, seed=1, ramp_s=1.0), tmp_path)
    assert line["accepted_in"]["count"] == 6
    assert line["accepted_in"]["max_ms"] > 0
