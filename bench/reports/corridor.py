"""The time-space diagram's tables: stop lines of an arterial, what they show, green bands, and who drives there."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.lamps import Shown, bars, read_all_lamps, within
from bench.pairing import Row
from bench.reports.records import BandRow, LampRow, PlaceRow, StopLineRow
from sumo_scenarios.measures.evidence import SAMPLE_S, TRAJECTORIES
from sumo_scenarios.measures.trajectories import Trajectories, read_trajectories
from sumo_scenarios.net_reader import Connection, Net

WINDOW_S: Final = 600.0
"""Length of the stretch of time that is drawn. [s]"""
LEAST_BAND_S: Final = 2.0
_ASPECTS: Final = {"G": "green", "g": "green", "y": "amber", "Y": "amber"}

Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Corridor:
    """One direction of an arterial: its stop lines, and by lane the distance of its start. [m]"""

    direction: str
    stop_lines: tuple[StopLineRow, ...]
    starts_m: Mapping[str, float]
    length_m: float


def corridor_of(direction: str, edges: Sequence[str], net: Net) -> Corridor | None:
    """Return a corridor along edges, None where they are not joined or hold fewer than two stop lines."""
    starts_m: dict[str, float] = {}
    stop_lines: list[StopLineRow] = []
    at_m = free_s = 0.0
    for edge_id, onward in zip(edges, [*edges[1:], ""], strict=True):
        edge = net.edges.get(edge_id)
        if edge is None:
            return None
        starts_m |= {lane.lane_id: at_m for lane in edge.lanes}
        length_m = max(lane.length_m for lane in edge.lanes)
        at_m += length_m
        free_s += length_m / max(lane.speed_mps for lane in edge.lanes)
        links = _links(net, edge_id, onward)
        if links and links[0].signal:
            link = links[0]
            stop_lines.append(StopLineRow(direction, link.signal, edge_id, link.link, round(at_m, 1), round(free_s, 2)))
        if links and onward:
            inner_m = max(net.inner_length_m(link) for link in links)
            starts_m |= _inner_starts(net, links, at_m)
            at_m += inner_m
            free_s += inner_m / max(lane.speed_mps for lane in edge.lanes)
    return Corridor(direction, tuple(stop_lines), starts_m, at_m) if len(stop_lines) > 1 else None


def _links(net: Net, edge_id: str, onward: str) -> list[Connection]:
    """Return the links from an edge to the next one, or from the last edge straight on, those that drive on first."""
    lanes = [lane.lane_id for lane in net.edges[edge_id].lanes if lane.motorised]
    links = [link for lane in lanes for link in net.outgoing.get(lane, ())]
    if onward:
        links = [link for link in links if net.lanes[link.to_lane].edge_id == onward]
    return sorted(links, key=lambda link: link.direction != "s")


def _inner_starts(net: Net, links: Sequence[Connection], at_m: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for link in links:
        start_m = at_m
        for lane in reversed(net.inner_lanes(link)):
            found[lane] = start_m
            start_m += net.lanes[lane].length_m
    return found


def window_of(begin_s: float, end_s: float) -> tuple[float, float]:
    """Return the stretch in the middle of a run that is drawn. [s]"""
    middle_s = (begin_s + end_s) / 2
    return max(begin_s, middle_s - WINDOW_S / 2), min(end_s, middle_s + WINDOW_S / 2)


def corridor_rows(
    folder: Path, row: Row, controller: str, corridor: Corridor
) -> tuple[list[LampRow], list[BandRow], list[PlaceRow]]:
    """Return lamps, bands and vehicles of a corridor in the drawn stretch of a run.

    Raises: BackendError if a file is missing or damaged.
    """
    span = window_of(float(row["begin_s"]), float(row["end_s"]))
    signals = {line.signal for line in corridor.stop_lines}
    record = read_all_lamps(folder / str(row["run_dir"]) / "tls_states.xml.gz", signals)
    reach_s = (span[0], span[1] + corridor.stop_lines[-1].free_s)
    shown = {signal: within(lamps, *reach_s) for signal, lamps in record.items()}
    lamps = [lamp for line in corridor.stop_lines for lamp in _lamps(controller, line, shown[line.signal])]
    bands = [BandRow(controller, corridor.direction, *band) for band in band_spans(corridor.stop_lines, lamps, span)]
    table = read_trajectories(folder / str(row["evidence_dir"]) / TRAJECTORIES, float(row["begin_s"]), SAMPLE_S, ())
    return [lamp for lamp in lamps if lamp.from_s < span[1]], bands, list(_places(controller, corridor, table, span))


def _lamps(controller: str, line: StopLineRow, shown: Sequence[Shown]) -> Iterator[LampRow]:
    for from_s, to_s, letter in bars(shown, line.link):
        if letter in _ASPECTS:
            yield LampRow(controller, line.direction, line.distance_m, from_s, to_s, _ASPECTS[letter])


def band_spans(lines: Sequence[StopLineRow], lamps: Sequence[LampRow], span: tuple[float, float]) -> Spans:
    """Return when to pass the first stop line to meet green at every other one, driving at the speed limit. [s]

    Source: the through band of Morgan & Little 1964, "Synchronizing traffic signals for maximal bandwidth", taken
    here from what was shown, not from a plan.
    """
    open_spans: Spans = [span]
    for line in lines:
        ahead_s = line.free_s - lines[0].free_s
        greens = [
            (lamp.from_s - ahead_s, lamp.to_s - ahead_s)
            for lamp in lamps
            if lamp.distance_m == line.distance_m and lamp.aspect == "green"
        ]
        open_spans = [
            (max(a, c), min(b, d)) for a, b in open_spans for c, d in greens if min(b, d) - max(a, c) >= LEAST_BAND_S
        ]
    return sorted(open_spans)


def _places(controller: str, corridor: Corridor, table: Trajectories, span: tuple[float, float]) -> Iterator[PlaceRow]:
    """Yield where vehicles are, second by second; who leaves the corridor and comes back begins another part."""
    start_of_lane_m = np.array([corridor.starts_m.get(lane, math.nan) for lane in table.lanes])
    distance_m = start_of_lane_m[table.lane] + table.pos_m
    times_s = table.time_s(table.tick)
    rows = np.flatnonzero(np.isfinite(distance_m) & (times_s >= span[0]) & (times_s <= span[1]))
    before, part = -2, 0
    for row in rows.tolist():
        part += int(row != before + 1 or not table.joined[row])
        before = row
        name = table.vehicles[table.vehicle[row]]
        yield PlaceRow(
            controller, corridor.direction, name, part, float(times_s[row]), round(float(distance_m[row]), 1)
        )


def corridors_of(tables: Mapping[str, Any], net: Net) -> list[Corridor]:
    """Return the directions of a run's arterial that can be drawn."""
    found = []
    for direction, arterial in zip(("forth", "back"), tables.get("arterials") or (), strict=False):
        corridor = corridor_of(direction, arterial["edges"], net)
        found += [corridor] if corridor is not None else []
    return found
