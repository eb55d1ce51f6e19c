"""Places of the town as SUMO's additional elements: car parks in the blocks, and marks for what stands there."""

from collections.abc import Iterator
from typing import Final

from sumo_scenarios.net_reader import Net
from sumo_scenarios.newtown.people import zones_of
from sumo_scenarios.newtown.town_plan import TownPlan

PARK_M: Final = 10.0
"""Where a car park begins and ends, from the begin and the end of its street."""
COLOURS: Final = {"station": "blue", "hospital": "white", "fire_station": "red", "school": "yellow"}


def place_rows(town: TownPlan, net: Net) -> Iterator[str]:
    """Yield the car parks, off the street in the south of their blocks, and points for schools and special places."""
    for block in town.blocks:
        lane = net.edges[f"{block.name}Eb"].lanes[-1]
        if block.parking:
            yield (
                f'<parkingArea id="park{block.name}" lane="{lane.lane_id}" startPos="{PARK_M}" '
                f'endPos="{lane.length_m - PARK_M:.1f}" roadsideCapacity="{block.parking}" angle="90" onRoad="false"/>'
            )
    middles = {zone.name: zone.place for zone in zones_of(town)}
    schools = [("school", block.name) for block in town.blocks if block.pupils]
    for kind, name in (*town.special, *schools):
        x_m, y_m = middles[name]
        yield f'<poi id="{kind}-{name}" type="{kind}" color="{COLOURS[kind]}" x="{x_m:.1f}" y="{y_m:.1f}" layer="10"/>'
