"""The service killed with SIGKILL between, before and within the posts of a cabinet that runs: nothing is lost or twice.

Between the two processes stands a relay that keeps a journal of what the cabinet was told; the lamps are judged by the
document of the site, from the file that the cabinet writes.
"""

import http.client
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.link.site import trial_site
from signal_ctrl.cli.main import call
from signal_ctrl.domain.link.reports import batch_from_bytes
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.stores.opening import open_folder
from tests.patience import PATIENCE_S, until
from tests.signal_ctrl.cli.test_serve import COMMAND, Service

KILLS = (("after", "/events"), ("within", ""), ("before", ""))
"""What becomes of a post, and of which: written and its answer lost; killed while it is under way; never arrived."""
STAMP_MS = 150
"""How much later than its frame a change of the lamps may be written down."""


class Relay:
    """Passes requests on, and kills the service around some of the posts."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.service = Service(data)
        self.port: int | None = int(self.service.url.rsplit(":", 1)[1])
        self.kills = list(KILLS)
        self.killed = threading.Event()
        self.told: dict[int, bytes] = {}
        self.posted: dict[int, set[bytes]] = {}
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                relay.pass_on(self, b"")

            def do_POST(self) -> None:
                relay.post(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def post(self, handler: Any, body: bytes) -> None:
        path = handler.path.split("?")[0]
        number = batch_from_bytes(body).sequence if path.endswith("/events") else 0
        self.posted.setdefault(number, set()).add(body)
        due = self.kills and self.port is not None and path.endswith(self.kills[0][1])
        how = self.kills.pop(0)[0] if due else ""
        if how == "before":
            self.kill()
        if how == "within":
            threading.Timer(0.004, self.kill).start()
        if how == "after":
            self.asked(handler, body)
            self.kill()
            handler.close_connection = True
        elif self.pass_on(handler, body) == 200 and number:
            self.told[number] = body

    def pass_on(self, handler: Any, body: bytes) -> int:
        answer = self.asked(handler, body)
        handler.close_connection = answer is None
        if answer is None:
            return 0
        status, headers, content = answer
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection"):
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        return status

    def asked(self, handler: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes] | None:
        if self.port is None:
            return None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(handler.command, handler.path, body or None, dict(handler.headers))
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def kill(self) -> None:
        self.port = None
        self.service.process.kill()
        self.service.process.wait()
        self.killed.set()

    def restart(self) -> None:
        assert self.service.process.stdout is not None
        self.service.process.stdout.close()
        self.killed.clear()
        self.service = Service(self.data)
        self.port = int(self.service.url.rsplit(":", 1)[1])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        if self.service.process.poll() is None:
            self.service.stop()
        assert self.service.process.stdout is not None
        self.service.process.stdout.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.json"
    path.write_text(site_to_json(trial_site("cab-1")))
    return path


@pytest.fixture
def relay(tmp_path: Path, site: Path) -> Iterator[Relay]:
    enrol = ["cabinet", "enrol", "cab-1", "--site", str(site), "--data", str(tmp_path / "data"), "--json"]
    assert call([*enrol, "--out", str(tmp_path / "credential.json")]) == 0
    made = Relay(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def cabinet(tmp_path: Path, site: Path, relay: Relay) -> Iterator[subprocess.Popen[bytes]]:
    run = ["cabinet", "run", "--centre", relay.address, "--site", str(site), "--data", str(tmp_path / "cab")]
    more = ["--credential", str(tmp_path / "credential.json"), "--lamps", str(tmp_path / "lamps"), "--json"]
    with (tmp_path / "cabinet.log").open("wb") as log:
        process = subprocess.Popen([*COMMAND, *run, *more], stdout=log, stderr=log)
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.mark.slow
def test_a_centre_that_is_killed_between_posts_loses_nothing_and_has_nothing_twice(
    tmp_path: Path, relay: Relay, cabinet: subprocess.Popen[bytes]
) -> None:
    lamps = tmp_path / "lamps"
    for how, _ in KILLS:
        assert relay.killed.wait(PATIENCE_S), (how, (tmp_path / "cabinet.log").read_text())
        relay.restart()
    until(lambda: len({lit for _, lit in shown_in(lamps)}) > 3, "lamps that change")
    known, good = max(relay.posted), shown_in(lamps)
    assert call(["cabinet", "lamp", "--data", str(tmp_path / "cab"), "main=off"]) == 0  # a fault is told of at once
    until(lambda: max(relay.told, default=0) > known, "what the cabinet tells")
    cabinet.terminate()
    assert cabinet.wait(PATIENCE_S) == 0
    assert relay.service.stop() == 0

    assert max(relay.told) > known  # it goes on in its numbering
    assert all(len(bodies) == 1 for number, bodies in relay.posted.items() if number)
    stored = batches_of(relay.data)
    assert sorted(number for number, _ in stored) == list(range(1, len(stored) + 1))
    assert relay.told.items() <= dict(stored).items()
    assert faults_of(good, json.loads((tmp_path / "site.json").read_text())) == []


def shown_in(lamps: Path) -> list[tuple[int, str]]:
    rows = [line.split() for line in lamps.read_text().splitlines()]
    return [(int(at_ms), lit) for at_ms, lit in rows]


def batches_of(data: Path) -> list[tuple[int, bytes]]:
    store = open_folder(data)
    try:
        found = store.read(lambda t: t.links.batches("cab-1", limit=1000))
    finally:
        store.close()
    assert len({batch.boot for batch in found}) == 1
    return [(batch.sequence, batch.body) for batch in found]


def faults_of(shown: list[tuple[int, str]], site: dict[str, Any]) -> list[str]:
    """What is wrong with a file of lamps: conflicts, amber left out or short, greens and changes that are too short."""
    n = len(site["groups"])
    compatible = {frozenset(pair) for pair in site["compatible"]} | {frozenset(pair[:2]) for pair in site["yield"]}
    since, ended = [shown[0][0]] * n, [-(10**9)] * n
    found = []
    for (_, before), (at_ms, now) in pairwise(shown):
        lit = [g for g in range(n) if now[g] in "gG"]
        found += [f"{at_ms}: {a} meets {b}" for a in lit for b in lit if a < b and frozenset((a, b)) not in compatible]
        for g in range(n):
            if before[g].lower() != now[g].lower():
                lasted_ms, since[g] = at_ms - since[g] + STAMP_MS, at_ms
                ended[g] = at_ms if before[g] in "gG" else ended[g]
                if not may_end(site["groups"][g], before[g].lower() + now[g].lower(), lasted_ms):
                    found.append(f"{at_ms}: {g} showed {before[g]} for {lasted_ms} ms, then {now[g]}")
        gaps = [(a, b, gap_ds) for a, b, gap_ds in site["intergreen_ds"] if now[b] in "gG" and before[b] not in "gG"]
        found += [f"{at_ms}: {b} after {a}" for a, b, gap_ds in gaps if at_ms - ended[a] + STAMP_MS < 100 * gap_ds]
    return found


def may_end(group: dict[str, Any], change: str, lasted_ms: int) -> bool:
    """Whether a group may change its lamps so after such a time."""
    if change[0] == "g":
        vehicle = group["kind"] == "vehicle"
        return lasted_ms >= 100 * group["min_green_ds"] and (change == "gy" or not vehicle)
    return change[0] != "y" or (lasted_ms >= 100 * group["amber_ds"] and change == "yr")


def test_the_judge_of_the_lamps_finds_what_is_wrong() -> None:
    site = json.loads(site_to_json(trial_site("cab-1")))
    good = [(0, "rrrr"), (6000, "GrrG"), (15_000, "Grrr"), (30_000, "yrrr"), (33_000, "rrrr"), (36_000, "rGrr")]
    assert faults_of(good, site) == []
    wrong = (
        [(0, "rrrr"), (6000, "GGrr")],
        [(0, "rrrr"), (6000, "GrrG"), (9000, "yrrG")],
        [(0, "rrrr"), (6000, "GrrG"), (20_000, "rrrr")],
        [*good[:4], (32_000, "rrrr")],
        [*good[:5], (33_500, "rGrr")],
    )
    assert all(faults_of(trace, site) for trace in wrong)
