"""The day's trips: balanced tables, shares of the hours, and the vehicles that come of them."""

from itertools import pairwise

import pytest

from sumo_scenarios.corridor.build import ends
from sumo_scenarios.corridor.timetable import buses, cars, lines
from sumo_scenarios.corridor.travel import EVENING, MORNING, gates, shares, trips

PLACES = gates(ends())


@pytest.mark.parametrize("morning", [True, False])
def test_every_gate_sends_what_it_should_and_takes_its_part(morning: bool) -> None:
    table = trips(PLACES, morning)
    wanted = {gate.name: gate.morning if morning else gate.evening for gate in PLACES}
    scale = sum(sent for sent, _ in wanted.values()) / sum(taken for _, taken in wanted.values())
    for name, (sent, taken) in wanted.items():
        assert sum(number for (a, _), number in table.items() if a == name) == pytest.approx(sent)
        assert sum(number for (_, b), number in table.items() if b == name) == pytest.approx(taken * scale, rel=0.01)
    assert all(a != b and number > 0 for (a, b), number in table.items())


def test_most_go_east_in_the_morning_and_west_in_the_evening() -> None:
    early, late = trips(PLACES, morning=True), trips(PLACES, morning=False)
    assert early["W", "E"] > 1.5 * early["E", "W"]
    assert late["E", "W"] > 1.5 * late["W", "E"]


def test_the_share_of_an_hour_is_reached_in_its_middle() -> None:
    for hour in range(24):
        around = [shares(4 * hour + 1), shares(4 * hour + 2)]
        for side, day in enumerate((MORNING, EVENING)):
            before, here, after = day[hour - 1], day[hour], day[(hour + 1) % 24]
            assert around[0][side] == pytest.approx(0.125 * before + 0.875 * here)
            assert around[1][side] == pytest.approx(0.125 * after + 0.875 * here)


def test_a_day_has_two_peaks_and_as_many_vehicles_as_the_tables_say() -> None:
    tables = (trips(PLACES, morning=True), trips(PLACES, morning=False))
    rows = cars(tables)
    by_hour = [sum(hour * 3600 <= at_s < (hour + 1) * 3600 for at_s, _ in rows) for hour in range(24)]
    totals = [sum(table.values()) for table in tables]
    expected = [
        sum(sum(a * b for a, b in zip(shares(q), totals, strict=True)) / 4 for q in range(4 * hour, 4 * hour + 4))
        for hour in range(24)
    ]
    for found, wanted in zip(by_hour, expected, strict=True):
        assert found == pytest.approx(wanted, rel=0.1, abs=30)
    peaks = sorted(range(24), key=by_hour.__getitem__)[-4:]
    assert set(peaks) == {7, 8, 17, 18}
    assert [at_s for at_s, _ in rows] == sorted(at_s for at_s, _ in rows)
    assert rows == cars(tables)


def test_buses_keep_a_timetable() -> None:
    places_m = {f"{line.name} {stop}": 500.0 * k for line in lines() for k, stop in enumerate(line.stops)}
    found = list(buses(places_m))
    morning = [at_s for at_s, row in found if 'line="1-east"' in row and 7 * 3600 <= at_s < 8 * 3600]
    assert {b - a for a, b in pairwise(morning)} == {300.0}
    assert all(row.count("<stop ") == row.count("until=") >= 3 for _, row in found)
