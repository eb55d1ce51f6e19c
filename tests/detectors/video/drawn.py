"""Roads drawn with OpenCV, with exact truth: a check of the counting that shares no code with it.

The world is in metres: x along the road, y across it, z up. Vehicles are two boxes, a body and a cabin, with a shadow.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

FACES = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))
LIGHT = np.array([0.3, -0.5, 0.81])


@dataclass(frozen=True)
class Pole:
    """A camera at `at`, looking at `to`, with a focal length in pixels."""

    at: tuple[float, float, float]
    to: tuple[float, float, float]
    width: int = 640
    height: int = 360
    focal: float = 600.0

    @functools.cache  # noqa: B019 a handful of cameras, looked at a million times
    def matrix(self) -> np.ndarray:
        at = np.array(self.at)
        ahead = np.array(self.to) - at
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        down = np.cross(ahead, right)
        turn = np.stack([right, down, ahead])
        inner = np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1.0]])
        return inner @ np.hstack([turn, (-turn @ at)[:, None]])

    def look(self, points: np.ndarray) -> np.ndarray:
        seen = np.hstack([points, np.ones((len(points), 1))]) @ self.matrix().T
        return seen[:, :2] / np.maximum(seen[:, 2:], 0.1)

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        u, v = self.look(np.array([[x, y, 0.0]]))[0]
        return float(u), float(v)


@dataclass
class Vehicle:
    """A vehicle on a lane: lateral place y, way +1 or -1, size, colour (BGR), front's place x over time."""

    y: float
    way: int
    length: float
    width: float
    height: float
    colour: tuple[int, int, int]
    places: np.ndarray = field(default_factory=lambda: np.zeros(0))  # distance driven per frame, NaN before it comes
    origin: float = 0.0

    def front(self, frame: int) -> float:
        return self.origin + self.way * float(self.places[frame])


@dataclass
class Lane:
    """A lane that vehicles enter at `begin` (x) and drive `way`; a signal may hold them at `stop` (x) while red."""

    y: float
    way: int
    begin: float
    speed: float = 13.0
    headway: float = 3.0
    trucks: float = 0.1
    stop: float | None = None
    red: tuple[tuple[float, float], ...] = ()


def drive(lane: Lane, seconds: float, fps: float, rng: np.random.Generator, first_s: float = -15.0) -> list[Vehicle]:
    """Return the vehicles of a lane, each following the one ahead (intelligent driver model)."""
    frames, steps = round(seconds * fps), 2
    dt = 1.0 / (fps * steps)
    arrivals = first_s + np.cumsum(np.maximum(1.3, rng.gamma(2.0, lane.headway / 2.0, 200)))
    cars = [_vehicle(lane, rng, frames) for _ in arrivals]
    wish = lane.speed * rng.uniform(0.88, 1.12, len(arrivals))
    state: list[list[float]] = []  # way since the lane's begin, speed
    for step in range(round((seconds - first_s) / dt)):
        now = first_s + step * dt
        room = state[-1][0] - cars[len(state) - 1].length if state else math.inf
        if now >= arrivals[len(state)] and room > 3.0:
            state.append([0.0, min(lane.speed, max(0.0, room / 1.2))])
        _advance(lane, cars, state, wish, now, dt)
        frame = round(now * fps)
        if 0 <= frame < frames and abs(now * fps - frame) < 1e-3:
            for i, (s, _) in enumerate(state):
                cars[i].places[frame] = s
    return cars[: len(state)]


def _advance(
    lane: Lane, cars: list[Vehicle], state: list[list[float]], wish: np.ndarray, now: float, dt: float
) -> None:
    red = lane.stop is not None and any(a <= now < b for a, b in lane.red)
    for i, (s, v) in enumerate(state):
        gap, lead = (math.inf, v) if i == 0 else (state[i - 1][0] - cars[i - 1].length - s, state[i - 1][1])
        to_stop = (lane.stop - lane.begin) * lane.way - s if red and lane.stop is not None else math.inf
        if 0.0 < to_stop < gap and to_stop > v * v / 12.0:
            gap, lead = to_stop, 0.0
        want = 2.0 + 1.1 * v + v * (v - lead) / (2.0 * math.sqrt(2.0 * 3.0))
        acc = 2.0 * (1.0 - (v / wish[i]) ** 4 - (max(0.0, want) / max(gap, 0.3)) ** 2)
        state[i] = [s + v * dt, max(0.0, v + max(-8.0, acc) * dt)]


PAINTS = (
    (225, 225, 228),
    (40, 40, 42),
    (146, 149, 152),
    (74, 76, 80),
    (30, 30, 150),
    (130, 60, 30),
    (60, 90, 60),
    (160, 165, 170),
    (200, 200, 205),
    (45, 48, 60),
)


def _vehicle(lane: Lane, rng: np.random.Generator, frames: int) -> Vehicle:
    truck = rng.random() < lane.trucks
    size = (
        (rng.uniform(10, 17), 2.5, rng.uniform(3.4, 4.0))
        if truck
        else (rng.uniform(3.9, 4.9), 1.8, rng.uniform(1.4, 1.8))
    )
    colour = PAINTS[rng.integers(len(PAINTS))]
    places = np.full(frames, np.nan)
    return Vehicle(lane.y + rng.normal(0, 0.15), lane.way, *size, colour, places, lane.begin)


@dataclass
class Road:
    """A film: camera, vehicles, frames; the road reaches from `low` to `high` across, shadows darken to `shade`."""

    pole: Pole
    vehicles: list[Vehicle]
    frames: int
    fps: float
    low: float
    high: float
    shade: float = 0.6
    noise: float = 3.0
    jpeg: int = 60
    seed: int = 0
    light: np.ndarray = field(default_factory=lambda: np.ones(1))

    def film(self) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(self.seed)
        ground = self._ground(rng)
        grains = [np.clip(rng.normal(8.0, self.noise, ground.shape[:2]), 0, 16).astype(np.uint8) for _ in range(4)]
        grains = [np.repeat(grain[..., None], 3, axis=2) for grain in grains]
        for at in range(self.frames):
            picture = ground.copy()
            here = [v for v in self.vehicles if math.isfinite(v.places[at]) and self._in_view(v, at)]
            here.sort(key=lambda v: -math.dist((v.front(at), v.y), self.pole.at[:2]))
            if self.shade < 1.0:
                self._shadows(picture, here, at)
            for vehicle in here:
                self._vehicle(picture, vehicle, at)
            light = float(self.light[min(at, len(self.light) - 1)])
            if light != 1.0:
                picture = cv2.convertScaleAbs(picture, alpha=light)
            grain = np.roll(grains[at % len(grains)], int(rng.integers(picture.shape[1])), axis=1)
            picture = cv2.subtract(cv2.add(picture, grain), 8)
            yield cv2.imdecode(
                cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])[1], cv2.IMREAD_COLOR
            )

    def crossings(self, x: float) -> list[tuple[float, int]]:
        """Return (time, way) of every front that passes the cross-section x."""
        found = []
        for vehicle in self.vehicles:
            fronts = vehicle.origin + vehicle.way * vehicle.places
            side = (fronts - x) * vehicle.way
            for at in range(1, self.frames):
                if side[at - 1] < 0.0 <= side[at]:
                    part = side[at - 1] / (side[at - 1] - side[at])
                    found.append(((at - 1 + part) / self.fps, vehicle.way))
        return sorted(found)

    def _in_view(self, vehicle: Vehicle, at: int) -> bool:
        corners = _box(vehicle, at, 0.0, vehicle.height, 0.0, 1.0)
        depth = np.hstack([corners, np.ones((8, 1))]) @ self.pole.matrix()[2]
        spots = self.pole.look(corners)
        low, high = spots.min(axis=0), spots.max(axis=0)
        seen = high[0] > 0 and high[1] > 0 and low[0] < self.pole.width and low[1] < self.pole.height
        return bool(depth.min() > 0.5 and seen and high[0] - low[0] > 3.0)

    def _ground(self, rng: np.random.Generator) -> np.ndarray:
        pole = self.pole
        rough = cv2.resize(
            rng.normal(0, 1, (pole.height // 8, pole.width // 8)).astype(np.float32), (pole.width, pole.height)
        )
        fine = cv2.GaussianBlur(rng.normal(0, 1, (pole.height, pole.width)).astype(np.float32), (3, 3), 0)
        picture = np.empty((pole.height, pole.width, 3), np.float32)
        picture[:] = (70, 110, 90)
        picture += (rough * 12 + fine * 25)[..., None]
        asphalt = np.zeros((pole.height, pole.width), np.uint8)
        for x in np.arange(-60, 300, 3.0):
            self._patch(asphalt, (x, x + 3.2), (self.low, self.high), 255)
        tar = np.empty_like(picture)
        tar[:] = (108, 106, 104)
        tar += (rough * 5 + fine * 8)[..., None]
        picture = np.where(asphalt[..., None] > 0, tar, picture)
        for y in np.arange(self.low, self.high + 0.1, 3.5):
            for x in np.arange(-60, 300, 9.0):
                self._patch(picture, (x, x + 3.0), (y - 0.07, y + 0.07), (210, 210, 210))
        return np.clip(picture, 0, 255).astype(np.uint8)

    def _patch(self, picture: np.ndarray, xs: tuple[float, float], ys: tuple[float, float], colour: object) -> None:
        corners = np.array([[xs[0], ys[0], 0], [xs[1], ys[0], 0], [xs[1], ys[1], 0], [xs[0], ys[1], 0]])
        self._fill(picture, corners, colour)

    def _fill(self, picture: np.ndarray, corners: np.ndarray, colour: object) -> None:
        depth = np.hstack([corners, np.ones((len(corners), 1))]) @ self.pole.matrix()[2]
        if depth.min() < 0.5:
            return
        flat = (self.pole.look(corners) * 16).round().astype(np.int32)
        cv2.fillConvexPoly(picture, cv2.convexHull(flat), colour, cv2.LINE_AA, 4)

    def _shadows(self, picture: np.ndarray, here: list[Vehicle], at: int) -> None:
        mask = np.zeros(picture.shape[:2], np.uint8)
        for vehicle in here:
            corners = _box(vehicle, at, 0.0, vehicle.height, 0.0, 1.0)
            fall = corners[:, :2] - LIGHT[:2] / LIGHT[2] * corners[:, 2:]
            self._fill(mask, np.hstack([fall, np.zeros((8, 1))]), 255)
        darker = cv2.convertScaleAbs(picture, alpha=self.shade)
        cv2.copyTo(darker, mask, picture)

    def _vehicle(self, picture: np.ndarray, vehicle: Vehicle, at: int) -> None:
        tall = vehicle.height > 3.0
        self._box(picture, _box(vehicle, at, 0.0, 0.35, 0.0, 1.0), (25, 25, 25))
        self._box(picture, _box(vehicle, at, 0.25, 0.95 if not tall else vehicle.height, 0.0, 1.0), vehicle.colour)
        if not tall:
            self._box(picture, _box(vehicle, at, 0.95, vehicle.height - 0.1, 0.25, 0.8), (60, 55, 50))
            self._box(picture, _box(vehicle, at, vehicle.height - 0.1, vehicle.height, 0.32, 0.74), vehicle.colour)

    def _box(self, picture: np.ndarray, corners: np.ndarray, colour: tuple[int, int, int]) -> None:
        centre = corners.mean(axis=0)
        for face in FACES:
            part = corners[list(face)]
            normal = np.cross(part[1] - part[0], part[2] - part[0])
            normal = normal / np.linalg.norm(normal)
            if normal @ (part.mean(axis=0) - centre) < 0:
                normal = -normal
            if normal @ (np.array(self.pole.at) - part.mean(axis=0)) <= 0:
                continue
            bright = 0.6 + 0.4 * max(0.0, float(normal @ LIGHT))
            self._fill(picture, part, tuple(float(c) * bright for c in colour))


def _box(vehicle: Vehicle, at: int, bottom: float, top: float, back: float, front: float) -> np.ndarray:
    """Return the corners (8, 3) of a part of a vehicle, from `back` to `front` of its length (0 rear, 1 front)."""
    nose = vehicle.front(at)
    tail = nose - vehicle.way * vehicle.length
    a, b = tail + (nose - tail) * back, tail + (nose - tail) * front
    low, high = vehicle.y - vehicle.width / 2, vehicle.y + vehicle.width / 2
    base = [(a, low), (b, low), (b, high), (a, high)]
    return np.array([(x, y, z) for z in (bottom, top) for x, y in base])


@dataclass
class Scene:
    """A film with a counting line: its ends in pixels and the truth, (time [s], way)."""

    road: Road
    start: tuple[float, float]
    end: tuple[float, float]
    truth: list[tuple[float, int]]


def scene(road: Road, x: float) -> Scene:
    return Scene(road, road.pole.pixel(x, road.high), road.pole.pixel(x, road.low), road.crossings(x))


def dual(seconds: float = 30.0, seed: int = 1, **more: object) -> Scene:
    """An urban dual carriageway from a mast: two lanes each way, a signal holds one way, its queue stands on the line."""
    rng, fps = np.random.default_rng(seed), 25.0
    lanes = [
        Lane(-5.5, 1, -20.0, 12.0, 3.5),
        Lane(-2.0, 1, -20.0, 13.0, 4.0),
        Lane(2.0, -1, 140.0, 12.0, 3.0, stop=16.0, red=((3.0, 14.0),)),
        Lane(5.5, -1, 140.0, 13.0, 3.5, stop=16.0, red=((3.0, 14.0),)),
    ]
    cars = [car for lane in lanes for car in drive(lane, seconds, fps, rng)]
    pole = Pole((0.0, 0.0, 8.0), (40.0, 0.0, 0.0))
    return scene(Road(pole, cars, round(seconds * fps), fps, -7.5, 7.5, seed=seed, **more), 24.0)  # type: ignore[arg-type]


def motorway(seconds: float = 20.0, seed: int = 2, **more: object) -> Scene:
    """A motorway from a bridge: three lanes each way, every third vehicle a truck."""
    rng, fps = np.random.default_rng(seed), 30.0
    lanes = [
        Lane(y, way, -40.0 if way > 0 else 260.0, speed, 3.2, trucks)
        for y, way, speed, trucks in (
            (-9.5, 1, 24.0, 0.6),
            (-6.0, 1, 30.0, 0.2),
            (-2.5, 1, 34.0, 0.0),
            (2.5, -1, 34.0, 0.0),
            (6.0, -1, 30.0, 0.2),
            (9.5, -1, 24.0, 0.6),
        )
    ]
    cars = [car for lane in lanes for car in drive(lane, seconds, fps, rng)]
    pole = Pole((0.0, 0.0, 9.0), (55.0, 0.0, 0.0), 640, 360, 600.0)
    return scene(Road(pole, cars, round(seconds * fps), fps, -11.5, 11.5, seed=seed, **more), 32.0)  # type: ignore[arg-type]


def across(seconds: float = 30.0, seed: int = 3, same: bool = False, **more: object) -> Scene:
    """A camera beside the road that looks across its two lanes: near vehicles hide far ones."""
    rng, fps = np.random.default_rng(seed), 25.0
    lanes = [Lane(-1.75, 1, -40.0, 12.0, 4.5), Lane(1.75, 1 if same else -1, -40.0 if same else 40.0, 14.0, 4.5)]
    cars = [car for lane in lanes for car in drive(lane, seconds, fps, rng)]
    pole = Pole((0.0, -14.0, 5.0), (0.0, 0.0, 0.3), 640, 360, 450.0)
    return scene(Road(pole, cars, round(seconds * fps), fps, -3.5, 3.5, seed=seed, **more), 1.0)  # type: ignore[arg-type]
