"""Any scenario that has car parks can be judged: its own are taken as they are."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.parking_loop.order import Arm, ParkingOrder
from sumo_scenarios.parking_loop.town import write_town
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.xml_input import parse_xml

GRID = "grid4x4"


def scenario(folder: Path, car_parks: str) -> Path:
    """Return the configuration of the grid with car parks of a user's own."""
    config = catalogue.resolve(GRID).config
    (folder / "parks.add.xml").write_text(f"<additional>{car_parks}</additional>", encoding="utf-8")
    text = config.read_text(encoding="utf-8")
    for name in (f"{GRID}.net.xml", f"{GRID}_1.rou.xml", f"{GRID}.rou.xml"):
        text = text.replace(f'"{name}"', f'"{config.parent / name}"')
    own = folder / "own.sumocfg"
    own.write_text(text.replace("</input>", '<additional-files value="parks.add.xml"/></input>'), encoding="utf-8")
    return own


def order(config: Path) -> ParkingOrder:
    return ParkingOrder(RunSettings(str(config), "net", 1, 1), Arm.GUIDED, short=0.0)


def test_cars_that_end_near_a_car_park_stop_in_it(tmp_path: Path) -> None:
    config = scenario(tmp_path, '<parkingArea id="p" lane="A1A0_0" startPos="20" endPos="80" roadsideCapacity="30"/>')
    folder = tmp_path / "town"
    folder.mkdir()
    town = write_town(order(config), folder)
    assert [(park.name, park.edge, park.capacity) for park in town.parks] == [("p", "A1A0", 30)]
    assert town.parkers
    stopping = [row for row in parse_xml(folder / "parking.rou.xml") if row.find("stop") is not None]
    assert {row.get("id") for row in stopping} == set(town.parkers)
    for row in stopping:
        assert row.find("stop").attrib["parkingArea"] == "p"
        assert row.find("route").attrib["edges"].split()[-1] == "A1A0"
    assert "parkingArea" not in (folder / "own-0.add.xml").read_text(encoding="utf-8")


def test_a_scenario_without_car_parks_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    with pytest.raises(InvalidInputError, match="no parkingArea"):
        write_town(order(scenario(tmp_path, "")), folder)
    with pytest.raises(InvalidInputError, match="no lane"):
        write_town(order(scenario(tmp_path, '<parkingArea id="p" lane="x_0" roadsideCapacity="3"/>')), folder)
