"""The messages of one boot of a source in the order of their numbers: once each, held for a while, gaps told."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Final

from detectors.live.message import Batch
from detectors.live.ranges import MissingRanges

WINDOW: Final = 256
LEAP: Final = 1_000_000
REMEMBERED: Final = 1024


class Verdict(Enum):
    """What a message is by its number."""

    NEW = "new"
    LATE = "fills a gap that was given up"
    DUPLICATE = "known"
    CONFLICT = "known with other content"
    EARLY = "from before listening began"
    LEAP = "far ahead"


@dataclass(frozen=True, slots=True)
class Held:
    """A message with the time of its arrival [s], and how many before it are missing."""

    batch: Batch
    arrival_s: float
    missing: int = 0


class SequenceGate:
    """One boot of one source.

    Args: from_one, its first message is number 1; else the lowest one that is there when the first is asked for.
    """

    def __init__(self, from_one: bool) -> None:
        self.expected: int | None = 1 if from_one else None
        self.missing = MissingRanges()
        self._first = 1
        self._pending: dict[int, Held] = {}
        self._digests: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def pending_rows(self) -> int:
        """How many events are held."""
        return sum(len(held.batch.rows) for held in self._pending.values())

    @property
    def full(self) -> bool:
        """Whether so many messages are held that the oldest has to go on."""
        return len(self._pending) > WINDOW

    def waited_s(self, now_s: float) -> float:
        """Return for how long the message that came first of those held has waited, 0 without one. [s]"""
        return max((now_s - held.arrival_s for held in islice(self._pending.values(), 1)), default=0.0)

    @property
    def highest_contiguous(self) -> int:
        """The highest number up to which nothing is missing, 0 if there is none (SAFETY B, sequence)."""
        for first, _ in self.missing:
            return first - 1
        return 0 if self.expected is None else self.expected - 1

    def take(self, batch: Batch, arrival_s: float) -> Verdict:
        """Take in a message; only a new one is held, and one that is late is the caller's. [s]"""
        number = batch.sequence
        known = self._pending.get(number)
        if known is not None:
            return _compare(known.batch.digest, batch.digest)
        if self.expected is not None and number < self.expected:
            return self._behind(number, batch.digest)
        if number - (self.expected or min(self._pending, default=number)) > LEAP:
            return Verdict.LEAP
        self._pending[number] = Held(batch, arrival_s)
        return Verdict.NEW

    def _behind(self, number: int, digest: bytes) -> Verdict:
        if number in self.missing:
            self.missing.discard(number)
            self._remember(number, digest)
            return Verdict.LATE
        if number < self._first:
            return Verdict.EARLY
        return _compare(self._digests.get(number, digest), digest)

    def ready(self, now_s: float, hold_s: float, hurry: bool = False) -> list[Held]:
        """Return what may go on now, in order, and forget it. [s]

        A number that is missing is waited for until the oldest message behind it has waited `hold_s`, or too many
        wait. Args: hurry, wait for nothing.
        """
        out: list[Held] = []
        while self._pending:
            held = self._pending.pop(self.expected, None) if self.expected is not None else None
            if held is None:
                waits = self.expected is not None and self.waited_s(now_s) < hold_s and not self.full
                if waits and not hurry:
                    break
                held = self._skip()
            self._remember(held.batch.sequence, held.batch.digest)
            self.expected = held.batch.sequence + 1
            out.append(held)
        return out

    def _skip(self) -> Held:
        """Give up the numbers before the lowest one that is there."""
        lowest = min(self._pending)
        if self.expected is None:
            self._first = self.expected = lowest
        self.missing.append(self.expected, lowest - 1)
        held = self._pending.pop(lowest)
        return Held(held.batch, held.arrival_s, lowest - self.expected)

    def _remember(self, number: int, digest: bytes) -> None:
        self._digests[number] = digest
        if len(self._digests) > REMEMBERED:
            self._digests.popitem(last=False)


def _compare(known: bytes, digest: bytes) -> Verdict:
    return Verdict.DUPLICATE if known == digest else Verdict.CONFLICT
