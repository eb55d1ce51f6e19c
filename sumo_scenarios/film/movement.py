"""Where the road users are: at the steps of a simulation, and between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.bodies import Body

Floats = NDArray[np.float64]

LONGEST_JUMP_M: Final = 80.0
STEEPEST: Final = 3.0
"""Largest tangent of a monotone cubic, in chords (Fritsch and Carlson 1980)."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All road users at one time [s]: `front` (n, 2), middle of the front bumper [m]; `heading` (n,) [rad], against the
    clock from east; `speed` (n,) [m/s]; `braking` (n,).
    """

    time_s: float
    names: tuple[str, ...]
    bodies: tuple[Body, ...]
    front: Floats
    heading: Floats
    speed: Floats
    braking: NDArray[np.bool_]

    @classmethod
    def empty(cls, time_s: float) -> "Scene":
        """Return a scene without anybody. [s]"""
        return scene_of(time_s, ())

    def only(self, wanted: Sequence[bool]) -> "Scene":
        """Return the scene with some of the road users."""
        keep = np.flatnonzero(wanted)
        names, bodies = tuple(self.names[k] for k in keep), tuple(self.bodies[k] for k in keep)
        parts = (self.front[keep], self.heading[keep], self.speed[keep], self.braking[keep])
        return Scene(self.time_s, names, bodies, *parts)

    def rear(self) -> Floats:
        """Return the middles of the rear bumpers, (n, 2). [m]"""
        return self.front - self.length_m()[:, None] * self.forward()

    def length_m(self) -> Floats:
        """Return the lengths, (n,). [m]"""
        return np.array([body.length_m for body in self.bodies])

    def forward(self) -> Floats:
        """Return the unit vectors ahead, (n, 2)."""
        return np.column_stack((np.cos(self.heading), np.sin(self.heading)))

    def footprints(self) -> Floats:
        """Return the corners on the road, (n, 4, 2): front left, front right, rear right, rear left. [m]"""
        ahead = self.forward()
        left = np.column_stack((-ahead[:, 1], ahead[:, 0])) * np.array([b.width_m / 2 for b in self.bodies])[:, None]
        rear = self.rear()
        return np.stack((self.front + left, self.front - left, rear - left, rear + left), axis=1)


@dataclass(frozen=True, slots=True)
class Mover:
    """One road user at one time, see `Scene`."""

    name: str
    body: Body
    front: tuple[float, float]
    heading: float
    speed_mps: float
    braking: bool = False


def scene_of(time_s: float, movers: Sequence[Mover]) -> Scene:
    """Return the scene of some road users."""
    return Scene(
        time_s,
        tuple(mover.name for mover in movers),
        tuple(mover.body for mover in movers),
        np.array([mover.front for mover in movers], dtype=np.float64).reshape(-1, 2),
        np.array([mover.heading for mover in movers], dtype=np.float64),
        np.array([mover.speed_mps for mover in movers], dtype=np.float64),
        np.array([mover.braking for mover in movers], dtype=np.bool_),
    )


class Between:
    """The way from one scene to the next.

    A front bumper goes along a cubic whose ends have the vehicle's headings and, as far as the way stays monotone, its
    speeds. Who is in one scene only is shown at that scene's own time, and before the next one if it has gone.
    """

    def __init__(self, before: Scene, after: Scene) -> None:
        self._before, self._after = before, after
        place = {name: index for index, name in enumerate(after.names)}
        pairs = [(index, place[name]) for index, name in enumerate(before.names) if name in place]
        chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        gaps = np.hypot(*(after.front[chosen[:, 1]] - before.front[chosen[:, 0]]).T)
        self._pairs = chosen[gaps <= LONGEST_JUMP_M]
        self._prepare()

    def _prepare(self) -> None:
        before, after, (i, j) = self._before, self._after, self._pairs.T
        dt_s = self._after.time_s - self._before.time_s
        self._start, self._step = before.front[i], after.front[j] - before.front[i]
        chord = np.hypot(self._step[:, 0], self._step[:, 1])
        safe = np.maximum(chord, 1e-6)
        pull_0 = np.minimum(before.speed[i] * dt_s / safe, STEEPEST) * chord
        pull_1 = np.minimum(after.speed[j] * dt_s / safe, STEEPEST) * chord
        self._pull_0 = before.forward()[i] * pull_0[:, None]
        self._pull_1 = after.forward()[j] * pull_1[:, None]
        self._turn = (after.heading[j] - before.heading[i] + np.pi) % (2.0 * np.pi) - np.pi
        self._names = tuple(before.names[k] for k in i)
        self._bodies = tuple(before.bodies[k] for k in i)
        self._dt_s = dt_s

    def at(self, time_s: float) -> Scene:
        """Return the scene at a time between the two. [s]"""
        if time_s >= self._after.time_s:
            return self._after
        if time_s <= self._before.time_s:
            return self._before
        u = (time_s - self._before.time_s) / self._dt_s
        i, j = self._pairs.T
        front = self._start + self._step * (u * u * (3.0 - 2.0 * u))
        front = front + self._pull_0 * (u * (1.0 - u) ** 2) - self._pull_1 * (u * u * (1.0 - u))
        speed = self._before.speed[i] * (1.0 - u) + self._after.speed[j] * u
        heading = self._before.heading[i] + self._turn * u
        return Scene(time_s, self._names, self._bodies, front, heading, speed, self._after.braking[j])
