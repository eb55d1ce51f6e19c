"""Numbers that are missing, as few ranges; a bounded number of them."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

MAX_RANGES: Final = 256


class MissingRanges:
    """Disjoint ranges of whole numbers, both ends included, in order. Past the bound the oldest are given up."""

    def __init__(self, most: int = MAX_RANGES) -> None:
        self._most = most
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self.given_up = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._firsts, self._lasts, strict=True))

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]

    def total(self) -> int:
        """Return how many numbers are missing."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def append(self, first: int, last: int) -> None:
        """Add a range behind all others; an empty one adds nothing."""
        if first > last:
            return
        self._firsts.append(first)
        self._lasts.append(last)
        self._bound()

    def discard(self, number: int) -> None:
        """Take a number out that is missing no more."""
        at = bisect_right(self._firsts, number) - 1
        if at < 0 or number > self._lasts[at]:
            return
        first, last = self._firsts[at], self._lasts[at]
        parts = [(a, b) for a, b in ((first, number - 1), (number + 1, last)) if a <= b]
        self._firsts[at : at + 1] = [a for a, _ in parts]
        self._lasts[at : at + 1] = [b for _, b in parts]
        self._bound()

    def _bound(self) -> None:
        while len(self._firsts) > self._most:
            self.given_up += self._lasts.pop(0) - self._firsts.pop(0) + 1
