"""How long those in front of a special vehicle need to be gone once they have green. Pure."""

from typing import Final

START_S: Final = 2.0
"""Starting loss of a queue. [s] Source: Highway Capacity Manual 2000, ch. 16."""
HEADWAY_S: Final = 2.0
"""A lane lets one vehicle go in so long: 1,800 veh/h. [s]"""
COMING: Final = 0.5
"""Of those who leave the junction before in front of the vehicle, this share comes to this one. [P]"""
FLOW_VEH_S: Final = 0.12
"""What comes to one lane where nobody counts. [veh/s] [P]"""
LONGEST_S: Final = 50.0
"""No queue is waited for longer: others wait too. [s] [P]"""


def flush_s(queue_veh: float, before_s: float, headway_s: float = HEADWAY_S) -> float:
    """Return how long the stage has to be lit before the vehicle comes. [s]

    Args: queue_veh, vehicles in the fullest lane of the turn; before_s, what the junction before needs for its own.
    >>> flush_s(10, 0.0), flush_s(0, 22.0), flush_s(40, 50.0)
    (22.0, 13.0, 50.0)
    """
    return min(START_S + headway_s * queue_veh + COMING * before_s, LONGEST_S)


def queue_veh(seen_veh: float, red_s: float, flow_veh_s: float = FLOW_VEH_S) -> float:
    """Return how many stand in one lane: those who are seen, or who must have come since it was green. [veh]

    Args: red_s, how long the lane has been red by the time at which it gets green. [s]
    >>> queue_veh(3.0, 100.0), queue_veh(20.0, 0.0)
    (12.0, 20.0)
    """
    return max(seen_veh, red_s * flow_veh_s)
