"""A centre that watches a town: three cabinets, units, a clock that is moved by hand; over any store."""

from typing import Any

from signal_ctrl.centre.ports import Store
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.dispatch.mission_desk import MissionWish
from signal_ctrl.watch.dispatch.missions import Mission, Need
from signal_ctrl.watch.dispatch.unit_desk import unit_of
from signal_ctrl.watch.dispatch.units import Unit, UnitKind
from tests.signal_ctrl.centre.worlds import World
from tests.signal_ctrl.watch.dispatch.streets import UNITS, grid, place


class Roads:
    """The roads as they are given."""

    def __init__(self) -> None:
        self.given: RoadNetwork | None = grid()
        self.minute: CityMinute | None = None

    def network(self) -> RoadNetwork | None:
        return self.given

    def latest(self) -> CityMinute | None:
        return self.minute


class WatchWorld(World):
    """Units and missions over a centre."""

    def __init__(self, store: Store, districts: int = 1) -> None:
        super().__init__(store, 3, districts)
        self.roads = Roads()
        self.dispatch = Dispatch(self.centre, self.roads)
        self.dispatch.units.import_(self.actor("olga"), UNITS)

    def mission(self, login: str = "olga", **changes: Any) -> Mission:
        given = {"need": Need((UnitKind.PATROL,)), "place": place(1.4, 0.0), "text": "car on its roof"}
        return self.dispatch.missions.open(self.actor(login), MissionWish(**given | changes))

    def unit(self, name: str) -> Unit:
        return self.store.read(lambda r: unit_of(r, name))
