"""Keeps a simulation in step with the wall's clock, so many times as fast."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Waits until a time of the simulation is due. Until `paced_from_s` it goes as fast as it can. [s]

    A simulation that is late catches up; `late_s`, how late it was at its last step, by the wall's clock.
    """

    speed: float
    paced_from_s: float
    wall_s: Callable[[], float]
    sleep: Callable[[float], None]
    late_s: float = 0.0
    time_s: float = 0.0
    _anchor: tuple[float, float] | None = None

    def anchor(self, time_s: float, wall_s: float) -> None:
        """Say when by the wall a time of the simulation is due. [s]"""
        self._anchor = (time_s, wall_s)

    def wait(self, time_s: float) -> None:
        """Wait until a time of the simulation is due. [s]"""
        self.time_s = time_s
        if time_s <= self.paced_from_s:
            return
        if self._anchor is None:
            self._anchor = (time_s, self.wall_s())
        due_s = self._anchor[1] + (time_s - self._anchor[0]) / self.speed
        left_s = due_s - self.wall_s()
        self.late_s = max(-left_s, 0.0)
        if left_s > 0:
            self.sleep(left_s)
