"""How alarms are judged: found, how soon, false, elsewhere."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.incidents.alarms import Neighbours, in_a_row, outcome
from bench.incidents.cases import Blocked, Case, Purpose, drawn
from bench.incidents.fitting import logistic
from bench.incidents.judging import GROUPS, _facts, wilson
from bench.incidents.recording import _came_s, _since
from bench.incidents.runs import SCENARIOS, draws_of, scenarios_of
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.incidents.detection.evidence import Figure
from sumo_scenarios.city_feed.happenings import STANDING
from tests.signal_ctrl.watch.incidents.places import town

NETWORK = town()
ROADS = [road.road for road in NETWORK.roads]
BEGIN_MS = 20_000 * 86_400_000 + 7 * 3_600_000
BLOCKED = Blocked("a", 0, 100.0, 7 * 3600 + 1000.0, 7 * 3600 + 2000.0, 0.6)


def alarmed(*where: tuple[str, int, int]) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    found = np.zeros((100, len(ROADS)), dtype=bool)
    for road, start, end in where:
        found[start:end, ROADS.index(road)] = True
    return found


def judged(*where: tuple[str, int, int], blocked: Blocked | None = BLOCKED) -> tuple[float | None, bool, int, int]:
    found = outcome(alarmed(*where), Neighbours(NETWORK), BEGIN_MS, blocked, NETWORK.index)
    return found.found_s, found.own_road, found.false, found.elsewhere


def test_an_alarm_counts_from_the_end_of_the_bin_it_is_seen_in() -> None:
    assert judged(("a", 55, 60)) == (124.0, True, 0, 0)


def test_the_road_next_to_it_counts_and_one_further_away_does_not() -> None:
    assert judged(("b", 55, 60)) == (124.0, False, 0, 0)
    assert judged(("e", 55, 60)) == (None, False, 0, 1)


def test_what_was_there_before_is_false_and_counts_once_while_it_lasts() -> None:
    assert judged(("e", 35, 40), ("e", 45, 49)) == (None, False, 1, 0)
    assert judged(("e", 31, 32), ("e", 80, 81), blocked=None) == (None, False, 2, 0)
    assert judged(("a", 31, 35), ("b", 36, 40), blocked=None)[2] == 1


def test_the_first_ten_minutes_are_not_judged() -> None:
    assert judged(("e", 0, 20), blocked=None)[2] == 0
    found = outcome(alarmed(), Neighbours(NETWORK), BEGIN_MS, None, NETWORK.index)
    assert found.road_days == pytest.approx(70 * 5 * 20 / 86_400)


def test_two_in_a_row() -> None:
    high = np.array([[1, 0], [1, 1], [0, 1], [1, 1]], dtype=bool)
    assert in_a_row(high).tolist() == [[False, False], [True, False], [False, True], [False, True]]


def test_incidents_are_drawn_the_same_each_time_on_roads_that_are_used() -> None:
    use = [0.7, 0.2, 0.01, 0.3, 0.04]
    cases = [Case(SCENARIOS["cologne8"], Purpose.JUDGE, number) for number in range(60)]
    found = [drawn(case, NETWORK, use) for case in cases]
    assert found == [drawn(case, NETWORK, use) for case in cases]
    assert {each.road for each in found} == {"a", "b", "d"}
    assert 0.5 < sum(each.heavy for each in found) / 60 < 0.9
    assert all(600 <= round(each.to_s - each.from_s, 1) <= 2400 for each in found)


def test_each_run_is_seen_with_one_draw_of_the_roads_with_loops() -> None:
    draws = draws_of(0.5, 0.05, 3)
    assert [[draw.sees(number) for draw in draws].index(True) for number in range(6)] == [0, 1, 2, 0, 1, 2]
    assert all(sum(draw.sees(number) for draw in draws) == 1 for number in range(20))
    assert len({draw.salt for draw in draws}) == 3 and draws[0].salt == "" and len({draw.word for draw in draws}) == 1
    assert draws_of(1.0, 0.05, 1)[0].sees(17)


@pytest.mark.parametrize(("road", "sight"), [("a", "own"), ("b", "next"), ("d", "next"), ("e", "none")])
def test_an_incident_is_told_with_who_sees_it_and_what_share_it_blocks(road: str, sight: str) -> None:
    facts = _facts(replace(BLOCKED, road=road, behind_veh=2), NETWORK)
    assert facts["sight"] == sight and facts["heavy"]
    of = {name for name, holds in GROUPS.items() if holds(facts)}
    assert ("- no loops on it nor next to it" in of) == (sight == "none")
    assert ("- whole road blocked" in of) == (road == "d") and ("- half of it" in of) == (road != "d")
    assert "- fewer than 3 came in 3 min" in of and "lighter" not in of


def test_an_incident_begins_when_its_vehicle_has_come(tmp_path: Path) -> None:
    trips = tmp_path / "trips.xml"
    assert _came_s(_written(trips, "car", 900.0)) is None
    assert _came_s(_written(trips, f"{STANDING}0", -1.0)) is None
    assert _came_s(_written(trips, f"{STANDING}0", 1300.0)) == 1300.0
    counted = np.ones((200, len(NETWORK.loops)), np.uint8)
    found = _since(BLOCKED, BLOCKED.from_s + 300.0, counted, NETWORK, BLOCKED.from_s - 1000.0)
    assert found.from_s == BLOCKED.from_s + 300.0 and found.to_s == BLOCKED.to_s
    assert found.behind_veh == 9 * 2, "nine bins of 20 s, two lanes, one vehicle each"


def _written(path: Path, vehicle: str, depart_s: float) -> Path:
    path.write_text(f'<tripinfos><tripinfo id="{vehicle}" depart="{depart_s}"/></tripinfos>', encoding="utf-8")
    return path


def test_seeds_of_purposes_do_not_meet() -> None:
    seeds = [Case(SCENARIOS["cologne8"], purpose, number).seed for purpose in Purpose for number in range(99)]
    assert len(set(seeds)) == len(seeds)


def test_a_scenario_that_is_not_in_the_campaign_is_refused() -> None:
    assert [each.name for each in scenarios_of(["corridor"])] == ["corridor"]
    with pytest.raises(InvalidInputError, match="no scenario 'mars'"):
        scenarios_of(["mars"])


def test_a_figure_that_tells_nothing_gets_less_weight_than_one_that_does() -> None:
    dice = np.random.default_rng(3)
    rows, there = dice.uniform(0, 3, (4000, len(Figure))), np.zeros(4000)
    there[:400] = 1
    rows[:400, 2] += 6
    weights = logistic(rows, there)
    assert weights[2] == max(weights) and (weights >= 0).all()


def test_the_interval_of_a_share_holds_the_share() -> None:
    for good, of in ((0, 5), (3, 7), (9, 9)):
        low, high = wilson(good, of)
        assert -1e-9 <= low <= good / of <= high <= 1 + 1e-9
