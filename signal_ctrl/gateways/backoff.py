"""How long to wait before another try: longer each time, and by chance, so that not all come back at once."""

from collections.abc import Callable

from signal_ctrl.domain.errors import InvalidInputError


class Backoff:
    """Waits that double from the shortest to the longest, each drawn from its upper half. [s]"""

    def __init__(self, least_s: float, most_s: float, draw: Callable[[], float]) -> None:
        """Args: draw, a number of 0 to 1 by chance."""
        if not 0 < least_s <= most_s:
            raise InvalidInputError(f"need 0 < shortest <= longest wait, got {least_s} and {most_s} s")
        self._least_s, self._most_s, self._draw = least_s, most_s, draw
        self._next_s = least_s

    def wait_s(self) -> float:
        """Return how long to wait now. [s]"""
        wait_s = self._next_s * (0.5 + 0.5 * self._draw())
        self._next_s = min(2 * self._next_s, self._most_s)
        return wait_s

    def reached(self) -> None:
        """Begin anew: the last try has worked."""
        self._next_s = self._least_s
