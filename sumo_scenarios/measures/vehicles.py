"""Measures over trips: delay, stops, waits, travel time, throughput, delay over time, buses and bicycles."""

import math
from collections.abc import Mapping, Sequence

from signal_ctrl.domain.occupancy import BIKE_CLASSES, BUS_CLASSES
from sumo_scenarios.measures.figures import Document, largest, mean, quantile, rounded, share
from sumo_scenarios.measures.people import class_of
from sumo_scenarios.measures.records import Records, Rider
from sumo_scenarios.measures.vehicle_types import VehicleType
from sumo_scenarios.score import delay_over_time


def delay_figures(records: Records) -> Document:
    """Return the figures of the one scorer of delay, in full precision where `result.json` has them rounded."""
    score, trips = records.score, records.trips
    total_s = math.fsum(trip.delay_s for trip in trips)
    return {
        "delay_s_per_vehicle": round(score.delay_s_per_vehicle, 3),
        "delay_total_h": rounded(total_s / 3600.0),
        "stops_per_vehicle": round(score.stops_per_vehicle, 3),
        "mean_speed_kmh": rounded(score.mean_speed_mps * 3.6),
        "longest_wait_s": score.longest_wait_s,
        "vehicles_total": score.vehicles.total,
        "vehicles_finished": score.vehicles.finished,
        "vehicles_unfinished": score.vehicles.unfinished,
        "vehicles_never_departed": score.vehicles.never_departed,
        "teleports": score.teleports,
        "collisions": score.collisions,
        "emergency_stops": score.emergency_stops,
    }


def wait_figures(records: Records) -> Document:
    """Return waits over all vehicles: standing on the way plus waiting for insertion. [s]"""
    waits_s = [rider.trip.waiting_s + rider.trip.depart_delay_s for rider in records.riders]
    return {"wait_mean_s": mean(waits_s), "wait_p95_s": quantile(waits_s, 0.95), "wait_max_s": largest(waits_s)}


def flow_figures(records: Records, begin_s: float, end_s: float) -> Document:
    """Return throughput [veh/h], served ratio, and the mean travel time of all vehicles so far [s]."""
    vehicles, trips = records.score.vehicles, records.trips
    return {
        "throughput_veh_h": rounded(vehicles.finished * 3600.0 / (end_s - begin_s)),
        "served_ratio": share(vehicles.finished, vehicles.total),
        "travel_time_s": mean([trip.duration_s + trip.depart_delay_s for trip in trips]),
        "depart_delay_s_per_vehicle": mean([trip.depart_delay_s for trip in trips]),
        "distance_km": rounded(math.fsum(trip.length_m for trip in trips if trip.departed) / 1000.0),
    }


def bus_delay_figures(records: Records, types: Mapping[str, VehicleType]) -> Document:
    """Return the mean delay of buses and of all other vehicles [s/veh]; None where there are none."""
    buses = [rider for rider in records.riders if class_of(rider, types) in BUS_CLASSES]
    others = [rider for rider in records.riders if class_of(rider, types) not in BUS_CLASSES]
    return {
        "buses": len(buses) or None,
        "bus_delay_s": _mean_delay_s(buses),
        "bus_delay_p95_s": quantile([rider.trip.delay_s for rider in buses], 0.95),
        "other_delay_s": _mean_delay_s(others) if buses else None,
    }


def bicycle_figures(records: Records, types: Mapping[str, VehicleType]) -> Document:
    """Return delay of bicycles and motor vehicles [s/veh], and how long bicycles stand [s]; None without bicycles."""
    bicycles = [rider for rider in records.riders if class_of(rider, types) in BIKE_CLASSES]
    motor = [rider for rider in records.riders if class_of(rider, types) not in BIKE_CLASSES]
    return {
        "bicycles": len(bicycles) or None,
        "bicycle_delay_s": _mean_delay_s(bicycles),
        "bicycle_delay_p95_s": quantile([rider.trip.delay_s for rider in bicycles], 0.95),
        "bicycle_wait_s": mean([rider.trip.waiting_s for rider in bicycles]),
        "motor_delay_s": _mean_delay_s(motor) if bicycles else None,
    }


def delay_table(records: Records, begin_s: float, end_s: float) -> Document:
    """Return delay by due departure, in columns: from [s], width [s], vehicles, delay [s/veh] or None."""
    bins = delay_over_time(records.trips, begin_s, end_s)
    delays_s = [each.delay_s_per_vehicle for each in bins]
    return {
        "from_s": [each.from_s for each in bins],
        "width_s": [each.width_s for each in bins],
        "vehicles": [each.vehicles for each in bins],
        "delay_s_per_vehicle": [None if math.isnan(delay_s) else rounded(delay_s) for delay_s in delays_s],
    }


def _mean_delay_s(riders: Sequence[Rider]) -> float | None:
    return mean([rider.trip.delay_s for rider in riders])
