"""Drift and exchanged lanes on streets with made traffic: who is wrong is found, and nobody else is accused."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest

from detectors.health.faults import Fault
from detectors.health.profile import Profile
from detectors.health.slots import Slot
from tests.detectors.health.traffic import Edge, Street, altered, failures, judged, profile, slots_of

STREET = Street((500.0, 260.0, 90.0))
BEGIN_S, END_S, FAULT_S = 7 * 3600.0, 12 * 3600.0, 8 * 3600.0


@cache
def known() -> Profile:
    return profile(STREET)


@cache
def healthy(seed: int) -> tuple[Edge, ...]:
    return tuple(STREET.edges(seed, BEGIN_S, END_S))


def slots(edges: Sequence[Edge]) -> list[Slot]:
    return slots_of(STREET, edges, BEGIN_S, END_S)


def pulses(edges: Sequence[Edge], change: Callable[[Edge, Edge], list[Edge]]) -> list[Edge]:
    """Return edges whose pulses were changed one by one."""
    whole = edges[0 if edges[0][2] else 1 :]
    return [
        *edges[: len(edges) - len(whole)],
        *(e for k in range(0, len(whole) - 1, 2) for e in change(*whole[k : k + 2])),
    ]


def thinned(keep: float) -> Callable[[Sequence[Edge]], list[Edge]]:
    dice = np.random.default_rng(5)
    return lambda own: pulses(own, lambda on, off: [on, off] if dice.random() < keep else [])


def doubled(share: float) -> Callable[[Sequence[Edge]], list[Edge]]:
    dice = np.random.default_rng(6)

    def split(on: Edge, off: Edge) -> list[Edge]:
        again = [(on[0], round(off[1] + 0.2, 1), True), (on[0], round(2 * off[1] + 0.2 - on[1], 1), False)]
        return [on, off, *(again if dice.random() < share else [])]

    return lambda own: pulses(own, split)


@pytest.mark.parametrize("seed", [1])
def test_nobody_is_accused_on_healthy_streets(seed: int) -> None:
    assert failures(judged(STREET, slots(healthy(seed)), known())[1]) == {}
    assert failures(judged(STREET, slots(healthy(seed)))[1]) == {}


@pytest.mark.parametrize("loop", [0, 4])
@pytest.mark.parametrize("change", [thinned(0.5), doubled(0.5)], ids=["half", "half as much again"])
def test_a_count_off_by_half_is_found_at_the_one_that_is_off(
    loop: int, change: Callable[[Sequence[Edge]], list[Edge]]
) -> None:
    edges = altered(healthy(3), loop, FAULT_S, change)
    found = failures(judged(STREET, slots(edges), known())[1])
    assert set(found) == {loop}, found
    fault, at_s = found[loop]
    assert fault == "DRIFT" and at_s - FAULT_S <= 4 * 3600


def test_a_count_off_by_a_tenth_is_none() -> None:
    edges = altered(healthy(4), 1, FAULT_S, thinned(0.9))
    assert failures(judged(STREET, slots(edges), known())[1]) == {}


def exchanged(one: int, other: int) -> list[Edge]:
    name = {one: other, other: one}
    return [(name.get(k, k) if at_s >= FAULT_S else k, at_s, on) for k, at_s, on in healthy(5)]


def test_lanes_that_were_exchanged_are_found_by_the_profile() -> None:
    judge, changes = judged(STREET, slots(exchanged(1, 4)), known())
    found = failures(changes)
    assert set(found) == {1, 4}, found
    assert max(at_s for _, at_s in found.values()) - FAULT_S <= 4 * 3600
    assert {judge.verdicts[k].fault for k in found} == {Fault.SWAPPED}


def test_lanes_that_were_exchanged_are_found_by_their_neighbours_alone() -> None:
    judge, changes = judged(STREET, slots(exchanged(1, 4)))
    assert set(failures(changes)) == {1, 4}
    assert {judge.verdicts[k].fault for k in (1, 4)} == {Fault.SWAPPED}
