"""Two centres on one PostgreSQL: the lease, the fence, and real processes that are stopped and killed."""

import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from bench.storage.server import Cluster
from signal_ctrl.centre.lease import LEASE_MS
from signal_ctrl.domain.errors import FencedError, StandbyError
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.leases import PostgresArbiter
from signal_ctrl.stores.opening import open_postgres
from tests.patience import PATIENCE_S

_SOCKET = ".s.PGSQL.5432"


def note(transaction) -> int:
    return transaction.record("ann", "note", "x", str(transaction.epoch), 1)


def test_a_lower_epoch_writes_nothing(tmp_path: Path, new_database: Callable[[], str]) -> None:
    address = new_database()
    first = open_postgres(tmp_path / "a", address, 4096)
    arbiter = PostgresArbiter(address)
    epoch = arbiter.take("a", LEASE_MS)
    assert epoch == 2
    first.under(lambda: 2)
    assert first.write(note) == 1
    assert arbiter.take("b", LEASE_MS) is None
    assert arbiter.renew("a", 2, 0)
    assert arbiter.take("b", LEASE_MS) == 3
    assert not arbiter.renew("a", 2, LEASE_MS)
    second = open_postgres(tmp_path / "b", address, 4096)
    second.under(lambda: 3)
    assert second.write(note) == 2
    with pytest.raises(FencedError):
        first.write(note)
    with pytest.raises(FencedError, match="start the process anew"):
        first.write(note)
    assert first.read(lambda reading: reading.audit.head()).n == 2
    assert second.write(note) == 3
    first.close()
    second.close()


def test_a_standby_reads_and_does_not_write(tmp_path: Path, new_database: Callable[[], str]) -> None:
    store = open_postgres(tmp_path / "a", new_database(), 4096)

    def refuse() -> int:
        raise StandbyError("another one is active")

    store.under(refuse)
    with pytest.raises(StandbyError):
        store.write(note)
    assert store.read(lambda reading: reading.audit.head()).n == 0
    store.under(lambda: 1)
    assert store.write(note) == 1
    store.close()


def test_a_take_over_waits_for_a_write_under_way_and_not_the_other_way(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    """A write holds the row of the epoch until it is committed, so that none slips in behind a take-over."""
    address = new_database()
    store = open_postgres(tmp_path / "a", address, 4096)
    arbiter = PostgresArbiter(address)
    inside, go = threading.Event(), threading.Event()
    order: list[str] = []

    def slow(transaction) -> None:
        inside.set()
        go.wait(PATIENCE_S)
        note(transaction)

    writing = threading.Thread(target=lambda: (store.write(slow), order.append("written")))
    writing.start()
    assert inside.wait(PATIENCE_S)
    taking = threading.Thread(target=lambda: (arbiter.take("b", LEASE_MS), order.append("taken")))
    taking.start()
    time.sleep(0.3)
    assert order == []
    go.set()
    writing.join(PATIENCE_S)
    taking.join(PATIENCE_S)
    assert sorted(order) == ["taken", "written"]
    with pytest.raises(FencedError):
        store.write(note)
    assert store.read(lambda reading: [r.record.result for r in reading.audit.records()]) == ["1"]
    store.close()


class Centre:
    def __init__(self, name: str, folder: Path, address: str) -> None:
        command = [sys.executable, "-m", "bench.storage.lease_node", name, "--data", str(folder), "--database", address]
        self.name = name
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line.strip())

    def wait_for(self, text: str, within_s: float) -> str:
        end_s = time.monotonic() + within_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left_s)
            except queue.Empty:
                break
            if text in line:
                return line
        raise AssertionError(f"{self.name} did not say '{text}' within {within_s} s")

    def end(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture
def centres(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[tuple[Callable[[str], Centre], str]]:
    address = new_database()
    begun: list[Centre] = []

    def begin(name: str) -> Centre:
        begun.append(Centre(name, tmp_path / name, address))
        return begun[-1]

    yield begin, address
    for centre in begun:
        centre.end()


class Relay:
    """Stands between a process and the server; cut, it swallows what comes from either side, and keeps all open."""

    def __init__(self, server: Path, folder: Path) -> None:
        self._server = server / _SOCKET
        self._through = threading.Event()
        self._through.set()
        self._ends: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / _SOCKET))
        self._listening.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._through.clear()

    def heal(self) -> None:
        self._through.set()

    def close(self) -> None:
        self.heal()
        for end in (self._listening, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        self._through.wait()
        server = socket.socket(socket.AF_UNIX)
        self._ends += [client, server]
        with suppress(OSError):
            server.connect(str(self._server))
            threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
            self._pump(client, server)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._through.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def relay(pg_cluster: Cluster) -> Iterator[tuple[Relay, Path]]:
    with tempfile.TemporaryDirectory(prefix="relay-") as folder:  # names of sockets are short
        made = Relay(pg_cluster.folder, Path(folder))
        yield made, Path(folder)
        made.close()


@pytest.mark.slow
def test_a_centre_that_is_cut_off_from_the_store_is_taken_over_and_writes_nothing_afterwards(
    centres, relay: tuple[Relay, Path], pg_cluster: Cluster, tmp_path: Path
) -> None:
    begin, address = centres
    wire, folder = relay
    first = Centre("a", tmp_path / "a", address.replace(str(pg_cluster.folder), str(folder)))
    try:
        first.wait_for("wrote 3", PATIENCE_S)
        second = begin("b")
        second.wait_for("waits", PATIENCE_S)
        wire.cut()
        second.wait_for("wrote 1 under 3", LEASE_MS / 1000 + PATIENCE_S)
        wire.heal()
        assert first.process.wait(PATIENCE_S) == 3
        second.wait_for("wrote", PATIENCE_S)
    finally:
        first.end()
    with psycopg.connect(address) as connection:
        written = connection.execute("SELECT actor, result FROM audit ORDER BY n").fetchall()
    assert [actor for actor, _ in written] == sorted(actor for actor, _ in written), (
        "none of the first after the second"
    )
    assert set(written) == {("a", "2"), ("b", "3")}


@pytest.mark.slow
def test_stopped_resumed_and_killed_processes(centres, tmp_path: Path) -> None:
    begin, address = centres
    first = begin("a")
    first.wait_for("wrote 3", PATIENCE_S)
    second = begin("b")
    second.wait_for("waits", PATIENCE_S)
    os.kill(first.process.pid, signal.SIGSTOP)
    second.wait_for("wrote 1 under 3", LEASE_MS / 1000 + PATIENCE_S)
    os.kill(first.process.pid, signal.SIGCONT)
    assert first.process.wait(PATIENCE_S) == 3  # it has found out, by its own clock or by the fence
    second.wait_for("wrote", PATIENCE_S)
    second.process.kill()
    third = begin("c")
    third.wait_for("wrote 1 under 4", LEASE_MS / 1000 + PATIENCE_S)
    third.end()
    with psycopg.connect(address) as connection:
        written = connection.execute("SELECT actor, result FROM audit ORDER BY n").fetchall()
    assert [actor for actor, _ in written] == sorted(actor for actor, _ in written)
    assert {actor: result for actor, result in written} == {"a": "2", "b": "3", "c": "4"}
    signing_key(tmp_path / "c")
    assert verify(tmp_path / "c", address=address).is_sound
