"""Travel times foreseen: the horizon that fits, and silence where there is nothing to stand on."""

from dataclasses import replace

import numpy as np
import pytest

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork
from signal_ctrl.watch.forecast_times import ForecastTimes
from signal_ctrl.watch.foresight.values import CityForecast

NOW_MS = 1_790_000_000_000
MINUTE_MS = 60_000
SHAPE = ((11.42, 48.76), (11.43, 48.77))


def road(name: str) -> Road:
    return Road(name, f"{name}0", f"{name}1", 300.0, 2, 13.9, 1800.0, RoadClass.ARTERIAL, SHAPE)


NETWORK = RoadNetwork((road("a"), road("b")))
TIMES_S = np.array([[10.0, 20.0], [30.0, np.nan], [50.0, 60.0]], dtype=np.float32)
FORECAST = CityForecast(
    at_utc_ms=NOW_MS,
    ahead_min=(15, 30, 60),
    speed_mps=TIMES_S,
    travel_time_s=TIMES_S,
    travel_time_low_s=TIMES_S,
    travel_time_high_s=TIMES_S,
    jam_probability=np.zeros((3, 2), dtype=np.float32),
    jammed_now=np.zeros(2, dtype=np.bool_),
    jams=(),
    region=(),
    learned_days=6,
)


@pytest.mark.parametrize(
    ("ahead_min", "wanted"),
    [
        (0, {"a": 10.0, "b": 20.0}),
        (15, {"a": 10.0, "b": 20.0}),
        (16, {"a": 30.0}),
        (61, {"a": 50.0, "b": 60.0}),
        (66, {}),
        (-6, {}),
    ],
)
def test_the_horizon_that_fits_is_taken(ahead_min: int, wanted: dict[str, float]) -> None:
    times = ForecastTimes(lambda: NETWORK, lambda: FORECAST)
    assert times.travel_times_s(NOW_MS + ahead_min * MINUTE_MS) == wanted


@pytest.mark.parametrize(
    ("network", "forecast"),
    [
        (None, FORECAST),
        (NETWORK, None),
        (NETWORK, replace(FORECAST, learned_days=0)),
        (RoadNetwork((road("a"),)), FORECAST),
    ],
)
def test_nothing_is_told_without_something_to_stand_on(
    network: RoadNetwork | None, forecast: CityForecast | None
) -> None:
    assert ForecastTimes(lambda: network, lambda: forecast).travel_times_s(NOW_MS) == {}
