"""The table of every figure of a scenario, one column per controller."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from bench.reports.page import number, table
from bench.reports.records import FigureRow

PEOPLE: Final[Mapping[str, tuple[str, int]]] = {
    "person_delay_s": ("delay of a person [s]", 1),
    "person_delay_total_h": ("delay of all persons [h]", 1),
    "person_delay_counted_s": ("delay of a person, simulated passengers in the buses [s]", 1),
    "motor_delay_s": ("delay of motor vehicles [s/veh]", 1),
    "bus_delay_s": ("bus delay [s]", 1),
    "bus_signal_delay_s": ("bus delay at a signal [s per bus and signal]", 1),
    "bus_signal_delay_p95_s": ("bus delay at a signal, 95 % [s]", 1),
    "bus_signal_delay_per_bus_s": ("bus delay at all signals [s/bus]", 1),
    "bus_headway_cv": ("bus headways, coefficient of variation [–]", 2),
    "bus_bunching_ratio": ("bus headways below a quarter of the planned one [0–1]", 3),
    "bus_excess_wait_s": ("excess wait at bus stops [s]", 1),
    "passenger_delay_s": ("time a passenger loses aboard [s]", 1),
    "passenger_wait_s": ("wait of a passenger at the stop [s]", 1),
    "pedestrian_delay_s": ("time a person loses on foot [s]", 1),
    "pedestrian_wait_s": ("pedestrian wait [s]", 1),
    "pedestrian_wait_p95_s": ("pedestrian wait, 95 % [s]", 1),
    "pedestrian_wait_max_s": ("pedestrian wait, longest [s]", 0),
    "bicycle_delay_s": ("bicycle delay [s]", 1),
    "bicycle_delay_p95_s": ("bicycle delay, 95 % [s]", 1),
    "bicycle_wait_s": ("time a bicycle stands [s]", 1),
}
"""Figures of persons, buses, people on foot and bicycles."""
MEASURES: Final[Mapping[str, tuple[str, int]]] = {
    "delay_s_per_vehicle": ("delay [s/veh]", 1),
    "delay_total_h": ("delay of all vehicles [h]", 1),
    "depart_delay_s_per_vehicle": ("of it waiting to be let in [s/veh]", 1),
    "stops_per_vehicle": ("stops [per veh]", 2),
    "stop_events_per_vehicle": ("stops after driving over 10 km/h [per veh]", 2),
    "wait_p95_s": ("95 % of vehicles wait at most [s]", 0),
    "longest_wait_s": ("longest wait of a vehicle in all [s]", 0),
    "longest_standing_s": ("longest single standstill [s]", 0),
    "gridlocked_vehicles": ("vehicles gridlocked (over 300 s) [veh]", 1),
    "queue_mean_veh": ("queue of an approach, mean [veh]", 2),
    "queue_p95_veh": ("queue of an approach, 95 % [veh]", 1),
    "spillback_min": ("spillback, all approaches [min]", 1),
    "throughput_veh_h": ("arrivals [veh/h]", 0),
    "served_ratio": ("arrived of those due [0–1]", 3),
    "vehicles_unfinished": ("still under way [veh]", 1),
    "vehicles_never_departed": ("never let in [veh]", 1),
    "mean_speed_kmh": ("mean speed [km/h]", 1),
    "arterial_speed_kmh": ("arterial, slower direction [km/h]", 1),
    "arterial_stops_per_km": ("arterial, stops [per km]", 2),
    "trunk_speed_kmh": ("all traffic on the arterial [km/h]", 1),
    "artery_slowest_hour_kmh": ("arterial, slowest whole hour and direction [km/h]", 1),
    "artery_hours_met": ("arterial, hours and directions over 40 km/h [–]", 1),
    "worst_approach_delay_s": ("worst approach [s/veh]", 1),
    "fairness_ratio": ("worst approach over mean [–]", 2),
    **PEOPLE,
    "arrivals_on_green_ratio": ("arrivals on green [0–1]", 2),
    "platoon_ratio": ("platoon ratio [–]", 2),
    "split_failure_ratio": ("greens that failed to clear (split failures) [0–1]", 3),
    "fuel_kg": ("fuel [kg]", 1),
    "co2_kg": ("CO₂ [kg]", 1),
    "co2_g_per_km": ("CO₂ [g/km]", 0),
    "nox_kg": ("NOx [kg]", 3),
    "decision_ms_p50": ("decision, median [ms]", 2),
    "decision_ms_p99": ("decision, 99 % [ms]", 2),
    "decision_ms_max": ("decision, longest [ms]", 1),
}


def figures_table(
    rows: Sequence[FigureRow], order: Sequence[str], measures: Mapping[str, tuple[str, int]] = MEASURES
) -> str:
    """Return the means of the measures that at least one controller has."""
    by_place = {(row.measure, row.controller): row.mean for row in rows}
    shown = [name for name in order if any(row.controller == name for row in rows)]
    body = [
        [words, *(number(by_place.get((name, controller)), digits) for controller in shown)]
        for name, (words, digits) in measures.items()
        if any((name, controller) in by_place for controller in shown)
    ]
    return table(["measure, mean of the valid runs", *(escape(name) for name in shown)], body) if body else ""
