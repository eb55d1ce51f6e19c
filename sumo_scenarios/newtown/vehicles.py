"""Cars, trucks and bicycles of the new town as SUMO reads them, and what their types are."""

from collections.abc import Iterator, Sequence
from typing import Final

from sumo_scenarios.newtown.graph import Graph, Route
from sumo_scenarios.newtown.people import Trip

TYPES: Final = (
    '<vType id="car" speedFactor="normc(1,0.1,0.2,2)" minGap="2.5" tau="1.2"/>',
    '<vType id="truck" vClass="truck" length="10" maxSpeed="22" accel="1.2" speedFactor="normc(0.95,0.05,0.8,1.1)"/>',
    '<vType id="bus" vClass="bus" length="12" maxSpeed="19" accel="1.2" personCapacity="80" '
    'speedFactor="normc(0.95,0.05,0.8,1.1)"/>',
    '<vType id="bicycle" vClass="bicycle" length="1.8" width="0.7" maxSpeed="4.5" accel="0.8" minGap="0.6" '
    'speedFactor="normc(1,0.1,0.7,1.3)"/>',
    '<vType id="ebike" vClass="bicycle" length="1.9" width="0.8" maxSpeed="6.9" accel="1.2" minGap="0.8" '
    'speedFactor="normc(1,0.05,0.8,1.2)"/>',
)
EBIKES: Final = 3
"""One bicycle in so many has no motor."""

Row = tuple[float, str]
"""Departure [s] and the vehicle as XML."""


def vehicle_rows(graph: Graph, trips: Sequence[Trip], routes: dict[int, Route]) -> Iterator[Row]:
    """Yield the vehicles that have a route, in the order of departure, which is that of the trips."""
    for k, trip in enumerate(trips):
        if k in routes:
            kind, speed = trip.mode, "desired"
            if kind == "bike":
                kind, speed = ("ebike" if k % EBIKES else "bicycle"), "0"
            yield (
                trip.depart_s,
                f'<vehicle id="{k}" type="{kind}" depart="{trip.depart_s:.1f}" departLane="best" departSpeed="{speed}">'
                f'<route edges="{graph.names(routes[k])}"/></vehicle>',
            )
