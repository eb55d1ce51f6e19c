"""Lanes blocked at stated times, as SUMO reads it: vehicles that stand, and lanes that are closed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.city_feed.order import Happening, HappeningKind
from sumo_scenarios.city_feed.road_network import motor_lanes
from sumo_scenarios.net_reader import Net
from sumo_scenarios.settings import Closure

STANDING: Final = "signal-ctrl-breakdown-"
"""How the names of vehicles that stand begin; they are nobody's trip."""
_LONG_M: Final = 5.0


def settled(happenings: Sequence[Happening], net: Net) -> tuple[Happening, ...]:
    """Return happenings with a place each, the middle of the road where none is given.

    Raises: InvalidInputError for a road or lane that is not there.
    """
    return tuple(_settled(each, net) for each in happenings)


def _settled(happening: Happening, net: Net) -> Happening:
    lane_id = lane_id_of(happening, net)
    length_m = net.lanes[lane_id].length_m
    if happening.position_m > length_m:
        raise InvalidInputError(f"road {happening.road} is {length_m:.0f} m long; nothing happens behind its end")
    return happening if happening.position_m else replace(happening, position_m=round(length_m / 2, 1))


def lane_id_of(happening: Happening, net: Net) -> str:
    """Return SUMO's name of the lane. Raises: InvalidInputError if it is not there."""
    edge = net.edges.get(happening.road)
    lanes = motor_lanes(edge) if edge is not None and not edge.function else []
    if happening.lane >= len(lanes):
        raise InvalidInputError(f"the network has no lane {happening.lane} on a road '{happening.road}'")
    return lanes[happening.lane].lane_id


def closures(happenings: Sequence[Happening], net: Net) -> tuple[Closure, ...]:
    """Return what is closed so that drivers know."""
    return tuple(
        Closure(lane_id_of(each, net), each.from_s, each.to_s)
        for each in happenings
        if each.kind is HappeningKind.CLOSED
    )


def write_breakdowns(path: Path, happenings: Sequence[Happening], net: Net) -> None:
    """Write the vehicles that stand as an additional file of SUMO, in the order in which they appear.

    Each comes onto its lane as soon as there is room for it, and is gone when its time is over.
    """
    standing = sorted(
        (each.from_s, number, each) for number, each in enumerate(happenings) if each.kind is HappeningKind.BREAKDOWN
    )
    rows = [row for _, number, each in standing for row in _rows(each, number, net)]
    path.write_text("\n".join(["<additional>", *rows, "</additional>"]) + "\n", encoding="utf-8")


def _rows(happening: Happening, number: int, net: Net) -> Iterator[str]:
    lane_id = lane_id_of(happening, net)
    front_m = max(happening.position_m, _LONG_M + 0.5)
    front_m = min(front_m, net.lanes[lane_id].length_m - 0.5)
    index = lane_id.rpartition("_")[2]
    yield (
        f'    <vehicle id="{STANDING}{number}" depart="{happening.from_s:.2f}" departLane="{index}" '
        f'departPos="{front_m:.2f}" departSpeed="0">'
    )
    yield f"        <route edges={quoteattr(happening.road)}/>"
    yield (
        f'        <stop lane={quoteattr(lane_id)} endPos="{front_m + 0.1:.2f}" startPos="{max(front_m - 1, 0):.2f}" '
        f'until="{happening.to_s:.2f}" parking="false"/>'
    )
    yield "    </vehicle>"
