"""The tables of one scenario, taken from the measures of its runs: delay over time, queues, edges, coordination."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.junction_view import line_of
from bench.pairing import Group, Row
from bench.reports.records import ArrivalRow, CycleRow, EdgeRow, PredictionRow, ShapeRow
from bench.reports.study import detailed_row, label_of, valid_rows
from bench.tables import DelayRow, QueueRow
from bench.work import read_measures
from sumo_scenarios.written import tags

Tables = Mapping[str, Any]


def tables_of(folder: Path, row: Row) -> Tables:
    """Return the tables in the measures of a run; empty where they cannot be read."""
    found = read_measures(folder / str(row["evidence_dir"])).get("tables")
    return found if isinstance(found, dict) else {}


class Means:
    """Sums over the valid runs of one group, run by run, so that no more than one run's tables are in memory."""

    def __init__(self, group: Group) -> None:
        self._name = label_of(group)
        self._runs = 0
        self._delays: dict[tuple[float, float], list[float]] = {}
        self._queues: dict[tuple[str, float], float] = {}
        self._edges: dict[str, list[float]] = {}

    def take(self, tables: Tables) -> None:
        """Take in the tables of one run."""
        self._runs += 1
        for from_s, width_s, vehicles, delay_s in _columns(
            tables.get("delay_over_time"), "from_s", "width_s", "vehicles", "delay_s_per_vehicle"
        ):
            sums = self._delays.setdefault((from_s, width_s), [0.0, 0.0])
            sums[0] += vehicles
            sums[1] += vehicles * (delay_s or 0.0)
        queues = tables.get("queue_over_time") or {"time_s": [], "signals": {}}
        for signal, counts in queues["signals"].items():
            for time_s, count in zip(queues["time_s"], counts, strict=True):
                self._queues[signal, time_s] = self._queues.get((signal, time_s), 0.0) + count
        for edge, vehicles, delay_s in _columns(tables.get("edges"), "edge", "vehicles", "delay_s"):
            sums = self._edges.setdefault(edge, [0.0, 0.0])
            sums[0] += vehicles
            sums[1] += delay_s

    def delays(self) -> Iterator[DelayRow]:
        """Yield the delay over time, vehicles of all runs together."""
        for (from_s, width_s), (vehicles, lost_s) in sorted(self._delays.items()):
            mean_s = round(lost_s / vehicles, 3) if vehicles else math.nan
            yield DelayRow(self._name, from_s, width_s, round(vehicles), mean_s)

    def queues(self) -> Iterator[QueueRow]:
        """Yield the mean queue of every signal over time."""
        for (signal, time_s), count in self._queues.items():
            yield QueueRow(self._name, time_s, signal, round(count / self._runs, 3))

    def edges(self) -> Iterator[EdgeRow]:
        """Yield the delay of the streets with traffic."""
        for edge, (vehicles, lost_s) in self._edges.items():
            if vehicles and not edge.startswith(":"):
                yield EdgeRow(self._name, edge, round(vehicles / self._runs, 2), round(lost_s / vehicles, 3))


def means_of(folder: Path, group: Group) -> Means:
    """Return the sums over the valid runs of a group."""
    found = Means(group)
    for row in valid_rows(group):
        found.take(tables_of(folder, row))
    return found


def shape_rows(net: Path) -> Iterator[ShapeRow]:
    """Yield every street of a network with the course of its middle lane.

    Raises: BackendError if the network is missing or damaged.
    """
    edge, shapes = "", [""]
    for tag, found in tags(net):
        if tag == "edge":
            yield from _street(edge, shapes)
            edge, shapes = ("" if found.get("function") else found.get("id", "")), []
        elif tag == "lane":
            shapes.append(found.get("shape", ""))
    yield from _street(edge, shapes)


def _street(edge: str, shapes: list[str]) -> Iterator[ShapeRow]:
    if edge and shapes:
        middle = line_of(shapes[len(shapes) // 2])
        yield ShapeRow(edge, len(shapes), " ".join(f"{x:.1f},{y:.1f}" for x, y in middle))


def coordination_rows(folder: Path, groups: Iterable[Group]) -> tuple[list[CycleRow], list[ArrivalRow]]:
    """Return the coordination diagrams of one approach, the same under every group: the busiest under the first one."""
    chosen: tuple[str, str] | None = None
    cycles: list[CycleRow] = []
    arrivals: list[ArrivalRow] = []
    for group in groups:
        row = detailed_row(group)
        diagrams = tables_of(folder, row).get("purdue") or [] if row is not None else []
        if chosen is None and diagrams:
            busiest = max(diagrams, key=lambda each: len(each["at_s"]))
            chosen = (busiest["signal"], busiest["edge"])
        for each in diagrams:
            if (each["signal"], each["edge"]) == chosen:
                cycles += _cycles(label_of(group), each)
                arrivals += [ArrivalRow(label_of(group), *chosen, *cells) for cells in _columns(each, *_ARRIVAL)]
    return cycles, arrivals


def prediction_rows(folder: Path, groups: Iterable[Group]) -> Iterator[PredictionRow]:
    """Yield what the model of `adaptive` expected beside what happened, of the runs where it was written down."""
    for group in groups:
        row = detailed_row(group)
        table = tables_of(folder, row).get("predictions") if row is not None else None
        yield from (PredictionRow(label_of(group), *cells) for cells in _columns(table, *_PREDICTION))


_PREDICTION = ("signal", "from_s", "decisions", "expected_veh", "happened_veh", "newcomers_veh", "error_size_veh")
_ARRIVAL = ("at_s", "in_cycle_s", "aspect")


def _cycles(name: str, diagram: Mapping[str, Any]) -> Iterator[CycleRow]:
    starts_s, greens_s = diagram["cycles"]["from_s"], diagram["cycles"]["green_after_s"]
    for (from_s, next_s), green_s in zip(pairwise([*starts_s, math.nan]), greens_s, strict=True):
        yield CycleRow(name, diagram["signal"], diagram["edge"], from_s, green_s, next_s - from_s)


def _columns(table: Mapping[str, Any] | None, *names: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table in columns."""
    if table:
        yield from zip(*(table[name] for name in names), strict=True)
