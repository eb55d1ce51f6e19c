"""Who goes where: against every possibility, and what must hold whatever comes."""

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.watch.dispatch.assigning import LATEST_S, UNCOVERED, WEIGHTS, Candidate, Coverage, Task, assign
from signal_ctrl.watch.dispatch.units import UnitKind

KINDS = (UnitKind.PATROL, UnitKind.TOW)


@st.composite
def problems(draw: st.DrawFn, most: int) -> tuple[list[Candidate], list[Task], list[Coverage]]:
    n, m = draw(st.integers(0, most)), draw(st.integers(0, most))
    units = [
        Candidate(f"u{k}", draw(st.sampled_from(KINDS)), draw(st.sampled_from(["north", "south"]))) for k in range(n)
    ]
    tasks = [
        Task(
            f"m{k}",
            draw(st.integers(1, 5)),
            {u.unit: draw(st.floats(10, LATEST_S * 1.2)) for u in units if draw(st.booleans())},
        )
        for k in range(m)
    ]
    rules = [
        Coverage(district, kind, draw(st.integers(1, 2)))
        for district in ("north", "south")
        for kind in KINDS
        if draw(st.booleans())
    ]
    return units, tasks, rules


@given(problems(12))
def test_nobody_gets_two_missions_and_no_mission_two_units(
    problem: tuple[list[Candidate], list[Task], list[Coverage]],
) -> None:
    units, tasks, rules = problem
    found = assign(units, tasks, rules)
    missions, sent = [m for m, _ in found.pairs], [u for _, u in found.pairs]
    assert len(set(missions)) == len(missions) and len(set(sent)) == len(sent)
    assert sorted([*missions, *found.waiting]) == sorted(task.mission for task in tasks)
    by_name = {task.mission: task for task in tasks}
    assert all(by_name[m].arrivals_s.get(u, math.inf) < LATEST_S for m, u in found.pairs)


def price(units: list[Candidate], tasks: list[Task], rules: list[Coverage], chosen: tuple[int, ...]) -> float:
    """Work out what a choice costs: unit per mission, -1 for nobody."""
    total = 0.0
    for task, k in zip(tasks, chosen, strict=True):
        seconds = LATEST_S if k < 0 else task.arrivals_s.get(units[k].unit, math.inf)
        if k >= 0 and seconds >= LATEST_S:
            return math.inf
        total += WEIGHTS[task.priority] * seconds
    for rule in rules:
        own = [k for k, u in enumerate(units) if u.district == rule.district and u.kind is rule.kind]
        left = len([k for k in own if k not in chosen])
        total += UNCOVERED * max(0, min(rule.least, len(own)) - left)
    return total


@settings(max_examples=60, deadline=None)
@given(problems(4))
def test_there_is_no_better_choice(problem: tuple[list[Candidate], list[Task], list[Coverage]]) -> None:
    units, tasks, rules = problem
    every = [
        chosen
        for chosen in itertools.product(range(-1, len(units)), repeat=len(tasks))
        if len([k for k in chosen if k >= 0]) == len({k for k in chosen if k >= 0})
    ]
    best = min(price(units, tasks, rules, chosen) for chosen in every)
    pairs, number = dict(assign(units, tasks, rules).pairs), {u.unit: k for k, u in enumerate(units)}
    own = tuple(number[pairs[t.mission]] if t.mission in pairs else -1 for t in tasks)
    assert math.isclose(price(units, tasks, rules, own), best, rel_tol=1e-9)


def test_the_urgent_one_gets_the_nearest() -> None:
    units = [Candidate("near", UnitKind.TOW, "a"), Candidate("far", UnitKind.TOW, "a")]
    tasks = [Task("usual", 4, {"near": 100, "far": 900}), Task("urgent", 1, {"near": 150, "far": 900})]
    assert dict(assign(units, tasks).pairs) == {"urgent": "near", "usual": "far"}


def test_the_last_patrol_of_a_district_leaves_it_for_what_is_urgent_alone() -> None:
    units, rules = [Candidate("p", UnitKind.PATROL, "a")], [Coverage("a", UnitKind.PATROL, 1)]
    usual = assign(units, [Task("m", 3, {"p": 60.0})], rules)
    assert (usual.pairs, usual.waiting, usual.uncovered) == ((), ("m",), ())
    urgent = assign(units, [Task("m", 2, {"p": 60.0})], rules)
    assert (urgent.pairs, urgent.waiting, urgent.uncovered) == ((("m", "p"),), (), ("a: patrol",))
