"""Streets of a scenario that a green wave is for: their stop lines, ways, volumes and the speed that drivers drive."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from optimiser.cycle_split import S_PER_H
from optimiser.gap_acceptance import SATURATION_VEH_H
from optimiser.green_wave.network import WaveLink
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.measures.approaches import find_approaches
from sumo_scenarios.measures.arterials import Arterial, arterials_of, straight_streets
from sumo_scenarios.measures.corridor import StopLine, corridor_of
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.volumes import Volumes
from sumo_scenarios.world import World


@dataclass(frozen=True, slots=True)
class FoundStreet:
    """A street: its directions, each the stop lines of signals under a plan in the order of driving."""

    name: str
    courses: tuple[tuple[StopLine, ...], ...]


@dataclass(frozen=True, slots=True)
class Driving:
    """Speeds of platoons: the mean factor on the limit, or bounds that the user gives [m/s]; volumes; exponent p."""

    factor: float
    bounds_mps: tuple[float, float] | None
    volumes: Volumes
    power: float = 1.0


def find_streets(world: World, signals: frozenset[str], every: bool) -> list[FoundStreet]:
    """Return the arterial of a scenario, or `every` straight street, over the signals named.

    Raises: InvalidInputError if no two of the signals follow each other straight on.
    """
    net = world.net
    if every:
        pairs = straight_streets(net, find_approaches(net))
    else:
        schedule = read_schedule((*world.config.routes, *world.config.additional))
        pairs = [arterials_of(net, schedule)]
    found = [street for pair in pairs if (street := _street(world, pair, signals)) is not None]
    if not found:
        raise InvalidInputError(
            f"{world.scenario.name} has no street on which two signals with a choice of stages follow each other"
        )
    return found


def _street(world: World, pair: Sequence[Arterial], signals: frozenset[str]) -> FoundStreet | None:
    courses = []
    for number, arterial in enumerate(pair):
        corridor = corridor_of("forth" if number == 0 else "back", arterial.edges, world.net)
        lines = () if corridor is None else tuple(x for x in corridor.stop_lines if x.signal in signals)
        if len(lines) > 1:
            courses.append(lines)
    if not courses:
        return None
    return FoundStreet(f"{courses[0][0].signal} to {courses[0][-1].signal}", tuple(courses))


def links_of(world: World, lines: Sequence[StopLine], driving: Driving) -> tuple[WaveLink, ...]:
    """Return the links between stop lines that follow each other."""
    found = []
    for line, onward in pairwise(lines):
        distance_m = max(onward.distance_m - line.distance_m, 0.1)
        free_s = max(onward.free_s - line.free_s, 0.01)
        slowest_mps, fastest_mps = driving.bounds_mps or (distance_m / free_s * driving.factor,) * 2
        weight = _weight(world, onward, driving)
        found.append(WaveLink(distance_m, slowest_mps, fastest_mps, weight))
    return tuple(found)


def volume_veh_h(line: StopLine, volumes: Volumes) -> float:
    """Return how many vehicles an hour want to pass a stop line's approach. [veh/h]"""
    return sum(flow for (signal, edge, _), flow in volumes.turns.items() if (signal, edge) == (line.signal, line.edge))


def queue_s(world: World, line: StopLine, before: StopLine, red_s: float, volumes: Volumes) -> float:
    """Return how long those who turned into a street leave ahead of its platoon. [s]

    They come during red, from elsewhere than the stop line before, are dealt out to the lanes, and leave 2 s apart.
    Zero where the demand shows nobody who passes both stop lines: then nothing is known.
    """
    through_veh_h = sum(
        flow
        for (first, then), flow in volumes.links.items()
        if first[:2] == (before.signal, before.edge) and then[:2] == (line.signal, line.edge)
    )
    if through_veh_h <= 0:
        return 0.0
    turned_veh_s = max(volume_veh_h(line, volumes) - through_veh_h, 0.0) / S_PER_H
    return turned_veh_s * red_s / _lanes(world, line) * S_PER_H / SATURATION_VEH_H


def _lanes(world: World, line: StopLine) -> int:
    return max(sum(lane.motorised for lane in world.net.edges[line.edge].lanes), 1)


def _weight(world: World, line: StopLine, driving: Driving) -> float:
    """Return (V / S)^p of the approach at the end of a link."""
    saturation_veh_h = SATURATION_VEH_H * _lanes(world, line)
    return float((volume_veh_h(line, driving.volumes) / saturation_veh_h) ** driving.power)
