"""Those who are slow or many, on real sockets: a server in a thread, with a patience of tenths of a second."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.centre_app import World, bearer
from signal_ctrl.centre.identity import Role
from signal_ctrl.web.connections import ConnectionBook
from signal_ctrl.web.http_protocol import Patience
from signal_ctrl.web.loop import HANDSHAKE_S
from signal_ctrl.web.server import Place, Server, make_server
from tests.lag import timed
from tests.signal_ctrl.web.certificates import write_certificate

QUICK = Patience(header_s=0.4, body_s=1.0, idle_s=0.6, floor_bytes_s=512, grace_s=0.3)
PATIENT = Patience(header_s=60.0, body_s=60.0, idle_s=60.0, floor_bytes_s=512, grace_s=60.0)
"""For what does not hang on patience: nobody is cut off because the machine stood still between two lines here."""
LONG_S = 30.0
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: centre.test\r\n\r\n"


class Running:
    """A server on a free port of this machine."""

    def __init__(self, world: World, patience: Patience, most: int = 20, tls: tuple[Path, Path] | None = None) -> None:
        self.ready = threading.Event()
        self.port = 0
        self.book = ConnectionBook(most_of_one=most, most_of_address=most)
        certificate, key = tls or (None, None)
        place = Place("127.0.0.1", 0, certificate, key, (), self.book, patience)
        self.server: Server = make_server(world.app, place, self._listening, world.context.hub.close)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        assert self.ready.wait(20)

    def _listening(self, port: int) -> None:
        self.port = port
        self.ready.set()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LONG_S)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def running(world: World) -> Iterator[Running]:
    made = Running(world, QUICK)
    yield made
    made.stop()


@pytest.fixture
def patient(world: World) -> Iterator[Running]:
    made = Running(world, PATIENT)
    yield made
    made.stop()


def answer_of(connection: socket.socket) -> bytes:
    """Read one answer with its body."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = connection.recv(65_536)
        if not part:
            return found
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def until_closed(connection: socket.socket) -> bytes:
    """Read until the other side closes; return what came."""
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def dripped(connection: socket.socket, data: bytes, every_s: float, for_s: float) -> None:
    """Send a byte now and then until the other side has closed, or for so long."""
    begun_s = time.monotonic()
    connection.settimeout(every_s)
    for byte in data:
        if time.monotonic() - begun_s > for_s:
            return
        try:
            connection.sendall(bytes([byte]))
            if not connection.recv(65_536):
                break
        except TimeoutError:
            continue
        except OSError:
            break


def test_a_proper_request_is_answered_again_and_again(patient: Running) -> None:
    with patient.connect() as connection:
        for _ in range(3):
            connection.sendall(REQUEST)
            answer = answer_of(connection)
            assert answer.startswith(b"HTTP/1.1 200") and b"x-content-type-options: nosniff" in answer
            assert b"server:" not in answer.lower()
            time.sleep(0.2)


def test_a_header_that_never_ends_is_cut_off(running: Running) -> None:
    with timed() as took, running.connect() as connection:
        dripped(connection, REQUEST[:-2] + b"X: y\r\n" * 100, 0.05, 5)
    assert QUICK.header_s * 0.5 < took.wall_s and took.own_s < 2


def test_a_silent_header_is_answered_with_408(running: Running) -> None:
    with timed() as took, running.connect() as connection:
        connection.sendall(REQUEST[:20])
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 408") and b"connection: close" in answer and took.own_s < 2


def test_a_connection_that_says_nothing_is_closed(running: Running) -> None:
    with timed() as took, running.connect() as connection:
        answer = until_closed(connection)
    assert answer == b"" and QUICK.idle_s * 0.5 < took.wall_s and took.own_s < 2.5


def test_an_answered_connection_that_falls_silent_is_closed(running: Running) -> None:
    with timed() as took, running.connect() as connection:
        connection.sendall(REQUEST)
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 200") and took.own_s < 3


@pytest.mark.parametrize("every_s", [0.02, 0.2])
def test_a_body_below_the_floor_is_cut_off(every_s: float, running: Running) -> None:
    head = b"POST /v1/login HTTP/1.1\r\nHost: centre.test\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
    with timed() as took, running.connect() as connection:
        connection.sendall(head)
        dripped(connection, b" " * 60_000, every_s, 6)
    assert took.own_s < 3


def test_a_body_that_never_comes_is_answered_with_408(running: Running) -> None:
    with timed() as took, running.connect() as connection:
        connection.sendall(b"POST /v1/login HTTP/1.1\r\nHost: centre.test\r\nContent-Length: 100\r\n\r\n{")
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 408") and took.own_s < 3


def test_a_huge_header_is_refused(patient: Running) -> None:
    with timed() as took, patient.connect() as connection:
        connection.sendall(REQUEST[:-2] + b"X: " + b"y" * 30_000)
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 431") and took.own_s < 0.35
    with patient.connect() as connection:
        connection.sendall(REQUEST[:-2] + b"X: " + b"y" * 30_000 + b"\r\n\r\n")
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("length", [b"Content-Length: 70000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_huge_body_is_refused_while_it_comes(length: bytes, patient: Running) -> None:
    body = b"11170\r\n" + b" " * 70_000 + b"\r\n0\r\n\r\n" if b"chunked" in length else b" " * 70_000
    with patient.connect() as connection:
        connection.sendall(
            b"POST /v1/login HTTP/1.1\r\nHost: centre.test\r\nContent-Type: application/json\r\n" + length + b"\r\n"
        )
        with contextlib.suppress(OSError):
            connection.sendall(body)
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(request_: bytes, patient: Running) -> None:
    with patient.connect() as connection:
        connection.sendall(request_)
        answer = until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 400") and b"content-security-policy" in answer


def test_a_websocket_is_not_spoken(patient: Running) -> None:
    with patient.connect() as connection:
        connection.sendall(
            b"GET /v1/stream HTTP/1.1\r\nHost: centre.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        answer = answer_of(connection)
    assert answer.startswith(b"HTTP/1.1 401")


def test_one_address_has_so_many_connections_and_no_more(world: World) -> None:
    made = Running(world, PATIENT, most=5)
    try:
        held = [made.connect() for _ in range(5)]
        with made.connect() as refused:
            answer = until_closed(refused)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 429")
        for connection in held:
            connection.close()
        end_s = time.monotonic() + LONG_S
        while made.book.held and time.monotonic() < end_s:
            time.sleep(0.01)
        with made.connect() as again:
            again.sendall(REQUEST)
            assert answer_of(again).startswith(b"HTTP/1.1 200")
    finally:
        made.stop()


def test_connections_are_counted_for_whom_they_belong_to(world: World) -> None:
    made = Running(world, PATIENT, most=3)
    tokens = [world.person(Role.VIEWER, name) for name in ("ann", "bob")]
    try:
        held, statuses = [], []
        for token in tokens * 4:
            connection = made.connect()
            held.append(connection)
            connection.sendall(
                b"GET /v1/me HTTP/1.1\r\nHost: c\r\nAuthorization: "
                + bearer(token)["Authorization"].encode()
                + b"\r\n\r\n"
            )
            statuses.append(answer_of(connection)[9:12])
        assert statuses == [b"200"] * 6 + [b"429"] * 2
        for connection in held:
            connection.close()
    finally:
        made.stop()


def test_a_handshake_that_never_ends_is_cut_off(world: World, tmp_path: Path) -> None:
    made = Running(world, PATIENT, tls=write_certificate(tmp_path))
    try:
        trust = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        with trust.wrap_socket(made.connect(), server_hostname="localhost") as proper:
            assert proper.version() == "TLSv1.3"
            proper.sendall(REQUEST)
            assert answer_of(proper).startswith(b"HTTP/1.1 200")
        older = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            older.wrap_socket(made.connect(), server_hostname="localhost")
        with timed() as took, made.connect() as silent:
            silent.settimeout(HANDSHAKE_S + LONG_S)
            until_closed(silent)
        assert took.own_s < HANDSHAKE_S + 2
    finally:
        made.stop()


def test_a_stop_ends_streams_and_waits_for_answers(world: World) -> None:
    made = Running(world, QUICK)
    token = world.person(Role.VIEWER, "ann")
    connection = made.connect()
    connection.sendall(
        b"GET /v1/stream HTTP/1.1\r\nHost: c\r\nAuthorization: " + bearer(token)["Authorization"].encode() + b"\r\n\r\n"
    )
    assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    with timed() as took:
        made.stop()
        rest = until_closed(connection)
    assert b"event: end" in rest and took.own_s < 5
    connection.close()
