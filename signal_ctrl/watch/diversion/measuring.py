"""What a diversion brought, by the minutes of the roads that its prediction is about."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.diversion.flow_model import RECOVERY_S
from signal_ctrl.watch.diversion.turning import Floats
from signal_ctrl.watch.diversion.values import Brought, Diversion

BEFORE_MS: Final = 15 * 60_000
"""Flows and times of a usual time are those of so long before. [ms] [P]"""
MEASURED_MS: Final = round(RECOVERY_S * 1000)
"""What it brought is measured until so long after its end, as it is foreseen. [ms]"""
_MINUTES_AN_HOUR: Final = 60


def mean_of(minutes: Sequence[CityMinute], field: str, n: int) -> Floats:
    """Return the mean of a field over minutes, NaN where no minute knows it. (n_roads,)"""
    if not minutes:
        return np.full(n, np.nan)
    values = np.stack([np.asarray(getattr(minute, field), dtype=np.float64) for minute in minutes])
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    times = known.sum(axis=0)
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def on_roads_veh(network: RoadNetwork, roads: Sequence[str], minute: CityMinute) -> float:
    """Return the vehicles on some roads in a minute, by density; NaN where it knows none of them. [veh]"""
    at = [network.index[road] for road in roads if road in network.index]
    density = np.asarray(minute.density_veh_km, dtype=np.float64)[at]
    length_km = np.array([network.roads[k].length_m / 1000 for k in at])
    known = ~np.isnan(density)
    return float((density[known] * length_km[known]).sum()) if known.any() else float("nan")


def began(diversion: Diversion, network: RoadNetwork, before: Sequence[CityMinute], from_utc_ms: int) -> Brought:
    """Return the ledger's row at the begin: what is predicted, and how many vehicles there usually are. [ms]"""
    plan = diversion.plan
    counts = [on_roads_veh(network, _roads(diversion), minute) for minute in before]
    usual = float(np.nanmean(counts)) if counts and not np.all(np.isnan(counts)) else float("nan")
    usual = usual if np.isfinite(usual) else 0.0
    return Brought(plan.delay_without_veh_h, plan.delay_with_veh_h, usual, 0.0, 0, from_utc_ms)


def measured(diversion: Diversion, network: RoadNetwork, minutes: Sequence[CityMinute]) -> Brought | None:
    """Return the row with the minutes that are new, None if there is none."""
    row = diversion.brought
    if row is None:
        return None
    end_ms = (diversion.ended_utc_ms or diversion.until_utc_ms or 0) + MEASURED_MS
    new = [m for m in minutes if row.until_utc_ms <= m.minute_utc_ms < end_ms]
    found = row
    for minute in new:
        on = on_roads_veh(network, _roads(diversion), minute)
        told = np.isfinite(on)
        more = (on - row.usual_veh) / _MINUTES_AN_HOUR if told else 0.0
        found = replace(
            found,
            measured_veh_h=found.measured_veh_h + more,
            minutes=found.minutes + int(told),
            until_utc_ms=minute.minute_utc_ms + MINUTE_MS,
        )
    return found if new else None


def _roads(diversion: Diversion) -> list[str]:
    return [effect.road for effect in diversion.plan.effects]
