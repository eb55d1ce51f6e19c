"""What is bad, late, there twice, dated ahead or impossible never moves a published value."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.city_speed.city import Traffic, make_city
from signal_ctrl.domain.roads import RoadNetwork, RoadReader
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead
from signal_ctrl.watch.state.estimator import StateEstimator

BEGIN_MS = 1_767_600_000_000
MINUTES = 4
_CITY = make_city(2)
CITY = RoadNetwork(_CITY.roads, _CITY.turns, _CITY.loops, (RoadReader("r", "0-0>1-0", 50.0),))
Arrivals = list[tuple[Observation, int]]
"""Observations with when they arrive. [ms, UTC]"""


@cache
def _good() -> tuple[tuple[Observation, int], ...]:
    found: Arrivals = []
    for at_ms, observations in Traffic(CITY, 40, 7).minutes(MINUTES, BEGIN_MS):
        found += [(each, at_ms + MINUTE_MS) for each in observations]
    return tuple(found)


def _minutes(arrivals: Iterable[tuple[Observation, int]]) -> list[CityMinute]:
    estimator, waiting = StateEstimator(CITY), sorted(arrivals, key=lambda each: each[1])
    found = []
    for minute in range(MINUTES):
        end_ms = BEGIN_MS + (minute + 1) * MINUTE_MS
        while waiting and waiting[0][1] <= end_ms:
            estimator.take(*waiting.pop(0))
        found.append(estimator.minute(end_ms - MINUTE_MS))
    return found


@cache
def _plain() -> list[CityMinute]:
    return _minutes(_good())


def _same(one: list[CityMinute], other: list[CityMinute]) -> bool:
    return all(
        np.array_equal(getattr(a, field.name), getattr(b, field.name), equal_nan=field.name != "minute_utc_ms")
        for a, b in zip(one, other, strict=True)
        for field in fields(CityMinute)
        if field.name != "minute_utc_ms"
    )


def _chosen(numbers: list[int], kind: type) -> list[tuple[Observation, int]]:
    own = [each for each in _good() if isinstance(each[0], kind)]
    return [own[number % len(own)] for number in numbers]


def _count(numbers: list[int], change: Callable[[LoopCount], LoopCount], later_ms: int = 0) -> Arrivals:
    rows = _chosen(numbers, LoopCount)
    return [(change(each), at_ms + later_ms) for each, at_ms in rows if isinstance(each, LoopCount)]


def _position(numbers: list[int], change: Callable[[Position], Position], later_ms: int = 0) -> Arrivals:
    rows = _chosen(numbers, Position)
    return [(change(each), at_ms + later_ms) for each, at_ms in rows if isinstance(each, Position)]


BAD: dict[str, Callable[[list[int]], Arrivals]] = {
    "a position that comes a minute too late": lambda n: _position(n, lambda p: replace(p, vehicle="late"), MINUTE_MS),
    "a position dated an hour ahead": lambda n: _position(n, lambda p: replace(p, utc_ms=p.utc_ms + 3_600_000)),
    "a position dated a day back": lambda n: _position(n, lambda p: replace(p, utc_ms=p.utc_ms - 86_400_000)),
    "a position sent twice": lambda n: _position(n, lambda p: p),
    "a position sent again with another place": lambda n: _position(n, lambda p: replace(p, lon=p.lon + 0.001), 1),
    "a position far from every road": lambda n: _position(n, lambda p: replace(p, vehicle="sea", lat=p.lat + 1)),
    "a leap of a vehicle that is followed": lambda n: _position(
        n[:1], lambda p: replace(p, lon=p.lon + 0.3, utc_ms=p.utc_ms + 1)
    ),
    "a position at the north pole": lambda n: _position(n, lambda p: replace(p, vehicle="bear", lat=90.0)),
    "a count that comes a minute too late": lambda n: _count(n, lambda c: replace(c, vehicles=30), MINUTE_MS),
    "a count dated ahead": lambda n: _count(
        n, lambda c: replace(c, from_utc_ms=c.from_utc_ms + 3_600_000, to_utc_ms=c.to_utc_ms + 3_600_000, vehicles=30)
    ),
    "a count sent twice": lambda n: _count(n, lambda c: c),
    "a count sent again with another number": lambda n: _count(n, lambda c: replace(c, vehicles=33), 1),
    "a count of an unknown detector": lambda n: _count(n, lambda c: replace(c, detector="x", vehicles=30)),
    "a count over an hour": lambda n: _count(
        n, lambda c: replace(c, detector="x", to_utc_ms=c.from_utc_ms + 3_600_000)
    ),
    "a read of an unknown reader": lambda n: [(TagRead("x", "t", BEGIN_MS + 5_000), BEGIN_MS + 6_000)] * len(n),
    "a read dated ahead": lambda n: [(TagRead("r", "t", BEGIN_MS + 3_600_000), BEGIN_MS + 6_000)] * len(n),
}
_NUMBERS = st.lists(st.integers(0, 10_000), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", BAD)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(numbers=_NUMBERS)
def test_it_moves_nothing(kind: str, numbers: list[int]) -> None:
    arrivals = [*_good(), *BAD[kind](numbers)]
    assert _same(_minutes(arrivals), _plain())


@pytest.mark.parametrize("impossible", [{"vehicles": 60}, {"vehicles": 20, "occupied": 0.0}])
def test_an_impossible_count_is_as_if_it_had_not_come(impossible: dict[str, float]) -> None:
    first = next(each for each, _ in _good() if isinstance(each, LoopCount))
    rest = [(each, at_ms) for each, at_ms in _good() if each != first]
    wrong = replace(first, **impossible)  # type: ignore[arg-type]  # values of two fields
    assert _same(_minutes([*rest, (wrong, BEGIN_MS + MINUTE_MS)]), _minutes(rest))


def test_all_of_it_together_moves_nothing() -> None:
    bad = [row for make in BAD.values() for row in make([3])]
    assert _same(_minutes([*_good(), *bad]), _plain())


def test_good_ones_do_move_it() -> None:
    fewer = [row for row in _good() if not isinstance(row[0], Position)]
    assert not _same(_minutes(fewer), _plain())
    fewer = [row for row in _good() if not isinstance(row[0], LoopCount)]
    assert not _same(_minutes(fewer), _plain())


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_within_a_minute_does_not_matter(random: object) -> None:
    arrivals = list(_good())
    random.shuffle(arrivals)  # type: ignore[attr-defined]
    assert _same(_minutes(arrivals), _plain())
