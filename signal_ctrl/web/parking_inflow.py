"""The inflow of the parking service on its way to the signals: asked for in the background, judged, or not there.

As `parking_view`: a thread of its own asks every few seconds, nobody waits for it, and after three failures nobody asks
for half a minute. What is refused, late or silent leaves the signals as they are without a parking service.
"""

from collections.abc import Callable
from typing import Any, Final

from signal_ctrl.centre.guided import AHEAD_S
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError, SignalCtrlError
from signal_ctrl.web.breaker import Breaker

EVERY_MS: Final = 5_000
INFLOW: Final = "/v1/parking/inflow"
AHEAD_QUERY: Final = f"ahead_s={AHEAD_S}"
AskInflow = Callable[[], Any]
"""Asks the service for its inflow; raises SignalCtrlError. It has a time limit of its own."""
Hear = Callable[[object], int]
"""Takes an inflow and returns how many turns count; raises SignalCtrlError with the reason why none does."""


class ParkingInflow:
    """`poll` is called every second, in a thread of its own."""

    def __init__(self, ask: AskInflow, hear: Hear, clock: Clock) -> None:
        self._ask = ask
        self._hear = hear
        self._clock = clock
        self._breaker = Breaker(clock, EVERY_MS)
        self._heard_ms: int | None = None
        self._turns = 0
        self._why = "it was not asked yet"

    def poll(self) -> None:
        """Ask if it is due. Raises: BackendError when nobody will ask for a while, once; for the log."""
        if not self._breaker.is_due():
            return
        try:
            self._turns = self._hear(self._ask())
            self._heard_ms, self._why = self._clock.mono_ms(), ""
            self._breaker.closed()
        except (SignalCtrlError, ValueError) as error:
            self._failed(str(error) if isinstance(error, SignalCtrlError) else "its answer is no JSON")

    def _failed(self, why: str) -> None:
        self._turns, self._why = 0, why
        if self._breaker.failed():
            raise BackendError(f"signals are told of nobody who parks: {why}")

    def shown(self) -> dict[str, Any]:
        """Return whether signals are told of guided drivers, of how many turns, and why not."""
        age_ms = None if self._heard_ms is None else self._clock.mono_ms() - self._heard_ms
        return {
            "used": not self._why,
            "turns": self._turns,
            "age_s": None if age_ms is None else round(age_ms / 1000),
            "why": self._why,
        }
