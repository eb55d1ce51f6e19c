"""The time-space diagram's tables: stop lines of an arterial, what they show, green bands, and who drives there."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.lamps import Shown, bars, read_all_lamps, within
from bench.pairing import Row
from bench.reports.records import BandRow, LampRow, PlaceRow
from sumo_scenarios.measures.corridor import Corridor, Spans, StopLine, corridor_of, through_spans
from sumo_scenarios.measures.evidence import SAMPLE_S, TRAJECTORIES
from sumo_scenarios.measures.trajectories import Trajectories, read_trajectories
from sumo_scenarios.net_reader import Net

WINDOW_S: Final = 600.0
"""Length of the stretch of time that is drawn. [s]"""
LEAST_BAND_S: Final = 2.0
_ASPECTS: Final = {"G": "green", "g": "green", "y": "amber", "Y": "amber"}


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


def _lamps(controller: str, line: StopLine, shown: Sequence[Shown]) -> Iterator[LampRow]:
    for from_s, to_s, letter in bars(shown, line.link):
        if letter in _ASPECTS:
            yield LampRow(controller, line.direction, line.distance_m, from_s, to_s, _ASPECTS[letter])


def band_spans(lines: Sequence[StopLine], lamps: Sequence[LampRow], span: tuple[float, float]) -> Spans:
    """Return the bands of a stretch of time that are worth drawing, by when they pass the first stop line. [s]"""
    greens = [
        [(lamp.from_s, lamp.to_s) for lamp in lamps if lamp.distance_m == line.distance_m and lamp.aspect == "green"]
        for line in lines
    ]
    return through_spans(lines, greens, span, LEAST_BAND_S)


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
