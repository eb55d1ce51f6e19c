"""Bins against a slow oracle that looks at each tenth of a second, and what is late, missing or too much."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.live.bins import Bin, BinKeeper, speed_mps
from detectors.live.pulses import MAX_EDGES, LoopTrace, Pulse, pulses_of
from detectors.live.stream import LiveStream
from detectors.live.told import LiveEvent, Told
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.live.wire import T0_MS, edges, network, received, sent

PERIOD_S = 10


def told(from_s: float, to_s: float, *edges_s: tuple[float, bool], late: bool = False, source: str = "c") -> Told:
    events = tuple(LiveEvent(round(t * 1000), "J", 82 if on else 81, 1, source, late) for t, on in edges_s)
    return Told(source, None, events, (round(from_s * 1000), round(to_s * 1000)))


def pulse(on_s: float, off_s: float) -> tuple[tuple[float, bool], tuple[float, bool]]:
    return (on_s, True), (off_s, False)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=40), st.integers(1, 7))
def test_bins_are_what_each_tenth_of_a_second_says(steps: list[tuple[int, int]], chunk: int) -> None:
    pulses, at = [], 0  # tenths of a second
    for gap, lasts in steps:
        pulses.append((at + gap, at + gap + lasts))
        at += gap + lasts
    end = at + 10
    keeper, bins = BinKeeper(PERIOD_S), list[Bin]()
    flat = [(t / 10, on) for a, b in pulses for t, on in ((a, True), (b, False))]
    for begin in range(0, end, chunk * 10):  # messages of `chunk` seconds each
        stop = min(begin + chunk * 10, end)
        bins += keeper.take(told(begin / 10, stop / 10, *[e for e in flat if begin <= e[0] * 10 < stop]))
    bins += keeper.end()
    last = {(one.begin_s, one.channel): one for one in bins}  # the last revision of each
    for begin_s, _ in last:
        tenths = [t for t in range(round(begin_s * 10), round((begin_s + PERIOD_S) * 10)) if t < end]
        one = last[begin_s, 1]
        assert one.count == sum(1 for a, _ in pulses if a in tenths)
        assert one.occupancy == pytest.approx(sum(any(a <= t < b for a, b in pulses) for t in tenths) / len(tenths))
        assert one.valid_fraction == pytest.approx(len(tenths) / (PERIOD_S * 10))
    first = (flat[0][0] // PERIOD_S) * PERIOD_S
    assert {b for b, _ in last} >= {first + k for k in range(0, int(end / 10 - first), PERIOD_S)}


def test_a_bin_is_closed_when_its_source_has_told_all_of_it() -> None:
    keeper = BinKeeper(PERIOD_S)
    assert keeper.take(told(0, 9.9, *pulse(1, 1.5))) == []
    (one,) = keeper.take(told(9.9, 10.0))
    assert (one.begin_s, one.count, one.occupancy, one.valid_fraction, one.quality) == (0.0, 1, 0.05, 1.0, "ok")
    assert (one.source, one.device, one.channel, one.revision) == ("c", "J", 1, 0)


def test_what_comes_late_re_opens_a_bin_once() -> None:
    keeper = BinKeeper(PERIOD_S)
    keeper.take(told(0, 12, *pulse(1, 1.5)))
    for second in (3, 5):
        event = told(second, second, *pulse(second, second + 1), late=True)
        assert keeper.take(event._replace(covered_ms=None)) == []
    assert [one.revision for one in keeper.take(told(12, 69.9))] == [0] * 5
    (again, new) = sorted(keeper.take(told(69.9, 70.0)), key=lambda one: one.begin_s)
    assert (again.begin_s, again.count, again.occupancy, again.revision) == (0.0, 3, 0.25, 1)
    assert (new.begin_s, new.revision) == (60.0, 0)
    keeper.take(told(8, 8, *pulse(8, 9), late=True)._replace(covered_ms=None))
    assert all(one.begin_s > 0 for one in keeper.take(told(70, 200)) + keeper.end())


def test_what_is_missing_is_not_zero() -> None:
    keeper = BinKeeper(PERIOD_S)
    keeper.take(told(0, 10, *pulse(1, 2), *pulse(4, 5), *pulse(7, 8), (9, True)))
    found = keeper.take(told(26, 40, (26.5, False), *pulse(30, 31)))
    by_begin = {one.begin_s: one for one in found}
    assert (by_begin[10].count, by_begin[10].occupancy, by_begin[10].valid_fraction) == (None, None, 0.0)
    assert by_begin[10].quality == "suspect"
    assert (by_begin[20].count, by_begin[20].valid_fraction) == (0, 0.4)
    assert by_begin[20].occupancy == pytest.approx(0.5 / 4.0)
    assert (by_begin[30].count, by_begin[30].valid_fraction, by_begin[30].quality) == (1, 1.0, "ok")


def test_a_gap_that_is_filled_is_missing_no_more() -> None:
    messages = sent(edges(200, every_ms=2000))
    late = [d for d in network(messages, random.Random(1)) if b'"sequence":15,' in d.payload]
    others = [d for d in network(messages, random.Random(1)) if d not in late]
    when_s = T0_MS / 1000 + 35.0
    deliveries = sorted(
        [*others, *(type(d)(when_s, d.source, d.payload) for d in late)], key=lambda delivery: delivery.at_s
    )
    keeper, bins = BinKeeper(PERIOD_S), list[Bin]()
    for one in received(deliveries, LiveStream()):
        bins += keeper.take(one)
    pairs = [one for one in bins + keeper.end() if one.begin_s == T0_MS / 1000 + 10]
    assert [(one.count, one.revision) for one in pairs] == [(4, 0), (5, 1)]
    assert pairs[0].valid_fraction < 0.95 and pairs[1].valid_fraction == 1.0


def test_a_source_that_was_away_for_long_leaves_nothing_behind() -> None:
    keeper = BinKeeper(PERIOD_S)
    keeper.take(told(0, 10, *pulse(1, 2)))
    assert len(keeper.take(told(90_000, 90_010))) <= 60 + 1


def test_too_many_edges_are_a_fault_and_not_kept() -> None:
    keeper = BinKeeper(PERIOD_S)
    flood = [(k * 9.9 / (MAX_EDGES + 500), k % 2 == 0) for k in range(MAX_EDGES + 500)]
    (one,) = keeper.take(told(0, 10, *flood))
    assert one.quality == "fault"


def test_bins_take_the_word_of_the_judge() -> None:
    keeper = BinKeeper(PERIOD_S, quality=lambda device, channel: "fault" if (device, channel) == ("J", 1) else "ok")
    (one,) = keeper.take(told(0, 10, *pulse(1, 2)))
    assert one.quality == "fault"


def test_speed_is_of_the_effective_length() -> None:
    rows = [p for k in range(5) for p in pulse(2 * k, 2 * k + 0.5)]
    (one,) = BinKeeper(PERIOD_S, effective_m=lambda _d, _c: 8.5).take(told(0, 10, *rows))
    assert one.speed_mps == pytest.approx(5 * 8.5 / 2.5)
    assert speed_mps(10, 5.0, 0.61, 6.5) is None and speed_mps(3, 0.0, 0.0, 6.5) is None


def test_doubled_edges_are_mended_as_the_open_atspm_code_does() -> None:
    spans = [(0, 60_000)]
    assert pulses_of([(1000, True), (2500, True), (3000, False)], spans) == [
        Pulse(1000, 2500, True), Pulse(2500, 3000, True),
    ]  # fmt: skip
    assert pulses_of([(1000, True), (11_000, True), (12_000, False)], spans)[0] == Pulse(1000, 6000, True)
    assert pulses_of([(1000, True), (2000, False), (6000, False)], spans)[1] == Pulse(4000, 6000, True)
    assert pulses_of([(500, False)], spans) == [Pulse(0, 500, False)]


def test_the_same_edge_twice_is_one_and_order_does_not_matter() -> None:
    trace = LoopTrace()
    for edge in [(5, True), (9, False), (5, True), (2, True), (3, False), (9, False)]:
        trace.add(*edge)
    assert trace.edges == [(2, True), (3, False), (5, True), (9, False)]
    trace.forget(6)
    assert trace.edges == [(5, True), (9, False)]


@pytest.mark.parametrize("period_s", [0, 3601])
def test_the_period_has_bounds(period_s: int) -> None:
    with pytest.raises(InvalidInputError):
        BinKeeper(period_s)
