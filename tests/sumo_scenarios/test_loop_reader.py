"""On and off of the loops, from SUMO's records of vehicles."""

from types import SimpleNamespace
from typing import Any, cast

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


def test_events_of_all_loops_come_in_the_order_of_time_and_are_logged() -> None:
    fake = Fake()
    found = fake.step(5.0, {FAR: [(4.7, -1.0)], NEAR: [(4.1, 4.5)]})
    assert [(event.loop, event.time_s) for event in found] == [(NEAR, 4.1), (NEAR, 4.5), (FAR, 4.7)]
    assert sorted(fake.logged) == [("J", 1, True, 47), ("J", 2, False, 45), ("J", 2, True, 41)]
