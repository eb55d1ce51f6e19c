"""What is found in the small town, how soon, and that bad data find nothing."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.bins import BIN_MS
from signal_ctrl.watch.incidents.detection.detection import Detection
from signal_ctrl.watch.incidents.detection.recorder import DayRecorder
from signal_ctrl.watch.incidents.detection.usual import UsualDay, usual_of
from signal_ctrl.watch.incidents.values import EvidenceSource, IncidentKind
from signal_ctrl.watch.observations import LoopCount, Observation, Position, VehicleKind
from tests.signal_ctrl.watch.incidents.detection.streams import BEGIN_MS, Spoil, Stream, at, covered, silent
from tests.signal_ctrl.watch.incidents.places import town

QUIET = 20
BLOCKED_FROM = 24
IN_TIME = 9
"""Bins in three minutes."""


def blocked_a(number: int, seen: Observation) -> Iterable[Observation]:
    """Road a blocked in its middle: nobody leaves, and soon the queue stands on the loops at its begin."""
    gone = silent("a/0/stop", "a/1/stop", since=BLOCKED_FROM)(number, seen)
    return [each for one in gone for each in covered("a/0/entry", "a/1/entry", since=BLOCKED_FROM + 4)(number, one)]


def test_a_usual_day_has_no_incident() -> None:
    assert Stream().plays(60) == []


def test_a_blocked_road_is_found_in_three_minutes_and_told_in_words() -> None:
    stream = Stream(spoil=blocked_a)
    assert stream.plays(BLOCKED_FROM) == []
    found = stream.plays(IN_TIME)
    assert found and {each.road for each in found} == {"a"}
    assert found[-1].kind is IncidentKind.BLOCKED_LANE
    assert any("nobody has got to a loop at its end" in each.text for each in found[-1].evidence)
    assert all(each.strength and each.strength > 0 for each in found[-1].evidence)
    assert found[-1].began_utc_ms is not None and found[-1].began_utc_ms >= BEGIN_MS + BLOCKED_FROM * BIN_MS


def test_the_longer_it_lasts_the_surer_it_is_and_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(spoil=blocked_a)
    assert any(each.confirms for each in stream.plays(BLOCKED_FROM + 30))
    now_ms = BEGIN_MS + stream.number * BIN_MS
    assert not stream.detection.usual_again("a", now_ms - 10 * BIN_MS)
    stream.spoil = lambda _, seen: (seen,)
    stream.plays(45)
    later_ms = BEGIN_MS + stream.number * BIN_MS
    assert stream.detection.usual_again("a", later_ms - 25 * BIN_MS)
    assert stream.detection.usual_again("b", later_ms - 25 * BIN_MS), "the loops next to it tell of it"
    assert not stream.detection.usual_again("e", later_ms), "no loop tells of it"
    assert not stream.detection.usual_again("nowhere", later_ms)


def test_who_has_just_fallen_silent_does_not_say_that_it_is_usual_again() -> None:
    stream = Stream()
    stream.plays(45)
    stream.spoil = lambda _, seen: () if isinstance(seen, LoopCount) and seen.detector == "a/0/entry" else (seen,)
    stream.plays(20)
    since_ms = BEGIN_MS + stream.number * BIN_MS - 5 * BIN_MS
    assert not stream.detection.usual_again("a", since_ms)
    stream.plays(40)
    assert stream.detection.usual_again("a", since_ms + 40 * BIN_MS), "one that has been dead for long is done without"


def test_counts_of_a_minute_that_come_late_say_that_it_is_usual_again() -> None:
    """Each minute comes a bin late, so that one look in three finds nothing young enough to judge by."""
    waiting: list[LoopCount] = []

    def late(number: int, seen: Observation) -> Iterable[Observation]:
        if not isinstance(seen, LoopCount):
            return [seen]
        if number % 3 == 2:
            waiting.append(replace(seen, from_utc_ms=seen.from_utc_ms - 2 * BIN_MS, vehicles=3 * seen.vehicles))
        here = [one for one in waiting if number % 3 == 0 and one.detector == seen.detector]
        waiting[:] = [one for one in waiting if one not in here]
        return here

    stream = Stream(spoil=late)
    stream.plays(45)
    assert stream.detection.usual_again("a", BEGIN_MS + (stream.number - 20) * BIN_MS)


def recorded(spoil: Spoil, bins: int) -> UsualDay:
    """What a day teaches before anything is known of other days."""
    stream = Stream(spoil=spoil)
    stream.detection = Detection(stream.network, None)
    recorder = DayRecorder(stream.detection.layout)
    nowhere = np.zeros(stream.detection.layout.n_roads, dtype=bool)
    for _ in range(bins):
        assert stream.plays(1) == []
        assert stream.detection.raw is not None
        recorder.count(stream.detection.bins, BEGIN_MS // BIN_MS + stream.number - 1, nowhere)
        recorder.compare(stream.detection.raw, nowhere)
    return recorder.day()


def test_a_queue_of_every_day_is_usual_from_the_first_days_on() -> None:
    """Nobody leaves a for three minutes each day; that is known as soon as loops tell at all."""

    def queue(number: int, seen: Observation) -> Iterable[Observation]:
        return blocked_a(number, seen) if number < BLOCKED_FROM + 10 else (seen,)

    days = [recorded(queue, 60) for _ in range(3)]
    for day in days:
        stand = dict(zip([loop.detector for loop in town().loops], day.stand.tolist(), strict=True))
        assert (stand["a/0/entry"], stand["c/0/entry"]) == (6.0, 0.0)
        assert np.isnan(day.deviance[:, [0, 2]]).all() and np.isnan(day.silence).all(), "nothing to compare with"
    stream = Stream(spoil=queue)
    stream.detection = Detection(stream.network, usual_of(days))
    assert stream.plays(60) == []
    stream = Stream(spoil=blocked_a)
    stream.detection = Detection(stream.network, usual_of(days))
    assert {each.road for each in stream.plays(60)} == {"a"}, "a longer one is found"


def test_a_loop_that_said_nothing_all_day_teaches_nothing() -> None:
    day = recorded(lambda _, seen: () if isinstance(seen, LoopCount) and seen.detector == "a/0/stop" else (seen,), 30)
    unheard = [loop.detector == "a/0/stop" for loop in town().loops]
    assert np.isnan(day.stand).tolist() == unheard


def once(spoil: Spoil) -> list[str]:
    stream = Stream(spoil=spoil)
    return [each.road for each in stream.plays(BLOCKED_FROM + 60)]


@pytest.mark.parametrize("detector", ["a/0/stop", "a/1/entry", "c/0/entry", "c/1/stop"])
def test_one_loop_that_is_stuck_or_dead_is_no_incident(detector: str) -> None:
    assert once(covered(detector, since=BLOCKED_FROM)) == []
    assert once(silent(detector, since=BLOCKED_FROM)) == []


def test_a_blackout_is_no_incident() -> None:
    assert once(lambda number, seen: () if number >= BLOCKED_FROM else (seen,)) == []
    assert once(lambda number, seen: () if isinstance(seen, LoopCount) and seen.detector[0] == "a" else (seen,)) == []


def test_after_a_blackout_and_after_a_start_nothing_is_made_up() -> None:
    assert once(lambda number, seen: () if BLOCKED_FROM <= number < BLOCKED_FROM + 20 else (seen,)) == []


def test_counts_of_a_minute_tell_as_well() -> None:
    """Loops that report each minute: three bins in one, at the end."""

    def by_minute(number: int, seen: Observation) -> Iterable[Observation]:
        if not isinstance(seen, LoopCount):
            return [seen]
        if number % 3 != 2:
            return []
        parts = [one for k in (2, 1, 0) for one in blocked_a(number - k, seen)]
        counts = [one for one in parts if isinstance(one, LoopCount)]
        covered_share = sum(one.occupied for one in counts) / 3
        begin_ms = seen.from_utc_ms - 2 * BIN_MS
        return [
            replace(seen, from_utc_ms=begin_ms, vehicles=sum(one.vehicles for one in counts), occupied=covered_share)
        ]

    stream = Stream(spoil=by_minute)
    assert stream.plays(BLOCKED_FROM) == []
    assert {each.road for each in stream.plays(15)} == {"a"}


def standing(name: str, along_m: float, kind: VehicleKind = VehicleKind.OTHER, times: int = 1) -> Spoil:
    """A vehicle that stands on a from a bin on, beside all else that is reported; each report is sent `times` times."""

    def spoil(number: int, seen: Observation) -> Iterable[Observation]:
        if isinstance(seen, Position) and seen.vehicle.startswith("v1") and number >= BLOCKED_FROM:
            stands = replace(at(name, seen.utc_ms, along_m, 0.0), kind=kind)
            return [seen, *[stands] * times]
        return [seen]

    return spoil


def both(one: Spoil, other: Spoil) -> Spoil:
    return lambda number, seen: [each for first in one(number, seen) for each in other(number, first)]


def test_one_vehicle_that_stands_is_no_incident_however_often_it_says_so() -> None:
    assert once(standing("x", 150.0)) == []
    assert once(standing("x", 150.0, times=50)) == []
    assert once(both(standing("x", 150.0, VehicleKind.BUS), standing("y", 155.0, VehicleKind.BUS))) == []


def test_several_vehicles_that_stand_where_no_queue_is_are_one() -> None:
    spoil = both(both(standing("x", 150.0), standing("y", 140.0)), both(standing("z", 131.0), standing("u", 122.0)))
    stream = Stream(spoil=spoil)
    found = stream.plays(BLOCKED_FROM + 12)
    assert {each.road for each in found} == {"a"}
    assert found[-1].kind is IncidentKind.STOPPED_VEHICLE
    assert found[-1].position_m == pytest.approx(150.0, abs=2)
    assert {each.source for each in found[-1].evidence} == {EvidenceSource.POSITIONS}


def test_positions_from_the_future_and_the_past_move_nothing() -> None:
    def spoil(number: int, seen: Observation) -> Iterable[Observation]:
        if isinstance(seen, Position) and number >= BLOCKED_FROM:
            wrong = [at(f"w{k}", seen.utc_ms + shift, 150.0, 0.0) for k, shift in enumerate((3_600_000, -3_600_000))]
            return [seen, *wrong]
        return [seen]

    assert once(spoil) == []


def test_impossible_counts_are_left_out() -> None:
    def spoil(number: int, seen: Observation) -> Iterable[Observation]:
        if isinstance(seen, LoopCount) and seen.detector == "a/0/stop":
            return [
                replace(seen, vehicles=900),
                replace(seen, vehicles=5, occupied=0.0),
                seen,
                replace(seen, vehicles=0),
            ]
        return [seen]

    assert once(spoil) == []


def test_a_network_without_loops_or_without_history_works() -> None:
    bare = RoadNetwork(town().roads, town().turns)
    assert list(Detection(bare, None).findings(BEGIN_MS)) == []
    stream = Stream(spoil=blocked_a)
    stream.detection = Detection(stream.network, None)
    assert stream.plays(60) == []


def test_less_traffic_than_usual_everywhere_is_no_incident() -> None:
    """A holiday: a third of the usual comes; nobody drives onto a road is not the same as nobody gets off it."""

    def spoil(number: int, seen: Observation) -> Iterable[Observation]:
        return [replace(seen, vehicles=1, occupied=0.05)] if isinstance(seen, LoopCount) else [seen]

    assert "a" not in once(spoil)


def test_the_figures_do_not_depend_on_the_order_of_the_counts() -> None:
    one, other = Stream(spoil=blocked_a), Stream(spoil=blocked_a)
    dice = np.random.default_rng(7)
    straight = other.observations
    other.observations = lambda: [straight()[k] for k in dice.permutation(len(straight()))]  # type: ignore[method-assign]
    one.plays(BLOCKED_FROM + 8)
    other.plays(BLOCKED_FROM + 8)
    assert np.array_equal(one.detection.scores, other.detection.scores)
