"""How a forecast is asked for."""

from collections.abc import Sequence
from typing import Protocol

from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.foresight.values import CityForecast, FactorsAt, Restriction


class Forecaster(Protocol):
    """Who foresees. `Foresight` is one; it is learned from days (`learn`) or knows none."""

    def forecast(
        self, minutes: Sequence[CityMinute], factors_at: FactorsAt, restrictions: Sequence[Restriction], now_utc_ms: int
    ) -> CityForecast:
        """Return the forecast from the minutes of the last hour, oldest first, that had ended at `now_utc_ms`.

        Raises: InvalidInputError if there is no minute, or one of another network.
        """
        ...
