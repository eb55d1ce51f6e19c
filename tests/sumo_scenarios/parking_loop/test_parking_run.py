"""A short run of a small town under each arm: the same drivers come, nobody stands where there is no room."""

import json
from multiprocessing import get_context
from pathlib import Path

import pytest

from sumo_scenarios.parking_loop import run as runs
from sumo_scenarios.parking_loop.driver import PARKED
from sumo_scenarios.parking_loop.order import Arm, Follows, ParkingOrder, Shares
from sumo_scenarios.parking_loop.town import write_town
from sumo_scenarios.settings import RunSettings

MINUTES = 5.0
BEGIN_S = 25_200.0


def order(arm: Arm, controller: str = "net") -> ParkingOrder:
    settings = RunSettings("newtown-2x2", controller, 3, 3, end_s=BEGIN_S + 60 * MINUTES)
    return ParkingOrder(settings, arm, Shares(0.7, 0.2), short=0.3, stay_s=120.0, fill=0.95, clearing_s=210.0)


@pytest.mark.sumo
@pytest.mark.slow
def test_drivers_park_where_there_is_room_and_guided_ones_search_less(tmp_path: Path) -> None:
    found = {}
    for arm in (Arm.BLIND, Arm.GUIDED):
        folder = tmp_path / arm.name
        folder.mkdir()
        with get_context("fork").Pool(1) as pool:  # it writes with polars, after which nobody here could fork a run
            run = pool.apply(_made, (arm, folder))
        rows = json.loads((folder / "run" / PARKED).read_text(encoding="utf-8"))["parkers"]
        _check_room(folder, rows)
        assert run.fullest > 0.4
        assert run.by_kind["all"].drivers > 60
        assert 0 < run.spent_veh_h < 200
        found[arm] = (run, {row["vehicle"]: (row["follows"], row["home"]) for row in rows})
    assert found[Arm.BLIND][1] == found[Arm.GUIDED][1]
    blind, guided = found[Arm.BLIND][0], found[Arm.GUIDED][0]
    assert blind.by_kind["all"].search_m > 0
    assert guided.by_kind["phone"].first > blind.by_kind["phone"].first


@pytest.mark.sumo
@pytest.mark.slow
def test_signals_hear_of_guided_drivers_before_they_see_them(tmp_path: Path) -> None:
    with get_context("fork").Pool(1) as pool:
        run = pool.apply(_made, (Arm.KNOWN, tmp_path, "adaptive"))
    phones = run.by_kind["phone"].drivers
    assert phones / 2 < run.foretold < run.passages  # most who are guided come through one signal or more
    assert run.violations == 0


def _made(arm: Arm, folder: Path, controller: str = "net") -> runs.ParkingRun:
    return runs._run(order(arm, controller), folder, lambda *_: None, lambda: False)


def _check_room(folder: Path, rows: list[dict[str, object]]) -> None:
    """Count cars in each car park by who came and went, and look that there never are more than spaces."""
    text = (folder / "town" / "car-parks.add.xml").read_text(encoding="utf-8")
    parks = [row for row in text.splitlines() if "<parkingArea " in row]
    room = {row.split('id="')[1].split('"')[0]: int(row.split('roadsideCapacity="')[1].split('"')[0]) for row in parks}
    changes = []
    for row in rows:
        if row["parked"]:
            changes.append((row["parked_s"], 1, row["parked"]))
            if row["left_s"] is not None:
                assert row["left_s"] > row["parked_s"]
                changes.append((row["left_s"], -1, row["parked"]))
    inside = dict.fromkeys(room, 0)
    for _, change, park in sorted(changes):
        inside[park] += change
        assert 0 <= inside[park] <= room[park]


@pytest.mark.sumo
@pytest.mark.slow
def test_towns_of_a_seed_are_alike_whatever_drivers_are_told(tmp_path: Path) -> None:
    texts = []
    for arm in (Arm.NEAREST, Arm.GUIDED):
        folder = tmp_path / arm.name
        folder.mkdir()
        town = write_town(order(arm), folder)
        texts.append([(folder / name).read_text(encoding="utf-8") for name in ("parking.rou.xml", "car-parks.add.xml")])
    assert texts[0] == texts[1]
    kinds = [parker.follows for parker in town.parkers.values()]
    assert 0.6 < kinds.count(Follows.PHONE) / len(kinds) < 0.8
    assert {parker.home for parker in town.parkers.values()} <= {park.name for park in town.parks}
    leaving = [parker for parker in town.parkers.values() if parker.stay_s < 10_000]
    assert 0.15 < len(leaving) / len(kinds) < 0.45
