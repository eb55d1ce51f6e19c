"""Car parks of a scenario: those that it has, or for the new town one in every street of its blocks."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import Net
from sumo_scenarios.xml_input import elements

CAR_PARK: Final = "parkingArea"
SIZES: Final = (0.6, 1.0, 1.4)
"""Car parks are smaller and larger than the demand at their door, by chance."""
LEAST_SPACES: Final = 10
LEAST_DRIVERS: Final = 20
PARK_M: Final = 10.0
ALTERNATIVES: Final = 12
"""So many car parks around does a driver know who searches."""


@dataclass(frozen=True, slots=True)
class CarPark:
    """A car park off the road. [m] from the begin of its lane."""

    name: str
    lane: str
    edge: str
    capacity: int
    start_m: float
    end_m: float


def own_car_parks(additional: Sequence[Path], net: Net) -> tuple[CarPark, ...]:
    """Return the car parks that the files of a scenario have. Raises: InvalidInputError where a lane is not there."""
    found = []
    for path in additional:
        for _, element in elements(path):
            if element.tag != CAR_PARK:
                continue
            lane = net.lanes.get(element.get("lane", ""))
            if lane is None:
                raise InvalidInputError(f"{path}: {CAR_PARK} {element.get('id')} lies on no lane of the network")
            spaces = int(element.get("roadsideCapacity", "0")) + len(element.findall("space"))
            ends = float(element.get("startPos", "0")), float(element.get("endPos", lane.length_m))
            if spaces:
                found.append(CarPark(element.get("id", ""), lane.lane_id, lane.edge_id, spaces, *ends))
    return tuple(found)


def dense_car_parks(ends: Mapping[str, tuple[int, float]], net: Net, fill: float) -> tuple[CarPark, ...]:
    """Return one car park in each street of a block where enough drivers go; together they get as full as wanted.

    Args: ends, by edge how many drivers go there and how many cars stand there in the end; streets begin with `B`.
    """
    streets = sorted(edge for edge, (drivers, _) in ends.items() if edge.startswith("B") and drivers >= LEAST_DRIVERS)
    wish = {edge: ends[edge][1] * SIZES[zlib.crc32(edge.encode()) % len(SIZES)] for edge in streets}
    factor = sum(ends[edge][1] for edge in streets) / max(sum(wish.values()), 1e-9) / fill
    return tuple(
        CarPark(
            f"lot{edge}",
            (lane := net.edges[edge].lanes[-1]).lane_id,
            edge,
            max(round(wish[edge] * factor), LEAST_SPACES),
            PARK_M,
            lane.length_m - PARK_M,
        )
        for edge in streets
    )


def car_park_rows(parks: Sequence[CarPark], near: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield car parks, and at the door of each a rerouter: who finds it full looks for another one.

    Args: near, names of the car parks around each, itself first. Nobody sees from afar whether one is full.
    """
    for park in parks:
        yield (
            f'<parkingArea id="{park.name}" lane="{park.lane}" startPos="{park.start_m:.1f}" endPos="{park.end_m:.1f}" '
            f'roadsideCapacity="{park.capacity}" angle="90" onRoad="false"/>'
        )
    for park in parks:
        others = "".join(f'<parkingAreaReroute id="{name}" visible="false"/>' for name in near[park.name])
        yield (
            f'<rerouter id="search-{park.name}" edges="{park.edge}"><interval begin="0" end="1000000">{others}'
            "</interval></rerouter>"
        )
