"""From the steps of a simulation to the frames of a film."""

from collections.abc import Callable, Iterator
from typing import Final

from sumo_scenarios.film.movement import Between, Scene
from sumo_scenarios.film.trajectories import LiveScenes
from sumo_scenarios.simulation import Simulation

REACH_M: Final = 280.0
"""As far from a camera as anybody is drawn. [m]"""


class Shutter:
    """Turns the steps of a simulation into scenes at the rate of a film, from `begin_s` on. [s]"""

    def __init__(self, scenes: Callable[[float], Scene], begin_s: float, rate_hz: float) -> None:
        self._scenes = scenes
        self._begin_s, self._rate_hz = begin_s, rate_hz
        self._frame = 0
        self._before: Scene | None = None

    def step(self, time_s: float) -> Iterator[Scene]:
        """Yield the scenes from the last step up to this one. [s]"""
        if time_s < self._begin_s - 2.0:
            return
        after = self._scenes(time_s)
        if self._before is not None:
            between = Between(self._before, after)
            while (due_s := self._begin_s + self._frame / self._rate_hz) <= time_s + 1e-9:
                self._frame += 1
                if due_s >= self._before.time_s - 1e-9:
                    yield between.at(due_s)
        self._before = after


def live_scenes(simulation: Simulation, place: tuple[float, float]) -> Callable[[float], Scene]:
    """Return what gives the scene around a place at a time. [m], [s]"""
    return LiveScenes(simulation, place, REACH_M).now
