"""What really happened in a film: who crossed which line when, and which zones were covered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.camera import Line, ZoneKind
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.views import GroundLine, GroundZone, View

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]

LANE_REACH_M: Final = 3.0
CROSSING_COLUMNS: Final = ("time_s", "frame", "line", "direction", "class", "speed_mps", "lane")
ZONE_COLUMNS: Final = ("time_s", "zone", "lane", "occupied", "share")


@dataclass(frozen=True, slots=True)
class TrueCrossing:
    """A front bumper that reached a line. `time_s` counts from the first frame; `vehicle` is SUMO's name."""

    time_s: float
    frame: int
    line: str
    direction: str
    kind: str
    speed_mps: float
    lane: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class TruePresence:
    """One second of one zone: the share of its frames in which some vehicle was over it, 0 to 1."""

    time_s: int
    zone: str
    lane: str
    share: float

    @property
    def occupied(self) -> bool:
        """Whether it was covered for at least half of the second."""
        return self.share >= 0.5


class Witness:
    """Watches the scenes of a film and knows the truth of one view."""

    def __init__(self, view: View) -> None:
        self._lines = list(zip(view.lines, view.camera.lines, strict=True))
        self._zones = [zone for zone in view.zones if zone.kind is ZoneKind.PRESENCE]
        self._corners = [zone.corners.astype(np.float32) for zone in self._zones]
        self._before: Scene | None = None
        self._start_s = 0.0
        self._frame = -1
        self._covered: list[NDArray[np.bool_]] = []
        self._times_s: list[float] = []
        self.crossings: list[TrueCrossing] = []

    def see(self, scene: Scene) -> list[TrueCrossing]:
        """Take in the scene of the next frame; return the crossings since the last one."""
        if self._before is None:
            self._start_s = scene.time_s
        self._frame += 1
        found = self._crossed(self._before, scene) if self._before is not None else []
        self._covered.append(self.covered(scene))
        self._times_s.append(scene.time_s - self._start_s)
        self._before = scene
        self.crossings += found
        return found

    def _crossed(self, before: Scene, after: Scene) -> list[TrueCrossing]:
        place = {name: index for index, name in enumerate(before.names)}
        pairs = np.array([(place[n], j) for j, n in enumerate(after.names) if n in place], dtype=np.int64).reshape(
            -1, 2
        )
        found = []
        for ground, line in self._lines:
            for pair, share, forward in _hits(ground, before.front[pairs[:, 0]], after.front[pairs[:, 1]]):
                found.append(self._crossing(ground, line, (share, forward), (before, after), tuple(pairs[pair])))
        return sorted(found, key=lambda each: each.time_s)

    def _crossing(
        self, ground: GroundLine, line: Line, hit: tuple[float, bool], step: tuple[Scene, Scene], pair: tuple[int, ...]
    ) -> TrueCrossing:
        (share, forward), (before, after) = hit, step
        time_s = before.time_s + share * (after.time_s - before.time_s) - self._start_s
        direction = line.forward if forward else line.backward
        index = pair[1]
        name, kind = after.names[index], after.bodies[index].kind
        spot = before.front[pair[0]] * (1.0 - share) + after.front[index] * share
        return TrueCrossing(
            round(time_s, 3), self._frame, line.name, direction, kind, round(float(after.speed[index]), 2),
            _lane(ground, spot), name,
        )  # fmt: skip

    def covered(self, scene: Scene) -> NDArray[np.bool_]:
        """Return for each presence zone whether any vehicle stands over it."""
        if not scene.names:
            return np.zeros(len(self._zones), dtype=np.bool_)
        prints = scene.footprints().astype(np.float32)
        middles = prints.mean(axis=1)
        reach = np.array([body.length_m for body in scene.bodies])
        return np.array(
            [
                _is_covered(zone, corners, prints, middles, reach)
                for zone, corners in zip(self._zones, self._corners, strict=True)
            ],
            dtype=np.bool_,
        )

    def presence(self) -> list[TruePresence]:
        """Return every whole second of every zone."""
        seconds = np.floor(np.array(self._times_s) + 1e-6).astype(int)
        covered = np.array(self._covered)
        rows = []
        for second in range(int(seconds.max(initial=-1)) + 1):
            shares = covered[seconds == second].mean(axis=0)
            rows += [TruePresence(second, z.name, z.lane, float(s)) for z, s in zip(self._zones, shares, strict=True)]
        return rows


def _hits(line: GroundLine, before: Floats, after: Floats) -> list[tuple[int, float, bool]]:
    """Return (index, share of the step, forward) of the steps that cross a line between its ends."""
    along = line.end - line.start
    right = np.array([along[1], -along[0]]) / float(np.hypot(*along))
    side_0, side_1 = (before - line.start) @ right, (after - line.start) @ right
    found = []
    for index in np.flatnonzero((side_0 < 0) != (side_1 < 0)):
        share = float(side_0[index] / (side_0[index] - side_1[index]))
        spot = before[index] + (after[index] - before[index]) * share
        if 0.0 <= float((spot - line.start) @ along) <= float(along @ along):
            found.append((int(index), share, bool(side_1[index] >= 0)))
    return found


def _lane(line: GroundLine, spot: Floats) -> str:
    """Return the lane that leads to a place, or nothing where none is near."""
    gaps = [(lane.gap_m(spot), lane.lane_id) for lane in line.lanes]
    return min(((gap, name) for gap, name in gaps if gap <= LANE_REACH_M), default=(0.0, ""))[1]


def _is_covered(zone: GroundZone, corners: Plane, prints: Plane, middles: Plane, reach: Floats) -> bool:
    centre = zone.corners.mean(axis=0)
    radius = float(np.hypot(*(zone.corners - centre).T).max())
    near = np.flatnonzero(np.hypot(*(middles - centre).T) < reach + radius)
    return any(cv2.intersectConvexConvex(corners, prints[k])[0] > 1e-3 for k in near)


def crossing_rows(crossings: Sequence[TrueCrossing]) -> list[tuple[str, ...]]:
    """Return the rows of a crossings file."""
    return [
        (f"{c.time_s:.3f}", str(c.frame), c.line, c.direction, c.kind, f"{c.speed_mps:.2f}", c.lane) for c in crossings
    ]


def zone_rows(presence: Sequence[TruePresence]) -> list[tuple[str, ...]]:
    """Return the rows of a zones file."""
    return [(str(p.time_s), p.zone, p.lane, str(int(p.occupied)), f"{p.share:.2f}") for p in presence]
