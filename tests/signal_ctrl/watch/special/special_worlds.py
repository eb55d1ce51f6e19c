"""A centre that watches a town, with registered vehicles; time is moved by hand."""

from signal_ctrl.centre.ports import Store
from signal_ctrl.domain.link.overrides import OrderSource, OverrideOrder
from signal_ctrl.domain.roads import RoadNetwork, RoadReader
from signal_ctrl.watch.feeds.desk import FeedDesk
from signal_ctrl.watch.special.corridor import VehicleClass
from signal_ctrl.watch.special.special import DevicePosition, Special
from signal_ctrl.watch.special.values import SpecialVehicle
from tests.signal_ctrl.watch.dispatch.streets import place
from tests.signal_ctrl.watch.dispatch.watch_worlds import WatchWorld
from tests.signal_ctrl.watch.special.test_way import MOVES, ROADS

EAST = 90.0


class OpenBox:
    """Keeps keys as they are."""

    def seal(self, text: str) -> str:
        return text

    def unseal(self, sealed: str) -> str:
        return sealed


class SpecialWorld(WatchWorld):
    """Corridors over a watched centre; `fire1` is a unit of dispatch (p1) as well."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        network = self.roads.given
        assert network is not None
        self.roads.given = RoadNetwork(network.roads, network.turns, readers=(RoadReader("gate", "r10-20", 100.0),))
        self.feeds = FeedDesk(self.centre, OpenBox())
        self.special = Special(self.centre, self.roads, self.dispatch, self.feeds, lambda: MOVES)
        self.register("fire1", VehicleClass.FIRE, unit="p1", tag="T1")
        self.register("pol1", VehicleClass.POLICE, vehicle_of_feed="taxis/p")

    def register(self, name: str, kind: VehicleClass, unit: str = "", tag: str = "", vehicle_of_feed: str = "") -> None:
        vehicle = SpecialVehicle(name, kind, 0, "root", "", tag, vehicle_of_feed, unit)
        self.special.vehicles.register("root", vehicle)

    def passes(self, ms: int, step_ms: int = 1000) -> None:
        for _ in range(0, ms, step_ms):
            self.clock.pass_ms(step_ms)
            self.centre.tick()
            self.special.tick()

    def at(self, name: str, x: float, y: float = 0.0) -> None:
        """The device of a vehicle says that it is at a place of the grid, on its way east."""
        self.special.report_by_device(f"special.{name}", DevicePosition(place(x, y), EAST))

    def asked(self, name: str = "fire1", notice_s: float = 0.0) -> str:
        return self.special.request(self.actor("olga"), name, roads=ROADS, notice_s=notice_s).corridor

    def held(self, cabinet: str) -> list[OverrideOrder]:
        return [o for o in self.orders(cabinet).overrides if o.source is OrderSource.PREEMPTION]

    def acts(self) -> list[tuple[str, str]]:
        return [(actor, action) for actor, action, _ in self.audit()]
