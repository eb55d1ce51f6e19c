"""Vehicle types with other drivers: every form of a speed factor, cars only, distributions kept."""

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from sumo_scenarios.calibration.drivers import Drivers, with_drivers
from sumo_scenarios.fleet import Fleet, read_fleet


def fleet_of(folder: Path, rows: str) -> Fleet:
    (folder / "f.rou.xml").write_text(f"<routes>{rows}</routes>")
    return read_fleet([folder / "f.rou.xml"])


def only(kinds: tuple[Element, ...], name: str) -> Element:
    return next(kind for kind in kinds if kind.get("id") == name)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "normc(0.9000,0.1000,0.2,2)"),
        ('speedFactor="1.1"', "normc(0.9900,0.1000,0.2,2)"),
        ('speedFactor="1.1" speedDev="0.05"', "normc(0.9900,0.0500,0.2,2)"),
        ('speedFactor="normc(1,0.2,0.5,1.5)"', "normc(0.9000,0.2000,0.5,1.5)"),
        ('speedFactor="norm(1.2, 0.3)"', "normc(1.0800,0.3000,0.2,2)"),
    ],
)
def test_speed_factors(given: str, expected: str, tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, f'<vType id="car" {given}/><vehicle type="car"/>')
    (found,) = with_drivers(fleet, Drivers(tau=1.2, min_gap=2.0, speed=0.9))
    assert found.get("speedFactor") == expected
    assert (found.get("tau"), found.get("minGap"), found.get("speedDev")) == ("1.2000", "5.0000", None)


def test_a_wanted_deviation_replaces_the_types_own(tmp_path: Path) -> None:
    fleet = fleet_of(tmp_path, '<vType id="car" speedDev="0.3" tau="1.5" minGap="1.5"/><vehicle type="car"/>')
    (found,) = with_drivers(fleet, Drivers(tau=2.0, deviation=0.07))
    assert found.get("speedFactor") == "normc(1.0000,0.0700,0.2,2)"
    assert (found.get("tau"), found.get("minGap")) == ("3.0000", "1.5000")
    assert fleet.kinds[0].get("tau") == "1.5", "the fleet itself stays as it is"


def test_buses_stay_as_they_are_and_mixed_fleets_keep_their_shares(tmp_path: Path) -> None:
    rows = (
        '<vType id="bus" vClass="bus"/><vTypeDistribution id="mix"><vType id="a" probability="0.7"/>'
        '<vType id="b" probability="0.3" tau="2"/></vTypeDistribution>'
        '<vehicle type="mix"/><trip type="mix"/><vehicle type="bus"/><flow type="bus"/><vehicle/>'
    )
    fleet = fleet_of(tmp_path, rows)
    assert fleet.cars() == {"DEFAULT_VEHTYPE": pytest.approx(1 / 3), "mix": pytest.approx(2 / 3)}
    found = with_drivers(fleet, Drivers(tau=1.5))
    assert [kind.get("id") for kind in found] == ["DEFAULT_VEHTYPE", "bus", "mix"]
    assert only(found, "bus").attrib == {"id": "bus", "vClass": "bus"}
    inner = {one.get("id"): (one.get("tau"), one.get("probability")) for one in only(found, "mix")}
    assert inner == {"a": ("1.5000", "0.7"), "b": ("3.0000", "0.3")}


def test_a_fleet_without_types_gets_the_default_one() -> None:
    (found,) = with_drivers(Fleet((), {}), Drivers(tau=1.3))
    assert found.attrib == {
        "id": "DEFAULT_VEHTYPE", "tau": "1.3000", "minGap": "2.5000", "speedFactor": "normc(1.0000,0.1000,0.2,2)",
    }  # fmt: skip
    assert Fleet((fromstring('<vType id="t" vClass="truck"/>'),), {"t": 4}).cars() == {"DEFAULT_VEHTYPE": 1.0}
