"""Incidents by a list: lanes that vehicles block at stated times, and the vehicles that do so, as SUMO reads them."""

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.json_fields import count, located, number, object_of, text_of, typed
from sumo_scenarios.net_reader import Net
from sumo_scenarios.newtown.town_plan import TownPlan
from sumo_scenarios.newtown.ways import Way

NUMBER: Final = 3
KIND: Final = "breakdown"
LASTS_S: Final = (600, 1500)
EARLY_S: Final = 900
LATE_S: Final = 2700
"""When they begin, from the begin of the demand."""
_LONG_M: Final = 6.0


@dataclass(frozen=True, slots=True)
class Incident:
    """A lane that is blocked for a time. `road`, the edge; `lane` of its motor lanes, 0 at the kerb; [m] from the begin
    of the edge, [s] of the simulation.
    """

    road: str
    lane: int
    position_m: float
    from_s: float
    to_s: float
    kind: str

    def __post_init__(self) -> None:
        if not (0 <= self.position_m < math.inf and 0 <= self.from_s < self.to_s < math.inf):
            raise InvalidInputError("it lies 0 m or more from the begin of its road, begins at 0 s or later, then ends")


def drawn(town: TownPlan, ways: Mapping[str, Way], net: Net, begin_s: float) -> list[Incident]:
    """Return a few incidents on roads between crossings, in the order in which they begin."""
    draw = random.Random(f"newtown {town.seed} incidents")
    inner = [way for way in ways.values() if not (way.leads_in or way.leads_out)]
    found = []
    for way in draw.sample(inner, min(NUMBER, len(inner))):
        edge = max(way.pieces, key=lambda piece: net.edges[piece.edge].lanes[0].length_m).edge
        from_s = begin_s + draw.randrange(EARLY_S, LATE_S, 60)
        lane, middle_m = draw.randrange(way.road_class.lanes), round(net.edges[edge].lanes[0].length_m / 2, 1)
        found.append(Incident(edge, lane, middle_m, from_s, from_s + draw.randrange(*LASTS_S, 60), KIND))
    return sorted(found, key=lambda each: (each.from_s, each.road))


def text_for(incidents: Sequence[Incident]) -> str:
    """Return the list as the text of a file to edit."""
    return json.dumps([asdict(each) for each in incidents], indent=1) + "\n"


def rows(incidents: Sequence[Incident], net: Net) -> Iterator[str]:
    """Yield the vehicles that stand, in the order of departure: each comes when there is room, and is gone after.

    Raises: InvalidInputError for an incident on a road or lane that is not there.
    """
    for k, each in enumerate(sorted(incidents, key=lambda one: one.from_s)):
        edge = net.edges.get(each.road)
        lanes = [lane for lane in edge.lanes if lane.motorised] if edge is not None else []
        if each.lane >= len(lanes):
            raise InvalidInputError(
                f"incidents.json: incident {k}: there is no lane {each.lane} on road '{each.road}', "
                f"which has {len(lanes)} for motor vehicles"
            )
        lane = lanes[each.lane]
        front_m = min(max(each.position_m, _LONG_M), lane.length_m - 1.0)
        yield (
            f'<vehicle id="incident-{k}" type="car" depart="{each.from_s:.1f}" '
            f'departLane="{lane.lane_id.rpartition("_")[2]}" departPos="{front_m:.1f}" departSpeed="0">'
            f'<route edges="{each.road}"/><stop lane="{lane.lane_id}" startPos="{front_m - 1:.1f}" '
            f'endPos="{front_m + 0.1:.1f}" until="{each.to_s:.1f}"/></vehicle>'
        )


def read_incidents(path: Path) -> list[Incident]:
    """Return the list of a file. Raises: InvalidInputError that names the incident and what is wrong with it."""
    listed = located(path.name, lambda: json.loads(text_of(path)))
    if not isinstance(listed, list):
        raise InvalidInputError(f"{path.name}: it is no list of incidents")
    return [located(f"{path.name}: incident {k}", partial(_incident, each)) for k, each in enumerate(listed)]


def _incident(each: Any) -> Incident:
    values = object_of(each)
    return Incident(
        typed(values, "road", str), count(values, "lane"), number(values, "position_m"), number(values, "from_s"),
        number(values, "to_s"), typed(values, "kind", str),
    )  # fmt: skip
