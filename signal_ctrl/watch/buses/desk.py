"""Buses at the centre: lines and registered vehicles, where each bus is, and who has caught up with whom."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import ALARMS, Alarm, AlarmState, Severity
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.foretelling import ForetellingDesk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.bus_lines import BusLine, BusService
from signal_ctrl.domain.bus_lines_json import buses_from_json, buses_to_json
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.buses.fleet import BusFleet, foretold_of
from signal_ctrl.watch.buses.headways import APART, BUNCHED, Gap, Regularity, gaps_of, regularity_of
from signal_ctrl.watch.observations import Observation, Position, TagRead

BUNCHING: Final = "bunching"
KEPT: Final = 3
_LOOK_MS: Final = 10_000
_REFRESH_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class BusDocument:
    """A document of lines and runs as it was imported; the newest is in force. [ms]"""

    sha256: str
    document: str
    imported_utc_ms: int
    imported_by: str


BUS_DOCUMENTS: Final = ShelfSpec(
    "bus_documents", BusDocument, key=lambda d: d.sha256, at_utc_ms=lambda d: d.imported_utc_ms, columns={}, large=True
)


@dataclass(frozen=True, slots=True)
class BusStatus:
    """What dispatch sees of a bus. [m] [s] [m/s] [degrees]

    `at_stop` is where it stands, `next_stop` where it goes; `late_s` behind its timetable, `before_s` behind the bus
    `ahead`, None where that is not known; `hold_s`, how long it should wait at the stop, None: not at all. `cars`, as
    how many it counts at signals.
    """

    vehicle: str
    line: str
    road: str
    lon: float
    lat: float
    speed_mps: float
    heard_s: float
    load: int | None
    places: int
    at_stop: str
    next_stop: str
    late_s: float | None
    ahead: str
    before_s: float | None
    usual_s: float | None
    hold_s: float | None
    cars: float


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What dispatch sees of a line. `regularity` None: too few headways yet; `bunched`, buses that caught up."""

    line: str
    buses: int
    headway_s: float | None
    regularity: Regularity | None
    bunched: tuple[str, ...]


class BusDesk:
    """Follows registered vehicles by what feeds report, and raises an alarm where they bunch."""

    def __init__(
        self,
        desk: Desk,
        alarms: AlarmDesk,
        network: Callable[[], RoadNetwork | None],
        foretelling: ForetellingDesk | None = None,
    ) -> None:
        """Args: foretelling, tells cabinets who comes to them; None: nobody does."""
        self._desk = desk
        self._alarms = alarms
        self._network = network
        self._document: BusDocument | None = None
        self._service: BusService | None = None
        self._bunched: frozenset[str] = frozenset()
        self._lock = Lock()
        self.fleet: BusFleet | None = None
        self.fault = ""
        self._loaded_ms = self._looked_ms = desk.clock.mono_ms()
        if foretelling is not None:
            foretelling.sources.append(self.foretold)

    def load(self) -> None:
        """Take the newest document from the shelf."""
        self._loaded_ms = self._desk.clock.mono_ms()
        found, raised = self._desk.store.read(_document_and_alarms)
        self._bunched = frozenset(alarm.subject.removeprefix("bus ") for alarm in raised)
        if found is not None and (self._document is None or self._document.sha256 != found.sha256):
            self._document, self._service, self.fleet = found, buses_from_json(found.document), None

    def import_(self, actor: Actor, text: str) -> BusService:
        """Take in lines and runs; they are in force at once, and what was known of buses is forgotten.

        Raises: ForbiddenError; NotFoundError while there is no road network; InvalidInputError that names the place.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.IMPORT_NETWORK, now_ms)
        service, network = buses_from_json(text), self._network()
        if network is None:
            raise NotFoundError("there is no road network yet; import one first: 'signal-ctrl roads import'")
        fleet, kept = BusFleet(service, network), buses_to_json(service)
        new = BusDocument(hashlib.sha256(kept.encode()).hexdigest(), kept, now_ms, actor.login)

        def work(t: Transaction) -> None:
            t.shelf(BUS_DOCUMENTS).put(new)
            t.shelf(BUS_DOCUMENTS).trim(KEPT, {})
            result = f"{len(service.lines)} lines, {len(service.runs)} runs"
            t.record(actor.login, "import buses", f"buses {new.sha256}", result, now_ms)

        self._desk.act(actor.login, "import buses", f"buses {new.sha256}", work)
        self._document, self._service, self.fleet, self.fault = new, service, fleet, ""
        return service

    def taken(self, observations: Iterable[Observation]) -> int:
        """Take what feeds have brought; return how many reports of buses counted."""
        reports = [each for each in observations if isinstance(each, Position | TagRead)]
        with self._lock:
            fleet = self._followed()
            return 0 if fleet is None else fleet.take(reports)

    def tick(self) -> None:
        """Look for another document, and for buses that have caught up."""
        mono_ms = self._desk.clock.mono_ms()
        if mono_ms - self._loaded_ms >= _REFRESH_MS:
            self.load()
        if mono_ms - self._looked_ms >= _LOOK_MS:
            self._looked_ms = mono_ms
            self._look()

    def now_s(self) -> float:
        """Return now on the clock of the service, 0 without one. [s]"""
        return 0.0 if self.fleet is None else self.fleet.time_s(self._desk.now_ms())

    def lines(self) -> list[LineStatus]:
        """Return all lines by name."""
        with self._lock:
            fleet, now_s = self._followed(), self.now_s()
            lines = () if fleet is None else fleet.service.lines
            in_order = sorted(lines, key=lambda each: each.line)
            return [_line_status(fleet, line, now_s) for line in in_order if fleet is not None]

    def buses(self, line: str = "") -> list[BusStatus]:
        """Return the buses under way, by line and place; only those of a line if given."""
        with self._lock:
            fleet, now_s = self._followed(), self.now_s()
            if fleet is None:
                return []
            names = sorted(each.line for each in fleet.service.lines if line in ("", each.line))
            return [_status(fleet, gap, now_s) for name in names for gap in gaps_of(fleet, name, now_s)]

    def foretold(self, signal: str, at_utc_ms: int) -> list[Foretold]:
        """Return the buses on their way to a signal, each as many cars as it counts there. [ms]"""
        with self._lock:
            fleet = self._followed()
            return [] if fleet is None else [foretold_of(one) for one in fleet.coming_to(signal, at_utc_ms)]

    def _followed(self) -> BusFleet | None:
        """Return who follows the buses, begun anew where the network is another one than before."""
        network = self._network()
        if self._service is None or network is None:
            return None
        if self.fleet is None or self.fleet.network is not network:
            try:
                self.fleet, self.fault = BusFleet(self._service, network), ""
            except InvalidInputError as error:
                self.fleet, self.fault = None, str(error)
        return self.fleet

    def _look(self) -> None:
        """Raise and clear alarms; a bus stays bunched until it is clearly apart."""
        fleet = self._followed()
        gaps = (
            []
            if fleet is None
            else [g for each in fleet.service.lines for g in gaps_of(fleet, each.line, self.now_s())]
        )
        near = {g.bus.run.vehicle: g for g in gaps if _share(g) < (APART if self._is_bunched(g) else BUNCHED)}
        over, new = self._bunched - near.keys(), near.keys() - self._bunched
        if over or new:
            self._desk.store.write(lambda t: self._tell(t, {name: near[name] for name in new}, over))
        self._bunched = frozenset(near)

    def _is_bunched(self, gap: Gap) -> bool:
        return gap.bus.run.vehicle in self._bunched

    def _tell(self, t: Transaction, new: dict[str, Gap], over: frozenset[str]) -> None:
        texts = {f"bus {name}": _told(gap) for name, gap in new.items()}
        self._alarms.raise_all(t, BUNCHING, Severity.NOTICE, texts)
        self._alarms.clear_all(t, BUNCHING, [f"bus {name}" for name in over], "apart again, or at the end of the line")


def _document_and_alarms(reading: Reading) -> tuple[BusDocument | None, tuple[Alarm, ...]]:
    found = reading.shelf(BUS_DOCUMENTS).find(limit=1)
    live = {"kind": BUNCHING, "state": (AlarmState.RAISED.value, AlarmState.ACKNOWLEDGED.value)}
    return (found[0] if found else None), reading.shelf(ALARMS).find(live, limit=1000)


def _told(gap: Gap) -> str:
    headway = f"{gap.before_s or 0.0:.0f} s behind {gap.ahead}, usual are {gap.usual_s or 0.0:.0f} s"
    return f"line {gap.bus.run.line}: bus {gap.bus.run.vehicle} is {headway}"


def _share(gap: Gap) -> float:
    return 1.0 if gap.share is None else gap.share


def _line_status(fleet: BusFleet, line: BusLine, now_s: float) -> LineStatus:
    gaps = gaps_of(fleet, line.line, now_s)
    bunched = tuple(gap.bus.run.vehicle for gap in gaps if _share(gap) < BUNCHED)
    return LineStatus(line.line, len(gaps), line.headway_s, regularity_of(fleet, line.line, now_s), bunched)


def _status(fleet: BusFleet, gap: Gap, now_s: float) -> BusStatus:
    bus, track = gap.bus, gap.bus.track
    stops = track.course.line.stops
    ahead = stops[track.next_stop] if track.next_stop < len(stops) else None
    name = "" if ahead is None else ahead.name or ahead.stop
    at_stop = track.stands_since_s is not None
    road, along_m = track.course.road_at(track.place_m(now_s))
    lon, lat = fleet.place_of(road, along_m)
    return BusStatus(
        bus.run.vehicle, bus.run.line, road, lon, lat, track.speed_mps, max(now_s - track.heard_s, 0.0), track.load,
        bus.run.places, name if at_stop else "", "" if at_stop else name, bus.late_s(now_s), gap.ahead, gap.before_s,
        gap.usual_s, gap.hold_s, fleet.cars(bus, now_s),
    )  # fmt: skip
