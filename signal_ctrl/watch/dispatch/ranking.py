"""Who is suitable for a mission, and how soon each would be there. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, Towards, Trip, WayFinder
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.domain.roadside import OnRoad, Roadside
from signal_ctrl.watch.dispatch.missions import Arrival, Need
from signal_ctrl.watch.dispatch.units import Unit, UnitPosition

SIGMAS: Final = 1.645
"""Nine in ten lie within so many standard deviations."""
OLD_MS: Final = 120_000
"""A position older than this is marked and makes the interval wider. [ms] [P]"""
WIDEST_S: Final = 1_800.0
"""An old position makes an arrival uncertain by its age, up to this. [s] [P]"""
TURNOUT_S: Final = {"reported": 0.0, "old": 0.0, "home": 60.0}
"""Who has to leave home first needs so long for that. [s] [P]"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit and the roads on which it may be; `from_` as in `Arrival`. [s]"""

    unit: Unit
    places: tuple[OnRoad, ...]
    from_: str
    age_s: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Arrivals of the suitable units, the first one first; why the others are not, and how many each reason has."""

    arrivals: tuple[Arrival, ...]
    unsuitable: tuple[tuple[str, int], ...]
    times: str


def unsuitable(unit: Unit, need: Need, now_utc_ms: int) -> str:
    """Return why a unit cannot take a mission now, empty if it can. [ms]"""
    if unit.kind not in need.kinds:
        return "another kind"
    if not unit.state.available:
        return unit.state.value
    if not unit.is_manned(now_utc_ms):
        return "off shift"
    lacks = sorted({*need.skills} - {*unit.skills}) + sorted({*need.equipment} - {*unit.equipment})
    return f"lacks {', '.join(lacks)}" if lacks else ""


class Town:
    """The roads as dispatch sees them: where places lie and how long ways take, for one moment."""

    def __init__(self, network: RoadNetwork, roadside: Roadside, graph: RoadGraph, times: RoadTimes) -> None:
        self.network = network
        self._roadside = roadside
        self._finder = WayFinder(graph, times)
        self.source = times.source

    def stand(
        self, units: Sequence[Unit], positions: Mapping[str, UnitPosition], now_utc_ms: int
    ) -> tuple[Standing, ...]:
        """Return where units are: where each said last, at home if it never said. [ms]"""
        said = [positions.get(unit.unit) for unit in units]
        near = self._roadside.near_all(
            [(u.home, None) if p is None else (p.place, p.heading_deg) for u, p in zip(units, said, strict=True)]
        )
        return tuple(_standing(*row, now_utc_ms) for row in zip(units, said, near, strict=True))

    def places(self, place: LonLat, road: str = "") -> tuple[OnRoad, ...]:
        """Return where a mission may lie on the roads; on one road alone if that is named."""
        near = self._roadside.near(place)
        if not road:
            return near
        index = self.network.index[self.network.of(road).road]
        return tuple(each for each in near if each.road == index) or (OnRoad(index, 0.5, 0.0),)

    def ways(self, places: Sequence[OnRoad]) -> tuple[Towards, ...]:
        """Return the ways to a place from everywhere."""
        return tuple(self._finder.towards(place) for place in places)

    def seconds(self, standing: Standing, ways: Sequence[Towards]) -> float:
        """Return the time a unit needs, infinite where there is no way. [s]"""
        times_s = [way.seconds(place) for way in ways for place in standing.places]
        return min(times_s, default=float("inf")) * standing.unit.time_factor + TURNOUT_S[standing.from_]

    def arrival(self, standing: Standing, ways: Sequence[Towards]) -> Arrival | None:
        """Return how a unit gets there, None where there is no way."""
        found = self.way(standing, ways)
        return None if found is None else found[0]

    def way(self, standing: Standing, ways: Sequence[Towards]) -> tuple[Arrival, tuple[float, ...]] | None:
        """Return how a unit gets there, and after how long it is at the end of each of its roads. [s]"""
        trips = [trip for way in ways for place in standing.places if (trip := way.trip(place)) is not None]
        if not trips:
            return None
        best = min(trips, key=lambda trip: trip.travel_s)
        unit, turnout_s = standing.unit, TURNOUT_S[standing.from_]
        age_s = standing.age_s or 0.0
        unsure_s = min(age_s, WIDEST_S) if standing.from_ == "old" else 0.0
        travel_s = best.travel_s * unit.time_factor
        spread_s = SIGMAS * best.sd_s * unit.time_factor
        other_s = max(trip.travel_s for trip in trips) * unit.time_factor  # it may stand on the other carriageway
        least_s = min(travel_s, unit.time_factor * self._free(best))
        ends_s = tuple(turnout_s + end_s * unit.time_factor for end_s in best.ends_s)
        arrival = Arrival(
            unit=unit.unit,
            travel_s=round(travel_s + turnout_s, 1),
            low_s=round(max(travel_s - spread_s - unsure_s, 0.0 if unsure_s else least_s) + turnout_s, 1),
            high_s=round(max(travel_s + spread_s, other_s) + unsure_s + turnout_s, 1),
            distance_m=round(best.distance_m, 1),
            roads=tuple(self.network.roads[k].road for k in best.roads),
            from_=standing.from_,
            position_age_s=standing.age_s,
        )
        return arrival, ends_s

    def _free(self, trip: Trip) -> float:
        """Return the time of a way without traffic: nobody is faster. [s]"""
        roads = [self.network.roads[k] for k in trip.roads]
        whole_m = sum(road.length_m for road in roads)
        return sum(road.free_time_s for road in roads) * trip.distance_m / max(whole_m, 1e-6)


def _standing(unit: Unit, position: UnitPosition | None, places: tuple[OnRoad, ...], now_utc_ms: int) -> Standing:
    if position is None:
        return Standing(unit, places, "home", None)
    age_ms = max(now_utc_ms - position.utc_ms, 0)
    return Standing(unit, places, "old" if age_ms > OLD_MS else "reported", age_ms / 1000)


def rank(
    town: Town,
    units: Sequence[Unit],
    positions: Mapping[str, UnitPosition],
    need: Need,
    places: Sequence[OnRoad],
    now_utc_ms: int,
    most: int = 10,
) -> Ranking:
    """Return the suitable units in the order of their arrival, at most so many. [ms]"""
    reasons = {unit.unit: unsuitable(unit, need, now_utc_ms) for unit in units}
    fit = town.stand([unit for unit in units if not reasons[unit.unit]], positions, now_utc_ms)
    ways = town.ways(places)
    timed = sorted(((town.seconds(one, ways), one.unit.unit, one) for one in fit), key=lambda row: row[:2])
    reached = [one for seconds, _, one in timed if seconds < float("inf")]
    found = [arrival for one in reached[:most] if (arrival := town.arrival(one, ways)) is not None]
    told = Counter(reason for reason in reasons.values() if reason)
    if len(reached) < len(fit):
        told["no way there"] = len(fit) - len(reached)
    return Ranking(tuple(found), tuple(sorted(told.items(), key=lambda row: (-row[1], row[0]))), town.source)
