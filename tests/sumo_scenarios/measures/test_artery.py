"""Speed on the arterial by hour and direction, worked by hand on a made-up run, and against SUMO's own totals."""

import gzip
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.measures.arterials import Arterial, arterials_of
from sumo_scenarios.measures.artery import artery_figures
from sumo_scenarios.measures.context import Times, read_net_once
from sumo_scenarios.measures.figures import Document
from sumo_scenarios.measures.measure import measure_run
from sumo_scenarios.measures.passages import find_passages
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.measures.trajectories import Trajectories
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import make_run
from tests.sumo_scenarios.measures.tables import APPROACH, driving, grid, trajectories

ARTERIAL = Arterial((0,), ("J",), ("in", "out"))
HOUR = 3600.0


def figures(
    table: Trajectories, begin_s: float, end_s: float, arterials: tuple[Arterial, ...] = (ARTERIAL,)
) -> tuple[Document, list[Document]]:
    found, tables = artery_figures(find_passages(grid(table)), arterials, Times(begin_s, end_s, 1.0))
    return found, tables["artery_hours"]


def test_metres_over_seconds_of_everybody_in_the_hour() -> None:
    # from 3590 s: 20 rows of 10 m on `in`, 2 inside the junction, which is no edge of it, then 5 on `out`
    table = trajectories([*driving("a", 10, 10.0), *driving("b", 3620, 5.0)], begin_s=3600.0)
    found, rows = figures(table, 3600.0, 10800.0)
    assert [(row["from_s"], row["to_s"]) for row in rows] == [(3600.0, 7200.0), (7200.0, 10800.0)]
    assert [row["speed_kmh"] for row in rows] == [36.0, 18.0]
    assert [row["vehicles"] for row in rows] == [1, 1]
    assert [row["met"] for row in rows] == [False, False]
    n_fast, n_slow = (int((table.vehicle == k).sum() - (table.lane[table.vehicle == k] == 1).sum()) for k in (0, 1))
    assert found["artery_speed_forth_kmh"] == pytest.approx(3.6 * (10 * n_fast + 5 * n_slow) / (n_fast + n_slow), 1e-4)
    assert found["artery_slowest_hour_kmh"] == 18.0
    assert (found["artery_hours"], found["artery_hours_met"], found["artery_target_met"]) == (2, 0, False)
    assert found["artery_speed_back_kmh"] is None


def test_over_forty_the_target_is_met_and_at_forty_it_is_not() -> None:
    for speed_mps, met in ((12.0, True), (40 / 3.6, False)):
        table = trajectories(driving("a", 5, speed_mps), begin_s=0.0)
        found, (row,) = figures(table, 0.0, HOUR)
        assert row["met"] is met is found["artery_target_met"]


def test_an_hour_that_the_run_has_in_part_is_told_and_not_judged() -> None:
    table = trajectories(driving("a", 5, 20.0), begin_s=1800.0)
    found, (row,) = figures(table, 1800.0, HOUR)
    assert (row["from_s"], row["to_s"], row["speed_kmh"], row["met"]) == (1800.0, 3600.0, 72.0, None)
    assert (found["artery_hours"], found["artery_target_met"], found["artery_slowest_hour_kmh"]) == (0, None, None)


def test_an_hour_without_traffic_is_not_judged() -> None:
    found, rows = figures(trajectories(driving("a", 5, 20.0)), 0.0, 2 * HOUR)
    assert [(row["vehicles"], row["speed_kmh"], row["met"]) for row in rows] == [(1, 72.0, True), (0, None, None)]
    assert found["artery_target_met"] is True


def test_halts_of_the_timetable_do_not_count() -> None:
    halt = [("bus", k, "in_0", 50.0, 0.0) for k in range(20)]
    table = trajectories([*halt, *(("bus", 20 + k, "in_0", 60.0 + 10 * k, 10.0) for k in range(10))])
    assert figures(table, 0.0, HOUR)[1][0]["speed_kmh"] == 12.0
    table.scheduled[:20] = True
    assert figures(table, 0.0, HOUR)[1][0]["speed_kmh"] == 36.0


def test_nothing_without_an_arterial() -> None:
    found, rows = figures(trajectories(driving("a", 5)), 0.0, HOUR, ())
    assert rows == [] and found["artery_hours"] == 0 and found["artery_target_met"] is None


def test_the_approach_of_the_tables_is_part_of_the_arterial() -> None:
    assert APPROACH.edge_id in ARTERIAL.edges


@pytest.mark.sumo
def test_it_is_the_speed_that_sumo_itself_adds_up(tmp_path: Path) -> None:
    run = make_run(RunSettings("cologne3", "net", begin_s=25200.0, end_s=25800.0), tmp_path)
    evidence = tmp_path / "evidence"
    found = measure_run(run.folder, evidence)
    config = read_configuration(catalogue.resolve("cologne3").config)
    arterials = arterials_of(read_net_once(config.net), read_schedule((*config.routes, *config.additional)))
    root = ElementTree.fromstring(gzip.decompress((evidence / "edges.xml.gz").read_bytes()))
    for name, arterial in zip(("forth", "back"), arterials, strict=True):
        edges = [edge for edge in root.iter("edge") if edge.get("id") in arterial.edges]
        spent_s = sum(float(edge.attrib["sampledSeconds"]) for edge in edges)
        driven_m = sum(float(edge.attrib["sampledSeconds"]) * float(edge.get("speed", 0)) for edge in edges)
        assert found[f"artery_speed_{name}_kmh"] == pytest.approx(3.6 * driven_m / spent_s, rel=0.03)
    rows = found["tables"]["artery_hours"]
    assert {row["direction"] for row in rows} == {"forth", "back"} and all(row["met"] is None for row in rows)
    assert np.isfinite([row["speed_kmh"] for row in rows]).all()
