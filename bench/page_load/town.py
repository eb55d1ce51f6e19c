"""`python -m bench.page_load.town`: a centre whose junctions all change once a second, as a process of its own.

It prints one JSON document: the address of its page, which asks for no account, and tokens for clients of the stream.
"""

import argparse
import asyncio
import json
import math
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.centre_app import World, memory_world
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.networks import import_network
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.web.connections import ConnectionBook
from signal_ctrl.web.server import Place as Where
from signal_ctrl.web.server import make_server
from signal_ctrl.web.settings import Settings

MIDDLE: Final = (11.42, 48.76)
STEP_DEGREES: Final = 0.004
RUNNING: Final = "2"
_RUNGS: Final = 3
_START_S: Final = 60.0


def name_of(number: int) -> str:
    """Return the name of a junction."""
    return f"j{number:04d}"


def place_of(number: int, of: int) -> tuple[float, float]:
    """Return where a junction stands: in a square grid."""
    side = math.ceil(math.sqrt(of))
    lon, lat = MIDDLE
    return lon + STEP_DEGREES * (number % side), lat + 0.7 * STEP_DEGREES * (number // side)


def streets(of: int) -> str:
    """Return the picture of the streets between the junctions."""
    side = math.ceil(math.sqrt(of))
    pairs = [(k, k + step) for k in range(of) for step in (1, side) if k + step < of and (step > 1 or (k + 1) % side)]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [place_of(a, of), place_of(b, of)]},
            "properties": {"kind": "street", "id": f"{a}-{b}", "lanes": 2},
        }
        for a, b in pairs
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def furnish(world: World, junctions: int) -> None:
    """Take the junctions in, with the picture of their streets."""
    engineer = Actor("engineer", Role.ENGINEER, second_factor_utc_ms=world.clock.utc_ms())
    import_network(world.centre.desk, engineer, streets(junctions))
    site = site_to_json(trial_site("trial"))
    for number in range(junctions):
        lon, lat = place_of(number, junctions)
        place = Place("north" if number % 2 else "south", "", f"street {number}", lon, lat)
        world.centre.registry.enrol("bench", name_of(number), site, place)


def change(world: World, junctions: int, second: int) -> None:
    """Let every junction be heard and say something new of itself: who decides, and how many reports wait."""
    for number in range(junctions):
        says = {"mode": RUNNING, "rung": str((second + number) % _RUNGS), "adaptive": str(second % 2), "waiting": "0"}
        world.centre.registry.heard(name_of(number))
        world.centre.registry.says(name_of(number), says)


def _keep_changing(world: World, junctions: int, over: threading.Event) -> None:
    second = 0
    change(world, junctions, second)
    while not over.wait(1.0 - time.monotonic() % 1.0):
        second += 1
        change(world, junctions, second)


@contextmanager
def served(world: World, clients: int) -> Iterator[str]:
    """Serve a centre while the block lasts, and give its address."""
    ready, ports = threading.Event(), list[int]()

    def listening(port: int) -> None:
        ports.append(port)
        ready.set()

    book = ConnectionBook(most_of_address=clients + 100)
    server = make_server(world.front, Where(port=0, book=book), listening, world.context.hub.close)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        if not ready.wait(_START_S):
            raise BackendError("the centre does not listen")
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        server.should_exit = True
        thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.page_load.town")
    parser.add_argument("--junctions", type=int, default=500)
    parser.add_argument("--clients", type=int, default=0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-page-load-") as scratch:
        world, over = (
            memory_world(SystemClock(), Path(scratch), Settings(secure=False, demo_speed=1.0)),
            threading.Event(),
        )
        furnish(world, given.junctions)
        tokens = [world.person(Role.VIEWER, f"viewer-{number}") for number in range(given.clients)]
        changing = threading.Thread(target=_keep_changing, args=(world, given.junctions, over))
        with served(world, given.clients) as address:
            changing.start()
            sys.stdout.write(json.dumps({"address": address, "tokens": tokens}) + "\n")
            sys.stdout.flush()
            sys.stdin.read()
            over.set()
            changing.join()
        world.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
