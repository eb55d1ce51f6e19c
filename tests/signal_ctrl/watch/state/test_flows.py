import numpy as np
import pytest

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.watch.state.flows import FlowBalance

SHAPE = ((11.5, 48.7), (11.501, 48.701))


def _road(name: str, begin: str, end: str, kind: RoadClass = RoadClass.ARTERIAL, lanes: int = 1) -> Road:
    return Road(name, begin, end, 200.0, lanes, 13.9, 1800.0 * lanes, kind, SHAPE)


CHAIN = RoadNetwork(
    tuple(_road(f"r{k}", f"n{k}", f"n{k + 1}") for k in range(5)),
    tuple(RoadTurn(f"r{k}", f"r{k + 1}") for k in range(4)),
)
FORK = RoadNetwork(
    (_road("in", "a", "b", lanes=2), _road("main", "b", "c", lanes=2), _road("side", "b", "d", RoadClass.BRANCH)),
    (RoadTurn("in", "main", 2), RoadTurn("in", "side", 1)),
)
SPLIT = RoadNetwork((*FORK.roads, _road("more", "c", "e", lanes=2)), (*FORK.turns, RoadTurn("main", "more", 2)))


def _run(network: RoadNetwork, counted: dict[str, float], reports: dict[str, float], minutes: int) -> dict[str, float]:
    balance = FlowBalance(network)
    known, seen = np.full(len(network.roads), np.nan), np.zeros(len(network.roads))
    for road, flow in counted.items():
        known[network.index[road]] = flow
    for road, many in reports.items():
        seen[network.index[road]] = many
    for _ in range(minutes):
        found = balance.minute(known, seen)
    return dict(zip(network.index, found.tolist(), strict=True))


def test_counted_flows_stay_what_was_counted() -> None:
    assert _run(CHAIN, {"r1": 432.0}, {}, 3)["r1"] == 432.0


def test_what_goes_in_comes_out_of_a_chain_without_turns() -> None:
    reports = {f"r{k}": 0.5 for k in range(5)}
    found = _run(CHAIN, {"r0": 600.0}, reports, 240)
    assert [found[f"r{k}"] for k in range(1, 5)] == pytest.approx([600.0] * 4, rel=0.1)


def test_flow_is_found_against_the_traffic_too() -> None:
    found = _run(CHAIN, {"r4": 600.0}, {f"r{k}": 0.5 for k in range(5)}, 240)
    assert [found[f"r{k}"] for k in range(4)] == pytest.approx([600.0] * 4, rel=0.1)


def test_a_main_road_gets_more_of_it_than_a_side_street() -> None:
    found = _run(FORK, {"in": 900.0}, {}, 60)
    assert found["main"] > 3 * found["side"]


def test_who_reports_shifts_the_shares() -> None:
    few = _run(SPLIT, {"in": 900.0, "more": 300.0}, {"in": 0.75}, 240)
    many = _run(SPLIT, {"in": 900.0, "more": 300.0}, {"in": 0.75, "side": 0.5}, 240)
    assert many["side"] > few["side"] + 100


def test_no_road_carries_more_than_its_capacity() -> None:
    assert max(_run(CHAIN, {"r0": 9000.0}, {}, 60)[f"r{k}"] for k in range(1, 5)) <= 1800
