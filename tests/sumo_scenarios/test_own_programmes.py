"""Programmes that SUMO's own controllers are given."""

from pathlib import Path

import pytest

from signal_ctrl.domain.profile import PUBLISHED, STREET, SafetyProfile
from signal_ctrl.domain.site import GroupKind
from sumo_scenarios.clearance import ambers_s, direct_gaps_s
from sumo_scenarios.own_programmes import own_programme, write_own_programmes
from sumo_scenarios.programmes import GREENS, Programme, Step
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.switching import read_additional
from sumo_scenarios.world import SignalUnit, World
from tests.sumo_scenarios.small_nets import ROWS, crossroads, logic_row, world_of, write_town

Rows = list[tuple[str, str]]

BASES: dict[str, Rows] = {
    "plain": list(ROWS),
    "short ambers": [("30", "GGrr"), ("1", "yyrr"), ("30", "rrGG"), ("1", "rryy")],
    "no amber at all": [("30", "GGrr"), ("30", "rrGG")],
    "amber over rows": [("30", "GGrr"), ("2", "yGrr"), ("1", "yyrr"), ("2", "ryrr"), ("30", "rrGG"), ("3", "rryy")],
    "short greens": [("3", "Grrr"), ("3", "yrrr"), ("2", "rGrr"), ("3", "ryrr"), ("4", "rrGG"), ("3", "rryy")],
    "green beside a foe's amber": [("30", "GGrr"), ("4", "yyrG"), ("3", "rrry"), ("30", "rrGr"), ("3", "rryr")],
    "one stage": [("90", "GGrr")],
    "one stage and red": [("90", "GGrr"), ("3", "yyrr"), ("20", "rrrr")],
    "red-amber": [("30", "GGrr"), ("3", "yyrr"), ("1", "rruu"), ("30", "rrGG"), ("3", "rryy"), ("1", "uurr")],
}


def unit_of(folder: Path, rows: Rows, profile: SafetyProfile = PUBLISHED) -> tuple[World, SignalUnit]:
    world = world_of(write_town(folder, crossroads(rows)), profile)
    return world, world.units[0]


def shortest_green_s(programme: Programme, link: int) -> float:
    greens = Programme("", "", "", 0.0, tuple(
        Step(s.shortest_s, s.shortest_s, s.shortest_s, "y" if s.state[link] in GREENS else "r") for s in programme.steps
    ), "")  # fmt: skip
    return min(ambers_s(greens, 0), default=float("inf"))


@pytest.mark.parametrize("profile", [PUBLISHED, STREET], ids=lambda p: p.name)
@pytest.mark.parametrize("name", BASES)
def test_ambers_greens_and_gaps_are_those_of_the_site(tmp_path: Path, name: str, profile: SafetyProfile) -> None:
    world, unit = unit_of(tmp_path, BASES[name], profile)
    made = own_programme(unit, RunSettings("x", "actuated", profile=profile), world.quantum_ds)
    site = unit.site
    group_of = {link: g for g, group in enumerate(site.groups) for link in group.links}
    fixed = len(made.steps) == 1
    for link, g in group_of.items():
        group = site.groups[g]
        assert group.kind is GroupKind.VEHICLE
        assert fixed or all(shown_s == pytest.approx(group.amber_ds / 10) for shown_s in ambers_s(made, link))
        assert shortest_green_s(made, link) >= group.min_green_ds / 10 - 1e-9
    foes = world_foes(world)
    for (loser, gainer), gap_s in direct_gaps_s(made, foes).items():
        if site.conflicts(group_of[loser], group_of[gainer]):
            assert gap_s >= site.intergreen_ds[group_of[loser]][group_of[gainer]] / 10 - 1e-9
    for step, following in zip(made.steps, (*made.steps[1:], made.steps[0]), strict=True):
        for old, new in zip(step.state, following.state, strict=True):
            assert not (old in GREENS and new not in "Ggy")


def world_foes(world: World):  # type: ignore[no-untyped-def]
    from sumo_scenarios.foes import link_foes

    return link_foes(world.net, world.net.signal_links["C"])


def test_rows_follow_the_programmes_own_order(tmp_path: Path) -> None:
    rows = "".join(
        f'<phase duration="{d}" state="{s}" next="{n}"/>'
        for d, s, n in ((30, "GGrr", 2), (30, "rrGG", 3), (3, "yyrr", 1), (3, "rryy", 0))
    )
    more = f'<tlLogic id="C" type="static" programID="x" offset="0">{rows}</tlLogic>'
    world = world_of(write_town(tmp_path, additional=more))
    made = own_programme(world.units[0], RunSettings("x", "actuated"), world.quantum_ds)
    assert [step.state for step in made.steps] == ["GGrr", "yyrr", "rrGG", "rryy"]
    assert all(not step.following for step in made.steps)


def test_the_programme_of_the_begin_is_taken_under_a_name_of_its_own(tmp_path: Path) -> None:
    taken = logic_row(
        "C", [("40", "Grrr"), ("3", "yrrr"), ("40", "rrGG"), ("3", "rryy"), ("9", "rGrr"), ("3", "ryrr")], "signal-ctrl"
    )
    world = world_of(write_town(tmp_path, additional=logic_row("C", ROWS, "day") + taken))
    write_own_programmes(tmp_path / "own.xml", world, RunSettings("x", "delay_based"))
    (made,) = read_additional([tmp_path / "own.xml"]).programmes
    assert (made.programme_id, made.kind, made.signal) == ("signal-ctrl+", "delay_based", "C")
    assert [step.state for step in made.steps if step.is_stage] == ["Grrr", "rrGG", "rGrr"]
    assert {(step.shortest_s, step.longest_s) for step in made.steps if step.is_stage} == {(5.0, 50.0)}


def test_settings_reach_the_programme_that_sumo_reads(tmp_path: Path) -> None:
    world, unit = unit_of(tmp_path, BASES["plain"])
    options = (("min_green_s", "8"), ("max_green_s", "24"), ("max_gap_s", "1.5"))
    settings = RunSettings("x", "actuated", options=options)
    made = own_programme(unit, settings, world.quantum_ds)
    assert {(s.shortest_s, s.longest_s) for s in made.steps if s.is_stage} == {(8.0, 24.0)}
    write_own_programmes(tmp_path / "own.add.xml", world, settings)
    assert read_additional([tmp_path / "own.add.xml"]).programmes[0].parameters == (("max-gap", "1.5"),)
    delay_based = own_programme(unit, RunSettings("x", "delay_based", options=options[:2]), world.quantum_ds)
    assert delay_based.parameters == ()
    assert {(s.shortest_s, s.longest_s) for s in delay_based.steps if s.is_stage} == {(8.0, 24.0)}
