"""Connections of generators: kept ones on which one thing is asked after another, by a cabinet with valid codes.

They speak as little HTTP as they need, because they share two processors with the service that they load.
"""

import asyncio
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, cast

from signal_ctrl.domain.link import mac
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.mac import Answered, Asked, Stamp, answer_mac, stamp_headers

_END: Final = b"\r\n\r\n"
_NO_BODY: Final = 304
AGAIN_S: Final = 1.0
"""So long after a cut the connection is made anew. [s]"""


class Wish(NamedTuple):
    """Something to be asked: when it was due on the monotonic clock [s], what, and what comes of it."""

    due_s: float
    kind: str
    method: str
    path: str
    body: bytes
    answered: "Callable[[Wish, Reply], None]"


class Reply(NamedTuple):
    """An answer whose code is right, and when the question was sent and answered, monotonic. [s]"""

    status: int
    etag: str
    body: bytes
    sent_s: float
    at_s: float


class PlainLine(asyncio.Protocol):
    """A kept connection on which one thing is asked after another, without codes. `failed` is told what goes wrong."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        self.etag = ""
        self.waiting: deque[Wish] = deque()
        self.is_ended = False
        self._failed = failed
        self._transport: asyncio.Transport | None = None
        self._open: Wish | None = None
        self._sent_s = self._again_s = 0.0
        self._buffer = b""

    @property
    def is_idle(self) -> bool:
        """Whether everything was answered."""
        return self._open is None and not self.waiting

    @property
    def wants_connection(self) -> bool:
        """Whether it has something to ask, and no connection for it; one that was cut is not made anew at once."""
        return self._transport is None and bool(self.waiting) and time.monotonic() >= self._again_s

    def open_since_s(self) -> float | None:
        """Return since when an answer is waited for, None if for none. [s, monotonic]"""
        return None if self._open is None else self._sent_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to ask."""
        self._transport = cast(asyncio.Transport, transport)
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note what was not answered; it is asked again on the next connection."""
        self._transport, self._buffer = None, b""
        self._again_s = time.monotonic() + AGAIN_S
        if self._open is not None:
            self.waiting.appendleft(self._open)
            self._open = None
        if not self.is_ended:
            self._failed("cut")

    def cut(self) -> None:
        """Give a connection up on which no answer comes."""
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """Close the connection for good."""
        self.is_ended = True
        if self._transport is not None:
            self._transport.close()

    def ask(self, wish: Wish) -> None:
        """Ask something, at once or when what is under way was answered."""
        self.waiting.append(wish)
        self._send_next()

    def _send_next(self) -> None:
        if self._open is not None or not self.waiting or self._transport is None:
            return
        wish = self._open = self.waiting.popleft()
        self._sent_s = time.monotonic()
        lines = [f"{wish.method} {wish.path} HTTP/1.1", "host: centre", *self._stamped(wish)]
        if wish.method == "GET" and self.etag:
            lines.append(f'if-none-match: "{self.etag}"')
        if wish.method == "POST":
            lines += ["content-type: application/json", f"content-length: {len(wish.body)}"]
        self._transport.write("\r\n".join((*lines, "", "")).encode("ascii") + wish.body)

    def _stamped(self, _wish: Wish) -> Iterable[str]:
        """Return the headers that say who asks."""
        return ()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self._buffer += data
        end = self._buffer.find(_END)
        if end < 0 or self._open is None:
            return
        status, found = _head(self._buffer[:end])
        begin = end + len(_END)
        length = 0 if status == _NO_BODY else int(found.get("content-length", "0"))
        if len(self._buffer) < begin + length:
            return
        body, self._buffer = self._buffer[begin : begin + length], self._buffer[begin + length :]
        self._take(status, found, body)

    def _take(self, status: int, found: dict[str, str], body: bytes) -> None:
        wish, at_s = self._open, time.monotonic()
        self._open = None
        etag = found.get("etag", "").strip('"')
        if not self._is_genuine(status, found, body):
            self._failed(f"{status} without a right code")
        elif wish is not None:
            wish.answered(wish, Reply(status, etag, body, self._sent_s, at_s))
        self._send_next()

    def _is_genuine(self, _status: int, _found: dict[str, str], _body: bytes) -> bool:
        """Whether an answer comes from who was asked."""
        return True


class Line(PlainLine):
    """The connection of one cabinet, which signs. An answer whose code is wrong is none."""

    def __init__(
        self, credential: Credential, boot: str, nonces: Callable[[], str], failed: Callable[[str], None]
    ) -> None:
        super().__init__(failed)
        self.cabinet = credential.cabinet
        self.boot = boot
        self._key = credential.key
        self._nonces = nonces
        self._nonce = ""

    def _stamped(self, wish: Wish) -> Iterable[str]:
        self._nonce = self._nonces()
        stamp = Stamp(self.cabinet, time.time_ns() // 1_000_000, self._nonce, self.boot)
        headers = stamp_headers(self._key, stamp, Asked(wish.method, wish.path, "", wish.body))
        return [f"{name}: {value}" for name, value in headers.items()]

    def _is_genuine(self, status: int, found: dict[str, str], body: bytes) -> bool:
        etag = found.get("etag", "").strip('"')
        answered = Answered(status, int(found.get(_TIME, "0")), etag, found.get(_SIGNATURE, ""), body)
        return hmac.compare_digest(answer_mac(self._key, self._nonce, answered), found.get(_MAC, ""))


_TIME: Final = mac.ANSWER_TIME.lower()
_MAC: Final = mac.ANSWER_MAC.lower()
_SIGNATURE: Final = mac.SIGNATURE.lower()


def _head(data: bytes) -> tuple[int, dict[str, str]]:
    """Return the status of an answer and its headers by their names in small letters."""
    first, *lines = data.decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return int(first[9:12]), {name.lower(): value for name, value in pairs}


def digest(body: bytes) -> str:
    """Return the SHA-256 of a body in hex."""
    return hashlib.sha256(body).hexdigest()
