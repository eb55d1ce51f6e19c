"""A straight street of three roads with a signal at the end of the first two, for buses."""

from signal_ctrl.domain.bus_lines import BusLine, BusRun, BusService, BusStop
from signal_ctrl.domain.roads import Plane, Road, RoadClass, RoadNetwork, RoadReader, RoadTurn

LENGTH_M = 500.0
GAP_M = 20.0
FREE_MPS = 15.0
PLANE = Plane((8.0, 50.0))
NAMES = ("r0", "r1", "r2")


def street(readers: tuple[RoadReader, ...] = ()) -> RoadNetwork:
    """Return roads r0, r1, r2 that lead east, 20 m of junction between them, signals J0 and J1."""
    roads = tuple(
        Road(
            name, f"n{k}", f"n{k + 1}", LENGTH_M, 2, FREE_MPS, 1800.0, RoadClass.ARTERIAL,
            tuple(PLANE.degrees((k * (LENGTH_M + GAP_M) + end, 0.0)) for end in (0.0, LENGTH_M)),
            signal=f"J{k}" if k < 2 else "",
        )
        for k, name in enumerate(NAMES)
    )  # fmt: skip
    return RoadNetwork(roads, (RoadTurn("r0", "r1"), RoadTurn("r1", "r2")), readers=readers)


def line(holds: bool = False, stops: tuple[tuple[str, float], ...] = (("r1", 60.0), ("r1", 450.0))) -> BusLine:
    """Return line 9 with a stop behind the first signal and one before the second."""
    found = tuple(BusStop(f"s{k}", road, at_m, f"stop {k}", holds) for k, (road, at_m) in enumerate(stops))
    return BusLine("9", NAMES, found, 300.0)


def service(*runs: BusRun, holds: bool = False) -> BusService:
    """Return line 9 with these runs."""
    return BusService((line(holds),), runs)
