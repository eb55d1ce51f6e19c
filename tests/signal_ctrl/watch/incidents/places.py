"""A small town for tests: a street of three roads in a row with a side street, all under one signal each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from signal_ctrl.domain.roads import Road, RoadClass, RoadLoop, RoadNetwork, RoadTurn
from signal_ctrl.watch.incidents.book import IncidentBook
from signal_ctrl.watch.incidents.desk import IncidentDesk
from signal_ctrl.watch.incidents.road_facts import RoadFacts
from tests.signal_ctrl.centre.worlds import World, world

LENGTH_M = 300.0


def road(name: str, start: str, end: str, lanes: int = 2, signal: str = "", district: str = "d0") -> Road:
    shape = ((10.0, 50.0), (10.004, 50.0))
    return Road(name, start, end, LENGTH_M, lanes, 13.9, 900.0 * lanes, RoadClass.ARTERIAL, shape, signal, "", district)


def town() -> RoadNetwork:
    """Roads a, b, c in a row, d joining before c; a and c have loops, b has none, e lies apart in another district."""
    roads = (
        road("a", "1", "2", signal="c0"),
        road("b", "2", "3", signal="c1"),
        road("c", "3", "4"),
        road("d", "5", "3", lanes=1, signal="c1"),
        road("e", "6", "7", district="d1"),
    )
    turns = (RoadTurn("a", "b", 2), RoadTurn("b", "c", 2), RoadTurn("d", "c"))
    loops = tuple(
        RoadLoop(f"{name}/{lane}/{end}", name, lane, place_m)
        for name in ("a", "c")
        for lane in range(2)
        for end, place_m in (("entry", 10.0), ("stop", LENGTH_M - 2.5))
    )
    return RoadNetwork(roads, turns, loops)


@dataclass
class Place:
    """A centre with the desk of incidents over the small town."""

    here: World
    network: RoadNetwork = field(default_factory=town)
    use: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = RoadFacts(lambda: self.network, self.use.get)
        centre = self.here.centre
        self.book = IncidentBook(centre.desk, centre.alarms, centre.tickets, self.facts)
        self.desk = IncidentDesk(self.book)

    def now(self) -> int:
        return self.here.clock.utc_ms()


@contextmanager
def place() -> Iterator[Place]:
    with world(districts=1) as here:
        yield Place(here)
