"""What each line of a sign shows now. Nothing that is not surely true is ever shown as free.

A facility counts with the spaces that are surely free, and only while its belief is good, young and the facility open.
FULL is a word about what is there, too: it is said where by the best guess no more than the stock is free, and that is
nearly sure. What is neither surely free nor known to be full is dashes or nothing, never a number, never FULL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.parking.occupancy import FreeCount, Occupancy, Trust, counts_together
from signal_ctrl.parking.parts import AHEAD_MS
from signal_ctrl.parking.signs.rules import LineRule

ROUND_ABOVE: Final = 20
ROUND_TO: Final = 5
MOST_SHOWN: Final = 9_999


class LineState(Enum):
    """What a line says."""

    COUNT = "count"
    FULL = "full"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line as it is shown since a time. `count`, free spaces, 0 unless it counts. [ms]"""

    state: LineState
    count: int
    since_utc_ms: int


@dataclass(frozen=True, slots=True)
class Belief:
    """One facility of a line: what is believed, whether it is open, how many will be free when one gets there.

    `ahead` is None where nobody foresees it.
    """

    occupancy: Occupancy
    is_open: bool
    ahead: FreeCount | None = None


def shown_line(rule: LineRule, beliefs: Sequence[Belief], before: LineShown | None, now_utc_ms: int) -> LineShown:
    """Return what a line shows now, without regard to how often it may change. [ms]"""
    state, count = _wanted(rule, beliefs, before, now_utc_ms)
    if before is not None and (before.state, before.count) == (state, count):
        return before
    return LineShown(state, count, now_utc_ms)


def paced(before: LineShown | None, wanted: LineShown, change_s: int, now_utc_ms: int) -> LineShown:
    """Return what a line shows when it may change once in so long. [s] [ms]

    What would promise more waits; what takes a promise back never does.
    """
    if before is None or before is wanted:
        return wanted
    waited = not 0 <= now_utc_ms - before.since_utc_ms < change_s * 1000
    promises = wanted.state is LineState.COUNT and (before.state is not LineState.COUNT or wanted.count > before.count)
    less = before.state is LineState.COUNT and not promises
    return wanted if waited or less or wanted.state is LineState.UNKNOWN else before


def rounded(free: int) -> int:
    """Return a number as signs show it: fives above 20, at most four digits.

    >>> rounded(20), rounded(24), rounded(99_999)
    (20, 20, 9999)
    """
    return min(free if free <= ROUND_ABOVE else free // ROUND_TO * ROUND_TO, MOST_SHOWN)


def counts(rule: LineRule, belief: Belief, now_utc_ms: int) -> bool:
    """Tell whether a facility's free spaces may be shown. [ms]"""
    age_ms = now_utc_ms - belief.occupancy.heard_utc_ms
    is_young = -AHEAD_MS <= age_ms <= rule.most_age_s * 1000
    return belief.is_open and belief.occupancy.trust is Trust.GOOD and is_young


def _wanted(
    rule: LineRule, beliefs: Sequence[Belief], before: LineShown | None, now_utc_ms: int
) -> tuple[LineState, int]:
    open_ = [each for each in beliefs if each.is_open]
    if not open_:
        return (LineState.CLOSED if beliefs else LineState.UNKNOWN), 0
    good = [each for each in open_ if counts(rule, each, now_utc_ms)]
    free = sum(_surely(rule, each) for each in good)
    fuller = counts_together(_fuller(rule, each) for each in good)
    least = rule.stock_of(fuller.capacity)
    if before is not None and before.state is LineState.FULL:
        least += rule.step_of(fuller.capacity) - 1
    if free > least:
        return LineState.COUNT, rounded(free)
    is_full = len(good) == len(open_) and fuller.is_full(least)
    return (LineState.FULL if is_full else LineState.UNKNOWN), 0


def _surely(rule: LineRule, belief: Belief) -> int:
    """Return how many spaces are surely free, now and when one gets there."""
    now = belief.occupancy.of(rule.kind).low
    return now if belief.ahead is None else min(now, belief.ahead.low)


def _fuller(rule: LineRule, belief: Belief) -> FreeCount:
    """Return what is believed of now or of the time when one gets there, whichever is nearer to full by the guess."""
    now = belief.occupancy.of(rule.kind)
    return now if belief.ahead is None or now.free <= belief.ahead.free else belief.ahead
