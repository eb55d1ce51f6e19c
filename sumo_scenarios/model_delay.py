"""What the network model says of a plan over a whole run: quarter by quarter, with the demand of each.

A run starts empty and its demand changes: one cycle of mean demand would not do. Each period is steady for itself;
queues that a period leaves behind wait on in the next (the initial queue delay d3 of the HCM).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.network_index import IndexWeights, ModelSettings
from optimiser.network_problem import NetworkProblem
from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from sumo_scenarios.demand_model import DemandModel, demand_model
from sumo_scenarios.network_model import Dispersions, build_network_model
from sumo_scenarios.network_planning import figures_of
from sumo_scenarios.network_plans import Asked, scaled, timings_of
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World

FloatArray = NDArray[np.float64]
PERIOD_S: Final = 900.0
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class ModelDelay:
    """What the model says of one turn over the run: vehicles, mean delay [s/veh], highest degree of saturation."""

    vehicles: float
    delay_s: float
    saturation: float


@dataclass(frozen=True, slots=True)
class Period:
    """The demand of one period of the run. [s]"""

    begin_s: float
    end_s: float
    demand: DemandModel


def periods_of(asked: Asked, world: World, times_s: tuple[float, float], period_s: float = PERIOD_S) -> list[Period]:
    """Return the demand of each period of a run. Raises: InvalidInputError for a period that is none."""
    if not 60 <= period_s <= 24 * _S_PER_H:
        raise InvalidInputError(f"a period has 60 s to a day, got {period_s:g} s")
    found, begin_s = [], times_s[0]
    while begin_s < times_s[1] - 1.0:
        end_s = min(begin_s + period_s, times_s[1])
        volumes = scaled(count_volumes(world.config, world.net, (begin_s, end_s)), asked.scale)
        found.append(Period(begin_s, end_s, demand_model(world, volumes)))
        begin_s = end_s
    return found


def model_delays(
    world: World, periods: list[Period], plan: Plan, settings: ModelSettings, fitted: Dispersions | None = None
) -> dict[Turn, ModelDelay]:
    """Return what the model says of each turn with demand."""
    vehicles: defaultdict[Turn, float] = defaultdict(float)
    delays_s: defaultdict[Turn, float] = defaultdict(float)
    highest: defaultdict[Turn, float] = defaultdict(float)
    left_veh: FloatArray | None = None
    for period in periods:
        length_s = period.end_s - period.begin_s
        left_veh, rows = _period(world, period, plan, (settings, fitted), left_veh)
        for turn, flow, delay_s, saturation in rows:
            vehicles[turn] += flow * length_s
            delays_s[turn] += flow * length_s * delay_s
            highest[turn] = max(highest[turn], saturation)
    return {turn: ModelDelay(n, delays_s[turn] / n, highest[turn]) for turn, n in vehicles.items() if n > 0}


def _period(
    world: World,
    period: Period,
    plan: Plan,
    how: tuple[ModelSettings, Dispersions | None],
    left_veh: FloatArray | None,
) -> tuple[FloatArray, list[tuple[Turn, float, float, float]]]:
    """Return the queues that a period leaves behind, and (turn, flow, delay, saturation) of each movement."""
    demand, length_s = period.demand, period.end_s - period.begin_s
    settings = replace(how[0], period_h=length_s / _S_PER_H)
    built = build_network_model(demand, settings, how[1])
    problem = NetworkProblem(demand.signals, built.model, IndexWeights(), lambda _index, _timing: True)
    found = figures_of(problem, timings_of(plan, demand))
    flow, capacity = found.arrived_veh_s, np.maximum(found.capacity_veh_s, 1e-6)
    before = np.zeros(len(flow)) if left_veh is None else left_veh
    carried_veh_s, after = _carried(before, flow, capacity, length_s)
    per_s = (found.delay_veh + carried_veh_s / length_s) / np.maximum(flow, 1e-9)
    return after, list(_by_turn(world, demand, (per_s, found.saturation)))


def _carried(
    before_veh: FloatArray, flow: FloatArray, capacity: FloatArray, length_s: float
) -> tuple[FloatArray, FloatArray]:
    """Return the waiting in a period of those whom the one before left [veh s], and the queues at its end [veh]."""
    spare = capacity - flow
    gone_s = np.where(spare > 0, np.minimum(length_s, before_veh / np.maximum(spare, 1e-9)), length_s)
    waiting = before_veh * gone_s - np.where(spare > 0, spare, 0.0) * gone_s**2 / 2
    return waiting, np.maximum(before_veh - spare * length_s, 0.0)


def _by_turn(
    world: World, demand: DemandModel, of_stream: tuple[FloatArray, FloatArray]
) -> Iterator[tuple[Turn, float, float, float]]:
    """Yield (turn, flow, delay, saturation) of each movement with demand."""
    delays_s, saturation = of_stream
    for part, first in zip(demand.parts, demand.links.first.tolist(), strict=False):
        layout = part.layout
        for m, stream in part.of.items():
            if part.flow[m] > 0:
                movement = layout.movements[m]
                to_edge = world.net.lanes[layout.exits[movement.exit].lane_id].edge_id
                turn = (layout.signal_id, layout.lanes[movement.lane].edge_id, to_edge)
                yield turn, part.flow[m], float(delays_s[first + stream]), float(saturation[first + stream])
