"""What a signal costs a bus, worked by hand on one approach of 200 m at 10 m/s."""

from collections.abc import Sequence

import numpy as np
import pytest

from sumo_scenarios.measures.bus_signals import BusAtSignal, bus_signal_delays, bus_signal_figures, bus_signal_table
from sumo_scenarios.measures.passages import find_passages
from sumo_scenarios.measures.stops import StopVisit
from tests.sumo_scenarios.measures.tables import Row, driving, grid, standing_at, trajectories


def found_of(rows: Sequence[Row], visits: Sequence[StopVisit] = ()) -> tuple[BusAtSignal, ...]:
    table = trajectories(rows)
    buses = np.array([name.startswith("bus") for name in table.vehicles])
    return bus_signal_delays(
        find_passages(grid(table)), buses, visits, {name: ("in", "out") for name in table.vehicles}
    )


def held(name: str, at_m: float, seconds: int, from_tick: int = 0) -> list[Row]:
    """A bus at 10 m/s that stands at a place of the approach for some seconds."""
    before = int(at_m / 10)
    rows = driving(name, from_tick)
    stands = standing_at(name, at_m, range(from_tick + before, from_tick + before + seconds))
    later = [(name, tick + seconds, lane, pos_m, mps) for name, tick, lane, pos_m, mps in rows[before:]]
    return rows[:before] + stands + later


def test_standing_before_the_line_is_delay_at_the_signal() -> None:
    (found,) = found_of(held("bus", 190.0, 25) + driving("car", 0))
    assert (found.vehicle, found.signal, found.edge, found.passed) == ("bus", "J", "in", True)
    assert found.lost_s == pytest.approx(25.0)


def test_a_stop_of_the_timetable_costs_nothing_and_neither_do_its_ramps() -> None:
    """It slows down to 5 m/s before the stop and sets off at 5 m/s behind it, as nothing holds it up."""
    rows = held("bus", 100.0, 20)
    slow = {9: 3.0, 30: 2.0, 31: 3.0}
    rows = [(name, tick, lane, pos_m, slow.get(tick, mps)) for name, tick, lane, pos_m, mps in rows]
    visit = StopVisit("bus", "halt", 10.0, 29.0, None)
    assert found_of(rows, [visit])[0].lost_s == pytest.approx(0.0, abs=1.5)
    assert found_of(rows)[0].lost_s > 20.0, "without the stop it is all delay"


def test_a_queue_behind_the_stop_is_delay() -> None:
    rows = held("bus", 100.0, 40)
    found = found_of(rows, [StopVisit("bus", "halt", 10.0, 29.0, None)])[0]
    could_mps = sum(min(1.2 * k, 10.0) for k in range(1, 21)) / 10.0
    assert found.lost_s == pytest.approx(could_mps, abs=1.5)


def test_who_is_before_the_signal_at_the_end_counts_and_is_said() -> None:
    rows = [*driving("bus", 0)[:19], *standing_at("bus", 190.0, range(19, 61)), *driving("car", 34)]
    (found,) = found_of(rows)
    assert not found.passed and found.lost_s == pytest.approx(42.0)
    assert bus_signal_table((found,))["waiting"] == [1]


def test_cars_are_no_buses() -> None:
    assert found_of(held("car", 190.0, 25)) == ()
    assert set(bus_signal_figures((), 0).values()) == {None}


def test_means_are_over_passages_and_over_buses() -> None:
    places = [("a", "J", 10.0), ("a", "K", 30.0), ("b", "J", 20.0)]
    found = tuple(BusAtSignal(name, signal, "in", lost_s, True) for name, signal, lost_s in places)
    figures = bus_signal_figures(found, 2)
    assert figures["bus_signal_passages"] == 3 and figures["bus_signal_delay_s"] == pytest.approx(20.0)
    assert figures["bus_signal_delay_per_bus_s"] == pytest.approx(30.0)
    assert bus_signal_table(found)["delay_s"] == [15.0, 30.0]
