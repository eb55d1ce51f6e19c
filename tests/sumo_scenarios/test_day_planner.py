"""A schedule from counted days of one junction: kept by the kernel, no dearer than one plan, and how it ages."""

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from optimiser.cycle_split import mean_delay_s, stage_cycle
from optimiser.network_plan import Timing
from optimiser.schedule.ageing import aged
from optimiser.schedule.plan_costs import delays_veh_h
from signal_ctrl.cli.main import call
from signal_ctrl.domain.counted_days import DayProfiles, counted_days_to_csv, slot_flows_veh_h
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_to_json
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.schedule import SpecialDay
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.engine.acceptance import check_plan
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.counted_volumes import CountedStreets, check_turns
from sumo_scenarios.day_ageing import ageing_rows
from sumo_scenarios.day_planner import DaySchedule, SignalsOf, Wishes, plan_days
from sumo_scenarios.needed_turns import turns_of
from sumo_scenarios.schedule_file import read_schedule
from sumo_scenarios.world import World, build_world

NAME = "cologne1"
MONDAY = dt.date(2026, 3, 2)
HOUR = (np.arange(96) + 0.5) / 4


def silent(_line: str) -> None:
    """Say nothing."""


@lru_cache
def world() -> World:
    return build_world(resolve(NAME), PUBLISHED, None, None)


def turns() -> tuple[tuple[str, str, str], ...]:
    net, unit = world().net, world().units[0]
    lanes = [(c.from_lane, c.to_lane) for c in net.signal_links[unit.site.signal_id]]
    pairs = {(net.lanes[a].edge_id, net.lanes[b].edge_id) for a, b in lanes if a in net.lanes and b in net.lanes}
    return tuple(sorted((unit.site.signal_id, a, b) for a, b in pairs))


def peak(at_h: float) -> np.ndarray:
    return np.asarray(np.exp(-(((HOUR - at_h) / 1.0) ** 2) / 2))


def profiles(*offsets: int, drift: float = 0.0) -> DayProfiles:
    """Return days with a morning peak from half of the approaches and an evening peak from the other half."""
    found = turns()
    unit = world().units[0]
    green = {g for g, right in enumerate(unit.site.stages[0].rights) if right.is_green}
    edges = {unit.layout.lanes[m.lane].edge_id for m in unit.layout.movements if m.group in green}
    first = np.array([turn[1] in edges for turn in found])
    dates = tuple(MONDAY + dt.timedelta(days=k) for k in offsets)
    days = []
    for date in dates:
        if date.weekday() >= 5:
            rate = 8 + 10 * peak(14.0)[:, None] * np.ones(len(found))
        else:
            rate = 6 + 50 * (1 + drift) * np.outer(peak(8.0), first) + 50 * (1 - drift) * np.outer(peak(17.0), ~first)
        days.append(rate)
    return DayProfiles(dates, found, np.round(np.stack(days)))


@lru_cache
def planned() -> DaySchedule:
    return plan_days(world(), profiles(0, 1, 2, 3, 4, 5, 6), (), Wishes("Europe/Berlin"), silent)


def test_days_and_peaks_are_found_and_every_plan_is_kept() -> None:
    found = planned()
    assert [day.group.name for day in found.days] == ["workday", "weekend"]
    work = found.days[0]
    assert len({stretch.plan for stretch in work.stretches}) >= 2
    plans = {hour: next(s.plan for s in work.stretches if s.begin_min <= 60 * hour < s.end_min) for hour in (8, 17)}
    assert plans[8] != plans[17]
    for plan in found.scheduled.plans:
        check_plan(plan, (world().units[0].site,))


def test_the_schedule_costs_no_more_than_one_plan_and_no_less_than_any() -> None:
    for day in planned().days:
        assert day.any_plan_veh_h <= day.delay_veh_h + 1e-9
        assert day.delay_veh_h + day.change_cost_veh_h <= day.one_plan_veh_h + 1e-9
        assert [s.begin_min for s in day.stretches] == [0, *(s.end_min for s in day.stretches[:-1])]
        assert day.stretches[-1].end_min == 1440


def test_one_plan_a_day_is_kept_all_day_and_a_single_day_stands_for_the_week() -> None:
    special = (SpecialDay(dt.date(2026, 5, 1), "tue", "x"),)
    found, again = (plan_days(world(), profiles(1), special, Wishes("UTC", most_plans=1), silent) for _ in range(2))
    assert found.scheduled == again.scheduled
    assert [len(day.stretches) for day in found.days] == [1]
    assert found.days[0].delay_veh_h == pytest.approx(found.days[0].one_plan_veh_h)
    assert found.scheduled.schedule.special_days[0].day_type == found.days[0].group.name
    assert "no mon was counted; it runs as type tue" in found.notices


def test_delays_of_a_table_are_those_of_the_formula() -> None:
    signals = SignalsOf(world(), turns())
    slots = [signals.under(slot_flows_veh_h(turns(), profiles(0).vehicles[0, k]))[0] for k in (10, 32)]
    stages = slots[0].choice[:2]
    timings = [Timing(stages, (20, 30)), Timing(stages, (40, 30)), Timing(stages, (25, 25))]
    found = delays_veh_h(slots, timings)
    for row, timing in enumerate(timings):
        for column, signal in enumerate(slots):
            cycle = stage_cycle(signal.site, signal.tables, signal.streams, stages)
            one_s = mean_delay_s(signal.streams, cycle, np.array(timing.splits_s, dtype=np.float64))
            vehicles = float(signal.streams.flow_veh_s.sum()) * 900
            assert found[row, column] == pytest.approx(one_s * vehicles / 3600)


def test_a_schedule_does_not_age_under_its_own_counts_but_under_others() -> None:
    rows = list(ageing_rows(world(), planned().scheduled, profiles(0, 1, 2, 3, 4, 5, 6), silent))
    assert {row.week for row in rows} == {"2026-W10"}
    assert aged(rows) == ()
    assert all(-1e-9 <= row.excess < 0.05 for row in rows)
    later = list(ageing_rows(world(), planned().scheduled, profiles(7, 8, drift=0.0), silent))
    grown = profiles(14, 15, drift=0.9)
    grown.vehicles[:, 28:36] *= 1.6
    rows = [*rows, *later, *ageing_rows(world(), planned().scheduled, grown, silent)]
    found = aged(rows)
    assert found
    assert {one.since for one in found} == {"2026-W12"}
    plan = planned().scheduled.plans[0]
    assert {row.plan for row in ageing_rows(world(), plan, profiles(0), silent)} == {plan.name}


def test_counts_of_another_network_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="signal X of cologne1 has no turn from a to b"):
        check_turns(world(), [*turns(), ("X", "a", "b")])
    with pytest.raises(InvalidInputError, match=r"none of signal .*; count every signal"):
        check_turns(world(), [])
    unit = world().units[0]
    before, after = next(way for way, must in turns_of(unit, world()).items() if must)
    one = (unit.site.signal_id, before, after)
    with pytest.raises(InvalidInputError, match=f"signal {one[0]}, no count from {before} to {after}; write 0"):
        check_turns(world(), [turn for turn in turns() if turn != one])


def test_platoons_are_bounded_by_what_is_counted() -> None:
    net = build_world(resolve("grid4x4"), PUBLISHED, None, None).net
    lanes = {
        s: [(net.lanes[c.from_lane].edge_id, net.lanes[c.to_lane].edge_id) for c in cs]
        for s, cs in net.signal_links.items()
    }
    counted = tuple(sorted({(s, a, b) for s, pairs in lanes.items() for a, b in pairs}))
    rng = np.random.default_rng(3)
    flows = {turn: float(rng.integers(0, 300)) for turn in counted}
    volumes = CountedStreets(net, counted).volumes(flows)
    assert volumes.links
    for turn in counted:
        assert sum(veh_h for (_, after), veh_h in volumes.links.items() if after == turn) <= flows[turn] + 1e-6
        assert sum(veh_h for (before, _), veh_h in volumes.links.items() if before == turn) <= flows[turn] + 1e-6
    assert all(veh_h >= 0 for veh_h in volumes.links.values())
    assert all(way_s > 0 for way_s in volumes.ways_s.values())


def test_the_commands_make_judge_and_try_a_schedule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts, out = tmp_path / "counts.csv", tmp_path / "out"
    counts.write_text(counted_days_to_csv(profiles(0)))
    calendar = tmp_path / "calendar.csv"
    calendar.write_text("date,day_type,note\n2026-10-01,sat,National Day\n2026-10-10,mon,makes up\n")
    arguments = ["plan", "schedule", NAME, "--counts", str(counts), "--out", str(out), "--zone", "Asia/Shanghai"]
    assert call([*arguments, "--calendar", str(calendar)]) == 0
    text = capsys.readouterr().out
    assert "plans, every one kept by the safety kernel, 2 special days" in text
    found = read_schedule(out / "schedule.json")
    assert [day.note for day in found.schedule.special_days] == ["National Day", "makes up"]
    assert (out / "days.svg").read_text().lstrip().startswith("<?xml")
    assert (out / "days.png").read_bytes().startswith(b"\x89PNG")
    assert call(arguments) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert call(["plan", "ageing", str(out / "schedule.json"), NAME, "--counts", str(counts), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["aged"] == []
    plans = [str(out / "plans" / f"{ref.name}.json") for ref in found.schedule.plans[:2]]
    command = ["plan", "transition", *plans, "--scenario", NAME, "--at", "1007", "--diagram", str(tmp_path / "d.svg")]
    assert call([*command, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["signals"]
    assert (row["violations"], row["refusals"]) == (0, 0)
    assert row["cycles_adjusted"] <= 3
    assert (tmp_path / "d.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--counts", "none.csv"], "cannot read the counts none.csv"),
        (["--zone", "Nowhere"], "unknown time zone 'Nowhere'"),
        (["--most-plans", "0"], "--most-plans needs 1 to 24"),
        (["--change-cost", "-1"], "--change-cost needs 0 to 600"),
        (["--date", "yesterday"], "--date: 'yesterday' is no date"),
    ],
)
def test_bad_options_are_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = tmp_path / "c-2026-03-02.csv"
    counts.write_text("begin_s,end_s,signal,from_edge,to_edge,vehicles\n0,86400,A,b,c,1\n")
    given = [] if "--counts" in arguments else ["--counts", str(counts)]
    assert call(["plan", "schedule", NAME, "--out", str(tmp_path / "out"), *given, *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def plan_files(folder: Path) -> list[str]:
    unit = world().units[0]
    stages = unit.stages_from[0][1]
    names, signal = tuple(unit.site.stages[s].name for s in stages), unit.site.signal_id
    paths = []
    for k, cycle_s in enumerate((60, 80)):
        splits = tuple(10 * (cycle_s // len(stages)) for _ in stages)
        own = SignalPlan(signal, site_hash(unit.site), sum(splits), 70 * k, names, splits)
        path = folder / f"{k}.json"
        path.write_text(plan_to_json(Plan(str(k), (own,))))
        paths.append(str(path))
    (folder / "site.json").write_text(site_to_json(unit.site))
    return paths


def test_a_transition_is_tried_on_a_site_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans, site = plan_files(tmp_path), str(tmp_path / "site.json")
    for method in ("shortway", "dwell", "add-only"):
        assert call(["plan", "transition", *plans, "--site", site, "--at", "1000", "--method", method]) == 0
        assert "in step at" in capsys.readouterr().out
    assert call(["plan", "transition", *plans, "--site", site, "--at", "1000", "--most-cycles", "1", "--lengthen", "0.1",
                 "--shorten", "0", "--method", "add-only"]) == 1  # fmt: skip
    assert "is not in step within 1 cycles; the limits do not allow it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--at", "-5"], "--at needs a second"),
        (["--at", "nan"], "--at needs a second"),
        (["--at", "10.5"], "whole second"),
        (["--at", "10", "--method", "longway"], "choose one of shortway"),
        (["--at", "10", "--hold", "s1"], "--hold wants STAGE@SECONDS"),
        (["--at", "10", "--hold", "nowhere@30"], "has no stage 'nowhere'"),
        (["--at", "10", "--signal", "nobody"], "no signal nobody"),
        (["--at", "10", "--diagram", "x.gif"], "a picture is .png or .svg"),
        (["--at", "10", "--scenario", "cologne1"], "--scenario NAME, or --site FILE"),
    ],
)
def test_bad_transitions_are_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans, site = plan_files(tmp_path), str(tmp_path / "site.json")
    assert call(["plan", "transition", *plans, "--site", site, *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
