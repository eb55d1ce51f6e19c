"""The sender's side: rows of a log become numbered messages, the way a cabinet would send them."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from detectors.live.message import MAX_ROWS, Batch, Row
from signal_ctrl.domain.errors import InvalidInputError

EVERY_MS: Final = 1000
MAX_QUIET_S: Final = 86_400


class Sent(NamedTuple):
    """A message and the source that it comes from."""

    source: str
    batch: Batch


def messages_of(rows: Iterable[Row], boot: str, every_ms: int = EVERY_MS, source: str | None = None) -> Iterator[Sent]:
    """Yield the messages of a log in the order of time: one a source and interval, also where nothing happened.

    Args: rows in the order of time; every_ms, how often a source sends [ms]; source, of all devices; else each device
    is a source of its own. Sent at the end of its interval, a message tells all of it.
    Raises: InvalidInputError for rows out of order, or a day without any.
    """
    numbers: dict[str, int] = {}
    due: dict[str, list[Row]] = {}
    end_ms: int | None = None
    for row in rows:
        end_ms = row.time_ms - row.time_ms % every_ms + every_ms if end_ms is None else end_ms
        if row.time_ms < end_ms - every_ms:
            raise InvalidInputError(f"the log goes back in time at {row.time_ms / 1000:g} s; sort it")
        if row.time_ms - end_ms > MAX_QUIET_S * 1000:
            raise InvalidInputError(f"the log has a day without events before {row.time_ms / 1000:g} s; cut it there")
        while row.time_ms >= end_ms:
            yield from _due(due, numbers, boot, end_ms)
            end_ms += every_ms
        due.setdefault(source or row.device, []).append(row)
    if end_ms is not None:
        yield from _due(due, numbers, boot, end_ms)


def _due(due: dict[str, list[Row]], numbers: dict[str, int], boot: str, sent_ms: int) -> Iterator[Sent]:
    """Yield the messages of an interval: of every source that was ever heard, also an empty one."""
    for source, rows in due.items():
        for at in range(0, max(len(rows), 1), MAX_ROWS):
            numbers[source] = numbers.get(source, 0) + 1
            yield Sent(source, Batch(boot, numbers[source], sent_ms, tuple(rows[at : at + MAX_ROWS])))
        rows.clear()
