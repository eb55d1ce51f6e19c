"""In SUMO: an exported programme, run as it is, shows the lamps that `fixed` shows, second for second."""

from pathlib import Path

import pytest

from bench.tuning.store import tuned_plan
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.profile import PUBLISHED, STREET, SafetyProfile
from signal_ctrl.domain.site_json import site_hash
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.plan_programmes import plan_programmes
from sumo_scenarios.programme_text import programmes_text
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World, build_world
from tests.sumo_scenarios.test_plan_driver import shown

pytestmark = pytest.mark.sumo
BEGIN_S = 25200.0


def even_plan(world: World) -> Plan:
    """Return a plan of 120 s with all stages of each programme in their order, offset from signal to signal."""
    parts = []
    for i, unit in enumerate(world.units):
        own = unit.stages_from[0][1]
        splits_s = [120 // len(own)] * len(own)
        splits_s[0] += 120 - sum(splits_s)
        names = tuple(unit.site.stages[s].name for s in own)
        splits_ds = tuple(10 * s for s in splits_s)
        parts.append(SignalPlan(unit.site.signal_id, site_hash(unit.site), 1200, 70 * i, names, splits_ds))
    return Plan("even", tuple(parts))


@pytest.mark.parametrize(("scenario", "safety"), [("cologne8", PUBLISHED), ("cologne3", STREET)])
def test_sumo_keeps_the_plan_as_the_kernel_does(tmp_path: Path, scenario: str, safety: SafetyProfile) -> None:
    world = build_world(resolve(scenario), safety, None, None)
    plan = tuned_plan(scenario, safety) or even_plan(world)
    files = read_configuration(resolve(scenario).config)
    (tmp_path / "plan.add.xml").write_text(programmes_text(plan_programmes(plan, world).programmes, True))
    config = tmp_path / "kept.sumocfg"
    config.write_text(
        f'<configuration><net-file value="{files.net}"/><route-files value="{",".join(map(str, files.routes))}"/>'
        f'<additional-files value="plan.add.xml"/><begin value="{BEGIN_S}"/><end value="{BEGIN_S + 420}"/></configuration>'
    )
    ours = RunSettings(scenario, "fixed", end_s=BEGIN_S + 420, plan=plan, profile=safety)
    theirs = RunSettings(str(config), "net", end_s=BEGIN_S + 420, profile=safety)
    for name, settings in (("fixed", ours), ("net", theirs)):
        assert execute(settings, tmp_path / name, False, lambda _progress: None).status == "complete"
    fixed, net = shown(tmp_path / "fixed"), shown(tmp_path / "net")
    checked = 0
    for unit in world.units:
        signal = unit.site.signal_id
        for at_s in range(int(BEGIN_S) + 240, int(BEGIN_S) + 419):
            assert fixed[signal][at_s] == net[signal][at_s], (signal, at_s)
            checked += 1
    assert checked == 179 * len(world.units)
    assert any("y" in state for states in net.values() for state in states.values())
