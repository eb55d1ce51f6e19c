"""What lines of the ledger say of trips; the runs themselves are tried in tests/sumo_scenarios/special_loop."""

from typing import Any

from bench.special.campaign import releases_of, signals_of
from bench.special.judging import told, trips_of


def line(took_s: float | None, lost: list[float], second_s: float | None = 100.0) -> dict[str, Any]:
    rows = [
        {"vehicle": f"v{k}", "departs_s": 80.0 + 1_200 * k, "took_s": took, "free_s": 100.0, "waited_s": 0.0}
        for k, took in enumerate((took_s, second_s))
    ]
    return {"trips": rows, "begin_s": 0.0, "lost_veh_s_by_minute": lost}


def test_a_trip_is_in_time_within_a_tenth_and_its_price_is_what_others_lose_more() -> None:
    with_ = line(110.0, [20.0] * 5 + [10.0] * 35)
    without = line(150.0, [10.0] * 40)
    first, second = trips_of(1, with_, without, 80.0)
    assert (first.in_time, first.was_in_time) == (True, False)
    assert first.price_veh_h == 50.0 / 3600 and second.price_veh_h == 0.0
    assert first.after == 1.0  # ten minutes after 190 s the delay is what it was
    rows = told((first, second))
    assert rows[0] == "within 10 % of the free time: 2 of 2 trips (100.0 %), without a corridor 1 of 2"


def test_who_does_not_arrive_is_not_in_time() -> None:
    first, _ = trips_of(1, line(None, [10.0] * 40), line(111.0, [10.0] * 40), 80.0)
    assert not first.in_time and first.after is None and not first.was_in_time


def test_delay_that_stays_is_told() -> None:
    first, _ = trips_of(1, line(100.0, [10.0] * 11 + [20.0] * 29), line(100.0, [10.0] * 40), 80.0)
    assert first.after == 2.0


def test_what_the_log_says() -> None:
    log = [
        {"what": "request", "vehicle": "a", "signals": ["j1", "j2"]},
        {"what": "release", "vehicle": "a", "why": "passed"},
        {"what": "release", "vehicle": "a", "why": "time-out"},
        {"what": "release", "vehicle": "a", "why": "passed"},
    ]
    assert signals_of(log, "a") == 2 and signals_of(log, "b") is None
    assert releases_of(log) == {"passed": 2, "time-out": 1}
