"""What a controller sees of one junction at one moment: the same values from loops, positions, oracle and video."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class JunctionView:
    """Vehicles of every approach lane in the order in which they will pass the stop line.

    n_vehicles (n_lanes,); eta_s (n_lanes, n_max), time until each could be at the stop line, 0 if it waits [s];
    movement (n_lanes, n_max), index or UNKNOWN; presence (n_lanes, n_max), probability that it is there (0-1);
    key (n_lanes, n_max), a number that stays with a vehicle; barred (n_lanes,), bit mask over the lane's movements that
    its first vehicle has refused; ratio (n_movements,), share of a lane's vehicles that take a movement (0-1);
    room_veh (n_exits,), vehicles that an exit lane can take [veh]; standing (n_lanes,), vehicles in the queue [veh];
    beyond_veh (n_exits,), vehicles on the exit lanes [veh]; headway_s (n_lanes,), saturation headway [s];
    stuck (n_lanes,), whether the first vehicle stands though all it may want is green and free; inside (n_movements,),
    whether somebody has passed the stop line and waits in the junction; late_s (n_lanes, n_max), how long each has been
    kept from where it would be by now [s]; crowded (n_lanes,), share of the time in which the queue reached as far back
    as anybody sees (0-1); permissive_s (n_lanes,), headway of those who have green and have to yield [s]. These four
    are empty where nobody can tell.

    weight (n_lanes, n_max), as how many cars the waiting of each counts, by the persons in it; empty: one each.
    share_from (n_lanes, n_max): a vehicle that comes at one of several times, or on one of several lanes, is there
    several times with the same key, each time with a share of 1 of its own: from here on, `presence` wide; -1 for a
    vehicle that is there once. Empty: all are there once.
    """

    n_vehicles: IntArray
    eta_s: FloatArray
    movement: IntArray
    presence: FloatArray
    key: IntArray
    barred: IntArray
    ratio: FloatArray
    room_veh: FloatArray
    standing: FloatArray
    beyond_veh: FloatArray
    headway_s: FloatArray
    stuck: BoolArray
    inside: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    late_s: FloatArray = field(default_factory=lambda: np.zeros(0))
    crowded: FloatArray = field(default_factory=lambda: np.zeros(0))
    permissive_s: FloatArray = field(default_factory=lambda: np.zeros(0))
    weight: FloatArray = field(default_factory=lambda: np.zeros(0))
    share_from: FloatArray = field(default_factory=lambda: np.zeros(0))

    def digest(self) -> str:
        """Return a hash of all values: the inputs of a decision."""
        values = b"".join([getattr(self, name).tobytes() for name in self.__slots__])
        return hashlib.blake2b(values, digest_size=8).hexdigest()
