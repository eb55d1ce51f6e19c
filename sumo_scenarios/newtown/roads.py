"""The roads of a new town as SUMO's plain XML: types, nodes, edges, connections, crossings for people on foot."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from sumo_scenarios.newtown.files import EDGE_TYPES
from sumo_scenarios.newtown.town_plan import (
    CLASSES,
    LANE_M,
    STREET,
    STREET_BIKE_M,
    STREET_M,
    STREET_MPS,
    RoadClass,
    TownPlan,
)
from sumo_scenarios.newtown.ways import (
    MIDBLOCK,
    Piece,
    Street,
    Way,
    arrivals,
    back_of,
    departures,
    left_of,
    right_of,
    streets_of,
    ways_of,
)
from sumo_scenarios.plain_net import Plain

BIKE: Final = 1
"""Lane of bicycles and e-bikes on a main road; 0 is the sidewalk."""
BIKE_MPS: Final = 25 / 3.6
"""What e-bikes may ride. Source: GB 17761-2018, 25 km/h at most."""
MOTOR: Final = 2
"""Rightmost lane for motor vehicles."""
CROSSING_M: Final = 5.0
MOUTH_M: Final = 3.0
"""Widths of crossings at signals, and over the mouths of the blocks' streets."""
_LIGHT: Final = "traffic_light"
_OPTIONS: Final = (
    "--type-files", EDGE_TYPES, "--default.junctions.radius", "8", "--junctions.limit-turn-speed", "5.5",
    "--no-internal-links", "false", "--walkingareas", "true", "--tls.default-type", "static",
    "--offset.disable-normalization", "true", "--output.street-names", "true",
)  # fmt: skip

Join = tuple[str, int, str, int]
"""From edge and lane onto edge and lane."""


def type_rows() -> Iterator[str]:
    """Yield the edge types: what the files call the road classes."""
    for own in CLASSES:
        yield (
            f'<type id="{own.name}" priority="{own.priority}" numLanes="{own.lanes}" speed="{own.speed_mps:.3f}" '
            f'width="{LANE_M}" '
            'disallow="pedestrian bicycle tram rail_urban rail rail_electric rail_fast ship"/>'
        )
    yield (
        f'<type id="{STREET}" priority="2" numLanes="2" speed="{STREET_MPS:.3f}" width="{STREET_M}" oneway="true" '
        'disallow="pedestrian bicycle tram rail_urban rail rail_electric rail_fast ship"/>'
    )


def roads(town: TownPlan) -> Plain:
    """Return nodes, edges, connections and crossings of the town."""
    plain = Plain(options=_OPTIONS)
    ways = ways_of(town)
    streets = [street for block in town.blocks for street in streets_of(block)]
    _nodes(plain, town, ways)
    for way in ways.values():
        for piece in way.pieces:
            _edge(plain, way, piece)
    for street in streets:
        for edge, ends in zip(street.edges, pairwise(street.nodes), strict=True):
            plain.edges[edge] = (
                f'<edge id="{edge}" from="{ends[0]}" to="{ends[1]}" type="{STREET}">'
                f'<lane index="0" allow="bicycle" width="{STREET_BIKE_M}" speed="{BIKE_MPS:.3f}"/></edge>'
            )
    joins = [*_along(ways), *_at_signals(town, ways), *_through_blocks(streets), *_access(ways, streets)]
    plain.connections += [
        f'<connection from="{start}" to="{end}" fromLane="{lane}" toLane="{onto}"/>' for start, lane, end, onto in joins
    ]
    plain.connections += [*_crossings(town, ways), *_midblocks(ways), *_mouths(streets)]
    return plain


def _nodes(plain: Plain, town: TownPlan, ways: dict[str, Way]) -> None:
    for r, row in enumerate(town.rows):
        for c, column in enumerate(town.columns):
            plain.node(f"J{r}x{c}", column.place_m, row.place_m, _LIGHT)
    for way in ways.values():
        half_m = way.road_class.reservation_m / 2
        for name, driven_m in way.nodes:
            shared = name in way.ends or name in (way.opening, way.midblock)
            x_m, y_m = way.place(driven_m, 0.0 if shared else -half_m)
            if name not in plain.nodes:
                plain.node(name, round(x_m, 2), round(y_m, 2), _kind(name))
    for block in town.blocks:
        xs, ys = (_thirds(lines[k].place_m, lines[k + 1].place_m) for lines, k in (
            (town.columns, block.column), (town.rows, block.row)))  # fmt: skip
        for corner, (i, j) in {"sw": (0, 0), "se": (1, 0), "ne": (1, 1), "nw": (0, 1)}.items():
            plain.node(f"{block.name}{corner}", xs[i], ys[j], "right_before_left")


def _kind(node: str) -> str:
    if node.startswith(MIDBLOCK):
        return _LIGHT
    return "dead_end" if node.startswith("G") else "priority"


def _thirds(low_m: float, high_m: float) -> tuple[float, float]:
    return round((2 * low_m + high_m) / 3, 2), round((low_m + 2 * high_m) / 3, 2)


def _edge(plain: Plain, way: Way, piece: Piece) -> None:
    """Add a piece of a carriageway; its shape is its left edge."""
    shape = " ".join(f"{x_m:.2f},{y_m:.2f}" for x_m, y_m in piece.places)
    own = way.road_class
    lanes = MOTOR + own.lanes + int(piece.pocket) + int(piece.widened)
    plain.edges[piece.edge] = (
        f'<edge id="{piece.edge}" from="{piece.nodes[0]}" to="{piece.nodes[1]}" type="{own.name}" '
        f'numLanes="{lanes}" name="{_street_name(way)}" shape="{shape}">'
        f'<lane index="0" allow="pedestrian" width="{own.sidewalk_m}"/>'
        f'<lane index="{BIKE}" allow="bicycle" width="{own.bike_m}" speed="{BIKE_MPS:.3f}"/></edge>'
    )


def _street_name(way: Way) -> str:
    return f"{'Row' if way.heading in 'EW' else 'Column'} {way.index}"


def through_lanes(road_class: RoadClass, widened: bool = False) -> range:
    """Return the lanes of a piece that go straight on; the next one to the left is the pocket's.

    Where it is widened, the one to the right is for right turns.
    """
    return range(MOTOR + int(widened), MOTOR + int(widened) + road_class.lanes)


def _along(ways: dict[str, Way]) -> Iterator[Join]:
    """Yield who goes on along a carriageway, lane by lane; a lane for turns begins at the left, ends in its turn."""
    for way in ways.values():
        lanes = through_lanes(way.road_class)
        for before, after in pairwise(way.pieces):
            onto = through_lanes(way.road_class, after.widened)
            yield before.edge, BIKE, after.edge, BIKE
            yield from ((before.edge, a, after.edge, b) for a, b in zip(lanes, onto, strict=True))
            if after.widened:
                yield before.edge, MOTOR, after.edge, MOTOR
            if after.pocket:
                yield before.edge, lanes[-1], after.edge, onto[-1] + 1
            if before.pocket:
                yield before.edge, lanes[-1] + 1, _behind(ways, way.opening, way), lanes[-1]


def _behind(ways: dict[str, Way], opening: str, way: Way) -> str:
    """Return the edge of the opposite carriageway behind a gap for U-turns."""
    opposite = {"E": "W", "W": "E", "N": "S", "S": "N"}[way.heading]
    other = ways[f"{opposite}{way.index}x{way.gap}"]
    return next(piece.edge for piece in other.pieces if piece.nodes[0] == opening)


def _at_signals(town: TownPlan, ways: dict[str, Way]) -> Iterator[Join]:
    """Yield the movements at the signals: bicycles straight on and to the right, motor vehicles to the left as well."""
    for r in range(len(town.rows)):
        for c in range(len(town.columns)):
            out = {heading: ways[name] for heading, name in departures(r, c).items()}
            for heading, name in arrivals(r, c).items():
                way = ways[name]
                edge, lanes = way.pieces[-1].edge, through_lanes(way.road_class, widened=True)
                ahead, right, left = (out[h].pieces[0].edge for h in (heading, right_of(heading), left_of(heading)))
                yield edge, BIKE, ahead, BIKE
                yield edge, BIKE, right, BIKE
                yield edge, MOTOR, right, MOTOR
                yield from ((edge, k, ahead, k - 1) for k in lanes)
                yield edge, lanes[-1] + 1, left, through_lanes(out[left_of(heading)].road_class)[-1]


def _through_blocks(streets: list[Street]) -> Iterator[Join]:
    """Yield the ways on at the corners of the blocks' rings: every one that the one-way streets allow."""
    leaving: dict[str, list[str]] = {}
    for street in streets:
        for edge, node in zip(street.edges[1:], street.nodes[1:], strict=False):
            leaving.setdefault(node, []).append(edge)
    for street in streets:
        for edge, node in zip(street.edges[:2], street.nodes[1:3], strict=True):
            yield from ((edge, lane, onto, lane) for onto in leaving[node] for lane in (0, 1))


def _access(ways: dict[str, Way], streets: list[Street]) -> Iterator[Join]:
    """Yield the ways into the blocks and out of them: right turns only."""
    at = {node: pair for way in ways.values() for node, pair in _joints(way)}
    for street in streets:
        before, _ = at[street.nodes[0]]
        yield from ((before, lane, street.edges[0], onto) for onto, lane in enumerate((BIKE, MOTOR)))
        _, behind = at[street.nodes[-1]]
        yield from ((street.edges[-1], lane, behind, onto) for lane, onto in enumerate((BIKE, MOTOR)))


def _joints(way: Way) -> Iterator[tuple[str, tuple[str, str]]]:
    for before, after in pairwise(way.pieces):
        yield before.nodes[1], (before.edge, after.edge)


def _crossings(town: TownPlan, ways: dict[str, Way]) -> Iterator[str]:
    """Yield the crossings at the signals: each carriageway for itself where there is an island, else both at once."""
    for r in range(len(town.rows)):
        for c in range(len(town.columns)):
            out = departures(r, c)
            for heading, name in arrivals(r, c).items():
                inwards = ways[name].pieces[-1].edge
                outwards = ways[out[_opposite(heading)]].pieces[0].edge
                split = ways[name].road_class.has_island
                for edges in (inwards, outwards) if split else (f"{inwards} {outwards}",):
                    yield f'<crossing node="J{r}x{c}" edges="{edges}" width="{CROSSING_M}" priority="true"/>'


def _midblocks(ways: dict[str, Way]) -> Iterator[str]:
    """Yield the crossings between the signals, on the side that a way comes from; an island parts them as above."""
    for way in ways.values():
        if way.midblock and way.heading in "EN":
            other = ways[f"{back_of(way.heading)}{way.index}x{way.gap}"]
            inwards = next(piece.edge for piece in way.pieces if piece.nodes[1] == way.midblock)
            outwards = next(piece.edge for piece in other.pieces if piece.nodes[0] == way.midblock)
            for edges in (inwards, outwards) if way.road_class.has_island else (f"{inwards} {outwards}",):
                yield f'<crossing node="{way.midblock}" edges="{edges}" width="{CROSSING_M}" priority="true"/>'


def _opposite(heading: str) -> str:
    return {"E": "W", "W": "E", "N": "S", "S": "N"}[heading]


def _mouths(streets: list[Street]) -> Iterator[str]:
    """Yield the crossings over the mouths of the blocks' streets, where people on foot go first."""
    for street in streets:
        for node, edge in ((street.nodes[0], street.edges[0]), (street.nodes[-1], street.edges[-1])):
            yield f'<crossing node="{node}" edges="{edge}" width="{MOUTH_M}" priority="true"/>'
