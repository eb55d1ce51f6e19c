"""The network of a scenario as GeoJSON: places on earth, and a document that the centre takes."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.centre.geojson import checked_network
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.earth import earth_of, from_utm
from sumo_scenarios.geojson_export import export_geojson
from sumo_scenarios.net_reader import read_net

AXIS_M, ECCENTRICITY_2 = 6_378_137.0, 0.00669437999014


def meridian_m(latitude: float, steps: int = 20_000) -> float:
    """Integrate the meridian from the equator, slowly and obviously (midpoint rule). [m]"""
    width = math.radians(latitude) / steps
    sines = (math.sin((k + 0.5) * width) for k in range(steps))
    return sum(AXIS_M * (1 - ECCENTRICITY_2) / (1 - ECCENTRICITY_2 * s * s) ** 1.5 * width for s in sines)


@pytest.mark.parametrize("latitude", [0.5, 30.0, 50.94, 70.0])
def test_on_the_middle_of_a_zone_the_north_is_the_meridian(latitude: float) -> None:
    longitude, found = from_utm(500_000.0, 0.9996 * meridian_m(latitude), 32)
    assert longitude == pytest.approx(9.0, abs=1e-12) and found == pytest.approx(latitude, abs=1e-8)


@given(st.floats(-250_000, 250_000), st.floats(100_000, 8_000_000))
def test_a_step_on_the_map_is_a_step_on_the_ground(east_m: float, north_m: float) -> None:
    """The map is conformal: a metre east and a metre north are as long on the ground, and at right angles."""
    step_m = 10.0
    longitude, latitude = from_utm(500_000 + east_m, north_m, 50)
    sine = math.sin(math.radians(latitude))
    across_m = AXIS_M / math.sqrt(1 - ECCENTRICITY_2 * sine**2) * math.cos(math.radians(latitude))
    along_m = AXIS_M * (1 - ECCENTRICITY_2) / (1 - ECCENTRICITY_2 * sine**2) ** 1.5

    def ground(east: float, north: float) -> tuple[float, float]:
        lon, lat = from_utm(500_000 + east_m + east, north_m + north, 50)
        return math.radians(lon - longitude) * across_m, math.radians(lat - latitude) * along_m

    (ex, ey), (nx, ny) = ground(step_m, 0), ground(0, step_m)
    scale = 0.9996 * (1 + (east_m / 6_367_000) ** 2 / 2)
    assert math.hypot(ex, ey) * scale == pytest.approx(step_m, rel=2e-5)
    assert math.hypot(nx, ny) * scale == pytest.approx(step_m, rel=2e-5)
    assert abs(ex * nx + ey * ny) < 1e-3


def test_the_south_counts_from_ten_million() -> None:
    north, south = from_utm(600_000, 5_000_000, 32), from_utm(600_000, 5_000_000, 32, south=True)
    assert south[1] == pytest.approx(-from_utm(600_000, 5_000_000, 32)[1]) and south[0] == pytest.approx(north[0])


@pytest.mark.parametrize(
    ("name", "west", "north"),
    [("cologne8", (6.9, 7.0), (50.9, 51.0)), ("ingolstadt21", (11.3, 11.5), (48.7, 48.8))],
)
def test_cities_lie_where_they_lie(name: str, west: tuple[float, float], north: tuple[float, float]) -> None:
    text, count, placed = export_geojson(read_configuration(resolve(name).config).net)
    found = json.loads(checked_network(text))["features"]
    assert placed and len(found) == count > 20
    for feature in found:
        places = feature["geometry"]["coordinates"]
        for longitude, latitude in [places] if feature["geometry"]["type"] == "Point" else places:
            assert west[0] < longitude < west[1] and north[0] < latitude < north[1]
    assert {"street", "signal", "link"} == {feature["properties"]["kind"] for feature in found}


@pytest.mark.parametrize("name", ["cologne8", "ingolstadt21"])
def test_every_link_of_a_signal_has_its_way_once(name: str) -> None:
    path = read_configuration(resolve(name).config).net
    features = json.loads(export_geojson(path)[0])["features"]
    ways = [(each["properties"]["id"], each["properties"]["link"]) for each in features if "link" in each["properties"]]
    wanted = {(signal, c.link) for signal, links in read_net(path).signal_links.items() for c in links}
    assert set(ways) == wanted
    assert len(ways) == sum(len(links) for links in read_net(path).signal_links.values())


def test_a_network_without_a_place_is_drawn_at_nought() -> None:
    text, _, placed = export_geojson(read_configuration(resolve("grid4x4").config).net)
    assert (
        not placed
        and max(abs(x) for each in json.loads(text)["features"] for x in flat(each["geometry"]["coordinates"])) < 1
    )


def flat(places: list) -> list[float]:
    return places if isinstance(places[0], float | int) else [x for place in places for x in place]


@pytest.mark.parametrize(
    ("offset", "projection"), [("x", "!"), ("0,0", "+proj=tmerc +lon_0=9"), ("0,0", "+proj=utm +zone=61")]
)
def test_other_projections_are_refused(offset: str, projection: str) -> None:
    with pytest.raises(InvalidInputError):
        earth_of(offset, projection)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.net.xml"
    for text in ("<net/>", "<routes><edge id='a'><lane shape='1,1 x'/></edge></routes>"):
        path.write_text(text)
        with pytest.raises(InvalidInputError):
            export_geojson(path)
