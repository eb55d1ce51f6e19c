"""Saturation flow and start-up loss of a lane, measured from a stop-line loop: how queues leave at green.

Source: Highway Capacity Manual's field method: headways count from behind the fourth vehicle, start-up loss is what the
first four took longer, eight vehicles or more make a queue worth measuring.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

START_UP_VEH: Final = 4
LEAST_VEH: Final = 8
LONGEST_GAP_S: Final = 2.5
"""A longer gap between two vehicles on the loop tells that the queue has ended. [s]"""
LONGEST_ON_S: Final = 3.0
"""Who stays longer on the loop, once the queue moves, is held up from ahead. [s]"""
ENOUGH_QUEUES: Final = 15
_S_PER_H: Final = 3600.0
_TAIL: Final = 0.025

Span = tuple[float, float]
"""From, to. [s]"""


@dataclass(frozen=True, slots=True)
class Discharge:
    """One queue's way over the stop line: the green's begin, and when each vehicle's middle was over the loop. [s]"""

    green_s: float
    times_s: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) < LEAST_VEH:
            raise InvalidInputError(f"a queue to be measured has {LEAST_VEH} vehicles or more")

    @property
    def headway_s(self) -> float:
        """Mean headway behind the fourth vehicle. [s]"""
        behind = self.times_s[START_UP_VEH - 1 :]
        return (behind[-1] - behind[0]) / (len(behind) - 1)

    @property
    def start_up_loss_s(self) -> float:
        """How much longer the first four took than four headways. [s]"""
        return self.times_s[START_UP_VEH - 1] - self.green_s - START_UP_VEH * self.headway_s


@dataclass(frozen=True, slots=True)
class SaturationFlow:
    """Medians over queues. [veh/h], [s] `interval_veh_h` is the 95 % interval, None below six queues."""

    saturation_veh_h: float
    interval_veh_h: Span | None
    start_up_loss_s: float
    queues: int
    vehicles: int

    @property
    def is_enough(self) -> bool:
        """Whether there are as many queues as a measurement wants."""
        return self.queues >= ENOUGH_QUEUES


def discharges(greens: Sequence[Span], passages: Sequence[Span]) -> Iterator[Discharge]:
    """Yield the queues that can be measured.

    Args: greens, begin and end of each green [s]; passages, when each vehicle came onto the loop and left it [s]; both
    in the order of time. A queue counts if its first vehicle stands on the loop when the green begins.
    """
    at = 0
    for begin_s, end_s in greens:
        while at < len(passages) and passages[at][1] <= begin_s:
            at += 1
        times_s = tuple(_queue(passages, at, begin_s, end_s))
        if len(times_s) >= LEAST_VEH:
            yield Discharge(begin_s, times_s)


def _queue(passages: Sequence[Span], first: int, begin_s: float, end_s: float) -> Iterator[float]:
    left_s = begin_s
    for number, (on_s, off_s) in enumerate(passages[first:], start=1):
        middle_s = 0.5 * (max(on_s, begin_s) + off_s) if number == 1 else 0.5 * (on_s + off_s)
        if number == 1 and on_s > begin_s:
            return
        if on_s - left_s > LONGEST_GAP_S or middle_s > end_s or (number > START_UP_VEH and off_s - on_s > LONGEST_ON_S):
            return
        left_s = off_s
        yield middle_s


def saturation_flow(queues: Sequence[Discharge]) -> SaturationFlow | None:
    """Return the medians over queues, None where there is none.

    Source of the interval: order statistics of the median, which need no distribution.
    """
    if not queues:
        return None
    headways_s = sorted(queue.headway_s for queue in queues)
    rank = median_rank(len(headways_s))
    interval = None if rank < 0 else (_S_PER_H / headways_s[-1 - rank], _S_PER_H / headways_s[rank])
    return SaturationFlow(
        saturation_veh_h=_S_PER_H / median(headways_s),
        interval_veh_h=interval,
        start_up_loss_s=median(queue.start_up_loss_s for queue in queues),
        queues=len(queues),
        vehicles=sum(len(queue.times_s) for queue in queues),
    )


def median_rank(number: int) -> int:
    """Return how many of the least and of the largest values lie outside the 95 % interval of a median; -1: too few.

    >>> median_rank(5), median_rank(6), median_rank(20)
    (-1, 0, 5)
    """
    below, rank = 0.0, -1
    while True:
        below += math.comb(number, rank + 1) / 2.0**number
        if below > _TAIL:
            return rank
        rank += 1
