"""Which junction is asked when, for whom, and given back why; on a straight way of three signals."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.watch.special.corridor import (
    LONGEST_S,
    PASSED_M,
    PAUSE_S,
    SILENT_S,
    Arrival,
    Corridors,
    Need,
    Outcome,
    Report,
    Underway,
    VehicleClass,
)
from signal_ctrl.watch.special.way import Passage, Way

LEAD_S = 40.0
SPEED_MPS = 10.0


def way(*signals: str, spaced_m: float = 500.0) -> Way:
    """A straight way at 10 m/s with a signal at the end of each road but the last."""
    n = len(signals) + 1
    begins = tuple(k * spaced_m for k in range(n + 1))
    passages = tuple(Passage(s, f"r{k}", f"r{k + 1}", "main", begins[k + 1]) for k, s in enumerate(signals))
    roads = tuple(f"r{k}" for k in range(n))
    return Way(roads, begins, tuple(b / SPEED_MPS for b in begins), (spaced_m,) * n, passages)


def underway(vehicle: str, kind: VehicleClass, on: Way, departs_s: float = 0.0) -> Underway:
    return Underway(vehicle, kind, on, 0.0, departs_s, Report(0.0, 0.0))


def need(passage: Passage, arrival: Arrival, before_s: float) -> Need:
    return Need(passage.stage, LEAD_S, 5.0)


def driven(corridors: Corridors, vehicle: str, from_s: int, to_s: int) -> list[tuple[int, str, Outcome]]:
    """Drive at free speed, with a report each second; what was given back, and when."""
    found = []
    for now_s in range(from_s, to_s):
        corridors.report(vehicle, Report(float(now_s), now_s * SPEED_MPS))
        found += [(now_s, one.hold.signal, one.outcome) for one in corridors.step(float(now_s), need)]
    return found


def test_each_junction_is_asked_in_time_and_given_back_behind() -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.AMBULANCE, way("j1", "j2", "j3")))
    asked: dict[str, int] = {}
    released: dict[str, int] = {}
    for now_s in range(170):
        corridors.report("a", Report(float(now_s), now_s * SPEED_MPS))
        for one in corridors.step(float(now_s), need):
            assert one.outcome is Outcome.PASSED
            released[one.hold.signal] = now_s
        for hold in corridors.holds:
            asked.setdefault(hold.signal, now_s)
    assert list(asked) == ["j1", "j2", "j3"]
    for k, signal in enumerate(asked):
        arrives_s = 50 * (k + 1)
        assert arrives_s - LEAD_S / 0.9 - 2 <= asked[signal] <= arrives_s - LEAD_S, signal
        assert arrives_s + PASSED_M / SPEED_MPS <= released[signal] <= arrives_s + PASSED_M / SPEED_MPS + 2, signal
    assert corridors.holds == ()


def test_who_has_not_set_out_is_waited_for() -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1"), departs_s=100.0))
    corridors.step(50.0, need)
    assert corridors.holds == ()
    corridors.step(110.0, need)
    assert [hold.signal for hold in corridors.holds] == ["j1"]


def test_the_higher_rank_has_the_junction_and_the_lower_one_gets_it_back() -> None:
    corridors = Corridors()
    corridors.begin(underway("police", VehicleClass.POLICE, way("j1")))
    corridors.step(20.0, need)
    assert [hold.vehicle for hold in corridors.holds] == ["police"]
    corridors.begin(underway("fire", VehicleClass.FIRE, way("j1")))
    (gone,) = corridors.step(21.0, need)
    assert (gone.hold.vehicle, gone.outcome) == ("police", Outcome.GAVE_WAY)
    assert [hold.vehicle for hold in corridors.holds] == ["fire"]
    corridors.end("fire")
    corridors.step(22.0, need)
    assert [hold.vehicle for hold in corridors.holds] == ["police"]


def test_of_one_rank_who_asked_first_goes_first() -> None:
    corridors = Corridors()
    for vehicle, since_s in (("b", 1.0), ("a", 2.0)):
        one = underway(vehicle, VehicleClass.AMBULANCE, way("j1"))
        one.since_s = since_s
        corridors.begin(one)
    corridors.step(20.0, need)
    assert [hold.vehicle for hold in corridors.holds] == ["b"]


def test_nobody_keeps_a_junction_for_longer_than_180_s() -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1")))
    lasted, kept = [], []
    for now_s in range(600):
        corridors.report("a", Report(float(now_s), min(now_s * 10.0, 450.0)))  # it stands before the stop line
        lasted += [(one.outcome, now_s - one.hold.since_s) for one in corridors.step(float(now_s), need)]
        kept += [now_s] if corridors.holds else []
    assert set(lasted) == {(Outcome.TIMED_OUT, LONGEST_S)} and len(lasted) == 2
    gaps = [b - a for a, b in itertools.pairwise(kept) if b - a > 1]
    assert gaps == [PAUSE_S + 1, PAUSE_S + 1]  # others have it in between


def test_a_way_that_comes_back_gets_no_junction_for_longer() -> None:
    corridors, kept = Corridors(), 0
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1", "j1", "j1", spaced_m=100.0)))
    for now_s in range(400):
        corridors.report("a", Report(float(now_s), min(now_s * 10.0, 50.0)))
        corridors.step(float(now_s), need)
        kept = kept + 1 if corridors.holds else 0
        assert kept <= LONGEST_S


def test_another_way_gives_no_junction_for_longer() -> None:
    corridors, since_s = Corridors(), set[float]()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1", spaced_m=200.0)))
    for now_s in range(200):
        at = Report(float(now_s), 50.0)
        corridors.report("a", at)
        if now_s % 20 == 10:
            corridors.begin(corridors.vehicles["a"].turned_onto(way("j1", "j2", spaced_m=200.0), float(now_s), at))
        corridors.step(float(now_s), need)
        since_s |= {hold.since_s for hold in corridors.holds if hold.signal == "j1"}
    assert len(since_s) == 1


def test_who_is_held_up_keeps_the_next_two_junctions_alone() -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1", "j2", "j3", spaced_m=120.0)))
    found = []
    for now_s in range(60):
        corridors.report("a", Report(float(now_s), min(now_s * 10.0, 100.0)))
        found += [(one.hold.signal, one.outcome) for one in corridors.step(float(now_s), need)]
    assert found == [("j3", Outcome.HELD_UP)]
    assert {hold.signal for hold in corridors.holds} == {"j1", "j2"}
    for now_s in range(60, 70):
        corridors.report("a", Report(float(now_s), 100.0 + (now_s - 60) * 10.0))
        corridors.step(float(now_s), need)
    assert "j3" in {hold.signal for hold in corridors.holds}


def test_who_waits_for_its_crew_is_not_held_up_and_who_goes_on_is_not_any_more() -> None:
    one = underway("a", VehicleClass.FIRE, way("j1", "j2", "j3"), departs_s=80.0)
    for now_s in range(0, 120):
        one.take(Report(float(now_s), max(now_s - 80.0, 0.0) * 10.0))
        assert not one.held_up(float(now_s)), now_s
    for now_s in range(120, 150):
        one.take(Report(float(now_s), 400.0))
    assert one.held_up(149.0)
    for now_s in range(150, 156):
        one.take(Report(float(now_s), 400.0 + (now_s - 149.0) * 10.0))
    assert not one.held_up(155.0)


def test_who_is_not_heard_of_loses_the_junction() -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1")))
    driven(corridors, "a", 0, 20)
    assert corridors.holds
    lost = [one for now_s in range(20, 60) for one in corridors.step(float(now_s), need)]
    assert [one.outcome for one in lost] == [Outcome.SILENT]
    assert not corridors.step(19 + SILENT_S + 1, need)


@pytest.mark.parametrize(
    "reports",
    [
        [Report(10.0, 100.0), Report(9.0, 400.0)],
        [Report(10.0, 100.0), Report(11.0, 20.0)],
        [Report(10.0, 100.0), Report(11.0, 3_000.0)],
    ],
)
def test_late_backward_and_flying_reports_move_nobody(reports: list[Report]) -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1")))
    for report in reports:
        corridors.report("a", report)
    assert corridors.vehicles["a"].report.along_m == 100.0


def test_the_end_gives_everything_back_at_once() -> None:
    corridors = Corridors()
    corridors.begin(underway("a", VehicleClass.FIRE, way("j1", "j2", spaced_m=150.0)))
    corridors.step(5.0, need)
    assert {one.hold.signal for one in corridors.end("a")} == {"j1", "j2"}
    assert corridors.holds == () and not corridors.vehicles


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.floats(0, 2_000), st.floats(0, 60)), max_size=60),
    st.sampled_from([10.0, 60.0, 120.0]),
)
def test_whatever_comes_in_each_junction_is_kept_for_one_and_never_too_long(
    events: list[tuple[str, int, float, float]], lead_s: float
) -> None:
    """The oracle counts by itself how long each vehicle has had each junction since it was first asked."""
    corridors, now_s = Corridors(), 0.0
    needs: Callable[[Passage, Arrival, float], Need] = lambda p, a, b: Need(p.stage, lead_s, 0.0)  # noqa: E731
    first: dict[tuple[str, str, float], float] = {}
    kinds = dict(zip("abc", VehicleClass, strict=True))
    for vehicle, what, number, wait_s in events:
        now_s += wait_s
        if what == 0 and vehicle not in corridors.vehicles:
            one = underway(vehicle, kinds[vehicle], way("j1", "j2", "j3"), now_s)
            one.since_s, one.report = now_s, Report(now_s, 0.0)
            corridors.begin(one)
        elif what == 1:
            corridors.end(vehicle)
        else:
            corridors.report(vehicle, Report(now_s, number))
        corridors.step(now_s, needs)
        signals = [hold.signal for hold in corridors.holds]
        assert len(signals) == len(set(signals))
        for hold in corridors.holds:
            key = hold.vehicle, hold.signal, hold.since_s
            assert now_s - first.setdefault(key, now_s) < LONGEST_S
            assert hold.until_s <= first[key] + LONGEST_S
