"""Buses, passengers and people on foot of a real run, beside a second computation that shares no code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sumo_scenarios.measures.measure import measure_run
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import make_run
from tests.sumo_scenarios.measures.towns import bus_town

pytestmark = pytest.mark.sumo
ORACLE = Path(__file__).parents[2] / "oracles" / "people_delay.py"
END_S = 430.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town for a while: some buses and people are under way at the end."""
    folder = tmp_path_factory.mktemp("people")
    make_run(RunSettings(str(bus_town(folder / "town", end_s=END_S)), controller="net"), folder)
    return folder


@pytest.fixture(scope="module")
def measured(town: Path) -> dict[str, Any]:
    return measure_run(town / "run", town / "evidence")


@pytest.fixture(scope="module")
def slow(town: Path) -> dict[str, float]:
    """What the oracle finds; in a process of its own, for its library has threads."""
    command = [sys.executable, str(ORACLE), str(town / "run"), str(town / "evidence")]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def test_buses_lose_at_signals_what_a_slow_walk_along_their_way_finds(
    measured: dict[str, Any], slow: dict[str, float]
) -> None:
    table = measured["tables"]["bus_signals"]
    assert measured["bus_signal_passages"] - sum(table["waiting"]) == slow["passed"] >= 3
    lost_s = measured["bus_signal_delay_s"] * measured["bus_signal_passages"]
    assert sum(table["waiting"]) == slow["on_an_approach_at_the_end"]
    assert lost_s == pytest.approx(slow["lost_at_passed_s"] + slow["lost_there_s"], abs=0.1)
    assert slow["lost_at_passed_s"] > 10.0


def test_signal_delay_of_buses_is_most_of_what_sumo_says_they_lost(measured: dict[str, Any]) -> None:
    """The rest is the ramps of the halt, some 8 s, and what comes behind the signal."""
    assert 0.0 < measured["bus_delay_s"] - measured["bus_signal_delay_per_bus_s"] < 15.0


def test_time_lost_on_foot_counts_walks_under_way_too(measured: dict[str, Any], slow: dict[str, float]) -> None:
    assert measured["pedestrian_delay_s"] == pytest.approx(slow["lost_on_foot_s"] / slow["persons"], abs=0.01)
    assert slow["lost_on_foot_s"] > slow["lost_on_finished_s"] > 100.0
    assert slow["lost_on_finished_s"] == pytest.approx(slow["sumo_lost_on_finished_s"], rel=0.05)


def test_passengers_are_those_of_sumos_rides(measured: dict[str, Any], slow: dict[str, float]) -> None:
    assert measured["passengers"] == slow["rides"] > 2
    assert measured["passenger_wait_s"] == pytest.approx(slow["waited_s"] / slow["rides"], abs=0.01)
    assert measured["passenger_delay_s"] > 0.0
    assert measured["person_delay_counted_s"] != measured["person_delay_s"]


def test_tables_add_up_to_the_figures(measured: dict[str, Any]) -> None:
    buses, walkers = measured["tables"]["bus_signals"], measured["tables"]["pedestrian_waits"]
    assert sum(buses["buses"]) == measured["bus_signal_passages"]
    weighed = sum(n * s for n, s in zip(buses["buses"], buses["delay_s"], strict=True)) / sum(buses["buses"])
    assert weighed == pytest.approx(measured["bus_signal_delay_s"], abs=0.01)
    assert walkers["signal"] == ["C"] and walkers["crossings"] == [measured["crossings_walked"]]
    assert walkers["wait_max_s"] == [measured["pedestrian_wait_max_s"]]
    headways = measured["tables"]["bus_headways"]
    assert headways["line"] == ["7"] and headways["cv"] == [measured["bus_headway_cv"]]
