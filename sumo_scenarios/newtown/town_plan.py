"""Where the roads of a new town lie: a grid of main roads, their classes, what each superblock holds. All by the seed.

Rows of main roads run from west to east, columns from south to north; signals stand where they cross. Row 0 is the
southernmost, column 0 the westernmost. Between four signals lies a superblock with a ring of one-way streets.
"""

import random
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

SIZES: Final = (2, 40)
MOST_SEED: Final = 2**31 - 1
SPACINGS_M: Final = (480, 680)
"""Shortest and longest way from one main road to the next. Source of the order: superblocks of 400 to 700 m."""
SPACING_STEP_M: Final = 20
STUB_M: Final = 500.0
"""How far the main roads lead out of town."""
SAFE_TURNS: Final = 0.75
"""Share of the approaches at which one may turn right on red."""


@dataclass(frozen=True, slots=True)
class RoadClass:
    """How a main road is built. `lanes` are motor lanes in each direction; `reservation_m` lies between the two.

    [m], [m/s]; `name` is the edge type in the files, which ends in the class that OpenStreetMap would give it.
    """

    name: str
    lanes: int
    speed_mps: float
    reservation_m: float
    bike_m: float
    sidewalk_m: float
    priority: int

    @property
    def has_island(self) -> bool:
        """Whether people may wait between the carriageways, beside the lane for left turns."""
        return self.reservation_m - LANE_M >= ISLAND_M

    @property
    def has_gaps(self) -> bool:
        """Whether its reservation may be opened for U-turns."""
        return self.name.endswith(".primary")


LANE_M: Final = 3.25
ISLAND_M: Final = 2.0
"""Width of an island for people to wait on; Chinese planning rules ask for one where a crossing is longer than 16 m
without its bicycle lanes, as all of these are. Source: jianbiaoku.com, book 5847, 4.3.4, read 2026-11-28."""
ARTERIAL_8: Final = RoadClass("lanes8.primary", 4, 60 / 3.6, 8.0, 3.0, 3.5, 12)
ARTERIAL_6: Final = RoadClass("lanes6.primary", 3, 60 / 3.6, 6.0, 3.0, 3.5, 11)
SECONDARY_4: Final = RoadClass("lanes4.secondary", 2, 50 / 3.6, 5.5, 2.5, 3.0, 9)
CLASSES: Final = (ARTERIAL_8, ARTERIAL_6, SECONDARY_4)
_ORDER: Final = (ARTERIAL_6, SECONDARY_4, ARTERIAL_8, SECONDARY_4)
"""Classes of neighbouring main roads, over and over; the seed says where it starts."""

MOST_MIDBLOCKS: Final = 1000

STREET: Final = "oneway.residential"
STREET_MPS: Final = 30 / 3.6
STREET_M: Final = 3.5
STREET_BIKE_M: Final = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One main road from end to end: its place across [m] and its class."""

    place_m: float
    road_class: RoadClass


@dataclass(frozen=True, slots=True)
class Block:
    """What a superblock holds. Homes and jobs are persons; `parking` are places in its car park, 0 for none."""

    row: int
    column: int
    homes: int
    jobs: int
    shops: int
    pupils: int
    parking: int

    @property
    def name(self) -> str:
        """Name in the files."""
        return f"B{self.row}x{self.column}"


@dataclass(frozen=True, slots=True)
class TownPlan:
    """The whole town. `special` are the blocks (by name) of the station, the hospital and the fire station.

    `openings` are the links with a gap for U-turns, `red_turns` the approaches at which one may turn right on red.
    """

    seed: int
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    blocks: tuple[Block, ...]
    special: tuple[tuple[str, str], ...]
    openings: frozenset[str]
    red_turns: frozenset[str]
    midblocks: frozenset[str] = frozenset()


def plan_town(rows: int, columns: int, seed: int, midblocks: int = 0) -> TownPlan:
    """Return the town of that many signals north and east.

    Args: midblocks, how many links get a signal for people on foot in their middle; those with a gap for U-turns get
    none, and where there are fewer others all of them.
    Raises: InvalidInputError for a size or seed out of range.
    """
    for name, value in (("rows", rows), ("columns", columns)):
        if not SIZES[0] <= value <= SIZES[1]:
            raise InvalidInputError(f"a new town has {SIZES[0]} to {SIZES[1]} {name} of signals, got {value}")
    if not 0 <= seed <= MOST_SEED:
        raise InvalidInputError(f"--seed needs 0 to {MOST_SEED}, got {seed}")
    draw = random.Random(f"newtown {rows} {columns} {seed}")
    if not 0 <= midblocks <= MOST_MIDBLOCKS:
        raise InvalidInputError(f"--midblocks needs 0 to {MOST_MIDBLOCKS}, got {midblocks}")
    across, along = _lines(rows, draw), _lines(columns, draw)
    blocks = tuple(_block(r, c, (rows - 1, columns - 1), draw) for r in range(rows - 1) for c in range(columns - 1))
    town = TownPlan(
        seed=seed,
        rows=across,
        columns=along,
        blocks=blocks,
        special=_special(blocks, draw),
        openings=frozenset(_openings(across, along, draw)),
        red_turns=frozenset(_red_turns(rows, columns, draw)),
    )
    return replace(town, midblocks=_midblocks(town, midblocks)) if midblocks else town


def _midblocks(town: TownPlan, number: int) -> frozenset[str]:
    """Choose links without a gap for U-turns, by a draw of their own: the rest of the town stays as it is."""
    links = [
        f"{axis}{index}x{link}"
        for axis, lines, others in (("E", town.rows, town.columns), ("N", town.columns, town.rows))
        for index in range(len(lines))
        for link in range(1, len(others))
    ]
    free = [link for link in links if link not in town.openings]
    return frozenset(random.Random(f"midblocks {town.seed}").sample(free, min(number, len(free))))


def _lines(number: int, draw: random.Random) -> tuple[Line, ...]:
    start = draw.randrange(len(_ORDER))
    steps = range(SPACINGS_M[0], SPACINGS_M[1] + 1, SPACING_STEP_M)
    places_m = accumulate((float(draw.choice(steps)) for _ in range(number - 1)), initial=0.0)
    return tuple(Line(place_m, _ORDER[(start + k) % len(_ORDER)]) for k, place_m in enumerate(places_m))


def _block(row: int, column: int, size: tuple[int, int], draw: random.Random) -> Block:
    """Draw a block: more jobs towards the middle of town, more homes towards its edge."""
    off = (abs(2 * row + 1 - size[0]) / size[0] + abs(2 * column + 1 - size[1]) / size[1]) / 2
    central = 1.0 - min(off, 1.0)
    homes = round(draw.uniform(2200, 3400) * (1.0 - 0.6 * central))
    jobs = round(draw.uniform(1500, 2600) * (0.35 + 1.3 * central))
    shops = round(draw.uniform(300, 800) * (0.5 + central))
    pupils = draw.choice((0, 0, 900, 1500))
    parking = draw.choice((0, 120, 200, 400))
    return Block(row, column, homes, jobs, shops, pupils, parking)


def _special(blocks: tuple[Block, ...], draw: random.Random) -> tuple[tuple[str, str], ...]:
    """Choose the blocks of the station, the hospital and the fire station: apart where there are enough of them."""
    chosen = draw.sample(blocks, min(len(blocks), 3))
    return tuple((kind, chosen[k % len(chosen)].name) for k, kind in enumerate(("station", "hospital", "fire_station")))


def _openings(rows: tuple[Line, ...], columns: tuple[Line, ...], draw: random.Random) -> list[str]:
    """Choose links of primary roads that have a gap for U-turns: every second one on average."""
    found = []
    for axis, lines, others in (("E", rows, columns), ("N", columns, rows)):
        for index, line in enumerate(lines):
            may = line.road_class.has_gaps
            found += [f"{axis}{index}x{link}" for link in range(1, len(others)) if draw.random() < 0.5 and may]
    return found


def _red_turns(rows: int, columns: int, draw: random.Random) -> list[str]:
    arms = [f"J{r}x{c}{heading}" for r in range(rows) for c in range(columns) for heading in "ENWS"]
    return [arm for arm in arms if draw.random() < SAFE_TURNS]
