"""Whole configurations: which programme counts, which signals are left alone, what is refused."""

import gzip
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.site import Right
from sumo_scenarios import catalogue
from sumo_scenarios.world import World, build_world, quantum_ds_of
from tests.sumo_scenarios.small_nets import ROWS, crossroads, logic_row, world_of, write_net, write_town

DAY = logic_row("C", ROWS, "day")
NIGHT = logic_row(
    "C", [("20", "Grrr"), ("3", "yrrr"), ("20", "rGrr"), ("3", "ryrr"), ("20", "rrGG"), ("3", "rryy")], "night"
)
SWITCH = '<WAUT id="w" startProg="day" refTime="0"><wautSwitch time="{}" to="{}"/></WAUT><wautJunction wautID="w" junctionID="C"/>'


def greens(world: World, programme: int) -> list[str]:
    site = world.units[0].site
    links = range(site.n_links)
    group_of = {link: g for g, group in enumerate(site.groups) for link in group.links}
    return [
        "".join("G" if site.stages[s].rights[group_of[k]] is Right.PROTECTED else "r" for k in links)
        for s in world.units[0].stages_from[programme][1]
    ]


def test_the_programme_in_force_gives_the_stages_not_the_one_of_the_net(tmp_path: Path) -> None:
    net = crossroads([("30", "GrrG"), ("3", "yrry"), ("30", "rGrr"), ("3", "ryrr"), ("30", "rrGr"), ("3", "rryr")])
    world = world_of(write_town(tmp_path, net, DAY))
    assert greens(world, 0) == ["GGrr", "rrGG"]
    assert len(world.units[0].programmes) == 1


def test_switches_are_followed(tmp_path: Path) -> None:
    config = write_town(tmp_path, additional=DAY + NIGHT + SWITCH.format(40, "night"))
    world = world_of(config)
    unit = world.units[0]
    assert [at_s for at_s, _ in unit.stages_from] == [0.0, 40.0]
    assert (greens(world, 0), greens(world, 1)) == (["GGrr", "rrGG"], ["Grrr", "rGrr", "rrGG"])
    assert unit.site.first_stage == unit.stages_from[0][1][0]
    assert len(world_of(config, times_s=(0.0, 30.0)).units[0].stages_from) == 1
    late = world_of(config, times_s=(50.0, 60.0))
    assert (late.units[0].stages_from[0][0], greens(late, 0)) == (50.0, ["Grrr", "rGrr", "rrGG"])


def test_a_switch_to_off_is_said_and_not_followed(tmp_path: Path) -> None:
    world = world_of(write_town(tmp_path, additional=DAY + SWITCH.format(40, "off")))
    assert len(world.units) == 1
    assert any("switch it off at 40 s" in notice for notice in world.notices)


def test_intervals_of_all_programmes_in_force_count(tmp_path: Path) -> None:
    slow = logic_row(
        "C", [("30", "GGrr"), ("5", "yyrr"), ("3", "rrrr"), ("20", "rrGG"), ("5", "rryy"), ("3", "rrrr")], "slow"
    )
    alone = world_of(write_town(tmp_path, additional=DAY + slow)).units[0].site
    both = world_of(write_town(tmp_path, additional=DAY + slow + SWITCH.format(40, "slow"))).units[0].site
    assert ({g.amber_ds for g in alone.groups}, alone.intergreen_ds[0][1]) == ({50}, 80)
    assert ([g.amber_ds for g in both.groups], both.intergreen_ds[0][1]) == ([30, 40], 50)


LEFT_ALONE = {
    "rail": (crossroads().replace('type="static"', 'type="railSignal"'), "", "rail"),
    "level crossing": (crossroads().replace('type="traffic_light"', 'type="rail_crossing"'), "", "rail"),
    "walkers": (
        crossroads().replace('<edge id="CE"', '<edge function="crossing" id="CE"')
        .replace('<edge id="CN"', '<edge function="crossing" id="CN"'), "", "pedestrians only",
    ),
    "bicycles": (crossroads().replace('length="200.0"', 'allow="bicycle" length="200.0"'), "", "no motor vehicle"),
    "off": (crossroads([("30", "oooo")]), "", "shows no green"),
    "off by plan": (crossroads(), DAY + SWITCH.replace('startProg="day"', 'startProg="off"').format(40, "day"), "no green"),
    "two signals": (
        crossroads(more=logic_row("D", [("30", "G"), ("30", "r")]))
        .replace('tl="C" linkIndex="2"', 'tl="D" linkIndex="0"'), "", "those of another signal",
    ),
    "rings": (crossroads().replace('type="static"', 'type="NEMA"'), "", "rings that cannot be read"),
    "too slow": (
        crossroads([(str(20), "".join("G" if i == k else "r" for i in range(64))) for k in range(64)]), "", "SAFETY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_some_signals_are_left_alone_with_a_notice(tmp_path: Path, name: str) -> None:
    net, additional, word = LEFT_ALONE[name]
    world = world_of(write_town(tmp_path, net, additional))
    assert world.units == ()
    assert {signal for signal, _ in world.left_alone} <= {"C", "D"}
    assert any(word in notice and "left alone" in notice for notice in world.notices)


def test_too_many_groups_are_left_alone(tmp_path: Path) -> None:
    wide = [
        ("20", "".join("G" if (row * 7 + link) % 71 == 0 or link == row else "r" for link in range(70)))
        for row in range(70)
    ]
    world = world_of(write_town(tmp_path, crossroads(wide)))
    assert "70 signal groups" in world.left_alone[0][1]


@pytest.mark.parametrize(
    ("net", "additional", "word"),
    [
        (crossroads(signal=""), "", "no signal"),
        (crossroads([("30", "GGr"), ("3", "yyr")]), "", "has 3 letters"),
        (crossroads(), logic_row("C", [("30", "GG")], "x"), "'x' has 2 letters"),
        (crossroads(), DAY + SWITCH.format(40, "dusk"), "'dusk', which does not exist"),
        (crossroads(), DAY + SWITCH.format(4000, "dusk"), "'dusk', which does not exist"),
        (crossroads([("30", "GGGG")]), "", "links 0 and 2 cross"),
        (crossroads(signal='a"b'), "", "rename it"),
        (crossroads().replace("<tlLogic", "<other").replace("</tlLogic>", "</other>"), "", "has no programme"),
        ("<net/>", "", "no signal"),
        ("<routes/>", "", "root is <routes>"),
        ("", "", "well-formed"),
        (crossroads(), "<tlLogic/>", "no attribute 'id'"),
        (crossroads(), "<tlLogic id='C'", "well-formed"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path, net: str, additional: str, word: str) -> None:
    config = write_town(tmp_path, net, additional)
    with pytest.raises(InvalidInputError, match=word) as caught:
        world_of(config)
    assert "\n" not in str(caught.value)


def test_programmes_of_different_width_are_padded(tmp_path: Path) -> None:
    """SUMO records as many letters as the longest programme has, in force or not."""
    wide = logic_row("C", [(duration, state + "rr") for duration, state in ROWS], "wide")
    site = world_of(write_town(tmp_path, additional=wide + DAY)).units[0].site
    assert site.n_links == 6


@pytest.mark.parametrize("signal", ["Kreuz straße", "o'neil", "中心", "a:b/c", "a;b|c"])
def test_names_may_hold_anything_that_sumo_takes(tmp_path: Path, signal: str) -> None:
    world = world_of(write_town(tmp_path, crossroads(signal=signal)))
    assert world.units[0].site.signal_id == signal
    assert world.units[0].layout.loops[0].loop_id == f"{signal}/1"


def test_packed_inputs_are_read(tmp_path: Path) -> None:
    config = write_town(tmp_path, additional=DAY)
    for name in ("town.net.xml", "town.add.xml"):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        config.write_text(config.read_text().replace(f'{name}"', f'{name}.gz"'))
    assert len(world_of(config).units) == 1


def test_rings_are_composed_and_kept_for_whoever_judges(tmp_path: Path) -> None:
    rings = '<param key="ring1" value="1,2"/><param key="ring2" value="5,6"/><param key="barrierPhases" value="2,6"/>'
    rows = "".join(
        f'<phase duration="30" minDur="5" maxDur="30" yellow="3" red="1" name="{n}" state="{s}"/>'
        for n, s in (("1", "GGrr"), ("2", "rrGG"), ("5", "GGrr"), ("6", "rrGG"))
    )
    parts = f'<tlLogic id="C" type="NEMA" programID="n" offset="0">{rings}{rows}</tlLogic>'
    with pytest.raises(InvalidInputError, match="cross"):  # rings that let crossing links go together
        world_of(write_town(tmp_path, additional=parts))
    parts = parts.replace('value="1,2"', 'value="1,2,5,6"').replace('value="5,6"', 'value="0"')
    world = world_of(write_town(tmp_path, additional=parts.replace('value="2,6"', 'value="6"')))
    assert [programme.programme_id for programme in world.additional.programmes] == ["n", "n composed"]
    assert greens(world, 0) == ["GGrr", "rrGG"]


def test_the_catalogue_has_three_seconds_everywhere() -> None:
    for name in catalogue.published_names():
        world = build_world(catalogue.resolve(name), PUBLISHED, None, None)
        assert world.left_alone == ()
        for unit in world.units:
            assert {group.amber_ds for group in unit.site.groups} == {30}
            assert {gap for row in unit.site.intergreen_ds for gap in row} <= {-1, 30}


def test_a_net_may_lie_elsewhere(tmp_path: Path) -> None:
    config = write_town(tmp_path)
    (tmp_path / "nets").mkdir()
    write_net(tmp_path / "nets", crossroads())
    config.write_text(config.read_text().replace("town.net.xml", "nets/town.net.xml"))
    (tmp_path / "town.net.xml").unlink()
    assert world_of(config).net.path == tmp_path / "nets" / "town.net.xml"


@pytest.mark.parametrize("step_s", [0.0, 0.0001, 0.33, 0.999, 1.5])
def test_steps_that_cannot_be_controlled_are_refused(step_s: float) -> None:
    with pytest.raises(InvalidInputError, match="cannot be controlled"):
        quantum_ds_of(step_s)
