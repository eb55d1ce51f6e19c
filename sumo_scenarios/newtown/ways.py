"""The carriageways of the main roads and the one-way streets of the blocks, piece by piece, with the nodes between.

A way is one carriageway from one crossing of main roads to the next, named by its heading, its row or column, and its
place: `E2x3` leads east on row 2, over the third gap from the west (gap 0 leads into town, the last one out of it).
Its pieces are the edges `E2x3a`, `E2x3b` and so on, in driving order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from sumo_scenarios.newtown.town_plan import LANE_M, STUB_M, Block, Line, RoadClass, TownPlan

MIDBLOCK: Final = "X"
"""First letter of a signal for people on foot in the middle of a link."""
HEADINGS: Final = "ENWS"
"""Anticlockwise: the next one lies to the left."""
POCKET_M: Final = 115.0
"""Where the lanes for left and right turns begin, from the middle of the crossing."""
BAY_M: Final = 60.0
"""Length of the lane before a gap for U-turns."""

Place = tuple[float, float]


def left_of(heading: str) -> str:
    """Return the heading after a left turn."""
    return HEADINGS[(HEADINGS.index(heading) + 1) % 4]


def right_of(heading: str) -> str:
    """Return the heading after a right turn."""
    return HEADINGS[(HEADINGS.index(heading) + 3) % 4]


def back_of(heading: str) -> str:
    """Return the heading after a U-turn."""
    return HEADINGS[(HEADINGS.index(heading) + 2) % 4]


@dataclass(frozen=True, slots=True)
class Piece:
    """One edge of a way; `nodes` are its ends.

    `pocket`: it has a further lane, for left turns or U-turns; `widened`: one for right turns as well.
    """

    edge: str
    nodes: tuple[str, str]
    places: tuple[Place, Place]
    pocket: bool
    widened: bool


@dataclass(frozen=True)
class Way:
    """One carriageway between two crossings. `town` tells where it lies; `index` is the row or column."""

    town: TownPlan
    heading: str
    index: int
    gap: int

    @property
    def name(self) -> str:
        """Name of the way."""
        return f"{self.heading}{self.index}x{self.gap}"

    @property
    def road_class(self) -> RoadClass:
        """How the road is built."""
        return self._own[self.index].road_class

    @property
    def _own(self) -> tuple[Line, ...]:
        return self.town.rows if self.heading in "EW" else self.town.columns

    @property
    def _cross(self) -> tuple[Line, ...]:
        return self.town.columns if self.heading in "EW" else self.town.rows

    @property
    def leads_in(self) -> bool:
        """Whether it begins at the edge of town."""
        return self.gap == (0 if self.heading in "EN" else len(self._cross))

    @property
    def leads_out(self) -> bool:
        """Whether it ends at the edge of town."""
        return self.gap == (len(self._cross) if self.heading in "EN" else 0)

    @property
    def ends(self) -> tuple[str, str]:
        """The nodes at both ends."""
        before, behind = self._node(self.gap - 1), self._node(self.gap)
        return (before, behind) if self.heading in "EN" else (behind, before)

    def _node(self, cross: int) -> str:
        horizontal = self.heading in "EW"
        if cross < 0:
            return f"G{'W' if horizontal else 'S'}{self.index}"
        if cross >= len(self._cross):
            return f"G{'E' if horizontal else 'N'}{self.index}"
        return f"J{self.index}x{cross}" if horizontal else f"J{cross}x{self.index}"

    @cached_property
    def span_m(self) -> tuple[float, float]:
        """Places along the road where it begins and ends. [m]"""
        places = [line.place_m for line in self._cross]
        places = [places[0] - STUB_M, *places, places[-1] + STUB_M]
        low, high = places[self.gap], places[self.gap + 1]
        return (low, high) if self.heading in "EN" else (high, low)

    @property
    def length_m(self) -> float:
        """Way from crossing to crossing. [m]"""
        return abs(self.span_m[1] - self.span_m[0])

    def place(self, driven_m: float, left_m: float) -> Place:
        """Return the point so far from the begin, and so far to the left of the middle of the road. [m]"""
        sign = 1.0 if self.heading in "EN" else -1.0
        along_m = self.span_m[0] + sign * driven_m
        across_m = self._own[self.index].place_m
        if self.heading in "EW":
            return along_m, across_m + sign * left_m
        return across_m - sign * left_m, along_m

    @cached_property
    def block(self) -> str:
        """The block on the right-hand side, empty where there is none."""
        if self.leads_in or self.leads_out:
            return ""
        row, column = {
            "E": (self.index - 1, self.gap - 1), "W": (self.index, self.gap - 1),
            "N": (self.gap - 1, self.index), "S": (self.gap - 1, self.index - 1),
        }[self.heading]  # fmt: skip
        inside = 0 <= row < len(self.town.rows) - 1 and 0 <= column < len(self.town.columns) - 1
        return f"B{row}x{column}" if inside else ""

    @property
    def opening(self) -> str:
        """The node of the gap for U-turns, which the ways of both directions share; empty where there is none."""
        axis = "E" if self.heading in "EW" else "N"
        name = f"{axis}{self.index}x{self.gap}"
        return f"U{name}" if name in self.town.openings else ""

    @property
    def midblock(self) -> str:
        """The signal for people on foot in the middle, which both directions share; empty where there is none."""
        name = f"{'E' if self.heading in 'EW' else 'N'}{self.index}x{self.gap}"
        return f"{MIDBLOCK}{name}" if name in self.town.midblocks else ""

    @cached_property
    def nodes(self) -> tuple[tuple[str, float], ...]:
        """Nodes in driving order, with their places from the begin. [m]"""
        start, end = self.ends
        length_m = self.length_m
        found = [(start, 0.0), (end, length_m)]
        if self.block:
            found += [(f"{self.name}i", length_m / 3), (f"{self.name}o", length_m * 2 / 3)]
        if self.opening:
            found += [(f"{self.name}u", length_m / 2 - BAY_M), (self.opening, length_m / 2)]
        if self.midblock:
            found.append((self.midblock, length_m / 2))
        if not self.leads_out:
            found.append((f"{self.name}q", length_m - POCKET_M))
        return tuple(sorted(found, key=lambda node: node[1]))

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Edges in driving order."""
        found = []
        half_m = self.road_class.reservation_m / 2
        for k, ((start, from_m), (end, to_m)) in enumerate(pairwise(self.nodes)):
            pocket = start in (f"{self.name}u", f"{self.name}q")
            left_m = -half_m + (LANE_M if pocket else 0.0)  # in the reservation, so that the others go straight on
            places = (self.place(from_m, left_m), self.place(to_m, left_m))
            widened = start == f"{self.name}q"
            found.append(Piece(f"{self.name}{chr(ord('a') + k)}", (start, end), places, pocket, widened))
        return tuple(found)


def ways_of(town: TownPlan) -> dict[str, Way]:
    """Return every way by its name."""
    found = [Way(town, heading, index, gap) for heading, index, gap in _all(town)]
    return {way.name: way for way in found}


def _all(town: TownPlan) -> Iterator[tuple[str, int, int]]:
    for headings, own, cross in (("EW", town.rows, town.columns), ("NS", town.columns, town.rows)):
        for index in range(len(own)):
            for gap in range(len(cross) + 1):
                yield from ((heading, index, gap) for heading in headings)


def arrivals(row: int, column: int) -> dict[str, str]:
    """Return the ways that end at a signal, by heading."""
    return {"E": f"E{row}x{column}", "W": f"W{row}x{column + 1}", "N": f"N{column}x{row}", "S": f"S{column}x{row + 1}"}


def departures(row: int, column: int) -> dict[str, str]:
    """Return the ways that begin at a signal, by heading."""
    return {"E": f"E{row}x{column + 1}", "W": f"W{row}x{column}", "N": f"N{column}x{row + 1}", "S": f"S{column}x{row}"}


def block_sides(block: Block) -> dict[str, str]:
    """Return the ways along a block, by their heading: the one that goes west lies to its south."""
    r, c = block.row, block.column
    return {"W": f"W{r}x{c + 1}", "E": f"E{r + 1}x{c + 1}", "N": f"N{c}x{r + 1}", "S": f"S{c + 1}x{r + 1}"}


@dataclass(frozen=True, slots=True)
class Street:
    """A one-way street through a block: its edges in driving order, and the nodes between."""

    heading: str
    edges: tuple[str, str, str]
    nodes: tuple[str, str, str, str]


def streets_of(block: Block) -> tuple[Street, ...]:
    """Return the four one-way streets of a block; together they make a ring, anticlockwise, with its eight ends."""
    sides, name = block_sides(block), block.name
    corners = {corner: f"{name}{corner}" for corner in ("sw", "se", "ne", "nw")}
    runs = {
        "E": ("N", "sw", "se", "S"),
        "N": ("W", "se", "ne", "E"),
        "W": ("S", "ne", "nw", "N"),
        "S": ("E", "nw", "sw", "W"),
    }
    return tuple(
        Street(
            heading,
            (f"{name}{heading}a", f"{name}{heading}b", f"{name}{heading}c"),
            (f"{sides[first]}i", corners[one], corners[two], f"{sides[last]}o"),
        )
        for heading, (first, one, two, last) in runs.items()
    )
