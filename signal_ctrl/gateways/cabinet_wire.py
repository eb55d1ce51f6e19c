"""The cabinet's HTTP client: connections that are kept, bounded in time and size, TLS except on this machine.

Limits on each read alone bound nothing: who answers a byte every few seconds holds a client for hours. So what is left
of the time for the whole answer bounds each connection, read and write.
"""

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.domain.errors import BackendLostError, InvalidInputError
from signal_ctrl.domain.link.orders import MAX_ORDERS_BYTES

TIMEOUT_S: Final = 5.0
"""For a connection, for each read, for each write. [s]"""
WHOLE: Final = 3
"""A whole answer, the connection included, may take so many times as long."""
MOST_BYTES: Final = 2 * MAX_ORDERS_BYTES
_KEPT_S: Final = 5.0


class CabinetWire:
    """Carries requests to one centre."""

    def __init__(self, centre: str, authority: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        """Args: centre, its address; authority, file with the certificate that signs the centre's, if not a known one.

        Raises: InvalidInputError for an address that is none, or not protected.
        """
        self._centre = checked(centre).rstrip("/")
        self._timeout_s = timeout_s
        self._until = _Until()
        try:
            known = None if authority is None else ssl.create_default_context(cafile=authority)
            trust = known or httpx.create_ssl_context(trust_env=False)
        except (OSError, ValueError) as error:
            raise InvalidInputError(f"cannot use the certificate {authority}: {error}") from error
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust, keepalive_expiry=_KEPT_S, network_backend=_Network(self._until)
        )

    def carry(self, ask: Ask) -> Answer:
        """Return the answer to a request. Raises: BackendLostError if there is none in time, or it is too long."""
        self._until.ends_s = time.monotonic() + WHOLE * self._timeout_s
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        try:
            with self._pool.stream(
                ask.method,
                f"{self._centre}{ask.target}",
                headers=list(ask.headers.items()),
                content=ask.body,
                extensions={"timeout": limits},
            ) as response:
                body = bytearray()
                for part in response.iter_stream():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise BackendLostError(f"an answer of more than {MOST_BYTES} bytes")
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(response.status, headers, bytes(body))
        except (*_LOST, UnicodeError) as error:
            why = str(error) or type(error).__name__
            raise BackendLostError(f"{self._centre} does not answer: {why}") from error

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


_LOST: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.ConnectionNotAvailable,
    httpcore.UnsupportedProtocol,
)


class _Until(threading.local):
    """When the whole answer that a thread waits for has to be there, by the monotonic clock. [s]"""

    ends_s = 0.0

    def left_s(self, most_s: float | None) -> float:
        """Return the time that is left, at most what is given. Raises: httpcore.ReadTimeout if it is over."""
        left_s = self.ends_s - time.monotonic()
        if left_s <= 0.0:
            raise httpcore.ReadTimeout("the whole answer takes too long")
        return left_s if most_s is None else min(left_s, most_s)


class _Stream(httpcore.NetworkStream):
    """A connection each of whose reads and writes ends with the time for the whole."""

    def __init__(self, inner: httpcore.NetworkStream, until: _Until) -> None:
        self._inner = inner
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._until.left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._until.left_s(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._until.left_s(timeout))
        return _Stream(inner, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    def __init__(self, until: _Until) -> None:
        self._inner = httpcore.SyncBackend()
        self._until = until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = self._until.left_s(timeout)
        return _Stream(self._inner.connect_tcp(host, port, left_s, local_address, socket_options), self._until)


def checked(centre: str) -> str:
    """Return the address of a centre. Raises: InvalidInputError for one that is none, or without TLS to elsewhere."""
    try:
        parts = urlsplit(centre)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or parts.username:
        raise InvalidInputError(f"'{centre}' is no address; write https://HOST:PORT")
    if parts.scheme == "http" and not _is_here(host):
        raise InvalidInputError(f"{centre} is not protected; use https (http is for this machine alone)")
    return f"{parts.scheme}://{parts.netloc}" if port is None or port else centre


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
