"""The part of a city that a diversion is about: the roads around the limited one, so that it is worked out soon."""

from collections import deque
from typing import Final

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.guidance import Guidance

MOST_ROADS: Final = 400
"""A diversion looks at so many roads; that is a circle of a kilometre or two. [P]"""


def around(network: RoadNetwork, road: str, most: int = MOST_ROADS) -> RoadNetwork:
    """Return the roads nearest to one, by turns, with all turns between them; the whole network if it is not larger."""
    if len(network.roads) <= most:
        return network
    kept, queue = {road}, deque([road])
    while queue and len(kept) < most:
        here = queue.popleft()
        beside = [t.to_road for t in network.following[here]] + [t.from_road for t in network.leading[here]]
        for other in beside:
            if other not in kept and len(kept) < most:
                kept.add(other)
                queue.append(other)
    turns = tuple(t for t in network.turns if t.from_road in kept and t.to_road in kept)
    return RoadNetwork(tuple(r for r in network.roads if r.road in kept), turns)


def guidance_within(guidance: Guidance, network: RoadNetwork) -> Guidance:
    """Return the signs and signals that lie in a part of the network; a signal only if all its turns do."""
    turns = {(turn.from_road, turn.to_road) for turn in network.turns}
    return Guidance(
        tuple(sign for sign in guidance.signs if sign.road in network.index),
        tuple(s for s in guidance.signals if all((m.from_road, m.to_road) in turns for m in s.movements)),
    )
