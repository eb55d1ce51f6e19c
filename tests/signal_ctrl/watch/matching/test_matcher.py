import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from bench.city_speed.city import make_city
from signal_ctrl.watch.matching.matcher import Matcher
from signal_ctrl.watch.matching.track import PARKED_MS, Passage
from signal_ctrl.watch.observations import Position, VehicleKind

CITY = make_city(3)
NO_QUEUE = np.zeros(len(CITY.roads))
BEGIN_MS = 1_767_600_000_000
MINUTE_MS = 60_000
WAY = ("0-0>1-0", "1-0>2-0", "2-0>2-1", "2-1>2-2", "2-2>3-2")


@dataclass(frozen=True)
class Drive:
    """A vehicle along WAY: seconds on each road, evenly but for a stand before the end of each; reports every 10 s."""

    seconds: tuple[float, ...]
    stands_s: float = 0.0
    stand_m: float = 190.0
    phase_s: float = 3.0
    every_s: float = 10.0
    noise_m: float = 0.0
    seed: int = 1

    def place(self, time_s: float) -> tuple[int, float, float] | None:
        """Return road of the way, metres along it, and speed."""
        for number, spent_s in enumerate(self.seconds):
            if time_s < spent_s:
                moving_s = spent_s - self.stands_s
                speed = 200 / moving_s
                before_s = self.stand_m / speed
                if time_s < before_s:
                    return number, time_s * speed, speed
                if time_s < before_s + self.stands_s:
                    return number, self.stand_m, 0.0
                return number, (time_s - self.stands_s) * speed, speed
            time_s -= spent_s
        return None

    def positions(self, name: str = "v", kind: VehicleKind = VehicleKind.OTHER) -> list[Position]:
        draw, found, time_s = np.random.default_rng(self.seed), [], self.phase_s
        while (at := self.place(time_s)) is not None:
            number, along_m, speed = at
            line = [CITY.plane.metres(each) for each in CITY.of(WAY[number]).shape]
            share = along_m / 200
            place = [a + share * (b - a) for a, b in zip(*line, strict=True)]
            place = [each + draw.normal(0, self.noise_m) if self.noise_m else each for each in place]
            lon, lat = CITY.plane.degrees((place[0], place[1]))
            found.append(Position(name, BEGIN_MS + round(1000 * time_s), lon, lat, speed, None, kind))
            time_s += self.every_s
        return found


def _passages(positions: list[Position], minutes: int = 12, queue_m: np.ndarray = NO_QUEUE) -> list[Passage]:
    matcher, found = Matcher(CITY), []
    for minute in range(minutes):
        begin_ms = BEGIN_MS + minute * MINUTE_MS
        own = [each for each in positions if begin_ms <= each.utc_ms < begin_ms + MINUTE_MS]
        found += matcher.take(own, begin_ms + MINUTE_MS, queue_m)
    return found


def _named(found: list[Passage]) -> dict[str, float]:
    return {CITY.roads[each.road].road: each.travel_time_s for each in found}


def test_an_even_drive_gives_the_times_of_the_roads_between() -> None:
    found = _named(_passages(Drive((20, 25, 30, 40, 20)).positions()))
    assert list(found) == list(WAY[:-1])
    assert [found[road] for road in WAY[1:-1]] == pytest.approx([25, 30, 40], abs=2.5)


def test_the_first_road_counts_as_well_for_who_came_driving() -> None:
    assert _named(_passages(Drive((20, 25, 30, 40, 20)).positions()))[WAY[0]] == pytest.approx(20, abs=2.5)


def test_of_who_stands_when_first_heard_nobody_knows_when_it_came() -> None:
    drive = Drive((80, 25, 30), stands_s=60)
    late = [each for each in drive.positions() if each.utc_ms > BEGIN_MS + 30_000]
    assert WAY[0] not in _named(_passages(late))


def test_noise_of_a_receiver_moves_times_little_and_roads_not_at_all() -> None:
    wrong = []
    for seed in range(12):
        drive = Drive((30, 30, 60, 30, 30), 10, noise_m=8.0, seed=seed, phase_s=1 + seed % 9)
        found = _passages(drive.positions())
        assert {CITY.roads[each.road].road for each in found} <= set(WAY)
        wrong += [each - 30 for road, each in _named(found).items() if road in (WAY[1], WAY[3])]
    assert abs(np.mean(wrong)) < 2
    assert np.std(wrong) < 5


def test_reports_once_a_minute_are_enough_for_the_way() -> None:
    found = _named(_passages(Drive((40, 40, 40, 40, 40), every_s=45).positions()))
    assert set(WAY[1:-1]) <= set(found)
    assert sum(found[road] for road in WAY[1:-1]) == pytest.approx(120, abs=15)


def test_a_long_wait_at_the_stop_line_belongs_to_the_road() -> None:
    found = _named(_passages(Drive((30, 230, 30, 30), 10, noise_m=6).positions()))
    drive = Drive((215, 215, 215), 200, noise_m=6)
    assert _named(_passages(drive.positions(), 15))[WAY[1]] == pytest.approx(215, abs=8)
    assert found[WAY[1]] == pytest.approx(230, abs=8)


def test_dwelling_of_a_bus_at_a_stop_is_taken_off() -> None:
    drive = Drive((75, 75, 75), stands_s=50, stand_m=80.0)
    bus, car = (_named(_passages(drive.positions(kind=kind)))[WAY[1]] for kind in (VehicleKind.BUS, VehicleKind.OTHER))
    assert car == pytest.approx(75, abs=4)
    assert bus == pytest.approx(25, abs=16)


def test_a_bus_in_a_queue_does_not_dwell() -> None:
    drive = Drive((75, 75, 75), stands_s=50, stand_m=80.0)
    queue = np.full(len(CITY.roads), 150.0)
    assert _named(_passages(drive.positions(kind=VehicleKind.BUS), queue_m=queue))[WAY[1]] == pytest.approx(75, abs=4)


def test_who_is_passed_while_it_stands_for_long_is_parked() -> None:
    stands_s = PARKED_MS / 1000 + 120
    parked = Drive((20, stands_s + 20, 20), stands_s, stand_m=100.0)
    parked = replace(parked, seconds=(stands_s + 20,) * 2)
    others = [
        replace(each, vehicle="o", utc_ms=each.utc_ms + 150_000) for each in Drive((20, 20, 20, 20)).positions("o")
    ]
    alone = _named(_passages(parked.positions(), 20))
    assert WAY[0] in alone
    found = _passages(parked.positions() + others, 20)
    assert max(each.travel_time_s for each in found) < stands_s


def test_a_leap_and_a_repetition_change_nothing() -> None:
    good = Drive((30, 30, 30, 30, 30), noise_m=5).positions()
    leap = replace(good[4], lon=good[4].lon + 0.2, utc_ms=good[4].utc_ms + 4_500)
    assert _passages([*good, leap]) == _passages(good)
    assert _passages([*good, replace(good[5], utc_ms=good[5].utc_ms + 500)]) == _passages(good)


def test_the_order_in_a_minute_does_not_matter() -> None:
    positions = Drive((30, 30, 30, 30), noise_m=5).positions() + Drive((20, 40, 20), noise_m=5, seed=2).positions("w")
    assert _passages(positions[::-1]) == _passages(positions)


def test_who_is_on_a_road_is_known_with_when_it_came() -> None:
    matcher = Matcher(CITY)
    positions = Drive((30, 200), stands_s=0).positions()
    for minute in range(3):
        begin_ms = BEGIN_MS + minute * MINUTE_MS
        own = [each for each in positions if begin_ms <= each.utc_ms < begin_ms + MINUTE_MS]
        matcher.take(own, begin_ms + MINUTE_MS, NO_QUEUE)
    ((road, _, utc_ms, entered_ms),) = matcher.on_road()
    assert CITY.roads[road].road == WAY[1]
    assert entered_ms is not None
    assert math.isclose(entered_ms, BEGIN_MS + 30_000, abs_tol=3_000)
    assert utc_ms > BEGIN_MS + 130_000


def test_nothing_reported_is_nothing_found() -> None:
    assert _passages([]) == []
