"""The stream: whatever the network does, what was delivered comes out once and in order, and the rest is told."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.live import stream as stream_module
from detectors.live.bins import BinKeeper
from detectors.live.message import MAX_ROWS, Refusal, Row
from detectors.live.sequence import WINDOW
from detectors.live.source import DOUBT_HOLD_S, MAX_DEVICES
from detectors.live.stream import Answer, LiveStream
from detectors.live.told import Told
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.live.wire import T0_MS, as_rows, batch, edges, events_of, network, received, sent

BEGIN_S = T0_MS / 1000


@given(
    seed=st.integers(0, 10**6),
    ahead_ms=st.sampled_from([0, 2000, -2000, 12_000]),
    lost=st.sets(st.integers(4, 59), max_size=8),
)
def test_what_was_delivered_comes_once_and_in_order_and_the_rest_is_told(
    seed: int, ahead_ms: int, lost: set[int]
) -> None:
    rows = sorted(edges(60) + edges(60, "K", 4, 900), key=lambda row: row.time_ms)
    messages = sent(rows)
    stream = LiveStream()
    deliveries = network(messages, random.Random(seed), ahead_ms, doubled=0.3, delayed=0.3, lost=sorted(lost))
    told = received(deliveries, stream)
    for name in ("J", "K"):
        expected = [row for m in messages if m.source == name and m.batch.sequence not in lost for row in m.batch.rows]
        events = [event for event in events_of(told) if event.source == name]
        assert as_rows(events) == expected
        assert not any(event.late for event in events)
        (report,) = [one for one in stream.report(deliveries[-1].at_s) if one.name == name]
        assert {n for a, b in report.missing for n in range(a, b + 1)} == lost
        assert report.missing_messages == len(lost)
        assert report.duplicates == sum(1 for d in deliveries if d.source == name) - report.messages
    gaps = [one.gap for one in told if one.gap is not None]
    assert {n for gap in gaps for n in range(gap.first, gap.last + 1)} == lost


@given(seed=st.integers(0, 10**6))
def test_time_is_covered_but_for_the_gaps(seed: int) -> None:
    lost = {20, 21, 40}
    told = received(network(sent(edges(60)), random.Random(seed), delayed=0.3, lost=sorted(lost)), LiveStream())
    spans = sorted(one.covered_ms for one in told if one.covered_ms is not None)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    covered = {ms // 1000 for a, b in spans for ms in range(a, b, 100)}
    whole = set(range(T0_MS // 1000 + 1, T0_MS // 1000 + 60))
    for number in lost:  # the message tells the second before it was sent
        assert T0_MS // 1000 + number - 1 not in covered
    assert whole - covered <= {T0_MS // 1000 + n for k in lost for n in (k - 1, k)}


MESSAGES = st.tuples(
    st.sampled_from(["a", "b", "c"]),  # boot
    st.integers(1, 40) | st.integers(1, (1 << 53) - 1) | st.integers(1, 1 << 21),
    st.floats(-100, 100),  # sent, against the arrival [s]
    st.lists(st.tuples(st.floats(-100, 5), st.sampled_from(["J", "K"]), st.sampled_from([81, 82, 1])), max_size=4),
    st.floats(0, 3),  # after the message before [s]
)


@given(st.lists(MESSAGES, max_size=60))
def test_whatever_comes_nothing_is_told_twice_or_out_of_order(
    messages: list[tuple[str, int, float, list[tuple[float, str, int]], float]],
) -> None:
    stream, keeper, told, at_s = LiveStream(), BinKeeper(10), list[Told](), BEGIN_S
    stored = 0
    for k, (boot, number, sent_s, events, wait_s) in enumerate(messages):
        at_s += wait_s
        rows = [Row(round((at_s + s) * 1000), device, code, k) for s, device, code in events]
        given = batch(number, at_s - BEGIN_S + sent_s, *rows, boot=boot, digest=bytes([k]))
        answer = stream.take("c", given, at_s).answer
        stored += len(rows) if answer is Answer.STORED else 0
        told += stream.drain(at_s)
    told += stream.end(at_s)
    events_told = events_of(told)
    refused = stream.report(at_s)[0].refused if messages else {}
    assert len(events_told) + sum(refused.get(why, 0) for why in ("future", "too_late", "clock")) == stored
    for device in ("J", "K"):
        times = [event.time_ms for event in events_told if event.device == device and not event.late]
        assert times == sorted(times)
    for one in told:
        assert one.covered_ms is None or one.covered_ms[0] <= one.covered_ms[1] <= (at_s + 1.001) * 1000
        for bin_ in keeper.take(one):
            assert 0 <= bin_.valid_fraction <= 1 and 0 <= (bin_.occupancy or 0) <= 1


def fed(stream: LiveStream, from_s: int, to_s: int, boot: str = "b", begin: int = 1) -> list[Told]:
    """A message a second with one event, without trouble."""
    told = []
    for k in range(from_s, to_s):
        row = Row(T0_MS + k * 1000 - 500, "J", 82, 1)
        stream.take("c", batch(k - from_s + begin, float(k), row, boot=boot), BEGIN_S + k + 0.01)
        told += stream.drain(BEGIN_S + k + 0.2)
    return told


def test_a_gap_is_waited_for_and_then_given_up() -> None:
    stream = LiveStream(hold_s=2.0)
    fed(stream, 1, 10)
    late = batch(10, 10.0, Row(T0_MS + 9_700, "J", 82, 1))
    stream.take("c", batch(11, 11.0), BEGIN_S + 11.0)
    assert stream.drain(BEGIN_S + 12.9) == []
    (told,) = stream.drain(BEGIN_S + 13.0)
    assert told.gap is not None
    assert (told.gap.first, told.gap.last, told.gap.from_ms, told.gap.to_ms) == (10, 10, T0_MS + 9000, T0_MS + 11_000)
    receipt = stream.take("c", late, BEGIN_S + 14.0)
    assert (receipt.answer, receipt.highest, receipt.missing) == (Answer.STORED, 11, ())
    (filled,) = stream.drain(BEGIN_S + 14.0)
    assert [event.late for event in filled.events] == [True]
    assert filled.covered_ms == (T0_MS + 9000, T0_MS + 11_000)
    assert stream.take("c", late, BEGIN_S + 14.1).answer is Answer.DUPLICATE


def test_a_gap_that_is_filled_in_part_stays_one() -> None:
    stream = LiveStream(hold_s=1.0)
    fed(stream, 1, 10)
    stream.take("c", batch(12, 12.0), BEGIN_S + 12.0)
    stream.drain(BEGIN_S + 13.0)
    covered = []
    for number in (11, 10):
        stream.take("c", batch(number, float(number)), BEGIN_S + 14.0)
        covered += [one.covered_ms for one in stream.drain(BEGIN_S + 14.0)]
    assert covered == [None, (T0_MS + 9000, T0_MS + 12_000)]


def test_the_receipt_tells_what_is_missing() -> None:
    stream = LiveStream(hold_s=0.0)
    fed(stream, 1, 6)
    for number in (8, 9, 13):
        stream.take("c", batch(number, float(number)), BEGIN_S + number)
        stream.drain(BEGIN_S + number)
    receipt = stream.take("c", batch(14, 14.0), BEGIN_S + 14)
    assert (receipt.highest, receipt.missing) == (5, ((6, 7), (10, 12)))


def test_one_number_for_two_messages_is_a_conflict_and_the_first_stays() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    other = batch(5, 5.0, Row(T0_MS, "J", 81, 9), digest=b"other")
    assert stream.take("c", other, BEGIN_S + 10).answer is Answer.CONFLICT
    assert stream.take("c", batch(5, 5.0), BEGIN_S + 10).answer is Answer.DUPLICATE
    assert stream.drain(BEGIN_S + 20) == []
    assert "two messages of one number" in stream.report(BEGIN_S + 10)[0].alarms


def test_a_reboot_begins_anew_and_tells_that_nobody_knows_what_was_between() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    told = fed(stream, 40, 45, boot="b2")
    assert told[0].gap is not None and (told[0].gap.first, told[0].gap.last) == (1, 0)
    assert told[0].covered_ms is not None and told[0].covered_ms[0] >= T0_MS + 39_000
    (report,) = stream.report(BEGIN_S + 45)
    assert (report.boots, report.gaps, report.missing_messages, report.missing) == (2, 0, 0, ())


def test_messages_lost_after_a_reboot_are_missing_from_number_one() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    fed(stream, 40, 50, boot="b2", begin=4)
    assert stream.report(BEGIN_S + 50)[0].missing == ((1, 3),)


def test_two_boots_at_once_are_an_alarm() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    fed(stream, 10, 20, boot="b2")
    receipt = stream.take("c", batch(10, 21.0), BEGIN_S + 21)
    report = stream.report(BEGIN_S + 21)[0]
    assert receipt.answer is Answer.REFUSED
    assert (report.refused, report.alarms) == ({"old_boot": 1}, ("two boots at once",))


def test_a_straggler_of_the_boot_before_is_no_alarm() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    fed(stream, 12, 20, boot="b2")
    stream.take("c", batch(10, 10.0), BEGIN_S + 20)
    assert stream.report(BEGIN_S + 20)[0].alarms == ()


@pytest.mark.parametrize(("at_s", "reason"), [(21.1, "future"), (-40.1, "too_late"), (20.9, None), (-39.9, None)])
def test_events_of_the_future_or_too_late_are_refused(at_s: float, reason: str | None) -> None:
    stream = LiveStream()
    fed(stream, 1, 20)
    stream.take("c", batch(20, 20.0, Row(T0_MS + round(at_s * 1000), "K", 82, 1)), BEGIN_S + 20.01)
    told = stream.drain(BEGIN_S + 20.2)
    assert len(events_of(told)) == (reason is None)
    assert stream.report(BEGIN_S + 21)[0].refused == ({reason: 1} if reason else {})


def test_an_event_behind_later_ones_is_marked_and_a_small_disorder_is_mended() -> None:
    stream = LiveStream()
    fed(stream, 1, 20)  # the last event is at 18.5 s
    rows = [Row(T0_MS + ms, "J", 81, 1) for ms in (18_450, 17_000, 19_000)]
    stream.take("c", batch(20, 20.0, *rows), BEGIN_S + 20.01)
    events = events_of(stream.drain(BEGIN_S + 20.2))
    assert [(event.time_ms - T0_MS, event.late) for event in events] == [
        (17_000, True), (18_500, False), (19_000, False),
    ]  # fmt: skip


def test_nobody_reports_for_another_source() -> None:
    stream = LiveStream(owners={"X": "d"})
    fed(stream, 1, 10)
    for k in range(1, 9):
        stream.take("d", batch(k, float(k), Row(T0_MS + k * 1000, "J", 82, 1)), BEGIN_S + k + 1)
    stream.take("c", batch(10, 10.0, Row(T0_MS + 9_900, "X", 82, 1)), BEGIN_S + 10)
    told = stream.end(BEGIN_S + 12)
    assert events_of(told) == []
    reports = {report.name: report for report in stream.report(BEGIN_S + 10)}
    assert (reports["d"].refused, reports["c"].refused) == ({"foreign": 8}, {"foreign": 1})
    assert "reports another source's device" in reports["d"].alarms


def test_a_clock_beyond_thirty_seconds_is_not_believed() -> None:
    told = received(network(sent(edges(20)), random.Random(1), ahead_ms=40_000), stream := LiveStream())
    assert events_of(told) == [] and all(one.covered_ms is None for one in told)
    report = stream.report(BEGIN_S + 21)[0]
    assert report.refused == {"clock": len(edges(20))} and report.alarms == ("clock over 30 s",)


@pytest.mark.parametrize("jump_ms", [3000, 9000, -3000, -9000])
def test_a_clock_that_jumps_in_mid_stream_costs_no_event(jump_ms: int) -> None:
    rows, rng = edges(60), random.Random(3)
    before = [m for m in sent(rows) if m.batch.sequence <= 30]
    after = [m for m in sent(rows) if m.batch.sequence > 30]
    deliveries = network(before, rng) + network(after, rng, ahead_ms=jump_ms)
    stream = LiveStream()
    events = events_of(received(deliveries, stream))
    assert as_rows(events) == rows
    assert not any(event.late for event in events)
    report = stream.report(deliveries[-1].at_s)[0]
    assert (report.steps, "clock was set" in report.alarms) == (1, True)


def test_time_of_sending_from_far_ahead_covers_nothing_that_was_not_lived() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    stream.take("c", replace(batch(10, 10.0), sent_ms=T0_MS + 10**9), BEGIN_S + 10)
    (told,) = stream.drain(BEGIN_S + 10 + DOUBT_HOLD_S)
    assert told.covered_ms is not None and told.covered_ms[1] <= T0_MS + 11_000


def test_a_leap_and_what_was_before_the_begin_are_refused() -> None:
    stream = LiveStream()
    fed(stream, 1, 10, begin=100)
    assert stream.take("c", batch(10**9, 10.0), BEGIN_S + 10).answer is Answer.REFUSED
    assert stream.take("c", batch(99, 0.5), BEGIN_S + 10).answer is Answer.REFUSED
    assert stream.report(BEGIN_S + 10)[0].refused == {"leap": 1, "early": 1}


def test_memory_is_bounded_whatever_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MAX_HELD_ROWS", 20 * MAX_ROWS)
    stream = LiveStream(hold_s=60.0)
    most = 0
    fed(stream, 1, 10)
    for number in range(12, 600, 2):  # every other one is missing, and nobody may wait for long
        rows = [Row(T0_MS + 10_000, "J", 82, 1)] * MAX_ROWS
        stream.take("c", batch(number, 10.0, *rows), BEGIN_S + 10)
        stream.drain(BEGIN_S + 10)
        most = max(most, sum(s.gate.pending_rows for s in stream._sources.values()))
    assert most <= 21 * MAX_ROWS and stream.hastened > 0
    narrow = LiveStream(hold_s=60.0)
    fed(narrow, 1, 10)
    for number in range(12, 12 + 4 * WINDOW, 2):
        narrow.take("c", batch(number, 10.0), BEGIN_S + 10)
        narrow.drain(BEGIN_S + 10)
        assert all(len(s.gate) <= WINDOW for s in narrow._sources.values())


def test_sources_and_devices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MAX_SOURCES", 3)
    stream = LiveStream()
    answers = [stream.take(f"c{k}", batch(1, 1.0), BEGIN_S + 1).answer for k in range(4)]
    assert answers == [Answer.STORED] * 3 + [Answer.REFUSED]
    assert stream.take("a\nb", batch(1, 1.0), BEGIN_S + 1).answer is Answer.REFUSED
    stream.refuse("", Refusal.JSON)
    assert stream.unnamed == 3
    rows = [Row(T0_MS + 500, f"d{k}", 82, 1) for k in range(MAX_DEVICES + 5)]
    stream.take("c0", batch(2, 2.0, *rows), BEGIN_S + 2)
    assert len(events_of(stream.end(BEGIN_S + 2))) == MAX_DEVICES
    assert stream.report(BEGIN_S + 2)[0].refused == {"devices": 5}


def test_who_is_not_heard_of_is_an_alarm() -> None:
    stream = LiveStream()
    fed(stream, 1, 10)
    assert stream.report(BEGIN_S + 60)[0].alarms == ()
    assert stream.report(BEGIN_S + 71)[0].alarms == ("silent",)


def test_the_wait_is_bounded() -> None:
    with pytest.raises(InvalidInputError):
        LiveStream(hold_s=61)
