"""The state of the links by routes, stream and open feeds: what is posted is seen within a minute, as it was computed."""

import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from signal_ctrl.centre.identity import Role
from signal_ctrl.watch.city_minute import Level, Source
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.minutes.publisher import REPLAYED_MS
from signal_ctrl.watch.observations import LoopCount
from signal_ctrl.watch.state.estimator import StateEstimator
from signal_ctrl.web.datex2 import NAMESPACE
from signal_ctrl.web.link_look import LinkLook
from signal_ctrl.web.link_news import LinkNews
from signal_ctrl.web.settings import Settings
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, count, position, streets

OPEN = Settings(production=False, secure=False, open_feeds=True, publisher=("de", "city & county"))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path, settings=OPEN) as made:
        made.import_roads()
        yield made


def fed(town: Streets, minutes: int = 1) -> None:
    """Let some minutes of counts go by on the first three roads."""
    loops = town.feeder("loops", FeedKind.COUNTS)
    for minute in range(minutes):
        town.until(BEGIN_MS + minute * MINUTE_MS + 61_000)
        loops.send(*(count(k, BEGIN_MS + minute * MINUTE_MS, 10 + k) for k in range(3)))
        town.until(BEGIN_MS + minute * MINUTE_MS + 66_000)


def test_before_the_first_minute_there_is_nothing(town: Streets) -> None:
    for path in ("/v1/links", "/v1/congestion", "/v1/links/r0"):
        assert town.ask("vera", "GET", path).status_code in (200, 404)


def test_links_say_what_was_estimated_and_from_what(town: Streets) -> None:
    fed(town)
    found = town.get("/v1/links")
    minute = town.watch.latest()
    assert minute is not None and found["minute_utc_ms"] == BEGIN_MS
    rows = {row["link"]: row for row in found["links"]}
    assert set(rows) == {f"r{k}" for k in range(6)}
    for k in range(6):
        row = rows[f"r{k}"]
        flow = float(minute.flow_veh_h[k])
        assert row["flow_veh_h"] == (None if math.isnan(flow) else round(flow))
        assert row["sources"] == (["loops"] if k < 3 else ["estimated"])
        assert row["travel_time_s"] == round(float(minute.travel_time_s[k]), 1)
    assert rows["r0"]["class"] == "arterial" and rows["r0"]["district"] == "west"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?class=branch", {"r1", "r3", "r5"}),
        ("?district=east", {"r3", "r4", "r5"}),
        ("?bbox=11.3,48.7,11.4015,48.8", {"r0"}),
        ("?bbox=11.4,48.7,11.402,48.8&class=arterial", {"r0"}),
        ("?bbox=12,48,13,49", set()),
        ("?level=severe", set()),
    ],
)
def test_links_are_chosen_by_what_is_asked(town: Streets, query: str, wanted: set[str]) -> None:
    fed(town)
    assert {row["link"] for row in town.get(f"/v1/links{query}")["links"]} == wanted


@pytest.mark.parametrize("query", ["?class=lane", "?bbox=1,2,3", "?bbox=3,2,1,4", "?level=bad", "?bbox=a,b,c,d"])
def test_a_question_that_is_none_is_told_so(town: Streets, query: str) -> None:
    fed(town)
    assert town.ask("vera", "GET", f"/v1/links{query}").status_code == 422


def test_who_has_it_gets_nothing_until_it_changes(town: Streets) -> None:
    fed(town)
    etag = town.ask("vera", "GET", "/v1/links").headers["etag"]
    assert town.ask("vera", "GET", "/v1/links", **{"If-None-Match": etag}).status_code == 304
    fed_again = town.feeder("loops-2", FeedKind.COUNTS)
    town.until(BEGIN_MS + 121_000)
    fed_again.send(*(count(k, BEGIN_MS + MINUTE_MS, 3) for k in range(6)))
    town.until(BEGIN_MS + 126_000)
    assert town.ask("vera", "GET", "/v1/links", **{"If-None-Match": etag}).status_code == 200


def test_one_link_has_its_last_minutes(town: Streets) -> None:
    fed(town, 3)
    found = town.get("/v1/links/r1")
    minutes = {each["minute_utc_ms"]: each for each in found["minutes"]}
    flows = {each.minute_utc_ms: float(each.flow_veh_h[1]) for each in town.watch.minutes(BEGIN_MS)}
    assert len(flows) == 3
    assert {at: minutes[at]["flow_veh_h"] for at in flows} == {at: round(flow) for at, flow in flows.items()}
    assert town.ask("vera", "GET", "/v1/links/r9").status_code == 404


def test_congestion_adds_up(town: Streets) -> None:
    fed(town)
    found = town.get("/v1/congestion")
    assert found["whole"]["roads"] == 6 and found["trunk"]["roads"] == 3
    assert {name: each["roads"] for name, each in found["districts"].items()} == {"west": 3, "east": 3}
    rows = town.get("/v1/links?class=arterial")["links"]
    length_m = town.network.roads[0].length_m
    mean_kmh = 3.6 * 3 * length_m / sum(row["travel_time_s"] for row in rows)
    assert found["trunk"]["speed_kmh"] == pytest.approx(mean_kmh, rel=0.01)
    assert found["trunk"]["reached"] == (mean_kmh >= 40)


@pytest.mark.parametrize("second", range(0, 60, 7))
def test_what_is_posted_is_seen_within_a_minute(town: Streets, second: int) -> None:
    """A count is posted at any second of a minute, for the 10 s that ended then; polling sees it within 60 s."""
    loops = town.feeder("loops", FeedKind.COUNTS)
    fed_at = BEGIN_MS + 120_000 + 1000 * second
    town.until(fed_at)
    loops.send(count(5, fed_at - 10_000, 3, to_utc_ms=fed_at, speed_mps=4.0))
    for _waited_s in range(61):
        shown = town.watch.shown()
        if shown is not None and int(shown.sources[5]):
            break
        town.passes(1000)
    else:
        pytest.fail("it was not seen within 60 s")


@pytest.mark.parametrize("late_s", [0, 4, 6, 30, 55])
def test_a_count_of_a_minute_is_seen_within_a_minute_however_late_it_is_posted(town: Streets, late_s: int) -> None:
    loops = town.feeder("loops", FeedKind.COUNTS)
    town.until(BEGIN_MS + MINUTE_MS + 1000 * late_s)
    loops.send(count(5, BEGIN_MS, 11, speed_mps=4.0))
    town.passes(60_000)
    minute = next(each for each in town.watch.minutes(BEGIN_MS) if each.minute_utc_ms == BEGIN_MS)
    alone = StateEstimator(town.network)
    alone.take(LoopCount("d5", BEGIN_MS, BEGIN_MS + MINUTE_MS, 11, 0.11, 4.0), BEGIN_MS + MINUTE_MS)
    for before in range(REPLAYED_MS // MINUTE_MS + 2, 0, -1):
        alone.minute(BEGIN_MS - before * MINUTE_MS)
    wanted = alone.minute(BEGIN_MS)
    assert int(minute.sources[5]) == Source.LOOPS
    assert minute.flow_veh_h[5] == pytest.approx(wanted.flow_veh_h[5], rel=0.01)
    assert minute.travel_time_s[5] == pytest.approx(wanted.travel_time_s[5], rel=0.01)


def test_a_position_is_seen_within_a_minute_too(town: Streets) -> None:
    """Fixes along two roads are posted as they are made, right after the begin of a minute."""
    buses = town.feeder("bus", FeedKind.POSITIONS)
    town.until(BEGIN_MS + 90_000)
    for step in range(9):
        town.passes(5000)
        lon = 11.4001 + step * 55.0 / (111_319.49 * 0.6593)
        buses.send(position("a", town.clock.utc_ms(), lon=lon, speed_mps=11.0))
    sent_ms = town.clock.utc_ms()
    while town.clock.utc_ms() < sent_ms + 60_000:
        shown = town.watch.shown()
        if shown is not None and int(shown.sources[0]) | int(shown.sources[1]):
            return
        town.passes(1000)
    pytest.fail("it was not seen within 60 s")


def test_the_stream_tells_what_changed_and_nothing_else(town: Streets) -> None:
    news = LinkNews(LinkLook(town.watch))
    fed(town)
    (first,) = news()
    assert len(json.loads(first.data)["links"]) == 6
    assert news() == ()
    fed_again = town.feeder("loops-2", FeedKind.COUNTS)
    town.until(BEGIN_MS + 121_000)
    fed_again.send(count(4, BEGIN_MS + MINUTE_MS, 15, occupied=0.9, speed_mps=1.0))
    town.until(BEGIN_MS + 126_000)
    told: list[Any] = [row for each in news() for row in json.loads(each.data)["links"]]
    known = {row[0]: row for row in json.loads(first.data)["links"]}
    now = {row["link"]: row for row in town.get("/v1/links")["links"]}
    for link, row in now.items():
        before = known[link]
        queue_m, before_m = row["queue_m"] or 0, before[4] or 0
        changed = row["level"] != before[1] or abs(row["travel_time_s"] - before[2]) > 0.15 * before[2]
        changed = changed or abs(queue_m - before_m) >= 25
        assert (link in {each[0] for each in told}) == changed


def test_open_feeds_need_no_login_and_are_limited(town: Streets) -> None:
    fed(town)
    answer = town.client.get("/v1/open/links.geojson")
    assert answer.status_code == 200 and "max-age=20" in answer.headers["cache-control"]
    document = answer.json()
    assert [each["id"] for each in document["features"]] == [f"r{k}" for k in range(6)]
    rows = {row["link"]: row for row in town.get("/v1/links")["links"]}
    for each in document["features"]:
        assert each["properties"] == {**rows[each["id"]], "minute_utc_ms": BEGIN_MS}
    assert (
        town.client.get("/v1/open/links.geojson", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )
    codes = [town.client.get("/v1/open/datex2").status_code for _ in range(8)]
    assert 429 in codes


def test_open_feeds_are_off_unless_they_are_switched_on(tmp_path: Path) -> None:
    with streets(tmp_path) as town:
        town.import_roads()
        fed(town)
        for path in ("/v1/open/links.geojson", "/v1/open/datex2"):
            assert town.client.get(path).status_code == 404


ORDER = {
    "d2LogicalModel": ["exchange", "payloadPublication"],
    "payloadPublication": [
        "publicationTime", "publicationCreator", "forecastDefault", "periodDefault", "timeDefault",
        "headerInformation", "elaboratedData",
    ],
    "headerInformation": ["confidentiality", "informationStatus"],
    "TravelTimeData": ["pertinentLocation", "travelTimeType", "travelTime", "freeFlowTravelTime"],
    "TrafficSpeed": ["pertinentLocation", "averageVehicleSpeed"],
    "TrafficFlow": ["pertinentLocation", "vehicleFlow"],
    "TrafficStatus": ["pertinentLocation", "trafficStatus"],
}  # fmt: skip
"""Children in the order of the schema DATEXIISchema_2_2_3.xsd, by element or by `xsi:type`."""


def test_datex2_has_the_elements_of_the_schema_in_their_order(town: Streets) -> None:
    fed(town)
    answer = town.client.get("/v1/open/datex2")
    assert answer.headers["content-type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{{{NAMESPACE}}}d2LogicalModel" and root.get("modelBaseVersion") == "2"
    kind = "{http://www.w3.org/2001/XMLSchema-instance}type"
    seen = set()
    for element in root.iter():
        name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        order = ORDER.get(element.get(kind, "") if name == "basicData" else name)
        if order is not None:
            children = [each.tag.removeprefix(f"{{{NAMESPACE}}}") for each in element]
            assert sorted(children, key=order.index) == children
            assert set(children) == set(order)
            seen.add(element.get(kind) if name == "basicData" else name)
    assert seen == set(ORDER)
    assert root.findtext(f".//{{{NAMESPACE}}}nationalIdentifier") == "city & county"
    speeds = [float(each.text or "nan") for each in root.iter(f"{{{NAMESPACE}}}speed")]
    rows = town.get("/v1/links")["links"]
    assert speeds == [pytest.approx(3.6 * row["speed_mps"], abs=0.06) for row in rows if row["speed_mps"] is not None]


def test_who_listens_to_the_stream_hears_of_links(town: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    fed(town)
    hub, vera = town.world.context.hub, town.actor("vera", Role.VIEWER)
    now = town.watch.shown()
    assert now is not None
    worse = replace(now, level=np.full_like(now.level, Level.SEVERE))

    async def listened() -> list[tuple[str, int]]:
        listener = hub.join(vera, asyncio.get_running_loop(), None)
        await asyncio.to_thread(hub.tick)
        monkeypatch.setattr(town.watch, "shown", lambda: worse)
        for _ in range(2):
            await asyncio.to_thread(hub.tick)
        await asyncio.sleep(0)
        hub.leave(listener)
        return [(each.kind, len(json.loads(each.data)["links"])) for each in listener.waiting if each.kind == "links"]

    assert asyncio.run(listened()) == [("links", 6)]
