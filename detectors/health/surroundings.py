"""Which detectors see the same vehicles, and which see the same street: kin on one way, lanes side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a detector lies: its controller, approach, lane and distance to the stop line [m], each if known.

    `lane` counts from the right within the approach; `length_m` of the detector; `speed_mps`, the limit.
    """

    controller: str
    approach: str = ""
    lane: str = ""
    to_stop_m: float | None = None
    length_m: float = 2.0
    speed_mps: float | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Detectors between which nobody comes or goes: who passes those before passes those behind, later by a lag. [s]"""

    before: tuple[int, ...]
    behind: tuple[int, ...]
    lag_s: float

    def __post_init__(self) -> None:
        if not (self.before and self.behind and self.lag_s >= 0) or set(self.before) & set(self.behind):
            raise InvalidInputError("a balance needs detectors before and behind, and a lag of 0 s or more")


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What is known of the detectors' places: `controllers` by detector, `beside` others of the same cross-section by
    detector, and the balances. Every index is a place in `controllers`. One is like another only if it is the same:
    what follows from it is kept beside it.
    """

    controllers: tuple[str, ...]
    beside: tuple[tuple[int, ...], ...] = ()
    balances: tuple[Balance, ...] = ()

    def __post_init__(self) -> None:
        known = range(len(self.controllers))
        used = [k for row in self.beside for k in row]
        used += [k for balance in self.balances for k in (*balance.before, *balance.behind)]
        if any(k not in known for k in used) or len(self.beside) not in (0, len(known)):
            raise InvalidInputError("surroundings name a detector that is not there")

    @property
    def partners(self) -> tuple[tuple[int, int], ...]:
        """Pairs that lie on one lane, with nothing between: each vehicle passes the first, then the second."""
        return tuple((b.before[0], b.behind[0]) for b in self.balances if len(b.before) == 1 and len(b.behind) == 1)

    @property
    def pairs_beside(self) -> tuple[tuple[int, int], ...]:
        """Pairs of detectors side by side, each once."""
        return tuple((a, b) for a, row in enumerate(self.beside) for b in row if a < b)


@lru_cache(maxsize=64)
def lane_mates(around: Surroundings) -> tuple[tuple[int, ...], ...]:
    """Return, for each detector, the others on the same lane, directly before or behind it or over others."""
    groups = {k: {k} for k in range(len(around.controllers))}
    for a, b in around.partners:
        joined = groups[a] | groups[b]
        for k in joined:
            groups[k] = joined
    return tuple(tuple(sorted(groups[k] - {k})) for k in range(len(around.controllers)))


@lru_cache(maxsize=64)
def colleagues(around: Surroundings) -> tuple[tuple[int, ...], ...]:
    """Return, for each detector, the others of its controller."""
    of: dict[str, list[int]] = {}
    for k, name in enumerate(around.controllers):
        of.setdefault(name, []).append(k)
    return tuple(tuple(o for o in of[name] if o != k) for k, name in enumerate(around.controllers))


@lru_cache(maxsize=64)
def controller_index(around: Surroundings) -> tuple[int, ...]:
    """Return a number of the controller of each detector, from 0."""
    names = {name: k for k, name in enumerate(dict.fromkeys(around.controllers))}
    return tuple(names[name] for name in around.controllers)


SAME_SECTION_M: Final = 10.0
URBAN_MPS: Final = 50 / 3.6
HELD_UP: Final = 2.0
"""How much longer than at the limit the way between two sections takes, red lights included; what is left over stays
in the bins."""


def surroundings_of(places: Sequence[Place]) -> Surroundings:
    """Return what places tell: cross-sections of an approach, and what passes from one to the next.

    Sections of the same lanes balance lane by lane, others as a whole; a section whose lanes are not those of the
    approach's others (one lane has no detector) balances lane by lane only.
    """
    sections = _sections(places)
    beside = [
        next((tuple(k for k in own if k != detector) for _, own in sections if detector in own), ())
        for detector in range(len(places))
    ]
    balances: list[Balance] = []
    for (approach, own), (other_approach, following) in pairwise(sections):
        if approach == other_approach:
            balances += _between(places, own, following)
    return Surroundings(tuple(place.controller for place in places), tuple(beside), tuple(balances))


def _sections(places: Sequence[Place]) -> list[tuple[tuple[str, str], tuple[int, ...]]]:
    """Return the cross-sections of each approach, the farthest from the stop line first."""
    ordered = sorted(
        (k for k, place in enumerate(places) if place.approach and place.to_stop_m is not None),
        key=lambda k: (places[k].controller, places[k].approach, -(places[k].to_stop_m or 0.0)),
    )
    found: list[tuple[tuple[str, str], tuple[int, ...]]] = []
    for k in ordered:
        place = places[k]
        approach = (place.controller, place.approach)
        if found and found[-1][0] == approach:
            first = places[found[-1][1][0]]
            if (first.to_stop_m or 0.0) - (place.to_stop_m or 0.0) <= SAME_SECTION_M:
                found[-1] = (approach, (*found[-1][1], k))
                continue
        found.append((approach, (k,)))
    return found


def _between(places: Sequence[Place], before: Sequence[int], behind: Sequence[int]) -> list[Balance]:
    lag_s = _lag_s(places, before[0], behind[0])
    of_lane = {places[k].lane: k for k in before}
    lanes = [(of_lane[places[k].lane], k) for k in behind if places[k].lane and places[k].lane in of_lane]
    if len(lanes) == len(before) == len(behind):
        return [Balance((a,), (b,), lag_s) for a, b in lanes]
    if {places[k].lane for k in before} <= {places[k].lane for k in behind}:
        return [Balance(tuple(before), tuple(behind), lag_s)]
    return [Balance((a,), (b,), lag_s) for a, b in lanes]


def _lag_s(places: Sequence[Place], before: int, behind: int) -> float:
    way_m = (places[before].to_stop_m or 0.0) - (places[behind].to_stop_m or 0.0)
    return max(way_m, 0.0) / (places[before].speed_mps or URBAN_MPS) * HELD_UP
