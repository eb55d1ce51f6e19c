"""A driver that acts for signals by another one, and for something else besides."""

from sumo_scenarios.driver import Driver


class OuterDriver:
    """What the loop asks of a driver, passed on to the one inside; who derives from it acts besides."""

    def __init__(self, inner: Driver) -> None:
        self._inner = inner
        self.signals = inner.signals

    @property
    def decisions(self) -> int:
        """Decisions of the signals."""
        return self._inner.decisions

    @decisions.setter
    def decisions(self, value: int) -> None:
        self._inner.decisions = value

    @property
    def decision_ms(self) -> list[float]:
        """How long they took. [ms]"""
        return self._inner.decision_ms

    @decision_ms.setter
    def decision_ms(self, value: list[float]) -> None:
        self._inner.decision_ms = value

    @property
    def frames(self) -> int:
        """Kernel frames. [0.1 s]"""
        return self._inner.frames

    @property
    def refusals(self) -> int:
        """Wishes that the gate refused."""
        return self._inner.refusals

    @property
    def violations(self) -> int:
        """Frames that the monitor found wrong."""
        return self._inner.violations

    def begin(self) -> None:
        """Light the first stages."""
        self._inner.begin()
