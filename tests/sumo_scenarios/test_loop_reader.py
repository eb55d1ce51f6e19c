"""On and off of the loops, from SUMO's records of vehicles."""

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from detectors.loops.events import LoopEvent
from sumo_scenarios.loop_reader import LoopReader
from tests.detectors.layouts import FAR, LINE, NEAR, junction

Passages = list[tuple[float, float]]


class Fake:
    """SUMO's loops and the event log, by hand. Passages are (on, off) [s], off -1 while the loop is occupied."""

    def __init__(self) -> None:
        self.layout = junction()
        self.on: dict[str, Passages] = {}
        self.logged: list[tuple[str, int, bool, int]] = []
        unit = SimpleNamespace(site=SimpleNamespace(signal_id="J"), layout=self.layout)
        self._reader = LoopReader(cast(Any, self), cast(Any, unit), cast(Any, self))

    def loop_passages(self, loop_id: str) -> Passages:
        return self.on.get(loop_id, [])

    def detector(self, *row: Any) -> None:
        self.logged.append(row)

    def step(self, time_s: float, on: dict[int, Passages]) -> list[LoopEvent]:
        self.on = {self.layout.loops[index].loop_id: passages for index, passages in on.items()}
        return self._reader.read(time_s)


def test_a_vehicle_that_stands_for_some_steps_goes_on_and_off_once() -> None:
    fake = Fake()
    assert fake.step(1.0, {}) == []
    assert fake.step(2.0, {LINE: [(1.4, -1.0)]}) == [LoopEvent(LINE, 1.4, True)]
    assert fake.step(3.0, {LINE: [(1.4, -1.0)]}) == []
    assert fake.step(4.0, {LINE: [(1.4, 3.7)]}) == [LoopEvent(LINE, 3.7, False)]
    assert fake.step(5.0, {}) == []


def test_a_vehicle_that_passes_within_a_step_goes_on_and_off() -> None:
    assert Fake().step(5.0, {FAR: [(4.2, 4.6)]}) == [LoopEvent(FAR, 4.2, True), LoopEvent(FAR, 4.6, False)]


def test_one_off_and_the_next_on_within_a_step() -> None:
    fake = Fake()
    fake.step(2.0, {LINE: [(1.4, -1.0)]})
    found = fake.step(4.0, {LINE: [(3.6, -1.0), (1.4, 3.1)]})
    assert found == [LoopEvent(LINE, 3.1, False), LoopEvent(LINE, 3.6, True)]
    assert fake.step(5.0, {LINE: [(3.6, 4.2)]}) == [LoopEvent(LINE, 4.2, False)]


def test_a_loop_cannot_tell_vehicles_that_overlap_on_it() -> None:
    """A queue moves up so closely that the next one is on the loop before the last one has left it."""
    fake = Fake()
    assert fake.step(2.0, {LINE: [(1.4, -1.0)]}) == [LoopEvent(LINE, 1.4, True)]
    assert fake.step(3.0, {LINE: [(1.4, 2.9), (2.6, -1.0)]}) == []
    assert fake.step(4.0, {LINE: [(2.6, 3.5), (3.5, -1.0)]}) == [], "bumper to bumper"
    assert fake.step(5.0, {LINE: [(3.5, 4.5)]}) == [LoopEvent(LINE, 4.5, False)]


def test_who_is_taken_away_from_a_loop_leaves_it_off() -> None:
    fake = Fake()
    fake.step(2.0, {LINE: [(1.4, -1.0)]})
    assert fake.step(3.0, {}) == [LoopEvent(LINE, 2.0, False)]
    fake.step(4.0, {LINE: [(3.4, -1.0)]})
    assert fake.step(5.0, {LINE: [(4.6, -1.0)]}) == [LoopEvent(LINE, 4.0, False), LoopEvent(LINE, 4.6, True)]


@given(st.lists(st.tuples(st.integers(0, 95), st.integers(1, 40)), max_size=12))
def test_the_edges_are_those_of_when_anybody_is_on_it(stays: list[tuple[int, int]]) -> None:
    """Checked second by second against the plain question whether somebody is there. Times are tenths of a second."""
    fake, edges = Fake(), []
    for second in range(1, 15):
        now, before = 10 * second, 10 * (second - 1)
        there = [(on, on + length) for on, length in stays if on < now and on + length > before]
        edges += fake.step(now / 10, {LINE: [(on / 10, off / 10 if off < now else -1.0) for on, off in there]})
    covered = [any(on <= tenth < on + length for on, length in stays) for tenth in range(140)]
    changes = [t for t in range(140) if covered[t] != (t > 0 and covered[t - 1])]
    assert [round(10 * edge.time_s) for edge in edges] == changes
    assert [edge.on for edge in edges] == [covered[t] for t in changes]


def test_events_of_all_loops_come_in_the_order_of_time_and_are_logged() -> None:
    fake = Fake()
    found = fake.step(5.0, {FAR: [(4.7, -1.0)], NEAR: [(4.1, 4.5)]})
    assert [(event.loop, event.time_s) for event in found] == [(NEAR, 4.1), (NEAR, 4.5), (FAR, 4.7)]
    assert sorted(fake.logged) == [("J", 1, True, 47), ("J", 2, False, 45), ("J", 2, True, 41)]
