"""Delay over persons: who drives, rides a bus or a bicycle, or walks; assumed loads beside counted passengers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from signal_ctrl.domain.occupancy import BUS_CLASSES, persons_in
from sumo_scenarios.measures.figures import Document, mean, quantile, rounded, share
from sumo_scenarios.measures.passages import Grid
from sumo_scenarios.measures.records import Records, Rider
from sumo_scenarios.measures.vehicle_types import VehicleType


@dataclass(frozen=True, slots=True)
class Passenger:
    """One ride: what the bus lost while the person was aboard, halts left out, and the wait at the stop. [s]"""

    lost_s: float
    waited_s: float
    boarded: bool


def class_of(rider: Rider, types: Mapping[str, VehicleType]) -> str:
    """Return the class of a vehicle's type, nothing for an unknown type."""
    found = types.get(rider.type_id)
    return found.vehicle_class if found is not None else ""


def passengers_of(records: Records, grid: Grid) -> tuple[Passenger, ...]:
    """Return the rides of simulated passengers, begun or awaited, those under way at the end too."""
    table = grid.table
    lost_s = np.concatenate([[0.0], np.cumsum(grid.lost_s)])
    index_of = {name: k for k, name in enumerate(table.vehicles)}
    found = []
    rides = (stage for walker in records.walkers for stage in walker.stages if stage.ride)
    for stage in (ride for ride in rides if ride.waited_s >= 0):
        k, begun = index_of.get(stage.vehicle), stage.depart_s >= 0
        lost = 0.0
        if k is not None and begun:
            start, end = np.searchsorted(table.vehicle, [k, k + 1])
            time_s = table.time_s(table.tick[start:end])
            last_s = stage.arrive_s if stage.arrive_s >= 0 else np.inf
            first, beyond = start + np.searchsorted(time_s, [stage.depart_s, last_s])
            lost = float(lost_s[beyond] - lost_s[first])
        found.append(Passenger(lost, stage.waited_s, begun))
    return tuple(found)


def person_figures(
    records: Records,
    types: Mapping[str, VehicleType],
    walked_s: Mapping[str, float],
    passengers: Sequence[Passenger] = (),
) -> Document:
    """Return the delay over persons with assumed loads and, where passengers are simulated, with these. [s]

    Args: walked_s, time lost on foot by person [s].
    """
    weights = np.array([persons_in(class_of(rider, types)) for rider in records.riders])
    in_bus = np.array([class_of(rider, types) in BUS_CLASSES for rider in records.riders])
    lost_s = np.array([rider.trip.delay_s for rider in records.riders])
    on_foot, on_foot_s = len(walked_s), math.fsum(walked_s.values())
    total_s, persons = math.fsum(weights * lost_s) + on_foot_s, float(weights.sum()) + on_foot
    others, aboard_s = weights * ~in_bus, math.fsum(each.lost_s for each in passengers)
    counted_s = math.fsum(others * lost_s) + on_foot_s + aboard_s
    return {
        "person_delay_s": share(total_s, persons),
        "person_delay_total_h": rounded(total_s / 3600.0),
        "person_delay_counted_s": share(counted_s, float(others.sum()) + on_foot) if passengers else None,
        "pedestrian_loss_s": mean([walker.lost_s for walker in records.walkers]),
        "pedestrian_delay_s": mean(list(walked_s.values())),
        "passengers": len(passengers) or None,
        "passenger_delay_s": mean([each.lost_s for each in passengers if each.boarded]),
        "passenger_wait_s": mean([each.waited_s for each in passengers]),
        "passenger_wait_p95_s": quantile([each.waited_s for each in passengers], 0.95),
    }
