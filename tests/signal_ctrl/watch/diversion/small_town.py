"""A street with a way round, two signals on it, a sign before the fork, and minutes of it.

a (0-1), b (1-2), c (2-3) in a row; the way round: up (1-4), over (4-5), down (5-2); `in` joins at 4, `out` leaves at 5.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from signal_ctrl.centre.issuing import IssueWish, assignments_of
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.signs import Destination, Sign
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.diversion.desk import DiversionDesk
from signal_ctrl.watch.diversion.guidance import Guidance, SignalMovement, SignalMovements, guidance_to_json
from tests.signal_ctrl.centre.worlds import World, plan, world

FLOWS = {"a": 600.0, "b": 500.0, "c": 550.0, "up": 100.0, "over": 200.0, "down": 50.0, "in": 100.0, "out": 150.0}
SPEED_MPS = 10.0
_PLACES = {
    "0": (0.0, 0.0), "1": (0.004, 0.0), "2": (0.008, 0.0), "3": (0.012, 0.0),
    "4": (0.004, 0.003), "5": (0.008, 0.003), "6": (0.001, 0.003), "7": (0.011, 0.003),
}  # fmt: skip


def road(own: str, start: str, end: str, lanes: int = 2, **more: Any) -> Road:
    shape = (_PLACES[start], _PLACES[end])
    values = {"capacity_veh_h": 1200.0, "length_m": 400.0} | more
    return Road(
        own, start, end, lanes=lanes, free_speed_mps=SPEED_MPS, road_class=RoadClass.ARTERIAL, shape=shape, **values
    )


def town() -> RoadNetwork:
    roads = (
        road("a", "0", "1", signal="c0", name="Long Street"),
        road("b", "1", "2", signal="c1", name="Long Street"),
        road("c", "2", "3"),
        road("up", "1", "4", lanes=1, capacity_veh_h=900.0, name="Hill"),
        road("over", "4", "5", lanes=1, capacity_veh_h=900.0, name="Ridge Road"),
        road("down", "5", "2", lanes=1, capacity_veh_h=900.0, signal="c1"),
        road("in", "6", "4", lanes=1, capacity_veh_h=900.0),
        road("out", "5", "7", lanes=1, capacity_veh_h=900.0),
    )
    pairs = [("a", "b"), ("a", "up"), ("up", "over"), ("in", "over"), ("over", "down"), ("over", "out")]
    pairs += [("down", "c"), ("b", "c")]
    return RoadNetwork(roads, tuple(RoadTurn(a, b, 2 if (a, b) in (("a", "b"), ("b", "c")) else 1) for a, b in pairs))


def guidance() -> Guidance:
    return Guidance(
        (
            Sign("vms-1", "a", 50.0, destinations=(Destination("火车站", "Station", ("c",)),)),
            Sign("vms-2", "in", 10.0),
        ),
        (
            SignalMovements(
                "c0",
                (
                    SignalMovement("main", "a", 0, "b"),
                    SignalMovement("main", "a", 1, "b"),
                    SignalMovement("left", "a", 1, "up"),
                ),
            ),
            SignalMovements(
                "c1",
                (
                    SignalMovement("main", "b", 0, "c"),
                    SignalMovement("main", "b", 1, "c"),
                    SignalMovement("side", "down", 0, "c"),
                ),
            ),
        ),
    )


def flows(network: RoadNetwork) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([FLOWS[road.road] for road in network.roads])


def minute(network: RoadNetwork, utc_ms: int, vehicles: float = 5.0, **times_s: float) -> CityMinute:
    """A minute; `vehicles` on each road, travel times free but where given."""
    n = len(network.roads)
    floats = {name: np.full(n, 1.0, dtype=np.float32) for name in ("travel_time_sd_s", "queue_m", "age_s")}
    time_s = np.array([times_s.get(r.road, r.free_time_s) for r in network.roads], dtype=np.float32)
    return CityMinute(
        utc_ms,
        flow_veh_h=flows(network).astype(np.float32),
        speed_mps=np.full(n, SPEED_MPS, dtype=np.float32),
        density_veh_km=np.full(n, vehicles / 0.4, dtype=np.float32),
        travel_time_s=time_s,
        sources=np.zeros(n, dtype=np.uint8),
        level=np.zeros(n, dtype=np.uint8),
        **floats,
    )


@dataclass
class City:
    """What is known of the town."""

    roads: RoadNetwork | None = field(default_factory=town)
    known: list[CityMinute] = field(default_factory=list)

    def network(self) -> RoadNetwork | None:
        return self.roads

    def latest(self) -> CityMinute | None:
        return self.known[-1] if self.known else None

    def minutes(self, since_utc_ms: int) -> list[CityMinute]:
        return [one for one in self.known if one.minute_utc_ms >= since_utc_ms]


@dataclass
class Town:
    """A centre with the desk of diversions over the town; both signals have the plan `day`."""

    here: World
    city: City = field(default_factory=City)

    def __post_init__(self) -> None:
        self.desk = DiversionDesk(self.here.centre, self.city)
        engineer = self.here.actor("eve")
        self.here.centre.plans.upload(engineer, plan_to_json(plan("c0", "c1")))
        self.here.centre.issuing.issue(engineer, IssueWish("day", cabinets=("c0", "c1")))
        self.passes(2_000)
        self.desk.guidance.import_(engineer, guidance_to_json(guidance()), self.city.roads)
        self.desk.load()
        self.minutes_pass(20)

    def now(self) -> int:
        return self.here.clock.utc_ms()

    def passes(self, ms: int, step_ms: int = 1000) -> None:
        for _ in range(0, ms, step_ms):
            self.here.clock.pass_ms(step_ms)
            self.here.centre.tick()
            self.desk.tick()

    def minutes_pass(self, n: int, vehicles: float = 5.0) -> None:
        """Let whole minutes go by; each is known when it is over."""
        assert self.city.roads is not None
        for _ in range(n):
            begin_ms = self.now() - self.now() % MINUTE_MS
            self.passes(MINUTE_MS, 30_000)
            self.city.known.append(minute(self.city.roads, begin_ms, vehicles))

    def plan_names(self) -> list[str]:
        """What the two cabinets are offered."""
        held = self.here.store.read(lambda r: assignments_of(r, ["c0", "c1"]))
        return [one.offered.name if one.offered is not None else "none" for one in held.values()]


@contextmanager
def small_town() -> Iterator[Town]:
    with world() as here:
        yield Town(here)
