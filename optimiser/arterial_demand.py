"""How saturated an arterial is, measured by its own signals, and whether its green wave is worth keeping now.

With little traffic platoons do not matter and the free controller serves whoever comes; the more of the capacity is
used, the more does it pay that platoons find green.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimiser.linear_program import minimise
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Right
from signal_ctrl.domain.view import FloatArray, JunctionView

MEMORY_S: Final = 300.0
"""Time constant of the measured flows: about four cycles. [s]"""
_EVERY_S: Final = 30.0
_LOST_SHARE: Final = 0.6
_MOST: Final = 2.0


class MeasuredSaturation:
    """The degree of saturation of one signal, from the vehicles that come into view.

    Flow over saturation flow of each lane, then the least share of the cycle with which its stages could serve all,
    over the share that changes of stage leave. It may pass 1.
    """

    def __init__(self, layout: JunctionLayout, tables: StageTables, stages: tuple[int, ...], cycle_s: float) -> None:
        """Args: stages, indices of those that a plan uses, in order; cycle_s, its cycle [s]."""
        self._movements = [list(lane.movements) for lane in layout.lanes]
        groups = [movement.group for movement in layout.movements]
        right = np.pad(tables.right, ((0, 0), (0, 1)), constant_values=int(Right.PROTECTED))
        self._right = right[np.ix_(stages, groups)]
        changes = zip(stages, (*stages[1:], stages[0]), strict=True)
        self._lost_s = sum(float(tables.settled_s[a, b]) for a, b in changes if a != b)
        self._useful = max(1.0 - self._lost_s / cycle_s, 1.0 - _LOST_SHARE)
        self._flow_veh_s = np.zeros(len(layout.lanes))
        self._seen: list[set[int]] = [set() for _ in layout.lanes]
        self._since_s = self._last_s = math.nan
        self._judged_s = -math.inf
        self.value = 0.0

    def take(self, view: JunctionView, now_s: float) -> None:
        """Take in what is seen now. [s]"""
        new = np.array([self._new(lane, view) for lane in range(len(self._seen))])
        if math.isnan(self._last_s):
            self._since_s = self._last_s = now_s
            return
        passed_s, self._last_s = now_s - self._last_s, now_s
        if passed_s <= 0:
            return
        fade = math.exp(-passed_s / MEMORY_S)
        self._flow_veh_s = self._flow_veh_s * fade + new / passed_s * (1.0 - fade)
        if now_s >= self._judged_s + _EVERY_S:
            self._judged_s = now_s
            self.value = self._judge(view, now_s)

    def _new(self, lane: int, view: JunctionView) -> float:
        n = int(view.n_vehicles[lane])
        there = dict(zip(view.key[lane, :n].tolist(), view.presence[lane, :n].tolist(), strict=True))
        before, self._seen[lane] = self._seen[lane], set(there)
        return float(sum(presence for key, presence in there.items() if key not in before))

    def _judge(self, view: JunctionView, now_s: float) -> float:
        known = 1.0 - math.exp(-(now_s - self._since_s) / MEMORY_S)
        needed = self._flow_veh_s / known * view.headway_s
        loaded = needed > 0
        if not loaded.any():
            return 0.0
        served = self._served(view)[loaded]
        n = served.shape[1]
        found = minimise(np.ones(n), -served, -needed[loaded], np.zeros(n)) if served.any(axis=1).all() else None
        return _MOST if found is None else min(found.cost / self._useful, _MOST)

    def _served(self, view: JunctionView) -> FloatArray:
        """Return the share of its saturation flow that each lane has in each stage. (n_lanes, n_stages)"""
        yielding = np.full(len(self._movements), 0.5)
        if view.permissive_s.size:
            yielding = np.minimum(view.headway_s / view.permissive_s, 1.0)
        rows = np.zeros((len(self._movements), self._right.shape[0]))
        for lane, movements in enumerate(self._movements):
            right, share = self._right[:, movements], view.ratio[movements]
            weight = np.where(right == int(Right.PROTECTED), 1.0, yielding[lane] * (right == int(Right.PERMISSIVE)))
            rows[lane] = weight @ share
        return rows


@dataclass(slots=True)
class ArterialDemand:
    """Whether the signals of an arterial keep its wave: from `least` saturation of any of them on, until all are
    clearly below.
    """

    least: float
    measured: dict[str, MeasuredSaturation]
    on: bool = False
    slack: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.least <= _MOST:
            raise InvalidInputError(f"a green wave is kept from a degree of saturation of 0 to {_MOST:g} on")

    def holds(self, signal: str, view: JunctionView, now_s: float) -> bool:
        """Take in what a signal sees, and return whether the wave is to be kept. [s]"""
        self.measured[signal].take(view, now_s)
        most = max(each.value for each in self.measured.values())
        self.on = most >= (self.least - self.slack if self.on else self.least)
        return self.on
