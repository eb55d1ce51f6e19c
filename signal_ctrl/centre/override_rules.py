"""The rules of part C that look at what an override asks for: who has to agree, and how much is too much. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Together:
    """What counts with an override: cabinets, districts, how long a cabinet is held, and how long all-red. [ms]"""

    n_cabinets: int
    n_districts: int
    total_ms: int
    all_red_ms: int


def second_person(document: OverrideDocument, together: Together) -> tuple[str, ...]:
    """Return why a second person has to approve, nothing if one is enough.

    Source: SAFETY part C, two-person rule.
    """
    n, districts = together.n_cabinets, together.n_districts
    split = " together with those before it" if n > len(document.legs) else ""
    rules = (
        (n > MOST_CABINETS_ALONE, f"{n} cabinets{split}, over {MOST_CABINETS_ALONE}"),
        (districts > 1, f"{districts} districts"),
        (document.kind is OverrideKind.FLASH, "flash"),
        (document.kind is OverrideKind.DARK, "dark"),
        (together.all_red_ms > ALL_RED_ALONE_MS, f"all-red for over {ALL_RED_ALONE_MS // 1000} s"),
        (together.total_ms > ALONE_MS, f"together over {ALONE_MS // 60_000} min"),
    )
    return tuple(text for holds, text in rules if holds)


def together_of(
    document: OverrideDocument, districts: Sequence[str], issuer: str, held: Iterable[Override], issued_ms: int
) -> Together:
    """Return what counts with an override: a limit of the two-person rule is not evaded by issuing it in parts. [ms]

    Cabinets count with those that the same person holds alone at the same time, or has held for the same case within
    60 min; districts with those of the same case, all-red with that of the same cabinet. What a second person has
    approved does not count: that one has seen it.
    Args: districts, of its own cabinets; issuer and issued_ms, who issues it, and when; held, overrides that hold or
        held a cabinet, or are going to.
    """
    known = tuple(held)
    alone = [o for o in known if o.issuer == issuer and not o.approver and o.issued_utc_ms <= issued_ms]
    of_case = [o for o in alone if _same_case(o, document) and issued_ms - held_span(o)[1] <= FOLLOWS_MS]
    parts = [*of_case, *(o for o in alone if _overlaps(held_span(o), (document.start_utc_ms, document.end_utc_ms)))]
    is_red = document.kind is OverrideKind.ALL_RED
    red = [o for o in alone if o.document.kind is OverrideKind.ALL_RED]
    return Together(
        n_cabinets=len({leg.cabinet for leg in document.legs}.union(*(o.cabinets for o in parts))),
        n_districts=len(set(districts).union(*(o.districts for o in of_case))),
        total_ms=longest_total_ms(document, known, issued_ms),
        all_red_ms=longest_total_ms(document, red, issued_ms) if is_red else 0,
    )


def _same_case(override: Override, document: OverrideDocument) -> bool:
    return override.document.case.strip().casefold() == document.case.strip().casefold()


def _overlaps(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


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
