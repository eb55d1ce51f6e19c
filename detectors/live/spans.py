"""Spans of time that were told, disjoint and in order. [ms]"""

from bisect import bisect_right, insort
from collections.abc import Iterable

Span = tuple[int, int]


def cover(spans: list[Span], span: Span) -> None:
    """Add a span to disjoint ones in order, and join those that touch.

    >>> told = [(0, 5), (9, 12)]
    >>> cover(told, (5, 9)); told
    [(0, 12)]
    """
    from_ms, to_ms = span
    if to_ms <= from_ms:
        return
    if spans and spans[-1][0] <= from_ms <= spans[-1][1]:
        spans[-1] = (spans[-1][0], max(spans[-1][1], to_ms))
        return
    insort(spans, span)
    at = max(bisect_right(spans, span) - 2, 0)
    while at + 1 < len(spans):
        (a, b), (c, d) = spans[at], spans[at + 1]
        if c <= b:
            spans[at : at + 2] = [(a, max(b, d))]
        else:
            at += 1


def clipped(spans: Iterable[Span], from_ms: int, to_ms: int) -> list[Span]:
    """Return the parts of spans within a time. [ms]"""
    return [(max(a, from_ms), min(b, to_ms)) for a, b in spans if a < to_ms and b > from_ms]


def length_ms(spans: Iterable[Span]) -> int:
    """Return how long spans are together. [ms]"""
    return sum(b - a for a, b in spans)
