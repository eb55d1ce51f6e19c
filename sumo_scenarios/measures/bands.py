"""Bandwidth: how wide the green wave was that an arterial's signals in fact showed, cycle by cycle."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sumo_scenarios.measures.arterials import Arterial
from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.corridor import Corridor, Spans, corridor_of, through_spans
from sumo_scenarios.measures.figures import Bools, Document, Figure, rounded
from sumo_scenarios.measures.lamps import Lamps
from sumo_scenarios.net_reader import Net

LEAST_S: Final = 1.0
"""Shorter common greens are no band: nobody comes through. [s]"""
DIRECTIONS: Final = ("forth", "back")


@dataclass(frozen=True, slots=True)
class Band:
    """One direction: median width and cycle, and the mean green of the stop line that has the least. [s]"""

    width_s: float
    cycle_s: float
    least_green_s: float


def band_figures(arterials: tuple[Arterial, ...], net: Net, lamps: dict[str, Lamps], times: Times) -> Document:
    """Return bandwidths of an arterial [s], their efficiency and attainability; None where it cannot be told.

    Efficiency is the mean width over the mean cycle, attainability the widths over the least greens of the two
    directions. A cycle goes from green to green at the first stop line; one without a band counts as 0.
    Source: Little, Kelson & Gartner 1981, "MAXBAND"; widths here are those of the lamps shown.
    """
    found: dict[str, Band] = {}
    for direction, arterial in zip(DIRECTIONS, arterials, strict=False):
        corridor = corridor_of(direction, arterial.edges, net)
        band = _band(corridor, lamps, times) if corridor is not None else None
        if band is not None:
            found[direction] = band
    widths_s = sum(band.width_s for band in found.values())
    return {
        **{f"band_{each}_s": _width(found.get(each)) for each in DIRECTIONS},
        "band_efficiency": rounded(widths_s / sum(b.cycle_s for b in found.values())) if found else None,
        "band_attainability": rounded(widths_s / sum(b.least_green_s for b in found.values())) if found else None,
    }


def _width(band: Band | None) -> Figure:
    return None if band is None else rounded(band.width_s)


def _band(corridor: Corridor, lamps: dict[str, Lamps], times: Times) -> Band | None:
    """Return the band of one direction, None where a lamp is not known or the first one has no whole cycle."""
    lines = corridor.stop_lines
    if any(line.signal not in lamps for line in lines):
        return None
    greens = [green_spans(lamps[line.signal].green(line.link), times) for line in lines]
    last_s = times.end_s - (lines[-1].free_s - lines[0].free_s)
    starts_s = [from_s for from_s, _ in greens[0] if times.begin_s < from_s <= last_s]
    if len(starts_s) < 2 or not all(greens):
        return None
    spans = through_spans(lines, greens, (starts_s[0], starts_s[-1]), LEAST_S)
    widths_s = [
        max((to_s - from_s for from_s, to_s in spans if first_s <= from_s < next_s), default=0.0)
        for first_s, next_s in pairwise(starts_s)
    ]
    least_s = min(float(np.mean([to_s - from_s for from_s, to_s in shown])) for shown in greens)
    return Band(float(np.median(widths_s)), float(np.median(np.diff(starts_s))), least_s)


def green_spans(green: Bools, times: Times) -> Spans:
    """Return from when to when a lamp was green; begin and end of the run cut it. [s]"""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], green, [False]]).astype(np.int8)))
    at_s = times.begin_s + edges * times.step_s
    return list(zip(at_s[::2].tolist(), at_s[1::2].tolist(), strict=True))
