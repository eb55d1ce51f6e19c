"""A log that is played as if it happened now: at any speed, by a clock that is passed in."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from detectors.live.message import Batch, Row
from detectors.live.sender import Sent
from signal_ctrl.domain.errors import InvalidInputError


class Pace(NamedTuple):
    """A clock and a way to wait by it. [s] `wait_s` returns False when waiting has to end."""

    now_s: Callable[[], float]
    wait_s: Callable[[float], bool]


def played(messages: Iterable[Sent], speed: float, pace: Pace) -> Iterator[Sent]:
    """Yield messages when they are due: `speed` seconds of the log in one of the clock; infinite: at once.

    Ends early if waiting has to end. Raises: InvalidInputError for a speed that is not above 0.
    """
    if not speed > 0:
        raise InvalidInputError(f"the speed is a number above 0 or 'max', not {speed}")
    begin_s, first_ms = pace.now_s(), None
    for sent in messages:
        first_ms = sent.batch.sent_ms if first_ms is None else first_ms
        due_s = begin_s + (sent.batch.sent_ms - first_ms) / 1000 / speed
        ahead_s = due_s - pace.now_s()
        if not (math.isinf(speed) or ahead_s <= 0 or pace.wait_s(ahead_s)):
            return
        yield sent


def moved(messages: Iterable[Sent], now_ms: Callable[[], int]) -> Iterator[Sent]:
    """Yield messages of another time: the first is sent when it is asked for. [ms]"""
    by_ms = None
    for source, batch in messages:
        by_ms = now_ms() - batch.sent_ms if by_ms is None else by_ms
        rows = tuple(Row(row.time_ms + by_ms, *row[1:]) for row in batch.rows)
        yield Sent(source, Batch(batch.boot, batch.sequence, batch.sent_ms + by_ms, rows))
