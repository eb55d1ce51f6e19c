"""What even a registered vehicle may not."""

import pytest

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.watch.special.limits import HOUR_S, JUNCTION_H, REQUESTS_H, VEHICLE_JUNCTION_H, Limits


def test_a_vehicle_asks_six_times_an_hour() -> None:
    limits = Limits()
    for k in range(REQUESTS_H):
        limits.request("a", float(k))
    with pytest.raises(RefusedError, match="E/vehicle-rate"):
        limits.request("a", HOUR_S - 1)
    limits.request("b", HOUR_S - 1)
    limits.request("a", HOUR_S)
    with pytest.raises(RefusedError):
        limits.request("a", HOUR_S + 0.5)


def test_a_junction_is_kept_twelve_times_an_hour_and_four_times_for_one() -> None:
    limits = Limits()
    for _ in range(VEHICLE_JUNCTION_H):
        limits.junction("a", "c0", 0.0)
    with pytest.raises(RefusedError, match="4 times within an hour for vehicle a"):
        limits.junction("a", "c0", 1.0)
    for k in range(JUNCTION_H - VEHICLE_JUNCTION_H):
        limits.junction(f"b{k}", "c0", 2.0)
    with pytest.raises(RefusedError, match="kept 12 times within an hour"):
        limits.junction("z", "c0", 3.0)
    limits.junction("z", "c1", 3.0)


def test_reports_come_twice_a_second_at_most() -> None:
    limits = Limits()
    for k in range(20):
        limits.report("a", k * 0.1)
    with pytest.raises(RefusedError, match="E/report-rate"):
        limits.report("a", 2.0)
    limits.report("a", 10.0)
