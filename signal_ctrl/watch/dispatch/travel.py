"""Travel times that a unit may expect now, of the minute and the forecast. Pure."""

import datetime as dt
from typing import Final

import numpy as np

from signal_ctrl.domain.road_ways import Array, RoadTimes
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute, Floats
from signal_ctrl.watch.foresight.values import CityForecast

UNKNOWN_SHARE: Final = 0.3
"""Standard deviation of a travel time of which nothing is known, as a share of it. [P]"""
WIDTH_80: Final = 2 * 1.2816
"""So many standard deviations wide is an interval that holds 80 %."""


def times_of(network: RoadNetwork, minute: CityMinute | None, forecast: CityForecast | None = None) -> RoadTimes:
    """Return the travel times that a unit may expect now. [s]

    Of the minute, free flow where nothing is known; with a forecast the mean of the minute and of its first horizon,
    for a unit is under way between the two.
    """
    free_s = np.array([road.free_time_s for road in network.roads])
    if minute is None and forecast is None:
        return _times(free_s, free_s * UNKNOWN_SHARE, "free flow")
    now_s, sd_s = free_s, free_s * UNKNOWN_SHARE
    if minute is not None:
        now_s = _where_known(minute.travel_time_s, free_s)
        sd_s = _where_known(minute.travel_time_sd_s, now_s * UNKNOWN_SHARE)
    if forecast is None:
        return _times(now_s, sd_s, f"minute {_clock(minute.minute_utc_ms if minute else 0)}")
    soon_s = _where_known(forecast.travel_time_s[0], now_s)
    width_s = (forecast.travel_time_high_s[0] - forecast.travel_time_low_s[0]) / WIDTH_80
    soon_sd_s = _where_known(width_s, soon_s * UNKNOWN_SHARE)
    if minute is None:
        return _times(soon_s, soon_sd_s, f"forecast of {_clock(forecast.at_utc_ms)}")
    between_s = np.abs(soon_s - now_s) / 2
    both_sd_s = np.sqrt((sd_s**2 + soon_sd_s**2) / 2 + between_s**2)
    source = f"minute {_clock(minute.minute_utc_ms)} and forecast of {_clock(forecast.at_utc_ms)}"
    return _times((now_s + soon_s) / 2, both_sd_s, source)


def _where_known(values: Floats, otherwise: Array) -> Array:
    return np.where(np.isfinite(values), values, otherwise).astype(np.float64)


def _times(time_s: Array, sd_s: Array, source: str) -> RoadTimes:
    return RoadTimes(time_s.astype(np.float32), sd_s.astype(np.float32), source)


def _clock(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000, dt.UTC).strftime("%H:%M UTC")
