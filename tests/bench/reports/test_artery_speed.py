"""The arterial's speed in the report and on the terminal: means over seeds, the target marked, a drawing either way."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.artery import MET, NOT_JUDGED, NOT_MET, ArteryRow, artery_rows
from bench.reports import corridor
from bench.reports.artery_speed import artery_part
from bench.reports.report_page import write_report
from bench.reports.study import read_study
from bench.reports.tables import write_tables
from bench.summary import rows_of
from signal_ctrl.cli.bench_output import put_verdict
from tests.bench.reports.town import build, trajectories

HOUR = {
    "direction": "forth", "towards": "K9", "from_s": 25200.0, "to_s": 28800.0, "vehicles": 100, "speed_kmh": 41.0,
    "through_vehicles": 10, "through_speed_kmh": 39.0, "target_kmh": 40.0, "met": True,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corridor, "read_trajectories", trajectories)
    return build(tmp_path / "experiment")


def test_the_target_is_judged_by_the_mean_of_the_seeds() -> None:
    (row,) = artery_rows("net", [[HOUR], [HOUR | {"speed_kmh": 38.0, "met": False, "vehicles": 120}]])
    assert (row.speed_kmh, row.lowest_kmh, row.highest_kmh, row.runs, row.vehicles) == (39.5, 38.0, 41.0, 2, 110.0)
    assert row.target == NOT_MET
    (row,) = artery_rows("net", [[HOUR], [HOUR | {"speed_kmh": 39.5, "met": False}]])
    assert (row.speed_kmh, row.target) == (40.25, MET)


def test_parts_of_hours_and_empty_hours_are_not_judged() -> None:
    (part,) = artery_rows("net", [[HOUR | {"met": None}]])
    assert part.target == NOT_JUDGED
    (empty,) = artery_rows("net", [[HOUR | {"speed_kmh": None, "through_speed_kmh": None, "met": None}]])
    assert empty.target == NOT_JUDGED and empty.speed_kmh != empty.speed_kmh
    assert artery_rows("net", []) == []


def test_the_report_shows_every_hour_and_whether_it_meets_the_target(folder: Path) -> None:
    study = read_study(folder)
    tables, _ = write_tables(study)
    rows: tuple[ArteryRow, ...] = tables.of("town", "artery")
    assert {(row.controller, row.target) for row in rows if row.from_s == 25200.0} == {
        ("fixed", NOT_MET), ("actuated", NOT_MET), ("adaptive", MET),
    }  # fmt: skip
    assert all(row.target == NOT_JUDGED for row in rows if row.from_s != 25200.0)
    page = write_report(study, tables).read_text(encoding="utf-8")
    assert "Speed on the arterial by hour and direction" in page
    (means,) = (row for row in rows if row.controller == "adaptive" and row.from_s == 25200.0)
    assert f"<td>{means.speed_kmh:.1f}</td>" in page and page.count("over 40: met") == 1
    assert page.count("over 40: not met") == 2 and page.count("over 40: not judged") == 3
    assert tables.of("village", "artery") == ()


def test_a_day_is_drawn_as_lines_an_hour_as_rows() -> None:
    (row,) = artery_rows("net", [[HOUR]])
    few = artery_part("n0", [row], ["net"], "")
    day = [replace(row, from_s=3600.0 * k, to_s=3600.0 * (k + 1), speed_kmh=30.0 + k) for k in range(24)]
    many = artery_part("n0", day, ["net"], "")
    assert 'id="n0-artery-0"' in few and 'id="n0-artery-0"' in many
    assert 'class="line s0"' in many and 'class="line s0"' not in few
    assert few.count('class="mean target"') == many.count('class="mean target"') == 1
    assert len(re.findall(r"over 40: ", many)) == 24
    assert artery_part("n0", [], ["net"], "") == ""


def test_the_terminal_says_it_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_verdict(list(rows_of(folder)), folder, 0, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    found = [line for line in lines if "over 40" in line]
    assert any("adaptive" in line and line.endswith("over 40: met") for line in found)
    assert all("07:00-08:00" in line for line in found)
    put_verdict(list(rows_of(folder)), folder, 0, as_json=True)
    assert '"target": "not judged"' in capsys.readouterr().out
