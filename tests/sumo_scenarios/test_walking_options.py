"""Parameters of a programme for people on foot, and the sites that come of them."""

import shutil
from pathlib import Path

import pytest

from detectors.crossings.approaches import crossings_of
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import STREET
from signal_ctrl.domain.site import DayHours, GroupKind, Right
from signal_ctrl.domain.site_json import site_from_json, site_to_json
from signal_ctrl.engine.longer_hours import is_longer_at, is_longer_on_monday
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios import catalogue
from sumo_scenarios.walking_options import HOURS, LEAD, LONGER, SCRAMBLE, WalkingOptions, walking_options
from sumo_scenarios.world import World, build_world
from tests.signal_ctrl.kernel.small_sites import WALK, crossroads

PARAM = '<param key="signal-ctrl.max_red_s" value="180"/>'
HOUR_MS = 3_600_000


def town(folder: Path, **wanted: str) -> World:
    """Return the world of the smallest new town whose programmes have these parameters."""
    source = catalogue.resolve("newtown-2x2").config.parent
    shutil.copytree(source, folder)
    net = folder / "newtown.net.xml"
    rows = "".join(f'<param key="signal-ctrl.{key}" value="{value}"/>' for key, value in wanted.items())
    text = net.read_text(encoding="utf-8")
    assert PARAM in text
    net.write_text(text.replace(PARAM, PARAM + rows), encoding="utf-8")
    return build_world(catalogue.resolve(str(folder / "newtown.sumocfg")), STREET, None, None)


def test_nothing_asked_is_nothing_changed() -> None:
    options = walking_options({}, 1)
    site = crossroads()
    assert options == WalkingOptions()
    assert tuple(map(options.group, site.groups)) == site.groups
    assert options.stages(site.groups, site.stages, {"a": (0, 1)}) == (site.stages, {"a": (0, 1)})


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({SCRAMBLE: "often"}, "added or exclusive"),
        ({LONGER: "5"}, "go together"),
        ({HOURS: "0-4@07:00-08:00"}, "go together"),
        ({LONGER: "5", HOURS: "Monday"}, "wants rows like"),
        ({LONGER: "5", HOURS: "4-0@07:00-08:00"}, "hours need days"),
        ({LONGER: "5", HOURS: "0-4@09:00-08:00"}, "hours need days"),
        ({LEAD: "soon"}, "soon"),
    ],
)
def test_what_cannot_be_is_refused(parameters: dict[str, str], text: str) -> None:
    with pytest.raises(InvalidInputError, match=text):
        walking_options(parameters, 1)


def test_a_scramble_is_added_or_the_only_walk() -> None:
    site = crossroads()
    for wanted, walks in (("added", 2), ("exclusive", 1)):
        stages, chosen = walking_options({SCRAMBLE: wanted}, 1).stages(
            site.groups, site.stages, {"a": (0, 1, 2), "b": (0,)}
        )
        assert chosen == {"a": (0, 1, 2, 3), "b": (0,)}
        assert sum(stage.rights[WALK] is Right.PROTECTED for stage in stages) == walks
        assert [g for g, right in enumerate(stages[-1].rights) if right.is_green] == [WALK]


@pytest.mark.sumo
def test_a_town_with_all_options(tmp_path: Path) -> None:
    hours = "0-4@07:00-08:30 0-4@16:00-17:30"
    world = town(tmp_path / "town", lead_s="4", longer_s="6", longer_hours=hours, scramble="exclusive")
    assert len(world.units) == 4
    for unit in world.units:
        site = unit.site
        for group in site.groups:
            crossing = group.kind is GroupKind.CROSSING
            assert (group.lead_ds, group.longer_ds) == ((40, 60) if crossing else (0, 0))
        assert site.longer_hours == (DayHours((0, 1, 2, 3, 4), 420, 510), DayHours((0, 1, 2, 3, 4), 960, 1050))
        scramble = site.stages[unit.stages_from[0][1][-1]]
        assert {g for g, right in enumerate(scramble.rights) if right.is_green} == set(crossings_of(site))
        assert site_from_json(site_to_json(site)) == site
        assert Kernel(site).tables.leads


def test_hours_are_those_of_the_wall() -> None:
    groups = crossroads().groups
    groups = tuple((*groups[:3], WalkingOptions(longer_ds=50).group(groups[3])))
    site = crossroads(groups=groups, longer_hours=(DayHours((0,), 420, 480),), zone="Asia/Shanghai")
    monday_ms = 1_790_524_800_000  # 2026-09-27T16:00Z, a Monday at midnight in Shanghai
    assert [is_longer_at(site, monday_ms + h * HOUR_MS) for h in (6, 7, 8, 7 + 24)] == [False, True, False, False]
    assert [is_longer_on_monday(site, h * 3600.0) for h in (6.99, 7.0, 8.0, 31.0)] == [False, True, False, False]
    assert not is_longer_at(crossroads(), monday_ms)


@pytest.mark.parametrize("changes", [{"zone": "UTC"}, {"longer_hours": (DayHours((0,), 0, 60),)}])
def test_hours_zone_and_longer_clearance_go_together(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="no other does"):
        crossroads(**changes)
