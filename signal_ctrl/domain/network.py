"""What control needs to know of a junction and its surroundings: lanes, movements, exits, loops."""

from dataclasses import dataclass
from enum import Enum

from signal_ctrl.domain.errors import InvalidInputError

NONE = -1
TWO_STEP_M = 12.0
"""A longer movement has room for a vehicle that waits inside the junction. [m]"""
CLOSE_M = 25.0
"""Two signals with a shorter street between them can block each other for good. [m]"""


class LoopRole(Enum):
    """Where a loop lies, seen from the stop line of the lane it serves."""

    STOP = "stop line"
    MIDDLE = "25-50 m"
    ADVANCE = "80-200 m or entry of the link"


@dataclass(frozen=True, slots=True)
class Loop:
    """One induction loop. `position_m` from the start of its lane, `to_stop_m` from its end to the stop line.

    `serves` are indices of approach lanes of its signal: more than one where the lane splits before the stop line.
    `share` is its channel number at the signal's controller.
    """

    loop_id: str
    lane_id: str
    position_m: float
    length_m: float
    role: LoopRole
    serves: tuple[int, ...]
    to_stop_m: float
    channel: int

    def __post_init__(self) -> None:
        if not (self.length_m > 0 and self.position_m >= 0 and self.to_stop_m >= 0 and self.serves):
            raise InvalidInputError(f"loop {self.loop_id} needs a length, places on the lane and a lane to serve")


@dataclass(frozen=True, slots=True)
class ReachLane:
    """A lane from which vehicles come to the stop line without another signal. [m], [m/s]

    `beyond_m` is the way from its downstream end to the stop line, `targets` the approach lanes it may lead to.
    """

    lane_id: str
    length_m: float
    speed_mps: float
    beyond_m: float
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ApproachLane:
    """One lane that ends at a stop line of the signal. [m], [m/s]

    `inner` tells storage between two nodes of the signal; `loops` are indices into the junction's loops; `cars`: as how
    many cars one vehicle counts, by the persons in it: below 1 on a lane for bicycles.
    """

    lane_id: str
    edge_id: str
    length_m: float
    speed_mps: float
    movements: tuple[int, ...]
    loops: tuple[int, ...]
    inner: bool
    cars: float = 1.0


@dataclass(frozen=True, slots=True)
class Movement:
    """Lane to lane through the junction. `lamp` is the link's index in the lamp frame, `group` its signal group.

    `yields_to` are movements that go first where both are green.
    """

    lamp: int
    group: int
    lane: int
    exit: int
    length_m: float
    direction: str
    yields_to: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """A lane that movements lead to. `next_signal` and `next_lane` name the approach lane it is or leads to, if any.

    `way_m` is the distance from its entry to that stop line, or its length. `paths` are the ways on without another
    signal, each as (lane, distance from the entry of the exit to the start of that lane [m]), the exit lane first.
    Exits with the same `edge_id` lie side by side; empty: it stands alone.
    """

    lane_id: str
    length_m: float
    speed_mps: float
    next_signal: str
    next_lane: int
    way_m: float
    paths: tuple[tuple[tuple[str, float], ...], ...] = ()
    edge_id: str = ""


@dataclass(frozen=True, slots=True)
class JunctionLayout:
    """A signal's surroundings; every index is a place in these tuples.

    `onward` names, for each loop, the loops that a vehicle which keeps its lane meets next; none: not known.
    """

    signal_id: str
    lanes: tuple[ApproachLane, ...]
    movements: tuple[Movement, ...]
    exits: tuple[Exit, ...]
    reach: tuple[ReachLane, ...]
    loops: tuple[Loop, ...]
    onward: tuple[tuple[int, ...], ...] = ()

    def mutual(self, movement: int) -> tuple[int, ...]:
        """Return the movements that a movement yields to and that yield to it."""
        return tuple(o for o in self.movements[movement].yields_to if movement in self.movements[o].yields_to)

    def stays_within(self, exit_lane: Exit) -> bool:
        """Return whether an exit leads to a stop line of the same signal."""
        return exit_lane.next_signal == self.signal_id and exit_lane.next_lane in range(len(self.lanes))

    def __post_init__(self) -> None:
        lanes, moves, exits = range(len(self.lanes)), range(len(self.movements)), range(len(self.exits))
        for movement in self.movements:
            if movement.lane not in lanes or movement.exit not in exits:
                raise InvalidInputError(f"signal {self.signal_id}: a movement leads from or to nowhere")
        for lane in self.lanes:
            if any(m not in moves for m in lane.movements):
                raise InvalidInputError(f"signal {self.signal_id}: lane {lane.lane_id} has an unknown movement")
        for loop in self.loops:
            if any(lane not in lanes for lane in loop.serves):
                raise InvalidInputError(f"signal {self.signal_id}: loop {loop.loop_id} serves an unknown lane")
