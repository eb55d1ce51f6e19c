"""Storage between the nodes of one signal."""

from collections.abc import Sequence
from pathlib import Path

from signal_ctrl.domain.site import Trailing
from sumo_scenarios.inner_storage import inner_edges, trailing_rules
from sumo_scenarios.net_reader import Net
from tests.sumo_scenarios.small_nets import edge_row, logic_row, net_of, net_text, node_text


def row_of_nodes(folder: Path, lengths_m: Sequence[float], signals: Sequence[str], speed_mps: float = 10.0) -> Net:
    """Return a road over nodes 0, 1, ... of one signal or none, with inner edges of these lengths between them."""
    n = len(signals)
    ends = [("I", "0"), *((str(i), str(i + 1)) for i in range(n - 1)), (str(n - 1), "O")]
    sizes = [200.0, *lengths_m, 200.0]
    edges = "".join(
        edge_row(f"e{i}", nodes, length_m=size, speed_mps=speed_mps)
        for i, (nodes, size) in enumerate(zip(ends, sizes, strict=True))
    )
    parts, link = [], 0
    for node, signal in enumerate(signals):
        parts.append(node_text(str(node), [(f"e{node}_0", f"e{node + 1}_0", link)], [], [], signal))
        link += bool(signal)
    return net_of(folder, net_text(edges, parts, logic_row("J", [("30", "G" * link), ("9", "r" * link)])))


def rules(net: Net, members: Sequence[tuple[int, ...]], quantum_ds: int = 1) -> tuple[Trailing, ...]:
    return trailing_rules(net, net.signal_links["J"], members, quantum_ds)


def test_an_inner_edge_ends_after_its_feeder(tmp_path: Path) -> None:
    net = row_of_nodes(tmp_path, [30.0], ["J", "J"])
    assert inner_edges(net, net.signal_links["J"]) == {"e1"}
    assert rules(net, [(0,), (1,)]) == (Trailing(0, 1, 50),)
    assert rules(net, [(0,), (1,)], 20) == (Trailing(0, 1, 60),)


def test_links_under_one_lamp_have_no_rule(tmp_path: Path) -> None:
    assert rules(row_of_nodes(tmp_path, [30.0], ["J", "J"]), [(0, 1)]) == ()


def test_a_chain_adds_up(tmp_path: Path) -> None:
    net = row_of_nodes(tmp_path, [30.0, 40.0], ["J", "J", "J"])
    assert inner_edges(net, net.signal_links["J"]) == {"e1", "e2"}
    assert rules(net, [(0,), (1,), (2,)]) == (Trailing(0, 1, 50), Trailing(0, 2, 90), Trailing(1, 2, 60))
    assert rules(net, [(0,), (1, 2)]) == (Trailing(0, 1, 90),)


def test_a_node_without_a_signal_between_is_part_of_the_storage(tmp_path: Path) -> None:
    net = row_of_nodes(tmp_path, [20.0, 20.0], ["J", "", "J"])
    assert inner_edges(net, net.signal_links["J"]) == {"e2"}
    assert rules(net, [(0,), (1,)]) == (Trailing(0, 1, 60),)


def test_long_edges_are_streets(tmp_path: Path) -> None:
    for lengths_m, signals in (([61.0], ["J", "J"]), ([40.0, 40.0], ["J", "", "J"])):
        net = row_of_nodes(tmp_path, lengths_m, signals)
        assert inner_edges(net, net.signal_links["J"]) == frozenset()


def test_slow_storage_is_waited_for_up_to_a_limit(tmp_path: Path) -> None:
    assert rules(row_of_nodes(tmp_path, [30.0], ["J", "J"], 1.0), [(0,), (1,)]) == (Trailing(0, 1, 120),)
