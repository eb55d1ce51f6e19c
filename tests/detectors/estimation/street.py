"""A lane driven vehicle by vehicle: who comes when, stands where, and covers which loop. An oracle for queues.

Every vehicle drives freely, stands behind the one before, starts when the wave of starting has come, picks up speed
evenly, and keeps a headway of two seconds at each loop. That is Newell's simple rule, not the formulas of the waves.
"""

from dataclasses import dataclass

SPACING_M, VEHICLE_M, FREE_MPS, GAIN_MPS2, HEADWAY_S, LOOP_M = 7.5, 5.0, 12.5, 2.0, 2.0, 2.0
WAVE_S = 1.4


@dataclass
class Driven:
    """Passages by loop [s], and the reach of the queue [m]."""

    passages: dict[float, list[tuple[float, float]]]
    reach_m: float
    stopped: int


def drive(arrivals_s: list[float], green_s: float, loops_m: list[float]) -> Driven:
    """Drive vehicles to a stop line that turns green; arrivals are free times at the stop line."""
    found: dict[float, list[tuple[float, float]]] = {loop_m: [] for loop_m in loops_m}
    last_s = dict.fromkeys([0.0, *loops_m], -1e9)
    place, reach_m = 0, 0.0
    for free_s in arrivals_s:
        at_m = 1.0 + place * SPACING_M
        stops_s, starts_s = free_s - at_m / FREE_MPS, green_s + 1.0 + place * WAVE_S
        stands = stops_s < starts_s
        if stands:
            reach_m, place = at_m + VEHICLE_M, place + 1
        for loop_m in loops_m:
            on_s, off_s = _passage(loop_m, at_m, stops_s, starts_s, free_s, stands)
            late_s = max(last_s[loop_m] + HEADWAY_S - on_s, 0.0) if loop_m < at_m or not stands else 0.0
            found[loop_m].append((on_s + late_s, off_s + late_s))
            last_s[loop_m] = on_s + late_s
    return Driven(found, reach_m, place)


def _passage(
    loop_m: float, at_m: float, stops_s: float, starts_s: float, free_s: float, stands: bool
) -> tuple[float, float]:
    """Return when the front comes over the loop's upstream end, and the rear over its downstream end."""
    return (
        _reaches(loop_m + LOOP_M, at_m, stops_s, starts_s, free_s, stands),
        _reaches(loop_m - VEHICLE_M, at_m, stops_s, starts_s, free_s, stands),
    )


def _reaches(place_m: float, at_m: float, stops_s: float, starts_s: float, free_s: float, stands: bool) -> float:
    if not stands:
        return free_s - place_m / FREE_MPS
    if place_m >= at_m:
        return stops_s - (place_m - at_m) / FREE_MPS
    way_m = at_m - place_m
    gaining_m = FREE_MPS * FREE_MPS / (2 * GAIN_MPS2)
    if way_m <= gaining_m:
        return starts_s + (2 * way_m / GAIN_MPS2) ** 0.5
    return starts_s + FREE_MPS / GAIN_MPS2 + (way_m - gaining_m) / FREE_MPS
