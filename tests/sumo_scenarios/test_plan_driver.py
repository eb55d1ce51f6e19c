"""`fixed` in SUMO: the lamps that SUMO itself records are the plan's to the frame; what cannot be kept is refused."""

import gzip
import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_from_json
from signal_ctrl.domain.profile import STREET
from signal_ctrl.domain.site_json import site_hash
from sumo_scenarios import run as runs
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.first_plan import with_plan
from sumo_scenarios.run import RunResult, execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world

pytestmark = pytest.mark.sumo
ROW = re.compile(r'<tlsState time="([0-9.]+)" id="([^"]+)" programID="[^"]*" phase="[^"]*" state="([^"]+)"')
SHORT = {"controller": "fixed", "end_s": 25500.0}


def go(out: Path, scenario: str = "cologne3", **options: Any) -> RunResult:
    return execute(RunSettings(scenario, **{**SHORT, **options}), out, False, lambda _progress: None)


def plan_of(scenario: str = "cologne3", **changes: Any) -> Plan:
    """Return a plan that differs from signal to signal: cycle 60, 62, 64 s, all stages of the programme in their order."""
    world = build_world(resolve(scenario), RunSettings(scenario).profile, None, None)
    parts = []
    for i, unit in enumerate(world.units):
        own = unit.stages_from[0][1]
        n, cycle_s = len(own), 60 + 2 * i
        splits_s = [cycle_s // n] * n
        splits_s[0] += cycle_s - sum(splits_s)
        names = tuple(unit.site.stages[s].name for s in own)
        parts.append(
            SignalPlan(
                unit.site.signal_id, site_hash(unit.site), 10 * cycle_s, 70 * i, names, tuple(10 * s for s in splits_s)
            )
        )
    return Plan("test", (replace(parts[0], **changes), *parts[1:]))


def shown(run: Path) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = defaultdict(dict)
    with gzip.open(run / "tls_states.xml.gz", "rt") as file:
        for line in file:
            for at_s, signal, state in ROW.findall(line):
                found[signal][round(float(at_s))] = state
    return found


def test_realised_greens_are_the_plans_to_the_second(tmp_path: Path) -> None:
    plan = plan_of()
    result = go(tmp_path / "run", plan=plan)
    assert result.exit_code == 0
    assert (result.document["kernel"]["refusals"], result.document["kernel"]["violations"]) == (0, 0)
    world = build_world(resolve("cologne3"), RunSettings("cologne3").profile, None, None)
    for unit in world.units:
        own = plan.of(unit.site.signal_id)
        assert own is not None
        states = shown(tmp_path / "run")[unit.site.signal_id]
        checked = 0
        for at_s, state in states.items():
            index, since_ds = own.place(10 * at_s)
            if at_s < 25200 + 2 * own.cycle_ds / 10:
                continue
            rights = unit.site.stages[index].rights
            for group, right in zip(unit.site.groups, rights, strict=True):
                letter = state[group.links[0]]
                if right.is_green and since_ds >= 40:
                    assert letter in "Gg", (at_s, group.name)
                if not right.is_green:
                    assert letter in ("y" if since_ds < 30 else "r", "r"), (at_s, group.name)
                checked += 1
        assert checked > 500


def test_every_cycle_is_the_one_before_it(tmp_path: Path) -> None:
    plan = plan_of()
    go(tmp_path / "run", plan=plan)
    for signal, states in shown(tmp_path / "run").items():
        own = plan.of(signal)
        assert own is not None
        cycle_s = own.cycle_ds // 10
        late = {t: s for t, s in states.items() if t >= 25200 + cycle_s}
        assert all(late[t + cycle_s] == s for t, s in late.items() if t + cycle_s in late)


def test_a_plan_the_kernel_cannot_keep_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    short = plan_of(splits_ds=(70, 260, 270))
    with pytest.raises(InvalidInputError, match="cannot hold its change and minimum green in 7 s"):
        go(tmp_path / "run", plan=short)
    assert not (tmp_path / "run").exists()
    with pytest.raises(InvalidInputError, match="another site"):
        go(tmp_path / "run", plan=plan_of(), profile=STREET)


def test_without_a_plan_one_is_computed_and_the_notice_says_so(tmp_path: Path) -> None:
    result = go(tmp_path / "run")
    assert any("bench tune cologne3" in notice for notice in result.notices)
    kept = json.loads((tmp_path / "run" / "settings.json").read_text())["plan"]
    world = build_world(resolve("cologne3"), RunSettings("cologne3").profile, None, None)
    settings, _ = with_plan(RunSettings("cologne3", controller="fixed"), world, (25200.0, 25500.0))
    assert plan_from_json(json.dumps(kept)) == settings.plan


def test_sensing_makes_no_difference(tmp_path: Path) -> None:
    one = go(tmp_path / "a", plan=plan_of())
    other = go(tmp_path / "b", plan=plan_of(), sensing="positions")
    assert one.document["delay_s_per_vehicle"] == other.document["delay_s_per_vehicle"]
    assert (tmp_path / "a" / "decisions.jsonl").read_bytes() == (tmp_path / "b" / "decisions.jsonl").read_bytes()


@pytest.mark.parametrize("profile", [RunSettings("x").profile, STREET], ids=lambda p: str(p.name))
def test_a_replay_shows_the_same_lamps(tmp_path: Path, profile: Any) -> None:
    go(tmp_path / "run", "cologne1", profile=profile)
    again = runs.replay(tmp_path / "run", tmp_path / "again", False, lambda _progress: None)
    assert (again.differences, again.first_difference) == (0, None)
    assert again.document["delay_s_per_vehicle"] is not None


def test_only_who_keeps_one_takes_a_plan() -> None:
    with pytest.raises(InvalidInputError, match="for controllers fixed, green_wave, hybrid"):
        RunSettings("cologne3", controller="adaptive", plan=plan_of())
