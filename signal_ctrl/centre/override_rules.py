"""The rules of part C that look at what an override asks for: who has to agree, and how much is too much. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from signal_ctrl.centre.override_values import (
    ALL_RED_ALONE_MS,
    ALONE_MS,
    FOLLOWS_MS,
    LONGEST_MS,
    MOST_CABINETS_ALONE,
    Override,
    OverrideDocument,
)
from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.link.overrides import OverrideKind

Span = tuple[int, int]
"""From when until when. [ms]"""


def second_person(document: OverrideDocument, districts: Sequence[str], total_ms: int) -> tuple[str, ...]:
    """Return why a second person has to approve, nothing if one is enough.

    Args: districts, of its cabinets; total_ms, the longest that one of them is held by this and what it follows. [ms]
    Source: SAFETY part C, two-person rule.
    """
    n, lasts_ms = len(document.legs), document.lasts_ms
    rules = (
        (n > MOST_CABINETS_ALONE, f"{n} cabinets, over {MOST_CABINETS_ALONE}"),
        (len(set(districts)) > 1, f"{len(set(districts))} districts"),
        (document.kind is OverrideKind.FLASH, "flash"),
        (document.kind is OverrideKind.DARK, "dark"),
        (
            document.kind is OverrideKind.ALL_RED and lasts_ms > ALL_RED_ALONE_MS,
            f"all-red for over {ALL_RED_ALONE_MS // 1000} s",
        ),
        (total_ms > ALONE_MS, f"together over {ALONE_MS // 60_000} min"),
    )
    return tuple(text for holds, text in rules if holds)


def longest_total_ms(document: OverrideDocument, held: Iterable[Override], issued_ms: int) -> int:
    """Return how long the longest held of its cabinets is held by this override and those that it follows. [ms]

    Args: held, overrides that hold or held a cabinet, or are going to; issued_ms, when this one is issued.
    """
    before: defaultdict[str, list[Override]] = defaultdict(list)
    for override in held:
        for cabinet in override.cabinets:
            before[cabinet].append(override)
    alike = {tuple(o.override_id for o in before[leg.cabinet]): leg.cabinet for leg in document.legs}
    return max(_total_ms(before[cabinet], document, issued_ms) for cabinet in alike.values())


def check_total(total_ms: int) -> None:
    """Check that a cabinet is not held for too long. [ms] Raises: RefusedError."""
    if total_ms > LONGEST_MS:
        text = f"with those before it a cabinet would be held for {total_ms / 60_000:g} min; 120 are allowed"
        raise RefusedError("C/total", text)


def _total_ms(before: Sequence[Override], document: OverrideDocument, issued_ms: int) -> int:
    """Return the time covered by an override and by the chain of those that it extends. [ms]

    One extends another if it was issued while that was live, or within 60 min of its end.
    """
    spans, waiting, left = [(document.start_utc_ms, document.end_utc_ms)], [issued_ms], list(before)
    while waiting:
        at_ms = waiting.pop()
        extended = [o for o in left if at_ms - held_span(o)[1] <= FOLLOWS_MS]
        left = [o for o in left if o not in extended]
        spans += [held_span(o) for o in extended]
        waiting += [o.issued_utc_ms for o in extended]
    return covered_ms(spans)


def held_span(override: Override) -> Span:
    """Return from when until when an override holds, held or will hold its cabinets. [ms]"""
    document, ended_ms = override.document, override.ended_utc_ms
    end_ms = document.end_utc_ms if ended_ms is None else min(ended_ms, document.end_utc_ms)
    return document.start_utc_ms, max(end_ms, document.start_utc_ms)


def covered_ms(spans: Iterable[Span]) -> int:
    """Return how long spans last together, what overlaps counted once. [ms]

    >>> covered_ms([(0, 10), (5, 20), (30, 31)])
    21
    """
    total_ms, until_ms = 0, -1
    for begin_ms, end_ms in sorted(spans):
        total_ms += max(0, end_ms - max(begin_ms, until_ms))
        until_ms = max(until_ms, end_ms)
    return total_ms
