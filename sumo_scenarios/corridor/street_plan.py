"""Where the streets of the corridor lie: signals, side streets, lanes, median openings, accesses and bus stops.

The trunk road runs from west (W) to east (E) along y = 0. Names: K0 to K9 signals, N and S side streets by their
signal, U median openings and A accesses by the signal west of them, G the yard behind an access.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

TRUNK_MPS: Final = 60 / 3.6
SIDE_MPS: Final = 50 / 3.6
YARD_MPS: Final = 20 / 3.6
MEDIAN_M: Final = 4.0
POCKET_M: Final = 110.0
"""Length of a left-turn lane before a signal."""
OPENING_M: Final = 60.0
"""Length of a U-turn lane before a median opening."""
END_M: Final = 700.0
SIDE_M: Final = 300.0
YARD_M: Final = 80.0
GAPS_M: Final = (420.0, 310.0, 560.0, 480.0, 260.0, 350.0, 600.0, 290.0, 390.0)
"""From each signal to the next one."""
XS_M: Final = tuple(accumulate(GAPS_M, initial=0.0))
SIGNALS: Final = tuple(f"K{i}" for i in range(len(XS_M)))
LANES: Final = (2, 2, 3, 3, 3, 3, 3, 3, 2, 2, 2)
"""Lanes for all movements of each direction, on the section west of K0, between the signals, and east of K9."""
LEGS: Final = ("NS", "NS", "S", "NS", "NS", "N", "NS", "NS", "S", "NS")
"""Side streets of each signal; one alone makes a T-junction."""
CROSS: Final = 4
"""The signal where another main street crosses: two lanes each way and one that turns left."""
SIDE_LEFTS: Final = (1, 4, 7)
"""Signals whose side streets have a stage of their own for left turns."""
OPENINGS: Final = (3, 6, 8)
"""Sections, by the signal at their west end, with a median opening half way."""


@dataclass(frozen=True, slots=True)
class Access:
    """A yard beside one carriageway, right in and right out. [m] from K0"""

    name: str
    section: int
    x_m: float
    eastbound: bool


ACCESSES: Final = (
    Access("A0", 0, XS_M[0] + 150.0, True),
    Access("A3", 3, XS_M[4] - 100.0, False),
    Access("A6", 6, XS_M[6] + 120.0, True),
    Access("A8", 8, XS_M[9] - 90.0, False),
)
STOPS_EAST: Final = (0, 1, 3, 4, 6, 7, 8)
STOPS_WEST: Final = (9, 8, 6, 5, 3, 2, 1)
"""Signals behind which a bus stops, in its direction."""


def has_left(i: int, eastbound: bool) -> bool:
    """Tell whether traffic of a direction turns left at a signal."""
    return ("N" if eastbound else "S") in LEGS[i]


def has_right(i: int, eastbound: bool) -> bool:
    """Tell whether traffic of a direction turns right at a signal."""
    return ("S" if eastbound else "N") in LEGS[i]


def is_opening(node: str) -> bool:
    """Tell whether a node is a median opening."""
    return node[0] == "U" and node[1:].isdigit()


def carriageway(eastbound: bool) -> list[tuple[str, float]]:
    """Return the nodes of a carriageway in driving order, with their places. [m] from K0"""
    nodes = [("W", -END_M), ("E", XS_M[-1] + END_M)]
    nodes += list(zip(SIGNALS, XS_M, strict=True))
    side, sign = ("w", -1.0) if eastbound else ("e", 1.0)
    nodes += [(f"K{i}{side}", x + sign * POCKET_M) for i, x in enumerate(XS_M) if has_left(i, eastbound)]
    for i in OPENINGS:
        middle_m = (XS_M[i] + XS_M[i + 1]) / 2
        nodes += [(f"U{i}", middle_m), (f"U{i}{side}", middle_m + sign * OPENING_M)]
    nodes += [(access.name, access.x_m) for access in ACCESSES if access.eastbound is eastbound]
    return sorted(nodes, key=lambda node: node[1], reverse=not eastbound)


def section_lanes(x_m: float) -> int:
    """Return the lanes for all movements at a place."""
    return LANES[sum(x <= x_m for x in XS_M)]


def pieces(eastbound: bool) -> list[tuple[str, str, int]]:
    """Return the pieces of a carriageway in driving order: nodes at both ends, and motor lanes, pockets included."""
    found = []
    for (start, from_m), (end, to_m) in pairwise(carriageway(eastbound)):
        lanes = section_lanes((from_m + to_m) / 2)
        turns = is_opening(end) or (end in SIGNALS and has_left(int(end[1:]), eastbound))
        found.append((start, end, lanes + int(turns)))
    return found
