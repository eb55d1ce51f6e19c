"""Delay prices: the formula against a count of vehicles second by second, and what is unknown stays unknown."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.centre.delay_price import LOST_S, Held, added_veh_h, green_ratios, price_of
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.link_counts import apply_counts
from signal_ctrl.centre.override_checks import override_of
from signal_ctrl.centre.override_values import Scope, ScopeKind
from signal_ctrl.centre.prices import ESTIMATE, Price
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.acknowledgement import AckState
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.link.reports import Report, ReportKind
from signal_ctrl.domain.plan import plan_to_json
from tests.signal_ctrl.centre.worlds import World, plan, signal_plan, site, world

LIT_MAIN = ("main", "walk", "left")


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        made.centre.plans.upload(made.actor("eve"), plan_to_json(plan("c0", "c1", "c2")))
        made.centre.issuing.issue(made.actor("eve"), IssueWish("day"))
        made.passes(1_000)
        yield made


def waiting_veh_s(flow_veh_s: float, saturation_veh_s: float, greens: list[bool], step_s: float) -> float:
    """Count a queue that grows evenly and leaves at saturation flow in green, step by step."""
    queue_veh, total_veh_s = 0.0, 0.0
    for green in greens:
        queue_veh = max(queue_veh + (flow_veh_s - (saturation_veh_s if green else 0.0)) * step_s, 0.0)
        total_veh_s += queue_veh * step_s
    return total_veh_s


@settings(max_examples=40, deadline=None)
@given(
    flow=st.floats(30, 800),
    ratio=st.floats(0.25, 0.7),
    cycle_s=st.sampled_from([60.0, 90.0, 120.0]),
    cycles=st.integers(1, 5),
    lit=st.booleans(),
)
def test_the_formula_against_a_queue_counted_step_by_step(
    flow: float, ratio: float, cycle_s: float, cycles: int, lit: bool
) -> None:
    """The plan alone, and the plan with the override, are played out; their difference is the price.

    The queue leaves through whole greens that begin with a red, the formula through a steady stream: while it leaves,
    which takes N / (c - q), they differ by less than what comes to half a red at the rate c.
    """
    saturation = 1800.0
    step_s, held_s = 1.0, cycles * cycle_s
    per_cycle = round(cycle_s / step_s)
    ratio = round(ratio * per_cycle) / per_cycle  # what whole steps of green can show
    flow = min(flow, 0.8 * ratio * saturation)
    one_cycle = [k >= round(per_cycle * (1 - ratio)) for k in range(per_cycle)]
    after = one_cycle * 30
    with_it = [lit] * (per_cycle * cycles) + after
    without = one_cycle * cycles + after
    counted_veh_h = (
        waiting_veh_s(flow / 3600, saturation / 3600, with_it, step_s)
        - waiting_veh_s(flow / 3600, saturation / 3600, without, step_s)
    ) / 3600
    queue = None if lit else flow * held_s / 3600
    found = added_veh_h(flow, (held_s / 3600, cycle_s / 3600), ratio, saturation, queue)
    assert found is not None
    capacity = ratio * saturation
    leaves_h = (0 if lit else flow * held_s / 3600) / (capacity - flow)
    red_h = (1 - ratio) * cycle_s / 3600
    slack_veh_h = 1.2 * capacity * red_h / 2 * (leaves_h + 2 * cycle_s / 3600)  # and the steps of the count
    assert found == pytest.approx(counted_veh_h, abs=slack_veh_h, rel=0.05)


def test_a_queue_that_does_not_dissolve_has_no_price() -> None:
    assert added_veh_h(900.0, (0.1, 0.02), 0.5, 1800.0, 90.0) is None
    assert added_veh_h(900.0, (0.1, 0.02), 0.5, 1800.0, None) is None


def test_green_shares_go_over_the_end_of_the_cycle() -> None:
    main, side, left, walk = green_ratios(site("c0"), signal_plan("c0"))
    assert main == pytest.approx((30 - LOST_S) / 80)
    assert left == pytest.approx((50 - LOST_S) / 80)  # in the stages main and left, which follow each other
    assert (side, walk) == (pytest.approx((30 - LOST_S) / 80), main)
    assert green_ratios(site("c0"), None) == (None,) * 4


def test_the_estimate_is_shown_before_anybody_confirms(here: World) -> None:
    prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish())
    low, middle, high = prepared.estimate.added_veh_h
    assert 0 < low < middle < high  # ten minutes of the side road are dear
    assert prepared.estimate.method == "green shares of the plan"
    assert not prepared.estimate.unknown
    by_name = {group.group: group for group in prepared.estimate.groups}
    assert by_name["side"].added_veh_h[2] < 0 < by_name["main"].added_veh_h[0]
    (walk,) = prepared.estimate.crossings
    assert walk.added_wait_s > 300


def test_a_longer_one_costs_more(here: World) -> None:
    costs = [here.centre.overrides.prepare(here.actor("olga"), here.wish(lasts_s=s)).estimate for s in (60, 300, 1800)]
    assert costs[0].added_veh_h < costs[1].added_veh_h < costs[2].added_veh_h


@pytest.mark.parametrize("kind", [OverrideKind.FLASH, OverrideKind.DARK])
def test_what_has_no_method_is_unknown(here: World, kind: OverrideKind) -> None:
    estimate = here.centre.overrides.prepare(here.actor("olga"), here.wish(kind=kind, stage="")).estimate
    assert (estimate.added_veh_h, estimate.method) == (None, "unknown")
    assert set(estimate.unknown) == {"c0/main", "c0/side", "c0/left"}
    assert all(crossing.added_wait_s is None for crossing in estimate.crossings)


def test_a_cabinet_without_a_plan_is_unknown_and_the_others_are_told(here: World) -> None:
    held = [
        Held("c0", site("c0"), signal_plan("c0"), "side", 600.0),
        Held("c1", site("c1"), None, "side", 600.0),
    ]
    found = price_of(ESTIMATE, held, [], 0)
    alone = price_of(ESTIMATE, held[:1], [], 0)
    assert found.added_veh_h == alone.added_veh_h
    assert set(found.unknown) == {"c1/main", "c1/side", "c1/left"}


def test_counts_come_before_green_shares(here: World) -> None:
    end_ms = here.clock.utc_ms() // 300_000 * 300_000
    for k in (1, 2, 3):
        flow = GroupFlow("c0", "main", end_ms - k * 300_000, end_ms - (k - 1) * 300_000, 40)
        here.store.write(lambda t, flow=flow: here.centre.traffic.counted(t, flow))
    estimate = here.centre.overrides.prepare(here.actor("olga"), here.wish()).estimate
    main = next(group for group in estimate.groups if group.group == "main")
    assert main.source == "counted flows"
    assert main.flow_veh_h[1] == pytest.approx(480.0)
    assert main.flow_veh_h[0] < 480.0 < main.flow_veh_h[2]


def test_the_measured_price_is_of_the_time_that_it_held(here: World) -> None:
    override = here.issued()
    here.acknowledge("c0", AckState.RECEIVED)
    here.passes(300_000, 10_000)
    here.centre.overrides.release(here.actor("olga"), override.override_id)
    released_ms = here.clock.utc_ms()
    here.passes(60_000)
    measured = here.store.read(lambda r: override_of(r, override.override_id)).measured
    assert measured is not None
    assert measured.at_utc_ms - released_ms <= 60_000
    shorter = price_of(ESTIMATE, [Held("c0", site("c0"), signal_plan("c0"), "side", 300.0)], [], 0)
    assert measured.added_veh_h == pytest.approx(shorter.added_veh_h)
    assert measured.added_veh_h < override.estimate.added_veh_h
    assert any(action == "price override" for _, action, _ in here.audit())


def test_who_never_took_it_up_is_unknown(here: World) -> None:
    override = here.issued(scope=Scope(ScopeKind.LIST, ("c0", "c1")))
    here.acknowledge("c0", AckState.RECEIVED)
    here.passes(60_000, 10_000)
    here.centre.overrides.release(here.actor("olga"), override.override_id)
    here.passes(60_000, 10_000)
    measured = here.store.read(lambda r: override_of(r, override.override_id)).measured
    assert measured is not None
    assert {one.split("/")[0] for one in measured.unknown} == {"c1"}


def test_a_queue_that_was_measured_counts_in_place_of_the_guess(here: World) -> None:
    override = here.issued(lasts_s=300)
    here.acknowledge("c0", AckState.RECEIVED)
    here.passes(240_000, 10_000)
    now_ms = here.clock.utc_ms()
    flow = GroupFlow("c0", "main", now_ms - 60_000, now_ms, 0, queue_veh=0)
    here.store.write(lambda t: here.centre.traffic.counted(t, flow))
    here.passes(120_000, 10_000)
    measured = here.store.read(lambda r: override_of(r, override.override_id)).measured
    assert measured is not None
    main = next(group for group in measured.groups if group.group == "main")
    assert main.added_veh_h[1] < 0  # nobody stood there: the plan would have made them wait


def test_a_price_out_of_order_or_without_its_sum_is_none() -> None:
    with pytest.raises(InvalidInputError):
        Price(ESTIMATE, "x", (2.0, 1.0, 3.0), (), (), (), (), 0)
    with pytest.raises(InvalidInputError):
        Price("guess", "x", None, (), (), (), (), 0)


def test_counts_come_in_with_the_reports_of_cabinets(here: World) -> None:
    at_ms = here.clock.utc_ms()
    told = Report(
        ReportKind.DETECTOR, at_ms, "group-count", "main", (("seconds", 300), ("vehicles", 25), ("queue_veh", 4))
    )
    left_out = (
        Report(ReportKind.DETECTOR, at_ms, "group-count", "side", (("vehicles", 3),)),
        Report(ReportKind.DETECTOR, at_ms, "group-count", "side", (("seconds", 0), ("vehicles", 3))),
        Report(ReportKind.DETECTOR, at_ms, "group-count", "side", (("seconds", 60), ("vehicles", -3))),
        Report(ReportKind.DETECTOR, at_ms, "occupancy", "side", (("seconds", 60), ("vehicles", 3))),
        Report(ReportKind.EVENT, at_ms, "group-count", "side", (("seconds", 60), ("vehicles", 3))),
    )
    for report in (told, *left_out):
        here.store.write(lambda t, report=report: apply_counts(here.centre.traffic, t, "c0", (report,)))
    assert here.store.read(lambda r: r.shelf(FLOWS).find()) == (GroupFlow("c0", "main", at_ms - 300_000, at_ms, 25, 4),)
