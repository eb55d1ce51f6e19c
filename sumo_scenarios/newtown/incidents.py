"""Incidents by a list: lanes that vehicles block at stated times, and the vehicles that do so, as SUMO reads them."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
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

Incident = Mapping[str, Any]
"""`road` (edge), `lane` (of its motor lanes, 0 at the kerb), `position_m`, `from_s`, `to_s`, `kind`."""


def drawn(town: TownPlan, ways: Mapping[str, Way], net: Net, begin_s: float) -> list[Incident]:
    """Return a few incidents on roads between crossings, in the order in which they begin."""
    draw = random.Random(f"newtown {town.seed} incidents")
    inner = [way for way in ways.values() if not (way.leads_in or way.leads_out)]
    found = []
    for way in draw.sample(inner, min(NUMBER, len(inner))):
        edge = max(way.pieces, key=lambda piece: net.edges[piece.edge].lanes[0].length_m).edge
        from_s = begin_s + draw.randrange(EARLY_S, LATE_S, 60)
        found.append({
            "road": edge, "lane": draw.randrange(way.road_class.lanes),
            "position_m": round(net.edges[edge].lanes[0].length_m / 2, 1),
            "from_s": from_s, "to_s": from_s + draw.randrange(*LASTS_S, 60), "kind": KIND,
        })  # fmt: skip
    return sorted(found, key=lambda each: (each["from_s"], each["road"]))


def rows(incidents: Sequence[Incident], net: Net) -> Iterator[str]:
    """Yield the vehicles that stand, in the order of departure: each comes when there is room, and is gone after.

    Raises: InvalidInputError for an incident with a road, lane or time that cannot be.
    """
    for k, each in enumerate(sorted(incidents, key=lambda one: float(one["from_s"]))):
        edge = net.edges.get(str(each["road"]))
        lanes = [lane for lane in edge.lanes if lane.motorised] if edge is not None else []
        if not 0 <= int(each["lane"]) < len(lanes) or not 0 <= float(each["from_s"]) < float(each["to_s"]):
            raise InvalidInputError(
                f"incident {k}: no lane {each['lane']} on road '{each['road']}', or it ends too soon"
            )
        lane = lanes[int(each["lane"])]
        front_m = min(max(float(each["position_m"]), _LONG_M), lane.length_m - 1.0)
        yield (
            f'<vehicle id="incident-{k}" type="car" depart="{float(each["from_s"]):.1f}" '
            f'departLane="{lane.lane_id.rpartition("_")[2]}" departPos="{front_m:.1f}" departSpeed="0">'
            f'<route edges="{each["road"]}"/><stop lane="{lane.lane_id}" startPos="{front_m - 1:.1f}" '
            f'endPos="{front_m + 0.1:.1f}" until="{float(each["to_s"]):.1f}"/></vehicle>'
        )


def read_incidents(path: Path) -> list[Incident]:
    """Return the list of a file. Raises: InvalidInputError if it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        checked: list[Incident] = [
            {key: each[key] for key in ("road", "lane", "position_m", "from_s", "to_s", "kind")} for each in found
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"{path} is no list of incidents: {error}") from error
    return checked
