"""The fuzz campaign over all routes: `python -m bench.fuzz_routes --requests 100000 --seed 1`.

Requests are drawn from the application's own description and sent to it in this process, by everybody in turn: nobody,
each role, a role without a second factor. Looked for are answers of 5xx, errors without a problem document, missing
headers, changes by those who may not, and memory that grows. Each part of 10,000 requests is one line of the ledger;
parts that it holds for this code are not done again.
"""

import argparse
import asyncio
import logging
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from fastapi.routing import APIRoute

from bench.centre_app import World, contents, memory_world
from bench.folder import code_hash
from bench.fuzz_requests import Drawing, FuzzRequest
from bench.ledger import append_lines, known_lines
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import MATRIX, PEOPLE, Grant, Right, Role
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.web.app import ROUTERS
from signal_ctrl.web.guard import Needs
from signal_ctrl.web.logs import logs_from
from signal_ctrl.web.outer import HEADERS

LEDGER: Final = Path("bench/results/fuzz.jsonl")
CODE: Final = ("signal_ctrl/web", "signal_ctrl/centre", "signal_ctrl/stores", "signal_ctrl/watch", "signal_ctrl/domain")
"""What the requests go through: a change of it makes the parts of the ledger those of another engine."""
PART: Final = 10_000
BATCH: Final = 100
AT_ONCE: Final = 10
NOW_MS: Final = 1_790_000_000_000
REFUSALS: Final = frozenset({400, 401, 403, 404, 405, 413, 422, 429})
MOST_GROWTH_MIB: Final = 64.0
_BLINDED: Final = ("audit", "sessions", "login_failures")
"""Tables that a refusal may write: the record of it, and failed logins."""


@dataclass(slots=True)
class Findings:
    """What a part came to."""

    requests: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    routes: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: a role, or nobody; `weak`, without a second factor."""

    role: Role | None
    weak: bool = False

    def may(self, right: Right) -> bool:
        """Tell whether a route may be used."""
        if right is Right.OPEN:
            return True
        if self.role is None or (self.weak and right is not Right.SESSION):
            return False
        return MATRIX[right][self.role] is not Grant.NO


SENDERS: Final = (Sender(None), *(Sender(role) for role in PEOPLE), *(Sender(role, weak=True) for role in PEOPLE))


class Campaign:
    """One centre that is fuzzed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.clock = ManualClock(NOW_MS, 5_000)
        self.world: World = memory_world(self.clock, folder, store=lambda: open_folder(folder / "data", 4096))
        self.dice = random.Random(seed)
        self.rights = rights_by_route()
        cabinets = tuple(f"cabinet-{n}" for n in range(3))
        for name in cabinets:
            self.world.links.enrol("bench", name, site_to_json(trial_site(name)), Place("north", "ring"))
        for role in PEOPLE:
            self.world.person(role, role.value)
            self.world.person(role, account_of(role))
        names = (*cabinets, "north", "ring", *(role.value for role in PEOPLE))
        self.drawing = Drawing(self.world.app.openapi(), self.dice, names)
        self.findings = Findings()

    def close(self) -> None:
        """Close the store."""
        self.world.store.close()

    async def part(self, count: int) -> Findings:
        """Send so many requests and return what they came to."""
        self.findings = Findings()
        while self.findings.requests < count:
            await self._batch(min(BATCH, count - self.findings.requests))
        return self.findings

    async def _batch(self, count: int) -> None:
        """Send requests of one sender; those who may nothing of what they ask for must change nothing."""
        sender = self.dice.choice(SENDERS)
        forbidden = self.dice.random() < 0.5
        self.clock.pass_ms(61_000)
        before = contents(self.world.store, _BLINDED) if forbidden else {}
        requests = [self._request(sender, forbidden) for _ in range(count)]
        for first in range(0, count, AT_ONCE):
            self.clock.pass_ms(2_000)
            token = self._token(sender)
            group = requests[first : first + AT_ONCE]
            await asyncio.gather(*(self._send(each, token, sender) for each in group))
        await asyncio.to_thread(self.world.centre.tick)
        if forbidden and contents(self.world.store, _BLINDED) != before:
            self.findings.wrong.append(f"{sender} changed something: {[each.path for each in requests][:20]}")

    def _request(self, sender: Sender, forbidden: bool) -> FuzzRequest:
        wanted = [key for key, right in self.rights.items() if not sender.may(right)] if forbidden else []
        return self.drawing.request(self.dice.choice(wanted) if wanted else self._open(forbidden))

    def _open(self, forbidden: bool) -> tuple[str, str] | None:
        """Return a route for who may everything that is asked; None for any."""
        return ("GET", "/healthz") if forbidden else None

    def _token(self, sender: Sender) -> str:
        return "" if sender.role is None else self.world.session(account_of(sender.role), not sender.weak)

    async def _send(self, request: FuzzRequest, token: str, sender: Sender) -> None:
        status, headers, body = await ask(self.world, request, token)
        self.findings.requests += 1
        self.findings.statuses[str(status)] += 1
        self.findings.routes.add(f"{request.method} {request.route}")
        why = self._wrong(request, sender, status, headers)
        if why:
            self.findings.wrong.append(f"{sender}: {request}: {status} {why}; {body[:300]!r}")

    def _wrong(self, request: FuzzRequest, sender: Sender, status: int, headers: dict[str, str]) -> str:
        if status >= 500 or status == 0:
            return "is a failure"
        if status >= 400 and headers.get("content-type") != "application/problem+json":
            return "has no problem document"
        missing = [name for name, value in HEADERS if headers.get(name) != value]
        if missing:
            return f"lacks {missing}"
        right = self.rights.get((request.method, request.route), Right.OPEN)
        said = {name for name, _ in request.headers} & {"authorization", "cookie", "signal-ctrl-cabinet"}
        if not sender.may(right) and not said and status not in REFUSALS:
            return "was not refused"
        return ""


async def ask(world: World, request: FuzzRequest, token: str) -> tuple[int, dict[str, str], bytes]:
    """Send a request to the application, hang up after it, and return status, headers and body."""
    headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in request.headers]
    if token and not any(name == b"authorization" for name, _ in headers):
        headers.append((b"authorization", f"Bearer {token}".encode()))
    raw = request.path.encode("ascii", "replace")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": request.method, "scheme": "http", "path": unquote(request.path), "raw_path": raw, "root_path": "",
        "query_string": request.query.encode("ascii", "replace"), "headers": [(b"host", b"centre.test"), *headers],
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    start: dict[str, Any] = {}
    parts: list[bytes] = []
    unread = True

    async def receive() -> dict[str, Any]:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": request.body, "more_body": False}
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    try:
        await world.front(scope, receive, send)  # type: ignore[arg-type]  # messages are dictionaries here
    except Exception as error:  # a server would cut the connection: that is a finding, not the end of the campaign
        return 0, {}, repr(error).encode()
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start.get("headers", ())}
    return int(start.get("status", 0)), found, b"".join(parts)


def account_of(role: Role) -> str:
    """Return the account that sends for a role; no request names it, or an administrator might change its role."""
    return f"{role.value}-of-the-campaign"


def rights_by_route() -> dict[tuple[str, str], Right]:
    """Return the right that each route of the application asks for."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return {
        (method, route.path): next(
            each.call.right for each in route.dependant.dependencies if isinstance(each.call, Needs)
        )
        for route in routes
        for method in route.methods or ()
    }


def resident_mib() -> float:
    """Return the memory of this process. [MiB]"""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / (1 << 20)


def run(requests: int, seed: int, ledger: Path | None, part: int = PART) -> list[dict[str, Any]]:
    """Send requests part by part, write each part into the ledger, and return its lines. Raises: as `append_lines`."""
    engine = code_hash(CODE)
    known = known_lines(ledger) if ledger is not None else set()
    found = []
    for number in range(-(-requests // part)):
        key = f"seed-{seed}-part-{number}-of-{part}"
        if (engine, key) in known:
            continue
        line = {"key": key, "engine": engine, **one_part(seed * 10_000 + number, min(part, requests - number * part))}
        found.append(line)
        if ledger is not None:
            append_lines(ledger, [line])
    return found


def one_part(seed: int, count: int) -> dict[str, Any]:
    """Fuzz a new centre and return the line of the ledger."""
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), seed)
        try:
            warm = asyncio.run(campaign.part(min(1_000, count)))
            before_mib = resident_mib()
            rest = asyncio.run(campaign.part(count - warm.requests)) if count > warm.requests else Findings()
        finally:
            campaign.close()
    growth_mib = resident_mib() - before_mib
    wrong = warm.wrong + rest.wrong
    if growth_mib > MOST_GROWTH_MIB:
        wrong.append(f"memory grew by {growth_mib:.0f} MiB")
    return {
        "seed": seed,
        "requests": warm.requests + rest.requests,
        "routes": len(warm.routes | rest.routes),
        "statuses": dict(sorted((warm.statuses + rest.statuses).items())),
        "server_errors": sum(
            n for status, n in (warm.statuses + rest.statuses).items() if status.startswith(("5", "0"))
        ),
        "wrong": wrong[:20],
        "wrongs": len(wrong),
        "growth_mib": round(growth_mib, 1),
        "wall_s": round(time.monotonic() - begun_s, 1),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the campaign. Exit code 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_routes", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    chosen = parser.parse_args(arguments)
    with logs_from(logging.CRITICAL):
        lines = run(chosen.requests, chosen.seed, chosen.ledger)
    for line in lines:
        sys.stdout.write(f"{line['key']}: {line['requests']} requests, {line['wrongs']} wrong, {line['wall_s']} s\n")
        for why in line["wrong"]:
            sys.stdout.write(f"  {why}\n")
    return 1 if any(line["wrongs"] for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
