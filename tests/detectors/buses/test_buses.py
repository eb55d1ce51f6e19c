"""Buses from reports to arrivals: ways, stays, tracks, weights; against drives that are known."""

import math
import random

import pytest

from detectors.buses.arrival import TIMES, arrival_of
from detectors.buses.course import Course
from detectors.buses.dwell import USUAL_S, DwellModel
from detectors.buses.track import BusFix, BusTrack
from detectors.buses.weighing import BusWeighing, cars_of
from signal_ctrl.domain.bus_lines import BusLine, BusRun, BusService, BusStop
from signal_ctrl.domain.bus_lines_json import buses_from_json, buses_to_json
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.buses.streets import FREE_MPS, line, service, street

DWELLS_S = 24.0


def test_the_way_of_a_line_counts_the_junctions_between_its_roads() -> None:
    course = Course(line(), street())
    assert [round(course.begin_m[road]) for road in ("r0", "r1", "r2")] == [0, 520, 1040]
    assert [round(at_m) for at_m in course.stops_m] == [580, 970]
    assert [(round(each.at_m), each.signal, each.next_road) for each in course.stop_lines] == [
        (500, "J0", "r1"), (1020, "J1", "r2"),
    ]  # fmt: skip
    assert course.road_at(530.0) == ("r1", pytest.approx(10.0, abs=0.1))
    assert course.place_m("r9", 3.0) is None


def test_a_line_over_roads_that_do_not_meet_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no way leads from road r2 to r0"):
        Course(BusLine("9", ("r2", "r0"), ()), street())


def drive(
    every_s: int, noise_m: float, seed: int = 1, told_speed: bool = True
) -> tuple[BusTrack, DwellModel, list[float]]:
    """Drive along the street, stand 24 s at each stop, report; return the track and how wrong it was at each report."""
    random_ = random.Random(seed)
    track, dwell, wrong_m = BusTrack(Course(line(), street())), DwellModel(), []
    at_m, stood_s, stop = 0.0, 0.0, 0
    for second in range(150):
        stops_m = [*track.course.stops_m, math.inf]
        speed_mps = FREE_MPS * 0.9
        if at_m >= stops_m[stop] - 1e-9:
            stood_s, speed_mps = stood_s + 1.0, 0.0
            if stood_s > DWELLS_S:
                stood_s, stop, speed_mps = 0.0, stop + 1, FREE_MPS * 0.9
        at_m = min(at_m + speed_mps, stops_m[stop])
        if second % every_s == 0:
            told_m = at_m + random_.gauss(0.0, noise_m)
            track.take(BusFix(float(second), told_m, 8.0, speed_mps if told_speed else None), dwell)
            wrong_m.append(track.at_m - at_m)
    return track, dwell, wrong_m


@pytest.mark.parametrize("every_s", [1, 5, 10, 15])
def test_a_track_follows_a_bus_through_noise(every_s: int) -> None:
    track, _, wrong_m = drive(every_s, 8.0)
    assert sorted(abs(each) for each in wrong_m)[len(wrong_m) * 9 // 10] < 15.0 + 3.0 * every_s
    assert track.next_stop == 2
    assert set(track.left_s) == {0, 1}


@pytest.mark.parametrize("every_s", [1, 2, 5])
def test_stays_are_learned_from_reports(every_s: int) -> None:
    """One stay moves the median from the prior's 20 s towards 24 s, by a fifth."""
    _, dwell, _ = drive(every_s, 2.0)
    assert dwell.left_s("s0", 0.0, 0.5) == pytest.approx(USUAL_S * (DWELLS_S / USUAL_S) ** 0.2, abs=1.5)


def test_a_stay_that_lasts_goes_on_for_longer_than_one_would_have_thought() -> None:
    dwell = DwellModel()
    whole = [stood + dwell.left_s("s", stood, 0.5) for stood in (0.0, 10.0, 20.0, 40.0)]
    assert whole == sorted(whole)
    assert dwell.left_s("s", 0.0, 0.5) == pytest.approx(USUAL_S, rel=1e-6)
    assert all(dwell.left_s("s", 1e6, share) < 1e6 for share in (0.1, 0.9))


def test_many_stays_outweigh_the_prior() -> None:
    dwell = DwellModel()
    for _ in range(100):
        dwell.saw("s", 45.0)
        dwell.saw("s", None)
    assert dwell.left_s("s", 0.0, 0.5) == pytest.approx(45.0, rel=0.06)
    assert dwell.stops_share("s") == pytest.approx(0.5, abs=0.02)


def reported(*fixes: BusFix, due: bool = False) -> tuple[BusTrack, DwellModel]:
    track, dwell = BusTrack(Course(line(due), street())), DwellModel()
    for fix in fixes:
        track.take(fix, dwell)
    return track, dwell


def test_an_arrival_without_a_stop_before_it_is_the_drive() -> None:
    track, dwell = reported(BusFix(0.0, 230.0, 3.0, FREE_MPS))
    found = arrival_of(track, dwell, 0.0)
    assert found is not None and found.line.signal == "J0"
    assert len(found.times_s) == TIMES
    assert found.times_s == tuple(sorted(found.times_s))
    assert found.times_s[0] < 270.0 / (0.9 * FREE_MPS) < found.times_s[-1]
    later = arrival_of(track, dwell, 8.0)
    assert later is not None
    assert later.times_s == pytest.approx([time - 8.0 for time in found.times_s])


def test_stays_before_the_stop_line_make_it_late_and_uncertain() -> None:
    """Behind the first signal two stops come before the next stop line."""
    near, dwell = reported(BusFix(0.0, 230.0, 3.0, FREE_MPS))
    far, _ = reported(BusFix(0.0, 540.0, 3.0, FREE_MPS))
    one, two = arrival_of(near, dwell, 0.0), arrival_of(far, dwell, 0.0)
    assert one is not None and two is not None and two.line.signal == "J1"
    assert two.times_s[-1] - two.times_s[0] > 2 * (one.times_s[-1] - one.times_s[0])
    assert sum(two.times_s) / TIMES == pytest.approx(480 / (0.9 * FREE_MPS) + 2 * 0.9 * 22, abs=12)


def test_a_bus_that_is_early_waits_for_its_time() -> None:
    track, dwell = reported(BusFix(0.0, 575.0, 3.0, 0.0), BusFix(5.0, 580.0, 3.0, 0.0), due=True)
    found = arrival_of(track, dwell, 5.0, (100.0, 200.0))
    assert found is not None and found.at_stop
    assert found.times_s[0] > 200.0 - 5.0 - 30.0


def test_who_is_silent_or_past_the_last_stop_line_asks_for_nothing() -> None:
    track, dwell = reported(BusFix(0.0, 230.0, 3.0, FREE_MPS))
    assert arrival_of(track, dwell, 61.0) is None
    end, dwell = reported(BusFix(0.0, 1100.0, 3.0, FREE_MPS))
    assert arrival_of(end, dwell, 1.0) is None


def test_reports_that_cannot_be_are_left_out_until_they_insist() -> None:
    track, dwell = reported(BusFix(0.0, 100.0, 5.0, 10.0))
    assert not track.take(BusFix(0.0, 110.0, 5.0, 10.0), dwell)  # the same time again
    assert not track.take(BusFix(5.0, 900.0, 5.0, 10.0), dwell)
    assert track.at_m == 100.0
    assert track.take(BusFix(10.0, 180.0, 5.0, 10.0), dwell)
    told = [track.take(BusFix(20.0 + k, 900.0 + 10 * k, 5.0, 10.0), dwell) for k in range(3)]
    assert told == [False, False, True]
    assert track.at_m == pytest.approx(920.0)


@pytest.mark.parametrize(
    ("load", "late_s", "headway_s", "cars"),
    [
        (None, None, None, 30 / 1.3),
        (0, 0.0, None, 1.0),
        (26, 60.0, None, 20.0),
        (26, 240.0, None, 40.0),
        (26, 9_000.0, None, 60.0),
        (26, -61.0, None, 1.0),
        (26, None, 100.0, 1.0),
        (26, None, 300.0, 20.0),
        (26, 0.0, 540.0, 40.0),
        (26, 0.0, 100.0, 20.0),
    ],
)
def test_weights(load: int | None, late_s: float | None, headway_s: float | None, cars: float) -> None:
    assert cars_of(load, late_s, headway_s, 300.0, BusWeighing()) == pytest.approx(cars)


def test_documents_come_back_as_they_went() -> None:
    own = service(BusRun("f/b1", "9", (100.0, 200.5), 90, "tag"), BusRun("f/b2", "9"), holds=True)
    assert buses_from_json(buses_to_json(own)) == own


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"line":"9","places"', '"line":"8","places"', "there is no line '8'"),
        ('"due_s":[100.0,200.0]', '"due_s":[100.0]', "a time for each stop"),
        ('"due_s":[100.0,200.0]', '"due_s":[200.0,100.0]', "one after the other"),
        ('"due_s":[100.0,200.0]', f'"due_s":[100.0,1{"0" * 400}]', "seconds after midnight"),
        ('"places":80', '"places":true', "'places' has to be a whole number"),
        ('"places":80', '"place":80', "unknown 'place'"),
        ('"headway_s":300.0', '"headway_s":0', "more than 0 s"),
        ('"position_m":60.0', '"position_m":460.0', "in driving order"),
        ("signal-ctrl buses 1", "signal-ctrl buses 2", "'format' is not"),
    ],
)
def test_documents_that_cannot_be_are_refused_with_the_place(old: str, new: str, told: str) -> None:
    text = buses_to_json(service(BusRun("b", "9", (100.0, 200.0))))
    assert old in text
    with pytest.raises(InvalidInputError, match=told):
        buses_from_json(text.replace(old, new))


def test_a_line_is_there_once() -> None:
    with pytest.raises(InvalidInputError, match="bus line 9 is there twice"):
        BusService((line(), line()), ())
    with pytest.raises(InvalidInputError):
        BusStop("s", "r", math.nan)
