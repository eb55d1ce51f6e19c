from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.facilities import FacilityKind, Sensing
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.parking_areas import facilities_of

AREAS = """<additional>
  <parkingArea id="P#1" lane="{lane}" startPos="10" endPos="-5" roadsideCapacity="8" name="North"/>
  <parkingArea id="K1" lane="{lane}" startPos="0" endPos="20" roadsideCapacity="2" onRoad="true"><space x="1" y="2"/></parkingArea>
  <parkingArea id="empty" lane="{lane}" startPos="0" endPos="20"/>
  <parkingArea id="nowhere" lane="zzz_0" startPos="0" endPos="20" roadsideCapacity="2"/>
</additional>"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    from sumo_scenarios.city_feed.road_network import roads_of

    config = read_configuration(catalogue.resolve("cologne1").config)
    road = max(roads_of("cologne1").roads, key=lambda each: each.length_m)
    (tmp_path / "parks.add.xml").write_text(AREAS.format(lane=f"{road.road}_0"), encoding="utf-8")
    routes = ",".join(map(str, config.routes))
    (tmp_path / "x.sumocfg").write_text(
        f'<configuration><input><net-file value="{config.net}"/><route-files value="{routes}"/>'
        '<additional-files value="parks.add.xml"/></input></configuration>',
        encoding="utf-8",
    )
    return str(tmp_path / "x.sumocfg")


def test_parking_areas_are_facilities(scenario: str) -> None:
    park, kerb = facilities_of(scenario).facilities
    assert (park.facility, park.name, park.capacity, park.kind) == ("P-1", "North", 8, FacilityKind.CAR_PARK)
    assert (kerb.facility, kerb.capacity, kerb.kind) == ("K1", 3, FacilityKind.KERB)
    assert park.sections[0].sensing is Sensing.SPACES and not park.gates
    assert park.entrances[0].position_m > 100


def test_their_gates_may_count(scenario: str) -> None:
    park, kerb = facilities_of(scenario, "gates").facilities
    assert park.gates == ("P-1-in", "P-1-out") and park.sections[0].sensing is Sensing.NONE
    assert not kerb.gates and kerb.sections[0].sensing is Sensing.SPACES


def test_without_any_there_is_nothing_to_import() -> None:
    with pytest.raises(InvalidInputError, match="no parkingArea"):
        facilities_of("cologne1")
    with pytest.raises(InvalidInputError, match="spaces or gates"):
        facilities_of("cologne1", "eyes")
