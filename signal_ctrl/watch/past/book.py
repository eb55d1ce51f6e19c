"""The past as it is read again: everything at one moment, and what changed after it."""

from typing import Any, Final, NamedTuple

from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.watch.past.values import GAP_MS, PAST_PIECES, PIECE_MS, WHOLE_MS, Moment, changed, opened

MOST_PIECES: Final = 200
"""Pieces that one question reads at most; ten minutes have 62 or so."""

_LONGEST_MS: Final = PIECE_MS + GAP_MS
"""The longest piece: its last look may be so long after the one before it. [ms]"""


class Extent(NamedTuple):
    """The first and the last moment that is kept. [ms]"""

    first_utc_ms: int
    last_utc_ms: int


class Past(NamedTuple):
    """Everything as it was shown at a time. [ms]

    `seen_utc_ms`, the last look not after that time: where it lies much earlier, nobody was looking in between.
    """

    at_utc_ms: int
    seen_utc_ms: int
    picture: dict[str, dict[str, Any]]


def extent(reading: Reading) -> Extent | None:
    """Return from when to when the past is kept; None if nothing is."""
    shelf = reading.shelf(PAST_PIECES)
    last, first = shelf.find(limit=1), shelf.oldest({"whole": "yes"})
    return Extent(first.from_utc_ms, last[0].until_utc_ms) if last and first is not None else None


def past(reading: Reading, at_utc_ms: int) -> Past:
    """Return everything as it was shown at a time. [ms] Raises: NotFoundError if nothing is kept of before it."""
    shelf = reading.shelf(PAST_PIECES)
    whole = shelf.find({"whole": "yes"}, before_utc_ms=at_utc_ms + 1, limit=1)
    if not whole:
        raise NotFoundError("nothing is recorded of this time or before it; ask /v1/past what is")
    begin_ms = whole[0].from_utc_ms
    pieces = shelf.find(None, begin_ms, min(at_utc_ms, begin_ms + 2 * WHOLE_MS) + 1, MOST_PIECES)[::-1]
    picture: dict[str, dict[str, Any]] = {name: dict(topic) for name, topic in (opened(whole[0]).whole or {}).items()}
    for piece in pieces:
        for moment in opened(piece).moments:
            if begin_ms < moment.at_utc_ms <= at_utc_ms:
                changed(picture, moment.changes)
    return Past(at_utc_ms, min(at_utc_ms, pieces[-1].until_utc_ms), picture)


def moments(reading: Reading, after_utc_ms: int, until_utc_ms: int) -> list[Moment]:
    """Return what changed after a time up to another one, the oldest first; at most some minutes. [ms]"""
    found = reading.shelf(PAST_PIECES).find(None, after_utc_ms - _LONGEST_MS, until_utc_ms + 1, MOST_PIECES)
    return [
        each for piece in found[::-1] for each in opened(piece).moments if _within(each, after_utc_ms, until_utc_ms)
    ]


def _within(moment: Moment, after_utc_ms: int, until_utc_ms: int) -> bool:
    return after_utc_ms < moment.at_utc_ms <= until_utc_ms and bool(moment.changes or moment.anew)
