"""What the corridor promises is in its files, every signal of it can be controlled, and the files are always the same."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED, STREET
from sumo_scenarios import built_files, catalogue
from sumo_scenarios.built_files import cached_corridor, export_corridor
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.corridor.build import FILES
from sumo_scenarios.corridor.programmes import CYCLE_S, WALK_S, WALKER_MPS
from sumo_scenarios.corridor.street_plan import GAPS_M, OPENINGS, SIGNALS, TRUNK_MPS, pieces
from sumo_scenarios.measures.approaches import find_approaches
from sumo_scenarios.measures.arterials import find_arterials
from sumo_scenarios.measures.demand_routes import demand_routes
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.plain_net import crossings_of
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World, build_world
from sumo_scenarios.xml_input import elements


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_corridor(tmp_path_factory.mktemp("made") / "corridor").parent


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return build_world(catalogue.resolve(str(folder / "corridor.sumocfg")), PUBLISHED, None, None)


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def test_building_twice_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    again = export_corridor(tmp_path / "elsewhere")
    assert hashes(again.parent) == hashes(folder)
    assert {path.name for path in folder.iterdir()} == set(FILES)


def test_ten_signals_all_under_control(world: World) -> None:
    assert {unit.site.signal_id for unit in world.units} == set(SIGNALS)
    assert len(SIGNALS) == 10 and not world.left_alone and not world.notices
    street = build_world(world.scenario, STREET, None, None)
    assert not street.left_alone


def test_a_dual_carriageway_of_two_to_three_lanes_at_60(world: World) -> None:
    assert all(250.0 <= gap_m <= 600.0 for gap_m in GAPS_M) and len(set(GAPS_M)) == len(GAPS_M)
    for eastbound in (True, False):
        for start, end, lanes in pieces(eastbound):
            motor = [lane for lane in world.net.edges[start + end].lanes if lane.motorised]
            assert len(motor) == lanes
            assert all(lane.speed_mps == pytest.approx(TRUNK_MPS, abs=0.01) for lane in motor)
            assert 2 <= lanes <= 4  # a lane for left turns or U-turns comes on top
    assert pytest.approx(60.0) == 3.6 * TRUNK_MPS


def test_left_turns_have_lanes_and_a_stage_of_their_own(world: World) -> None:
    for unit in world.units:
        trunk = [m for m in unit.layout.movements if unit.layout.lanes[m.lane].edge_id[0] not in "NS"]
        lefts = {m.lane for m in trunk if m.direction == "l"}
        others = {m.lane for m in trunk if m.direction in "sr"}
        assert lefts and not lefts & others
        stages = [unit.site.stages[s].rights for s in unit.stages_from[0][1]]
        groups = {m.group for m in trunk if m.direction == "l"}
        assert any(all(rights[g].is_green for g in groups) for rights in stages)
        assert not any(rights[g].is_green for g in groups for rights in stages[:1])


def test_there_are_crossroads_and_tees(world: World) -> None:
    sides = {unit.site.signal_id: {lane.edge_id for lane in unit.layout.lanes} for unit in world.units}
    tees = {name for name, edges in sides.items() if sum(edge[0] in "NS" for edge in edges) == 1}
    assert tees == {"K2", "K5", "K8"}


def test_one_can_turn_back_at_signals_and_at_median_openings(world: World) -> None:
    turns = [c for c in world.net.connections if c.direction == "t"]
    nodes = {world.net.edges[world.net.lanes[c.from_lane].edge_id].to_node for c in turns}
    assert {f"U{i}" for i in OPENINGS} <= nodes
    assert len(nodes & set(SIGNALS)) >= 6
    assert all(c.signal for c in turns if world.net.edges[world.net.lanes[c.from_lane].edge_id].to_node in SIGNALS)


def test_vehicles_turn_back_where_they_can(world: World) -> None:
    routes = demand_routes(world.net, read_schedule(world.config.routes))
    turned: Counter[str] = Counter()
    for link in world.net.connections:
        ends = tuple(world.net.lanes[lane].edge_id for lane in (link.from_lane, link.to_lane))
        if link.direction == "t":
            turned[world.net.edges[ends[0]].to_node] += sum(
                int(count) for route, count in routes.items() if ends in set(pairwise(route))
            )
    assert sum(turned.values()) > 500
    assert all(turned[f"U{i}"] > 50 for i in OPENINGS)


def test_people_have_the_time_to_cross(world: World, folder: Path) -> None:
    over = crossings_of(folder / "corridor.net.xml")
    assert len(over) == 2 * 10 + 17
    programmes = {programme.signal: programme for programme in world.net.programmes}
    for signal in SIGNALS:
        steps = programmes[signal].steps
        for link in world.net.signal_links[signal]:
            if world.net.is_crossing(link):
                walk_s = sum(step.duration_s for step in steps if step.state[link.link] == "G")
                clear_s = world.net.crossing_length_m(link) / WALKER_MPS
                after = next(
                    k for k in range(len(steps)) if steps[k - 1].state[link.link] == "G" != steps[k].state[link.link]
                )
                assert walk_s >= WALK_S and steps[after].duration_s >= clear_s - 1e-9


def test_programmes_share_a_cycle_and_have_no_offset(world: World) -> None:
    cycles = {sum(step.duration_s for step in programme.steps) for programme in world.net.programmes}
    assert len(cycles) == 1 and CYCLE_S[0] <= cycles.pop() <= CYCLE_S[1]
    assert {programme.offset_s for programme in world.net.programmes} == {0.0}


def test_the_arterial_that_the_measures_find_is_the_whole_trunk_road(world: World) -> None:
    schedule = read_schedule((*world.config.routes, *world.config.additional))
    found = find_arterials(world.net, find_approaches(world.net), demand_routes(world.net, schedule))
    assert {arterial.signals for arterial in found} == {SIGNALS, SIGNALS[::-1]}


def test_every_bus_stop_is_served_and_lies_on_the_way(world: World, folder: Path) -> None:
    stops = {e.get("id"): e.get("lane", "") for _, e in elements(folder / "corridor.add.xml") if e.tag == "busStop"}
    text = (folder / "corridor.rou.xml").read_text()
    routes = dict(re.findall(r'<route id="([^"]+)" edges="([^"]+)"', text))
    served = set()
    for route, body in re.findall(r'<vehicle id="bus-[^"]+"[^>]* route="([^"]+)"[^>]*>(.*?)</vehicle>', text):
        edges = routes[route].split()
        places = [edges.index(stops[name].rpartition("_")[0]) for name in re.findall(r'busStop="([^"]+)"', body)]
        assert places == sorted(places)
        served |= set(re.findall(r'busStop="([^"]+)"', body))
    assert served == set(stops) and len(stops) == 14


def test_a_run_takes_the_morning_if_it_is_not_told_otherwise(folder: Path) -> None:
    config = read_configuration(folder / "corridor.sumocfg")
    assert (config.begin_s, config.end_s) == (24300.0, 28800.0)


def test_the_cache_is_built_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    unbuilt = catalogue.resolve("corridor", build=False).config
    assert not unbuilt.exists()
    scenario = catalogue.resolve("corridor")
    assert scenario.config == unbuilt and scenario.from_catalogue and scenario.name == "corridor"
    before = scenario.config.stat().st_mtime_ns
    monkeypatch.setattr(built_files, "write_corridor", lambda _: pytest.fail("built again"))
    assert catalogue.resolve("corridor").config.stat().st_mtime_ns == before
    assert [path.name for path in scenario.config.parent.parent.iterdir()] == [scenario.config.parent.name]


def test_a_cache_that_lost_a_file_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(built_files, "write_corridor", lambda made: shutil.copytree(folder, made, dirs_exist_ok=True))
    config = cached_corridor()
    (config.parent / "corridor.net.xml").unlink()
    assert hashes(cached_corridor().parent) == hashes(folder)


def test_two_processes_may_build_at_once(tmp_path: Path) -> None:
    code = "from sumo_scenarios.catalogue import resolve; print(resolve('corridor').config)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    builders = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    found = [builder.communicate(timeout=120)[0].strip() for builder in builders]
    assert found[0] == found[1] and Path(found[0]).is_file()
    assert len(list((tmp_path / "signal-ctrl" / "scenarios").iterdir())) == 1


def test_a_change_of_the_generator_or_of_sumo_makes_another_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    before = built_files.key()
    assert before == built_files.key()
    monkeypatch.setattr(built_files.metadata, "version", lambda _: "0.0.1")
    assert built_files.key() != before


def test_a_cache_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BackendError, match=r"cannot keep the files of corridor .* set XDG_CACHE_HOME"):
        catalogue.resolve("corridor")
    assert call(["scenarios", "show", "corridor"]) != 0
    assert capsys.readouterr().err.count("\n") == 1
    assert call(["scenarios", "list"]) == 0  # lists without building


def test_a_folder_that_exists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="exists; choose a new folder"):
        export_corridor(tmp_path)


@pytest.mark.sumo
@pytest.mark.parametrize("controller", ["net", "actuated", "max_pressure", "sumo_coordinated"])
def test_it_runs(folder: Path, tmp_path: Path, controller: str) -> None:
    settings = RunSettings(str(folder / "corridor.sumocfg"), controller, begin_s=18000.0, end_s=18300.0)
    result = execute(settings, tmp_path / "run", False, lambda _: None)
    assert result.status == "complete" and not result.notices
    assert result.score is not None and result.score.vehicles.total > 5
