"""Buses put into what a signal sees: each as a vehicle that comes at one of several times and counts as many cars.

A bus is one of the vehicles that the sensors of the signal have seen already, once it is near. There it takes the
place of one of them, so that nobody is there twice.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import IntArray, JunctionView

SEEN_M: Final = 180.0
"""So near a stop line the sensors of a signal have seen a bus. [m]"""
SAME_S: Final = 6.0
"""A vehicle that is due within this time of a bus may be the bus. [s]"""
SLOW_MPS: Final = 2.0
SPACING_M: Final = 7.5
HORIZON_S: Final = 90.0
"""A bus that comes later than that changes nothing yet. [s]"""
FIRST_LANE: Final = 0.75
"""Share of the buses that are on the first lane at the kerb of those that lead on. [P]"""
_ONCE: Final = -1.0


@dataclass(frozen=True, slots=True)
class ComingBus:
    """A bus that comes to a signal: `key`, its number; `lanes` as (lane, movement, share of 1), the likeliest first;
    `times_s` when it could be at the stop line, each as likely [s]; way to it [m], speed, as how many cars it counts.
    """

    key: int
    lanes: tuple[tuple[int, int, float], ...]
    times_s: tuple[float, ...]
    to_stop_m: float
    speed_mps: float
    cars: float


def lanes_of(
    layout: JunctionLayout, road: str, next_road: str, motor: Container[str]
) -> tuple[tuple[int, int, float], ...]:
    """Return lanes and movements from one road to another with how likely a bus is on each: the kerb's first.

    Args: motor, lanes that motor vehicles may use.
    """
    edges = {way.lane_id: way.edge_id or way.lane_id.rpartition("_")[0] for way in layout.exits}
    found: dict[int, int] = {}
    for index, move in enumerate(layout.movements):
        own = layout.lanes[move.lane]
        if own.edge_id == road and own.lane_id in motor and edges[layout.exits[move.exit].lane_id] == next_road:
            found.setdefault(move.lane, index)
    lanes = sorted(found, key=lambda lane: _number(layout.lanes[lane].lane_id))[:2]
    shares = (1.0,) if len(lanes) == 1 else (FIRST_LANE, 1.0 - FIRST_LANE)
    return tuple((lane, found[lane], share) for lane, share in zip(lanes, shares, strict=False))


def _number(lane_id: str) -> int:
    """Return the number of a lane, which count from the kerb on; 0 where its name has none."""
    number = lane_id.rpartition("_")[2]
    return int(number) if number.isdigit() else 0


def with_buses(view: JunctionView, buses: Sequence[ComingBus]) -> JunctionView:
    """Return the view with these buses in it; without one, the view itself."""
    near = [bus for bus in buses if bus.lanes and bus.times_s and bus.times_s[0] < HORIZON_S]
    if not near:
        return view
    rows = _Rows(view)
    for bus in sorted(near, key=lambda each: each.times_s):
        rows.put(bus)
    return rows.view()


class _Rows:
    """The wide arrays of a view while vehicles are put in and taken out."""

    def __init__(self, view: JunctionView) -> None:
        self._view = view
        self._n: IntArray = view.n_vehicles.copy()
        self._buses: set[int] = set()
        shape = view.eta_s.shape
        self._wide = {
            "eta_s": view.eta_s.copy(),
            "movement": view.movement.copy(),
            "presence": view.presence.copy(),
            "key": view.key.copy(),
            "late_s": view.late_s.copy() if view.late_s.size else np.zeros(shape),
            "weight": view.weight.copy() if view.weight.size else np.ones(shape),
            "share_from": view.share_from.copy() if view.share_from.size else np.full(shape, _ONCE),
        }

    def view(self) -> JunctionView:
        """Return the view that came of it."""
        return replace(self._view, n_vehicles=self._n, **self._wide)  # type: ignore[arg-type]

    def put(self, bus: ComingBus) -> None:
        """Put a bus in, in place of the vehicle that it is likely to be, if one of them was seen."""
        lane, movement, _ = bus.lanes[0]
        place = self._queued(lane, bus)
        if place is not None:
            self._wide["movement"][lane, place], self._wide["presence"][lane, place] = movement, 1.0
            self._wide["weight"][lane, place] *= bus.cars
            self._buses.add(int(self._wide["key"][lane, place]))
            return
        self._buses.add(bus.key)
        late_s = self._taken_out(bus)
        shares = [share for _, _, share in bus.lanes]
        for (lane, movement, share), begin in zip(bus.lanes, np.cumsum([0.0, *shares[:-1]]), strict=True):
            width = share / len(bus.times_s)
            for k, eta_s in enumerate(bus.times_s):
                self._insert(lane, (eta_s, movement, width, bus.key, late_s, bus.cars, float(begin) + k * width))

    def _queued(self, lane: int, bus: ComingBus) -> int | None:
        """Return which vehicle of a queue it is, None if it does not stand in the queue."""
        waits = int((self._wide["eta_s"][lane, : self._n[lane]] <= 0.0).sum())
        place = int(bus.to_stop_m / SPACING_M)
        if bus.speed_mps >= SLOW_MPS or bus.times_s[0] > SAME_S or place > waits + 1 or not waits:
            return None
        return min(place, waits - 1)

    def _taken_out(self, bus: ComingBus) -> float:
        """Take the vehicle out that is likely to be the bus; return how long it has been kept, 0 if none is. [s]"""
        if bus.to_stop_m > SEEN_M:
            return 0.0
        usual_s = bus.times_s[len(bus.times_s) // 2]
        found = [
            (abs(float(self._wide["eta_s"][lane, v]) - usual_s), lane, v)
            for lane, _, _ in bus.lanes
            for v in range(int(self._n[lane]))
            if int(self._wide["key"][lane, v]) not in self._buses
        ]
        off_s, lane, v = min(found, default=(SAME_S + 1.0, 0, 0))
        if off_s > SAME_S:
            return 0.0
        late_s = float(self._wide["late_s"][lane, v])
        for array in self._wide.values():
            array[lane, v:-1] = array[lane, v + 1 :]
        self._n[lane] -= 1
        return late_s

    def _insert(self, lane: int, row: tuple[float, int, float, int, float, float, float]) -> None:
        """Put a row in behind all who come before it; on a lane that is full to the end of the array, nowhere."""
        n, width = int(self._n[lane]), self._wide["eta_s"].shape[1]
        if n >= width:
            return
        before = self._wide["eta_s"][lane, :n] <= row[0]
        v = int(np.flatnonzero(before)[-1]) + 1 if before.any() else 0
        for array, value in zip(self._wide.values(), row, strict=True):
            array[lane, v + 1 : n + 1] = array[lane, v:n].copy()
            array[lane, v] = value
        self._n[lane] += 1
