"""Lines for a camera file from the paths that were seen, each with the reason for it."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from detectors.video.camera import Line, named_line
from detectors.video.draft.flows import flows_of
from detectors.video.draft.horizon import Sight, sight_of
from detectors.video.draft.line_places import Passing, Place, best_place, lane_borders, passings_at, span_of
from detectors.video.draft.paths import Path
from detectors.video.plane import Point

LEAST_PATHS: Final = 2
"""A single vehicle makes no flow."""
_LEAST_SHARE: Final = 0.2
"""Of the vehicles of the strongest flow; less may be leaves, shadows, pedestrians, or a turn that few take."""
_LEAST_SCORE: Final = 0.5
_LEAST_LENGTH_PX: Final = 4.0
_LEAST_WIDTH: Final = 0.08
"""Of the picture's lesser side: smaller vehicles are hard to tell from each other."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line, how many vehicles were seen to cross it forward and backward, why it is there, as a sentence, and what
    speaks against it, if anything does."""

    line: Line
    forward: int
    backward: int
    why: str
    doubt: str = ""


def propose(paths: tuple[Path, ...], shape: tuple[int, int]) -> tuple[Proposed, ...]:
    """Return lines across all flows: lanes beside each other where vehicles keep to them.

    Args: shape, height and width of the picture. [px]
    """
    sight = sight_of(paths, shape)
    flows = _joined(flows_of(paths), sight)
    found: list[Proposed] = []
    for flow in flows:
        place = best_place(flow, paths, sight)
        if place is not None and len(place.passings) >= LEAST_PATHS:
            others = tuple(path for other in flows if other is not flow for path in other)
            found += _lines(place, others, shape, {each.line.name for each in found}, _doubt(place, flows, shape))
    return tuple(sorted(found, key=lambda each: bool(each.doubt)))


def _doubt(place: Place, flows: tuple[tuple[Path, ...], ...], shape: tuple[int, int]) -> str:
    """Return what speaks against a place, or nothing."""
    strongest = len(flows[0])
    if len(place.passings) < _LEAST_SHARE * strongest:
        return f"{len(place.passings)} are few beside {strongest} of the strongest flow"
    width = float(np.median([each.width_px for each in place.passings]))
    if width < _LEAST_WIDTH * min(shape):
        return "they are too small there"
    return "" if place.score >= _LEAST_SCORE else "the place is poor"


def _joined(flows: tuple[tuple[Path, ...], ...], sight: Sight) -> tuple[tuple[Path, ...], ...]:
    """Join flows that use the same ground against each other, as in a narrow street: one line serves both."""
    left = list(flows)
    joined: list[tuple[Path, ...]] = []
    while left:
        flow = left.pop(0)
        place = best_place(flow, flow, sight)
        against = [other for other in left if place is not None and _shares(place, other)]
        left = [other for other in left if other not in against]
        joined.append(tuple(path for each in (flow, *against) for path in each))
    return tuple(sorted(joined, key=lambda flow: -len(flow)))


def _shares(place: Place, other: tuple[Path, ...]) -> bool:
    low, high = span_of(place.passings)
    passings = passings_at(place, other, max(abs(low), abs(high)))
    inside = [each for each in passings if low < each.offset_px < high and not each.along]
    return len(inside) > 0.5 * len(other)


def _lines(
    place: Place, others: tuple[Path, ...], shape: tuple[int, int], taken: set[str], doubt: str
) -> list[Proposed]:
    low, high = _trimmed(place, span_of(place.passings), others)
    low, high = _inside(place, low, high, shape)
    borders = [each for each in lane_borders(place.passings) if low < each < high]
    lanes = list(pairwise((low, *borders, high)))
    found: list[Proposed] = []
    for at, (left, right) in enumerate(lanes):
        if right - left < _LEAST_LENGTH_PX:
            continue  # between neighbouring flows, or at the picture's edge, nothing of it is left
        passings = tuple(each for each in place.passings if left <= each.offset_px < right)
        way = named_line("line", place.at(right), place.at(left)).forward
        name = _free(way if len(lanes) == 1 else f"{way}-lane{at + 1}", taken)
        taken.add(name)
        found.append(replace(_proposed(place, name, (left, right), passings, (at + 1, len(lanes))), doubt=doubt))
    return found


def _proposed(
    place: Place, name: str, span: tuple[float, float], passings: tuple[Passing, ...], lane: tuple[int, int]
) -> Proposed:
    """Return the line from right to left of the drivers, who cross it forward then."""
    start, end = (_rounded(place.at(offset)) for offset in (span[1], span[0]))
    number, lanes = lane
    line = named_line(name, start, end, name if lanes > 1 else None)
    forward = sum(each.along for each in passings)
    backward = len(passings) - forward
    both = f"{forward} vehicles {line.forward}" + (f", {backward} {line.backward}" if backward else "")
    width = np.median([each.width_px for each in passings]) if passings else math.nan
    which = f"lane {number} of {lanes}, from the left of its drivers; " if lanes > 1 else ""
    why = f"{which}{both} were seen here, about {width:.0f} pixels wide; quality of the place {place.score:.2f}"
    return Proposed(line, forward, backward, why)


def _trimmed(place: Place, span: tuple[float, float], others: tuple[Path, ...]) -> tuple[float, float]:
    """Return the span without the ground of other flows: it ends half-way to them."""
    low, high = span
    own_low = min(each.offset_px for each in place.passings)
    own_high = max(each.offset_px for each in place.passings)
    for each in passings_at(place, others, 2.0 * max(abs(low), abs(high))):
        if each.offset_px > own_high:
            high = min(high, (own_high + each.offset_px) / 2)
        elif each.offset_px < own_low:
            low = max(low, (own_low + each.offset_px) / 2)
    return low, high


def _inside(place: Place, low: float, high: float, shape: tuple[int, int]) -> tuple[float, float]:
    """Return the part of the span that lies in the picture."""
    for origin, step, most in zip(place.centre, place.side, (shape[1] - 1.0, shape[0] - 1.0), strict=True):
        if abs(step) > 1e-9:
            first, last = sorted(((0.0 - origin) / step, (most - origin) / step))
            low, high = max(low, first), min(high, last)
    return low, high


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(f"{name}-{k}" for k in range(2, 1000) if f"{name}-{k}" not in taken)


def _rounded(point: Point) -> Point:
    return float(round(point[0])), float(round(point[1]))
