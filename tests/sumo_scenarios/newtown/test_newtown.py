"""What a new town promises is in its files, every signal of it can be controlled, and the files follow from the seed."""

import hashlib
import json
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from detectors.loops.estimator import LoopEstimator
from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import LoopRole
from signal_ctrl.domain.profile import STREET
from signal_ctrl.domain.site import GroupKind, Right
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.calls import calls_of, recall_of
from sumo_scenarios import catalogue
from sumo_scenarios.built_files import export_newtown
from sumo_scenarios.demand_model import demand_model
from sumo_scenarios.newtown.assign import AIM
from sumo_scenarios.newtown.files import FILES
from sumo_scenarios.newtown.signals import WALK_S, WALKER_MPS
from sumo_scenarios.plain_net import crossings_of
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import SignalUnit, World, build_world
from sumo_scenarios.xml_input import elements
from tests.sumo_scenarios.newtown.small_town import TOWN, departing, refereed


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return build_world(catalogue.resolve(str(folder / "newtown.sumocfg")), STREET, None, None)


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def test_building_twice_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    again = export_newtown(tmp_path / "again", TOWN).parent
    assert hashes(again) == hashes(folder)
    assert {path.name for path in folder.iterdir()} == set(FILES)


def test_every_signal_is_under_control(world: World) -> None:
    assert {unit.site.signal_id for unit in world.units} == {f"J{r}x{c}" for r in range(2) for c in range(3)}
    assert not world.left_alone and not world.notices


def test_every_road_has_a_sidewalk_a_bicycle_lane_and_two_to_four_motor_lanes(folder: Path) -> None:
    seen = set()
    for _, edge in elements(folder / "newtown.net.xml"):
        if edge.tag != "edge" or edge.get("function"):
            continue
        lanes = edge.findall("lane")
        kind = edge.get("type", "")
        seen.add(kind.rpartition(".")[2])
        if kind == "oneway.residential":
            assert [lane.get("allow") for lane in lanes] == ["bicycle", None]
            continue
        assert (lanes[0].get("allow"), lanes[1].get("allow")) == ("pedestrian", "bicycle")
        assert float(lanes[1].get("speed", "0")) == pytest.approx(25 / 3.6, abs=0.01)
        through = int(kind[len("lanes")]) // 2
        assert len(lanes) - 2 in (through, through + 1, through + 2)  # lanes for turns come on top
    assert seen == {"primary", "secondary", "residential"}


def test_left_turns_bicycles_and_people_on_foot_have_groups_of_their_own(world: World) -> None:
    for unit in world.units:
        lanes, groups = unit.layout.lanes, unit.site.groups
        crossings = {g for g, group in enumerate(groups) if group.kind is GroupKind.CROSSING}
        assert len(crossings) >= 4
        bikes = {m.group for m in unit.layout.movements if not world.net.lanes[lanes[m.lane].lane_id].motorised}
        cars = {m.group for m in unit.layout.movements if world.net.lanes[lanes[m.lane].lane_id].motorised}
        assert len(bikes) == 8 and not bikes & cars
        lefts = {m.group for m in unit.layout.movements if m.direction == "l"}
        for stage in (unit.site.stages[s] for s in unit.stages_from[0][1]):
            greens = {g for g, right in enumerate(stage.rights) if right.is_green}
            if lefts & greens:
                assert len(lefts & greens) == 2 and not greens & crossings
                assert all(stage.rights[g] is Right.PROTECTED for g in lefts & greens)


def bicycle_lanes(world: World, unit: SignalUnit) -> list[int]:
    return [k for k, lane in enumerate(unit.layout.lanes) if world.net.lanes[lane.lane_id].bicycles]


def test_bicycles_are_seen_by_loops_of_their_own_and_call_their_groups(world: World) -> None:
    for unit in world.units:
        lanes = bicycle_lanes(world, unit)
        assert len(lanes) == 4
        for k in lanes:
            roles = {unit.layout.loops[loop].role for loop in unit.layout.lanes[k].loops}
            assert roles == {LoopRole.STOP, LoopRole.MIDDLE, LoopRole.ADVANCE}
            own = {unit.layout.movements[m].group for m in unit.layout.lanes[k].movements}
            called = calls_of(unit.layout, standing_on(unit, k))
            assert called == sum(1 << g for g in own) and not called & recall_of(unit.layout, unit.site)


def standing_on(unit: SignalUnit, lane: int) -> JunctionView:
    """One vehicle that stands at the stop line of a lane, as the loops of an empty junction would tell."""
    view = LoopEstimator(unit.layout).view(0.0, "r" * unit.site.n_links)
    n, eta_s, presence = view.n_vehicles.copy(), view.eta_s.copy(), view.presence.copy()
    movement, ratio = view.movement.copy(), np.ones_like(view.ratio)
    n[:], n[lane], eta_s[lane, 0], presence[lane, 0], movement[lane, 0] = 0, 1, 0.0, 1.0, -1
    return replace(view, n_vehicles=n, eta_s=eta_s, presence=presence, movement=movement, ratio=ratio)


def test_slow_bicycles_have_the_time_to_clear_and_count_as_one_person(world: World) -> None:
    for unit in world.units:
        for k in bicycle_lanes(world, unit):
            assert unit.layout.lanes[k].cars == pytest.approx(1 / 1.3)
            for m in unit.layout.lanes[k].movements:
                movement = unit.layout.movements[m]
                group = unit.site.groups[movement.group]
                kept_ds = [ds for ds in unit.site.intergreen_ds[movement.group] if ds >= 0]
                needed_s = group.amber_ds / 10 + (movement.length_m + 2.0) / 4.0 - 1.0
                assert kept_ds and min(kept_ds) / 10 >= needed_s - 1e-6
        others = set(range(len(unit.layout.lanes))) - set(bicycle_lanes(world, unit))
        assert {unit.layout.lanes[k].cars for k in others} == {1.0}


def test_right_on_red_is_allowed_where_the_town_says_so(world: World, folder: Path) -> None:
    allowed = set(json.loads((folder / "town.json").read_text())["red_turns"])
    for unit in world.units:
        for m in unit.layout.movements:
            edge = unit.layout.lanes[m.lane].edge_id
            if m.direction == "r" and world.net.lanes[unit.layout.lanes[m.lane].lane_id].motorised:
                stops = any(stage.rights[m.group] is Right.STOP for stage in unit.site.stages)
                assert stops == (f"{unit.site.signal_id}{edge[0]}" in allowed)


def test_people_have_the_time_to_cross_and_islands_on_every_main_road(world: World, folder: Path) -> None:
    over = crossings_of(folder / "newtown.net.xml")
    main = [edges for edges in over.values() if "x" in edges]
    assert main and all(len(edges.split()) == 1 for edges in main)  # one crossing a carriageway
    for programme in world.net.programmes:
        steps = programme.steps
        for link in world.net.signal_links[programme.signal]:
            if not world.net.is_crossing(link):
                continue
            walk_s = sum(step.duration_s for step in steps if step.state[link.link] == "G")
            last = max(k for k in range(len(steps)) if steps[k].state[link.link] == "G")
            foes = [j for i, j in _pairs(world, programme.signal) if i == link.link]
            clear_s = 0.0
            for step in (*steps[last + 1 :], *steps[: last + 1]):
                if any(step.state[foe] == "G" for foe in foes):
                    break
                clear_s += step.duration_s
            assert walk_s >= WALK_S
            assert clear_s >= world.net.crossing_length_m(link) / WALKER_MPS


def _pairs(world: World, signal: str) -> list[tuple[int, int]]:
    from sumo_scenarios.foes import link_foes

    pairs = link_foes(world.net, world.net.signal_links[signal]).pairs
    return [*pairs, *((j, i) for i, j in pairs)]


def test_routes_hang_together_and_every_mode_travels(world: World, folder: Path) -> None:
    joined = {(world.net.lanes[c.from_lane].edge_id, world.net.lanes[c.to_lane].edge_id) for c in world.net.connections}
    kinds = {}
    last_s = 0.0
    for vehicle in departing(folder, "newtown.rou.xml") + departing(folder, "newtown.bus.rou.xml"):
        if vehicle.tag != "vehicle":
            continue
        kind = vehicle.get("type", "")
        kinds[kind] = kinds.get(kind, 0) + 1
        edges = vehicle.find("route").get("edges", "").split()  # type: ignore[union-attr]
        assert all(pair in joined for pair in pairwise(edges))
        departs_s = float(vehicle.get("depart", "nan"))
        assert 25200.0 <= departs_s < 29700.0 and (kind == "bus" or departs_s >= last_s)
        last_s = departs_s if kind != "bus" else last_s
    assert set(kinds) == {"car", "truck", "bus", "bicycle", "ebike"}
    assert kinds["car"] > 20 * kinds["truck"] > 0
    people = departing(folder, "newtown.people.rou.xml")
    assert any(person.find("ride") is not None for person in people) or len(people) > 50
    assert all(len(person.findall("walk")) in (1, 2) for person in people)


def test_buses_keep_a_timetable_at_stops_that_exist(folder: Path) -> None:
    stops = {each.get("id") for each in departing(folder, "newtown.add.xml") if each.tag == "busStop"}
    served = set()
    for bus in departing(folder, "newtown.bus.rou.xml"):
        untils = [float(stop.get("until", "nan")) for stop in bus.findall("stop")]
        assert untils == sorted(untils) and untils[0] > float(bus.get("depart", "nan"))
        served |= {stop.get("busStop") for stop in bus.findall("stop")}
    assert served == stops and len(stops) >= 8


def test_the_demand_loads_the_busiest_signals_as_asked(folder: Path) -> None:
    facts = json.loads((folder / "town.json").read_text())
    assert abs(facts["busiest_saturation"] - AIM) < 0.06
    assert max(facts["saturation"].values()) < 1.0


def test_plans_are_made_for_the_demand_of_motor_vehicles(world: World) -> None:
    model = demand_model(world, count_volumes(world.config, world.net, (25200.0, 29700.0)), plans=())
    for part in model.parts:
        bikes = [k for k, (lane, _) in enumerate(part.keys) if part.layout.lanes[lane].lane_id.endswith("_1")]
        assert bikes and not any(part.streams.flow_veh_s[k] for k in bikes)
        assert sum(part.streams.flow_veh_s) > 0.1


def test_the_script_makes_the_same_net_from_the_plain_files(folder: Path, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "newtown.net.xml").unlink()
    path = {"PATH": f"{sumo_home() / 'bin'}:/usr/bin:/bin", "SUMO_HOME": str(sumo_home())}
    subprocess.run(["sh", tmp_path / "make-net.sh"], check=True, capture_output=True, env=path)
    made = ElementTree.parse(tmp_path / "newtown.net.xml").getroot()
    kept = ElementTree.parse(folder / "newtown.net.xml").getroot()
    assert [ElementTree.tostring(each) for each in made] == [ElementTree.tostring(each) for each in kept]


def test_an_extract_of_openstreetmap_becomes_a_net_with_signals_under_control(tmp_path: Path) -> None:
    extract = Path(__file__).parents[3] / "docs" / "examples" / "crossing.osm.xml"
    command = [str(sumo_home() / "bin" / "netconvert"), "--osm-files", str(extract), "-o", "own.net.xml"]
    command += ["--osm.sidewalks", "--osm.bike-access", "--crossings.guess", "--walkingareas", "--no-turnarounds"]
    command += ["--tls.default-type", "static", "--plain-output-prefix", "plain"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    (tmp_path / "own.rou.xml").write_text(
        '<routes><vehicle id="a" depart="0"><route edges="10#0 10#1"/></vehicle></routes>', encoding="utf-8"
    )
    (tmp_path / "own.sumocfg").write_text(
        '<configuration><input><net-file value="own.net.xml"/><route-files value="own.rou.xml"/></input>'
        '<time><begin value="0"/><end value="60"/></time></configuration>',
        encoding="utf-8",
    )
    world = build_world(catalogue.resolve(str(tmp_path / "own.sumocfg")), STREET, None, None)
    assert [unit.site.signal_id for unit in world.units] == ["2"] and not world.left_alone
    assert any(group.kind is GroupKind.CROSSING for group in world.units[0].site.groups)
    assert (tmp_path / "plain.edg.xml").is_file()


def test_names_of_the_catalogue() -> None:
    assert "newtown" in catalogue.names()
    config = catalogue.resolve("newtown-8x6", build=False).config
    assert config.parent.name.startswith("newtown-8x6-")
    assert catalogue.resolve("newtown", build=False).config == catalogue.resolve("newtown-4x4", build=False).config
    with pytest.raises(InvalidInputError, match="did you mean"):
        catalogue.resolve("newtown-4x", build=False)
    with pytest.raises(InvalidInputError, match="2 to 40 rows of signals, got 41"):
        catalogue.resolve("newtown-41x4")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rows", "1"), "2 to 40 rows of signals, got 1"),
        (("--seed", "-1"), "--seed needs 0 to 2147483647, got -1"),
        (("--lead", "16"), "--lead needs 0 to 15, got 16"),
        (("--schools", "-1"), "--schools needs 0 to 30, got -1"),
        (("--scrambles", "17"), "--scrambles needs 0 to 16, got 17"),
        (("--day", "monday"), "unknown day 'monday'; choose one of peak, weekday, weekend"),
    ],
)
def test_the_command_refuses_what_cannot_be(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["scenarios", "build", "newtown", *arguments, "--out", str(tmp_path / "new")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_command_builds_draws_and_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "small"
    assert call(["scenarios", "build", "newtown", "--rows", "2", "--cols", "2", "--out", str(made), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["signals"] == 4 and told["trips"]["car"] > 500
    assert call(["scenarios", "incidents", str(made)]) == 0
    for more in ((), ("--signal", "J0x1")):
        target = tmp_path / f"map{len(more)}.png"
        assert call(["scenarios", "picture", told["configuration"], "--out", str(target), *more]) == 0
        assert target.read_bytes().startswith(b"\x89PNG") and target.stat().st_size > 5000
    assert call(["scenarios", "picture", told["configuration"], "--out", str(tmp_path / "x.png"), "--signal", "K"]) == 2
    assert "there is no signal 'K'" in capsys.readouterr().err


@pytest.mark.sumo
@pytest.mark.slow
@pytest.mark.parametrize("controller", ["actuated", "max_pressure", "adaptive"])
def test_a_short_run_on_the_street_breaks_no_rule(controller: str, folder: Path, tmp_path: Path) -> None:
    settings = RunSettings(str(folder / "newtown.sumocfg"), controller, profile=STREET, begin_s=25200.0, end_s=25500.0)
    result = execute(settings, tmp_path / "run", False, lambda _progress: None)
    assert result.status == "complete", result.error
    told = result.document
    assert told["kernel"]["violations"] == 0 and (told["kernel"]["frames"] > 0) is (controller != "actuated")
    assert told["vehicles"]["finished"] > 20 and told["teleports"] == 0
    assert not refereed(result.folder, "--min-green", "7")
