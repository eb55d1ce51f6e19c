"""How long a proposal takes: one mission among many units on many roads, `python -m bench.dispatch`.

A made town of straight streets, units spread over it at random, each with a position of its own; every proposal is for
another place and with travel times of another minute, so that nothing of the one before can be used again. Measured is
`rank`, which is all that a proposal does beside reading the units from memory.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Final

import numpy as np

from bench.ledger import append_lines
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes
from signal_ctrl.domain.roads import LonLat, Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.roadside import Roadside
from signal_ctrl.watch.dispatch.assigning import Candidate, Coverage, Task, assign
from signal_ctrl.watch.dispatch.missions import Need
from signal_ctrl.watch.dispatch.ranking import Town, rank
from signal_ctrl.watch.dispatch.units import Unit, UnitKind, UnitPosition

RESULTS: Final = Path(__file__).parent / "results" / "dispatch.jsonl"
LIMIT_MS: Final = 100.0
"""What is promised of the 99th of 100 proposals. [ms]"""
NOW_MS: Final = 1_790_000_000_000
_STEP: Final = (0.004, 0.0027)


@dataclass(frozen=True, slots=True)
class Load:
    """What is measured: roads at least, units, proposals, and open missions that are dealt out at once."""

    roads: int = 5_000
    units: int = 500
    proposals: int = 300
    missions: int = 40
    seed: int = 1


def made_town(roads: int) -> RoadNetwork:
    """Return streets in a square grid with at least so many roads, 300 m each, no turning back."""
    side = 2
    while 4 * side * (side - 1) < roads:
        side += 1
    found, after = [], dict[str, list[Road]]()
    for x in range(side):
        for y in range(side):
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                if 0 <= x + dx < side and 0 <= y + dy < side:
                    found.append(_road((x, y), (x + dx, y + dy)))
                    after.setdefault(found[-1].from_node, []).append(found[-1])
    turns = [
        RoadTurn(road.road, other.road)
        for road in found
        for other in after[road.to_node]
        if other.to_node != road.from_node
    ]
    return RoadNetwork(tuple(found), tuple(turns))


def _road(a: tuple[int, int], b: tuple[int, int]) -> Road:
    name, shape = f"r{a[0]}.{a[1]}-{b[0]}.{b[1]}", (_place(*a), _place(*b))
    return Road(name, f"n{a}", f"n{b}", 300.0, 2, 13.9, 1800.0, RoadClass.SECONDARY, shape, district=f"d{b[0] // 10}")


def _place(x: float, y: float) -> LonLat:
    return 116.3 + x * _STEP[0], 39.9 + y * _STEP[1]


def measure(load: Load) -> dict[str, float | int]:
    """Return how long proposals and one deal of all open missions take. [ms]"""
    rng, network = Random(load.seed), made_town(load.roads)
    span = int(np.sqrt(len(network.roads) / 4)) + 1
    kinds = list(UnitKind)
    units = [
        Unit(f"u{k}", kinds[k % len(kinds)], _place(*_anywhere(rng, span)), district=f"d{k % 4}")
        for k in range(load.units)
    ]
    positions = {
        unit.unit: UnitPosition(unit.unit, *_place(*_anywhere(rng, span)), NOW_MS - rng.randrange(200_000), "feed")
        for unit in units
    }
    begin_s = perf_counter()
    roadside, graph = Roadside(network), RoadGraph(network)
    prepared_ms = 1000 * (perf_counter() - begin_s)
    need, took_ms, cpu_ms = Need(tuple(kinds)), [], []
    for _ in range(load.proposals):
        times = _times(network, rng)
        begin_s, begin_cpu_s = perf_counter(), process_time()
        town = Town(network, roadside, graph, times)
        rank(town, units, positions, need, town.places(_place(*_anywhere(rng, span))), NOW_MS)
        took_ms.append(1000 * (perf_counter() - begin_s))
        cpu_ms.append(1000 * (process_time() - begin_cpu_s))
    return {
        "roads": len(network.roads),
        "turns": len(network.turns),
        "units": load.units,
        "proposals": load.proposals,
        "seed": load.seed,
        "prepare_network_ms": round(prepared_ms, 1),
        "proposal_median_ms": round(float(np.percentile(took_ms, 50)), 2),
        "proposal_p99_ms": round(float(np.percentile(took_ms, 99)), 2),
        "proposal_cpu_p99_ms": round(float(np.percentile(cpu_ms, 99)), 2),
        "proposal_max_ms": round(max(took_ms), 2),
        "deal_missions": load.missions,
        "deal_ms": round(_deal_ms(load, units, rng), 1),
    }


def _deal_ms(load: Load, units: list[Unit], rng: Random) -> float:
    """Return how long it takes to deal out many missions whose arrivals are known. [ms]"""
    candidates = [Candidate(unit.unit, unit.kind, unit.district) for unit in units]
    tasks = [
        Task(f"m{k}", 1 + k % 5, {unit.unit: rng.uniform(30, 3_000) for unit in units if rng.random() < 0.4})
        for k in range(load.missions)
    ]
    rules = [Coverage(f"d{k}", kind, 5) for k in range(4) for kind in UnitKind]
    begin_s = perf_counter()
    assign(candidates, tasks, rules)
    return 1000 * (perf_counter() - begin_s)


def _times(network: RoadNetwork, rng: Random) -> RoadTimes:
    free_s = np.array([road.free_time_s for road in network.roads], dtype=np.float32)
    factor = np.random.default_rng(rng.randrange(1 << 30)).uniform(1.0, 4.0, len(free_s)).astype(np.float32)
    return RoadTimes(free_s * factor, free_s * np.float32(0.2), "made")


def _anywhere(rng: Random, span: int) -> tuple[float, float]:
    return rng.uniform(0, span - 1), rng.uniform(0, span - 1)


def main() -> int:
    """Measure, print and keep the figures; 1 if the promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.dispatch", description=__doc__)
    for name in ("roads", "units", "proposals", "missions", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Load(), name))
    parser.add_argument("--keep", action="store_true", help="append the row to the ledger")
    given = vars(parser.parse_args())
    keep = given.pop("keep")
    row = measure(Load(**given))
    sys.stdout.write(json.dumps(row, indent=1) + "\n")
    if keep:
        append_lines(RESULTS, [row])
    return int(row["proposal_p99_ms"] >= LIMIT_MS)


if __name__ == "__main__":
    raise SystemExit(main())
