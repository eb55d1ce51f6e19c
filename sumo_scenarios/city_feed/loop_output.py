"""Loops as SUMO's own detectors (E1), once a minute: written for a run, and what they counted read back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from sumo_scenarios.city_feed.road_network import motor_lanes
from sumo_scenarios.city_feed.tables import CountTable
from sumo_scenarios.net_reader import Net
from sumo_scenarios.written import tags

PERIOD_S: Final = 60
_NAME: Final = "signal-ctrl loop {}"


def write_loop_detectors(path: Path, network: RoadNetwork, net: Net, target: Path, period_s: int = PERIOD_S) -> None:
    """Write the loops of a network as an additional file of SUMO whose output, every `period_s`, goes to `target`."""
    rows = []
    for number, loop in enumerate(network.loops):
        lane = motor_lanes(net.edges[loop.road])[loop.lane]
        length_m = min(loop.length_m, lane.length_m / 2)
        position_m = min(loop.position_m, lane.length_m - length_m)
        rows.append(
            f'    <inductionLoop id="{loop_id(number)}" lane={quoteattr(lane.lane_id)} pos="{position_m:.2f}" '
            f'length="{length_m:.2f}" period="{period_s}" file={quoteattr(str(target))} friendlyPos="true"/>'
        )
    path.write_text("\n".join(["<additional>", *rows, "</additional>"]) + "\n", encoding="utf-8")


def loop_id(number: int) -> str:
    """Return SUMO's id of the loop with this index in its network."""
    return _NAME.format(number)


def read_loop_counts(path: Path, network: RoadNetwork, begin_s: float, speeds: bool) -> CountTable:
    """Return what the loops counted in whole minutes: vehicles that passed, share of the time covered, speed [m/s].

    Args: begin_s, begin of the run [s]; speeds, False for single loops, which cannot measure any.
    Raises: BackendError if the file is missing or damaged.
    """
    rows = list(_rows(path, speeds))
    minute = np.array([round((row[1] - begin_s) / PERIOD_S) for row in rows], dtype=np.int32)
    return CountTable(
        detectors=tuple(loop.detector for loop in network.loops),
        minute=minute,
        detector=np.array([row[0] for row in rows], dtype=np.int32),
        vehicles=np.array([row[2] for row in rows], dtype=np.int32),
        occupied=np.array([row[3] for row in rows], dtype=np.float32),
        speed_mps=np.array([row[4] for row in rows], dtype=np.float32),
    )


def _rows(path: Path, speeds: bool) -> Iterator[tuple[int, float, int, float, float]]:
    first = _NAME.format("")
    for tag, found in tags(path):
        if tag == "interval" and float(found["end"]) - float(found["begin"]) >= PERIOD_S - 1e-6:
            speed_mps = float(found["harmonicMeanSpeed"])
            yield (
                int(found["id"].removeprefix(first)),
                float(found["begin"]),
                int(float(found["nVehContrib"])),
                min(float(found["occupancy"]) / 100, 1.0),
                speed_mps if speeds and speed_mps >= 0 else float("nan"),
            )
