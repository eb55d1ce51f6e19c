"""A driver that films what another one does."""

from collections.abc import Callable

from sumo_scenarios.driver import Driver
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.shutter import Shutter


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
