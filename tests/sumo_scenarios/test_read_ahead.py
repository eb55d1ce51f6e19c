"""What SUMO has read too early of several route files is not missing in the trips."""

from pathlib import Path

import pytest

from sumo_scenarios.read_ahead import read_ahead_veh
from sumo_scenarios.score import score_run
from tests.sumo_scenarios.test_score import FINISHED, write_statistics, write_trips


def statistics(folder: Path, files: int, loaded: int, later: int = 3) -> Path:
    """Two trips; the last file has one vehicle within the run of 100 s and some after it."""
    names = [folder / f"{k}.rou.xml" for k in range(files)]
    for name in names:
        name.write_text("<routes/>")
    rows = [f'<vehicle id="{k}" type="t" depart="{t}"/>' for k, t in enumerate((5.0, *range(100, 100 + later)))]
    names[-1].write_text("<routes>" + "".join(rows) + '<person id="p" depart="300"/></routes>')
    path = write_statistics(folder, loaded=loaded, inserted=2)
    header = f'<!-- <route-files value="{",".join(map(str, names))}"/> <end value="100.000"/> -->'
    path.write_text(header + path.read_text())
    return path


@pytest.mark.parametrize(("loaded", "valid"), [(2 + 3 + 5, True), (2 + 3 + 6, False)])
def test_vehicles_read_too_early_are_allowed_for_and_no_more(tmp_path: Path, loaded: int, valid: bool) -> None:
    path = statistics(tmp_path, 2, loaded)
    assert read_ahead_veh(path) == 3
    assert score_run(write_trips(tmp_path, [FINISHED, FINISHED]), path).valid == valid


def test_of_one_file_nothing_is_read_too_early(tmp_path: Path) -> None:
    assert read_ahead_veh(statistics(tmp_path, 1, 10)) == 0


def test_files_that_are_gone_and_statistics_without_options_allow_for_nothing(tmp_path: Path) -> None:
    path = statistics(tmp_path, 2, 10)
    (tmp_path / "1.rou.xml").unlink()
    assert read_ahead_veh(path) == 0
    assert read_ahead_veh(tmp_path / "none.xml") == 0
    assert read_ahead_veh(write_statistics(tmp_path, loaded=2, inserted=2)) == 0
