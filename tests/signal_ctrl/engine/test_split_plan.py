"""Cycle and splits of one crossroads: what is chosen, what it brings, what is said where nothing does."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cycle_split import critical_path, stage_cycle
from optimiser.split_service import highest_saturation
from optimiser.webster import practical_cycle_s, webster_cycle_s
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.group_counts import GroupCount, GroupCounts, group_counts_from_csv
from signal_ctrl.domain.plan import DraftPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.engine.group_demand import group_demands
from signal_ctrl.engine.plan_review import review
from signal_ctrl.engine.split_periods import (
    PeriodResult,
    approach_rows,
    plan_periods,
    total_row,
)
from signal_ctrl.engine.split_plan import SplitPlanner as Planner
from signal_ctrl.engine.split_plan import better_stages, chosen_cycle_s, stage_choices
from signal_ctrl.engine.split_values import Period, SplitRules
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.kernel.small_sites import crossroads

SITE = crossroads()
SITE = replace(SITE, groups=tuple(replace(g, max_green_ds=900, max_red_ds=3000) for g in SITE.groups))
ORDER = {"crossroads": (0, 1, 2)}


def counts(*flows: tuple[float, float, float], saturation: float = 1800.0) -> GroupCounts:
    """Return quarters of an hour with flows of the main road, the side road and the left turn. [veh/h]"""
    rows = []
    for k, row in enumerate(flows):
        own = {
            ("", name): GroupCount(f / 4, "", saturation) for name, f in zip(("main", "side", "left"), row, strict=True)
        }
        rows.append(((900.0 * k, 900.0 * (k + 1)), own))
    return GroupCounts(tuple(rows))


def planned(
    *flows: tuple[float, float, float], rules: SplitRules | None = None, common: bool = False, site: Site = SITE
) -> tuple[PeriodResult, ...]:
    rules = rules or SplitRules()
    demands, periods = group_demands((site,), counts(*flows), ORDER, rules, False)
    return plan_periods(demands, periods, rules, common, lambda _done, _total: None)


def test_the_cycle_is_websters_of_the_critical_path_and_the_kernel_keeps_the_plan() -> None:
    (result,) = planned((700, 300, 200))
    outcome = result.signals[0].outcome
    critical = outcome.analysis.critical
    assert outcome.analysis.webster_s == pytest.approx(webster_cycle_s(critical.lost_s, critical.y))
    assert outcome.analysis.practical_s == pytest.approx(practical_cycle_s(critical.lost_s, critical.y, 0.9))
    assert outcome.cycle_s == outcome.analysis.wanted_s == round(outcome.analysis.webster_s)
    assert outcome.service.highest <= 0.9
    assert outcome.conflict == ()
    part = result.plan("x").signals[0]
    draft = DraftPlan(part.signal_id, part.site, part.cycle_ds, part.offset_ds, part.stages, part.splits_ds)
    assert review(draft, Kernel(SITE)) == ()


def test_quiet_traffic_gets_the_shortest_cycle_and_walkers_their_time() -> None:
    """Main holds 6 s of change and 7 s of WALK, left 11 s of clearance and buffer, side 4 and 5 s: 13 + 11 + 9."""
    (result,) = planned((20, 10, 5), rules=SplitRules(0.9, (30, 150)))
    one = result.signals[0]
    assert one.outcome.analysis.minimum_s == 13 + 11 + 9
    assert [int(s) for s in one.outcome.cycle.least_s] == [13, 11, 9]
    assert [one.planner.holder(place) for place in range(3)] == ["walk", "", "side"]
    assert one.outcome.cycle_s == 33


def test_no_splits_of_whole_seconds_have_more_reserve() -> None:
    """Against every split that the kernel keeps."""
    rules = SplitRules(0.9, (60, 60))
    (result,) = planned((1100, 500, 150), rules=rules)
    one = result.signals[0]
    streams, cycle = one.planner.demand.streams[0], one.outcome.cycle
    kept = [
        (a, b, 60 - a - b)
        for a, b in itertools.product(range(13, 41, 2), range(11, 41, 2))
        if 60 - a - b >= 9 and not one.planner.refused((a, b, 60 - a - b))
    ]
    best = min(highest_saturation(streams, cycle, np.array(splits, dtype=float)) for splits in kept)
    assert one.outcome.service.highest == pytest.approx(best, abs=0.03)  # whole seconds


def test_too_much_demand_is_clamped_reported_and_gated() -> None:
    (result,) = planned((1500, 900, 300), rules=SplitRules(0.9, (40, 120)))
    one = result.signals[0]
    outcome = one.outcome
    assert outcome.cycle_s <= 120
    assert outcome.analysis.webster_s is None
    assert not outcome.analysis.attainable
    rows = {row.movement: row for row in one.rows}
    over = rows["side"]
    assert over.saturation > 1
    assert over.level == "F"
    assert over.queue_veh == pytest.approx((over.flow_veh_h - over.capacity_veh_h) / 4)
    assert over.gated_veh_h == pytest.approx(0.9 * over.capacity_veh_h)
    assert all((row.gated_veh_h or row.flow_veh_h) <= 0.9 * row.capacity_veh_h + 1e-6 for row in rows.values())
    assert outcome.conflict == ("at most 0.9 saturated: main from main", "at most 0.9 saturated: left from left")
    assert all(np.isfinite(outcome.service.delay.total_s))


def test_what_is_gated_leaves_the_rest_below_the_target() -> None:
    """The gated flows, planned anew for the same cycle, hold the target."""
    rules = SplitRules(0.9, (100, 100))
    (result,) = planned((1500, 900, 300), rules=rules)
    rows = {row.movement: row for row in result.signals[0].rows}
    gated = tuple(rows[name].gated_veh_h or rows[name].flow_veh_h for name in ("main", "side", "left"))
    (after,) = planned(gated, rules=rules)  # type: ignore[arg-type]
    assert after.signals[0].outcome.service.highest <= 0.92  # of whole seconds


def test_queues_are_carried_into_the_next_period_and_only_there() -> None:
    rules = SplitRules(0.9, (60, 60))
    jammed, after = planned((1500, 900, 300), (300, 200, 50), rules=rules)
    alone = planned((300, 200, 50), rules=rules)[0]
    left = jammed.signals[0].outcome.service.delay.queue_veh
    assert left.max() > 10
    assert after.carried
    assert after.signals[0].outcome.service.delay.initial_s.max() > 0
    assert alone.signals[0].outcome.service.delay.initial_s.max() == 0
    demands, _ = group_demands((SITE,), counts((1500, 900, 300), (300, 200, 50)), ORDER, rules, False)
    apart = plan_periods(demands, (Period(0, 900), Period(1800, 2700)), rules, False, lambda _d, _t: None)
    assert not apart[1].carried
    assert apart[1].signals[0].outcome.service.delay.initial_s.max() == 0


def test_rows_add_up() -> None:
    (result,) = planned((700, 300, 200))
    rows = result.signals[0].rows
    whole = total_row("junction", rows)
    assert whole.flow_veh_h == pytest.approx(1200)
    assert whole.delay_s == pytest.approx(sum((r.delay_s or 0) * r.flow_veh_h for r in rows) / 1200)
    assert [row.name for row in approach_rows(rows)] == ["main", "side", "left"]
    for row in rows:
        terms = (row.d1_s, row.progression, row.d2_s, row.d3_s)
        assert row.delay_s == pytest.approx(terms[0] * terms[1] + terms[2] + terms[3])  # type: ignore[operator]


def test_minimums_that_no_cycle_holds_are_named() -> None:
    wide = replace(SITE.groups[3], clearance_ds=400)
    gaps = [list(row) for row in SITE.intergreen_ds]
    gaps[3][1] = gaps[3][2] = 430
    site = replace(SITE, groups=(*SITE.groups[:3], wide), intergreen_ds=tuple(map(tuple, gaps)))
    with pytest.raises(InvalidInputError) as caught:
        planned((700, 300, 200), rules=SplitRules(0.9, (30, 50)), site=site)
    text = str(caught.value)
    assert "signal crossroads" in text
    assert "the cycle limit of 50 s" in text
    assert "stage left takes 43 s at least (its change)" in text
    assert "\n" not in text


def test_signals_can_share_a_cycle() -> None:
    other = replace(SITE, signal_id="other")
    rows = {("crossroads", "main"): 900.0, ("crossroads", "side"): 500.0, ("crossroads", "left"): 200.0}
    rows |= {("other", "main"): 100.0, ("other", "side"): 50.0, ("other", "left"): 20.0}
    given_counts = GroupCounts((((0.0, 3600.0), {key: GroupCount(f) for key, f in rows.items()}),))
    rules = SplitRules()
    demands, periods = group_demands((SITE, other), given_counts, ORDER | {"other": (0, 1, 2)}, rules, False)
    (alone,) = plan_periods(demands, periods, rules, False, lambda _d, _t: None)
    (shared,) = plan_periods(demands, periods, rules, True, lambda _d, _t: None)
    cycles_s = [one.outcome.cycle_s for one in alone.signals]
    assert cycles_s[0] > cycles_s[1]
    assert [one.outcome.cycle_s for one in shared.signals] == [cycles_s[0]] * 2


@given(st.tuples(st.floats(0, 1900), st.floats(0, 1200), st.floats(0, 500)))
@settings(max_examples=20)
def test_no_demand_brings_an_explosion(flows: tuple[float, float, float]) -> None:
    (result,) = planned(flows)
    outcome = result.signals[0].outcome
    assert 40 <= outcome.cycle_s <= 150
    assert np.all(np.array(outcome.splits_s) >= outcome.cycle.least_s)
    assert np.all(np.isfinite(outcome.service.delay.total_s))
    assert not result.signals[0].planner.refused(outcome.splits_s)
    assert outcome.analysis.attainable == (outcome.conflict == ())


def test_a_cycle_that_k4_cannot_keep_is_passed_over() -> None:
    """Greens of 30 s at most: the cycle stays far below the 150 s that the demand asks for."""
    short = replace(SITE, groups=tuple(replace(g, max_green_ds=300) for g in SITE.groups))
    demands, _ = group_demands((short,), counts((1500, 900, 300)), ORDER, SplitRules(), False)
    planner = Planner(demands[0], SplitRules())
    cycle_s = chosen_cycle_s([planner], 0)
    assert planner.analysis(0).wanted_s == 150
    assert cycle_s < 100
    splits_s = planner.splits_s(0, cycle_s)
    assert splits_s is not None
    assert not planner.refused(splits_s)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"target": 0.4}, "0.5 to 1"),
        ({"target": float("nan")}, "0.5 to 1"),
        ({"cycle_range_s": (20, 100)}, "30 to 300"),
        ({"cycle_range_s": (100, 90)}, "the shorter first"),
        ({"cycle_range_s": (40, 301)}, "30 to 300"),
        ({"lost_s": -1.0}, "0 to 10 s"),
    ],
)
def test_rules_out_of_range_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        SplitRules(**values)  # type: ignore[arg-type]


HEADER = "begin_s,end_s,group,vehicles\n"
FULL = HEADER + "0,900,main,100\n0,900,side,50\n0,900,left,20\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FULL + "0,900,walk,10\n", "signal crossroads.*walk is a crossing"),
        (FULL + "0,900,tram,10\n", "signal crossroads.*no group tram"),
        (HEADER + "0,900,main,100\n0,900,side,50\n", "signal crossroads, 0 to 900 s: no count of left"),
        ("signal," + HEADER + "x,0,900,main,1\n", "signal x.*no site of that signal"),
    ],
)
def test_counts_that_do_not_fit_the_site_name_the_signal(text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        group_demands((SITE,), group_counts_from_csv(text), {}, SplitRules(), False)


def test_a_missing_group_may_count_as_nobody() -> None:
    found, _ = group_demands((SITE,), group_counts_from_csv(HEADER + "0,900,main,100\n"), {}, SplitRules(), True)
    assert found[0].streams[0].flow_veh_s.sum() == pytest.approx(100 / 900)


def test_several_sites_need_the_signal_in_each_line() -> None:
    with pytest.raises(InvalidInputError, match="group main name no signal"):
        group_demands((SITE, replace(SITE, signal_id="b")), group_counts_from_csv(FULL), {}, SplitRules(), False)


def test_some_signals_may_be_planned_alone() -> None:
    other = replace(SITE, signal_id="other")
    text = (
        "signal,"
        + HEADER
        + "".join(f"{s},0,900,{g},9\n" for s in ("crossroads", "other") for g in ("main", "side", "left"))
    )
    found, _ = group_demands((SITE, other), group_counts_from_csv(text), {}, SplitRules(), False, ("other",))
    assert [demand.signal_id for demand in found] == ["other"]


def test_what_starting_up_loses_is_lost_time() -> None:
    losses_s = [
        planned((700, 300, 200), rules=SplitRules(lost_s=lost_s))[0].signals[0].outcome.analysis.critical.lost_s
        for lost_s in (0.0, 2.0)
    ]
    assert losses_s[1] == pytest.approx(losses_s[0] + 2 * 2.0)  # two movements are critical


def test_stages_serve_everybody_with_few_or_with_priority() -> None:
    """The left turn is served in main, under the oncoming stream; with priority in left only."""
    assert stage_choices(SITE, (0, 1, 2)) == ((0, 2), (0, 1, 2))
    assert stage_choices(SITE, (2, 1, 0)) == ((2, 1, 0),)


def test_stages_that_leave_somebody_out_are_refused() -> None:
    demands, _ = group_demands((SITE,), group_counts_from_csv(FULL), {"crossroads": (0, 1)}, SplitRules(), False)
    with pytest.raises(InvalidInputError, match="signal crossroads: stages main, left do not serve side"):
        Planner(demands[0], SplitRules())


def test_the_critical_streams_carry_the_critical_path() -> None:
    demands, _ = group_demands((SITE,), counts((900, 500, 20)), ORDER, SplitRules(), False)
    planner = Planner(demands[0], SplitRules())
    cycle = stage_cycle(SITE, planner._tables, demands[0].streams[0], (0, 1, 2))
    critical = critical_path(demands[0].streams[0], cycle)
    assert {demands[0].names[i].movement for i in critical.streams} == {"main", "side"}
    assert critical.y == pytest.approx(0.5 + 500 / 1800)


def test_of_choices_of_stages_that_with_less_delay_is_taken() -> None:
    """A left turn that finds gaps needs no stage of its own, one against heavy oncoming traffic does."""
    for flows, stages in (((300, 300, 40), (0, 2)), ((1100, 200, 250), (0, 1, 2))):
        demands, _ = group_demands((SITE,), counts(flows), ORDER, SplitRules(), False)
        choices = [replace(demands[0], stages=chosen) for chosen in ((0, 2), (0, 1, 2))]
        assert better_stages(choices, [0.25], SplitRules()).stages == stages


def test_demand_without_green_is_named() -> None:
    demands, _ = group_demands((SITE,), counts((300, 200, 50)), ORDER, SplitRules(), False)
    streams = demands[0].streams[0]
    dark = replace(streams, weight=streams.weight * np.array([[1.0], [0.0], [1.0]]))
    with pytest.raises(InvalidInputError, match="signal crossroads: side has demand, but no green in stages main"):
        Planner(replace(demands[0], streams=(dark,)), SplitRules()).analysis(0)
