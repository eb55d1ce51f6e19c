from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.parking.facilities import Entrance, Facilities, Facility, FacilityKind, Section, Sensing, SpaceKind
from signal_ctrl.parking.facilities_json import facilities_from_json, facilities_to_json, numbers_of, spans_of
from signal_ctrl.parking.tariffs import OpenSpan, PriceBand, Tariff

SHANGHAI = "Asia/Shanghai"


def local_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(SHANGHAI)).timestamp() * 1000)


def car_park(**changes: object) -> Facility:
    fields: dict[str, object] = {
        "facility": "P1",
        "name": "中心停车场",
        "name_en": "Centre",
        "kind": FacilityKind.CAR_PARK,
        "place": (120.1, 30.2),
        "entrances": (Entrance("E1x1", 40.0),),
        "sections": (
            Section("A", SpaceKind.GENERAL, tuple(f"A{k:03d}" for k in range(1, 101)), "B1", "A", Sensing.SPACES),
            Section(
                "E", SpaceKind.CHARGING, ("E1", "E2"), "B1", "E", Sensing.CAMERA, 120, ((120.1, 30.2), (120.1, 30.2))
            ),
        ),
        "gates": ("in", "out"),
        "tariff": Tariff((PriceBand(0, 60, 200), PriceBand(480, 30, 500), PriceBand(1200, 60, 200)), 15, 6000),
        "hours": (OpenSpan((0, 1, 2, 3, 4), 360, 1440), OpenSpan((5, 6), 1320, 360)),
    }
    return Facility(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_document_is_read_as_it_was_written() -> None:
    before = Facilities((car_park(), car_park(facility="K1", kind=FacilityKind.KERB, gates=(), hours=())))
    assert facilities_from_json(facilities_to_json(before)) == before
    assert '"A001..A100"' in facilities_to_json(before)


@given(st.lists(st.text("ab019.", min_size=1, max_size=6).filter(lambda t: ".." not in t), unique=True, max_size=40))
def test_numbers_survive_being_written_as_spans(numbers: list[str]) -> None:
    assert list(numbers_of(spans_of(numbers), "")) == numbers


@given(st.integers(0, 2000), st.integers(1, 60), st.integers(1, 4))
def test_counted_numbers_are_one_span(first: int, many: int, digits: int) -> None:
    numbers = [f"L{k:0{digits}d}" for k in range(first, first + many)]
    assert len(spans_of(numbers)) == 1
    assert list(numbers_of(spans_of(numbers), "")) == numbers


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"facility": "../x"}, "cannot name a facility"),
        ({"place": (30.2, 120.1)}, "longitude and latitude"),
        ({"place": (float("nan"), 30.0)}, "longitude and latitude"),
        ({"entrances": ()}, "needs an entrance"),
        ({"gates": ("a", "a")}, "gate a is there twice"),
        ({"name": "a\nb"}, "printable"),
        (
            {"sections": (Section("A", SpaceKind.GENERAL, ("1",)), Section("B", SpaceKind.COACH, ("1",)))},
            "space 1 is there twice",
        ),
    ],
)
def test_what_is_not_whole_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        car_park(**changes)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"kind":"car_park"', '"kind":"barn"', "choose of car_park, kerb"),
        ('"A001..A100"', '"A001..B100"', "is no span"),
        ('"A001..A100"', '"A001..A999999"', "has to go up"),
        ('"free_min":15', '"free_min":true', "whole number"),
        ('"place":[120.1', f'"place":[1{"0" * 400}', "a place is two numbers"),
        ('"gates"', '"gaits"', "unknown 'gaits'"),
        ('"timezone":"Asia/Shanghai"', '"timezone":"Asia/Nowhere"', "no time zone"),
        ('"timezone":"Asia/Shanghai"', '"timezone":"localtime"', "no time zone"),
    ],
)
def test_a_document_says_where_it_is_wrong(old: str, new: str, words: str) -> None:
    text = facilities_to_json(Facilities((car_park(),)))
    assert old in text
    with pytest.raises(InvalidInputError, match=words):
        facilities_from_json(text.replace(old, new))


def test_capacities_go_by_kind() -> None:
    facility = car_park()
    assert facility.capacity == 102
    assert facility.kinds == (SpaceKind.GENERAL, SpaceKind.CHARGING)
    assert facility.capacity_of(SpaceKind.CHARGING) == 2
    assert facility.section_of["E2"].section == "E"
    with pytest.raises(NotFoundError):
        Facilities((facility,)).of("P2")


@pytest.mark.parametrize(
    ("when", "open_"),
    [
        ("2026-03-02 05:59", True),  # a Monday: Sunday's span ends at six in its morning
        ("2026-03-02 06:00", True),
        ("2026-03-03 00:30", False),
        ("2026-03-07 05:00", False),  # Saturday before its span
        ("2026-03-07 22:00", True),
        ("2026-03-08 05:59", True),  # Saturday's span reaches into Sunday
        ("2026-03-08 06:00", False),
    ],
)
def test_hours_go_by_the_clock_of_the_city(when: str, open_: bool) -> None:
    assert Facilities((car_park(),)).is_open("P1", local_ms(when)) is open_


@pytest.mark.parametrize(
    ("begin", "stay_min", "cents"),
    [
        ("2026-03-02 10:00", 15, 0),
        ("2026-03-02 10:00", 16, 500),
        ("2026-03-02 10:00", 31, 1000),
        ("2026-03-02 07:00", 90, 200 + 500),  # an hour at night's price, then half an hour at day's
        ("2026-03-02 19:45", 60, 500 + 200),
        ("2026-03-02 08:00", 1440, 6000),
        ("2026-03-02 08:00", 1500, 6000 + 1000),
    ],
)
def test_a_stay_is_paid_by_the_steps_begun(begin: str, stay_min: float, cents: int) -> None:
    assert Facilities((car_park(),)).price_cents("P1", local_ms(begin), stay_min) == cents


@given(st.floats(0, 4000), st.floats(0, 400), st.integers(0, 1439))
def test_who_stays_longer_never_pays_less(stay_min: float, more_min: float, minute: int) -> None:
    tariff, begin_ms = car_park().tariff, local_ms("2026-03-02 00:00") + minute * 60_000
    assert tariff.price_cents(SHANGHAI, begin_ms, stay_min) <= tariff.price_cents(
        SHANGHAI, begin_ms, stay_min + more_min
    )
