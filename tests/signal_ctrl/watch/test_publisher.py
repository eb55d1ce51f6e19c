"""Minutes as they are published: complete after their end, again when more comes, whatever the order of arrival."""

from dataclasses import dataclass, field, fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute, Level, Source
from signal_ctrl.watch.intake.intake import Taken
from signal_ctrl.watch.minutes.packing import packed, unpacked
from signal_ctrl.watch.minutes.publisher import REPLAYED_MS, Complete, Publisher, merged
from signal_ctrl.watch.observations import LoopCount, Observation
from tests.signal_ctrl.watch.streets import BEGIN_MS, network


@dataclass
class Adder:
    """An estimator for tests: what was counted in the minute is the flow, what was ever counted is the queue."""

    network: RoadNetwork
    minutes: dict[int, list[LoopCount]] = field(default_factory=dict)
    ever: np.ndarray | None = None
    last: int = -1

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        assert isinstance(observation, LoopCount)
        assert observation.from_utc_ms >= self.last + MINUTE_MS, "it came after its minute was made"
        self.minutes.setdefault(observation.from_utc_ms // MINUTE_MS * MINUTE_MS, []).append(observation)

    def minute(self, minute_utc_ms: int) -> CityMinute:
        assert minute_utc_ms > self.last, "each minute once, in their order"
        self.last = minute_utc_ms
        n = len(self.network.roads)
        flow = np.zeros(n, np.float32)
        for each in self.minutes.pop(minute_utc_ms, []):
            flow[int(each.detector[1:])] += each.vehicles
        self.ever = flow if self.ever is None else self.ever + flow
        return city_minute(minute_utc_ms, flow, self.ever)


def city_minute(minute_utc_ms: int, flow: np.ndarray, queue: np.ndarray) -> CityMinute:
    n = len(flow)
    own = flow > 0
    return CityMinute(
        minute_utc_ms,
        flow.astype(np.float32),
        np.full(n, 10, np.float32),
        np.full(n, np.nan, np.float32),
        np.full(n, 14, np.float32),
        np.full(n, 2, np.float32),
        queue.astype(np.float32),
        np.where(own, 0, np.nan).astype(np.float32),
        np.where(own, Source.LOOPS, 0).astype(np.uint8),
        np.full(n, Level.SMOOTH, np.uint8),
    )


def counted(k: int, minute: int, vehicles: int) -> LoopCount:
    begin_ms = BEGIN_MS + minute * MINUTE_MS
    return LoopCount(f"d{k}", begin_ms, begin_ms + MINUTE_MS, vehicles, 0.1)


class Days:
    """A publisher, and what it gave out."""

    def __init__(self, now_ms: int = BEGIN_MS, kept: dict[int, int] | None = None) -> None:
        self.publisher = Publisher(network(), Adder, now_ms, kept or {})
        self.given: dict[int, CityMinute] = {}
        self.number = 0

    def take(self, *observations: LoopCount, number: int = 0) -> None:
        self.number = number or self.number + 1
        self.publisher.take([Taken(self.number, 0, observations)])

    def step(self, after_s: float) -> list[Complete]:
        found = self.publisher.step(BEGIN_MS + int(1000 * after_s))
        self.given.update({each.minute.minute_utc_ms: each.minute for each in found})
        return found

    def flow(self, minute: int, k: int) -> float:
        return float(self.given[BEGIN_MS + minute * MINUTE_MS].flow_veh_h[k])


def test_a_minute_is_complete_five_seconds_after_its_end() -> None:
    days = Days()
    days.step(5)
    days.take(counted(0, 0, 7))
    assert days.step(64.999) == []
    (only,) = days.step(65)
    assert (only.minute.minute_utc_ms, only.number, days.flow(0, 0)) == (BEGIN_MS, 1, 7)
    assert days.step(80) == []


def test_what_comes_later_makes_its_minute_and_those_after_it_anew() -> None:
    days = Days()
    days.step(5)
    for minute in range(4):
        days.take(counted(0, minute, 1))
        days.step(60 * minute + 65)
    days.take(counted(1, 1, 5))
    anew = days.step(60 * 3 + 85)
    assert [each.minute.minute_utc_ms for each in anew] == [BEGIN_MS + k * MINUTE_MS for k in (1, 2, 3)]
    assert [days.flow(k, 1) for k in range(4)] == [0, 5, 0, 0]
    assert anew[-1].minute.queue_m[1] == 5
    assert {each.number for each in anew} == {5}


def test_the_running_minute_is_shown_where_it_has_observations() -> None:
    days = Days()
    days.take(counted(0, -1, 3), counted(1, -1, 4))
    days.step(5)
    days.take(counted(1, 0, 9))
    assert days.step(25) == []
    shown = days.publisher.shown
    assert shown is not None and shown.minute_utc_ms == BEGIN_MS
    assert [float(each) for each in shown.flow_veh_h[:2]] == [3, 9]
    assert [float(each) for each in shown.age_s[:2]] == [60, 0]
    days.step(65)
    assert days.flow(0, 1) == 9 and days.flow(0, 0) == 0


def test_nothing_older_than_what_is_held_moves_anything() -> None:
    days = Days()
    days.step(5)
    days.step(1000)
    before = dict(days.given)
    days.publisher.take([Taken(9, 0, (counted(0, -REPLAYED_MS // MINUTE_MS - 3, 7),))])
    days.step(1020)
    assert days.given.keys() - before.keys() <= {BEGIN_MS + 960_000}
    assert all(float(each.flow_veh_h[0]) == 0 for each in days.given.values())


def test_after_a_restart_only_what_is_not_kept_is_given_out() -> None:
    days = Days()
    days.step(5)
    days.take(counted(0, 0, 7))
    first = days.step(65)
    kept = {each.minute.minute_utc_ms: each.number for each in first}
    again = Days(BEGIN_MS + 70_000, kept)
    again.take(counted(0, 0, 7), number=1)
    assert BEGIN_MS not in {each.minute.minute_utc_ms for each in again.step(70)}
    lost = Days(BEGIN_MS + 70_000, kept)
    lost.take(counted(0, 0, 7), number=1)
    lost.take(counted(1, 0, 4), number=2)
    lost.step(70)
    assert (lost.flow(0, 0), lost.flow(0, 1)) == (7, 4)


def test_a_restart_begins_shortly_before_what_is_missing_and_goes_back_for_what_comes_late() -> None:
    kept = {BEGIN_MS + k * MINUTE_MS: 1 for k in range(-6, 0)}
    days = Days(BEGIN_MS + 70_000, kept)
    days.take(counted(0, 0, 7), number=2)
    assert [each.minute.minute_utc_ms for each in days.step(70)] == [BEGIN_MS]
    oldest = days.publisher.oldest()
    assert oldest is not None and oldest[0] == BEGIN_MS - 3 * MINUTE_MS
    days.take(counted(1, -5, 3), number=3)
    anew = days.step(85)
    assert [each.minute.minute_utc_ms for each in anew] == [BEGIN_MS + k * MINUTE_MS for k in range(-5, 1)]
    assert (days.flow(-5, 1), days.flow(0, 0)) == (3, 7)
    assert anew[-1].minute.queue_m[1] == 3


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 260)),
        unique_by=lambda each: each[:2],
        max_size=20,
    )
)
def test_whenever_it_came_it_ends_in_the_same_minutes(sent: list[tuple[int, int, int]]) -> None:
    """The oracle adds up by minute, whatever the order; each observation comes so many seconds after its minute."""
    days = Days()
    arrivals = sorted((60 * minute + 60 + wait_s, k, minute) for k, minute, wait_s in sent)
    for second in range(0, 700, 5):
        while arrivals and arrivals[0][0] <= second:
            _, k, minute = arrivals.pop(0)
            days.take(counted(k, minute, 1 + k))
        if days.publisher.is_due(BEGIN_MS + 1000 * second):
            days.step(second)
    for minute in range(6):
        wanted = np.zeros(6)
        for k, at, _ in sent:
            if at == minute:
                wanted[k] += 1 + k
        assert days.given[BEGIN_MS + minute * MINUTE_MS].flow_veh_h.tolist() == wanted.tolist()
        ever = sum(1 + k for k, at, _ in sent if at <= minute)
        assert days.given[BEGIN_MS + minute * MINUTE_MS].queue_m.sum() == ever


def test_a_minute_that_is_kept_comes_back_within_a_half_of_a_thousandth() -> None:
    random = np.random.default_rng(4)
    arrays = [random.uniform(0, 3000, 5000).astype(np.float32) for _ in range(7)]
    arrays[2][::7] = np.nan
    small = [random.integers(0, 6, 5000).astype(np.uint8) for _ in range(2)]
    minute = CityMinute(BEGIN_MS, *arrays, *small)
    stored = packed(minute, "ab", 17)
    back = unpacked(stored)
    for each in fields(CityMinute)[1:]:
        one, other = getattr(minute, each.name), getattr(back, each.name)
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=1 / 2048, atol=1e-3, equal_nan=True)
    assert (stored.number, len(stored.packed) < 120_000) == (17, True)


def test_sixty_thousand_seconds_are_the_most() -> None:
    flow = np.full(6, 1e9)
    assert unpacked(packed(city_minute(BEGIN_MS, flow, flow), "ab", 1)).flow_veh_h.tolist() == [65504.0] * 6


def test_merging_takes_no_road_without_observations() -> None:
    one = city_minute(BEGIN_MS, np.array([3.0, 4, 5, 6, 7, 8]), np.ones(6))
    other = city_minute(BEGIN_MS + MINUTE_MS, np.array([0.0, 9, 0, 0, 0, 0]), np.zeros(6))
    found = merged(one, other)
    assert found.flow_veh_h.tolist() == [3, 9, 5, 6, 7, 8]
    assert found.queue_m.tolist() == [1, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("back_s", [30, 3600])
def test_a_clock_that_is_set_back_stops_nothing(back_s: int) -> None:
    days = Days()
    days.step(5)
    days.step(605)
    assert days.publisher.is_due(BEGIN_MS + 605_000 + 20_000)
    assert days.publisher.is_due(BEGIN_MS + 605_000 - 1000 * back_s) == (back_s > 20)
    assert days.publisher.is_lost(BEGIN_MS + 605_000 - 3_600_000)
