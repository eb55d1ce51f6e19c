"""When somebody in the background is asked again: every so often, and not for a while after several failures."""

from typing import Final

from signal_ctrl.domain.clock import Clock

BREAK_AFTER: Final = 3
BREAK_MS: Final = 30_000


class Breaker:
    """Opens after three failures in a row, for half a minute."""

    def __init__(self, clock: Clock, every_ms: int) -> None:
        """Args: every_ms, how often is asked while the breaker is closed [ms]."""
        self._clock = clock
        self._every_ms = every_ms
        self._due_ms = clock.mono_ms()
        self.failures = 0

    @property
    def is_open(self) -> bool:
        """Whether nobody asks for a while."""
        return self.failures >= BREAK_AFTER

    def is_due(self) -> bool:
        """Return whether it is time to ask; who asks is not due again at once."""
        now_ms = self._clock.mono_ms()
        if now_ms < self._due_ms:
            return False
        self._due_ms = now_ms + self._every_ms
        return True

    def closed(self) -> None:
        """Note an answer."""
        self.failures = 0

    def failed(self) -> bool:
        """Note a failure; return whether it is the one that opens the breaker, for the log."""
        self.failures += 1
        if self.is_open:
            self._due_ms = self._clock.mono_ms() + BREAK_MS
        return self.failures == BREAK_AFTER
