"""What lines of the ledger say of trips; the runs themselves are tried in tests/sumo_scenarios/special_loop."""

from typing import Any

from bench.special.campaign import Case, driven_of, releases_of, signals_of
from bench.special.judging import kept, told, trips_of


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
    assert (
        rows[0]
        == "within 10 % of the free time: 2 of 2 trips (100.0 %, 95 % interval 34 to 100 %), without a corridor 1 of 2"
    )
    assert rows[1] == (
        "trips by time over free time: 1 up to 1.05, 2 up to 1.10, 2 up to 1.20, 2 up to 1.30, 2 up to 1.50, 2 up to 2.00, "
        "0 not there; quantiles 50% 1.00, 80% 1.10, 90% 1.10, 95% 1.10"
    )


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


def test_what_vehicles_save_is_told_for_those_who_arrive_both_times() -> None:
    with_, without = line(100.0, [10.0] * 40, None), line(150.0, [10.0] * 40)
    assert "time saved: 50.00 s a trip, least 50 s" in told(trips_of(1, with_, without, 80.0))


def test_lamps_are_told_with_how_many_runs_the_referee_saw() -> None:
    seen = {
        "wrong_lamps": {"amber": 2},
        "longest_red_s": 171.0,
        "longest_red_asked_s": 120.0,
        "lamp_violations": 0,
        "collisions": 0,
    }
    before = {"lamp_violations": 1, "collisions": 0}
    assert kept("with", [seen, before]) == (
        "with: longest red 171 s, of those after the first request 120 s, 1 violations seen by the kernel, 2 by the referee "
        "(1 of 2 runs looked at), 0 collisions"
    )
    assert "longest red not known" in kept("with", [before])


def test_a_run_that_goes_on_for_longer_is_another_run() -> None:
    case, longer = Case(apart_s=180.0), Case(apart_s=180.0, after_s=420.0)
    assert case.key(1, corridor=True) == "newtown/adaptive/5 trips from 25800 every 180 s/corridor/s1"
    assert longer.key(1, corridor=False) == "newtown/adaptive/5 trips from 25800 every 180 s and 420 s/none/s1"
    assert (case.end_s, longer.end_s) == (26_700.0, 26_940.0)


def test_what_held_trips_up_is_told_with_the_greatest_cause_first_and_which_lamps_were_passed() -> None:
    with_, without = line(100.0, [10.0] * 40), line(150.0, [10.0] * 40)
    for trip, red_s in zip(with_["trips"], (30.0, 10.0), strict=True):
        trip |= {"lost_s": {"queue before green": 8.0, "red, not kept for it": red_s}, "passed": {"G": 3, "r": 1}}
    assert told(trips_of(1, with_, without, 80.0))[-1] == (
        "held up, s a trip: red, not kept for it 20.0, queue before green 8.0"
    )
    assert kept("with", [with_ | {"lamp_violations": 0, "collisions": 0}]).endswith(
        "special vehicles passed 8 lamps, 2 of them red"
    )


def test_who_does_not_arrive_is_beyond_all_bounds_of_the_spread() -> None:
    rows = told(trips_of(1, line(None, [10.0] * 40), line(111.0, [10.0] * 40), 80.0))
    assert rows[1].startswith("trips by time over free time: 1 up to 1.05, 1 up to 1.10")
    assert rows[1].endswith("1 not there; quantiles 50% 1.00, 80% inf, 90% inf, 95% inf")


def test_a_line_holds_what_the_log_says_of_a_drive() -> None:
    drive = {"what": "drive", "vehicle": "a", "lost_s": {"x": 1.0}, "by_signal": [], "passed": {"G": 2}}
    assert driven_of([drive], "a") == {"lost_s": {"x": 1.0}, "by_signal": [], "passed": {"G": 2}}
    assert driven_of([drive], "b") == {}
