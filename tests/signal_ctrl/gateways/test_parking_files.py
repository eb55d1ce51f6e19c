import json
from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.parking_files import read_facilities
from signal_ctrl.parking.facilities import Facilities, FacilityKind, Sensing, SpaceKind
from signal_ctrl.parking.facilities_json import facilities_to_json
from signal_ctrl.parking.occupancy import unknown
from signal_ctrl.web.parking.datex2 import status_of, table_of
from tests.signal_ctrl.parking.made import BEGIN_MS, facility
from tests.signal_ctrl.web.parking.test_parking_routes import roads

SHANGHAI = "Asia/Shanghai"
CSV = """facility,name,lon,lat,capacity,kind,section,space_kind,sensing,gates,longest_stay_min
P1,中心,120.0951,30.2002,120,car_park,A,general,none,in;out,
P1,中心,120.0951,30.2002,6,car_park,E,charging,spaces,,120
K1,"Kerb, north",120.105,30.1999,9,kerb,,,spaces,,
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_has_a_row_a_section(tmp_path: Path) -> None:
    found = read_facilities(write(tmp_path, "p.csv", CSV), roads(), SHANGHAI)
    park, kerb = found.facilities
    assert (park.facility, park.capacity, park.kind, park.gates) == ("P1", 126, FacilityKind.CAR_PARK, ("in", "out"))
    assert park.capacity_of(SpaceKind.CHARGING) == 6
    assert park.section_of["001"].section == "A" and park.section_of["E-6"].longest_stay_min == 120
    assert (kerb.name, kerb.kind, kerb.sections[0].sensing) == ("Kerb, north", FacilityKind.KERB, Sensing.SPACES)
    assert (park.entrances[0].road, kerb.entrances[0].road) == ("W1", "E2")
    assert park.entrances[0].position_m == pytest.approx(470, abs=10)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("P1,中心,120.0951", "P1,中心,x", "line 2: 'lon' has to be a number"),
        ("30.2002,120,", "30.2002,12.5,", "line 2: 'capacity' has to be a whole number"),
        ("30.2002,120,", "30.2002,0,", "line 2: 'capacity' has to be"),
        ("K1,", "../K1,", "cannot name a facility"),
        ("kerb,,,spaces", "kerb,,boat,spaces", "'kind' cannot be 'boat'"),
        ("120.105,30.1999", "30.1999,120.105", "no road lies within 2 km|longitude and latitude"),
        ("facility,name", "facility,nam", "the header needs"),
    ],
)
def test_a_csv_says_where_it_is_wrong(old: str, new: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read_facilities(write(tmp_path, "p.csv", CSV.replace(old, new)), roads(), SHANGHAI)


def test_without_roads_the_file_names_them(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="--roads"):
        read_facilities(write(tmp_path, "p.csv", CSV), None, SHANGHAI)
    text = "facility,name,lon,lat,capacity,road,position_m\nP1,x,120.1,30.2,5,E7,12\n"
    found = read_facilities(write(tmp_path, "p.csv", text), None, SHANGHAI)
    assert (found.facilities[0].entrances[0].road, found.facilities[0].entrances[0].position_m) == ("E7", 12.0)


def test_geojson_has_a_feature_a_section(tmp_path: Path) -> None:
    ring = [[120.094, 30.199], [120.096, 30.199], [120.096, 30.201], [120.094, 30.201]]
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
         "properties": {"facility": "P1", "name": "x", "capacity": 30, "sensing": "camera"}},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [120.105, 30.2]},
         "properties": {"facility": "P2", "name": "y", "capacity": 5}},
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    found = read_facilities(write(tmp_path, "p.geojson", text), roads(), SHANGHAI)
    assert [(each.facility, each.capacity) for each in found.facilities] == [("P1", 30), ("P2", 5)]
    assert found.facilities[0].place == pytest.approx((120.095, 30.2))
    assert read_facilities(write(tmp_path, "p.json", text), roads(), SHANGHAI) == found
    with pytest.raises(InvalidInputError, match="not a LineString"):
        read_facilities(write(tmp_path, "q.geojson", text.replace('"Point"', '"LineString"')), roads(), SHANGHAI)


def test_our_own_datex_is_read_again(tmp_path: Path) -> None:
    before = Facilities(
        (
            facility("P1", place=(120.095, 30.2)),
            replace(facility("P2", capacity=7, place=(120.105, 30.2)), name="a<b&c"),
        )
    )
    text = table_of(before, ("cn", "city"), BEGIN_MS)
    found = read_facilities(write(tmp_path, "p.xml", text), roads(), SHANGHAI)
    assert [(e.facility, e.capacity, e.name, e.name_en) for e in found.facilities] == [
        (e.facility, e.capacity, e.name, e.name_en) for e in before.facilities
    ]
    status = status_of(before, [unknown("P1", {SpaceKind.GENERAL: 40}, BEGIN_MS, "")], ("cn", "city"), BEGIN_MS)
    with pytest.raises(InvalidInputError, match="no parkingRecord"):
        read_facilities(write(tmp_path, "s.xml", status), roads(), SHANGHAI)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "a DTD or an entity is not read"),
        ("<x>", "is no XML"),
        (
            '<t><parkingRecord id="P1"><latitude>30</latitude></parkingRecord></t>',
            "longitude, parkingNumberOfSpaces is missing",
        ),
    ],
)
def test_datex_is_read_with_entities_off(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read_facilities(write(tmp_path, "p.xml", text), roads(), SHANGHAI)


def test_the_own_document_is_taken_as_it_is(tmp_path: Path) -> None:
    before = Facilities((facility(),), "Europe/Berlin")
    assert read_facilities(write(tmp_path, "p.json", facilities_to_json(before)), None, SHANGHAI) == before
    with pytest.raises(InvalidInputError, match="are read from"):
        read_facilities(write(tmp_path, "p.txt", ""), None, SHANGHAI)
