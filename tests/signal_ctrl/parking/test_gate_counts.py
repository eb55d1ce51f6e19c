import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.batches import Reason
from signal_ctrl.parking.gate_counts import SURVEY_MS, GateCounts
from signal_ctrl.parking.parts import SILENT_MS
from signal_ctrl.parking.readings import GateReading, SurveyReading
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS

GATES = ("in", "out")


def counts(capacity: int = 100, occupied: int | None = 50) -> GateCounts:
    gates = GateCounts(GATES, capacity)
    if occupied is not None:
        assert gates.survey(SurveyReading("P1", BEGIN_MS, occupied)) is None
    return gates


def pass_(gates: GateCounts, at_ms: int, came: int = 0, went: int = 0) -> list[Reason | None]:
    return [
        gates.take(GateReading("P1", "in", at_ms, came, 0)),
        gates.take(GateReading("P1", "out", at_ms, 0, went)),
    ]


def test_without_a_survey_nobody_knows_who_is_inside() -> None:
    gates = counts(occupied=None)
    pass_(gates, BEGIN_MS + 1000, came=1)
    part = gates.part(BEGIN_MS + 1000)
    assert (part.low, part.high, part.stale) == (0, 100, True)


def test_who_comes_and_goes_is_counted() -> None:
    gates = counts()
    pass_(gates, BEGIN_MS + MINUTE_MS, came=7, went=3)
    part = gates.part(BEGIN_MS + MINUTE_MS)
    assert part.free == 46
    assert part.low < 46 < part.high
    assert part.is_good


def test_a_copy_of_a_reading_counts_nobody_twice() -> None:
    gates = counts()
    pass_(gates, BEGIN_MS + MINUTE_MS, came=7)
    assert pass_(gates, BEGIN_MS + MINUTE_MS, came=7) == [Reason.DUPLICATE, Reason.DUPLICATE]
    assert pass_(gates, BEGIN_MS + 1000, came=7) == [Reason.LATE, Reason.LATE]
    assert gates.part(BEGIN_MS + MINUTE_MS).free == 43


def test_a_silent_gate_makes_the_count_unknown() -> None:
    gates = counts()
    pass_(gates, BEGIN_MS + 1000)
    gates.take(GateReading("P1", "out", BEGIN_MS + SILENT_MS, 0, 0))
    part = gates.part(BEGIN_MS + SILENT_MS + 1001)
    assert (part.low, part.high, part.stale) == (0, 100, True)


def test_what_may_have_passed_a_silent_gate_widens_the_interval() -> None:
    gates, calm = counts(), counts()
    for each in (gates, calm):
        for minute in range(1, 31):
            pass_(each, BEGIN_MS + minute * MINUTE_MS, came=2, went=2)
    pass_(gates, BEGIN_MS + 60 * MINUTE_MS)
    for minute in range(31, 61):
        pass_(calm, BEGIN_MS + minute * MINUTE_MS)
    at_ms = BEGIN_MS + 60 * MINUTE_MS
    assert gates.part(at_ms).low < calm.part(at_ms).low - 20


def test_so_many_do_not_pass_one_gate() -> None:
    gates = counts()
    pass_(gates, BEGIN_MS + MINUTE_MS)
    assert pass_(gates, BEGIN_MS + MINUTE_MS + 5000, came=40)[0] is Reason.IMPOSSIBLE
    assert gates.part(BEGIN_MS + MINUTE_MS + 5000).doubtful


def test_a_count_that_leaves_what_is_possible_is_doubted_until_a_survey() -> None:
    gates = counts(occupied=5)
    for minute in range(1, 15):
        pass_(gates, BEGIN_MS + minute * MINUTE_MS, went=2)  # ten too many: somebody was not seen to come
    at_ms = BEGIN_MS + 14 * MINUTE_MS
    part = gates.part(at_ms)
    assert part.high == 100 and part.doubtful
    assert gates.clamped >= 20
    gates.survey(SurveyReading("P1", at_ms, 30))
    assert gates.part(at_ms).is_good and gates.part(at_ms).free == 70


def test_a_survey_that_is_too_old_is_doubted() -> None:
    gates = counts()
    for minute in range(4, SURVEY_MS // MINUTE_MS + 8, 4):
        at_ms = BEGIN_MS + minute * MINUTE_MS
        pass_(gates, at_ms)
        assert gates.part(at_ms).doubtful is (at_ms > BEGIN_MS + SURVEY_MS)


def day(
    gates: GateCounts, truth: int, begin_ms: int, draw: random.Random, missed: float, capacity: int = 100
) -> tuple[int, int]:
    """Let 800 cars come and go in a day, some of those who come unseen; return who is inside and the worst overcount."""
    worst = 0
    for minute in range(1, 1441):
        busy = 480 <= minute < 1200
        came = int(busy and truth < capacity and draw.random() < 0.55)
        went = int(540 <= minute < 1260 and truth > 0 and draw.random() < 0.55)
        truth += came - went
        seen = came * (draw.random() >= missed)
        pass_(gates, begin_ms + minute * MINUTE_MS, seen, went)
        if minute % 5 == 0:
            worst = max(worst, gates.part(begin_ms + minute * MINUTE_MS).low - (capacity - truth))
    return truth, worst


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_low_bound_holds_for_a_gate_that_misses_one_in_a_hundred(seed: int) -> None:
    _, worst = day(counts(), 50, BEGIN_MS, random.Random(seed), 0.01)
    assert worst <= 0


def test_what_a_gate_misses_is_learned_from_surveys() -> None:
    draw, gates, truth, begin_ms, errors = random.Random(7), counts(600, 300), 300, BEGIN_MS, []
    for _ in range(8):
        truth, _ = day(gates, truth, begin_ms, draw, 0.06, 600)
        begin_ms += 1440 * MINUTE_MS
        errors.append(abs(gates.part(begin_ms).free - (600 - truth)))
        gates.survey(SurveyReading("P1", begin_ms, truth))
    assert sum(errors[-3:]) < 0.5 * sum(errors[:3])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=60), st.integers(0, 100))
def test_the_interval_is_within_what_is_possible_and_survives(passed: list[tuple[int, int]], occupied: int) -> None:
    gates, again = counts(occupied=occupied), counts(occupied=None)
    for k, (came, went) in enumerate(passed, 1):
        pass_(gates, BEGIN_MS + k * MINUTE_MS, came, went)
    now_ms = BEGIN_MS + max(len(passed), 1) * MINUTE_MS
    part = gates.part(now_ms)
    assert 0 <= part.low <= part.free <= part.high <= 100
    again.restore(gates.document())
    assert again.part(now_ms) == part


def test_a_reading_that_comes_out_of_turn_may_have_been_missed() -> None:
    """Three cars came in a minute that is told after the next one; they are nowhere in the count."""
    gates = counts()
    pass_(gates, BEGIN_MS + 2 * MINUTE_MS)
    assert gates.take(GateReading("P1", "in", BEGIN_MS + MINUTE_MS, 3, 0)) is Reason.LATE
    assert gates.part(BEGIN_MS + 2 * MINUTE_MS).low <= 50 - 3
    assert gates.take(GateReading("P1", "in", BEGIN_MS - MINUTE_MS, 9, 0)) is Reason.LATE  # the survey has seen them
    assert gates.part(BEGIN_MS + 2 * MINUTE_MS).low >= 50 - 4
