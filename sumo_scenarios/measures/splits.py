"""Split failures: greens that did not clear their queue, seen at the stop line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import Approach
from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.figures import Bools, Document, Indices, Ints, quantile, share
from sumo_scenarios.measures.lamps import Lamps
from sumo_scenarios.measures.passages import Passages
from sumo_scenarios.measures.progression import edges_of

ZONE_M: Final = 6.0
"""Length of the presence zone before the stop line. [m]"""
OCCUPIED: Final = 0.8
RED_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Split:
    """Lanes of one approach that are always green together."""

    approach: Approach
    lanes: tuple[str, ...]
    green: Bools
    amber: Bools


def split_figures(passages: Passages, lamps: dict[str, Lamps], times: Times) -> tuple[Document, Document]:
    """Return the share of greens that failed, how long greens lasted [s], and the table of approaches.

    A green fails if the zone at the stop line is occupied for at least 80 % of it (GOR) and of the first 5 s of the
    red after it (ROR5); lanes that are green together count as one zone (OR). Greens cut by begin or end of the run
    are left out.
    """
    presence = _presence(passages, times)
    rows = []
    greens_s: list[float] = []
    for split in _splits(passages.grid.approaches, lamps):
        greens, failures = _failures(split, presence, times)
        if greens:
            shown_s = _whole_greens_s(split, times)
            rows.append((split, greens, failures, shown_s))
            greens_s += shown_s
    greens, failures = sum(row[1] for row in rows), sum(row[2] for row in rows)
    table = {
        "signal": [row[0].approach.signal for row in rows],
        "edge": [row[0].approach.edge_id for row in rows],
        "lanes": [list(row[0].lanes) for row in rows],
        "greens": [row[1] for row in rows],
        "failures": [row[2] for row in rows],
        "green_p50_s": [quantile(row[3], 0.5) for row in rows],
        "green_p85_s": [quantile(row[3], 0.85) for row in rows],
    }
    return {
        "greens": greens or None,
        "split_failures": failures if greens else None,
        "split_failure_ratio": share(failures, greens),
        "green_p50_s": quantile(greens_s, 0.5),
        "green_p85_s": quantile(greens_s, 0.85),
    }, {"split_failures": table}


def _splits(approaches: tuple[Approach, ...], lamps: dict[str, Lamps]) -> Iterator[Split]:
    for approach in approaches:
        lamp = lamps.get(approach.signal)
        if lamp is None:
            continue
        groups: dict[bytes, Split] = {}
        for lane in approach.stop_lanes:
            links = [link.link for link in approach.links if link.from_lane == lane]
            green = np.logical_or.reduce([lamp.green(link) for link in links])
            amber = np.logical_or.reduce([lamp.amber(link) for link in links]) & ~green
            before = groups.get(green.tobytes())
            lanes = (*before.lanes, lane) if before else (lane,)
            groups[green.tobytes()] = Split(approach, lanes, green, amber)
        yield from groups.values()


def _presence(passages: Passages, times: Times) -> dict[str, Bools]:
    """Return by lane in which samples its zone at the stop line is covered; shape (n_ticks,)."""
    grid, table = passages.grid, passages.grid.table
    ticks = round((times.end_s - times.begin_s) / table.sample_s)
    ready = np.flatnonzero((grid.approach >= 0) & (grid.to_stop_m <= ZONE_M) & (grid.to_stop_m >= -1.0))
    lane, tick = table.lane[ready], table.tick[ready]
    after = passages.last_row[passages.passed] + 1
    astride = after[table.pos_m[after] < grid.length_m[after]]
    astride = astride[np.isin(table.lane[astride], _inner(table.lanes))]
    lane = np.concatenate([lane, table.lane[astride - 1]])
    tick = np.concatenate([tick, table.tick[astride]])
    covered = np.zeros((len(table.lanes), ticks), dtype=np.bool_)
    inside = (tick >= 0) & (tick < ticks)
    covered[lane[inside], tick[inside]] = True
    stop_lanes = {name for approach in grid.approaches for name in approach.stop_lanes}
    return {name: covered[code] for code, name in enumerate(table.lanes) if name in stop_lanes}


def _inner(lanes: tuple[str, ...]) -> list[int]:
    return [code for code, name in enumerate(lanes) if name.startswith(":")]


def _failures(split: Split, presence: dict[str, Bools], times: Times) -> tuple[int, int]:
    """Return how many whole greens there were, and how many of them failed."""
    zones = [presence[lane] for lane in split.lanes if lane in presence]
    starts, ends = edges_of(split.green)
    if not zones or not len(starts):
        return 0, 0
    covered = np.concatenate([[0], np.cumsum(np.logical_or.reduce(zones))])
    reds = _reds(split, times)
    begins = np.searchsorted(ends, starts, side="right")
    greens = failures = 0
    for start, k in zip(starts, begins, strict=True):
        if k >= len(ends):
            continue
        red = reds[ends[k]]
        if red + RED_S / times.step_s > times.steps:
            continue
        greens += 1
        spans = ((start, ends[k]), (red, red + RED_S / times.step_s))
        failures += all(_occupied(covered, first, last, times) for first, last in spans)
    return greens, failures


def _whole_greens_s(split: Split, times: Times) -> list[float]:
    """Return how long each green lasted that neither begin nor end of the run cuts. [s]"""
    starts, ends = edges_of(split.green)
    after = np.searchsorted(ends, starts, side="right")
    whole = after < len(ends)
    return [float(steps) * times.step_s for steps in ends[after[whole]] - starts[whole]]


def _reds(split: Split, times: Times) -> Indices:
    """Return by step the first step at or after it that is not amber."""
    steps = np.where(split.amber, times.steps, np.arange(times.steps))
    return np.minimum.accumulate(steps[::-1])[::-1]


def _occupied(covered: Ints, start: float, end: float, times: Times) -> bool:
    """Tell whether the zone was covered for 80 % of the time between two steps."""
    ratio = times.step_s * (len(covered) - 1) / (times.end_s - times.begin_s)
    first, last = round(start * ratio), round(end * ratio)
    return last > first and bool((covered[last] - covered[first]) / (last - first) >= OCCUPIED - 1e-9)
