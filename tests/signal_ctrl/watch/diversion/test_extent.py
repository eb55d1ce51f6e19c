"""The part of a city that a diversion looks at, and a proposal in a large one."""

from collections import deque

import numpy as np

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.signs import Sign
from signal_ctrl.watch.diversion.extent import around, guidance_within
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.diversion.proposal import Situation, propose
from signal_ctrl.watch.diversion.values import Limit
from tests.signal_ctrl.watch.diversion.small_town import guidance, town


def grid(n: int) -> RoadNetwork:
    """Return n by n crossings, two-way streets of 200 m."""
    nodes = [(x, y) for x in range(n) for y in range(n)]
    pairs = [(a, b) for a in nodes for b in ((a[0] + 1, a[1]), (a[0], a[1] + 1)) if b[0] < n and b[1] < n]
    pairs += [(b, a) for a, b in pairs]

    def name(node: tuple[int, int]) -> str:
        return f"{node[0]}-{node[1]}"

    def place(node: tuple[int, int]) -> tuple[float, float]:
        return 0.002 * node[0], 0.002 * node[1]

    roads = tuple(
        Road(f"{name(a)}>{name(b)}", name(a), name(b), 200.0, 2, 13.9, 1000.0, RoadClass.ARTERIAL, (place(a), place(b)))
        for a, b in pairs
    )
    leaving: dict[str, list[Road]] = {}
    for road in roads:
        leaving.setdefault(road.from_node, []).append(road)
    turns = tuple(
        RoadTurn(one.road, other.road)
        for one in roads
        for other in leaving[one.to_node]
        if other.to_node != one.from_node
    )
    return RoadNetwork(roads, turns)


def test_a_small_network_is_looked_at_whole() -> None:
    assert around(town(), "b") is not None
    assert around(town(), "b").roads == town().roads


def test_of_a_large_one_the_nearest_roads_are_kept_with_their_turns() -> None:
    whole = grid(12)
    part = around(whole, "5-5>6-5", 100)
    assert len(part.roads) == 100
    kept = {road.road for road in part.roads}
    hops, queue = {"5-5>6-5": 0}, deque(["5-5>6-5"])
    while queue:
        here = queue.popleft()
        for other in [t.to_road for t in whole.following[here]] + [t.from_road for t in whole.leading[here]]:
            if other not in hops:
                hops[other] = hops[here] + 1
                queue.append(other)
    assert max(hops[road] for road in kept) <= min(hops[road] for road in hops if road not in kept)
    assert {(t.from_road, t.to_road) for t in part.turns} == {
        (t.from_road, t.to_road) for t in whole.turns if t.from_road in kept and t.to_road in kept
    }


def test_signals_at_the_rim_are_left_out_whole() -> None:
    part = around(town(), "b", 4)
    found = guidance_within(guidance(), part)
    assert all(sign.road in part.index for sign in found.signs)
    turns = {(t.from_road, t.to_road) for t in part.turns}
    for signal in guidance().signals:
        inside = all((m.from_road, m.to_road) in turns for m in signal.movements)
        assert (signal in found.signals) == inside


def test_in_a_large_grid_signs_lead_round_a_closed_street() -> None:
    network = around(grid(10), "5-5>6-5", 90)
    flows = np.full(len(network.roads), 400.0)
    situation = Situation(
        network, Guidance((Sign("s", "4-5>5-5", 0.0),)), flows, {r.road: r.free_time_s for r in network.roads}
    )
    found = propose(situation, Limit("5-5>6-5", 0.0, 0, 1_800_000))
    assert found.delay_with_veh_h < found.delay_without_veh_h
    assert {way.roads[0] for way in found.ways} == {"4-5>5-5"}
    assert all("5-5>6-5" not in way.roads for way in found.ways)
    whole_day = propose(situation, Limit("5-5>6-5", 0.0, 0, 24 * 3_600_000))
    assert any("first 2 h" in note for note in whole_day.notes)
