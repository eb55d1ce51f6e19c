"""One trial: a service on one core, feeds that post, a kill in the middle, and what became of it all."""

import secrets
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bench.intake.check import batch_findings, counted_twice, kept_in, minute_findings
from bench.intake.city import MINUTE_MS, Driver, city_of, counts_of, drivers_of
from bench.intake.street import Journal, Street
from bench.load.service import Service, cpu_s, end, start, stop
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.centre_keys import centre_secret, key_box
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.minutes.packing import packed
from signal_ctrl.watch.watch import Watch

EVERY_S: Final = 10
"""Each vehicle says so often where it is. [s]"""
FEEDS: Final = {"loops-1": FeedKind.COUNTS, "loops-2": FeedKind.COUNTS, "taxi": FeedKind.POSITIONS}
FRESH_S: Final = 60.0
_LOOK_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much is posted for how long; `core`, the only one that the service may use."""

    roads: int
    positions: int
    minutes: int
    kill: bool
    seed: int
    core: int
    together: int


@dataclass(slots=True)
class Host:
    """The service, wherever it is just now, and what it took."""

    data: Path
    log: Path
    core: int
    service: Service | None = None
    cpu_s: float = 0.0
    memory_mib: float = 0.0
    restart_s: float = 0.0

    def begin(self) -> None:
        """Start it. Raises: BackendError."""
        self.service = start(self.data, "", self.log, self.core, ("--open-feeds",))

    def address(self) -> str:
        """Where it is."""
        return self.service.address if self.service is not None else "http://127.0.0.1:9"

    def look(self) -> None:
        """Note what it takes."""
        if self.service is not None:
            self.service.look()
            self.memory_mib = max(self.memory_mib, self.service.memory_mib[-1][1])

    def kill(self) -> None:
        """Kill it in the middle of whatever it does, and start it anew."""
        service, self.service = self.service, None
        if service is None:
            return
        self.cpu_s += cpu_s(service.process.pid)
        end(service.process)
        begun_s = time.monotonic()
        self.begin()
        self.restart_s = time.monotonic() - begun_s

    def finish(self) -> None:
        """Stop it as an operator does. Raises: BackendError."""
        service, self.service = self.service, None
        if service is not None:
            self.cpu_s += cpu_s(service.process.pid)
            stop(service.process, self.log)
            end(service.process)


@dataclass(slots=True)
class Watcher:
    """Asks the open feed again and again, and notes when a minute of counts is seen first."""

    host: Host
    road: str
    posted_s: dict[int, float] = field(default_factory=dict)
    seen_s: dict[int, float] = field(default_factory=dict)
    ended: bool = False

    def run(self) -> None:
        """Look until it is ended."""
        etag = ""
        while not self.ended:
            try:
                headers = {"If-None-Match": etag} if etag else {}
                answer = httpx.get(f"{self.host.address()}/v1/open/links.geojson", headers=headers, timeout=20)
                if answer.status_code == 200:
                    etag = answer.headers["etag"]
                    self._note(answer.json())
            except (httpx.HTTPError, ValueError):
                etag = ""
            time.sleep(_LOOK_S)

    def _note(self, document: dict[str, Any]) -> None:
        now_s = time.monotonic()
        row = next(each["properties"] for each in document["features"] if each["id"] == self.road)
        if "loops" not in row["sources"] or row["age_s"] is None:
            return
        told_ms = row["minute_utc_ms"] + MINUTE_MS - round(row["age_s"]) * 1000
        for minute_ms in self.posted_s:
            if minute_ms + MINUTE_MS <= told_ms:
                self.seen_s.setdefault(minute_ms, now_s)

    def fresh_s(self) -> list[float]:
        """Return how long after its post each minute was seen. [s]"""
        return sorted(self.seen_s[each] - at_s for each, at_s in self.posted_s.items() if each in self.seen_s)


def trial_of(load: Load, folder: Path) -> dict[str, Any]:
    """Carry a trial out and return what was measured. Raises: SignalCtrlError."""
    network = city_of(load.roads)
    credentials = prepared(folder / "data", network)
    host = Host(folder / "data", folder / "log", load.core)
    journal, watcher = Journal(), Watcher(host, network.roads[0].road)
    host.begin()
    looking = threading.Thread(target=watcher.run, daemon=True)
    try:
        looking.start()
        streets = {name: Street(each, host.address, journal, load.together) for name, each in credentials.items()}
        begun_s = time.monotonic()
        complete = posted(load, network, streets, host, watcher)
        for street in streets.values():
            street.end()
        lasted_s = time.monotonic() - begun_s
        wait_for_minute(complete[-1] + 2 * MINUTE_MS)
        watcher.ended = True
        looking.join(30)
        host.finish()
    finally:
        watcher.ended = True
        if host.service is not None:
            end(host.service.process)
    return _row(load, host, journal, watcher, complete, lasted_s)


def prepared(data: Path, network: RoadNetwork) -> dict[str, Credential]:
    """Make a centre with a road network and feeds, and return their credentials by name."""
    store, clock = open_folder(data), SystemClock()
    try:
        centre = Centre(store, clock, secrets.token_bytes, CentreKey(centre_secret(data)))
        watch = Watch(centre, key_box(data))
        watch.start()
        watch.roads.import_(Actor("eve", Role.ENGINEER, None, clock.utc_ms(), "bench"), roads_to_json(network))
        return {name: watch.feeds.enrol("bench", name, kind) for name, kind in FEEDS.items()}
    finally:
        store.close()


def posted(load: Load, network: RoadNetwork, streets: dict[str, Street], host: Host, watcher: Watcher) -> list[int]:
    """Post for as many whole minutes as are wanted; return the minutes whose counts were all handed over."""
    drivers = drivers_of(network, load.positions * EVERY_S // 60, load.seed)
    begin_ms = (time.time_ns() // 1_000_000 // MINUTE_MS + 1) * MINUTE_MS
    groups: list[Sequence[Driver]] = [drivers[k::EVERY_S] for k in range(EVERY_S)]
    killed, complete = not load.kill, []
    for second in range(60 * (load.minutes + 1) + 5):
        at_ms = begin_ms + 1000 * second
        time.sleep(max(0.0, at_ms / 1000 - time.time()))
        minute_ms = at_ms // MINUTE_MS * MINUTE_MS - MINUTE_MS
        if second % 60 == 2 and second > 60:
            counts = counts_of(network, minute_ms)
            watcher.posted_s[minute_ms] = time.monotonic()
            streets["loops-1"].give(counts[::2])
            streets["loops-2"].give(counts[1::2])
            complete.append(minute_ms)
        streets["taxi"].give([each.fix(at_ms) for each in groups[second % EVERY_S]])
        if second % EVERY_S == 0:
            host.look()
        if not killed and second == 60 * (1 + load.minutes // 2) + 2:
            killed = True
            threading.Timer(0.3, host.kill).start()
    return complete


def wait_for_minute(utc_ms: int) -> None:
    """Wait until a minute must have been published: 30 s after a time. [ms]"""
    time.sleep(max(0.0, (utc_ms + 30_000) / 1000 - time.time()))


def _row(
    load: Load,
    host: Host,
    journal: Journal,
    watcher: Watcher,
    complete: list[int],
    lasted_s: float,
) -> dict[str, Any]:
    kept, minutes = kept_in(host.data)
    wrong = [*journal.wrong, *batch_findings(kept, journal), *counted_twice(kept.values())]
    wrong += minute_findings(minutes, complete)
    fresh_s, latencies_ms = watcher.fresh_s(), sorted(1000 * each for each in journal.latencies_s)
    wrong += [f"a count was seen after {each:.0f} s" for each in fresh_s if each > FRESH_S]
    if len(fresh_s) < len(complete):
        wrong.append(f"{len(complete) - len(fresh_s)} minutes were never seen")
    sample = next(iter(minutes.values()), None)
    return {
        "roads": load.roads,
        "positions_a_minute": load.positions,
        "minutes": load.minutes,
        "batches": len(journal.receipted),
        "observations": sum(_taken(receipt) for _, receipt in journal.receipted.values()),
        "unanswered": journal.lost,
        "receipt_ms": {
            "p50": statistics.median(latencies_ms),
            "p99": latencies_ms[min(len(latencies_ms) - 1, int(0.99 * len(latencies_ms)))],
            "max": latencies_ms[-1],
        },
        "cpu_share": round(host.cpu_s / (lasted_s + 30), 3),
        "memory_mib": round(host.memory_mib),
        "restart_s": round(host.restart_s, 2),
        "fresh_s": {"n": len(fresh_s), "p50": statistics.median(fresh_s or [0.0]), "max": max(fresh_s, default=0.0)},
        "minutes_kept": len(minutes),
        "minute_bytes": 0 if sample is None else len(packed(sample, "", 0).packed),
        "wrong": wrong,
    }


def _taken(receipt: bytes) -> int:
    return int(receipt.decode().split('"taken":')[1].rstrip("}").split(",")[0])
