"""The gate of K9: its verdict against a slow performer of plans, and a name for every rule that is broken."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import (
    DraftPlan,
    Plan,
    SignalPlan,
    drafts_from_json,
    faults,
    plan_from_json,
    plan_to_json,
    signal_plan_of,
)
from signal_ctrl.domain.site import shortest_max_red_ds
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.engine.acceptance import check_plan, refusals
from signal_ctrl.engine.plan_change import change_reasons
from signal_ctrl.engine.plan_review import network_reasons, plan_reasons, review
from signal_ctrl.engine.settled import settled_in
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import FOREVER_DS, Request, Source
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.engine.slow_lamps import SlowLamps
from tests.signal_ctrl.kernel.small_sites import crossroads
from tests.signal_ctrl.kernel.worlds import random_site

SITE = crossroads()
PATIENT = replace(SITE, groups=tuple(replace(g, max_green_ds=3000, max_red_ds=3000) for g in SITE.groups))
BRISK = replace(PATIENT, groups=tuple(replace(g, max_green_ds=300) for g in PATIENT.groups))
KERNEL = Kernel(SITE)
GOOD = DraftPlan("crossroads", site_hash(SITE), 500, 0, ("main", "left", "side"), (200, 150, 150))
NAMES = ("main", "left", "side")


def rules_of(plan: DraftPlan, kernel: Kernel = KERNEL) -> set[str]:
    return {reason.rule for reason in review(plan, kernel)}


def draft(site: Any, stages: list[str], splits_ds: list[int]) -> DraftPlan:
    return DraftPlan(site.signal_id, site_hash(site), sum(splits_ds), 0, tuple(stages), tuple(splits_ds))


def round_trip(names: list[str]) -> list[str]:
    """Return names without one that follows itself, over the end of the cycle too."""
    kept = [name for k, name in enumerate(names) if k == 0 or name != names[k - 1]]
    return kept[:-1] if len(kept) > 1 and kept[-1] == kept[0] else kept


def long_enough(splits_ds: list[int]) -> list[int]:
    """Return splits of the shortest cycle that a plan may have, or more. [ds]"""
    return [splits_ds[0] + max(300 - sum(splits_ds), 0), *splits_ds[1:]]


turns = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(5, 32)), min_size=2, max_size=6)


@pytest.mark.parametrize("site", [PATIENT, BRISK], ids=["minimums", "maximum green"])
@given(turns=turns)
@settings(max_examples=50)
def test_the_verdict_is_that_of_the_slow_performer(site: Any, turns: list[tuple[str, int]]) -> None:
    stages = round_trip([name for name, _ in turns])
    assume(len(stages) > 1)
    splits_ds = long_enough([10 * split_s for _, split_s in turns[: len(stages)]])
    plan, kernel = draft(site, stages, splits_ds), Kernel(site)
    reasons = review(plan, kernel)
    broken = SlowLamps(site_to_json(site)).verdict(stages, splits_ds)
    assert broken or not reasons, (reasons, broken)
    if broken and not reasons:  # the kernel ends the green at its maximum, the change being under way
        assert broken == {"maximum green"}
        assert not judge(site_to_json(site), frames_of(signal_plan_of(plan), kernel), cold=False)
        return
    rules = {reason.rule for reason in reasons}
    assert ("service" in broken) == ("K9/service" in rules)
    if broken == {"minimum"}:
        assert rules & {"K2/change", "K3/minimum-green", "K5/walk"}
    if broken == {"maximum green"}:
        assert "K4/maximum-green" in rules


@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.data())
@settings(max_examples=30, deadline=None)
def test_the_verdict_is_that_of_the_acceptance_and_what_passes_keeps_the_lamps_legal(
    seed: int, n_groups: int, data: st.DataObject
) -> None:
    site = random_site(seed, n_groups)
    names = [stage.name for stage in site.stages]
    assume(len(names) > 1 and len(set(names)) == len(names))
    stages = round_trip([names[0], names[1], *data.draw(st.lists(st.sampled_from(names), max_size=4))])
    splits_ds = long_enough([10 * data.draw(st.integers(5, 50)) for _ in stages])
    plan, kernel = draft(site, stages, splits_ds), Kernel(site)
    assert not list(faults(plan))
    accepted = not review(plan, kernel)
    whole = SignalPlan(plan.signal_id, plan.site, plan.cycle_ds, 0, plan.stages, plan.splits_ds)
    assert accepted == (not refusals(whole, kernel))
    if accepted:
        assert not judge(site_to_json(site), frames_of(whole, kernel), cold=False)


def test_a_green_that_the_kernel_ends_at_its_maximum_in_a_change_is_no_reason() -> None:
    plan = draft(BRISK, ["main", "side"], [290, 390])
    assert SlowLamps(site_to_json(BRISK)).verdict(["main", "side"], [290, 390]) == {"maximum green"}
    assert review(plan, Kernel(BRISK)) == refusals(signal_plan_of(plan), Kernel(BRISK)) == ()


TWINS = tuple(replace(site, signal_id=name) for name, site in (("a", PATIENT), ("b", BRISK), ("c", SITE)))
KERNELS = {site.signal_id: Kernel(site) for site in TWINS}
BASE = json.loads(
    plan_to_json(
        Plan(
            "p",
            tuple(SignalPlan(site.signal_id, site_hash(site), 500, 30, NAMES, (200, 150, 150)) for site in TWINS),
        )
    )
)
VALUES = st.one_of(
    st.integers(-10, 3100), st.integers(0, 60).map(lambda s: 10 * s), st.sampled_from(("", "a", "b", "main", "side"))
)


def mutated(document: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """Return a plan document with one thing in it changed: a time, a name, a stage, or a signal."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    signals = found["signals"]
    kind = data.draw(st.sampled_from(("split", "shift", "stages", "field", "name", "drop", "twice")))
    own = signals[data.draw(st.integers(0, len(signals) - 1))] if signals else None
    if kind == "name":
        found["name"] = data.draw(st.sampled_from(("", "q")))
    elif own is None or kind == "drop":
        found["signals"] = signals[1:]
    elif kind == "twice":
        signals.append(json.loads(json.dumps(own)))
    elif kind == "field":
        own[data.draw(st.sampled_from(("signal_id", "site", "cycle_ds", "offset_ds")))] = data.draw(VALUES)
    elif kind == "stages":
        own["stages"] = data.draw(st.lists(st.sampled_from((*NAMES, "tram")), max_size=4))
    elif own["splits_ds"]:
        k = data.draw(st.integers(0, len(own["splits_ds"]) - 1))
        more_ds = data.draw(st.integers(-12, 30)) * 10
        own["splits_ds"][k] += more_ds
        own["cycle_ds"] = own["cycle_ds"] + more_ds if isinstance(own["cycle_ds"], int) else own["cycle_ds"]
        if kind == "shift":
            own["splits_ds"][k - 1] -= more_ds
            own["cycle_ds"] = own["cycle_ds"] - more_ds if isinstance(own["cycle_ds"], int) else own["cycle_ds"]
    return found


def test_the_document_that_is_mutated_is_kept() -> None:
    assert plan_reasons(*drafts_from_json(json.dumps(BASE)), TWINS, KERNELS) == ()
    check_plan(plan_from_json(json.dumps(BASE)), TWINS, KERNELS)


@given(st.integers(1, 3), st.data())
@settings(max_examples=120, deadline=None)
def test_check_and_acceptance_agree_on_every_mutated_document(mutations: int, data: st.DataObject) -> None:
    document = BASE
    for _ in range(mutations):
        document = mutated(document, data)
    text = json.dumps(document)
    try:
        check_plan(plan_from_json(text), TWINS, KERNELS)
        accepted = True
    except InvalidInputError:
        accepted = False
    try:
        reasons = plan_reasons(*drafts_from_json(text), TWINS, KERNELS)
    except InvalidInputError:
        assert not accepted
        return
    assert accepted == (not reasons), reasons


def frames_of(plan: SignalPlan, kernel: Kernel) -> list[Frame]:
    """Return what the lamps show in two cycles of a plan with everybody calling."""
    names = [stage.name for stage in kernel.site.stages]
    everybody = (1 << len(kernel.site.groups)) - 1
    state, shown = settled_in(kernel, names.index(plan.stages[-1])), []
    for now_ds in range(2 * plan.cycle_ds + 1):
        index, since_ds = plan.place(now_ds)
        if since_ds == 0:
            request = Request(Source.SCHEDULE, now_ds, now_ds, FOREVER_DS, stage=names.index(plan.stages[index]))
            state = kernel.submit(state, request, now_ds)
        state = kernel.step(state, everybody, now_ds)
        lit = tuple((g.aspect.value, int(g.right) if g.right.is_green else 0) for g in state.core.groups)
        shown.append(Frame(now_ds, lit, everybody))
    return shown


def test_a_good_plan_has_no_reason() -> None:
    assert review(GOOD, KERNEL) == ()
    assert SlowLamps(site_to_json(SITE)).verdict(list(NAMES), [200, 150, 150]) == set()


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"signal_id": "other"}, "K9/signal", "crossroads"),
        ({"site": "0" * 64}, "K9/site-hash", "another site"),
        ({"site": "abc"}, "K9/site", "hash of a site"),
        ({"stages": ("main", "left", "nowhere")}, "K9/stage", "nowhere"),
        ({"stages": ("main", "left"), "splits_ds": (300, 200)}, "K9/service", "side"),
        ({"stages": ("main",) * 17, "splits_ds": (200,) * 17}, "K9/stages", "1 to 16"),
        ({"splits_ds": (200, 150)}, "K9/stages", "a split for each"),
        ({"stages": (), "splits_ds": ()}, "K9/stages", "1 to 16"),
        ({"stages": ("main", "main", "side")}, "K9/twice", "twice in a row"),
        ({"splits_ds": (205, 145, 150)}, "K9/seconds", "whole seconds"),
        ({"cycle_ds": 290, "splits_ds": (90, 110, 90)}, "K9/cycle", "300"),
        ({"cycle_ds": 3010, "splits_ds": (1010, 1000, 1000)}, "K9/cycle", "got 301 s"),
        ({"splits_ds": (200, 150, 160)}, "K9/splits", "cycle of 50 s; they make 51 s"),
        ({"splits_ds": (500, -150, 150)}, "K9/splits", "above 0"),
        ({"offset_ds": 500}, "K9/offset", "below the cycle"),
        ({"splits_ds": (260, 100, 140)}, "K2/change", "give it 11 s"),
        ({"splits_ds": (220, 200, 80)}, "K3/minimum-green", "give it 9 s"),
        ({"cycle_ds": 420, "splits_ds": (120, 150, 150)}, "K5/walk", "WALK of walk lasts 7 s"),
        ({"cycle_ds": 660, "splits_ds": (360, 150, 150)}, "K4/maximum-green", "30 s"),
        ({"cycle_ds": 1400, "splits_ds": (300, 150, 950)}, "K4/maximum-red", "90 s"),
        ({"stages": ("main", "left", "x" * 70_000)}, "K9/size", "65536"),
    ],
)
def test_each_broken_rule_has_its_name(changes: dict[str, Any], rule: str, words: str) -> None:
    found = [reason for reason in review(replace(GOOD, **changes), KERNEL) if reason.rule == rule]
    assert any(words in reason.text for reason in found), review(replace(GOOD, **changes), KERNEL)


def test_lamps_that_are_set_seldom_are_named() -> None:
    walk = SITE.groups[3]
    even = {"max_red_ds": 3000, "max_green_ds": 300}
    groups = [replace(group, amber_ds=40, min_green_ds=80, **even) for group in SITE.groups[:3]]
    coarse = replace(
        SITE,
        resolution_ds=20,
        groups=(*groups, replace(walk, min_green_ds=80, buffer_ds=40, clearance_ds=80, **even)),
        intergreen_ds=tuple(tuple(t if t < 0 else -(-t // 20) * 20 + 20 for t in row) for row in SITE.intergreen_ds),
    )
    plan = replace(GOOD, site=site_hash(coarse))
    assert "K9/resolution" in rules_of(plan, Kernel(coarse))
    assert not review(replace(plan, splits_ds=(180, 160, 160)), Kernel(coarse))


def test_all_reasons_come_at_once() -> None:
    """Wrong site, an unknown stage, unserved groups, a sum that is not the cycle and an offset beyond it."""
    plan = replace(GOOD, site="0" * 64, stages=("main", "left", "no"), splits_ds=(300, 100, 90), offset_ds=600)
    assert rules_of(plan) == {"K9/site-hash", "K9/stage", "K9/service", "K9/splits", "K9/offset"}
    late = replace(GOOD, site="0" * 64, cycle_ds=600, splits_ds=(400, 100, 80), offset_ds=5)
    assert rules_of(late) == {
        *("K9/site-hash", "K9/seconds", "K9/splits", "K2/change", "K3/minimum-green", "K4/maximum-green"),
    }


@given(
    st.builds(
        DraftPlan,
        st.just("a"),
        st.sampled_from(["0" * 64, "x"]),
        st.integers(-10, 320).map(lambda s: 10 * s),
        st.integers(-5, 3100),
        st.lists(st.sampled_from("abc"), max_size=18).map(tuple),
        st.lists(st.integers(-1, 60).map(lambda s: 10 * s), max_size=18).map(tuple),
    )
)
def test_a_plan_is_whole_exactly_if_no_fault_of_form_is_found(plan: DraftPlan) -> None:
    parts = (plan.signal_id, plan.site, plan.cycle_ds, plan.offset_ds, plan.stages, plan.splits_ds)
    if list(faults(plan)):
        with pytest.raises(InvalidInputError):
            SignalPlan(*parts)
    else:
        SignalPlan(*parts)


@pytest.mark.parametrize("text", ["NaN", "1e400", '"500"', "500.0", "true", "null", "[500]"])
def test_a_cycle_that_is_no_whole_number_is_unreadable(text: str) -> None:
    item = {"signal_id": "a", "site": "0" * 64, "cycle_ds": 500, "offset_ds": 0, "stages": ["s"], "splits_ds": [500]}
    document = json.dumps({"format": "signal-ctrl plan 1", "name": "x", "signals": [item]})
    assert drafts_from_json(document)[1][0].cycle_ds == 500
    with pytest.raises(InvalidInputError, match="not a plan document"):
        drafts_from_json(document.replace('"cycle_ds": 500', f'"cycle_ds": {text}'))
    with pytest.raises(InvalidInputError, match="twice"):
        drafts_from_json(document.replace('"name": "x"', '"name": "x", "name": "y"'))


def test_a_network_needs_each_signal_once() -> None:
    other = crossroads(signal_id="other")
    assert not list(network_reasons((GOOD,), (SITE,)))
    assert [r.signal_id for r in network_reasons((GOOD,), (SITE, other))] == ["other"]
    assert {r.text for r in network_reasons((GOOD, GOOD), (other,))} == {
        "there is no site of this signal", "the plan names this signal more than once", "the signal has no plan",
    }  # fmt: skip


def whole(plan: DraftPlan) -> SignalPlan:
    return SignalPlan(plan.signal_id, plan.site, plan.cycle_ds, plan.offset_ds, plan.stages, plan.splits_ds)


def test_a_change_between_kept_plans_is_kept_and_one_into_a_forced_plan_is_not() -> None:
    new = replace(GOOD, cycle_ds=560, splits_ds=(210, 140, 210), offset_ds=130)
    assert not review(new, KERNEL)
    assert change_reasons(whole(GOOD), whole(new), KERNEL) == ()
    never = replace(GOOD, cycle_ds=590, splits_ds=(250, 150, 190))
    assert [r.rule for r in change_reasons(whole(GOOD), whole(never), KERNEL)] == ["K9/transition"]


def test_a_cycle_of_two_minutes_is_judged_within_a_fifth_of_a_second() -> None:
    """SAFETY K9: acceptance within 200 ms at a 120 s cycle; the best of five, for the machine may be busy."""
    plan = replace(GOOD, site=site_hash(PATIENT), cycle_ds=1200, splits_ds=(500, 300, 400))
    kernel, times_s = Kernel(PATIENT), []
    for _ in range(5):
        begun_s = time.perf_counter()
        assert not review(plan, kernel)
        times_s.append(time.perf_counter() - begun_s)
    assert min(times_s) < 0.2


def test_the_patient_sites_promise_what_they_can_keep() -> None:
    assert shortest_max_red_ds(PATIENT.groups, PATIENT.stages, PATIENT.intergreen_ds) < 3000


DOCUMENT = plan_to_json(Plan("x", (whole(GOOD),)))


@given(st.lists(st.tuples(st.integers(0, len(DOCUMENT) - 1), st.characters(codec="ascii")), min_size=1, max_size=4))
def test_a_changed_document_is_unreadable_refused_or_still_keeps_the_lamps_legal(flips: list[tuple[int, str]]) -> None:
    letters = list(DOCUMENT)
    for place, letter in flips:
        letters[place] = letter
    try:
        _, drafts = drafts_from_json("".join(letters))
    except InvalidInputError:
        return
    for plan in drafts:
        if not review(plan, KERNEL):
            assert SlowLamps(site_to_json(SITE)).verdict(list(plan.stages), list(plan.splits_ds)) == set()


@given(
    st.integers(-100, 4000),
    st.integers(-100, 4000),
    st.lists(st.sampled_from(["main", "left", "side", "none"]), max_size=18),
    st.lists(st.integers(-100, 4000), max_size=18),
)
def test_a_draft_of_any_kind_is_judged(cycle_ds: int, offset_ds: int, stages: list[str], splits_ds: list[int]) -> None:
    plan = replace(GOOD, cycle_ds=cycle_ds, offset_ds=offset_ds, stages=tuple(stages), splits_ds=tuple(splits_ds))
    reasons = review(plan, KERNEL)
    assert all(reason.text and reason.rule[:1] == "K" for reason in reasons)
    if list(faults(plan)):
        assert reasons
