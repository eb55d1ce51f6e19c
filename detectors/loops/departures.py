"""Who left a stop line and has not been seen since: where it went is learned from the loops behind the junction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from detectors.view_builder import travel_s

EARLY_S = 4.0
LATE_S = 12.0
START_MPS = 5.0
LATE_FROM_S = 2.0
SURE = 0.6


@dataclass(frozen=True, slots=True)
class Way:
    """A movement that a vehicle may have taken: the edge it leads to, and when a loop there may see it. [s]

    `seen_s` is None where no loop lies behind the junction.
    """

    movement: int
    exit: int
    edge: int
    seen_s: float | None


@dataclass(slots=True)
class Departure:
    """A vehicle that left a lane by one of several ways, with the share of each (sum 1).

    After `last_s` no loop will see it any more [s]; `key` is the number under which the next signals were told of it.
    """

    lane: int
    ways: tuple[Way, ...]
    shares: tuple[float, ...]
    key: int
    last_s: float = 0.0

    def __post_init__(self) -> None:
        self.last_s = max((way.seen_s for way in self.ways if way.seen_s is not None), default=0.0) + LATE_S

    def likeliest(self) -> Way | None:
        """Return the way that it took, None if that is not sure."""
        share, way = max(zip(self.shares, self.ways, strict=True), key=lambda pair: pair[0])
        return way if share >= SURE else None


class Departures:
    """The vehicles of one junction between its stop lines and the loops behind it, in the order in which they left."""

    def __init__(self) -> None:
        self._under_way: list[Departure] = []

    def add(self, departure: Departure) -> None:
        """Note that a vehicle left."""
        self._under_way.append(departure)

    def seen(self, edge: int, now_s: float) -> tuple[Departure, Way] | None:
        """A loop behind the junction saw somebody: return the likeliest vehicle and its way, and forget it. [s]"""
        best, found, taken = 0.0, None, -1
        for index, departure in enumerate(self._under_way):
            for way, share in zip(departure.ways, departure.shares, strict=True):
                if way.edge != edge or way.seen_s is None:
                    continue
                off_s = now_s - way.seen_s
                if off_s >= -EARLY_S and now_s <= departure.last_s:
                    likely = share / (1.0 + abs(off_s))
                    if likely > best:
                        best, found, taken = likely, (departure, way), index
        if taken >= 0:
            del self._under_way[taken]
        return found

    def overdue(self, now_s: float) -> Iterator[Departure]:
        """Yield, and forget, those whom no loop saw in time. [s]"""
        late = [d for d in self._under_way if d.last_s < now_s]
        if late:
            self._under_way = [d for d in self._under_way if d.last_s >= now_s]
        yield from late

    def late(self, now_s: float) -> Iterator[Way]:
        """Yield the way of everybody who should have been seen by now and surely took that way. [s]"""
        for departure in self._under_way:
            way = departure.likeliest()
            if way is not None and way.seen_s is not None and way.seen_s + LATE_FROM_S < now_s:
                yield way

    def on_way(self, exits: int, now_s: float) -> list[float]:
        """Return the vehicles expected between the junction and the first loop of each exit. (n_exits,) [veh]"""
        found = [0.0] * exits
        for departure in self._under_way:
            for way, share in zip(departure.ways, departure.shares, strict=True):
                if way.seen_s is not None and now_s <= way.seen_s + EARLY_S:
                    found[way.exit] += share
        return found


def ways_of(
    movements: Sequence[tuple[int, int, int, float]], first_loop_m: Mapping[int, float], now_s: float, free_mps: float
) -> tuple[Way, ...]:
    """Return the ways of a vehicle that leaves now: movements are (index, exit, edge, length [m]).

    Args: first_loop_m, distance of the first loop from the entry of the edge, by edge [m].
    """
    return tuple(
        Way(m, exit_, edge, _seen_s(length_m, first_loop_m.get(edge), now_s, free_mps))
        for m, exit_, edge, length_m in movements
    )


def _seen_s(length_m: float, behind_m: float | None, now_s: float, free_mps: float) -> float | None:
    if behind_m is None:
        return None
    return now_s + travel_s(max(length_m + behind_m - 5.0, 0.0), START_MPS, free_mps)
