"""The list of detectors: those of the roads with what they counted last, those of cabinets, broken ones, by page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.fault_desk import FaultReport
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.stores.shelves import SqlShelf
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.intake.loop_board import SILENT_MS
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, count, streets


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        made.import_roads()
        yield made


def health(town: Streets, query: str = "") -> dict[str, str]:
    return {each["detector"]: each["health"] for each in town.get(f"/v1/detector-list{query}")["detectors"]}


def test_detectors_of_the_roads_by_what_they_counted(town: Streets) -> None:
    loops = town.feeder("loops", FeedKind.COUNTS)
    town.until(BEGIN_MS + 61_000)
    loops.send(count(0, BEGIN_MS, 10), count(1, BEGIN_MS, 3, occupied=1.0))
    assert health(town) == {"d0": "counts", "d1": "covered", **{f"d{k}": "never heard" for k in range(2, 6)}}
    row = town.get("/v1/detector-list?wanted=D0")["detectors"][0]
    assert (row["where"], row["kind"], row["vehicles"], row["veh_h"]) == ("r0", "loop", 10, 600)
    assert row["last_utc_ms"] == BEGIN_MS + MINUTE_MS
    town.passes(SILENT_MS)
    assert health(town, "?health=silent") == {"d0": "silent", "d1": "silent"}


def test_pages_have_every_detector_once(town: Streets) -> None:
    found, after = [], ""
    while True:
        page = town.get(f"/v1/detector-list?limit=4&after={after}")
        found += [each["detector"] for each in page["detectors"]]
        assert page["by_health"] == {"never heard": 6}
        after = page["after"]
        if not after:
            break
    assert found == [f"d{k}" for k in range(6)]


def test_detectors_of_cabinets_count_or_are_broken(town: Streets) -> None:
    centre, now_ms = town.world.centre, town.clock.utc_ms()
    centre.registry.enrol("root", "cab-1", site_to_json(trial_site("cab-1")), Place("d0"))

    def work(t: Transaction) -> None:
        centre.traffic.counted(t, GroupFlow("cab-1", "main", now_ms - 600_000, now_ms - 300_000, 50))
        centre.traffic.counted(t, GroupFlow("cab-1", "side", now_ms - 7_200_000, now_ms - 6_900_000, 5))
        fault = FaultReport("cab-1", Facility.DETECTOR, "loop-7", "stuck", "covered for an hour", now_ms)
        centre.faults.began(t, fault)

    town.world.store.write(work)
    found = {each["key"]: each for each in town.get("/v1/detector-list?wanted=cab-1")["detectors"]}
    assert found["cab-1/main"]["health"] == "counts"
    assert found["cab-1/main"]["veh_h"] == 600
    assert found["cab-1/side"]["health"] == "silent"
    broken = found["cab-1/loop-7/stuck"]
    assert (broken["health"], broken["kind"], broken["text"]) == ("broken", "device", "stuck covered for an hour")


def test_counts_of_before_the_start_are_read_once(town: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    centre, now_ms = town.world.centre, town.clock.utc_ms()
    before = [GroupFlow("cab-1", "main", now_ms - 600_000 - k, now_ms - 300_000 - k, k) for k in range(3)]
    town.world.store.write(lambda t: t.shelf(FLOWS).put_all(before))  # as another process left them
    late = GroupFlow("cab-1", "side", now_ms - 900_000, now_ms - 600_000, 7)
    behind = replace(before[0], from_utc_ms=now_ms - 900_000, to_utc_ms=now_ms - 600_000, vehicles=9)
    for flow in (GroupFlow("cab-1", "side", now_ms - 600_000, now_ms - 300_000, 8), late, behind):
        town.world.store.write(lambda t, flow=flow: centre.traffic.counted(t, flow))
    asked, find = [], SqlShelf.find

    def found(shelf: SqlShelf, *arguments: object, **more: object) -> object:
        asked.append(shelf._spec.name)
        return find(shelf, *arguments, **more)

    monkeypatch.setattr(SqlShelf, "find", found)
    for _ in range(3):
        rows = {each["detector"]: each for each in town.get("/v1/detector-list?wanted=cab-1")["detectors"]}
        assert {name: row["vehicles"] for name, row in rows.items()} == {"main": 0, "side": 8}
    assert asked.count(FLOWS.name) == 1
