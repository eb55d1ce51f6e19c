"""The wire of a cabinet: whoever answers, however slowly and however much, it is over in time."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from signal_ctrl.cabinet.ports import Ask
from signal_ctrl.domain.errors import BackendLostError
from signal_ctrl.gateways.cabinet_wire import MOST_BYTES, WHOLE, CabinetWire
from tests.lag import timed

POLL = Ask("GET", "/v1/time", headers={"Signal-Ctrl-Cabinet": "cab-1"})
POST = Ask("POST", "/v1/cabinets/cab-1/events", body=b"x" * 1000)
LIMIT_S = 0.3
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Mark: One\r\n\r\n"


def whole_request(connection: socket.socket) -> bytes:
    """Return one request to its end, empty where the other side has gone."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(65_536)
        if not part:
            return b""
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if b"content-length" in row), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes], list[int]]]:
    """Yield an address at which each request is answered so, the requests, and a mark for each connection."""
    asked: list[bytes] = []
    connections: list[int] = []
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                connections.append(1)
                with connection:
                    while request := whole_request(connection):
                        asked.append(request)
                        answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked, connections
        finally:
            over.set()
            thread.join(10)


def gets_nothing(address: str, timeout_s: float, why: str) -> None:
    with closing(CabinetWire(address, timeout_s=timeout_s)) as wire, pytest.raises(BackendLostError, match=why):
        wire.carry(POLL)


def drip(data: bytes) -> Callable[[socket.socket], None]:
    """Answer a byte at a time, each well within the limit of a read."""

    def answer(connection: socket.socket) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(LIMIT_S / 4)

    return answer


def test_an_answer_comes_whole_over_one_connection() -> None:
    with serving(lambda c: c.sendall(HEAD % 5 + b"hello")) as (address, asked, connections):
        with closing(CabinetWire(f"{address}/", timeout_s=5.0)) as wire:
            for _ in range(3):
                answer = wire.carry(POLL)
                assert (answer.status, answer.body, answer.headers["x-mark"]) == (200, b"hello", "One")
            wire.carry(POST)
        assert len(connections) == 1
        assert asked[0].startswith(b"GET /v1/time HTTP/1.1\r\n") and b"signal-ctrl-cabinet: cab-1" in asked[0].lower()
        assert asked[3].endswith(POST.body) and b"content-length: 1000" in asked[3].lower()


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500, HEAD % 500 + b"z" * 500])
def test_who_answers_a_byte_at_a_time_holds_nobody_up(data: bytes) -> None:
    with serving(drip(data)) as (address, _, _):
        with timed() as took:
            gets_nothing(address, LIMIT_S, "does not answer")
        assert took.own_s < WHOLE * LIMIT_S + 0.5


def test_after_a_slow_answer_the_next_one_is_heard() -> None:
    slow = [drip(HEAD % 500)]

    def answer(connection: socket.socket) -> None:
        if slow:
            with suppress(OSError):
                slow.pop()(connection)
        else:
            connection.sendall(HEAD % 2 + b"ok")

    with serving(answer) as (address, _, _):
        gets_nothing(address, LIMIT_S, "does not answer")
        with closing(CabinetWire(address, timeout_s=60.0)) as wire:
            assert wire.carry(POLL).body == b"ok"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda c: c.close(), "disconnected"),
        (lambda c: c.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "illegal"),
        (lambda c: c.sendall(HEAD % (MOST_BYTES + 1) + b"a" * (MOST_BYTES + 1)), "more than"),
        (lambda c: c.sendall(HEAD % 10 + b"half") or c.close(), "incomplete|without sending"),
    ],
)
def test_what_is_no_answer_is_said_so(answer: Callable[[socket.socket], None], why: str) -> None:
    with serving(answer) as (address, _, _):
        gets_nothing(address, 5.0, why)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gets_nothing(f"http://127.0.0.1:{port}", 5.0, "does not answer")


def test_threads_have_each_a_time_of_their_own() -> None:
    """A request that begins later takes nothing from, and gives nothing to, one that is under way."""
    began = threading.Barrier(2, timeout=10)

    def answer(connection: socket.socket) -> None:
        began.wait()
        drip(HEAD % 500)(connection)

    lasted_s: list[float] = []

    def ask() -> None:
        begun_s = time.monotonic()
        with suppress(BackendLostError):
            wire.carry(POLL)
        lasted_s.append(time.monotonic() - begun_s)

    with serving(answer) as (address, _, _):
        thread = threading.Thread(target=ask)
        with closing(CabinetWire(address, timeout_s=LIMIT_S)) as wire, timed() as took:
            thread.start()
            began.wait()
            for _ in range(4):
                wire._until.ends_s = time.monotonic() + 60.0  # what a request of this thread would set
                time.sleep(LIMIT_S / 2)
            thread.join()
        assert lasted_s[0] - took.lag_s < WHOLE * LIMIT_S + 0.5
