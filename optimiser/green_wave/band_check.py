"""How wide a green band really is: measured from offsets, greens and travel times alone, by exact arithmetic on spans.

It knows nothing of the program that planned the wave, shares no code with it, and is what every reported width is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError

Spans = list[tuple[float, float]]
_TINY_S = 1e-9


@dataclass(frozen=True, slots=True)
class Passed:
    """A stop line on the way. [s]

    `greens_s`, from when to when it is green in the common time, to be repeated every cycle; `ahead_s`, how long after
    the first stop line a platoon leaves this one; `held_s`, how long the platoon waits here for a queue to leave:
    its band arrives so much later than its band leaves, and has to find green then, too.
    """

    greens_s: tuple[tuple[float, float], ...]
    ahead_s: float = 0.0
    held_s: float = 0.0


def band_spans(passed: Sequence[Passed], cycle_s: float) -> Spans:
    """Return the times of leaving the first stop line, in [0, 2 cycles), that find green everywhere; in order. [s]

    Two cycles, so that a span over the end of a cycle is seen whole.
    >>> band_spans([Passed(((0, 30),)), Passed(((20, 45),), ahead_s=10.0)], 60)
    [(10.0, 30.0), (70.0, 90.0)]
    """
    if not 0.0 < cycle_s < math.inf:
        raise InvalidInputError(f"a cycle has to be above 0 s, got {cycle_s:g}")
    found: Spans = [(0.0, 2.0 * cycle_s)]
    for each in passed:
        shown = _shown(each, cycle_s)
        found = [(max(a, c), min(b, d)) for a, b in found for c, d in shown if min(b, d) - max(a, c) > _TINY_S]
    return sorted(found)


def widest_s(passed: Sequence[Passed], cycle_s: float) -> float:
    """Return the width of the widest band. [s]"""
    return min(max((to_s - from_s for from_s, to_s in band_spans(passed, cycle_s)), default=0.0), cycle_s)


def around_s(passed: Sequence[Passed], cycle_s: float, line_s: float) -> tuple[float, float]:
    """Return how far the band reaches before and behind a line that leaves the first stop line at a time. [s]

    Both are 0 where the line itself does not find green everywhere.
    """
    spans = band_spans(passed, cycle_s)
    at_s = line_s % cycle_s
    behind_s = [to_s - at_s for from_s, to_s in spans if from_s - 1e-6 <= at_s <= to_s + 1e-6]
    later_s = at_s + cycle_s
    before_s = [later_s - from_s for from_s, to_s in spans if from_s - 1e-6 <= later_s <= to_s + 1e-6]
    if not behind_s or not before_s:
        return 0.0, 0.0
    return max(*before_s, 0.0), max(*behind_s, 0.0)


def _shown(passed: Passed, cycle_s: float) -> Spans:
    """Return the greens of a stop line in the time of the first one, without what a held band cannot use."""
    found: Spans = []
    for from_s, to_s in _joined(passed.greens_s, cycle_s):
        if to_s - from_s >= cycle_s - _TINY_S:
            return [(0.0, 2.0 * cycle_s)]
        length_s = to_s - from_s - passed.held_s
        if length_s <= _TINY_S:
            continue
        begin_s = (from_s - passed.ahead_s) % cycle_s
        found += [(begin_s + k * cycle_s, begin_s + length_s + k * cycle_s) for k in (-1, 0, 1)]
    return found


def _joined(greens_s: Sequence[tuple[float, float]], cycle_s: float) -> Spans:
    """Return greens with those joined that follow without a gap, over the end of the cycle too."""
    ordered = sorted((a % cycle_s, a % cycle_s + b - a) for a, b in greens_s)
    found: Spans = []
    for from_s, to_s in ordered:
        if found and from_s <= found[-1][1] + _TINY_S:
            found[-1] = (found[-1][0], max(to_s, found[-1][1]))
        else:
            found.append((from_s, to_s))
    if len(found) > 1 and found[0][0] + cycle_s <= found[-1][1] + _TINY_S:
        first = found.pop(0)
        found[-1] = (found[-1][0], max(found[-1][1], first[1] + cycle_s))
    return found
