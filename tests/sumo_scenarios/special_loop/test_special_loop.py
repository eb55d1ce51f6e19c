"""Special vehicles in the closed loop, on the smallest network of the catalogue that has a way over several signals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import STREET
from signal_ctrl.watch.special.corridor import LONGEST_S, VehicleClass
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.special_loop.order import Others, SpecialOrder, SpecialTrip, read_trips, trips_text
from sumo_scenarios.special_loop.run import run_special, sublanes, vehicles_text
from sumo_scenarios.special_loop.trips import Spacing, free_times_s, random_trips, world_of

SETTINGS = RunSettings("cologne3", "max_pressure", 1, profile=STREET, begin_s=25_200.0, end_s=25_540.0)


def trip(**changes: object) -> SpecialTrip:
    given = {"vehicle": "a", "kind": VehicleClass.FIRE, "edges": ("e1", "e2"), "departs_s": 25_400.0}
    return SpecialTrip(**given | changes)  # type: ignore[arg-type]


def test_a_file_of_trips_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "trips.json"
    trips = (trip(), trip(vehicle="b", kind=VehicleClass.AMBULANCE, notice_s=0.0))
    file.write_text(trips_text(trips), encoding="utf-8")
    assert read_trips(file) == trips


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "taxi"}, "'kind' is one of fire, ambulance, police"),
        ({"edges": []}, "needs a name, edges"),
        ({"edges": [1]}, "'edges' is a list of names"),
        ({"departs_s": -1}, "departs_s"),
        ({"speed": 1}, "speed"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, change: dict[str, object], words: str) -> None:
    document = json.loads(trips_text((trip(),)))
    document["trips"][0].update(change)
    file = tmp_path / "trips.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=words):
        read_trips(file)


def test_a_name_once_and_no_run_without_vehicles() -> None:
    with pytest.raises(InvalidInputError, match="each name once"):
        SpecialOrder(SETTINGS, (trip(), trip()))
    with pytest.raises(InvalidInputError):
        SpecialOrder(SETTINGS, ())


def test_no_blue_light_unless_it_is_asked_for() -> None:
    order = SpecialOrder(SETTINGS, (trip(),))
    assert 'has.bluelight.device" value="false"' in vehicles_text(order) and sublanes(order, ()) == ()
    for others in (Others.RESCUE_LANE, Others.BLUE_LIGHT):
        lit = replace(order, others=others)
        assert 'has.bluelight.device" value="true"' in vehicles_text(lit)
        assert sublanes(lit, ()) == ("--lateral-resolution", "0.8")
        assert sublanes(lit, (("lateral-resolution", "0.4"),)) == ()


@pytest.mark.sumo
def test_a_corridor_in_the_closed_loop() -> None:
    trips = random_trips(world_of(SETTINGS), Spacing(25_340.0, 150.0, 1), 3)
    assert trips == random_trips(world_of(SETTINGS), Spacing(25_340.0, 150.0, 1), 3)
    order = SpecialOrder(SETTINGS, trips)
    free_s = free_times_s(order)
    run = run_special(order)
    assert (run.violations, run.teleports, run.collisions) == (0, 0, 0)
    assert len(run.lost_s) == 340
    kept: dict[tuple[str, str], float] = {}
    for row in run.log:
        if row["what"] == "hold":
            assert row["refused"] == ""
            kept.setdefault((row["vehicle"], row["signal"]), row["time_s"])
        if row["what"] == "release":
            assert row["time_s"] - kept.pop((row["vehicle"], row["signal"])) <= LONGEST_S
    first = run.drives[0]
    assert first.took_s is not None and first.took_s >= 0.9 * free_s[0]
    silent = run_special(replace(order, corridor=False))
    assert [row["what"] for row in silent.log] == ["drive"] and silent.drives[0].took_s is not None
    assert first.took_s <= silent.drives[0].took_s


@pytest.mark.sumo
def test_in_a_rescue_lane_nobody_passes_red_and_with_the_blue_light_alone_somebody_does() -> None:
    settings = replace(SETTINGS, end_s=25_600.0)
    trips = random_trips(world_of(settings), Spacing(25_340.0, 30.0, 4), 3)
    order = SpecialOrder(settings, trips, corridor=False, others=Others.RESCUE_LANE)
    kept, light = run_special(order), run_special(replace(order, others=Others.BLUE_LIGHT))
    for run in (kept, light):
        lamps = [sum(row["passed"].values()) for row in run.log if row["what"] == "drive"]
        assert len(lamps) == len(trips) and sum(lamps) >= 8
    assert kept.red_passed == 0 and light.red_passed > 0
