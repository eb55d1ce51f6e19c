"""What signals cost buses, by bus and signal, apart from their stops.

A bus's way is cut behind each stop line that it passes: 100 m behind it, or half way to the next one where that is
nearer, for there it gets going again. All that it loses on one piece against its own free speed is the delay at the
signal at the end of the piece. Standing at a stop of the timetable is left out, and so is what pulling up there and
setting off again costs a bus that nothing holds up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import Approach
from sumo_scenarios.measures.figures import Bools, Document, Floats, mean, quantile, rounded
from sumo_scenarios.measures.passages import Grid, Passages
from sumo_scenarios.measures.stops import StopVisit

BEHIND_M: Final = 100.0
SPEED_UP_MPS2: Final = 1.2
SLOW_DOWN_MPS2: Final = 4.0
"""SUMO's defaults of a bus."""


@dataclass(frozen=True, slots=True)
class BusAtSignal:
    """One bus on its way to and over one stop line; `passed` is False for one that is before it at the end. [s]"""

    vehicle: str
    signal: str
    edge: str
    lost_s: float
    passed: bool


def bus_signal_delays(
    passages: Passages, buses: Bools, visits: Sequence[StopVisit], routes: Mapping[str, Sequence[str]]
) -> tuple[BusAtSignal, ...]:
    """Return what every bus lost at every signal that it passed or is before at the end.

    Args: buses, by vehicle of the trajectories, whether it is one; routes, edges by vehicle, where they are known:
    they tell the signal that a bus is before which is not on the last piece of road yet.
    """
    table = passages.grid.table
    halts: dict[str, list[StopVisit]] = {}
    for visit in visits:
        halts.setdefault(visit.vehicle, []).append(visit)
    found: list[BusAtSignal] = []
    for k in np.flatnonzero(buses).tolist():
        name = table.vehicles[k]
        start, end = np.searchsorted(table.vehicle, [k, k + 1]).tolist()
        lost_s = _lost_s(passages.grid, slice(start, end), halts.get(name, ()))
        lines = _lines(passages, k, start)
        found += _of_bus(passages, name, (start, end), lost_s, lines, routes.get(name, ()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Line:
    """A stop line that a bus passed; `row` is its first row behind it."""

    approach: Approach
    row: int


def _lines(passages: Passages, vehicle: int, start: int) -> list[_Line]:
    """Return the stop lines that a vehicle passed; rows count from `start`."""
    mine = np.flatnonzero((passages.vehicle == vehicle) & (passages.link >= 0))
    approaches = passages.grid.approaches
    return [_Line(approaches[passages.approach[k]], int(passages.last_row[k]) + 1 - start) for k in mine]


def _of_bus(
    passages: Passages,
    name: str,
    span: tuple[int, int],
    lost_s: Floats,
    lines: Sequence[_Line],
    route: Sequence[str],
) -> Iterator[BusAtSignal]:
    table = passages.grid.table
    start, end = span
    way_m = np.concatenate([[0.0], np.cumsum(table.speed_mps[start:end] * table.sample_s)])
    sums_s = np.concatenate([[0.0], np.cumsum(lost_s)])
    since = 0
    for k, line in enumerate(lines):
        room_m = (way_m[lines[k + 1].row] - way_m[line.row]) / 2 if k + 1 < len(lines) else BEHIND_M
        cut = int(np.searchsorted(way_m, way_m[line.row] + min(BEHIND_M, room_m), side="right")) - 1
        cut = min(max(cut, line.row), end - start)
        yield BusAtSignal(name, line.approach.signal, line.approach.edge_id, float(sums_s[cut] - sums_s[since]), True)
        since = cut
    last = end - 1
    if table.tick[last] < table.tick.max():
        return
    ahead = _ahead(passages.grid, last, route)
    if ahead is not None and since < end - start:
        yield BusAtSignal(name, ahead.signal, ahead.edge_id, float(sums_s[-1] - sums_s[since]), False)


def _ahead(grid: Grid, row: int, route: Sequence[str]) -> Approach | None:
    """Return the approach that a vehicle is on, or the next one of its route."""
    if grid.approach[row] >= 0:
        return grid.approaches[int(grid.approach[row])]
    edge = grid.table.lanes[grid.table.lane[row]].rpartition("_")[0]
    to_come = set(route[route.index(edge) :]) if edge in route else set()
    met = [approach for approach in grid.approaches if approach.edge_id in to_come]
    return min(met, key=lambda approach: route.index(approach.edge_id), default=None)


def _lost_s(grid: Grid, rows: slice, halts: Sequence[StopVisit]) -> Floats:
    """Return by row what a bus loses against its own free speed and the ramps of its halts. [s]"""
    table, free_mps = grid.table, grid.free_mps[rows]
    time_s, could_mps = table.time_s(table.tick[rows]), free_mps.copy()
    for halt in halts:
        before, after = time_s < halt.started_s, time_s > halt.ended_s
        could_mps[before] = np.minimum(could_mps[before], SLOW_DOWN_MPS2 * (halt.started_s - time_s[before]))
        could_mps[after] = np.minimum(could_mps[after], SPEED_UP_MPS2 * (time_s[after] - halt.ended_s))
        could_mps[~before & ~after] = 0.0
    return np.clip((could_mps - table.speed_mps[rows]) / free_mps, 0.0, 1.0) * table.sample_s


def bus_signal_figures(found: Sequence[BusAtSignal], buses: int) -> Document:
    """Return the mean and 95 % of the delay by bus and signal, and the mean by bus [s]; None without buses."""
    lost_s = [each.lost_s for each in found]
    return {
        "bus_signal_passages": len(found) or None,
        "bus_signal_delay_s": mean(lost_s),
        "bus_signal_delay_p95_s": quantile(lost_s, 0.95),
        "bus_signal_delay_per_bus_s": rounded(sum(lost_s) / buses) if buses and found else None,
    }


def bus_signal_table(found: Sequence[BusAtSignal]) -> Document:
    """Return the delay by signal and approach, in columns: buses, of these not yet through, mean [s]."""
    by_place: dict[tuple[str, str], list[BusAtSignal]] = {}
    for each in found:
        by_place.setdefault((each.signal, each.edge), []).append(each)
    groups = list(by_place.values())
    return {
        "signal": [signal for signal, _ in by_place],
        "edge": [edge for _, edge in by_place],
        "buses": [len(group) for group in groups],
        "waiting": [sum(not each.passed for each in group) for group in groups],
        "delay_s": [mean([each.lost_s for each in group]) for group in groups],
    }
