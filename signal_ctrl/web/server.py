"""One server: uvicorn with our protocol, loop and limits, stopped gracefully."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.web.connections import ConnectionBook
from signal_ctrl.web.http_protocol import Patience, protocol_of

STOP_S: Final = 10
"""How long a stop waits for answers that are under way. [s]"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one listens, and how: `certificate` and `key` for HTTPS, `proxies` whose word about addresses is taken."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()
    book: ConnectionBook = field(default_factory=ConnectionBook)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise InvalidInputError(f"a port is 0 to 65535, got {self.port}")
        if (self.certificate is None) != (self.key is None):
            raise InvalidInputError("give both --tls-cert and --tls-key, or neither")
        for path in (self.certificate, self.key):
            if path is not None and not path.is_file():
                raise InvalidInputError(f"there is no file {path}")


class Server(uvicorn.Server):
    """uvicorn's server, which says when it begins to stop and when it listens."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[int], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen, and say on which port."""
        await super().startup(sockets)
        if self.started:
            self._on_start(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop: no new connections, answers under way are finished."""
        self._on_stop()
        await super().shutdown(sockets)


def check_place(place: Place) -> None:
    """Look whether one could listen there, before anything is made. Raises: BackendError if not."""
    try:
        family, _, _, _, address = getaddrinfo(place.host, place.port, type=SOCK_STREAM)[0]
        with socket(family, SOCK_STREAM) as tried:
            tried.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        why = error.strerror or str(error)
        raise BackendError(
            f"cannot listen on {place.host}, port {place.port}: {why}; end what has it, or choose another --port"
        ) from error


def make_server(
    app: ASGIApp,
    place: Place,
    on_start: Callable[[int], None] = lambda _port: None,
    on_stop: Callable[[], None] = lambda: None,
) -> Server:
    """Return the server of an application. Raises: InvalidInputError if certificate and key do not fit."""
    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        loop="signal_ctrl.web.loop:PatientLoop",
        http=protocol_of(place.patience, place.book),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(place.proxies),
        forwarded_allow_ips=list(place.proxies) or None,
        timeout_keep_alive=round(place.patience.idle_s),
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise InvalidInputError(f"certificate and key cannot be used: {error}") from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return Server(config, on_start, on_stop)
