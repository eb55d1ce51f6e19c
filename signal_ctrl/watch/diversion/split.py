"""Which way each sign advises for each destination: so that delays rise least, and the jam is not moved elsewhere.

Flows are dealt out in small slices, each to the way that adds least to the delay of all (incremental assignment of
marginal costs, which finds the least of a convex program). The delay of a turn rises with its load by the overflow term
of the HCM over what others leave of its capacity; what stays before the limited road waits in its queue.
Source: Sheffi 1985, Urban Transportation Networks, chapters 3 and 5; HCM 2000, chapter 16, for the overflow delay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from optimiser.webster import hcm_overflow_delay_s
from signal_ctrl.watch.diversion.turning import Floats

SLICES: Final = 20
_PERIOD_H: Final = 0.5
_STAYS: Final = -1
_MOST_LOAD: Final = 20.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Who may be sent: drivers of one sign to one destination [veh/h], and the ways they could take, as places of turns
    and the time these take when nobody is in the way [s]; `usual_s`, by the limited road.
    """

    flow_veh_h: float
    ways: tuple[tuple[int, ...], ...]
    free_s: tuple[float, ...]
    usual_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for who stays: so long is the limit [s], so much of the capacity is left, of so much [veh/h]."""

    lasts_s: float
    capacity_left: float
    capacity_veh_h: float

    def mean_s(self, flow_veh_h: float) -> float:
        """Return the mean wait of those who come while it lasts, by a queue without room. [s]"""
        over_veh_h = flow_veh_h - self.capacity_left * self.capacity_veh_h
        if over_veh_h <= 0 or flow_veh_h <= 0:
            return 0.0
        queue_veh = over_veh_h * self.lasts_s / 3600
        spare_veh_h = max(self.capacity_veh_h - flow_veh_h, 0.05 * self.capacity_veh_h)
        area_veh_s = queue_veh * self.lasts_s / 2 + queue_veh**2 / (2 * spare_veh_h / 3600)
        return area_veh_s / max(flow_veh_h * self.lasts_s / 3600, 1e-9)


def turn_delay_s(flow_veh_h: Floats, capacity_veh_h: Floats) -> Floats:
    """Return the overflow delay of turns under flows. (n,) [s/veh]

    >>> [round(float(d)) for d in turn_delay_s(np.array([100.0, 500.0, 600.0]), np.array([500.0] * 3))]
    [1, 57, 199]
    """
    load = np.minimum(flow_veh_h / capacity_veh_h, _MOST_LOAD)
    return np.asarray(hcm_overflow_delay_s(capacity_veh_h, load, _PERIOD_H))


def split(
    choices: Sequence[Choice], usual_veh_h: Floats, capacity_veh_h: Floats, passes_veh_h: float, waiting: Waiting
) -> list[list[float]]:
    """Return how many take each way of each choice; those left over are not sent. [veh/h]

    Args: usual_veh_h and capacity_veh_h (n_turns,), without those who are to be sent; passes_veh_h, who passes the
    limited road today, those who may be sent among them.
    """
    flow = usual_veh_h.copy()
    stays_veh_h = passes_veh_h
    found = [[0.0] * len(choice.ways) for choice in choices]
    for _ in range(SLICES):
        for k, choice in enumerate(choices):
            part = choice.flow_veh_h / SLICES
            way = _cheapest(choice, part, flow, capacity_veh_h, stays_veh_h, waiting)
            if way == _STAYS or part <= 0:
                continue
            stays_veh_h -= part
            flow[list(choice.ways[way])] += part
            found[k][way] += part
    return found


def _cheapest(
    choice: Choice, part: float, flow: Floats, capacity_veh_h: Floats, stays_veh_h: float, waiting: Waiting
) -> int:
    before = stays_veh_h * waiting.mean_s(stays_veh_h)
    rest = max(stays_veh_h - part, 0.0)
    costs = [part * choice.usual_s + before - rest * waiting.mean_s(rest)]
    for turns, free_s in zip(choice.ways, choice.free_s, strict=True):
        at = list(turns)
        now, then = flow[at], flow[at] + part
        more = then * turn_delay_s(then, capacity_veh_h[at]) - now * turn_delay_s(now, capacity_veh_h[at])
        costs.append(part * free_s + float(more.sum()))
    return int(np.argmin(costs)) - 1


def turns_of(roads: Sequence[int], place: dict[tuple[int, int], int]) -> tuple[int, ...]:
    """Return the places of the turns of a way."""
    return tuple(place[pair] for pair in pairwise(roads))


def strongest(found: Sequence[Sequence[float]]) -> list[int]:
    """Return for each choice the way that most take, as a sign shows one; -1 where most stay.

    >>> strongest([[10.0, 30.0], [0.0, 0.0]])
    [1, -1]
    """
    return [int(np.argmax(flows)) if len(flows) and max(flows) > 0 else _STAYS for flows in found]
