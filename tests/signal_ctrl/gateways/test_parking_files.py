import json
from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.parking_files import read_facilities
from signal_ctrl.parking.facilities import Facilities, FacilityKind, Section, Sensing, SpaceKind
from signal_ctrl.parking.facilities_json import facilities_to_json
from signal_ctrl.parking.occupancy import unknown
from signal_ctrl.parking.tariffs import OpenSpan, PriceBand, Tariff
from signal_ctrl.web.parking.datex2 import status_of, table_of
from tests.signal_ctrl.parking.made import BEGIN_MS, facility, numbers
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


PRICED = """facility,name,lon,lat,capacity,prices,free_min,day_most_cents,currency,hours
P1,x,120.0951,30.2002,120,00:00 60 200;08:00 30 500,15,6000,EUR,0-4 06:00-24:00;5,6 22:00-06:00
P2,y,120.105,30.1999,9,,,,,08:00-20:00
"""


def test_prices_and_hours_come_with_a_csv_or_geojson(tmp_path: Path) -> None:
    tariff = Tariff((PriceBand(0, 60, 200), PriceBand(480, 30, 500)), 15, 6000, "EUR")
    hours = (OpenSpan((0, 1, 2, 3, 4), 360, 1440), OpenSpan((5, 6), 1320, 360))
    text = PRICED.replace("0-4 06:00-24:00;5,6 22:00-06:00", '"0-4 06:00-24:00;5,6 22:00-06:00"')
    first, second = read_facilities(write(tmp_path, "p.csv", text), roads(), SHANGHAI).facilities
    assert (first.tariff, first.hours) == (tariff, hours)
    assert (second.tariff, second.hours) == (Tariff(), (OpenSpan(tuple(range(7)), 480, 1200),))
    properties = {
        "facility": "P1", "name": "x", "capacity": 5, "prices": "00:00 60 200;08:00 30 500", "free_min": 15,
        "day_most_cents": 6000, "currency": "EUR", "hours": "0-4 06:00-24:00;5,6 22:00-06:00",
    }  # fmt: skip
    feature = {"geometry": {"type": "Point", "coordinates": [120.105, 30.2]}, "properties": properties}
    path = write(tmp_path, "p.geojson", json.dumps({"features": [feature]}))
    (third,) = read_facilities(path, roads(), SHANGHAI).facilities
    assert (third.tariff, third.hours) == (tariff, hours)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("00:00 60 200", "00:00 60", "line 2: 'prices' are spans as '00:00 60 200', got '00:00 60'"),
        ("08:00 30 500", "08:00 x 500", "line 2: 'prices' are spans"),
        ("00:00 60 200;", "07:00 60 200;", "begin at minute 0"),
        ("08:00-20:00", "08:00", "line 3: 'hours' are spans as '0-4 06:00-24:00', got '08:00'"),
        ("08:00-20:00", "5-9 08:00-20:00", "0, Monday, to 6"),
        ("08:00-20:00", "6-5 08:00-20:00", "0, Monday, to 6"),
        ("08:00-20:00", "25:00-20:00", "25:00"),
        (",15,", ",x,", "line 2: 'free_min' has to be a number"),
    ],
)
def test_prices_and_hours_say_where_they_are_wrong(old: str, new: str, words: str, tmp_path: Path) -> None:
    text = PRICED.replace(";5,6 22:00-06:00", "").replace(old, new)
    with pytest.raises(InvalidInputError, match=words):
        read_facilities(write(tmp_path, "p.csv", text), roads(), SHANGHAI)


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


def test_kinds_of_spaces_survive_datex(tmp_path: Path) -> None:
    """A charging or accessible space that came back as a general one would be promised to everybody."""
    more = tuple(
        Section(kind.value, kind, numbers(kind.value, many), longest_stay_min=longest_min)
        for kind, many, longest_min in (
            (SpaceKind.ACCESSIBLE, 3, 0), (SpaceKind.CHARGING, 5, 120), (SpaceKind.COACH, 2, 0), (SpaceKind.SHORT_STAY, 4, 30),
        )
    )  # fmt: skip
    park = facility("P1", more=more, place=(120.095, 30.2), gates=("in", "out"))
    limited = Section("K", SpaceKind.GENERAL, numbers("K", 6), longest_stay_min=60)
    kerb = facility("K1", sections=(limited,), place=(120.105, 30.2))
    text = table_of(Facilities((park, kerb)), ("cn", "city"), BEGIN_MS)
    found = read_facilities(write(tmp_path, "p.xml", text), roads(), SHANGHAI).facilities
    assert [each.kind for each in found] == [FacilityKind.CAR_PARK, FacilityKind.KERB]
    for before, after in zip((park, kerb), found, strict=True):
        assert after.capacity == before.capacity
        assert {kind: after.capacity_of(kind) for kind in SpaceKind} == {k: before.capacity_of(k) for k in SpaceKind}
        assert {s.kind: s.longest_stay_min for s in after.sections} == {
            s.kind: s.longest_stay_min for s in before.sections
        }


FOREIGN = """<d2 xmlns="http://datex2.eu/schema/2/2_0"><parkingTable><parkingRecord id="A 1">
<parkingName><values><value lang="de">Mitte</value></values></parkingName>
<parkingNumberOfSpaces>100</parkingNumberOfSpaces>
<parkingLocation><pointCoordinates><latitude>30.2</latitude><longitude>120.095</longitude></pointCoordinates></parkingLocation>
<groupOfParkingSpaces groupIndex="1"><groupOfParkingSpaces>
  <onlyAssignedParking><applicableForUser>wheelchairUsers</applicableForUser></onlyAssignedParking>
  <parkingNumberOfSpaces>4</parkingNumberOfSpaces></groupOfParkingSpaces></groupOfParkingSpaces>
<groupOfParkingSpaces groupIndex="2"><groupOfParkingSpaces>
  <onlyAssignedParking><applicableForUser>residents</applicableForUser></onlyAssignedParking>
  <parkingNumberOfSpaces>30</parkingNumberOfSpaces></groupOfParkingSpaces></groupOfParkingSpaces>
<groupOfParkingSpaces groupIndex="3"><groupOfParkingSpaces>
  <parkingNumberOfSpaces>7</parkingNumberOfSpaces><realSubsetOfGroup>2</realSubsetOfGroup></groupOfParkingSpaces></groupOfParkingSpaces>
<parkingAccess><location><latitude>31.9</latitude><longitude>121.9</longitude></location></parkingAccess>
</parkingRecord></parkingTable></d2>"""


def test_datex_of_others_is_read_by_what_stands_where(tmp_path: Path) -> None:
    """Groups have numbers of spaces, and ways in have places, of their own; what is for residents is for nobody else."""
    (park,) = read_facilities(write(tmp_path, "p.xml", FOREIGN), roads(), SHANGHAI).facilities
    assert (park.facility, park.name, park.place) == ("A-1", "Mitte", (120.095, 30.2))
    assert (park.capacity_of(SpaceKind.GENERAL), park.capacity_of(SpaceKind.ACCESSIBLE), park.capacity) == (66, 4, 70)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({">100<": ">20<"}, "parkingRecord A 1: its groups have 34 spaces, the whole 20"),
        ({">4<": ">x<"}, "parkingRecord A 1: 'parkingNumberOfSpaces' has to be a whole number"),
        ({"wheelchairUsers": "staff", ">30<": ">96<"}, "parkingRecord A 1: all its spaces are for others"),
        ({">100<": ">0<", ">4<": ">0<", ">30<": ">0<"}, "parkingRecord A 1: it has no spaces"),
    ],
)
def test_datex_that_does_not_add_up_is_refused(changes: dict[str, str], words: str, tmp_path: Path) -> None:
    text = FOREIGN
    for old, new in changes.items():
        text = text.replace(old, new)
    with pytest.raises(InvalidInputError, match=words):
        read_facilities(write(tmp_path, "p.xml", text), roads(), SHANGHAI)


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
