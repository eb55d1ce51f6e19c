"""A small town of roads, a centre that watches it on a clock moved by hand, and feeds that sign what they send."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.centre_app import World, bearer, memory_world
from bench.local_client import LocalClient
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.roads import Road, RoadClass, RoadLoop, RoadNetwork, RoadReader, RoadTurn
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.intake.batch import FORM
from signal_ctrl.watch.watch import Watch

MINUTE_MS = 60_000
BEGIN_MS = 1_790_000_040_000  # a whole minute
BOOT = "ab" * 16
ROADS = 6


def network(roads: int = ROADS) -> RoadNetwork:
    """Return roads in a row to the east, 0.002 degrees each, alternating classes and two districts."""
    places = [(11.40 + 0.002 * k, 48.76) for k in range(roads + 1)]
    length_m = 0.002 * 111_319.49 * 0.6593
    made = tuple(
        Road(
            f"r{k}",
            f"n{k}",
            f"n{k + 1}",
            length_m,
            2,
            13.9,
            1800.0,
            RoadClass.ARTERIAL if k % 2 == 0 else RoadClass.BRANCH,
            (places[k], places[k + 1]),
            district="west" if k < roads / 2 else "east",
        )
        for k in range(roads)
    )
    turns = tuple(RoadTurn(f"r{k}", f"r{k + 1}", 2) for k in range(roads - 1))
    loops = tuple(RoadLoop(f"d{k}", f"r{k}", 0, 60.0) for k in range(roads))
    return RoadNetwork(made, turns, loops, (RoadReader("g0", "r0", 10.0), RoadReader("g1", "r3", 10.0)))


def count(k: int, begin_ms: int, vehicles: int = 10, **changes: Any) -> dict[str, Any]:
    found = {
        "detector": f"d{k}",
        "from_utc_ms": begin_ms,
        "to_utc_ms": begin_ms + MINUTE_MS,
        "vehicles": vehicles,
        "occupied": round(vehicles * 0.01, 3),
        "speed_mps": 12.0,
    }
    return {**found, **changes}


def position(vehicle: str, utc_ms: int, lon: float = 11.401, lat: float = 48.76, **changes: Any) -> dict[str, Any]:
    return {"vehicle": vehicle, "utc_ms": utc_ms, "lon": lon, "lat": lat, "speed_mps": 11.0, **changes}


class Feeder:
    """One feed: it signs and numbers its batches."""

    def __init__(self, client: LocalClient, credential: Credential, clock: ManualClock, boot: str = BOOT) -> None:
        self.name = credential.cabinet
        self.boot = boot
        self._client = client
        self._random = itertools.count(1)
        self.signer = Signer(self.name, credential.key, boot, clock, lambda n: next(self._random).to_bytes(n, "big"))
        self.number = 0

    def body(self, items: list[dict[str, Any]], number: int = 0) -> bytes:
        if not number:
            self.number += 1
        return FORM.to_bytes(self.name, self.boot, number or self.number, items)

    def post(self, body: bytes, feed: str = "", **headers: str) -> Any:
        path = f"/v1/feeds/{feed or self.name}/observations"
        ask = self.signer.ask("POST", path, body=body)
        sent = dict(ask.headers)
        sent["Signal-Ctrl-Feed"] = sent.pop("Signal-Ctrl-Cabinet")
        self.asked = ask
        return self._client.request("POST", path, headers={**sent, **headers}, content=body)

    def send(self, *items: dict[str, Any]) -> dict[str, Any]:
        answer = self.post(self.body(list(items)))
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.content))


class Streets:
    """A watched town. `passes` lets time go by with a tick each second."""

    def __init__(self, world: World, client: LocalClient, clock: ManualClock) -> None:
        self.world, self.client, self.clock = world, client, clock
        self.watch: Watch = world.watch
        self.network = network()
        for login, role in (
            ("eve", Role.ENGINEER),
            ("olga", Role.OPERATOR),
            ("vera", Role.VIEWER),
            ("root", Role.ADMIN),
        ):
            world.person(role, login)

    def actor(self, login: str, role: Role) -> Actor:
        return Actor(login, role, None, self.clock.utc_ms(), f"session of {login}")

    def import_roads(self) -> None:
        self.watch.roads.import_(self.actor("eve", Role.ENGINEER), roads_to_json(self.network))
        self.watch.tick()

    def feeder(self, name: str, kind: FeedKind, boot: str = BOOT, **more: Any) -> Feeder:
        credential = self.watch.feeds.enrol("root", name, kind, **more)
        self.clock.pass_ms(1)
        return Feeder(self.client, credential, self.clock, boot)

    def ask(self, login: str, method: str, path: str, body: object = None, **headers: str) -> Any:
        self.clock.pass_ms(200)
        sent = {**bearer(self.world.session(login)), **headers}
        return self.client.request(method, path, headers=sent, json=body)

    def get(self, path: str, login: str = "vera") -> Any:
        answer = self.ask(login, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def passes(self, ms: int) -> None:
        for _ in range(0, ms, 1000):
            self.clock.pass_ms(1000)
            self.watch.tick()

    def until(self, utc_ms: int) -> None:
        self.passes(utc_ms - self.clock.utc_ms())


@contextmanager
def streets(folder: Path, begin_ms: int = BEGIN_MS, **more: Any) -> Iterator[Streets]:
    clock = ManualClock(begin_ms, 5_000)
    world = memory_world(clock, folder, **more)
    try:
        with LocalClient(world.front) as client:
            yield Streets(world, client, clock)
    finally:
        world.store.close()
