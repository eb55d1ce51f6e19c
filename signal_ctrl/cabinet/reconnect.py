"""When to try again after no answer: by chance within a span that doubles, so that not all come at once."""

from typing import Final

from signal_ctrl.domain.secrecy import RandomBytes

FIRST_MS: Final = 10_000
LONGEST_MS: Final = 80_000
"""SAFETY part B: the first is RSMP's, the longest 300 s at most; 80 s, so that who was alone for long is back within
120 s (part F, R4). [ms]"""
OBEYED_MS: Final = 300_000
"""What a centre asks for is obeyed up to here. [ms]"""
_DRAW_BYTES: Final = 4


def drawn(random_bytes: RandomBytes, below: int) -> int:
    """Return a whole number from 0 to below, all as likely (but for one part in millions)."""
    return int.from_bytes(random_bytes(_DRAW_BYTES), "big") * below >> 8 * _DRAW_BYTES


class Reconnect:
    """Waits with full jitter: anything from 0 to the span."""

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._span_ms = FIRST_MS

    def wait_ms(self, retry_after_ms: int | None = None) -> int:
        """Return how long to wait after a failure. [ms]

        Args: retry_after_ms, what the centre asked for: no less is waited, and what is added by chance is at most as
        long again.
        """
        if retry_after_ms is not None:
            least_ms = min(max(retry_after_ms, 0), OBEYED_MS)
            return least_ms + drawn(self._random_bytes, max(least_ms, FIRST_MS))
        wait_ms = drawn(self._random_bytes, self._span_ms)
        self._span_ms = min(2 * self._span_ms, LONGEST_MS)
        return wait_ms

    def reached(self) -> None:
        """Begin anew: the centre has answered."""
        self._span_ms = FIRST_MS
