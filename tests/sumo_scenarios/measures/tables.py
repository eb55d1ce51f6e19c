"""Small hand-made trajectories: one straight approach of 200 m before a signal."""

from collections.abc import Sequence

import numpy as np

from sumo_scenarios.measures.approaches import Approach, ApproachLink
from sumo_scenarios.measures.lamps import Lamps
from sumo_scenarios.measures.passages import Grid
from sumo_scenarios.measures.trajectories import Trajectories

LANES = ("in_0", ":J_0_0", "out_0")
APPROACH = Approach(
    signal="J",
    edge_id="in",
    length_m=200.0,
    lanes={"in_0": 0.0},
    stop_lanes=("in_0",),
    links=(ApproachLink(0, "in_0", "out_0", "s", (":J_0_0", "out_0")),),
    edges=("in",),
)
Row = tuple[str, int, str, float, float]


def trajectories(rows: Sequence[Row], begin_s: float = 0.0) -> Trajectories:
    """Return the table of rows (vehicle, tick, lane, position [m], speed [m/s]), sorted by vehicle and tick."""
    vehicles = tuple(dict.fromkeys(row[0] for row in rows))
    ordered = sorted(rows, key=lambda row: (vehicles.index(row[0]), row[1]))
    return Trajectories(
        vehicles=vehicles,
        lanes=LANES,
        vehicle=np.array([vehicles.index(row[0]) for row in ordered], dtype=np.int32),
        lane=np.array([LANES.index(row[2]) for row in ordered], dtype=np.int32),
        tick=np.array([row[1] for row in ordered], dtype=np.int32),
        pos_m=np.array([row[3] for row in ordered]),
        speed_mps=np.array([row[4] for row in ordered]),
        scheduled=np.zeros(len(ordered), dtype=np.bool_),
        begin_s=begin_s,
        sample_s=1.0,
    )


def grid(table: Trajectories, free_mps: float = 10.0, length_m: float = 5.0) -> Grid:
    """Lay the table over the one approach; every driver would go `free_mps`."""
    on = table.lane == 0
    n = len(table.lane)
    to_stop_m = np.where(on, APPROACH.length_m - table.pos_m, np.nan)
    approach = np.where(on, 0, -1).astype(np.int32)
    return Grid(table, (APPROACH,), approach, to_stop_m, np.full(n, free_mps), np.full(n, length_m))


def lamps(letters: str) -> dict[str, Lamps]:
    """Return the lamps of the one link, a letter a second."""
    return {"J": Lamps(np.frombuffer(letters.encode(), dtype=np.uint8).reshape(-1, 1), 0)}


def standing_at(vehicle: str, pos_m: float, ticks: range, lane: str = "in_0") -> list[Row]:
    return [(vehicle, tick, lane, pos_m, 0.0) for tick in ticks]


def driving(vehicle: str, from_tick: int, speed_mps: float = 10.0, start_m: float = 0.0) -> list[Row]:
    """Return a drive at even speed over the approach, through the junction (20 m) and on."""
    rows: list[Row] = []
    for step in range(80):
        way_m = start_m + step * speed_mps
        lane, pos_m = ("in_0", way_m) if way_m < 200 else (":J_0_0", way_m - 200)
        lane, pos_m = (lane, pos_m) if way_m < 220 else ("out_0", way_m - 220)
        rows.append((vehicle, from_tick + step, lane, pos_m, speed_mps))
        if way_m >= 260:
            break
    return rows
