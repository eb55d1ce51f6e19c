"""Control delay, worked by hand on one approach of 200 m at 10 m/s."""

import pytest

from sumo_scenarios.measures.control_delay import turn_delays
from sumo_scenarios.measures.passages import find_passages
from tests.sumo_scenarios.measures.tables import Row, grid, trajectories


def way(name: str, tick: int, stands: int, behind_mps: float = 10.0) -> list[Row]:
    """A vehicle at 10 m/s that stands for some seconds at the stop line, and goes on at a speed of its own."""
    rows: list[Row] = [(name, tick + k, "in_0", 10.0 * k, 10.0) for k in range(20)]
    rows += [(name, tick + 20 + k, "in_0", 199.0, 0.0) for k in range(stands)]
    begun = tick + 20 + stands
    return rows + [(name, begun + k, "out_0", behind_mps * k, behind_mps) for k in range(60)]


def test_standing_and_setting_off_count_up_to_100_m_behind_the_line() -> None:
    """12 s at the line, then half the free speed: 100 m of it are 20 s, of which half is lost; the rest is not."""
    rows = way("a", 0, 12, behind_mps=5.0) + way("b", 5, 0)
    (found,) = turn_delays(find_passages(grid(trajectories(rows))))
    assert (found.signal, found.from_edge, found.to_edge, found.vehicles) == ("J", "in", "out", 2)
    assert found.lost_s == pytest.approx((12.0 + 10.0) / 2, abs=0.6)
    assert found.control_s == pytest.approx((12.0 + 10.0) / 2, abs=0.6)


def test_what_the_road_costs_everybody_is_no_control_delay() -> None:
    """All lose 10 s behind the line; one of them 8 s more at the lamp."""
    rows = way("a", 0, 8, 5.0) + way("b", 30, 0, 5.0) + way("c", 60, 0, 5.0)
    (found,) = turn_delays(find_passages(grid(trajectories(rows))))
    assert found.lost_s == pytest.approx(10.0 + 8.0 / 3, abs=0.6)
    assert found.control_s == pytest.approx(8.0 / 3, abs=0.1)


def test_nobody_over_the_line_has_no_delay() -> None:
    assert turn_delays(find_passages(grid(trajectories(way("a", 0, 3)[:15])))) == ()
