"""The generator: cabinets that poll and post, all on one event loop, and a journal of what was acknowledged to them.

Each cabinet polls at a phase of its own within the second and posts at one within ten seconds. What is due is due,
answered or not: an answer's time counts from when its question was due, so that a centre which stands still is not
asked less. A generator of its own process reads what it is to do from standard input: see `Work`.
"""

import asyncio
import gc
import json
import os
import random
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.load.figures import spread
from bench.load.line import Line, Reply, Wish, digest
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState, ack_to_bytes
from signal_ctrl.domain.link.credential import Credential, credential_from_json
from signal_ctrl.domain.link.orders import orders_from_bytes
from signal_ctrl.domain.link.reports import Batch, Receipt, Report, ReportKind, batch_to_bytes, receipt_to_bytes

POLL_S: Final = 1.0
POST_S: Final = 10.0
RAMP_S: Final = 60.0
"""The connections are made within so long, if nothing else is asked; answers meanwhile are not timed. [s]"""
PATIENCE_S: Final = 10.0
LAST_WORDS_S: Final = 15.0
"""After the end so long is waited for what is under way. [s]"""
COUNTS_EACH: Final = 30
"""Every 30th batch, which is every 5 minutes, tells what four signal groups counted."""
REPEATED: Final = 0.01
"""This share of batches is sent twice, as by a cabinet that did not get the answer."""
GROUPS: Final = ("main", "side", "left", "walk")
_MINUTE_S: Final = 60.0
_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Work:
    """What a generator is to do. `credentials` is a file of credentials, one a line; `journal` is written. [s]

    `core`: the only one that it may use; `ramp_s`: within so long the connections are made, before the time counts.
    """

    port: int
    credentials: str
    journal: str
    cabinets: int
    lasts_s: float
    seed: int
    core: int | None = None
    ramp_s: float = RAMP_S


class Generator:
    """All cabinets."""

    def __init__(self, work: Work, credentials: Iterable[Credential]) -> None:
        self._work = work
        self._dice = random.Random(work.seed)
        self._lines = [Line(each, self._id(), self._id, self._failed) for each in credentials]
        self._sequence = dict.fromkeys((line.cabinet for line in self._lines), 0)
        self._receipts: dict[str, tuple[int, bytes]] = {}
        self._journal: list[str] = []
        self._times = {kind: array("d") for kind in ("poll", "post")}
        self._by_minute: dict[int, array[float]] = {}
        self._late = array("d")
        self._statuses: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._repeats = self._sent = 0
        self._begin_s = self._end_s = 0.0

    def _id(self) -> str:
        return self._dice.randbytes(16).hex()

    def _failed(self, why: str) -> None:
        self._errors[why] += 1

    async def run(self) -> dict[str, Any]:
        """Run for as long as asked and return what came of it."""
        loop = asyncio.get_running_loop()
        begun_s, own_s = time.monotonic(), time.process_time()
        self._begin_s = begun_s + self._work.ramp_s
        self._end_s = self._begin_s + self._work.lasts_s
        for k, line in enumerate(self._lines):
            first_s = begun_s + self._work.ramp_s * k / len(self._lines)
            self._at(first_s + POLL_S * self._dice.random(), partial(self._poll, line))
            self._at(first_s + POST_S * self._dice.random(), partial(self._post, line))
        keeper = loop.create_task(self._keep_connected(loop))
        await asyncio.sleep(self._end_s - time.monotonic())
        wall_s, cpu_s = time.monotonic() - begun_s, time.process_time() - own_s
        await self._last_words()
        keeper.cancel()
        for line in self._lines:
            line.end()
        return self._result(wall_s, cpu_s)

    def _at(self, due_s: float, do: Any) -> None:
        """Do something at a time of the monotonic clock. [s]"""
        asyncio.get_running_loop().call_later(max(0.0, due_s - time.monotonic()), do, due_s)

    async def _keep_connected(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect whoever has something to say and no connection; give up those that get no answer."""
        while True:
            for line in self._lines:
                if line.wants_connection:
                    try:
                        await loop.create_connection(lambda line=line: line, "127.0.0.1", self._work.port)  # type: ignore[misc]
                    except OSError:
                        self._failed("refused")
                since_s = line.open_since_s()
                if since_s is not None and time.monotonic() - since_s > PATIENCE_S:
                    self._failed("no answer")
                    line.cut()
            await asyncio.sleep(0.05)

    async def _last_words(self) -> None:
        until_s = time.monotonic() + LAST_WORDS_S
        while time.monotonic() < until_s and not all(line.is_idle for line in self._lines):
            await asyncio.sleep(0.05)
        self._errors["unanswered"] += sum(not line.is_idle for line in self._lines)

    def _poll(self, line: Line, due_s: float) -> None:
        if due_s >= self._end_s:
            return
        self._at(due_s + POLL_S, partial(self._poll, line))
        line.ask(Wish(due_s, "poll", "GET", f"/v1/cabinets/{line.cabinet}/plan", b"", partial(self._polled, line)))

    def _polled(self, line: Line, wish: Wish, reply: Reply) -> None:
        self._count(wish, reply)
        if reply.status == 304:
            return
        if reply.status != 200:
            self._failed(f"poll {reply.status}")
            return
        if reply.etag != line.etag:
            self._acknowledge(line, reply)
        line.etag = reply.etag

    def _acknowledge(self, line: Line, reply: Reply) -> None:
        """Say of new orders that they came, were stored and are followed, as a cabinet does."""
        orders = orders_from_bytes(reply.body)
        for state in (AckState.RECEIVED, AckState.STAGED, AckState.ACTIVE):
            ack = Acknowledgement(
                line.cabinet, line.boot, orders.version, reply.etag, state, time.time_ns() // 1_000_000
            )
            path = f"/v1/cabinets/{line.cabinet}/acknowledgements"
            line.ask(Wish(time.monotonic(), "acknowledgement", "POST", path, ack_to_bytes(ack), self._expect_200))

    def _expect_200(self, wish: Wish, reply: Reply) -> None:
        self._count(wish, reply)
        if reply.status != 200:
            self._failed(f"{wish.kind} {reply.status}")

    def _post(self, line: Line, due_s: float) -> None:
        if due_s >= self._end_s:
            return
        self._at(due_s + POST_S, partial(self._post, line))
        self._sequence[line.cabinet] += 1
        sequence = self._sequence[line.cabinet]
        body = batch_to_bytes(
            Batch(line.cabinet, line.boot, sequence, reports_of(sequence, time.time_ns() // 1_000_000))
        )
        path = f"/v1/cabinets/{line.cabinet}/events"
        self._sent += 1
        line.ask(Wish(due_s, "post", "POST", path, body, partial(self._posted, line, sequence)))
        if self._dice.random() < REPEATED:
            self._repeats += 1
            line.ask(Wish(due_s, "repeat", "POST", path, body, partial(self._posted, line, sequence)))

    def _posted(self, line: Line, sequence: int, wish: Wish, reply: Reply) -> None:
        self._expect_200(wish, reply)
        if reply.status != 200:
            return
        number, first = self._receipts.get(line.cabinet, (0, b""))
        if number == sequence:
            if first != reply.body:
                self._failed("a repeated batch got another answer")
            return
        if reply.body != receipt_to_bytes(Receipt(sequence)):
            self._failed("receipt of another number")
        self._receipts[line.cabinet] = sequence, reply.body
        self._journal.append(f"{line.cabinet} {line.boot} {sequence} {digest(wish.body)}\n")

    def _count(self, wish: Wish, reply: Reply) -> None:
        self._statuses[f"{wish.kind} {reply.status}"] += 1
        if wish.due_s < self._begin_s or wish.kind not in self._times:
            return
        took_ms = _MS * (reply.at_s - wish.due_s)
        self._times[wish.kind].append(took_ms)
        self._late.append(_MS * (reply.sent_s - wish.due_s))
        if wish.kind == "poll":
            minute = int((wish.due_s - self._begin_s) // _MINUTE_S)
            self._by_minute.setdefault(minute, array("d")).append(took_ms)

    def _result(self, wall_s: float, cpu_s: float) -> dict[str, Any]:
        Path(self._work.journal).write_text("".join(self._journal), encoding="ascii")
        measured_s = self._work.lasts_s
        return {
            "polls": spread(self._times["poll"]) | {"per_s": round(len(self._times["poll"]) / measured_s, 1)},
            "posts": spread(self._times["post"]) | {"per_s": round(len(self._times["post"]) / measured_s, 1)},
            "poll_p99_by_minute_ms": [spread(self._by_minute[k])["p99_ms"] for k in sorted(self._by_minute)],
            "sent_late": spread(self._late),
            "statuses": dict(sorted(self._statuses.items())),
            "errors": {why: count for why, count in sorted(self._errors.items()) if count},
            "batches_sent": self._sent,
            "batches_repeated": self._repeats,
            "batches_acknowledged": len(self._journal),
            "generator_cpu_share": round(cpu_s / wall_s, 3),
        }


def reports_of(sequence: int, now_utc_ms: int) -> tuple[Report, ...]:
    """Return what a cabinet tells of ten seconds: a heartbeat, one event a second, now and then its counts. [ms]"""
    beat = Report(ReportKind.HEARTBEAT, now_utc_ms, "heartbeat", "automatic, plan", (("mode", 1), ("waiting", 0)))
    events = (
        Report(
            ReportKind.EVENT, now_utc_ms - _MS * (10 - k), "stage", f"stage {k % 3} after {k} s", (("stage", k % 3),)
        )
        for k in range(10)
    )
    if sequence % COUNTS_EACH:
        return (beat, *events)
    counts = (
        Report(ReportKind.DETECTOR, now_utc_ms, "group-count", group, (("seconds", 300), ("vehicles", 40 + k)))
        for k, group in enumerate(GROUPS)
    )
    return (beat, *events, *counts)


def main() -> int:
    """Do the work that stands on standard input, and print what came of it."""
    work = Work(**json.load(sys.stdin))
    if work.core is not None:
        os.sched_setaffinity(0, {work.core})
    texts = Path(work.credentials).read_text(encoding="ascii").splitlines()[: work.cabinets]
    generator = Generator(work, [credential_from_json(text) for text in texts])
    gc.freeze()
    result = uvloop.run(generator.run())
    sys.stdout.write(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
