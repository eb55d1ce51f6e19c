"""A town of one long street each way with car parks along it, for tests of guidance."""

import numpy as np

from signal_ctrl.domain.road_ways import RoadTimes
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.guidance.access import Access, LotPlaces
from signal_ctrl.parking.guidance.costs import Costs
from signal_ctrl.parking.guidance.values import GuidanceSettings, Lot, Request
from signal_ctrl.parking.outlook import LEVELS, Outlook

NOW_UTC_MS = 1_790_000_000_000
STEP_DEG = 0.002
MIDDLE = (120.0, 30.0)
FREE_FLOW_MPS = 10.0


def place(at: float) -> tuple[float, float]:
    """Return a place so many roads east of the middle."""
    return (MIDDLE[0] + at * STEP_DEG, MIDDLE[1])


def street(n: int) -> RoadNetwork:
    """Return n roads east, e0 … and n roads back, w0 …, with turns back at both ends."""
    length_m = STEP_DEG * 111_319.49 * np.cos(np.radians(MIDDLE[1]))
    east = [_road(f"e{k}", f"n{k}", f"n{k + 1}", length_m, (place(k), place(k + 1))) for k in range(n)]
    west = [_road(f"w{k}", f"n{k + 1}", f"n{k}", length_m, (place(k + 1), place(k))) for k in range(n)]
    on = [RoadTurn(f"e{k}", f"e{k + 1}") for k in range(n - 1)] + [RoadTurn(f"w{k + 1}", f"w{k}") for k in range(n - 1)]
    return RoadNetwork((*east, *west), (*on, RoadTurn(f"e{n - 1}", f"w{n - 1}"), RoadTurn("w0", "e0")))


def _road(
    name: str, begin: str, end: str, length_m: float, shape: tuple[tuple[float, float], tuple[float, float]]
) -> Road:
    return Road(name, begin, end, length_m, 1, FREE_FLOW_MPS, 1800.0, RoadClass.BRANCH, shape)


def lot(name: str, at: float, **more: object) -> Lot:
    """Return a lot on the way east, so many roads from the begin."""
    more.setdefault("kind", SpaceKind.GENERAL)
    return Lot(facility=name, entrances=(OnRoad(int(at), at % 1.0, 0.0),), place=place(at), **more)  # type: ignore[arg-type]


def request(name: str, at: float, to: float, **more: object) -> Request:
    """Return a driver on the way east who wants to a place on it."""
    return Request(name, OnRoad(int(at), at % 1.0, 0.0), place(to), **more)  # type: ignore[arg-type]


def sure(free: float) -> np.ndarray:
    """Return quantiles of a number of spaces that is sure."""
    return np.full(len(LEVELS), free)


def costs(n: int, lots: list[Lot], free: list[np.ndarray], settings: GuidanceSettings | None = None) -> Costs:
    """Return costs with the same outlook at all times, on empty roads."""
    network = street(n)
    places = LotPlaces(network, lots)
    free_s = np.array([road.free_time_s for road in network.roads], dtype=np.float32)
    access = Access(places, RoadTimes(free_s, 0.1 * free_s, "free flow"))
    quantiles = np.repeat(np.array(free)[:, None, :], 2, axis=1)
    outlook = Outlook(places.names, NOW_UTC_MS, np.array([0.0, 3600.0]), quantiles)
    return Costs(access, outlook, NOW_UTC_MS, settings or GuidanceSettings())
