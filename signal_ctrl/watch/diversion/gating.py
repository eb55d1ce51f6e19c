"""Gating: upstream of roads that a diversion would overload less is let in, within what signals may do.

`gates_of` says at the proposal where and how much. `PerimeterGate` is the feedback that keeps the number of vehicles
in the area at its best while it lasts: q(k) = q(k-1) - K_P [n(k) - n(k-1)] + K_I [n* - n(k)], held between bounds;
what was held is what the next step starts from, so that nothing winds up.
Source: Keyvan-Ekbatani, Kouvelas, Papamichail & Papageorgiou 2012.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.diversion.flow_model import FlowModel, Foreseen
from signal_ctrl.watch.diversion.passing import Passing
from signal_ctrl.watch.diversion.signal_plans import RouteSignal
from signal_ctrl.watch.diversion.values import Gate

FULL: Final = 0.8
"""A road whose queue fills so much of it is overloaded. [P]"""
LEAST_SHARE: Final = 0.6
"""A gate lets in at least so much of what comes today. [P]"""
ACTIVE_FROM: Final = 0.85
"""The feedback acts from so much of the best number of vehicles on. Source: as the module."""


def gates_of(
    model: FlowModel, passing: Passing, foreseen: Foreseen, signals: Sequence[RouteSignal]
) -> tuple[Gate, ...]:
    """Return the gates: signalled roads that feed one which a diversion overloads, but not the diverted drivers' own.

    Of what a gate lets go only those turns are held back that lead onto the overloaded road.
    """
    full = foreseen.queue_veh >= FULL * model.room_veh
    full[passing.road] = False
    network, t, found = passing.network, passing.turning, []
    signed = {(m.from_road): s.signal_id for s in signals for m in s.movements.movements}
    for k in np.flatnonzero(full[model.head] & ~full[model.tail]):
        road = network.roads[int(model.tail[k])].road
        flow = float(t.flow_veh_h[k])
        if road in signed and flow > 0 and float(passing.chance[model.tail[k]]) < 0.5:
            found.append(
                Gate(
                    road,
                    signed[road],
                    float(t.road_veh_h[model.tail[k]]),
                    float(t.road_veh_h[model.tail[k]]) - (1 - LEAST_SHARE) * flow,
                )
            )
    return tuple({gate.road: gate for gate in found}.values())


@dataclass(frozen=True, slots=True)
class PerimeterGate:
    """The feedback for one area. [veh], [veh/h]

    best_veh, vehicles at which most get through; least_veh_h and most_veh_h, bounds of the inflow; gain_p and gain_i in
    1/h.
    """

    best_veh: float
    least_veh_h: float
    most_veh_h: float
    gain_p: float = 20.0
    gain_i: float = 5.0

    def __post_init__(self) -> None:
        if not (self.best_veh > 0 and 0 <= self.least_veh_h <= self.most_veh_h and min(self.gain_p, self.gain_i) >= 0):
            raise InvalidInputError("a gate needs a best number of vehicles, and bounds in order")

    def step(self, ordered_veh_h: float, before_veh: float, now_veh: float) -> float:
        """Return the inflow to order next, from the one that is ordered and the vehicles before and now. [veh/h]

        >>> gate = PerimeterGate(100.0, 200.0, 1000.0)
        >>> gate.step(600.0, 60.0, 70.0), gate.step(600.0, 100.0, 110.0), gate.step(220.0, 110.0, 130.0)
        (1000.0, 350.0, 200.0)
        """
        if now_veh < ACTIVE_FROM * self.best_veh:
            return self.most_veh_h
        wanted = ordered_veh_h - self.gain_p * (now_veh - before_veh) + self.gain_i * (self.best_veh - now_veh)
        return min(max(wanted, self.least_veh_h), self.most_veh_h)


def shared(ordered_veh_h: float, saturation_veh_h: Sequence[float]) -> tuple[float, ...]:
    """Return what each gate lets in, by saturation flow. [veh/h]

    >>> shared(600.0, [1800.0, 3600.0])
    (200.0, 400.0)
    """
    total = sum(saturation_veh_h)
    return tuple(ordered_veh_h * s / total for s in saturation_veh_h)
