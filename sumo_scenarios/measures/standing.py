"""Measures of standing on the network: stop events, the longest single standing, gridlock."""

from typing import Final

import numpy as np

from sumo_scenarios.measures.figures import Bools, Document, Floats, largest, mean, rounded
from sumo_scenarios.measures.trajectories import Codes, Trajectories

MOVING_MPS: Final = 10.0 / 3.6
"""Faster than this a vehicle has set off: the next halt is a new stop and no creeping in a queue."""
GRIDLOCK_S: Final = 300.0


def standing_figures(table: Trajectories) -> Document:
    """Return stop events a vehicle, and the longest time that one vehicle stood without moving. [s]

    Gridlock: vehicles that once stood for more than 300 s; stops of the timetable do not count.
    """
    spells_s, vehicles = standing_spells(table)
    locked = np.unique(vehicles[spells_s > GRIDLOCK_S])
    worst = int(np.argmax(spells_s)) if len(spells_s) else -1
    return {
        "stop_events_per_vehicle": rounded(int(np.count_nonzero(stop_rows(table))) / max(len(table.vehicles), 1)),
        "longest_standing_s": largest(spells_s) if len(spells_s) else 0.0,
        "longest_standing_vehicle": table.vehicles[vehicles[worst]] if worst >= 0 else None,
        "standing_mean_s": mean(spells_s),
        "gridlocked_vehicles": len(locked),
        "gridlock": bool(len(locked)),
    }


def standing_spells(table: Trajectories) -> tuple[Floats, Codes]:
    """Return length [s] and vehicle of every unbroken standing, shape (n_spells,)."""
    standing = table.standing
    begins = standing.copy()
    begins[1:] &= ~(standing[:-1] & table.joined[1:])
    starts = np.flatnonzero(begins)
    rows = np.add.reduceat(standing.astype(np.int64), starts) if len(starts) else np.zeros(0)
    return rows.astype(np.float64) * table.sample_s, table.vehicle[starts]


def stop_rows(table: Trajectories) -> Bools:
    """Return in which rows a vehicle came to stand after it had driven faster than 10 km/h; shape (n_rows,)."""
    moving = table.speed_mps > MOVING_MPS
    telling = np.flatnonzero(table.standing | moving)
    halted, vehicle = ~moving[telling], table.vehicle[telling]
    begins = halted[1:] & ~halted[:-1] & (vehicle[1:] == vehicle[:-1])
    found = np.zeros(len(moving), dtype=np.bool_)
    found[telling[1:][begins]] = True
    return found
