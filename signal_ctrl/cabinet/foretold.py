"""Who is foretold to one signal, as its adviser sees it: vehicles behind those that the loops have seen.

The centre says by which turn somebody comes and when. That is put on a lane and its movement, as long as the vehicle
cannot have passed the farthest loop of the lane yet: from there on the loops count it, and nobody is counted twice.
What was heard longer ago than a few seconds is not there any more.
"""

from collections.abc import Callable, Mapping
from typing import Final

from detectors.view_builder import MAX_VEHICLES, Expected
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import Foretold, foretold_from_bytes
from signal_ctrl.domain.network import JunctionLayout

AHEAD_S: Final = 60.0
"""So far ahead does an adviser look. [s]"""
LATE_S: Final = 3.0
"""Who should have been seen so long ago has not come, or was seen. [s] As in the closed loop of `parking evaluate`."""
PRESENCE: Final = 0.8
"""How sure it is that somebody who is foretold comes. [0–1] [P]"""
FRESH_MS: Final = 15_000
"""What the centre said counts for so long. [ms] [P]"""
WANTED_MS: Final = 10_000
"""Who looked so lately still wants to know. [ms]"""
SKEW_MS: Final = 2_000
"""Its time may be so far from this clock: beyond, coordination is off anyway (SAFETY part B). [ms]"""
_OWN_KEYS: Final = 1 << 40
_MS_PER_S: Final = 1000

Place = tuple[int, int, float]
"""A lane, a movement from it, and how long the way from its farthest loop to the stop line is. [s]"""


class ForetoldBoard:
    """What the centre said last. One thread puts it there, another one looks."""

    def __init__(self) -> None:
        self._said: tuple[int, tuple[Foretold, ...]] = (0, ())
        self._looked_ms: int | None = None

    def is_wanted(self, mono_ms: int) -> bool:
        """Tell whether anybody looks at it: without an adviser that is to decide, nobody needs to ask. [ms]"""
        return self._looked_ms is not None and mono_ms - self._looked_ms <= WANTED_MS

    def put(self, data: bytes, utc_ms: int, mono_ms: int) -> int:
        """Take the centre's document in and return when to ask again. [s] [ms]

        Raises: InvalidInputError for one that is none, or of another time; then nobody is foretold.
        """
        self.clear()
        word = foretold_from_bytes(data)
        if abs(word.utc_ms - utc_ms) > SKEW_MS:
            raise InvalidInputError("who is foretold is of another time")
        self._said = (mono_ms, word.vehicles)
        return word.again_s

    def clear(self) -> None:
        """Let nobody be foretold."""
        self._said = (0, ())

    def at(self, mono_ms: int) -> tuple[Foretold, ...]:
        """Return who is foretold at a time. [ms]"""
        self._looked_ms = mono_ms
        heard_ms, vehicles = self._said
        return vehicles if 0 <= mono_ms - heard_ms <= FRESH_MS else ()


class Doors:
    """By which lane and movement each turn of the roads goes, at one signal."""

    def __init__(self, layout: JunctionLayout) -> None:
        places: dict[tuple[str, str], list[Place]] = {}
        for index, movement in enumerate(layout.movements):
            lane, out = layout.lanes[movement.lane], layout.exits[movement.exit]
            onto = out.edge_id or out.lane_id.rpartition("_")[0] or out.lane_id
            far_m = max((layout.loops[k].to_stop_m for k in lane.loops), default=0.0)
            place = (movement.lane, index, far_m / lane.speed_mps)
            places.setdefault((lane.edge_id, onto), []).append(place)
        self._places: Mapping[tuple[str, str], list[Place]] = places

    def expected(self, vehicles: tuple[Foretold, ...], utc_ms: int) -> tuple[tuple[int, Expected], ...]:
        """Return (lane, vehicle) for those who come and cannot have been seen yet, as many as a lane holds. [ms]"""
        found: list[tuple[int, Expected]] = []
        on_lane: dict[int, int] = {}
        for each in sorted(vehicles, key=lambda one: one.utc_ms):
            places, eta_s = self._places.get(each[:2], ()), (each.utc_ms - utc_ms) / _MS_PER_S
            if not places or eta_s > AHEAD_S:
                continue
            lane, movement, seen_s = min(places, key=lambda place: on_lane.get(place[0], 0))
            count = on_lane.get(lane, 0)
            if eta_s - seen_s > -LATE_S and count < MAX_VEHICLES:
                on_lane[lane] = count + 1
                key = _OWN_KEYS + lane * MAX_VEHICLES + count
                found.append((lane, Expected(max(eta_s, seen_s), movement, PRESENCE, key)))
        return tuple(found)


Coming = Callable[[], tuple[Foretold, ...]]
"""Says who is foretold now."""


def nobody() -> tuple[Foretold, ...]:
    """Foretell nobody."""
    return ()
