"""Progression: arrivals on green, platoon ratio, and the Purdue coordination diagram."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import STRAIGHT
from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.figures import Bools, Document, Floats, Indices, mean, rounded, share
from sumo_scenarios.measures.lamps import Lamps
from sumo_scenarios.measures.passages import Passages
from sumo_scenarios.measures.trajectories import Codes

ADVANCE_M: Final = 100.0
"""Place of the advance detector before the stop line, or the start of a shorter approach. [m]"""
ASPECTS: Final = ("red", "green", "amber")


@dataclass(frozen=True)
class Arrivals:
    """Vehicles at the stop line as they would come without a queue; arrays of shape (n_arrivals,).

    `at_s` is the time at the advance detector, moved on by the free way to the stop line [s]; `aspect` indexes
    `ASPECTS`; `green_ratio` is the share of the run in which that lamp was green; `until_green_s` is how long after an
    arrival on red the next green begins, 0 on green and amber, and up to the end of the run where none follows [s].
    """

    approach: Codes
    link: Codes
    at_s: Floats
    aspect: Codes
    green_ratio: Floats
    until_green_s: Floats


def find_arrivals(passages: Passages, lamps: dict[str, Lamps], times: Times) -> Arrivals:
    """Return the arrivals of all vehicles that passed a stop line."""
    grid = passages.grid
    chosen = passages.at_lamps(lamps)
    approach, link = passages.approach[chosen], passages.link[chosen]
    at_s = _free_arrivals_s(passages, chosen)
    step = np.clip(np.floor((at_s - times.begin_s) / times.step_s + 1e-6), 0, times.steps - 1).astype(np.int64)
    aspect = np.zeros(len(chosen), dtype=np.int32)
    green_ratio, until_green_s = np.zeros(len(chosen)), np.zeros(len(chosen))
    for a, k in {(int(a), int(k)) for a, k in zip(approach, link, strict=True)}:
        here = (approach == a) & (link == k)
        lamp = lamps[grid.approaches[a].signal]
        green, amber = lamp.green(k), lamp.amber(k)
        aspect[here] = np.where(green[step[here]], 1, np.where(amber[step[here]], 2, 0))
        green_ratio[here] = green.mean()
        green_s = times.begin_s + _next_on(green)[step[here]] * times.step_s
        until_green_s[here] = np.where(aspect[here] == 0, np.maximum(green_s - at_s[here], 0.0), 0.0)
    return Arrivals(approach, link, at_s, aspect, green_ratio, until_green_s)


def _next_on(on: Bools) -> Indices:
    """Return by step the first step at or after it where a flag is set, the number of steps where none is."""
    steps = np.where(on, np.arange(len(on)), len(on))
    return np.minimum.accumulate(steps[::-1])[::-1]


def _free_arrivals_s(passages: Passages, chosen: Indices) -> Floats:
    """Return when vehicles would reach the stop line from the advance detector at their own free speed. [s]"""
    grid, table = passages.grid, passages.grid.table
    first = passages.first_row[chosen]
    row = _rows_at(passages, chosen)
    to_stop_m, speed_mps = grid.to_stop_m[row], table.speed_mps[row]
    back_m = np.where(row > first, np.clip(ADVANCE_M - to_stop_m, 0.0, None), 0.0)
    back_s = np.minimum(back_m / np.maximum(speed_mps, 0.1), table.sample_s)
    return table.time_s(table.tick[row]) - back_s + (to_stop_m + back_m) / grid.free_mps[row]


def _rows_at(passages: Passages, chosen: Indices) -> Codes:
    """Return the first row of each passage at or past the advance detector."""
    grid = passages.grid
    past = np.concatenate([grid.to_stop_m <= ADVANCE_M, [True]])
    rows = np.flatnonzero(past)
    found = rows[np.searchsorted(rows, passages.first_row[chosen])]
    return np.minimum(found, passages.last_row[chosen]).astype(np.int32)


def progression_figures(arrivals: Arrivals) -> Document:
    """Return shares of arrivals on green, amber and red, the platoon ratio, and the wait for green an arrival [s].

    The platoon ratio is the share on green over the green ratio.
    """
    n = len(arrivals.aspect)
    on = [int(np.count_nonzero(arrivals.aspect == index)) for index in range(len(ASPECTS))]
    green = float(arrivals.green_ratio.mean()) if n else 0.0
    return {
        "arrivals": n or None,
        "arrivals_on_green_ratio": share(on[1], n),
        "arrivals_on_amber_ratio": share(on[2], n),
        "arrivals_on_red_ratio": share(on[0], n),
        "platoon_ratio": rounded(on[1] / n / green) if n and green > 0 else None,
        "wait_for_green_s": mean(arrivals.until_green_s),
    }


def progression_table(passages: Passages, arrivals: Arrivals) -> Document:
    """Return arrivals on green by approach, in columns."""
    approaches = passages.grid.approaches
    n = len(approaches)
    total = np.bincount(arrivals.approach, minlength=n)
    green = np.bincount(arrivals.approach[arrivals.aspect == 1], minlength=n)
    told = np.flatnonzero(total)
    return {
        "signal": [approaches[k].signal for k in told],
        "edge": [approaches[k].edge_id for k in told],
        "arrivals": total[told].tolist(),
        "on_green_ratio": [rounded(green[k] / total[k]) for k in told],
    }


def purdue_table(passages: Passages, arrivals: Arrivals, lamps: dict[str, Lamps], times: Times) -> list[Document]:
    """Return a coordination diagram for the busiest straight movement of every approach.

    Each has `signal`, `edge`, `link`, `cycles`: `red_s`, `green_s`, both from the end of green before, and columns
    `at_s`, `in_cycle_s` (since the end of green, i.e. the start of red), `aspect` of the arrivals. [s]
    """
    found = []
    approaches = passages.grid.approaches
    for index, approach in enumerate(approaches):
        straight = {link.link for link in approach.links if link.direction == STRAIGHT}
        here = np.flatnonzero((arrivals.approach == index) & np.isin(arrivals.link, list(straight)))
        if not len(here):
            continue
        links, counts = np.unique(arrivals.link[here], return_counts=True)
        link = int(links[np.argmax(counts)])
        rows = here[arrivals.link[here] == link]
        diagram = _diagram(arrivals, rows, lamps[approach.signal].green(link), times)
        found.append({"signal": approach.signal, "edge": approach.edge_id, "link": link, **diagram})
    return found


def _diagram(arrivals: Arrivals, rows: Indices, green: Bools, times: Times) -> Document:
    starts, ends = edges_of(green)
    cycle_starts_s = times.begin_s + ends * times.step_s
    green_starts_s = times.begin_s + starts * times.step_s
    rows = rows[np.argsort(arrivals.at_s[rows], kind="stable")]
    cycle = np.searchsorted(cycle_starts_s, arrivals.at_s[rows], side="right") - 1
    rows, cycle = rows[cycle >= 0], cycle[cycle >= 0]
    next_green = np.searchsorted(green_starts_s, cycle_starts_s)
    whole = [(s, g) for s, g in zip(cycle_starts_s, next_green, strict=True) if g < len(green_starts_s)]
    return {
        "cycles": {
            "from_s": [float(start_s) for start_s, _ in whole],
            "green_after_s": [float(green_starts_s[g] - start_s) for start_s, g in whole],
        },
        "at_s": [rounded(value) for value in arrivals.at_s[rows]],
        "in_cycle_s": [rounded(value) for value in arrivals.at_s[rows] - cycle_starts_s[cycle]],
        "aspect": [ASPECTS[index] for index in arrivals.aspect[rows]],
    }


def edges_of(on: Bools) -> tuple[Indices, Indices]:
    """Return the steps where a flag begins, and the steps after it ends; a flag at either end of the run is cut."""
    change = np.flatnonzero(on[1:] != on[:-1]) + 1
    rises = change[on[change]]
    falls = change[~on[change]]
    return rises, falls
