"""The cabinet's HTTP client: one connection that is kept, bounded in time and size, TLS except on this machine."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

import httpx

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.domain.errors import BackendLostError, InvalidInputError
from signal_ctrl.domain.link.orders import MAX_ORDERS_BYTES

TIMEOUT_S: Final = 5.0
"""For a connection, for each read, for each write. [s]"""
MOST_BYTES: Final = 2 * MAX_ORDERS_BYTES


class CabinetWire:
    """Carries requests to one centre."""

    def __init__(self, centre: str, authority: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        """Args: centre, its address; authority, file with the certificate that signs the centre's, if not a known one.

        Raises: InvalidInputError for an address that is none, or not protected.
        """
        verify: bool | str = True if authority is None else authority
        try:
            self._client = httpx.Client(
                base_url=checked(centre), timeout=timeout_s, verify=verify, follow_redirects=False, trust_env=False
            )
        except (OSError, ValueError) as error:
            raise InvalidInputError(f"cannot use the certificate {authority}: {error}") from error

    def carry(self, ask: Ask) -> Answer:
        """Return the answer to a request. Raises: BackendLostError if there is none, or it is too long."""
        try:
            with self._client.stream(ask.method, ask.target, headers=dict(ask.headers), content=ask.body) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise BackendLostError(f"an answer of more than {MOST_BYTES} bytes")
                return Answer(response.status_code, dict(response.headers), bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise BackendLostError(f"{self._client.base_url} does not answer: {why}") from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


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
