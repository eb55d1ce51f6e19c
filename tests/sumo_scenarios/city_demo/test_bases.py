"""Where the units of a demo have their bases: at marked places, else spread over the signals, always on a road."""

import math
from pathlib import Path

import pytest

from signal_ctrl.watch.dispatch.unit_file import units_from_text
from signal_ctrl.watch.dispatch.units import UnitKind
from sumo_scenarios import catalogue
from sumo_scenarios.city_demo.bases import FLEET, LEAST_M, bases_of, on_a_road, spread_over, units_document
from sumo_scenarios.city_demo.city import City, read_city
from sumo_scenarios.configuration import read_configuration


@pytest.fixture(scope="module")
def city() -> City:
    return read_city(catalogue.resolve("cologne3"), 25_200.0)


def test_places_are_spread_from_the_middle_outwards() -> None:
    places = ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 0.1))
    assert spread_over(places, 3)[0] in ((1.0, 0.0), (1.0, 0.1))
    assert set(spread_over(places, 3)[1:]) == {(0.0, 0.0), (2.0, 0.0)}
    assert len(spread_over(places, 9)) == 4
    assert spread_over(((1.0, 1.0), (1.0, 1.0)), 5) == ((1.0, 1.0),)


def test_a_network_without_marks_has_its_whole_fleet_on_roads(city: City) -> None:
    bases = bases_of(city, ())
    assert len(bases) == sum(many for _, many in FLEET)
    assert len({base.unit for base in bases}) == len(bases)
    file = units_from_text(units_document(bases))
    assert {(unit.unit, unit.kind, unit.home) for unit in file.units} == {(b.unit, b.kind, b.home) for b in bases}
    middles = {on_a_road(city.network, road.shape[0]) for road in city.network.roads}
    assert {base.home for base in bases} <= middles
    assert on_a_road(city.network, bases[0].home) == bases[0].home


def test_a_marked_hospital_has_the_ambulances(city: City, tmp_path: Path) -> None:
    marks = tmp_path / "marks.add.xml"
    x_m, y_m = city.net.junctions[next(iter(city.net.junctions))].position
    marks.write_text(
        f'<additional><poi id="h" type="hospital" x="{x_m}" y="{y_m}"/><poi id="s" type="school" x="0" y="0"/>'
        "</additional>",
        encoding="utf-8",
    )
    bases = bases_of(city, (marks,))
    metres = city.network.plane.metres
    at_m = metres(city.degrees(x_m, y_m))
    longest_m = max(road.length_m for road in city.network.roads)
    for base in bases:
        if base.kind is UnitKind.AMBULANCE:
            assert math.dist(metres(base.home), at_m) <= longest_m + LEAST_M
    homes = {base.home for base in bases if base.kind is UnitKind.AMBULANCE}
    assert len(homes) == 1
    assert len({base.home for base in bases if base.kind is not UnitKind.AMBULANCE}) > 1


def test_newtown_marks_its_fire_station_and_hospital() -> None:
    scenario = catalogue.resolve("newtown-2x3")
    config = read_configuration(scenario.config)
    bases = bases_of(read_city(scenario, 25_200.0), config.additional)
    by_kind = {kind: {base.home for base in bases if base.kind is kind} for kind, _ in FLEET}
    assert len(by_kind[UnitKind.FIRE]) == len(by_kind[UnitKind.AMBULANCE]) == 1
    assert by_kind[UnitKind.FIRE] != by_kind[UnitKind.AMBULANCE]
