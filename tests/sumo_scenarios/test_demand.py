"""When a demand departs, and from when to when a run goes."""

import gzip
import math
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.demand import DRAIN_S, DemandSpan, demand_span, run_times_s

HOUR = DemandSpan(0.0, 3600.0, 100)


def write(folder: Path, rows: str, name: str = "d.rou.xml") -> Path:
    path = folder / name
    text = f"<routes>{rows}</routes>".encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def test_vehicles_of_several_files_span_the_demand(tmp_path: Path) -> None:
    rows = '<vType id="a"/><vehicle id="1" depart="00:00:20"><route edges="a b"/></vehicle>'
    first = write(tmp_path, rows + '<person id="p" depart="triggered"/>')
    second = write(tmp_path, '<trip id="2" depart="90.5" from="a" to="b"/>', "e.rou.xml.gz")
    assert demand_span([first, second]) == DemandSpan(20.0, 90.5, 2)


@pytest.mark.parametrize(
    ("attributes", "last_s"),
    [
        ('begin="10" end="600" period="5"', 600.0),
        ('begin="10" number="20" period="5"', 110.0),
        ('number="20" vehsPerHour="360"', 200.0),
        ('number="20" period="exp(0.1)"', math.inf),
        ('begin="10" probability="0.1"', math.inf),
    ],
)
def test_flows_end_when_their_last_vehicle_is_sent(tmp_path: Path, attributes: str, last_s: float) -> None:
    span = demand_span([write(tmp_path, f'<flow id="f" {attributes}/>')])
    assert span.last_s == last_s
    assert span.vehicles == 0


def test_an_empty_demand_has_no_span(tmp_path: Path) -> None:
    assert demand_span([write(tmp_path, "")]) == DemandSpan(math.inf, -math.inf, 0)


def test_damaged_demand_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.rou.xml"
    path.write_text("<routes><vehicle")
    with pytest.raises(InvalidInputError, match=r"d\.rou\.xml"):
        demand_span([path])


@pytest.mark.parametrize(
    ("wanted", "configured", "times_s"),
    [
        ((None, None), (None, None), (0.0, 3600.0 + DRAIN_S)),
        ((None, None), (100.0, 900.0), (100.0, 900.0)),
        ((200.0, None), (100.0, 900.0), (200.0, 900.0)),
        ((50.0, 1200.0), (100.0, 900.0), (50.0, 1200.0)),
        ((0.0, None), (100.0, None), (0.0, 3600.0 + DRAIN_S)),
    ],
)
def test_what_is_asked_goes_before_what_is_configured(
    wanted: tuple[float | None, float | None],
    configured: tuple[float | None, float | None],
    times_s: tuple[float, float],
) -> None:
    assert run_times_s(wanted, configured, HOUR) == times_s


@pytest.mark.parametrize(
    ("wanted", "configured", "words"),
    [
        (
            (900.0, None),
            (0.0, 900.0),
            "configuration's end .900 s. is not after --begin .900 s.; give an earlier",
        ),
        (
            (None, 25000.0),
            (25200.0, 28800.0),
            "--end .25000 s. is not after the configuration's begin .25200 s.",
        ),
        ((9000.0, None), (None, None), "last departure and half an hour .5400 s. is not after --begin"),
        (
            (None, None),
            (100.0, 50.0),
            "the configuration's end .50 s. is not after the configuration's begin",
        ),
    ],
)
def test_times_that_leave_no_run_are_refused(
    wanted: tuple[float | None, float | None], configured: tuple[float | None, float | None], words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        run_times_s(wanted, configured, HOUR)


@pytest.mark.parametrize("last_s", [math.inf, -math.inf])
def test_a_demand_without_end_needs_one(last_s: float) -> None:
    span = DemandSpan(0.0, last_s, 0)
    with pytest.raises(InvalidInputError, match="give --end"):
        run_times_s((None, None), (None, None), span)
    assert run_times_s((None, 60.0), (None, None), span) == (0.0, 60.0)
