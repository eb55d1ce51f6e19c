"""One day in SUMO, microscopic: what was true of every road in every minute."""

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.congestion.lots import DayLots
from bench.congestion.trips import TripPool, write_trips
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.roads import RoadNetwork
from sumo_scenarios.configuration import Configuration
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.sumo_program import run_program, said_of
from sumo_scenarios.xml_input import elements

Floats = NDArray[np.float32]
_TIMEOUT_S: Final = 900.0
_STANDS_M: Final = 7.5
_STUCK_S: Final = 300


@dataclass(frozen=True, slots=True, eq=False)
class DayTruth:
    """Roads by the minute, (n_minutes, n_roads). NaN where nobody drove. [veh/h] [m/s] [veh] [m]"""

    flow_veh_h: Floats
    speed_mps: Floats
    vehicles: Floats
    queue_m: Floats
    trips: int
    teleports: int


def simulate(
    config: Configuration, network: RoadNetwork, pool: TripPool, lots: DayLots, begin_s: float, minutes: int
) -> DayTruth:
    """Run a day and return what was true. Raises: BackendError if SUMO fails."""
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        folder = Path(scratch)
        trips = write_trips(folder / "day.rou.xml", pool, lots, begin_s)
        kinds = (
            " ".join(sorted({each.get("id", "") for each in pool.definitions if each.tag == "vType"}))
            or "DEFAULT_VEHTYPE"
        )
        (folder / "day.add.xml").write_text(
            f'<additional><edgeData id="m" file="m.xml" freq="60" excludeEmpty="true" vTypes="{kinds}"/></additional>\n'
        )
        additional = ",".join([*map(str, config.additional), "day.add.xml"])
        command = [
            str(sumo_home() / "bin" / "sumo"), "-n", str(config.net), "-r", str(folder / "day.rou.xml"),
            "-a", additional.replace("day.add.xml", str(folder / "day.add.xml")),
            "-b", str(begin_s), "-e", str(begin_s + 60 * minutes), "--seed", str(lots.seed), "--no-step-log",
            "--time-to-teleport", str(_STUCK_S), "--collision.action", "none", "--no-warnings",
            "--statistic-output", str(folder / "s.xml"), "--device.rerouting.probability", "0.3",
            "--device.rerouting.period", "180", "--routing-algorithm", "astar", "--ignore-route-errors",
        ]  # fmt: skip
        done = run_program(command, "SUMO", _TIMEOUT_S)
        if done.returncode:
            raise BackendError(f"SUMO failed on the day of seed {lots.seed}: {said_of(done)}")
        return _truth(folder, network, begin_s, minutes, trips)


def _truth(folder: Path, network: RoadNetwork, begin_s: float, minutes: int, trips: int) -> DayTruth:
    shape = (minutes, len(network.roads))
    flow, vehicles, queue = (np.zeros(shape, dtype=np.float32) for _ in range(3))
    speed = np.full(shape, math.nan, dtype=np.float32)
    minute = 0
    for event, element in elements(folder / "m.xml", ("start", "end")):
        if event == "start" and element.tag == "interval":
            minute = round((float(element.get("begin", "0")) - begin_s) / 60)
        elif event == "end" and element.tag == "edge" and element.get("id") in network.index and minute < minutes:
            at = minute, network.index[element.get("id", "")]
            flow[at] = 60 * float(element.get("left", "0"))
            vehicles[at] = float(element.get("sampledSeconds", "0")) / 60
            speed[at] = float(element.get("speed", "nan"))
            standing = float(element.get("waitingTime", "0")) / 60
            queue[at] = min(standing * _STANDS_M / network.roads[at[1]].lanes, network.roads[at[1]].length_m)
        if event == "end":
            element.clear()
    teleports = 0
    for _, element in elements(folder / "s.xml"):
        teleports = int(element.get("total", "0")) if element.tag == "teleports" else teleports
    return DayTruth(flow, speed, vehicles, queue, trips, teleports)
