"""Acceptance of plans: what a site keeps it keeps to the frame, and what it cannot keep is refused."""

import itertools
from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detectors.view_builder import empty_view
from optimiser.fixed_plan import FixedPlanController
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site import DayHours
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine import acceptance
from signal_ctrl.engine.acceptance import check_plan, refusals, rehearse, rehearse_turns
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.engine.test_junction import LAYOUT
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads
from tests.signal_ctrl.kernel.worlds import random_site

SITE = crossroads()
KERNEL = Kernel(SITE)
ALL = (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)
PLAN = SignalPlan("crossroads", site_hash(SITE), 500, 0, ("main", "left", "side"), (200, 150, 150))
BLIND = replace(LAYOUT, lanes=tuple(replace(lane, loops=()) for lane in LAYOUT.lanes), loops=())


def lamps(plan: SignalPlan, until_ds: int) -> list[str]:
    """Return the lamps of each frame under a plan, with a decision once a second."""
    engine = JunctionEngine(KERNEL, BLIND, FixedPlanController(plan, SITE), KERNEL.in_service(0))
    view, shown = empty_view(BLIND), []
    for now_ds in range(1, until_ds + 1):
        engine.run_to(now_ds)
        if now_ds % 10 == 0:
            engine.decide(view, ALL, now_ds)
        shown.append(engine.lamps)
    assert engine.violations == engine.refusals == 0
    return shown


def greens(shown: list[str], link: int, after_ds: int) -> list[tuple[int, int]]:
    """Return (begin, end) of the greens of a link that begin after a time. [ds]"""
    found, begun = [], None
    for at_ds, state in enumerate(shown, start=1):
        if state[link] in "Gg" and begun is None:
            begun = at_ds
        elif state[link] not in "Gg" and begun is not None:
            found += [(begun, at_ds)] if begun > after_ds else []
            begun = None
    return found


def test_realised_greens_are_the_plans_to_the_frame() -> None:
    """By hand, from the intergreens of the site, in the cycle that begins at 50 s.

    Change to main at 0 s of it: main waits 5.0 s for side, the left turn 5.5 s, walkers 6.0 s. Change to left at 20 s:
    walkers end, and main 3.5 s before their 11 s of clearance are over; the left turn goes on. Change to side at 35 s: the
    left turn ends, side begins 4.0 s later. Side ends when the change to main begins.
    """
    assert refusals(PLAN, KERNEL) == ()
    shown = lamps(PLAN, 2500)
    main, side, left, walk = (greens(shown, k, 500) for k in range(4))
    assert main[:3] == [(550, 775), (1050, 1275), (1550, 1775)]
    assert walk[:3] == [(560, 700), (1060, 1200), (1560, 1700)]
    assert left[:3] == [(555, 850), (1055, 1350), (1555, 1850)]
    assert side[:3] == [(890, 1000), (1390, 1500), (1890, 2000)]


def test_a_plan_has_to_hold_in_hours_of_longer_clearance() -> None:
    """Side begins as much later as people have longer, and has its minimum green then, too."""
    groups = tuple(replace(g, max_red_ds=1500, longer_ds=60 if g.clearance_ds else 0) for g in SITE.groups)
    usual = replace(SITE, groups=tuple(replace(g, longer_ds=0) for g in groups))
    school = replace(SITE, groups=groups, longer_hours=(DayHours((0,), 420, 480),), zone="UTC")
    for site, least_s in ((usual, 16), (school, 22)):
        for split_s in range(14, 25):
            splits_ds = (300, 10 * split_s)
            found = rehearse(Kernel(site), (MAIN_STAGE, SIDE_STAGE), splits_ds)
            assert (found == ()) is (split_s >= least_s), (site.zone, split_s, found)


@given(
    st.permutations(ALL),
    st.tuples(*[st.integers(9, 45)] * 3),
    st.integers(0, 29),
)
@example((MAIN_STAGE, LEFT_STAGE, SIDE_STAGE), (13, 12, 9), 16)
@settings(max_examples=25)
def test_what_is_accepted_is_kept_cycle_after_cycle(
    order: tuple[int, ...], splits_s: tuple[int, int, int], offset_s: int
) -> None:
    splits_ds = tuple(10 * s for s in splits_s)
    if sum(splits_s) < 30 or rehearse(KERNEL, tuple(order), splits_ds):
        return
    names = tuple(SITE.stages[s].name for s in order)
    plan = replace(PLAN, cycle_ds=sum(splits_ds), stages=names, splits_ds=splits_ds, offset_ds=10 * offset_s)
    cycle_ds = plan.cycle_ds
    into_step_ds = 15 * cycle_ds  # where a cycle can be shortened by a second only, the way into step takes up to eight
    shown = lamps(plan, into_step_ds + 3 * cycle_ds)
    for link in range(4):
        begins = [begin for begin, _ in greens(shown, link, into_step_ds)]
        lasts = {end - begin for begin, end in greens(shown, link, into_step_ds)}
        assert len(lasts) == 1
        assert {b - a for a, b in itertools.pairwise(begins)} == {cycle_ds}


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"site": "0" * 64}, "another site"),
        ({"stages": ("main", "left", "nowhere")}, "nowhere"),
        ({"stages": ("main", "left"), "splits_ds": (250, 250)}, "serves side"),
        ({"splits_ds": (250, 100, 150)}, "left cannot hold"),
    ],
)
def test_what_cannot_be_kept_is_refused(changes: dict[str, object], fix: str) -> None:
    found = refusals(replace(PLAN, **changes), KERNEL)  # type: ignore[arg-type]
    assert fix in "; ".join(found)


def test_a_split_one_second_too_short_is_refused_and_one_longer_is_not() -> None:
    """Left after main is complete 11 s after the change began (walkers clear), side after left needs 4 s and 5 s."""
    assert rehearse(KERNEL, ALL, (200, 110, 150)) == ()
    assert "left cannot hold" in rehearse(KERNEL, ALL, (200, 100, 150))[0]
    assert rehearse(KERNEL, ALL, (200, 150, 90)) == ()
    assert "side cannot hold" in rehearse(KERNEL, ALL, (200, 150, 80))[0]


def test_a_plan_in_which_k4_would_step_in_is_refused() -> None:
    """The left turn is green from 5.5 s to the change to side, and may be for 30 s while side waits."""
    assert rehearse(KERNEL, ALL, (200, 150, 150)) == ()
    assert "K4 has to serve side" in rehearse(KERNEL, ALL, (200, 160, 150))[0]


def test_times_that_the_lamps_cannot_show_are_refused() -> None:
    walk = SITE.groups[3]
    even = {"max_red_ds": 3000, "max_green_ds": 300}
    groups = [replace(group, amber_ds=40, min_green_ds=80, **even) for group in SITE.groups[:3]]
    coarse = replace(
        SITE,
        resolution_ds=20,
        groups=(*groups, replace(walk, min_green_ds=80, buffer_ds=40, clearance_ds=80, **even)),
        intergreen_ds=tuple(tuple(t if t < 0 else -(-t // 20) * 20 + 20 for t in row) for row in SITE.intergreen_ds),
    )
    plan = replace(PLAN, site=site_hash(coarse))
    assert "no multiple of 2 s" in refusals(plan, Kernel(coarse))[0]
    assert refusals(replace(plan, splits_ds=(180, 160, 160)), Kernel(coarse)) == ()


def test_a_network_needs_a_plan_for_every_signal() -> None:
    other = crossroads(signal_id="other")
    check_plan(Plan("x", (PLAN,)), (SITE,))
    with pytest.raises(InvalidInputError, match="signal other has no plan"):
        check_plan(Plan("x", (PLAN,)), (SITE, other))
    with pytest.raises(InvalidInputError, match="signal crossroads is not in this network"):
        check_plan(Plan("x", (PLAN,)), (other,))


def test_a_rehearsal_leaves_no_frame_out_in_which_something_happens() -> None:
    """On random sites with random splits it says what one says that looks at every tenth of a second."""
    said = []
    for seed in range(60):
        random = Random(seed)
        kernel = Kernel(random_site(seed, random.randint(2, 6)))
        n = len(kernel.site.stages)
        turns = [(random.randrange(n), random.randint(5, 600)) for _ in range(6)]
        turns = [turn for turn, after in itertools.pairwise([*turns, (-1, 0)]) if turn[0] != after[0]]
        found = rehearse_turns(kernel, turns[-1][0], turns)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(acceptance, "_next_ds", lambda state, now_ds: now_ds + 1)
            assert rehearse_turns(kernel, turns[-1][0], turns) == found
        said.append(found != ())
    assert 5 <= sum(said) <= 55
