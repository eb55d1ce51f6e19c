"""A run that is filmed: scenes between the steps, each rendered, witnessed and handed on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.driver import Driver
from sumo_scenarios.film.legs import Leg, legs_of
from sumo_scenarios.film.movement import Between, Scene
from sumo_scenarios.film.roadmap import RoadMap, read_roadmap
from sumo_scenarios.film.trajectories import LiveScenes
from sumo_scenarios.net_reader import Net
from sumo_scenarios.simulation import Simulation

Image = NDArray[np.uint8]

REACH_M: Final = 280.0
"""As far from a camera as anybody is drawn. [m]"""


@dataclass(frozen=True)
class Site:
    """A junction that can be filmed: the network's shapes, its legs, and all lanes that end at stop lines."""

    roads: RoadMap
    legs: tuple[Leg, ...]
    stops: frozenset[str]


def site_of(net: Net, junction: str) -> Site:
    """Return what is to be filmed. Raises: InvalidInputError for a junction without a signal, or a damaged network."""
    roads = read_roadmap(net.path)
    stops = frozenset(
        c.from_lane for links in net.signal_links.values() for c in links if not c.from_lane.startswith(":")
    )
    return Site(roads, legs_of(net, roads, junction), stops)


def only_junction(net: Net) -> str:
    """Return the one signal of a network. Raises: InvalidInputError if there are several."""
    signals = sorted(net.signal_links)
    if len(signals) != 1:
        raise InvalidInputError(
            f"{net.path} has {len(signals)} signals; name one by --junction: {', '.join(signals[:8])}"
        )
    return signals[0]


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


class FilmingDriver:
    """Lets another driver act and films what comes of it."""

    def __init__(self, driver: Driver, shutter: Shutter, take: Callable[[Scene], None]) -> None:
        self._driver, self._shutter, self._take = driver, shutter, take
        self.signals = driver.signals
        self.decision_ms = driver.decision_ms
        self.decisions = 0

    @property
    def frames(self) -> int:
        """Kernel frames of the other driver. [0.1 s]"""
        return self._driver.frames

    @property
    def refusals(self) -> int:
        """Wishes that the gate refused."""
        return self._driver.refusals

    @property
    def violations(self) -> int:
        """Frames that the monitor found wrong."""
        return self._driver.violations

    def begin(self) -> None:
        """Let the other driver begin."""
        self._driver.begin()

    def step(self, time_s: float) -> None:
        """Film what the step brought, then let the other driver act. [s]"""
        for scene in self._shutter.step(time_s):
            self._take(scene)
        self._driver.step(time_s)
        self.decisions = self._driver.decisions

    def finish(self) -> None:
        """Let the other driver finish."""
        self._driver.finish()


def live_scenes(simulation: Simulation, place: tuple[float, float]) -> Callable[[float], Scene]:
    """Return what gives the scene around a place at a time. [m], [s]"""
    return LiveScenes(simulation, place, REACH_M).now
