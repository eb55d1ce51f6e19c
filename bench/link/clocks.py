"""A cabinet's own clocks in simulated time: off, and drifting."""

from signal_ctrl.domain.clock import Clock

_MILLION = 1_000_000


class DriftClock:
    """Clocks of one start of a machine: monotonic time from its own zero, both too fast by so many ppm."""

    def __init__(self, true: Clock, ahead_ms: int = 0, ppm: int = 0, mono_zero_ms: int = 0) -> None:
        self._true = true
        self._begun_ms = true.mono_ms()
        self._begun_utc_ms = true.utc_ms() + ahead_ms
        self._ppm = ppm
        self._zero_ms = mono_zero_ms
        self._stepped_ms = 0

    def _passed_ms(self) -> int:
        passed_ms = self._true.mono_ms() - self._begun_ms
        return passed_ms + passed_ms * self._ppm // _MILLION

    def utc_ms(self) -> int:
        """Return the wall time of the machine. [ms]"""
        return self._begun_utc_ms + self._passed_ms() + self._stepped_ms

    def mono_ms(self) -> int:
        """Return its monotonic time. [ms]"""
        return self._zero_ms + self._passed_ms()

    def step_wall(self, by_ms: int) -> None:
        """Move the wall time, as somebody at the machine may. [ms]"""
        self._stepped_ms += by_ms
