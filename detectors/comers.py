"""Those who are foretold to a signal, by its lanes: buses to be weighed, drivers who are out of sight yet. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from detectors.buses.joining import ComingBus, lanes_of
from detectors.view_builder import MAX_VEHICLES, Expected
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind
from signal_ctrl.domain.network import JunctionLayout

AHEAD_S: Final = 60.0
"""Drivers who come later change nothing yet. [s]"""
LATE_S: Final = 3.0
"""Who should have been seen by the signal's own loops so long ago is theirs. [s]"""
_OWN_KEYS: Final = 1 << 53
Lanes = tuple[tuple[int, int, float], ...]
Place = tuple[int, int, float]
"""A lane, a movement from it, and how long the way from its farthest loop to the stop line is. [s]"""


class Comers:
    """What a signal makes of those who are foretold. Who comes by a turn that it does not have is not there."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._layout = layout
        # a lane of bicycles counts its vehicles as less than a car; no bus and no car is on it
        self._motor = frozenset(lane.lane_id for lane in layout.lanes if lane.cars >= 1.0)
        self._lanes: dict[tuple[str, str], Lanes] = {}
        self._places: dict[tuple[str, str], list[Place]] = {}
        for index, movement in enumerate(layout.movements):
            lane, out = layout.lanes[movement.lane], layout.exits[movement.exit]
            if lane.lane_id in self._motor:
                onto = out.edge_id or out.lane_id.rpartition("_")[0]
                far_m = max((layout.loops[k].to_stop_m for k in lane.loops), default=0.0)
                place = (movement.lane, index, far_m / lane.speed_mps)
                self._places.setdefault((lane.edge_id, onto), []).append(place)

    def buses(self, foretold: Iterable[Foretold]) -> list[ComingBus]:
        """Return the buses, each with its likely lanes."""
        return [
            ComingBus(one.key, lanes, one.times_s, one.to_stop_m, one.speed_mps, one.cars)
            for one in foretold
            if one.kind is ForetoldKind.BUS and (lanes := self._lanes_of(one))
        ]

    def guided(self, foretold: Iterable[Foretold]) -> list[tuple[int, Expected]]:
        """Return lane and vehicle of each driver whom the signal's own loops cannot have seen yet.

        They are spread over the lanes of their turn. From the farthest loop of a lane on the loops count them.
        """
        found: list[tuple[int, Expected]] = []
        on_lane: Counter[int] = Counter()
        for one in sorted(foretold, key=lambda each: (each.times_s, each.key)):
            places = self._places.get((one.road, one.next_road)) if one.kind is ForetoldKind.GUIDED else None
            if not places:
                continue
            lane, movement, seen_s = min(places, key=lambda place: on_lane[place[0]])
            eta_s = one.times_s[len(one.times_s) // 2]
            if seen_s - LATE_S < eta_s <= AHEAD_S and on_lane[lane] < MAX_VEHICLES:
                on_lane[lane] += 1
                found.append((lane, Expected(max(eta_s, seen_s), movement, one.presence, _OWN_KEYS + one.key)))
        return found

    def _lanes_of(self, one: Foretold) -> Lanes:
        turn = one.road, one.next_road
        if turn not in self._places:
            return ()
        if turn not in self._lanes:
            self._lanes[turn] = lanes_of(self._layout, *turn, self._motor)
        return self._lanes[turn]
