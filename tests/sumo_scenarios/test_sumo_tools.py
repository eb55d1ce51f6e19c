"""Programmes made by the tools that come with SUMO: the rules they are held to, and runs with them."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.tuning.store import tuned_plan
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.profile import PUBLISHED, STREET, SafetyProfile
from sumo_scenarios import catalogue, sumo_tools
from sumo_scenarios.clearance import ambers_s, direct_gaps_s
from sumo_scenarios.foes import link_foes
from sumo_scenarios.programmes import Programme, Step
from sumo_scenarios.run import execute
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import SUMO_CONTROLLERS, SUMO_TOOLS, RunSettings
from sumo_scenarios.sumo_tools import (
    all_red_s_of,
    busiest_hour_s,
    coordinator_offsets,
    cycle_s,
    departures_s,
    rows_to_tools,
    write_tool_programmes,
)
from sumo_scenarios.switching import read_additional
from sumo_scenarios.world import World, build_world


def made(folder: Path, name: str, controller: str, profile: SafetyProfile = PUBLISHED) -> tuple[World, list[Programme]]:
    scenario = catalogue.resolve(name)
    settings = RunSettings(name, controller, profile=profile)
    times_s = times_of(scenario, settings)
    world = build_world(scenario, profile, *times_s)
    write_tool_programmes(folder / "made.add.xml", world, settings, times_s)
    return world, list(read_additional([folder / "made.add.xml"]).programmes)


@pytest.mark.parametrize("profile", [PUBLISHED, STREET], ids=lambda p: p.name)
def test_ambers_greens_and_gaps_are_those_of_the_site(tmp_path: Path, profile: SafetyProfile) -> None:
    world, programmes = made(tmp_path, "cologne3", "sumo_adapted", profile)
    assert [p.signal for p in programmes] == [unit.site.signal_id for unit in world.units]
    for unit, programme in zip(world.units, programmes, strict=True):
        site = unit.site
        group_of = {link: g for g, group in enumerate(site.groups) for link in group.links}
        assert programme.kind == "static" and programme.offset_s == 0.0
        for link, g in group_of.items():
            assert all(shown_s >= site.groups[g].amber_ds / 10 - 1e-9 for shown_s in ambers_s(programme, link))
        foes = link_foes(world.net, world.net.signal_links[site.signal_id])
        for (loser, gainer), gap_s in direct_gaps_s(programme, foes).items():
            if site.conflicts(group_of[loser], group_of[gainer]):
                assert gap_s >= site.intergreen_ds[group_of[loser]][group_of[gainer]] / 10 - 1e-9


def test_coordinated_signals_share_a_cycle_and_have_offsets_within_it(tmp_path: Path) -> None:
    _, programmes = made(tmp_path, "cologne3", "sumo_coordinated")
    cycles = {cycle_s(programme) for programme in programmes}
    assert len(cycles) == 1
    assert all(0.0 <= programme.offset_s < min(cycles) for programme in programmes)
    assert any(programme.offset_s for programme in programmes)


def test_a_plan_gets_the_offsets_of_the_tool_and_keeps_the_rest() -> None:
    plan = tuned_plan("cologne3", PUBLISHED)
    assert plan is not None
    longest_ds = max(signal.cycle_ds for signal in plan.signals)
    scenario = catalogue.resolve("cologne3")
    times_s = times_of(scenario, RunSettings("cologne3", "fixed"))
    world = build_world(scenario, PUBLISHED, *times_s)
    found = coordinator_offsets(plan, world, times_s)
    assert [replace(a, offset_ds=0) for a in found.signals] == [replace(b, offset_ds=0) for b in plan.signals]
    assert all(0 <= signal.offset_ds < longest_ds and signal.offset_ds % 10 == 0 for signal in found.signals)
    assert len({signal.offset_ds for signal in found.signals}) > 1
    zeroed = replace(plan, signals=tuple(replace(signal, offset_ds=0) for signal in plan.signals))
    assert coordinator_offsets(zeroed, world, times_s) == found, "the tool's offsets do not depend on those at hand"


def test_adapted_greens_follow_the_demand(tmp_path: Path) -> None:
    world, (adapted,) = made(tmp_path, "cologne1", "sumo_adapted")
    assert adapted.steps[0].state == world.units[0].programmes[0][1].steps[0].state
    assert cycle_s(adapted) != cycle_s(world.units[0].programmes[0][1])


def test_every_connection_but_crossings_gets_a_lamp_of_its_own() -> None:
    root = ElementTree.fromstring(
        '<net><connection tl="A" linkIndex="3"/><connection tl="A" linkIndex="0"/><connection tl="A" linkIndex="3"/>'
        '<connection tl="B" linkIndex="5"/><connection tl="A" linkIndex="1"/></net>'
    )
    assert sumo_tools._renumbered(root, {"A": {1}}) == {"A": [0, 3, 3]}
    assert [c.get("linkIndex") for c in root] == ["1", "0", "2", "5", None]


def test_rows_that_differ_in_crossings_alone_are_one_row_to_the_tools() -> None:
    states = ("GGrG", "GGrr", "yyrr", "rrrr", "rrGr")
    programme = Programme("A", "0", "static", 0.0, tuple(Step(5.0, 5.0, 5.0, state) for state in states), "")
    assert rows_to_tools(programme, {3}) == [[0, 1], [2], [3], [4]]
    assert rows_to_tools(programme, set()) == [[0], [1], [2], [3], [4]]
    assert all_red_s_of(programme) == 5.0


def test_the_busiest_hour_begins_at_a_quarter() -> None:
    departures = [*(100.0 * k for k in range(9)), *(4500.0 + 10 * k for k in range(100))]
    assert busiest_hour_s(departures, (0.0, 9000.0)) == 2700.0  # the first that holds all of the second group
    assert busiest_hour_s([5.0], (0.0, 600.0)) == 0.0
    assert busiest_hour_s([], (25200.0, 28800.0)) == 25200.0


def test_departures_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "r.rou.xml"
    path.write_text('<routes><vehicle id="a" depart="9.5"/><vehicle id="b" depart="0:00:03"/></routes>')
    assert departures_s(path) == [3.0, 9.5]


def test_a_tool_that_fails_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"tlsCycleAdaptation.py failed on this scenario"):
        sumo_tools._run("tlsCycleAdaptation.py", ["-n", str(tmp_path / "no"), "-r", "no"], tmp_path / "out")


def test_both_are_controllers_of_sumo() -> None:
    assert set(SUMO_TOOLS) <= set(SUMO_CONTROLLERS)


@pytest.mark.sumo
@pytest.mark.parametrize("controller", SUMO_TOOLS)
def test_a_run_shows_their_lamps(tmp_path: Path, controller: str) -> None:
    settings = RunSettings("cologne1", controller, end_s=25500.0)
    result = execute(settings, tmp_path / "run", False, lambda _: None)
    assert result.status == "complete" and result.exit_code == 0
    assert result.document["signals"] == [] and result.outcome is not None and not result.outcome.left_alone
    assert execute(settings, tmp_path / "again", False, lambda _: None).score == result.score
