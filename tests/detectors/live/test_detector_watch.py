"""The full judgement of what arrives live: as of the whole log afterwards, and no gap is held against a detector."""

import random
from collections.abc import Sequence

import pytest

from detectors.health.feed import Feed
from detectors.health.judge import Judge
from detectors.health.review import Calendar, Edge, review, slots_of
from detectors.health.surroundings import Balance, Surroundings
from detectors.live.detector_watch import DetectorWatch, Station
from detectors.live.judges import Judges, LoopStanding
from detectors.live.message import Row
from detectors.live.stream import LiveStream
from detectors.live.told import Told
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.live.wire import T0_MS, network, received, sent

AROUND = Surroundings(("J",) * 3, ((1,), (0,), ()), (Balance((0,), (2,), 5.0),))
STATION = Station("J", (11, 12, 13), ("a", "b", "c"), AROUND, (0.15,) * 3)
MINUTES = 40


def traffic() -> list[tuple[int, int, int]]:
    """(detector, on, off) in ms: two lanes side by side, and a detector behind the first."""
    rng, out = random.Random(11), list[tuple[int, int, int]]()
    for lane in (0, 1):
        at_ms = 0
        while at_ms < MINUTES * 60_000 - 20_000:
            at_ms += round(rng.expovariate(1 / 9000)) + 1800
            lasts_ms = rng.randrange(300, 700)
            out.append((lane, at_ms, at_ms + lasts_ms))
            if lane == 0:
                out.append((2, at_ms + 5000, at_ms + 5000 + lasts_ms))
    return out


def stuck(pulses: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    kept = [pulse for pulse in pulses if pulse[0] != 1 or pulse[2] < 600_000]
    return [*kept, (1, 600_500, 10**9)]


def chatter(pulses: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return pulses + [(0, t, t + 40) for t in range(900_300, 1_500_000, 900)]


def rows_of(pulses: Sequence[tuple[int, int, int]]) -> list[Row]:
    edges = [
        Row(T0_MS + at_ms, "J", code, 11 + k)
        for k, on_ms, off_ms in pulses
        for code, at_ms in ((82, on_ms), (81, off_ms))
        if at_ms < MINUTES * 60_000
    ]
    return sorted(edges, key=lambda row: row.time_ms)


def live(rows: Sequence[Row], lost: Sequence[int] = ()) -> DetectorWatch:
    watch = DetectorWatch([STATION])
    for told in received(network(sent(rows), random.Random(2), doubled=0.2, delayed=0.2, lost=lost), LiveStream()):
        watch.take(told)
    return watch


def afterwards(rows: Sequence[Row]) -> list[tuple[DetectorState, str]]:
    edges = [Edge(row.parameter - 11, row.time_ms / 1000, int(row.code == 82)) for row in rows]
    feed = Feed(AROUND.controllers, shortest_s=STATION.shortest_s)
    found = review(slots_of(edges, feed, 60.0), Judge(AROUND), Calendar())
    return [(one.state, one.fault.value if one.fault else "") for one in found.verdicts]


@pytest.mark.parametrize(
    ("fault", "bad", "word"), [(lambda pulses: pulses, None, ""), (stuck, 1, "stuck on"), (chatter, 0, "chatters")]
)
def test_the_verdicts_are_those_of_the_whole_log(fault, bad, word) -> None:  # type: ignore[no-untyped-def]
    rows = rows_of(fault(traffic()))
    found = live(rows).standings()
    assert [(one.state, one.why) for one in found] == afterwards(rows)
    assert [one.channel for one in found] == [11, 12, 13]
    for k, one in enumerate(found):
        failed = one.state is DetectorState.FAILED
        assert failed == (k == bad)
        assert not failed or (one.why == word and one.since_s is not None and one.since_s >= T0_MS / 1000 + 590)


def test_no_gap_is_held_against_a_detector() -> None:
    watch = live(rows_of(traffic()), lost=range(600, 1200))
    assert [one.state for one in watch.standings()] == [DetectorState.OK] * 3


def test_of_half_minutes_too_little_is_known() -> None:
    watch = live(rows_of(traffic()), lost=[number for number in range(301, 2400) if number % 60 < 30])
    assert {(one.state, one.why) for one in watch.standings()} == {(DetectorState.FAILED, "sends no data")}


def test_nothing_is_known_of_detectors_that_no_station_has() -> None:
    watch = live(rows_of(stuck(traffic())))
    assert (watch.quality("J", 12), watch.quality("J", 99), watch.quality("K", 12)) == ("fault", "ok", "ok")


def test_a_station_names_each_channel() -> None:
    with pytest.raises(InvalidInputError):
        Station("J", (1, 2), ("a",), Surroundings(("J",)), (0.1,))


class Fixed:
    """A judge of one mind."""

    def __init__(self, state: DetectorState, quality: str, why: str) -> None:
        self._state, self._quality, self._why = state, quality, why

    def take(self, told: Told) -> None:
        assert told.source == "c"

    def quality(self, device: str, channel: int) -> str:
        return self._quality

    def standings(self) -> tuple[LoopStanding, ...]:
        return (LoopStanding("J", 1, "J/1", self._state, self._why, 5.0),)


def test_of_several_judges_the_worst_word_counts() -> None:
    fine, doubt = Fixed(DetectorState.OK, "ok", ""), Fixed(DetectorState.SUSPECT, "suspect", "odd")
    failed = Fixed(DetectorState.FAILED, "fault", "dead")
    for judges, quality, why in (((fine, doubt), "suspect", "odd"), ((failed, doubt, fine), "fault", "dead")):
        together = Judges(judges)
        together.take(Told("c", None, (), None))
        assert (together.quality("J", 1), [one.why for one in together.standings()]) == (quality, [why])
