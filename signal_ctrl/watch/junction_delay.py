"""How long vehicles wait before one signal, minute by minute, from the states of the roads that lead to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute


@dataclass(frozen=True, slots=True)
class DelayMinute:
    """One minute before a signal. `delay_s`, mean delay of a vehicle, None where it is not known. [s] [veh/h]

    `known` of `roads` roads that lead to it had both travel time and flow.
    """

    minute_utc_ms: int
    delay_s: float | None
    flow_veh_h: float
    known: int
    roads: int


def delays_before(network: RoadNetwork, minutes: Sequence[CityMinute], signal: str) -> tuple[DelayMinute, ...]:
    """Return the minutes before a signal in their order; none where no road leads to it.

    Delay is travel time less the time at free speed, weighted by flow.
    """
    ways = [(at, road.free_time_s) for at, road in enumerate(network.roads) if road.signal == signal]
    whole = [minute for minute in minutes if len(minute.level) == len(network.roads)]
    return tuple(_minute(minute, ways) for minute in whole) if ways else ()


def _minute(minute: CityMinute, ways: Sequence[tuple[int, float]]) -> DelayMinute:
    pairs = [(float(minute.flow_veh_h[at]), float(minute.travel_time_s[at]) - free_s) for at, free_s in ways]
    known = [(flow, delay_s) for flow, delay_s in pairs if math.isfinite(flow) and math.isfinite(delay_s)]
    flow_veh_h = sum(flow for flow, _ in known)
    weighted = sum(flow * max(delay_s, 0.0) for flow, delay_s in known)
    delay_s = round(weighted / flow_veh_h, 1) if flow_veh_h > 0 else None
    return DelayMinute(minute.minute_utc_ms, delay_s, round(flow_veh_h, 0), len(known), len(ways))
