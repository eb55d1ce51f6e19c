"""Drivers who ask the parking service for a space, at a fixed rate whatever comes back when, on one event loop."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from bench.load.line import PlainLine, Reply, Wish
from signal_ctrl.domain.roads import LonLat, RoadNetwork

ASK: Final = "/v1/parking/guidance"
TURNS: Final = 3
"""A driver asks so often: once at first, then under way; then he has come."""
LINES: Final = 100
LAST_WORDS_S: Final = 30.0
"""After the end so long is waited for what is under way. [s]"""
DOWN: Final = "while it was down"
FORGOTTEN: Final = "forgotten at the kill"
_LOOK_S: Final = 0.05
_CAME: Final = "came"


@dataclass(frozen=True, slots=True)
class Notes:
    """Where what is measured goes: `answered` from due to answer [s], `refused` why; `address` of now, "" for none."""

    address: Callable[[], str]
    answered: Callable[[float], None]
    refused: Callable[[str], None]


class _DriverLine(PlainLine):
    """What was not answered when a connection is cut is not asked again."""

    def __init__(self, refused: Callable[[str], None]) -> None:
        super().__init__(lambda _why: None)
        self._refused = refused

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what was asked."""
        super().connection_lost(exc)
        self.give_up()

    def give_up(self) -> None:
        """Count what waits as refused; that somebody has come needs no answer."""
        for wish in self.waiting:
            if wish.kind != _CAME:
                self._refused(DOWN)
        self.waiting.clear()


class Drivers:
    """All drivers of a trial."""

    def __init__(self, asks_s: int, seed: int, network: RoadNetwork, notes: Notes) -> None:
        """Args: asks_s, questions a second."""
        self._asks_s = asks_s
        self._network = network
        self._notes = notes
        self._draw = random.Random(seed)
        self._known: list[tuple[str, int]] = []
        self._lines = [_DriverLine(notes.refused) for _ in range(LINES)]

    async def run(self, begun_s: float, until_s: float) -> None:
        """Ask from one time to another. [s, monotonic]"""
        keeper = asyncio.create_task(self._keep_connected())
        for k in range(round(self._asks_s * (until_s - begun_s))):
            due_s = begun_s + k / self._asks_s
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            self._ask(self._free_line(k), due_s)
        ends_s = time.monotonic() + LAST_WORDS_S
        while time.monotonic() < ends_s and not all(line.is_idle for line in self._lines):
            await asyncio.sleep(_LOOK_S)
        keeper.cancel()
        for line in self._lines:
            line.end()

    def _free_line(self, k: int) -> _DriverLine:
        turned = self._lines[k % LINES :] + self._lines[: k % LINES]
        return next((line for line in turned if line.is_idle), turned[0])

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            address = urlsplit(self._notes.address())
            host, port = address.hostname or "", address.port or 0
            for line in self._lines:
                if not line.wants_connection:
                    continue
                try:
                    await loop.create_connection(lambda line=line: line, host, port)  # type: ignore[misc]
                except OSError:
                    line.give_up()
            await asyncio.sleep(_LOOK_S)

    def _ask(self, line: _DriverLine, due_s: float) -> None:
        """Let one driver ask: a new one, or one who is under way."""
        is_known = self._known and self._draw.random() < 1 - 1 / TURNS
        guidance, turn = self._known.pop(self._draw.randrange(len(self._known))) if is_known else ("", 0)
        body: dict[str, Any] = {"position": self._place()}
        if not guidance:
            body |= {"destination": self._place(), "stay_s": self._draw.choice((1800.0, 3600.0, 7200.0))}
        path = f"{ASK}/{guidance}" if guidance else ASK
        wish = Wish(due_s, "ask", "POST", path, json.dumps(body).encode(), partial(self._told, line, turn))
        line.ask(wish)

    def _told(self, line: _DriverLine, turn: int, wish: Wish, reply: Reply) -> None:
        if reply.status not in (200, 201):
            self._notes.refused(FORGOTTEN if reply.status == 404 else str(reply.status))
            return
        self._notes.answered(reply.at_s - wish.due_s)
        guidance = json.loads(reply.body)["guidance"]
        if turn + 1 < TURNS:
            self._known.append((guidance, turn + 1))
        else:
            line.ask(Wish(time.monotonic(), _CAME, "DELETE", f"{ASK}/{guidance}", b"", lambda _wish, _reply: None))

    def _place(self) -> LonLat:
        shape = self._draw.choice(self._network.roads).shape
        share = self._draw.random()
        (a, b), (c, d) = shape[0], shape[-1]
        return a + share * (c - a), b + share * (d - b)
