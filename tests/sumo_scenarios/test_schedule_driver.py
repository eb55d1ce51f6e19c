"""`fixed` with a schedule in SUMO: plans change at a cycle's end and come into step; `adaptive` falls back to them first."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_hash
from signal_ctrl.domain.schedule import WEEKDAYS, DayType, Entry, PlanRef, Schedule
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timetable import ScheduledPlans, Timetable, usual_start
from sumo_scenarios import run as runs
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.run import RunResult, execute
from sumo_scenarios.schedule_file import read_schedule, write_schedule
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World, build_world
from tests.sumo_scenarios.test_plan_driver import shown

SCENARIO = "cologne3"


def go(out: Path, **options: Any) -> RunResult:
    settings = RunSettings(SCENARIO, **{"controller": "fixed", "end_s": 25800.0, **options})
    return execute(settings, out, False, lambda _progress: None)


def world_of() -> World:
    return build_world(resolve(SCENARIO), RunSettings(SCENARIO).profile, None, None)


def plan_of(name: str, world: World, cycle_s: int, shift_s: int) -> Plan:
    parts = []
    for i, unit in enumerate(world.units):
        own = unit.stages_from[0][1]
        splits_s = [cycle_s // len(own)] * len(own)
        splits_s[0] += cycle_s - sum(splits_s)
        names, offset_s = tuple(unit.site.stages[s].name for s in own), (shift_s * i) % cycle_s
        signal, splits_ds = unit.site.signal_id, tuple(10 * s for s in splits_s)
        parts.append(SignalPlan(signal, site_hash(unit.site), 10 * cycle_s, 10 * offset_s, names, splits_ds))
    return Plan(name, tuple(parts))


def scheduled(world: World) -> ScheduledPlans:
    """Return `early` up to 07:05 and `late` after it; the run begins at 07:00."""
    plans = (plan_of("early", world, 60, 7), plan_of("late", world, 75, 31))
    refs = tuple(PlanRef(plan.name, plan_hash(plan)) for plan in plans)
    day = DayType("all", WEEKDAYS, (Entry(0, "early"), Entry(425, "late")))
    return ScheduledPlans(Schedule("test", "Europe/Berlin", refs, (day,)), plans)


def decisions(run: Path) -> list[str]:
    return (run / "decisions.jsonl").read_text().splitlines()


def test_a_timetable_follows_the_clock_of_the_zone() -> None:
    world = world_of()
    plans = scheduled(world)
    table = Timetable(plans, usual_start(plans.schedule, 25200.0), 252_000)
    assert [table.name_at(t) for t in (0, 252_000, 254_999, 255_000, 252_000, 252_000 + 864_000)] == [
        "early", "early", "early", "late", "early", "early",
    ]  # fmt: skip
    asked_late = Timetable(plans, usual_start(plans.schedule, 25200.0), 252_000)
    assert asked_late.name_at(255_000) == "late"
    summer = Timetable(plans, dt.datetime(2026, 7, 1, 5, 4, tzinfo=dt.UTC), 0)
    assert [summer.name_at(t) for t in (0, 599, 600)] == ["early", "early", "late"]


@pytest.mark.sumo
def test_plans_change_in_sumo_and_every_signal_comes_into_step(tmp_path: Path) -> None:
    world = world_of()
    plans = scheduled(world)
    result = go(tmp_path / "run", schedule=plans, end_s=26100.0)
    assert result.exit_code == 0
    assert (result.document["kernel"]["refusals"], result.document["kernel"]["violations"]) == (0, 0)
    assert any("begins at 2026-01-05T06:00:00Z with plan early" in notice for notice in result.notices)
    late = plans.of("late")
    for unit in world.units:
        states = shown(tmp_path / "run")[unit.site.signal_id]
        for part, from_s, to_s in ((plans.of("early"), 25320, 25500), (late, 25500 + 60 + 3 * 113, 26100)):
            own = part.of(unit.site.signal_id)
            assert own is not None
            checked = 0
            for at_s, state in states.items():
                index, since_ds = own.place(10 * at_s)
                rights = unit.site.stages[index].rights
                if from_s < at_s < to_s and since_ds >= 60:
                    greens = [state[g.links[0]] in "Gg" for g in unit.site.groups]
                    assert greens == [right.is_green for right in rights], (part.name, at_s)
                    checked += 1
            assert checked > 80
    reasons = [json.loads(line).get("reason") for line in decisions(tmp_path / "run")]
    assert any("on the way into step with a cycle of 75 s" in (reason or "") for reason in reasons)


@pytest.mark.sumo
def test_a_run_with_a_schedule_is_replayed(tmp_path: Path) -> None:
    go(
        tmp_path / "run",
        schedule=scheduled(world_of()),
        start=dt.datetime(2026, 7, 1, 5, 4, tzinfo=dt.UTC),
        end_s=25400.0,
    )
    again = runs.replay(tmp_path / "run", tmp_path / "again", False, lambda _progress: None)
    assert (again.status, again.differences) == ("complete", 0)


@pytest.mark.sumo
def test_adaptive_falls_back_to_the_schedule_before_the_local_plan(tmp_path: Path) -> None:
    go(tmp_path / "run", controller="adaptive", schedule=scheduled(world_of()), failure_rate=1.0, end_s=25700.0)
    rows = [json.loads(line) for line in decisions(tmp_path / "run")]
    rungs = {row["rung"] for row in rows if row.get("rung")}
    assert rungs == {"schedule"}
    reasons = [row.get("reason") or "" for row in rows]
    assert any("into the cycle of 60 s" in reason for reason in reasons)
    assert any("into the cycle of 75 s" in reason for reason in reasons)


@pytest.mark.sumo
def test_a_schedule_whose_plans_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    plans = scheduled(world_of())
    first = plans.plans[1].signals[0]
    broken = replace(plans.plans[1], signals=(replace(first, site="0" * 64), *plans.plans[1].signals[1:]))
    refs = (plans.schedule.plans[0], PlanRef("late", plan_hash(broken)))
    other = ScheduledPlans(replace(plans.schedule, plans=refs), (plans.plans[0], broken))
    with pytest.raises(InvalidInputError, match=r"plan late: signal .* made for another site"):
        go(tmp_path / "run", schedule=other)
    assert not (tmp_path / "run").exists()


def test_schedule_files_round_trip_and_damage_is_named(tmp_path: Path) -> None:
    plans = scheduled(world_of())
    write_schedule(plans, tmp_path)
    assert read_schedule(tmp_path / "schedule.json") == plans
    text = (tmp_path / "plans" / "late.json").read_text()
    (tmp_path / "plans" / "late.json").write_text(text.replace('"offset_ds":0', '"offset_ds":10'))
    with pytest.raises(InvalidInputError, match="plan late is not the one that the schedule was made with"):
        read_schedule(tmp_path / "schedule.json")
    (tmp_path / "plans" / "late.json").unlink()
    with pytest.raises(InvalidInputError, match=r"cannot read the plan .*late\.json"):
        read_schedule(tmp_path / "schedule.json")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"controller": "net"}, "a schedule is for controllers fixed and adaptive"),
        ({"transition": "longway"}, "choose one of shortway"),
        ({"schedule": None, "start": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "a schedule that it is for"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        RunSettings(SCENARIO, **{"controller": "fixed", "schedule": scheduled(world_of()), **changes})
