"""Key figures against sums that are made road by road, and the trend of five minutes each."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signal_ctrl.centre.alarms import Severity
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.figures.desk import usual_of
from signal_ctrl.watch.figures.values import CITY_FIGURES, SLOT_MS, CitySlot, FigureMaker
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, count, network, streets

WEEK_MS = 7 * 86_400_000


def minute(n: int, rng: np.random.Generator, unknown: int = 1) -> CityMinute:
    speed = rng.uniform(1.0, 20.0, n).astype(np.float32)
    flow = rng.uniform(0.0, 1800.0, n).astype(np.float32)
    speed[:unknown] = np.nan
    density = flow / np.float32(3.6) / speed
    floats = {name: np.full(n, np.nan, np.float32) for name in ("travel_time_sd_s", "age_s")}
    queue = rng.uniform(0, 100, n).astype(np.float32)
    time_s = (100.0 / speed).astype(np.float32)
    level = rng.integers(0, 6, n).astype(np.uint8)
    return CityMinute(60_000, flow, speed, density, time_s, queue_m=queue, sources=level, level=level, **floats)


def signalled() -> RoadNetwork:
    made = network(12)
    roads = tuple(replace(road, signal=("", "s1", "s2")[k % 3]) for k, road in enumerate(made.roads))
    return RoadNetwork(roads, made.turns)


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_the_sums_over_the_roads(seed: int) -> None:
    town, rng = signalled(), np.random.default_rng(seed)
    found = minute(12, rng)
    found.density_veh_km[0] = 5.0  # how many is known, how fast is not: they count, and lose nothing that is known
    vehicles, delay = 5.0 * town.roads[0].length_m / 1000, 0.0
    at: dict[str, float] = {}
    for k, road in enumerate(town.roads):
        speed, flow = float(found.speed_mps[k]), float(found.flow_veh_h[k])
        if math.isnan(speed):
            continue
        time_h, free_h = road.length_m / speed / 3600, road.length_m / road.free_speed_mps / 3600
        vehicles += flow * time_h
        lost = flow * max(0.0, time_h - free_h)
        delay += lost
        at[road.signal] = at.get(road.signal, 0.0) + lost
    made = FigureMaker(town)
    figures = made.of(found)
    assert figures.vehicles == pytest.approx(vehicles, abs=0.6)
    assert figures.delay_veh_h_h == pytest.approx(delay, abs=0.06)
    assert figures.jammed == sum(int(level) >= 4 for level in found.level)
    del at[""]
    worst = made.worst(found)
    assert [each.junction for each in worst] == sorted(at, key=lambda name: -at[name])
    for each in worst:
        assert each.delay_veh_h_h == pytest.approx(at[each.junction], abs=0.06)
        own = [k for k, road in enumerate(town.roads) if road.signal == each.junction]
        assert each.queue_m == round(max(float(found.queue_m[k]) for k in own))


def test_where_nothing_is_known_or_lost_nothing_is_named() -> None:
    town, rng = signalled(), np.random.default_rng(1)
    made = FigureMaker(town)
    unknown = made.of(minute(12, rng, unknown=12))
    assert unknown.vehicles is None and unknown.delay_veh_h_h is None
    fast = replace(minute(12, rng, unknown=0), speed_mps=np.full(12, 30.0, np.float32))
    assert made.of(fast).delay_veh_h_h == 0.0 and made.worst(fast) == ()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        made.import_roads()
        yield made


def test_a_slot_is_kept_every_five_minutes_and_is_the_mean_of_its_minutes(town: Streets) -> None:
    loops = town.feeder("loops", FeedKind.COUNTS)
    first_ms = BEGIN_MS - BEGIN_MS % SLOT_MS + SLOT_MS
    for at in range(BEGIN_MS, first_ms + SLOT_MS, MINUTE_MS):
        town.until(at + 61_000)
        loops.send(*(count(k, at, 5 + (at // MINUTE_MS + k) % 9) for k in range(6)))
        town.until(at + 66_000)
    town.watch.centre.store.write(lambda t: town.watch.centre.alarms.raise_(t, "x", "c0", Severity.WARNING, "text"))
    town.until(first_ms + 2 * SLOT_MS)
    maker = FigureMaker(town.network)
    own = [m for m in town.watch.minutes(first_ms) if m.minute_utc_ms < first_ms + SLOT_MS]
    assert len(own) == 5
    wanted = [maker.of(each).vehicles for each in own]
    found = town.get(f"/v1/trend?from_utc_ms={first_ms}&until_utc_ms={first_ms + 2 * SLOT_MS}")
    slots = {slot["from_utc_ms"]: slot for slot in found["slots"]}
    assert slots[first_ms]["vehicles"] == pytest.approx(sum(map(float, wanted)) / 5, abs=0.06)  # type: ignore[arg-type]
    assert slots[first_ms]["alarms"] == 1
    assert found["usual"] == [] and found["usual_days"] == 0
    shown = town.get("/v1/figures")
    assert shown["figures"]["vehicles"] is not None and shown["detectors_down"] == 0


def test_what_is_usual_is_the_mean_of_the_same_weekday(town: Streets) -> None:
    day_ms = BEGIN_MS - BEGIN_MS % SLOT_MS
    speeds = {1: 30.0, 2: 40.0, 4: 20.0}
    slots = [slot(day_ms - weeks * WEEK_MS, speed) for weeks, speed in speeds.items()]
    slots += [slot(day_ms - WEEK_MS + SLOT_MS, 50.0), slot(day_ms - 3 * 86_400_000, 99.0)]
    town.watch.centre.store.write(lambda t: t.shelf(CITY_FIGURES).put_all(slots))
    found = town.get(f"/v1/trend?from_utc_ms={day_ms}&until_utc_ms={day_ms + 3_600_000}")
    assert found["usual_days"] == 3
    assert [(each["from_utc_ms"], each["trunk_kmh"], each["alarms"]) for each in found["usual"]] == [(day_ms, 30.0, 2)]
    assert town.ask("vera", "GET", f"/v1/trend?from_utc_ms=0&until_utc_ms={day_ms}").status_code == 422


def test_the_last_hour_of_a_day_of_25_hours_has_its_usual_too(town: Streets) -> None:
    day_ms = BEGIN_MS - BEGIN_MS % SLOT_MS
    last_ms = day_ms + 24 * 3_600_000
    slots = [slot(last_ms - weeks * WEEK_MS, 30.0) for weeks in (1, 2)]
    town.watch.centre.store.write(lambda t: t.shelf(CITY_FIGURES).put_all(slots))
    found = town.get(f"/v1/trend?from_utc_ms={day_ms}&until_utc_ms={day_ms + 25 * 3_600_000}")
    assert [each["from_utc_ms"] for each in found["usual"]] == [last_ms]


def slot(at_ms: int, kmh: float) -> CitySlot:
    return CitySlot(at_ms, kmh, None, None, alarms=2, overrides=0, heard=3)


def test_one_day_is_not_usual() -> None:
    one: Any = [[slot(0, 30.0)]]
    assert usual_of(one) == ()
