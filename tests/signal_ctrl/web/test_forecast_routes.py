"""The forecast by its route: none before there are minutes, then what the desk says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signal_ctrl.watch.feeds.values import FeedKind
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, count, streets


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        yield made


def test_a_forecast_needs_minutes_and_a_horizon_that_there_is(town: Streets) -> None:
    assert town.ask("vera", "GET", "/v1/congestion/forecast").status_code == 404
    town.import_roads()
    loops = town.feeder("loops", FeedKind.COUNTS)
    for minute in range(6):
        town.until(BEGIN_MS + minute * MINUTE_MS + 61_000)
        loops.send(*(count(k, BEGIN_MS + minute * MINUTE_MS, 10 + k) for k in range(3)))
        town.until(BEGIN_MS + minute * MINUTE_MS + 66_000)
    made = town.watch.foresight.latest
    assert made is not None
    for ahead, place in ((15, 0), (30, 1), (60, 2)):
        found = town.get(f"/v1/congestion/forecast?ahead={ahead}&roads=true")
        assert (found["at_utc_ms"], found["ahead_min"], found["learned_days"]) == (made.at_utc_ms, ahead, 0)
        assert found["roads"]["links"] == [f"r{k}" for k in range(6)] and found["region"] == []
        assert found["roads"]["travel_time_s"] == [round(float(each), 1) for each in made.travel_time_s[place]]
        assert [each["link"] for each in found["jams"]] == [each.road for each in made.jams]
    assert town.get("/v1/congestion/forecast")["roads"] is None
    assert town.ask("vera", "GET", "/v1/congestion/forecast?ahead=20").status_code == 422
    assert town.ask("vera", "GET", "/v1/congestion/forecast?ahead=x").status_code == 422
