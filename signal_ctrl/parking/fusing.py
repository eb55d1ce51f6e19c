"""One facility's belief from all that senses it: sections seen by themselves, gates around all of them.

What is seen by itself counts for its kind; what only the gates count is what they leave over. Where sections and gates
tell of the same spaces they have to agree: if they do, both bounds hold; if they do not, the smaller number is kept
and the belief is doubtful. Sections that are seen and the most and least that the others can hold have to fit the gates
in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from signal_ctrl.parking.facilities import Facility, Section, Sensing, SpaceKind
from signal_ctrl.parking.occupancy import FreeCount, Occupancy, Source, Trust
from signal_ctrl.parking.parts import Part, nothing_known

Seen = Sequence[tuple[Section, Part]]
STALE_SHARE: Final = 0.5
"""Of the capacity: where so much is stale, the facility is. [P]"""
DOUBT_SHARE: Final = 0.25
"""Of the capacity: where so much is not good, the facility is doubtful. [P]"""
LONGEST_WHY: Final = 300


def believed(facility: Facility, seen: Seen, gates: Part | None, now_utc_ms: int) -> Occupancy:
    """Return the belief about a facility. [ms]

    Args: seen, what is known of the sections that are seen by themselves; gates, what is known of all spaces by them.
    """
    if gates is not None and gates.is_good and summed(part for _, part in seen).stale:
        seen = ()  # whoever sees the spaces is silent: the gates alone, as where nobody sees them
    direct = summed(part for _, part in seen)
    rest = left_over(facility.capacity - direct.capacity, direct, gates)
    total, conflict = agreed(summed([direct, rest]), gates)
    parts = [part for part in (*(part for _, part in seen), rest) if part.capacity]
    by_kind = _by_kind(facility, seen, rest, total)
    return Occupancy(
        facility=facility.facility,
        at_utc_ms=now_utc_ms,
        heard_utc_ms=total.heard_utc_ms,
        total=FreeCount(total.free, total.low, total.high, facility.capacity),
        by_kind=MappingProxyType(by_kind),
        source=_source([section.sensing for section, _ in seen], rest, gates),
        trust=_trust(facility.capacity, parts, conflict),
        why="; ".join(text for text in (conflict, *(part.why for part in parts)) if text)[:LONGEST_WHY],
    )


def summed(parts: Iterable[Part]) -> Part:
    """Return several parts together; it is stale or doubtful where so much of it is."""
    found = list(parts)
    capacity = sum(part.capacity for part in found)
    needed = [part.heard_utc_ms for part in found if part.low] or [max((p.heard_utc_ms for p in found), default=0)]
    stale = sum(part.capacity for part in found if part.stale)
    bad = sum(part.capacity for part in found if not part.is_good)
    return Part(
        capacity=capacity,
        low=sum(part.low for part in found),
        free=sum(part.free for part in found),
        high=sum(part.high for part in found),
        heard_utc_ms=min(needed),
        stale=capacity > 0 and stale >= STALE_SHARE * capacity,
        doubtful=capacity > 0 and bad >= DOUBT_SHARE * capacity,
    )


def left_over(capacity: int, direct: Part, gates: Part | None) -> Part:
    """Return what is known of the spaces that only the gates count: what the others leave over."""
    if not capacity:
        return Part(0, 0, 0, 0, direct.heard_utc_ms)
    if gates is None:
        return nothing_known(capacity, "nothing counts some of its spaces")
    low = min(max(gates.low - direct.high, 0), capacity)
    high = min(max(gates.high - direct.low, low), capacity)
    free = min(max(gates.free - direct.free, low), high)
    return Part(capacity, low, free, high, gates.heard_utc_ms, gates.stale, gates.doubtful, gates.why)


def agreed(seen: Part, gates: Part | None) -> tuple[Part, str]:
    """Return what sections and gates say together of all spaces, and in words where they disagree.

    Args: seen, the sections and what can be left over for the spaces that nobody sees.
    """
    if gates is None or not gates.is_good:
        return seen, ""
    low, high = max(seen.low, gates.low), min(seen.high, gates.high)
    if low > high:
        low, free, high = min(seen.low, gates.low), min(seen.free, gates.free), max(seen.high, gates.high)
        words = f"sensors say {seen.low} to {seen.high} free, gates {gates.low} to {gates.high}"
        return Part(seen.capacity, low, free, high, seen.heard_utc_ms, doubtful=True), words
    free = min(max(seen.free, low), high)
    heard_ms = seen.heard_utc_ms if low == seen.low else min(seen.heard_utc_ms, gates.heard_utc_ms)
    return Part(seen.capacity, low, free, high, heard_ms, seen.stale, seen.doubtful), ""


def _trust(capacity: int, parts: Sequence[Part], conflict: str) -> Trust:
    stale = sum(part.capacity for part in parts if part.stale)
    bad = sum(part.capacity for part in parts if not part.is_good)
    if stale >= STALE_SHARE * capacity:
        return Trust.STALE
    return Trust.DOUBTFUL if conflict or bad >= DOUBT_SHARE * capacity else Trust.GOOD


def _by_kind(facility: Facility, seen: Seen, rest: Part, total: Part) -> Mapping[SpaceKind, FreeCount]:
    return {kind: _of_kind(facility, kind, seen, rest, total) for kind in facility.kinds}


def _of_kind(facility: Facility, kind: SpaceKind, seen: Seen, rest: Part, total: Part) -> FreeCount:
    """Return the free count of a kind. Of what only the gates count, the others may have taken as much as they hold."""
    capacity = facility.capacity_of(kind)
    own = summed(part for section, part in seen if section.kind is kind)
    unseen = capacity - own.capacity
    low = own.low + max(rest.low - (rest.capacity - unseen), 0)
    high = own.high + min(rest.high, unseen)
    free = own.free + (rest.free * unseen // rest.capacity if rest.capacity else 0)
    low, high = min(low, total.low), min(high, total.high)
    return FreeCount(min(max(free, low), high, total.free), low, high, capacity)


def _source(sensing: Sequence[Sensing], rest: Part, gates: Part | None) -> Source:
    used = {Source(each.value) for each in sensing}
    if rest.capacity and gates is not None:
        used.add(Source.GATES)
    if len(used) > 1:
        return Source.MIXED
    return used.pop() if used else Source.NONE
