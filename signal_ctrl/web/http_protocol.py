"""HTTP/1.1 as uvicorn speaks it, with limits on those who are slow or many (SAFETY part E, slow-loris).

A request's headers have 5 s from their first byte and 16 KiB; its body has 10 s, and 512 B/s after a second's grace; a
connection on which nothing happens has 30 s, and so has one that takes no answer. WebSockets are not spoken.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from signal_ctrl.web.connections import CONNECTION, ConnectionBook
from signal_ctrl.web.outer import HEADERS


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what, and how much is taken. [s] [B/s] [B]"""

    header_s: float = 5.0
    body_s: float = 10.0
    idle_s: float = 30.0
    floor_bytes_s: int = 512
    grace_s: float = 1.0
    header_bytes: int = 16 << 10


class PatientProtocol(HttpToolsProtocol):
    """One connection. `patience` and `book` are set by `protocol_of`."""

    patience = Patience()
    book = ConnectionBook()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._key: str | None = None
        self._header_bytes = 0
        self._in_header = True
        self._header_waits = self._in_body = False
        self._body_bytes = 0
        self._body_begun_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, and close it at once if there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]  # as uvicorn itself does
        self._key = self.book.open(self.client[0] if self.client else "local")
        if self._key is None:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)
            return
        self._timer = self.loop.call_later(self.patience.idle_s, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        if self._stalled is not None:
            self._stalled.cancel()
        if self._key is not None:
            self.book.close(self._key)
            self._key = None
        super().connection_lost(exc)

    def belongs_to(self, owner: str) -> bool:
        """Count the connection for its owner from now on."""
        key = None if self._key is None else self.book.move(self._key, owner)
        if key is None:
            self.cycle.keep_alive = False
            return False
        self._key = key
        return True

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self.transport.is_closing():
            return
        if self._in_header:
            self._header_bytes += len(data)
        super().data_received(data)
        if not self.transport.is_closing():
            self._wait()

    def _wait(self) -> None:
        """Begin to wait for what is missing of a request; most come whole, and then for nothing."""
        if not self._in_header:
            if not self._in_body:
                self._in_body = True
                self._wait_for_body()
        elif self._header_bytes > self.patience.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._header_bytes and not self._header_waits:
            self._header_waits = True
            self._stop_waiting()
            self._timer = self.loop.call_later(self.patience.header_s, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def on_headers_complete(self) -> None:
        """Refuse a header that is too long; what comes next is the body."""
        self._stop_waiting()
        self._in_header = self._header_waits = False
        self._header_bytes = 0
        self._body_bytes = 0
        self._body_begun_s = self.loop.time()
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > self.patience.header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            super().on_headers_complete()

    def on_message_begin(self) -> None:
        """Make the scope of a request know its connection."""
        super().on_message_begin()
        self.scope[CONNECTION] = self  # type: ignore[typeddict-unknown-key]

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._body_bytes += len(body)
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the wait for the body; what comes next is another request's header."""
        self._stop_waiting()
        self._in_header, self._in_body = True, False
        if self.cycle is not None:
            super().on_message_complete()

    def pause_writing(self) -> None:
        """Begin to wait for somebody who takes no answer."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.patience.idle_s, self.transport.abort)

    def resume_writing(self) -> None:
        """End that wait."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _wait_for_body(self) -> None:
        """Look once a second whether the body comes fast enough."""
        passed_s = self.loop.time() - self._body_begun_s
        late = passed_s >= self.patience.body_s
        slow = passed_s > self.patience.grace_s and self._body_bytes < self.patience.floor_bytes_s * passed_s
        if late or slow:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            return
        self._stop_waiting()
        self._timer = self.loop.call_later(min(1.0, self.patience.body_s - passed_s), self._wait_for_body)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Close the connection, with an answer where none has begun."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in HEADERS)]
            lines += ["cache-control: no-store", "content-length: 0", "connection: close", "", ""]
            self.transport.write("\r\n".join(lines).encode("ascii"))
        self.transport.close()


def protocol_of(patience: Patience, book: ConnectionBook) -> type[PatientProtocol]:
    """Return the protocol of one server."""
    return type("ServedProtocol", (PatientProtocol,), {"patience": patience, "book": book})
