"""How many vehicles make each turn, estimated from the flows of roads: no vehicle is followed.

At each node the turns are fitted to what comes in and what goes out (iterative proportional fitting, from a prior by
lanes): of all turning flows that agree with the counts these are the most likely ones. What a road gives that no turn
takes ends on it; what it has that no turn brings begins on it. Source: Furness 1965; Van Zuylen & Willumsen 1980.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_ROUNDS: Final = 60
_SPREADS: Final = 12
_LEAST_VEH_H: Final = 1.0
_MINOR: Final = 0.5
"""Prior of a turn that gives way, against one that does not."""
_USUAL_LOAD: Final = 0.3
"""Degree of saturation of a road of which nothing at all is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Turning:
    """Flows of turns. tail, head (n_turns,), indices of roads; flow_veh_h (n_turns,); share (n_turns,), of the road's
    vehicles that make the turn; ends (n_roads,), the share that ends on it; begins_veh_h (n_roads,), who begins on it;
    road_veh_h (n_roads,), flows with the gaps filled.
    """

    tail: Whole
    head: Whole
    flow_veh_h: Floats
    share: Floats
    ends: Floats
    begins_veh_h: Floats
    road_veh_h: Floats


def turning_of(network: RoadNetwork, flow_veh_h: npt.ArrayLike) -> Turning:
    """Return the turning flows of a network.

    Args: flow_veh_h (n_roads,), NaN where nothing is known. [veh/h]
    Raises: InvalidInputError if there is not one flow a road, or one is below 0.
    """
    counted = np.asarray(flow_veh_h, dtype=np.float64)
    if counted.shape != (len(network.roads),) or bool((counted < 0).any()):
        raise InvalidInputError("turning needs one flow a road, 0 or more, or NaN where it is not known")
    tail = np.array([network.index[turn.from_road] for turn in network.turns], dtype=np.int64)
    head = np.array([network.index[turn.to_road] for turn in network.turns], dtype=np.int64)
    prior = np.array([turn.lanes * (_MINOR if turn.minor else 1.0) for turn in network.turns])
    flow = _filled(network, counted, tail, head, prior)
    flow_turn = _fitted(flow, tail, head, prior)
    out = _sums(flow_turn, tail, len(flow))
    share = np.divide(flow_turn, np.maximum(flow, out)[tail], out=np.zeros(len(tail)), where=flow[tail] > 0)
    share = np.where(flow[tail] > 0, share, prior / np.maximum(_sums(prior, tail, len(flow)), 1e-9)[tail])
    ends = np.clip(1.0 - _sums(share, tail, len(flow)), 0.0, 1.0)
    begins = np.maximum(flow - _sums(flow_turn, head, len(flow)), 0.0)
    return Turning(tail, head, flow_turn, share, ends, begins, flow)


def _sums(values: Floats, at: Whole, n: int) -> Floats:
    return np.bincount(at, weights=values, minlength=n).astype(np.float64)


def _filled(network: RoadNetwork, counted: Floats, tail: Whole, head: Whole, prior: Floats) -> Floats:
    """Return flows without gaps: where nothing is known, what the turns of the roads before bring there."""
    gaps = np.isnan(counted)
    usual = np.array([_USUAL_LOAD * road.capacity_veh_h for road in network.roads])
    flow = np.where(gaps, usual, counted)
    if not gaps.any() or not len(tail):
        return flow
    of_tail = prior / np.maximum(_sums(prior, tail, len(flow)), 1e-9)[tail]
    fed = np.bincount(head, minlength=len(flow)) > 0
    for _ in range(_SPREADS):
        flow = np.where(gaps & fed, _sums(flow[tail] * of_tail, head, len(flow)), flow)
    return flow


def _fitted(flow: Floats, tail: Whole, head: Whole, prior: Floats) -> Floats:
    """Fit turns to both ends. Where more comes in at a node than goes out, the rest ends there, and the other way."""
    n = len(flow)
    found = np.maximum(prior, 1e-6) * np.maximum(np.minimum(flow[tail], flow[head]), _LEAST_VEH_H)
    for _ in range(_ROUNDS):
        found = found * _factor(flow, _sums(found, tail, n))[tail]
        found = found * _factor(flow, _sums(found, head, n))[head]
    over = np.maximum(_sums(found, tail, n) / np.maximum(flow, 1e-9), 1.0)
    return np.where(flow[tail] > 0, found / over[tail], 0.0)


def _factor(wanted: Floats, now: Floats) -> Floats:
    return np.divide(wanted, now, out=np.ones(len(now)), where=now > 1e-9)
