"""Plans as programmes of SUMO and back: the same plan, and every lamp of every tenth of a second."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.tuning.store import tuned_plan
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.profile import PUBLISHED, STREET, SafetyProfile
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.catalogue import published_names, resolve
from sumo_scenarios.plan_programmes import plan_programmes, signal_programme
from sumo_scenarios.programme_import import import_programmes, read_programmes
from sumo_scenarios.programme_text import programmes_text
from sumo_scenarios.world import World, build_world
from tests.sumo_scenarios.small_nets import ROWS, crossroads, logic_row, world_of, write_town


def town(folder: Path, profile: SafetyProfile = PUBLISHED) -> World:
    return world_of(write_town(folder, crossroads()), profile)


def plan_of(world: World, splits_s: tuple[int, int] = (34, 26), offset_s: int = 17) -> Plan:
    unit = world.units[0]
    stages = tuple(unit.site.stages[s].name for s in unit.stages_from[0][1])
    splits_ds = tuple(10 * s for s in splits_s)
    return Plan("p", (SignalPlan("C", site_hash(unit.site), sum(splits_ds), 10 * offset_s, stages, splits_ds),))


def written(folder: Path, world: World, plan: Plan, named: bool = True) -> Path:
    path = folder / "plan.add.xml"
    path.write_text(programmes_text(plan_programmes(plan, world).programmes, named), encoding="utf-8")
    return path


def additional(folder: Path, *rows: str) -> Path:
    path = folder / "in.add.xml"
    path.write_text(f"<additional>{''.join(rows)}</additional>", encoding="utf-8")
    return path


def only_reason(world: World, path: Path) -> str:
    (found,) = import_programmes(path, world).failed
    assert found.signal == "C"
    return found.reason


def test_a_programme_by_hand(tmp_path: Path) -> None:
    """Engineered intergreens of the small net: 5 s after the first stage (3 amber, 2 red), 4 s after the second."""
    world = town(tmp_path)
    text = written(tmp_path, world, plan_of(world)).read_text(encoding="utf-8")
    assert 'offset="17"' in text
    rows = [line.strip() for line in text.splitlines() if "<phase" in line]
    assert rows[0] == '<phase duration="4" state="rryy" name="s1"/>'
    assert rows[1] == '<phase duration="30" state="GGrr" name="s1"/>'
    assert rows[-1] == '<phase duration="21" state="rrGG" name="s2"/>'


@pytest.mark.parametrize("named", [True, False], ids=["by names", "by lamps"])
@pytest.mark.parametrize("profile", [PUBLISHED, STREET], ids=lambda p: str(p.name))
def test_the_way_there_and_back_is_the_same_plan(tmp_path: Path, profile: SafetyProfile, named: bool) -> None:
    world = town(tmp_path, profile)
    plan = plan_of(world)
    found = import_programmes(written(tmp_path, world, plan, named), world)
    assert found.failed == ()
    assert found.plan("p") == plan
    assert [item.differs_s for item in found.signals] == [0.0]


@pytest.mark.parametrize("name", published_names())
def test_tuned_plans_of_the_catalogue_come_back(tmp_path: Path, name: str) -> None:
    plan = tuned_plan(name, PUBLISHED)
    assert plan is not None
    world = build_world(resolve(name), PUBLISHED, None, None)
    found = import_programmes(written(tmp_path, world, plan), world)
    assert found.plan(plan.name) == plan
    assert not any(item.differs_s for item in found.signals)
    again = import_programmes(written(tmp_path, world, plan, named=False), world)
    assert again.plan(plan.name) == plan


def test_an_edited_row_moves_the_split_and_the_lamps_that_differ_are_counted(tmp_path: Path) -> None:
    world = town(tmp_path)
    path = written(tmp_path, world, plan_of(world))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('duration="30" state="GGrr"', 'duration="35" state="GGrr"'), encoding="utf-8")
    found = import_programmes(path, world)
    assert found.plan("p").signals[0].splits_ds == (390, 260)
    assert found.signals[0].differs_s == 0.0
    path.write_text(text.replace('duration="4" state="rryy"', 'duration="2" state="rryy"'), encoding="utf-8")
    found = import_programmes(path, world)
    assert found.plan("p").signals[0].splits_ds == (320, 260)
    assert found.signals[0].differs_s == 2.0  # our amber of 4 s stays


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (logic_row("C", ROWS, kind="actuated"), "actuated and has no fixed times"),
        (logic_row("C", [("30", "GGrrr"), ("30", "rrGGr")]), "5 letters, but the signal has 4 links"),
        (logic_row("C", [("30", "GGr"), ("30", "rrG")]), "3 letters"),
        (logic_row("C", [("30.5", "GGrr"), ("3", "yyrr"), ("30", "rrGG"), ("3", "rryy")]), "66.5 s is no whole"),
        (logic_row("C", [("300", "GGrr"), ("3", "yyrr"), ("30", "rrGG"), ("3", "rryy")]), "longer than 300 s"),
        (logic_row("C", [("30", "GGrr"), ("3", "yyrr"), ("30", "rrrr")]), "less than two stages"),
        (logic_row("C", [("30", "GGrr"), ("3", "yyrr"), ("4", "rrGG"), ("3", "rryy")]), "minimum green"),
        (logic_row("C", ROWS).replace('offset="0"', 'offset="0.5"'), "offset of 0.5 s is no whole"),
    ],
)  # fmt: skip
def test_what_cannot_be_expressed_is_named_with_the_reason(tmp_path: Path, row: str, reason: str) -> None:
    world = town(tmp_path)
    path = additional(tmp_path, row)
    assert reason in only_reason(world, path)
    with pytest.raises(InvalidInputError, match="no signal of the file can be expressed"):
        import_programmes(path, world).plan("p")


def test_unknown_and_missing_signals_are_named(tmp_path: Path) -> None:
    world = town(tmp_path)
    found = import_programmes(additional(tmp_path, logic_row("X", ROWS)), world)
    assert {item.signal: item.reason for item in found.failed} == {
        "C": "the file has no programme for it",
        "X": "not in this network",
    }


def test_of_several_programmes_the_last_or_the_named_one_is_taken(tmp_path: Path) -> None:
    world = town(tmp_path)
    longer = [("40", "GGrr"), *ROWS[1:]]
    path = additional(tmp_path, logic_row("C", longer, "a"), logic_row("C", ROWS, "b"))
    last, named = import_programmes(path, world), import_programmes(path, world, "a")
    assert (last.plan("p").signals[0].cycle_ds, named.plan("p").signals[0].cycle_ds) == (590, 690)
    assert "2 programmes; the last one, 'b'" in last.notices[0]
    assert named.notices == ()


def test_the_name_is_free_or_refused(tmp_path: Path) -> None:
    world = town(tmp_path)
    assert plan_programmes(plan_of(world), world).programmes[0].programme_id == "signal-ctrl"
    with pytest.raises(InvalidInputError, match="has a programme '0'"):
        plan_programmes(plan_of(world), world, "0")


def test_a_plan_that_cannot_be_kept_is_not_written(tmp_path: Path) -> None:
    world = town(tmp_path)
    with pytest.raises(InvalidInputError, match="cannot hold its change and minimum green"):
        plan_programmes(plan_of(world, (53, 7)), world)


def test_a_signal_without_a_plan_shows_its_stage_for_good(tmp_path: Path) -> None:
    world = world_of(write_town(tmp_path, crossroads([("90", "GGrr")])))
    made = signal_programme(Kernel(world.units[0].site), None, "x")
    assert [(step.duration_s, step.state) for step in made.steps] == [(90.0, "GGrr")]


@pytest.mark.parametrize(
    ("content", "fix"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><additional>&b;</additional>', "declares XML entities"),
        (b"<additional><tlLogic", "cannot read"),
        (b"<additional></additional>", "has no programme"),
        (b"", "cannot read"),
        ("<additional/>".encode("utf-16"), "zero bytes"),
        (b'<additional><tlLogic type="static"/></additional>', "no attribute 'id'"),
        (b'<additional><tlLogic id="C"><phase duration="x" state="G"/></tlLogic></additional>', "not a time"),
        (b'<additional><tlLogic id="C"><phase duration="5" state="Q"/></tlLogic></additional>', "unknown letters"),
        (b'<additional><tlLogic id="C"><phase duration="-5" state="G"/></tlLogic></additional>', "lasts -5 s"),
        (b'<additional><tlLogic id="C"><phase duration="5" state="G" next="1e9"/></tlLogic></additional>', "signal C"),
        (b'<additional><tlLogic id="C">' + b'<phase duration="5" state="G"/>' * 1001 + b"</tlLogic></additional>", "1001"),
        (b'<additional>' + b'<tlLogic id="C"><phase duration="5" state="G"/></tlLogic>' * 2 + b"</additional>", "twice"),
        (b"<a>" * 100_000, "cannot read"),
        (gzip.compress(b"<additional>" + b" " * (1 << 27)), "longer than 67108864 bytes"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_in_one_line(tmp_path: Path, content: bytes, fix: str) -> None:
    path = tmp_path / "in.add.xml"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=fix) as caught:
        read_programmes(path)
    assert "\n" not in str(caught.value)


def test_no_other_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_text(f"<additional>{logic_row('X', ROWS)}</additional>", encoding="utf-8")
    path = additional(tmp_path, '<include href="other.xml"/>', logic_row("C", ROWS))
    assert [p.signal for p in read_programmes(path)] == ["C"]


def test_names_need_not_be_tame(tmp_path: Path) -> None:
    world = town(tmp_path)
    unit = world.units[0]
    stages = tuple(replace(stage, name=f"<{stage.name}>&\"'") for stage in unit.site.stages)
    odd = replace(world, units=(replace(unit, site=replace(unit.site, stages=stages)),))
    plan = plan_of(odd)
    assert import_programmes(written(tmp_path, odd, plan), odd).plan("p") == plan


BITS = (
    "",
    '"',
    "<",
    ">",
    "&",
    "y",
    "g",
    "9",
    "-",
    "1e9",
    "nan",
    "inf",
    " ",
    "0.05",
    'next="0"',
    "<phase/>",
    "é",
    "<!ENTITY a 'b'>",
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 9), st.sampled_from(BITS)), min_size=1, max_size=3))
def test_damaged_programmes_are_refused_or_named(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[int, int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    world = town(folder)
    path = written(folder, world, plan_of(world))
    text = path.read_text(encoding="utf-8")
    for place, length, bit in cuts:
        text = text[:place] + bit + text[place + length :]
    path.write_text(text, encoding="utf-8")
    try:
        found = import_programmes(path, world)
        assert all(item.plan is not None or item.reason for item in found.signals)
    except InvalidInputError as error:
        assert "\n" not in str(error)
