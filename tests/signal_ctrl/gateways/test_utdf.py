"""UTDF by hand: values in SI units, timelines of two rings, every offset reference; and what is refused."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.exchange import (
    HEADINGS,
    TURNS,
    Exchange,
    Movement,
    NemaUnit,
    Node,
    NodeKind,
    NodeTiming,
    Reference,
    Street,
    timeline,
)
from signal_ctrl.gateways.exchange_json import exchange_document
from signal_ctrl.gateways.utdf_reader import exchange_from_utdf
from signal_ctrl.gateways.utdf_writer import exchange_to_utdf
from tests.signal_ctrl.gateways.utdf_samples import LANES, LINKS, NETWORK, NODES, PHASES, TIMEPLANS, sample


def read(text: str) -> Exchange:
    return exchange_from_utdf(text, "town.csv")


def test_values_are_in_si_units() -> None:
    found = read(sample())
    assert found.nodes[0] == Node(5, NodeKind.SIGNAL, 0.0, 0.0, "Main St")
    assert found.nodes[1].y_m == pytest.approx(-304.8)
    street = found.streets[0]
    assert (street.heading, street.up_node, street.lanes, street.name) == ("NB", 1, 3, "Main")
    assert street.length_m == pytest.approx(304.8)
    assert street.speed_mps == pytest.approx(20.1168)  # 45 mph
    left, through, right = found.movements_of(5)[:3]
    assert (left.lanes, through.lanes, right.lanes) == (1, 2, 0)
    assert (left.shared, through.shared, right.shared) == (0, 2, 0)
    assert [m.volume_veh_h for m in (left, through, right)] == [120, 900, 80]
    assert (left.protected, left.permitted, right.protected) == ((5,), (2,), (2, -1))
    assert (left.to_node, left.peak_factor, right.peak_factor) == (3, 0.92, 1.0)
    unit = found.units_of(5)[0]
    assert (unit.number, unit.barrier, unit.ring, unit.position) == (1, 1, 1, 1)
    assert (unit.min_green_s, unit.max_green_s, unit.amber_s, unit.all_red_s, unit.walk_s) == (5, 10, 3, 1, 0)
    assert len(found.units_of(5)) == 6


def test_the_timeline_of_two_rings_by_hand() -> None:
    """From the start of D1: D5 until 19 s, D2 from 14 s, D6 from 19 s, both until the barrier at 45 s, D4 and D8 to 80 s.

    The offset of 10 s counts to the last green of D2 and D6, which is that of D6 at 19 s: D1 begins at -9 s.
    """
    found = timeline(read(sample()), 5)
    assert [(each.start_s, sorted(each.numbers)) for each in found] == [
        (5, [2, 5]), (10, [2, 6]), (36, [4, 8]), (71, [1, 5]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("to", "begins_s"),
    [(0, 10 - 19), (1, 10 - (45 - 5)), (2, 10 - (45 - 1)), (3, 10 - 14), (4, 10 - (45 - 5 - 11))],
    ids=[reference.name for reference in Reference],
)
def test_each_reference_of_the_offset_by_hand(to: int, begins_s: int) -> None:
    """D2 is green from 14 to 40 s, D6 from 19 to 40 s; amber 4 s, red 1 s; they flash DON'T WALK for 11 s before that."""
    found = timeline(read(sample({"Referenced To,5,0": f"Referenced To,5,{to}"})), 5)
    first = next(each for each in found if each.numbers == {1, 5})
    assert first.start_s == pytest.approx(begins_s % 80)


def test_start_and_end_go_before_splits_and_offset() -> None:
    times = "Start,5,0,14,,45,0,19,,45\nEnd,5,14,45,,0,19,45,,0\n\n"
    found = timeline(read(sample(phases=PHASES.rstrip("\n") + "\n" + times)), 5)
    assert [(each.start_s, sorted(each.numbers)) for each in found] == [
        (0, [1, 5]), (14, [2, 5]), (19, [2, 6]), (45, [4, 8]),
    ]  # fmt: skip


def test_the_cycle_of_a_node_without_units_does_not_matter() -> None:
    more = "Cycle Length,1,3\nOffset,1,0\n\n"
    found = read(sample(timeplans=TIMEPLANS.rstrip("\n") + "\n" + more))
    assert found.timing_of(1) == NodeTiming(1, 3.0, 0.0)
    with pytest.raises(InvalidInputError, match="node 1 has no timing"):
        timeline(found, 1)


def test_a_second_section_gives_another_offset() -> None:
    more = "[Timeplans]\nTiming Plan Settings\nRECORDNAME,INTID,DATA\nOffset,5,33\n"
    assert read(sample() + more).timings[0].offset_s == 33


def test_the_other_name_and_order_of_sections_and_unknown_ones_do_not_matter() -> None:
    plain = read(sample())
    assert read(sample({"[Phases]": "[PHASING]"})) == plain
    assert read("[Notes]\nanything,at,all\n\n" + PHASES + LANES + TIMEPLANS + LINKS + NODES + NETWORK) == plain
    assert read(sample().replace("\n", "\r\n")) == plain


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"Metric,0\n": ""}, "no row Metric; add 'Metric,0' for feet and mph"),
        ({"Metric,0": "Metric,2"}, "Metric: is '2'; 0 is feet and mph"),
        ({"Metric,0": "Metric,"}, "Metric: is ''"),
        ({"Metric,0": "Metric,1"}, "node 5, Width: NBL is 12 wide, but Metric says metres and km/h"),
        ({"Metric,0": "Metric,1", "Width,5,12,12,12,12,12,12,12,12,12,12,12,12": "Width,5"},
         "node 5, Time: 15.2 s, but in metres and km/h distance and speed make 80.0 s"),
        ({"UTDFVERSION,8": "UTDFVERSION,6"}, "no combined UTDF of version 7"),
        ({NODES: ""}, r"no section \[Nodes\]"),
        ({PHASES: ""}, r"no section \[Phases\]"),
        ({"Volume,5,120": "Volume,5,-120"}, "line 37: node 5, Volume: NBL has -120 vehicles per hour; volumes are 0 or"),
        ({"Volume,5,120": "Volume,5,many"}, "NBL is 'many', not a number"),
        ({"Volume,5,120": "Volume,5,nan"}, "NBL is 'nan', not a number"),
        ({"Volume,5,120": "Volume,5,1e9"}, "node 5 NBL: a volume of 1e"),
        ({"1,1,0,-1000,0,\n": "1,1,0,-1000,0,\n1,1,0,0,0,\n"}, "node 1 occurs twice"),
        ({"Lanes,5,1,2": "Volume,5,1,2"}, "node 5, Volume: occurs twice"),
        ({"5,0,0,0,0,Main St": "5,9,0,0,0,Main St"}, "TYPE is 9; 0 to 4"),
        ({"5,0,0,0,0,Main St": "five,0,0,0,0,Main St"}, "INTID is 'five'"),
        ({"Up ID,5,1,2": "Up ID,5,77,2"}, "node 5 NB: it leads from node 77 to 5, one is no node"),
        ({"Dest Node,5,3": "Dest Node,5,77"}, "node 5 NBL: it leads from or to a node that does not exist"),
        ({"Dest Node,5,3": "Dest Node,5,"}, "NBL has no Dest Node"),
        ({"Distance,5,1000": "Distance,5,"}, "NB has no distance"),
        ({"Distance,5,1000": "Distance,5,-3"}, "node 5 NB: a length of"),
        ({"Speed,5,45,45": "Speed,5,450,45"}, "node 5 NB: a speed of 724 km/h"),
        ({"Lanes,5,1,2": "Lanes,5,1.5,2"}, "not a whole number"),
        ({"Phase1,5,5": "Phase1,5,99"}, "node 5 NBL: its Phase rows name 99; 1 to 16"),
        ({"BRP,5,111": "BRP,5,11"}, "D1 is '11'; barrier, ring and position are three digits"),
        ({"BRP,5,111": "BRP,5,011"}, "count from 1"),
        ({"Cycle Length,5,80": "Cycle Length,5,800"}, "node 5: a cycle of 800 s"),
        ({"Cycle Length,5,80": "Cycle Length,5,-80"}, "node 5: a cycle of -80 s"),
        ({"Cycle Length,5,80\n": ""}, "node 5, Control Type: the node has no Cycle Length"),
        ({"Yellow,5,3": "Yellow,5,-3"}, "node 5 D1: a time is below 0"),
        ({"MaxGreen,5,10,26": "MaxGreen,5,10,260"}, "node 5 D2: green and clearance of 265 s pass the cycle"),
        ({"Referenced To,5,0": "Referenced To,5,7"}, "Referenced To: 7; 0 to 4"),
        ({"Offset,5,10": "Offset,5,ten"}, "DATA is 'ten'"),
        ({"Shared,5,0": "Shared,5,9"}, "shared 9"),
        ({"INTID,NB,": "INTID,XY,"}, "heading XY"),
        ({'Main St': '"Main'}, "no CSV"),
        ({"5,0,0,0,0,Main St": "5,0,0,0,0,Main St,x"}, "more cells than columns"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_in_one_line_with_place_and_rule(changes: dict[str, str], fix: str) -> None:
    with pytest.raises(InvalidInputError, match=fix) as caught:
        read(sample(changes))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("town.csv")


@pytest.mark.parametrize(
    "text", ["", "hello", "<xml/>", "[Network]", "\x00", "[" * 1000, "," * 100_000, "[Nodes]\n" * 50]
)
def test_what_is_no_utdf_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read(text)


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"MaxGreen,5,10,26": "MaxGreen,5,10,30"}, "node 5: splits make 84 s, the cycle is 80 s"),
        ({"Reference Phase,5,206": "Reference Phase,5,307"}, "refers to D3, which has no times"),
    ],
)
def test_times_that_make_up_no_cycle_are_refused(changes: dict[str, str], fix: str) -> None:
    with pytest.raises(InvalidInputError, match=fix):
        timeline(read(sample(changes)), 5)


def test_splits_that_pass_the_cycle_are_refused_where_times_are_given() -> None:
    times = "Start,5,0,14,,45,0,19,,45\nEnd,5,60,45,,0,19,45,,0\n\n"
    with pytest.raises(InvalidInputError, match="node 5: the splits of ring 1 make 126 s"):
        timeline(read(sample(phases=PHASES.rstrip("\n") + "\n" + times)), 5)


tenths = st.integers(0, 300).map(lambda k: k / 10)
names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12).map(lambda text: " ".join(text.split()))


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    n = draw(st.integers(1, 4))
    nodes = tuple(
        Node(k + 1, draw(st.sampled_from(NodeKind)) if k else NodeKind.SIGNAL, draw(tenths), -draw(tenths), draw(names))
        for k in range(n)
    )
    ends = st.integers(1, n)
    streets, movements = [], []
    for k in range(1, n + 1):
        headings = draw(st.lists(st.sampled_from(HEADINGS), unique=True, max_size=4))
        streets += [
            Street(
                k,
                h,
                draw(ends),
                draw(st.integers(0, 5)),
                10 + draw(tenths),
                draw(st.sampled_from([5.0, 10.0])),
                draw(names),
            )
            for h in sorted(headings, key=HEADINGS.index)
        ]
        numbers = st.lists(st.integers(1, 8), unique=True, max_size=4).map(tuple)
        movements += [
            Movement(k, h + t, draw(ends), draw(ends), draw(st.integers(0, 4)), draw(st.integers(0, 3)),
                     float(draw(st.integers(0, 3000))), draw(numbers), draw(numbers), 0.92, 1.1, 0.05)
            for h in sorted(headings, key=HEADINGS.index)
            for t in TURNS
            if draw(st.booleans())
        ]  # fmt: skip
    units = tuple(
        NemaUnit(1, k + 1, k + 1, 1, 1, draw(tenths), draw(tenths), 3.0, 1.5, 7.0, 11.5, draw(tenths), draw(tenths))
        for k in range(draw(st.integers(0, 8)))
    )
    reference = draw(st.sampled_from(Reference))
    timing = NodeTiming(1, 120.0, draw(tenths), reference, draw(st.sampled_from([(), (2,), (2, 6)])))
    return Exchange(nodes, tuple(streets), tuple(movements), units, (timing,))


@settings(max_examples=60, deadline=None)
@given(exchanges())
def test_what_is_written_is_read_again(exchange: Exchange) -> None:
    back = read(exchange_to_utdf(exchange))
    assert back.movements == exchange.movements
    assert (back.nema_units, back.timings) == (exchange.nema_units, exchange.timings)
    assert [replace(s, speed_mps=0) for s in back.streets] == [replace(s, speed_mps=0) for s in exchange.streets]
    assert all(
        a.speed_mps == pytest.approx(b.speed_mps, abs=0.02) for a, b in zip(back.streets, exchange.streets, strict=True)
    )
    assert back.nodes == exchange.nodes
    us = read(exchange_to_utdf(exchange, metric=False))
    assert (us.movements, us.nema_units, us.timings) == (back.movements, back.nema_units, back.timings)
    assert all(
        a.length_m == pytest.approx(b.length_m, abs=0.02) for a, b in zip(us.streets, exchange.streets, strict=True)
    )
    again = exchange_to_utdf(us, metric=False)
    assert exchange_to_utdf(read(again), metric=False) == again


def test_a_document_without_sumo_has_everything() -> None:
    found = exchange_document(read(sample()))
    assert found["format"] == "signal-ctrl exchange 1"
    assert {key: len(rows) for key, rows in found.items() if key != "format"} == {
        "nodes": 5, "streets": 4, "movements": 12, "timing": 1,
    }  # fmt: skip
    assert found["timing"][0]["nema_units"][0]["start_s"] is None
    assert (found["timing"][0]["offset_to"], found["timing"][0]["referenced"]) == ("last_green", [2, 6])


def test_a_hundred_junctions_are_read_and_written_in_time() -> None:
    one = read(sample())
    parts: dict[str, list[object]] = {name: [] for name in ("nodes", "streets", "movements", "nema_units", "timings")}
    for k in range(100):
        shift = 10 * k
        parts["nodes"] += [replace(n, node=n.node + shift) for n in one.nodes]
        parts["streets"] += [replace(s, node=s.node + shift, up_node=s.up_node + shift) for s in one.streets]
        parts["movements"] += [
            replace(m, node=m.node + shift, up_node=m.up_node + shift, to_node=m.to_node + shift) for m in one.movements
        ]
        parts["nema_units"] += [replace(u, node=u.node + shift) for u in one.nema_units]
        parts["timings"] += [replace(t, node=t.node + shift) for t in one.timings]
    big = Exchange(**{name: tuple(rows) for name, rows in parts.items()})  # type: ignore[arg-type]
    begun_s = time.process_time()
    back = read(exchange_to_utdf(big, metric=False))
    assert [len(timeline(back, 10 * k + 5)) for k in range(100)] == [4] * 100
    assert time.process_time() - begun_s < 5.0
