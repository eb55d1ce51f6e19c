"""Who is suitable and how soon each is there."""

from dataclasses import replace

import pytest

from signal_ctrl.domain.errors import ConflictError, InvalidInputError
from signal_ctrl.domain.road_ways import RoadGraph
from signal_ctrl.domain.roadside import Roadside
from signal_ctrl.watch.dispatch.missions import MISSION_NEXT, MissionState, Need
from signal_ctrl.watch.dispatch.ranking import OLD_MS, TURNOUT_S, Ranking, Town, rank
from signal_ctrl.watch.dispatch.travel import times_of
from signal_ctrl.watch.dispatch.unit_desk import moved
from signal_ctrl.watch.dispatch.unit_file import units_from_text
from signal_ctrl.watch.dispatch.units import UNIT_NEXT, Shift, Unit, UnitKind, UnitPosition, UnitState
from tests.signal_ctrl.watch.dispatch.streets import UNITS, grid, minute, place, units_file

NOW_MS = 1_790_000_000_000
PATROL = Need((UnitKind.PATROL,))


def town(slow: dict[str, float] | None = None) -> Town:
    network = grid()
    return Town(network, Roadside(network), RoadGraph(network), times_of(network, minute(network, 0, slow)))


def ranking(units: tuple[Unit, ...], need: Need, *positions: UnitPosition, road: str = "r10-20") -> Ranking:
    found = town()
    places = found.places(place(1.5, 0.0), road)
    return rank(found, units, {each.unit: each for each in positions}, need, places, NOW_MS)


def test_the_nearest_suitable_unit_comes_first_and_the_others_have_reasons() -> None:
    found = ranking(units_file().units, PATROL)
    assert [a.unit for a in found.arrivals] == ["p1", "p2"]
    assert found.unsuitable == (("another kind", 2),)
    first = found.arrivals[0]
    assert (first.from_, first.position_age_s) == ("home", None)
    assert first.travel_s == pytest.approx(45.0 + TURNOUT_S["home"], abs=0.2)
    assert first.low_s <= first.travel_s < first.high_s
    assert first.roads[-2:] == ("r00-10", "r10-20")


def test_skills_equipment_shift_and_state_are_asked_for() -> None:
    p1, p2, t1, m1 = units_file().units
    off = Shift(("mon",), 0, 1, "UTC")
    units = (p1, p2, replace(t1, state=UnitState.OUT_OF_SERVICE), replace(m1, shifts=(off,)))
    every = Need(tuple(UnitKind), skills=("first-aid",))
    assert [a.unit for a in ranking(units, every).arrivals] == ["p1"]
    told = dict(ranking(units, every).unsuitable)
    assert told == {"lacks first-aid": 1, "out of service": 1, "off shift": 1}
    crane = Need((UnitKind.TOW,), equipment=("crane",))
    assert [a.unit for a in ranking(units_file().units, crane).arrivals] == ["t1"]


def test_an_old_position_is_marked_and_widens_the_interval() -> None:
    units = units_file().units[:1]
    fresh = UnitPosition("p1", *place(0.5, 0.0), NOW_MS - 5_000, "feed", 90.0)
    old = replace(fresh, utc_ms=NOW_MS - OLD_MS - 60_000)
    (a,), (b,) = ranking(units, PATROL, fresh).arrivals, ranking(units, PATROL, old).arrivals
    assert (a.from_, b.from_, b.position_age_s) == ("reported", "old", 180.0)
    assert a.travel_s == b.travel_s == pytest.approx(30.0, abs=0.2)
    assert b.high_s == pytest.approx(a.high_s + 180.0, abs=0.2) and b.low_s == 0.0


def test_who_cannot_get_there_is_told() -> None:
    network = grid()
    alone = replace(network, turns=())
    stuck = Town(alone, Roadside(alone), RoadGraph(alone), times_of(alone, None))
    found = rank(stuck, units_file().units[:2], {}, PATROL, stuck.places(place(1.5, 0), "r10-20"), NOW_MS)
    assert (found.arrivals, found.unsuitable) == ((), (("no way there", 2),))


def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = Shift(("fri",), 22 * 60, 6 * 60, "Asia/Shanghai")
    friday_23_ms = 1_790_348_400_000  # 2026-09-25 23:00 in Shanghai, a Friday
    assert night.covers(friday_23_ms) and night.covers(friday_23_ms + 6 * 3_600_000)
    assert not night.covers(friday_23_ms - 2 * 3_600_000) and not night.covers(friday_23_ms + 8 * 3_600_000)
    assert not night.covers(friday_23_ms + 24 * 3_600_000)


@pytest.mark.parametrize("state", list(UnitState))
@pytest.mark.parametrize("to", list(UnitState))
def test_a_unit_goes_from_state_to_state_by_the_table_alone(state: UnitState, to: UnitState) -> None:
    unit = Unit("u", UnitKind.TOW, (8, 50), state=state, mission="mi-1" if state.busy else "")
    mission = "mi-1" if to.busy else ""
    if to is state or to in UNIT_NEXT[state]:
        assert moved(unit, to, NOW_MS, mission).state is to
    else:
        with pytest.raises(ConflictError):
            moved(unit, to, NOW_MS, mission)


def test_what_is_over_stays_over_and_all_ends_are_reached() -> None:
    assert all(not MISSION_NEXT[state] for state in MissionState if not state.live)
    assert all(MISSION_NEXT[state] for state in MissionState if state.live)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "tow"', 'kind = "boat"', "unit 3: 'boat' is no kind of unit"),
        ('name = "p2"', 'name = "p1"', "unit p1 is there twice"),
        ("home = [8.016, 50.0]", "home = [8.016]", "unit 2: 'home' has to be [longitude, latitude]"),
        ("home = [8.016, 50.0]", "home = [208.0, 50.0]", "degrees of WGS 84"),
        ("home = [8.016, 50.0]", 'home = [8.0, "x"]', "[longitude, latitude]"),
        ("time_factor = 1.2", "time_factor = 0.1", "'time_factor' is 0.3 to 2.0"),
        ("time_factor = 1.2", "time_factor = nan", "has to be a number"),
        ("time_factor = 1.2", f"time_factor = 1{'0' * 400}", "has to be a number"),
        ("home = [8.016, 50.0]", f"home = [1{'0' * 400}, 50.0]", "[longitude, latitude]"),
        ("least = 1", "least = 0", "has to be 1 or more"),
        ("least = 1", "leest = 1", "unknown 'leest'"),
        ('vehicle = "v1"', 'vehicles = "v1"', "unknown 'vehicles'; did you mean 'vehicle'"),
        ('format = "signal-ctrl units 1"', 'format = "units"', "'format' is not"),
        ('stage = "main"\n\n', 'stage = ""\n\n', "'stage' has to be a text"),
        ('device = "vera"', 'shifts = [{from = "6:00", to = "14:00"}]', "a time as 06:30"),
        ('device = "vera"', 'shifts = [{from = "06:00", to = "14:00", zone = "Mars/X"}]', "unknown time zone"),
        ('device = "vera"', 'shifts = [{from = "06:00", to = "14:00", zone = "localtime"}]', "no name of a time zone"),
        ('device = "vera"', 'shifts = [{days = ["someday"], from = "06:00", to = "14:00"}]', "days of a shift"),
        ("[[unit]]", "[[units]]", "unknown 'units'"),
    ],
)
def test_a_bad_document_is_one_line_that_says_where(old: str, new: str, words: str) -> None:
    assert old in UNITS
    with pytest.raises(InvalidInputError, match=words.replace("[", r"\[").replace("]", r"\]")):
        units_from_text(UNITS.replace(old, new))
