"""Saturation flow as it is now: queue after queue, old ones fade. And medians of queues with their intervals."""

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from detectors.estimation.interval import Estimate, around
from detectors.loops.saturation import Discharge, Span, median_rank

WEIGHT: Final = 0.05
"""Weight of a new queue once twenty have been averaged (0-1)."""
_S_PER_H: Final = 3600.0
_FEWEST: Final = 2


class RunningSaturation:
    """Exponentially weighted mean headway of a lane's queues, with the variance that goes with it.

    The weights of a settled mean fall by 1 - a from queue to queue, so that its variance is a / (2 - a) of that of one
    queue's headway; of the first 1 / a queues the plain mean is taken.
    """

    def __init__(self) -> None:
        self._queues = 0
        self._headway_s = 0.0
        self._variance = 0.0
        self._share = 1.0

    def take(self, queue: Discharge) -> None:
        """Take in the discharge of one queue."""
        self._queues += 1
        weight = max(1.0 / self._queues, WEIGHT)
        off_s = queue.headway_s - self._headway_s
        self._headway_s += weight * off_s
        self._variance = (1.0 - weight) * (self._variance + weight * off_s * off_s)
        self._share = (1.0 - weight) ** 2 * self._share + weight * weight

    @property
    def saturation_veh_h(self) -> Estimate | None:
        """The saturation flow, None before the second queue. [veh/h]"""
        if self._queues < _FEWEST:
            return None
        unbiased = self._variance / max(1.0 - self._share, 1e-9)
        value = _S_PER_H / self._headway_s
        return around(value, value * math.sqrt(unbiased * self._share) / self._headway_s, self._queues)


def running_saturation(queues: Iterable[Discharge]) -> Estimate | None:
    """Return the saturation flow after the last of some queues, None for fewer than two. [veh/h]"""
    meter = RunningSaturation()
    for queue in queues:
        meter.take(queue)
    return meter.saturation_veh_h


def median_estimate(values: Sequence[float]) -> Estimate | None:
    """Return the median with its interval by order statistics, None for fewer than six values.

    >>> median_estimate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    Estimate(value=3.5, low=1.0, high=6.0, samples=6)
    """
    ranked = sorted(values)
    rank = median_rank(len(ranked))
    return None if rank < 0 else Estimate(median(ranked), ranked[rank], ranked[-1 - rank], len(ranked))


def unhindered(greens: Sequence[Span], foes: Sequence[Sequence[Span]]) -> list[Span]:
    """Return the greens during which none of the foes that go first was green: nobody had to give way. [s]

    Args: foes, the greens of each movement that one of the lane gives way to [s]; all in the order of time.
    """
    return [own for own in greens if not any(other[0] < own[1] and own[0] < other[1] for foe in foes for other in foe)]
