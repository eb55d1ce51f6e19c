"""Travel times as they are foreseen, for those who plan ways."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.foresight.values import CityForecast

_OLD_MS: Final = 5 * 60_000
"""A forecast that was made longer ago says nothing any more. [ms] [P]"""
_MS_PER_MIN: Final = 60_000


class ForecastTimes:
    """Answers from the latest forecast; nothing where there is none, or nothing was learned that it could stand on."""

    def __init__(self, network: Callable[[], RoadNetwork | None], forecast: Callable[[], CityForecast | None]) -> None:
        self._network = network
        self._forecast = forecast

    def travel_times_s(self, at_utc_ms: int) -> Mapping[str, float]:
        """Return the travel time of each road at the first horizon at or after a time, else at the last one. [s]"""
        network, found = self._network(), self._forecast()
        if network is None or found is None or found.learned_days == 0:
            return {}
        if found.travel_time_s.shape[1] != len(network.roads) or at_utc_ms - found.at_utc_ms < -_OLD_MS:
            return {}
        if found.ahead_min[-1] * _MS_PER_MIN + _OLD_MS < at_utc_ms - found.at_utc_ms:
            return {}
        ahead_min = (at_utc_ms - found.at_utc_ms) / _MS_PER_MIN
        at = next((k for k, each in enumerate(found.ahead_min) if each >= ahead_min), len(found.ahead_min) - 1)
        row = found.travel_time_s[at]
        return {road.road: float(time) for road, time in zip(network.roads, row, strict=True) if np.isfinite(time)}
