"""Lateness and headways of buses, worked by hand."""

import gzip
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.stops import StopVisit, headway_figures, lateness_figures, read_stops


def visits(*started_s: float) -> list[StopVisit]:
    return [StopVisit(f"b.{k}", "halt", at_s, at_s + 20.0, None) for k, at_s in enumerate(started_s)]


def due(n: int, every_s: float = 300.0) -> dict[str, float]:
    return {f"b.{k}": k * every_s for k in range(n)}


def test_even_headways_cost_no_excess_wait() -> None:
    found = headway_figures(visits(50, 350, 650, 950), {"b": "7"}, due(4))
    assert found == {
        "bus_headway_s": 300.0,
        "bus_excess_wait_s": 0.0,
        "bus_headway_cv": 0.0,
        "bus_bunching_ratio": 0.0,
    }


def test_bunched_buses_cost_excess_wait() -> None:
    """Headways of 550 and 50 s wait (550^2 + 50^2) / (2 x 600) = 254.17 s on the mean, as planned it is 150 s."""
    found = headway_figures(visits(0, 550, 600), {"b": "7"}, due(3))
    assert found["bus_excess_wait_s"] == pytest.approx(104.1667, abs=1e-3)
    assert found["bus_headway_cv"] == pytest.approx(250 / 300, abs=1e-4)
    assert found["bus_bunching_ratio"] == 0.5


def test_lines_and_stops_are_kept_apart() -> None:
    other = [StopVisit(f"c.{k}", "halt", at_s, at_s, None) for k, at_s in enumerate((1.0, 301.0, 601.0))]
    both = headway_figures(
        [*visits(50, 350, 650), *other], {"b": "7", "c": "8"}, due(3) | {f"c.{k}": k * 300.0 for k in range(3)}
    )
    assert (both["bus_headway_s"], both["bus_headway_cv"]) == (300.0, 0.0)


def test_fewer_than_three_buses_have_no_headway() -> None:
    assert set(headway_figures(visits(50, 350), {"b": "7"}, due(2)).values()) == {None}
    assert set(headway_figures(visits(50, 350, 650), {}, due(3)).values()) == {None}


def test_lateness_is_told_where_the_timetable_gives_times() -> None:
    late = [StopVisit("b", "halt", 0.0, 1.0, late_s) for late_s in (-120.0, 0.0, 60.0, 400.0)]
    found = lateness_figures([*late, *visits(1.0)])
    assert found == {"bus_lateness_s": 85.0, "bus_lateness_p90_s": 400.0, "bus_on_time_ratio": 0.5}


def test_a_damaged_record_of_stops_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stops.xml.gz"
    for text in ("<stops>", '<stops><stopinfo id="a"/></stops>'):
        path.write_bytes(gzip.compress(text.encode()))
        with pytest.raises(BackendError, match="cannot read"):
            read_stops(path, 100.0)
