"""Guidance as a service: drivers ask, get a facility and a space, come or do not come; soft holds expire by themselves.

Nothing of a driver is kept but where he is on the road network and where he is sent, in memory, under a number drawn
for this one request, until his hold expires. Nothing of it is ever written down.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from threading import Lock
from typing import Final

import numpy as np

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError, InvalidInputError, NotFoundError
from signal_ctrl.domain.road_ways import RoadTimes
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.domain.roadside import OnRoad, Roadside
from signal_ctrl.domain.secrecy import RandomBytes
from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.facilities import Facilities, SpaceKind
from signal_ctrl.parking.forecast.learning import Learnt, unlearnt
from signal_ctrl.parking.guidance.access import Access, LotPlaces
from signal_ctrl.parking.guidance.costs import Costs
from signal_ctrl.parking.guidance.guide import answer_one, guide
from signal_ctrl.parking.guidance.inflow import PlannedInflow, PlannedTrip, TurnsAhead, planned_inflow, turns_ahead
from signal_ctrl.parking.guidance.lots import lot_places
from signal_ctrl.parking.guidance.roll import Known, PackedWay, Roll
from signal_ctrl.parking.guidance.values import Answer, GuidanceSettings, Hold, Request, lot_name
from signal_ctrl.parking.occupancy import FreeCount, Trust
from signal_ctrl.parking.outlook import Outlook
from signal_ctrl.parking.outlooks import Passed, lot_outlook

OUTLOOK_MS: Final = 10_000
"""What is foreseen is made anew so often. [ms]"""
LOOK_MS: Final = 1_000
"""Whether a facility that was silent speaks is looked at so often, while somebody asks. [ms]"""
ROUND_MS: Final = 60_000
"""So often all who wait for it are weighed against each other. [ms]"""
MOST_IN_ROUND: Final = 300
"""So many of them, the youngest; the others count as under way. [P]"""
HEARD_S: Final = 120.0
"""Who has not asked again for so long is not foretold to signals: phones ask every quarter of a minute. [s] [P]"""
FIXED_M: Final = 200.0
"""Nobody is sent elsewhere who is as close to where he was sent. [m]"""
TIMES_MS: Final = 300_000
"""Travel times of the centre count for so long; then those of empty roads do. [ms] [P]"""
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Ask:
    """What a driver asks: where he is (None where his phone does not know) and wants to go, when, for how long, what he
    needs. [s]
    """

    place: LonLat | None
    destination: LonLat
    kind: SpaceKind = SpaceKind.GENERAL
    stay_s: float = 7200.0
    leaves_in_s: float = 0.0
    cent_s: float = 0.0
    heading_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What he is told; `space`, a number that is free now and nobody else was told, or none where none is known;
    `located`, whether it is known where he is, so that a way and the time that it takes can be told.
    """

    guidance_id: str
    answer: Answer
    space: str
    at_utc_ms: int
    source: str
    located: bool = True


class _Ground:
    """Roads and lots, and what was worked out of them; a new one where either changes."""

    def __init__(self, network: RoadNetwork, facilities: Facilities) -> None:
        self.network = network
        self.roadside = Roadside(network)
        self.places: LotPlaces = lot_places(facilities, network)
        free_s = np.array([road.free_time_s for road in network.roads], dtype=np.float32)
        self.free = RoadTimes(free_s, np.asarray(0.2 * free_s, dtype=np.float32), "free flow")
        self.access = Access(self.places, self.free)


class GuidanceDesk:
    """All who are guided now."""

    def __init__(
        self,
        clock: Clock,
        random: RandomBytes,
        book: OccupancyBook,
        passed: Callable[[], Passed],
        settings: GuidanceSettings,
    ) -> None:
        self._clock = clock
        self._random = random
        self._book = book
        self._passed = passed
        self._settings = settings
        self._lock = Lock()
        self._ground: _Ground | None = None
        self._learnt: Learnt | None = None
        self._outlook: Outlook | None = None
        self._outlook_ms = self._round_ms = self._times_ms = self._looked_ms = 0
        self._roll = Roll()
        self._salt = random(_ID_BYTES)
        self._prices: Mapping[str, float] = {}

    def begin(self, network: RoadNetwork | None, facilities: Facilities) -> None:
        """Guide on these roads to these facilities from now on; holds go on.

        Raises: InvalidInputError for a facility whose entrance is on no road of the network.
        """
        ground = None if network is None or not facilities.facilities else _Ground(network, facilities)
        with self._lock:
            self._ground, self._learnt, self._outlook = ground, None, None

    def learnt(self, learnt: Learnt) -> bool:
        """Foresee by this from now on, if it is of the facilities that are there; else go on as before, and say so."""
        if set(learnt.facilities) != set(self._book.facilities.index):
            return False
        with self._lock:
            self._learnt, self._outlook = learnt, None
        return True

    def times(self, seconds: Mapping[str, float], source: str) -> int:
        """Take travel times of roads [s]; those not named are as on empty roads. Return how many were known: none where
        no roads are in force, which is no fault of who tells them.

        Raises: InvalidInputError for a time that is none.
        """
        ground = self._ground
        if ground is None:
            return 0
        time_s = ground.free.travel_time_s.copy()
        known = [name for name in seconds if name in ground.network.index]
        for name in known:
            if not 0 < seconds[name] < 86_400:
                raise InvalidInputError(f"road {name}: a travel time is above 0 and below 86400 s")
            time_s[ground.network.index[name]] = seconds[name]
        access = Access(ground.places, RoadTimes(time_s, np.asarray(0.2 * time_s, dtype=np.float32), source))
        with self._lock:
            ground.access, self._times_ms = access, self._clock.mono_ms()
        return len(known)

    def share(self, most_of_asker: int) -> None:
        """Let one address hold so many spaces at once. Raises: InvalidInputError for none."""
        if most_of_asker < 1:
            raise InvalidInputError(f"an address holds one space or more, got {most_of_asker}")
        with self._lock:
            self._roll.most_of_asker = most_of_asker

    def ask(self, ask: Ask, address: str = "") -> Told:
        """Answer a driver. There always is an answer, with an honest chance (`is_foreseen`).

        Args: address, whose oldest holds give way where it has too many; a code of it is kept, another at each start.
        Raises: BackendError where no roads or facilities are in force; InvalidInputError for a place off all roads.
        """
        ground = self._there()
        name = self._random(_ID_BYTES).hex()
        located, place = ask.place is not None, ask.place or ask.destination
        on = _on_road(ground, place, ask.heading_deg if located else None)
        request = Request(name, on, ask.destination, ask.kind, ask.stay_s, ask.leaves_in_s, ask.cent_s, located=located)
        asker = blake2b(address.encode(), key=self._salt, digest_size=8).hexdigest()
        return self._answer(ground, request, asker)

    def again(self, guidance_id: str, place: LonLat | None, heading_deg: float | None = None) -> Told:
        """Answer a driver under way once more; he is told another facility only if that is clearly better.

        Where it is not known where he is, he may be far from it still: he is told of a better one wherever he is.

        Raises: NotFoundError if he is not known, or his hold has expired; otherwise as `ask`.
        """
        known = self._of(guidance_id)
        ground = self._there()
        if place is None:
            lost = replace(known.request, leaves_in_s=0.0, fixed=False, located=False)
            return self._answer(ground, lost, known.asker)
        here = ground.network.plane.metres(place)
        facility = known.request.sent_to.partition("/")[0]
        there = self._book.facilities.index.get(facility)
        near = False if there is None else _metres(here, ground.network.plane.metres(there.place)) <= FIXED_M
        on = _on_road(ground, place, heading_deg)
        request = replace(known.request, position=on, leaves_in_s=0.0, fixed=near, located=True)
        return self._answer(ground, request, known.asker)

    def end(self, guidance_id: str) -> None:
        """Forget a driver: he has come, or looks no more. Raises: NotFoundError."""
        self._of(guidance_id)
        with self._lock:
            self._roll.drop(guidance_id)

    @property
    def under_way(self) -> int:
        """How many are guided now."""
        return len(self._roll)

    @property
    def gave_way(self) -> int:
        """How many holds gave way to newer ones since the start, as too many were asked for."""
        return self._roll.gave_way

    def inflow(self) -> PlannedInflow:
        """Return what all who are guided now bring onto the roads, for the signals. Raises: BackendError."""
        return planned_inflow(self._trips(math.inf), self._there().network)

    def turns_ahead(self, ahead_s: float) -> TurnsAhead:
        """Return when those who were heard of lately make their turns, for the signals. [s] Raises: BackendError.

        Who has not asked again for a while may have gone elsewhere: nobody is told of him.
        """
        return turns_ahead(self._trips(HEARD_S), self._there().network, ahead_s)

    def _trips(self, heard_s: float) -> Iterator[PlannedTrip]:
        """Yield the ways of all who were heard of in the last time, and of whom it is known where they are. [s]"""
        now_ms = self._clock.utc_ms()
        with self._lock:
            everybody = tuple(self._roll)
        for each in everybody:
            since_s = (now_ms - each.at_utc_ms) / 1000
            if each.way is not None and each.request.located and since_s <= heard_s:
                yield PlannedTrip(each.request.request, each.way.trip(), each.request.leaves_in_s - since_s)

    @property
    def network(self) -> RoadNetwork:
        """The roads that are in force. Raises: BackendError where none are."""
        return self._there().network

    def ahead(self, facility: str, kind: SpaceKind, ahead_s: float) -> FreeCount | None:
        """Return how many spaces will be free some seconds ahead (90 %), without those for who is under way. [s]

        Anybody may ask for guidance without a login, so those under way take off half of it at most: questions alone do
        not turn a sign to FULL. None where nobody foresees it.
        """
        outlook = self._outlook
        lot = lot_name(facility, kind)
        if outlook is None or lot not in outlook.lots or lot in outlook.unforeseen:
            return None
        late_s = (self._clock.utc_ms() - outlook.at_utc_ms) / 1000
        capacity = self._book.facilities.of(facility).capacity_of(kind)
        low, free, high = outlook.middle(lot, ahead_s + late_s)
        whole = (min(each, capacity) for each in (int(low), int(free), math.ceil(high)))
        come = self._roll.arrivals.under_way(lot)
        low, free, high = (each - min(come, each // 2) for each in whole)
        return FreeCount(free, low, high, capacity)

    def is_foreseen(self, lot: str) -> bool:
        """Tell whether anything can be said of the spaces of a lot; else its chance is no more than a guess."""
        return self._outlook is None or lot not in self._outlook.unforeseen

    def tick(self) -> None:
        """Let holds expire; foresee anew; weigh all who wait against each other."""
        now_ms, mono_ms = self._clock.utc_ms(), self._clock.mono_ms()
        with self._lock:
            self._roll.expire(now_ms)
        ground = self._ground
        if ground is None:
            return
        if self._times_ms and mono_ms - self._times_ms > TIMES_MS:
            ground.access, self._times_ms = Access(ground.places, ground.free), 0
        if self._outlook is None or mono_ms - self._outlook_ms >= OUTLOOK_MS:
            self._foresee(ground)
        if mono_ms - self._round_ms >= ROUND_MS:
            self._round_ms = mono_ms
            self._weigh(ground)

    def _weigh(self, ground: _Ground) -> None:
        """Find the prices of scarce spaces by weighing the youngest requests against each other."""
        with self._lock:
            waiting = [each.request for each in tuple(self._roll)[-MOST_IN_ROUND:] if not each.request.fixed]
            holds = self._roll.arrivals.holds
        if waiting:
            self._prices = guide(waiting, self._costs(ground), holds).price_s

    def _answer(self, ground: _Ground, request: Request, asker: str) -> Told:
        costs = self._costs(ground)
        with self._lock:
            answer, hold = answer_one(request, costs, self._roll.arrivals, self._prices)
            return self._told(request, answer, hold, ground, asker)

    def _told(self, request: Request, answer: Answer, hold: Hold, ground: _Ground, asker: str) -> Told:
        self._roll.drop(request.request)
        facility, now_ms = answer.best.lot.partition("/")[0], self._clock.utc_ms()
        space = self._free_space(facility, request.kind)
        way = None if answer.way is None else PackedWay(answer.way)
        sent = replace(request, sent_to=answer.best.lot)
        self._roll.put(Known(sent, (facility, space), way, now_ms, asker), hold)
        return Told(request.request, answer, space, now_ms, ground.access.source, request.located)

    def _free_space(self, facility: str, kind: SpaceKind) -> str:
        """Return the number of a space that is free now and was told to nobody; empty where none is known."""
        state, now_ms = self._book.state(facility), self._clock.utc_ms()
        kept = self._book.reserved_spaces(facility, now_ms)
        for section in state.facility.sections:
            sensors = state.sensors_of(section.section)
            if section.kind is not kind or sensors is None:
                continue
            for number in section.numbers:
                if (
                    number not in kept
                    and (facility, number) not in self._roll.spaces
                    and sensors.is_free(number, now_ms)
                ):
                    return number
        return ""

    def _of(self, guidance_id: str) -> Known:
        known = self._roll.get(guidance_id)
        if known is None:
            raise NotFoundError("nobody is guided under this number any more; ask anew")
        return known

    def _there(self) -> _Ground:
        if self._ground is None:
            raise BackendError("no roads or no facilities are in force yet; the office imports them")
        return self._ground

    def _costs(self, ground: _Ground) -> Costs:
        outlook = self._outlook
        if outlook is None or self._hears_of_more(outlook):
            outlook = self._foresee(ground)
        return Costs(ground.access, outlook, self._clock.utc_ms(), self._settings)

    def _hears_of_more(self, outlook: Outlook) -> bool:
        """Tell whether a facility that nothing could be foreseen of is heard of by now; looked at once a second."""
        mono_ms, now_ms = self._clock.mono_ms(), self._clock.utc_ms()
        if not outlook.unforeseen or mono_ms - self._looked_ms < LOOK_MS:
            return False
        self._looked_ms = mono_ms
        silent = {lot.partition("/")[0] for lot in outlook.unforeseen}
        return any(self._book.of(name, now_ms).trust is not Trust.STALE for name in silent)

    def _foresee(self, ground: _Ground) -> Outlook:
        facilities = self._book.facilities.facilities
        if self._learnt is None:
            capacity = np.array([each.capacity for each in facilities], dtype=np.float64)
            self._learnt = unlearnt(tuple(each.facility for each in facilities), capacity)
        now_ms = self._clock.utc_ms()
        self._outlook = lot_outlook(self._learnt, ground.places, self._book, self._passed(), now_ms)
        self._outlook_ms = self._clock.mono_ms()
        return self._outlook


def _on_road(ground: _Ground, place: LonLat, heading_deg: float | None) -> OnRoad:
    near = ground.roadside.near(place, heading_deg)
    if not near:
        raise InvalidInputError("the place lies more than 2 km from every road that is known here")
    return near[0]


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
