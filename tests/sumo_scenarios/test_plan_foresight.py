"""A plan chosen by the forecast, in SUMO: ahead of a demand that comes early, and no worse on a usual day."""

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_hash
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.schedule import WEEKDAYS, DayType, Entry, PlanRef, Schedule, SpecialDay
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.domain.timetable import ScheduledPlans
from sumo_scenarios import run as runs
from sumo_scenarios.plan_foresight import loops_of_approaches, special_kinds
from sumo_scenarios.run import RunResult, execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World
from tests.sumo_scenarios.networks import cross, write_config
from tests.sumo_scenarios.small_nets import world_of

BEGIN_S, END_S = 22_800.0, 26_700.0  # 06:20 to 07:25
CHANGE_MIN, EARLY_MIN = 420.0, 20.0
START = dt.datetime(2026, 4, 13, 6, 20, tzinfo=dt.UTC)  # a Monday
FIRST = dt.date(2026, 3, 16)
WAYS = {"WC": "CE", "EC": "CW", "NC": "CS", "SC": "CN"}
SLOT_MIN = 5.0


def veh_h(edge: str, minute: np.ndarray, change_min: float) -> np.ndarray:
    """Return the flow of an approach: from the change on the other street has the traffic."""
    share = np.clip((minute - change_min) / 4.0 + 0.5, 0.0, 1.0)
    low, high = 200.0, 650.0
    return np.asarray(high + (low - high) * share if edge in ("WC", "EC") else low + (high - low) * share)


@lru_cache
def history() -> str:
    """Return four weeks of counts: days differ by some per cent and some minutes."""
    dice = np.random.default_rng(7)
    minutes = (np.arange(288) + 0.5) * SLOT_MIN
    lines = ["date,begin_s,end_s,signal,from_edge,to_edge,vehicles"]
    for day in range(28):
        level, change_min = 1.0 + dice.normal(0.0, 0.05), CHANGE_MIN + dice.normal(0.0, 4.0)
        for edge, ahead in WAYS.items():
            counts = dice.poisson(veh_h(edge, minutes, change_min) * level * SLOT_MIN / 60.0)
            date = FIRST + dt.timedelta(days=day)
            lines += [f"{date},{300 * k},{300 * k + 300},C,{edge},{ahead},{n}" for k, n in enumerate(counts)]
            sides = [way for way in WAYS.values() if way not in (ahead, edge[::-1])]
            lines += [f"{date},{300 * k},{300 * k + 300},C,{edge},{side},0" for k in range(288) for side in sides]
    return "\n".join(lines) + "\n"


def write_town(folder: Path, change_min: float) -> Path:
    """Write a crossing of two streets of one lane each and the demand of one morning."""
    cross(lanes=1).build(folder)
    rows = []
    for minute in range(int(BEGIN_S // 60), int(END_S // 60)):
        for edge, ahead in WAYS.items():
            flow = float(veh_h(edge, np.array(minute + 0.5), change_min))
            rows.append((60.0 * minute, edge, ahead, flow))
    text = "".join(
        f'<flow id="{k}" from="{edge}" to="{ahead}" begin="{at_s:g}" end="{at_s + 60:g}" probability="{flow / 3600:.4f}" '
        f'departLane="best" departSpeed="max"/>'
        for k, (at_s, edge, ahead, flow) in enumerate(rows)
    )
    return write_config(folder, routes=f"<routes>{text}</routes>", begin_s=BEGIN_S, end_s=END_S)


def stage_for(world: World, edge: str) -> str:
    """Return the stage that lets most of a street go, straight on."""
    site, layout = world.units[0].site, world.units[0].layout
    groups = {m.group for m in layout.movements if layout.lanes[m.lane].edge_id == edge}
    green = [sum(site.stages[s].rights[g].is_green for g in groups) for s in world.units[0].stages_from[0][1]]
    return site.stages[world.units[0].stages_from[0][1][int(np.argmax(green))]].name


def scheduled(world: World) -> ScheduledPlans:
    """Return a plan for each street, changed at 07:00."""
    site = world.units[0].site
    names = (stage_for(world, "WC"), stage_for(world, "NC"))
    plans = tuple(
        Plan(name, (SignalPlan("C", site_hash(site), 600, 0, names, splits_ds),))
        for name, splits_ds in (("west", (400, 200)), ("north", (200, 400)))
    )
    day = DayType("all", WEEKDAYS, (Entry(0, "west"), Entry(int(CHANGE_MIN), "north")))
    refs = tuple(PlanRef(plan.name, plan_hash(plan)) for plan in plans)
    return ScheduledPlans(Schedule("test", "UTC", refs, (day,)), plans)


def go(folder: Path, town: Path, out: str, with_forecast: bool) -> RunResult:
    counts = folder / "history.csv"
    counts.write_text(history())
    plans = scheduled(world_of(town))
    settings = RunSettings(
        str(town), "fixed", schedule=plans, start=START, history=str(counts) if with_forecast else ""
    )
    result = execute(settings, folder / out, False, lambda _progress: None)
    assert result.exit_code == 0, result.error
    assert (result.document["kernel"]["refusals"], result.document["kernel"]["violations"]) == (0, 0)
    return result


def changes(run: Path) -> list[tuple[float, str]]:
    rows = (run / "plan_changes.csv").read_text().splitlines()[1:]
    return [(float(at_s), plan) for at_s, plan, _ in (row.split(",") for row in rows)]


@pytest.mark.sumo
@pytest.mark.slow
def test_a_demand_that_comes_early_is_met_before_the_timetable_would(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town", CHANGE_MIN - EARLY_MIN)
    plain = go(tmp_path, town, "plain", False).document["delay_s_per_vehicle"]
    ahead = go(tmp_path, town, "ahead", True).document["delay_s_per_vehicle"]
    assert ahead < 0.8 * plain
    (at_s, plan), *more = changes(tmp_path / "ahead")
    assert plan == "north" and not more
    assert 60 * (CHANGE_MIN - EARLY_MIN - 10) <= at_s <= 60 * (CHANGE_MIN - EARLY_MIN + 12)
    again = runs.replay(tmp_path / "ahead", tmp_path / "again", False, lambda _progress: None)
    assert (again.status, again.differences) == ("complete", 0)


@pytest.mark.sumo
@pytest.mark.slow
def test_on_a_usual_day_it_is_no_worse_than_the_timetable(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town", CHANGE_MIN)
    plain = go(tmp_path, town, "plain", False).document["delay_s_per_vehicle"]
    ahead = go(tmp_path, town, "ahead", True).document["delay_s_per_vehicle"]
    assert ahead <= 1.03 * plain
    assert len(changes(tmp_path / "ahead")) == 1
    told = json.loads((tmp_path / "ahead" / "settings.json").read_text())["schedule"]
    assert told["history"].endswith("history.csv")


@pytest.mark.sumo
def test_a_history_that_is_too_short_or_of_another_network_is_refused(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town", CHANGE_MIN)
    plans = scheduled(world_of(town))
    header, *lines = history().splitlines()
    for text, says in (
        ("\n".join([header, *lines[: 288 * 4 * 5]]), "days to learn from; a forecast needs 21"),
        (history().replace("2026-", "2028-"), "holds no day before 2026-04-13"),
    ):
        (tmp_path / "counts.csv").write_text(text)
        settings = RunSettings(str(town), "fixed", schedule=plans, start=START, history=str(tmp_path / "counts.csv"))
        with pytest.raises(InvalidInputError, match=says):
            execute(settings, tmp_path / "run", False, lambda _progress: None)


@pytest.mark.sumo
def test_every_lane_of_an_approach_is_counted_by_the_loops_farthest_upstream(tmp_path: Path) -> None:
    cross(lanes=2).build(tmp_path)
    layout = world_of(write_config(tmp_path, routes="<routes/>")).units[0].layout
    found = loops_of_approaches(layout, "C")
    assert {edge for _, edge in found.values()} == set(WAYS)
    for edge in WAYS:
        own = [layout.loops[k] for k, (_, of) in found.items() if of == edge]
        assert len({loop.role for loop in own}) == 1
        lanes = {k for k, lane in enumerate(layout.lanes) if lane.edge_id == edge}
        assert {lane for loop in own for lane in loop.serves} >= lanes


def test_special_days_of_a_schedule_are_as_the_weekdays_of_their_type() -> None:
    ref = PlanRef("p", "0" * 64)
    types = (
        DayType("workday", WEEKDAYS[:5], (Entry(0, "p"),)),
        DayType("rest", WEEKDAYS[5:], (Entry(0, "p"),)),
        DayType("feast", (), (Entry(0, "p"),)),
    )
    days = tuple(SpecialDay(dt.date(2026, 5, k + 1), name) for k, name in enumerate(("rest", "workday", "feast")))
    found = special_kinds(Schedule("s", "UTC", (ref,), types, days))
    assert [day.day_type for day in found] == ["sat", "mon", "feast"]


def test_a_forecast_without_a_schedule_or_loops_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="--forecast chooses among the plans of a schedule"):
        RunSettings("cologne1", "fixed", profile=PUBLISHED, history="x.csv")
