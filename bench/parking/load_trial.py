"""One trial of the parking service under load: drivers who ask, sensors that post, a kill in the middle."""

import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.intake.city import city_of
from bench.load.service import Service, busy_s, cpu_s, end, start, stop, waited_s
from bench.parking.drivers import Drivers, Notes
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.domain.link.mac import CABINET
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_sender import FEED
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import Entrance, Facilities, Facility, FacilityKind, Section, Sensing, SpaceKind
from signal_ctrl.parking.kept import READINGS
from signal_ctrl.parking.machines import MachineKind
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.stores.centre_keys import key_box
from signal_ctrl.stores.migrations import PARKING_MIGRATIONS
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.stores.store import SqlStore
from signal_ctrl.web.body_limit import PARKING_READINGS_PATH

SENDERS: Final = 10
ROADS: Final = 400
RETRY_S: Final = 0.5
GUIDANCE_MS: Final = 50.0
"""The figure that is wanted of p99. [ms]"""


@dataclass(frozen=True, slots=True)
class ParkingLoad:
    """How much for how long. `core`, the only one that the service may use; `kill`, SIGKILL in the middle."""

    facilities: int
    spaces: int
    asks_s: int
    events_s: int
    seconds: int
    kill: bool
    seed: int
    core: int


@dataclass(slots=True)
class Journal:
    """What was receipted and what was measured. [s]"""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last: dict[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)
    batches: dict[str, int] = field(default_factory=dict)
    receipts_s: list[float] = field(default_factory=list)
    retried: int = 0
    asks_s: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Host:
    """The service, wherever it is just now."""

    data: Path
    log: Path
    core: int
    service: Service | None = None
    cpu_s: float = 0.0
    waited_s: float = 0.0
    restart_s: float = 0.0

    def note(self) -> None:
        """Add up what the process took, and for how long its threads waited for the core, before it ends."""
        if self.service is not None:
            self.cpu_s += cpu_s(self.service.process.pid)
            self.waited_s += waited_s(self.service.process.pid)

    def begin(self) -> None:
        """Start it. Raises: BackendError."""
        more = ("--per-address-s", "100000", "--connections-per-address", "500")
        self.service = start(self.data, "", self.log, self.core, more, ("parking", "serve"))

    def address(self) -> str:
        """Where it is."""
        return self.service.address if self.service is not None else "http://127.0.0.1:9"

    def kill(self) -> None:
        """Kill it in the middle of whatever it does, and start it anew."""
        self.note()
        service, self.service = self.service, None
        if service is not None:
            end(service.process)
            begun_s = time.monotonic()
            self.begin()
            self.restart_s = time.monotonic() - begun_s

    def finish(self) -> None:
        """Stop it as an operator does. Raises: BackendError."""
        self.note()
        service, self.service = self.service, None
        if service is not None:
            stop(service.process, self.log)
            end(service.process)


def trial_of(load: ParkingLoad, folder: Path) -> dict[str, Any]:
    """Carry a trial out and return what was measured. Raises: SignalCtrlError."""
    network = city_of(ROADS)
    facilities = facilities_on(network, load)
    keys = prepared(folder / "data", network, facilities)
    host, journal = Host(folder / "data", folder / "log", load.core), Journal()
    host.begin()
    busy_before, begun_s = busy_s(), time.monotonic()
    try:
        until_s = begun_s + load.seconds
        senders = _senders(load, facilities, keys, host, journal, until_s)
        for each in senders:
            each.start()
        if load.kill:
            threading.Timer(load.seconds / 2, host.kill).start()
        uvloop.run(Drivers(load.asks_s, load.seed, network, _notes(host, journal)).run(begun_s, until_s))
        for each in senders:
            each.join()
        lasted_s, busy = time.monotonic() - begun_s, busy_s() - busy_before
        host.finish()
    finally:
        if host.service is not None:
            end(host.service.process)
    return _row(load, host, journal, (lasted_s, busy))


def facilities_on(network: RoadNetwork, load: ParkingLoad) -> Facilities:
    """Return facilities with a sensor on each space, spread over the roads."""
    each, found = load.spaces // load.facilities, []
    for k in range(load.facilities):
        road = network.roads[k * len(network.roads) // load.facilities]
        numbers = tuple(f"{n:04d}" for n in range(1, each + 1))
        section = Section("main", SpaceKind.GENERAL, numbers, sensing=Sensing.SPACES)
        place = road.shape[len(road.shape) // 2]
        entrance = Entrance(road.road, road.length_m / 2)
        found.append(Facility(f"P{k}", f"P{k}", f"P{k}", FacilityKind.KERB, place, (entrance,), (section,)))
    return Facilities(tuple(found))


@contextmanager
def opened(data: Path) -> Iterator[tuple[Parking, SqlStore]]:
    """Yield the service of a data folder and its store, while no process serves it."""
    store = open_folder(data, migrations=PARKING_MIGRATIONS)
    try:
        parking = Parking(store, SystemClock(), secrets.token_bytes, key_box(data))
        parking.start()
        yield parking, store
    finally:
        store.close()


def prepared(data: Path, network: RoadNetwork, facilities: Facilities) -> dict[str, bytes]:
    """Make a service with roads, facilities and senders, and return their keys by name."""
    with opened(data) as (parking, _):
        parking.import_roads("bench", network)
        parking.import_facilities("bench", facilities)
        names = [f"sensors-{k}" for k in range(SENDERS)]
        return {name: parking.machines.enrol("bench", name, MachineKind.SENSORS) for name in names}


def _notes(host: Host, journal: Journal) -> Notes:
    def refused(why: str) -> None:
        journal.refused[why] = journal.refused.get(why, 0) + 1

    return Notes(host.address, journal.asks_s.append, refused)


def _senders(
    load: ParkingLoad,
    facilities: Facilities,
    keys: dict[str, bytes],
    host: Host,
    journal: Journal,
    until_s: float,
) -> list[threading.Thread]:
    found = []
    for k, (name, key) in enumerate(keys.items()):
        own = [(f.facility, n) for f in facilities.facilities[k::SENDERS] for n in f.sections[0].numbers]
        sender = _Sender(name, key, own, host.address, journal, random.Random(load.seed * 1000 + k))
        every = load.events_s // SENDERS
        found.append(threading.Thread(target=sender.run, args=(every, until_s), daemon=True))
    return found


class _Sender:
    """One gateway: its sensors in turn, one batch a second, sent until it is receipted."""

    def __init__(
        self,
        name: str,
        key: bytes,
        spaces: list[tuple[str, str]],
        address: Callable[[], str],
        journal: Journal,
        draw: random.Random,
    ) -> None:
        self._name, self._spaces, self._address, self._journal, self._draw = name, spaces, address, journal, draw
        self._boot = secrets.token_bytes(ID_BYTES).hex()
        self._signer = Signer(name, key, self._boot, SystemClock(), secrets.token_bytes)
        self._occupied: dict[tuple[str, str], bool] = {}
        self._at = 0
        self._kept: tuple[str, CabinetWire] | None = None

    def run(self, many: int, until_s: float) -> None:
        """Send so many readings a second until a time."""
        sequence, due_s = 0, time.monotonic() + self._draw.random()
        while due_s < until_s:
            time.sleep(max(0.0, due_s - time.monotonic()))
            sequence += 1
            self._send(sequence, self._readings(many))
            due_s += 1.0
        if self._kept is not None:
            self._kept[1].close()

    def _readings(self, many: int) -> list[SpaceReading]:
        at_ms, found = time.time_ns() // 1_000_000, []
        for _ in range(min(many, len(self._spaces))):
            space = self._spaces[self._at % len(self._spaces)]
            self._at += 1
            if self._draw.random() < 0.05 or space not in self._occupied:
                self._occupied[space] = self._draw.random() < 0.85
            found.append(SpaceReading(*space, at_ms, self._occupied[space]))
        return found

    def _send(self, sequence: int, readings: list[SpaceReading]) -> None:
        body = FORM.to_bytes(self._name, self._boot, sequence, [reading_document(each) for each in readings])
        begun_s = time.monotonic()
        while not self._try(body):
            self._journal.retried += 1
            time.sleep(RETRY_S)
        with self._journal.lock:
            self._journal.receipts_s.append(time.monotonic() - begun_s)
            self._journal.batches[f"{self._name}/{self._boot}/{sequence}"] = len(readings)
            for each in readings:
                self._journal.last[each.facility, each.space] = (each.at_utc_ms, each.occupied)

    def _wire(self) -> CabinetWire:
        """Return the connection to the service, a new one where it has moved."""
        address = self._address()
        if self._kept is None or self._kept[0] != address:
            if self._kept is not None:
                self._kept[1].close()
            self._kept = (address, CabinetWire(address))
        return self._kept[1]

    def _try(self, body: bytes) -> bool:
        ask = self._signer.ask("POST", PARKING_READINGS_PATH, body=body)
        headers = {FEED if key == CABINET else key: value for key, value in ask.headers.items()}
        try:
            answer = self._wire().carry(replaced(ask, headers=headers))
        except Exception:  # whatever it was, it was not receipted
            return False
        return answer.status == 200


def findings(data: Path, journal: Journal) -> list[str]:
    """Return what of all that was receipted is not there, or not as it was said: the client's journal is the oracle."""
    wrong = []
    with opened(data) as (parking, store):
        kept = store.read(lambda r: r.shelf(READINGS).several(list(journal.batches)))
        wrong += [f"batch {key} was receipted and is gone" for key in journal.batches if key not in kept]
        for (facility, space), (at_utc_ms, occupied) in journal.last.items():
            sensors = parking.book.state(facility).sensors_of("main")
            state = None if sensors is None else sensors.state(space)
            if state is None or (state.heard_utc_ms, state.occupied) != (at_utc_ms, occupied):
                wrong.append(f"{facility} {space}: told {occupied} at {at_utc_ms}, kept {state}")
    return wrong


def _row(load: ParkingLoad, host: Host, journal: Journal, took: tuple[float, float]) -> dict[str, Any]:
    lasted_s, busy = took
    wrong = findings(host.data, journal)
    asks_ms = sorted(1000 * each for each in journal.asks_s)
    receipts_ms = sorted(1000 * each for each in journal.receipts_s)
    return {
        "facilities": load.facilities,
        "spaces": load.spaces,
        "asks_s": load.asks_s,
        "events_s": load.events_s,
        "seconds": load.seconds,
        "asked": len(asks_ms),
        "guidance_ms": _quantiles(asks_ms),
        "readings": sum(journal.batches.values()),
        "readings_s": round(sum(journal.batches.values()) / lasted_s),
        "receipt_ms": _quantiles(receipts_ms),
        "batches": len(journal.batches),
        "retried": journal.retried,
        "refused": journal.refused,
        "cpu_share": round(host.cpu_s / lasted_s, 3),
        "waited_share": round(host.waited_s / lasted_s, 3),
        "machine_busy_cores": round(busy / lasted_s, 2),
        "restart_s": round(host.restart_s, 2),
        "lost": len(wrong),
        "wrong": wrong[:20],
    }


def _quantiles(sorted_ms: list[float]) -> dict[str, float]:
    if not sorted_ms:
        return {"p50": float("nan"), "p99": float("nan"), "max": float("nan")}
    places = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    last = len(sorted_ms) - 1
    return {name: round(sorted_ms[min(last, int(share * len(sorted_ms)))], 1) for name, share in places.items()}
