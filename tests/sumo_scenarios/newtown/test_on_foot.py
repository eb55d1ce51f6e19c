"""What a new town has for people on foot beside its crossings: midblocks, leads, longer clearances at schools, scrambles."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from signal_ctrl.domain.plan import Plan, plan_of_document
from signal_ctrl.domain.profile import STREET
from signal_ctrl.domain.site import GroupKind, Right
from signal_ctrl.engine.longer_hours import is_longer_on_monday
from signal_ctrl.gateways.event_rows import event_rows
from sumo_scenarios import catalogue
from sumo_scenarios.built_files import export_newtown
from sumo_scenarios.logs import BEGIN_WALK
from sumo_scenarios.newtown.files import FILES
from sumo_scenarios.newtown.town_plan import plan_town
from sumo_scenarios.newtown.ways import ways_of
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world
from tests.sumo_scenarios.newtown.small_town import TOWN, departing, refereed


@pytest.fixture(scope="module")
def with_midblocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_newtown(tmp_path_factory.mktemp("midblocks") / "town", replace(TOWN, midblocks=3)).parent


@pytest.mark.sumo
def test_midblocks_are_signals_for_people_between_the_others(with_midblocks: Path, folder: Path) -> None:
    own = build_world(catalogue.resolve(str(with_midblocks / "newtown.sumocfg")), STREET, None, None)
    units = [unit for unit in own.units if unit.site.signal_id.startswith("X")]
    assert len(units) == 3 and len(own.units) == 9
    told = json.loads((with_midblocks / "town.json").read_text())
    assert {f"X{name}" for name in told["midblocks"]} == {unit.site.signal_id for unit in units}
    assert "midblocks" not in json.loads((folder / "town.json").read_text())
    for unit in units:
        vehicles, people = unit.site.stages[:2]
        kinds = [group.kind for group in unit.site.groups]
        assert [g for g, right in enumerate(people.rights) if right.is_green] == [
            g for g, kind in enumerate(kinds) if kind is GroupKind.CROSSING
        ]
        assert all(right is Right.PROTECTED for right, k in zip(vehicles.rights, kinds, strict=True) if k is kinds[0])
        programme = unit.programmes[0][1]
        assert programme.offset_s > 0 and sum(step.duration_s for step in programme.steps) == told["cycle_s"]
    over = [
        (walk.get("edges") or "").split()
        for person in departing(with_midblocks, "newtown.people.rou.xml")
        for walk in person.findall("walk")
    ]
    there = {f"X{name}" for name in told["midblocks"]}
    ends = {edge: plain.get("to") for edge, plain in _plain_edges(with_midblocks).items()}
    assert any(ends[a] in there and ends[a] == ends[b] for edges in over for a, b in pairwise(edges))


def _plain_edges(folder: Path) -> dict[str, ElementTree.Element]:
    return {edge.get("id", ""): edge for edge in ElementTree.parse(folder / "plain.edg.xml").getroot()}


def people_in_the_wave(plan: Plan) -> list[str]:
    """Return the midblocks at which people walk while those come who started straight on at the crossing before."""
    found = []
    for way in ways_of(plan_town(TOWN.rows, TOWN.columns, TOWN.seed, 3)).values():
        own, before = plan.of(way.midblock), plan.of(way.ends[0])
        if own is None or before is None or way.heading not in "EN":
            continue
        stage = 0 if way.heading == "E" else 2
        arrives_ds = (
            before.offset_ds + sum(before.splits_ds[:stage]) + round(5 * way.length_m / way.road_class.speed_mps)
        )
        walk_ds = own.offset_ds + own.splits_ds[0]
        assert own.cycle_ds == before.cycle_ds
        if any(
            (arrives_ds + t - walk_ds) % own.cycle_ds < own.splits_ds[1] for t in range(0, before.splits_ds[stage], 10)
        ):
            found.append(way.midblock)
    return found


@pytest.mark.sumo
@pytest.mark.slow
@pytest.mark.parametrize(
    ("controller", "crossings"),
    [
        ("max_pressure", "recall"),
        pytest.param("adaptive", "buttons", marks=pytest.mark.deep),
        pytest.param("green_wave", "recall", marks=pytest.mark.deep),
    ],
)
def test_midblocks_are_served(controller: str, crossings: str, with_midblocks: Path, tmp_path: Path) -> None:
    times = {"begin_s": 25200.0, "end_s": 25440.0}
    config = str(with_midblocks / "newtown.sumocfg")
    settings = RunSettings(config, controller, profile=STREET, crossings=crossings, **times)  # type: ignore[arg-type]
    result = execute(settings, tmp_path / "run", False, lambda _progress: None)
    assert result.status == "complete" and result.document["kernel"]["violations"] == 0, result.error
    assert not refereed(result.folder)
    if controller == "green_wave":
        document = json.loads((result.folder / "settings.json").read_text())["plan"]
        assert not people_in_the_wave(plan_of_document(document))
    walks = event_rows(result.folder / "events.parquet", [BEGIN_WALK])
    assert len({device for _, device, _, _ in walks if device.startswith("X")}) == 3


ON_FOOT = replace(TOWN, lead_s=4, schools_s=6, scrambles=2)


@pytest.fixture(scope="module")
def for_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_newtown(tmp_path_factory.mktemp("on_foot") / "town", ON_FOOT).parent


@pytest.mark.sumo
def test_a_town_may_ask_for_leads_longer_clearances_at_schools_and_scrambles(for_people: Path, folder: Path) -> None:
    facts = json.loads((for_people / "town.json").read_text())
    schools = {block["block"] for block in facts["blocks"] if block["pupils"]}
    corners = {f"J{int(b[1]) + r}x{int(b[3]) + c}" for b in schools for r in (0, 1) for c in (0, 1)}
    assert schools and set(facts["longer_near_schools"]) == corners and len(facts["scrambles"]) == 2
    own = build_world(catalogue.resolve(str(for_people / "newtown.sumocfg")), STREET, None, None)
    for unit in own.units:
        site = unit.site
        crossings = {g for g, group in enumerate(site.groups) if group.kind is GroupKind.CROSSING}
        longer_ds = 60 if site.signal_id in corners else 0
        assert {(site.groups[g].lead_ds, site.groups[g].longer_ds) for g in crossings} == {(40, longer_ds)}
        assert is_longer_on_monday(site, 7.5 * 3600) is bool(longer_ds) and not is_longer_on_monday(site, 10.0 * 3600)
        alone = [s for s in site.stages if {g for g, right in enumerate(s.rights) if right.is_green} == crossings]
        assert len(alone) == (site.signal_id in facts["scrambles"])
    changed = {name for name in FILES if (for_people / name).read_bytes() != (folder / name).read_bytes()}
    assert changed == {"newtown.net.xml", "plain.tll.xml", "town.json"}


@pytest.mark.sumo
@pytest.mark.slow
def test_leads_longer_clearances_and_scrambles_break_no_rule(for_people: Path, tmp_path: Path) -> None:
    settings = RunSettings(
        str(for_people / "newtown.sumocfg"), "adaptive", profile=STREET, crossings="buttons", begin_s=25200.0,
        end_s=25440.0,
    )  # fmt: skip
    result = execute(settings, tmp_path / "run", False, lambda _progress: None)
    assert result.status == "complete" and result.document["kernel"]["violations"] == 0, result.error
    assert not refereed(result.folder)
