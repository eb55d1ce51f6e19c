"""A junction that can be filmed."""

from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.legs import Leg, legs_of
from sumo_scenarios.film.roadmap import RoadMap, read_roadmap
from sumo_scenarios.net_reader import Net


@dataclass(frozen=True)
class Site:
    """A junction that can be filmed: the network's shapes, its legs, and all lanes that end at stop lines."""

    roads: RoadMap
    legs: tuple[Leg, ...]
    stops: frozenset[str]


def site_of(net: Net, junction: str) -> Site:
    """Return what is to be filmed. Raises: InvalidInputError for a junction without a signal, or a damaged network."""
    roads = read_roadmap(net.path)
    stops = frozenset(
        c.from_lane for links in net.signal_links.values() for c in links if not c.from_lane.startswith(":")
    )
    return Site(roads, legs_of(net, roads, junction), stops)


def only_junction(net: Net) -> str:
    """Return the one signal of a network. Raises: InvalidInputError if there are several."""
    signals = sorted(net.signal_links)
    if len(signals) != 1:
        raise InvalidInputError(
            f"{net.path} has {len(signals)} signals; name one by --junction: {', '.join(signals[:8])}"
        )
    return signals[0]
