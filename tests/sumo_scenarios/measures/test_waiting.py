"""Waiting before a signal, worked by hand on an approach of 10 m that two roads lead to."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumo_scenarios.measures.passages import Grid
from sumo_scenarios.measures.trajectories import Trajectories
from sumo_scenarios.measures.waiting import Waits, waiting_before
from sumo_scenarios.net_reader import read_net

NET = """<net>
<edge id="a" from="w" to="M"><lane id="a_0" index="0" speed="10" length="200" shape="0,0 200,0"/></edge>
<edge id="b" from="s" to="M"><lane id="b_0" index="0" speed="10" length="60" shape="205,-60 205,0"/></edge>
<edge id="in" from="M" to="J"><lane id="in_0" index="0" speed="10" length="10" shape="210,0 220,0"/></edge>
<edge id="off" from="M" to="x"><lane id="off_0" index="0" speed="10" length="90" shape="210,0 210,90"/></edge>
<edge id="out" from="J" to="e"><lane id="out_0" index="0" speed="10" length="90" shape="230,0 320,0"/></edge>
<edge id=":M_0" function="internal"><lane id=":M_0_0" index="0" speed="10" length="10" shape="200,0 210,0"/></edge>
<edge id=":M_1" function="internal"><lane id=":M_1_0" index="0" speed="10" length="10" shape="205,0 210,0"/></edge>
<edge id=":M_2" function="internal"><lane id=":M_2_0" index="0" speed="10" length="10" shape="200,0 210,0"/></edge>
<edge id=":J_0" function="internal"><lane id=":J_0_0" index="0" speed="10" length="10" shape="220,0 230,0"/></edge>
<junction id="M" type="priority" x="205" y="0" intLanes=":M_0_0 :M_1_0 :M_2_0" shape="200,0 210,0 210,5"/>
<junction id="J" type="traffic_light" x="225" y="0" intLanes=":J_0_0" shape="220,0 230,0 230,5"/>
<connection from="a" to="in" fromLane="0" toLane="0" via=":M_0_0" dir="s"/>
<connection from="b" to="in" fromLane="0" toLane="0" via=":M_1_0" dir="r"/>
<connection from="a" to="off" fromLane="0" toLane="0" via=":M_2_0" dir="l"/>
<connection from="in" to="out" fromLane="0" toLane="0" via=":J_0_0" tl="J" linkIndex="0" dir="s"/>
<connection from=":M_0" to="in" fromLane="0" toLane="0" dir="s"/>
<connection from=":M_1" to="in" fromLane="0" toLane="0" dir="r"/>
<connection from=":M_2" to="off" fromLane="0" toLane="0" dir="l"/>
<connection from=":J_0" to="out" fromLane="0" toLane="0" dir="s"/>
<tlLogic id="J" type="static" programID="0" offset="0"><phase duration="30" state="G"/></tlLogic>
</net>"""
LANES = ("a_0", "b_0", "in_0", "off_0", "out_0", ":M_0_0", ":M_1_0", ":M_2_0", ":J_0_0")
WAY = (("a_0", 0.0), (":M_0_0", 200.0), ("in_0", 210.0), (":J_0_0", 220.0), ("out_0", 230.0))
OFF = (("a_0", 0.0), (":M_2_0", 200.0), ("off_0", 210.0))
STEP_S = 1.0
Row = tuple[int, int, str, float, float]


def drive(
    vehicle: int, ways_m: list[float], roads: tuple[tuple[str, float], ...] = WAY, from_tick: int = 0
) -> list[Row]:
    """Return one row a second of a vehicle that has come so far along its roads."""
    rows = []
    for k, way_m in enumerate(ways_m):
        lane, start_m = max((road for road in roads if road[1] <= way_m), key=lambda road: road[1])
        speed_mps = ways_m[k + 1] - way_m if k + 1 < len(ways_m) else 10.0
        rows.append((vehicle, from_tick + k, lane, way_m - start_m, speed_mps))
    return rows


def even(from_m: float, to_m: float) -> list[float]:
    return [float(way_m) for way_m in np.arange(from_m, to_m, 10.0)]


def waits(tmp_path: Path, rows: list[Row], free_mps: float = 10.0) -> Waits:
    (tmp_path / "town.net.xml").write_text(NET)
    vehicle, tick, lane, pos_m, speed_mps = zip(*rows, strict=True)
    table = Trajectories(
        vehicles=tuple(f"v{k}" for k in range(max(vehicle) + 1)), lanes=LANES,
        vehicle=np.array(vehicle, dtype=np.int32), tick=np.array(tick, dtype=np.int32),
        lane=np.array([LANES.index(each) for each in lane], dtype=np.int32), pos_m=np.array(pos_m),
        speed_mps=np.array(speed_mps), scheduled=np.zeros(len(rows), dtype=np.bool_), begin_s=0.0, sample_s=1.0,
    )  # fmt: skip
    n = len(rows)
    grid = Grid(table, (), np.full(n, -1, dtype=np.int32), np.full(n, np.nan), np.full(n, free_mps), np.full(n, 5.0))
    return waiting_before("J", grid, read_net(tmp_path / "town.net.xml"), STEP_S)


def total(found: Waits, from_s: float, to_s: float) -> float:
    return sum(found.between(from_s, to_s))


def test_who_drives_freely_waits_for_nothing(tmp_path: Path) -> None:
    assert total(waits(tmp_path, drive(0, even(0, 320))), 0.0, 100.0) == pytest.approx(0.0)


@pytest.mark.parametrize("at_m", [218.0, 150.0, 90.0])
def test_who_stands_waits_as_long_wherever_it_stands(tmp_path: Path, at_m: float) -> None:
    """It could be at the stop line 22 s after its start; it stands for 7 s on the way, before the roads meet or after."""
    ways_m = [*even(0, at_m), *[at_m] * 8, *even(at_m + 10, 320)]
    found = waits(tmp_path, drive(0, ways_m))
    assert total(found, 0.0, 100.0) == pytest.approx(7.0, abs=1.0)
    due_s = 22.0 + STEP_S
    assert total(found, 0.0, due_s - 1.5) == pytest.approx(0.0)
    assert total(found, due_s + 1, due_s + 4) == pytest.approx(3.0)


def test_farther_off_than_the_reach_nobody_waits_yet(tmp_path: Path) -> None:
    ways_m = [*even(0, 50), *[50.0] * 30, *even(60, 320)]
    assert total(waits(tmp_path, drive(0, ways_m)), 0.0, 100.0) == pytest.approx(0.0, abs=0.1)


def test_who_turns_off_did_not_wait_for_this_signal(tmp_path: Path) -> None:
    ways_m = [*even(0, 190), *[190.0] * 20, *even(200, 290)]
    assert total(waits(tmp_path, drive(0, ways_m, OFF)), 0.0, 100.0) == 0.0


def test_who_still_stands_at_the_end_has_waited_until_then(tmp_path: Path) -> None:
    stands = drive(0, [*even(0, 215), *[215.0] * 12])
    gone = drive(1, [*even(0, 215), 215.0])  # its trip ended on the approach, long before the record does
    found = waits(tmp_path, [*stands, *gone])
    assert total(found, 0.0, 100.0) == pytest.approx(11.0, abs=1.5)


def test_a_record_of_nothing_has_no_waiting(tmp_path: Path) -> None:
    found = waits(tmp_path, drive(0, [0.0]))
    assert total(found, 0.0, 100.0) == 0.0


spans = st.lists(st.tuples(*[st.floats(0, 3600)] * 3), max_size=12)


@given(spans, st.floats(0, 3600), st.floats(0, 600))
def test_waiting_is_the_overlap_told_by_who_was_there(
    rows: list[tuple[float, float, float]], from_s: float, width_s: float
) -> None:
    found = Waits(*(np.array([row[k] for row in rows]) for k in range(3)))
    slow = [0.0, 0.0]
    for entered_s, due_s, left_s in rows:
        slow[entered_s > from_s] += max(0.0, min(left_s, from_s + width_s) - max(due_s, from_s))
    assert found.between(from_s, from_s + width_s) == pytest.approx(tuple(slow), abs=1e-6)
