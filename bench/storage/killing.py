"""A client that loads a writing process, keeps a journal, and kills it."""

import os
import random
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from bench.storage.load import judge, length_of, objects_in_file, objects_on_server
from bench.storage.server import Cluster
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.stores.folder import DATABASE

UNDER_WAY: Final = 48
_START_S: Final = 60.0
_SERVER_EVERY: Final = 2
_START_KILL_EVERY: Final = 6


@dataclass(frozen=True, slots=True)
class Target:
    """Where a writer writes: its data folder, and the server's database if it is one."""

    folder: Path
    address: str
    server: Cluster | None

    def objects(self) -> list[str]:
        """Return the objects of all records that are there."""
        return objects_on_server(self.address) if self.address else objects_in_file(self.folder / DATABASE)


@dataclass(slots=True)
class Client:
    """The client's journal and its process, if one runs."""

    target: Target
    generator: random.Random
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    _process: "subprocess.Popen[bytes] | None" = None
    _rest: bytes = b""

    def start(self) -> None:
        """Start a writer; it is not waited for."""
        command = [sys.executable, "-m", "bench.storage.crash_writer", "--data", str(self.target.folder)]
        command += ["--database", self.target.address] if self.target.address else []
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self._rest = b""
        self.open.clear()

    def wait_ready(self) -> None:
        """Wait until the store is open. Raises: BackendError if it does not open."""
        for line in self._lines(_START_S):
            if line == "ready":
                return
        raise BackendError("the writer did not open its store")

    def load(self, lasts_s: float, until_acknowledged: bool = False) -> float:
        """Keep writes under way for some time, or until one is acknowledged, and return how long that took. [s]"""
        began_s = time.monotonic()
        while (left_s := began_s + lasts_s - time.monotonic()) > 0:
            self._fill()
            before = len(self.acknowledged)
            for line in self._lines(min(left_s, 0.01), once=True):
                self._note(line)
            if until_acknowledged and len(self.acknowledged) > before:
                break
        return time.monotonic() - began_s

    def kill(self) -> None:
        """Kill the writer, and note what it had said before."""
        process = self._running()
        process.kill()
        process.wait()
        for line in self._lines(5.0):
            self._note(line)
        for pipe in (process.stdin, process.stdout):
            _handle(pipe).close()
        self._process = None

    def _fill(self) -> None:
        pipe = _handle(self._running().stdin)
        lines = []
        while len(self.open) < UNDER_WAY:
            key = f"k{len(self.sent)}"
            self.sent.add(key)
            self.open.add(key)
            lines.append(f"{key} {length_of(self.generator)}\n")
        if lines:
            pipe.write("".join(lines).encode())

    def _note(self, line: str) -> None:
        if line[:1] in ("+", "-"):
            self.open.discard(line[1:])
        if line.startswith("+"):
            self.acknowledged.add(line[1:])

    def _lines(self, lasts_s: float, once: bool = False) -> Iterator[str]:
        """Yield whole lines until the pipe ends or the time is over; what is cut off was never said."""
        pipe = _handle(self._running().stdout)
        end_s = time.monotonic() + lasts_s
        while (left_s := end_s - time.monotonic()) > 0 and select.select([pipe], [], [], left_s)[0]:
            data = os.read(pipe.fileno(), 1 << 16)
            if not data:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            yield from (line.decode() for line in lines)
            if once:
                return

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise BackendError("no writer runs")
        return self._process


def kills_of(target: Target, kills: int, generator: random.Random) -> dict[str, Any]:
    """Kill the writer, or the server below it, so many times, and return what became of what was written."""
    client = Client(target, generator)
    client.start()
    client.wait_ready()
    server_kills = 0
    restart_s = []
    for number in range(kills):
        server_kills += _kill(client, number)
        began_s = time.monotonic()
        client.start()
        client.wait_ready()
        client.load(_START_S, until_acknowledged=True)
        restart_s.append(round(time.monotonic() - began_s, 3))
    client.kill()
    return {"kills": kills, "server_kills": server_kills, "restart_s": restart_s, **_judged(client)}


def _kill(client: Client, number: int) -> int:
    """Load the writer and kill it, at its start or under load, the server too; return how often it was the server."""
    if number % _START_KILL_EVERY == _START_KILL_EVERY - 1:
        client.kill()
        client.start()
        client.load(client.generator.uniform(0.3, 1.5))
    else:
        client.load(client.generator.uniform(0.02, 1.0))
    server = None if number % _SERVER_EVERY else client.target.server
    if server is not None:
        server.kill()
        client.load(0.05)
        server.start()
    client.kill()
    return int(server is not None)


def _judged(client: Client) -> dict[str, Any]:
    objects = client.target.objects()
    found = judge(objects, client.acknowledged, client.sent)
    kept = (client.sent - client.acknowledged) & {name.rpartition("/")[0] for name in objects}
    return {
        "acknowledged": found.acknowledged,
        "unanswered": len(client.sent - client.acknowledged),
        "kept": len(kept),
        "wrong": [] if found.is_clean else [str(found)],
    }


def _handle(pipe: "IO[bytes] | None") -> "IO[bytes]":
    if pipe is None:
        raise BackendError("the writer has no pipes")
    return pipe
