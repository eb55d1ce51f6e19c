"""The score of a run against the independent scorer, on trips of every kind."""

import gzip
import importlib.util
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.score import delay_over_time, read_trips, score_run

ORACLE_FILE = Path(__file__).parents[1] / "oracles" / "score_tripinfo.py"


def load_oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_tripinfo_oracle", ORACLE_FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ORACLE = load_oracle()

FINISHED = {"depart": 10.0, "departDelay": 2.0, "arrival": 90.0, "duration": 80.0, "routeLength": 800.0,
            "waitingTime": 12.0, "waitingCount": 2, "timeLoss": 20.5}  # fmt: skip
UNDER_WAY = FINISHED | {"arrival": -1.0, "timeLoss": 55.25, "waitingTime": 301.0, "waitingCount": 1}
NEVER_IN = {"depart": -1.0, "departDelay": 40.0, "arrival": -1.0, "duration": 0.0, "routeLength": -1.0,
            "waitingTime": 0.0, "waitingCount": 0, "timeLoss": 0.0}  # fmt: skip
GAINED = FINISHED | {"timeLoss": -0.75, "departDelay": -1.0}


def write_trips(folder: Path, trips: list[dict[str, Any]], packed: bool = True) -> Path:
    rows = "".join("<tripinfo " + " ".join(f'{key}="{value}"' for key, value in trip.items()) + "/>" for trip in trips)
    text = f'<?xml version="1.0"?><tripinfos>{rows}<personinfo id="p" depart="1.0"/></tripinfos>'
    path = folder / "tripinfo.xml.gz"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


def write_statistics(folder: Path, loaded: int, inserted: int, waiting: int = 0, teleports: int = 0) -> Path:
    path = folder / "statistics.xml"
    path.write_text(
        f'<statistics><vehicles loaded="{loaded}" inserted="{inserted}" running="0" waiting="{waiting}"/>'
        f'<teleports total="{teleports}"/><safety collisions="1" emergencyStops="2"/></statistics>'
    )
    return path


def assert_agrees(tripinfo: Path, statistics: Path) -> None:
    ours, theirs = score_run(tripinfo, statistics), ORACLE.score(str(tripinfo))
    wrong = ORACLE.check(theirs, str(statistics))
    assert ours.delay_s_per_vehicle == pytest.approx(theirs["delay_s_per_vehicle"], abs=0.001)
    assert ours.stops_per_vehicle == pytest.approx(theirs["stops_per_vehicle"], abs=0.001)
    assert ours.longest_wait_s == theirs["longest_wait_s"]
    assert {name: getattr(ours.vehicles, name) for name in theirs["vehicles"]} == theirs["vehicles"]
    assert (ours.teleports, ours.collisions, ours.emergency_stops) == (
        theirs["teleports"],
        theirs["collisions"],
        theirs["emergency_stops"],
    )
    assert ours.valid == (not wrong)
    assert len(ours.invalid) == len(wrong)


@pytest.mark.parametrize("packed", [True, False])
def test_every_kind_of_trip_counts(tmp_path: Path, packed: bool) -> None:
    tripinfo = write_trips(tmp_path, [FINISHED, UNDER_WAY, NEVER_IN, GAINED], packed)
    statistics = write_statistics(tmp_path, loaded=4, inserted=3, waiting=1)
    assert_agrees(tripinfo, statistics)
    score = score_run(tripinfo, statistics)
    assert score.delay_s_per_vehicle == pytest.approx((22.5 + 57.25 + 40.0 + 0.0) / 4)
    assert score.stops_per_vehicle == pytest.approx(5 / 3)
    assert score.mean_speed_mps == pytest.approx(2400 / 240)
    assert score.longest_wait_s == 301.0
    assert score.vehicles.unfinished == score.vehicles.never_departed == 1
    assert score.valid


@pytest.mark.parametrize(
    ("loaded", "inserted", "waiting", "teleports", "word"),
    [
        (2, 2, 0, 3, "3 teleports"),
        (2, 1, 0, 0, "inserted 1"),
        (2, 2, 1, 0, "wait for insertion"),
        (9, 2, 0, 0, "in no trip"),
    ],
)
def test_a_run_that_hides_vehicles_is_invalid(
    tmp_path: Path, loaded: int, inserted: int, waiting: int, teleports: int, word: str
) -> None:
    tripinfo = write_trips(tmp_path, [FINISHED, FINISHED])
    statistics = write_statistics(tmp_path, loaded, inserted, waiting, teleports)
    assert_agrees(tripinfo, statistics)
    assert word in score_run(tripinfo, statistics).invalid[0]


def test_vehicles_due_after_the_end_do_not_matter(tmp_path: Path) -> None:
    tripinfo = write_trips(tmp_path, [FINISHED, FINISHED])
    assert score_run(tripinfo, write_statistics(tmp_path, loaded=7, inserted=2)).valid


def test_statistics_without_counts_are_invalid(tmp_path: Path) -> None:
    tripinfo = write_trips(tmp_path, [FINISHED])
    statistics = tmp_path / "statistics.xml"
    statistics.write_text("<statistics/>")
    assert_agrees(tripinfo, statistics)
    assert not score_run(tripinfo, statistics).valid


@pytest.mark.parametrize(
    "content",
    [b"", b"<tripinfos>", b'<t><tripinfo depart="x"/></t>',
     gzip.compress(b"<tripinfos><tripinfo depart='1'/></tripinfos>", mtime=0)[:-12],
     b'<!DOCTYPE t [<!ENTITY a "b">]><t/>'],
)  # fmt: skip
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tripinfo.xml.gz"
    path.write_bytes(content)
    with pytest.raises(BackendError, match=r"cannot read .*tripinfo"):
        score_run(path, write_statistics(tmp_path, 1, 1))


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot read"):
        read_trips(tmp_path / "tripinfo.xml.gz")
    with pytest.raises(BackendError, match="cannot read"):
        score_run(write_trips(tmp_path, [FINISHED]), tmp_path / "statistics.xml")


def test_a_run_without_vehicles_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="--scale"):
        read_trips(write_trips(tmp_path, []))


def test_delay_is_binned_by_due_departure(tmp_path: Path) -> None:
    late = FINISHED | {"depart": 130.0, "departDelay": 70.0, "timeLoss": 10.0}  # due at 60 s
    trips = read_trips(write_trips(tmp_path, [FINISHED, late, NEVER_IN]), end_s=180.0)  # due at 8, 60, 140 s
    bins = delay_over_time(trips, 0.0, 200.0)
    assert [(each.from_s, each.vehicles) for each in bins] == [(0.0, 1), (60.0, 1), (120.0, 1), (180.0, 0)]
    assert [each.delay_s_per_vehicle for each in bins[:3]] == [22.5, 80.0, 40.0]
    assert math.isnan(bins[3].delay_s_per_vehicle)


def test_trips_outside_the_run_fall_into_its_ends(tmp_path: Path) -> None:
    trips = read_trips(write_trips(tmp_path, [FINISHED, FINISHED | {"depart": 500.0}]))
    assert [each.vehicles for each in delay_over_time(trips, 60.0, 180.0)] == [1, 1]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "depart": st.sampled_from([-1.0, 0.0, 3.5, 100.0]),
                "arrival": st.sampled_from([-1.0, 0.0, 200.0]),
                "departDelay": st.floats(-1, 1000).map(lambda x: round(x, 2)),
                "timeLoss": st.floats(-5, 5000).map(lambda x: round(x, 2)),
                "waitingTime": st.floats(0, 500).map(lambda x: round(x, 2)),
                "waitingCount": st.integers(0, 9),
            }
        ),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 40),
)
def test_it_agrees_with_the_independent_scorer(
    tmp_path_factory: pytest.TempPathFactory, trips: list[dict[str, Any]], inserted: int
) -> None:
    folder = tmp_path_factory.mktemp("score")
    assert_agrees(write_trips(folder, trips), write_statistics(folder, len(trips), inserted))


@pytest.mark.parametrize(("trips", "valid"), [(60, True), (50, False)])
def test_who_is_scaled_out_of_the_demand_is_not_missing(tmp_path: Path, trips: int, valid: bool) -> None:
    """SUMO counts 100 as loaded where a scale of 0.6 lets 60 of them depart."""
    tripinfo = write_trips(tmp_path, [FINISHED] * trips)
    statistics = write_statistics(tmp_path, loaded=100, inserted=trips)
    statistics.write_text('<!-- <scale value="0.6"/> -->' + statistics.read_text())
    assert score_run(tripinfo, statistics).valid == valid
