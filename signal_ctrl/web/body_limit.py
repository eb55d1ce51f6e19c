"""How long a body may be, counted while it comes in, and what a path may hold."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signal_ctrl.domain.errors import InvalidInputError, TooLargeError
from signal_ctrl.web.metrics import Metrics

MAX_BYTES: Final = 64 << 10
NETWORK_PATH: Final = "/v1/network"
NETWORK_MAX_BYTES: Final = 8 << 20
ROADS_PATH: Final = "/v1/roads"
ROADS_MAX_BYTES: Final = 32 << 20
BUSES_PATH: Final = "/v1/buses"
BUSES_MAX_BYTES: Final = 8 << 20
UNITS_PATH: Final = "/v1/units"
UNITS_MAX_BYTES: Final = 4 << 20
FEED_MAX_BYTES: Final = 1 << 20
PARKING_READINGS_PATH: Final = "/v1/parking/readings"
PARKING_DOCUMENTS: Final = "/v1/parking/documents/"
LARGER: Final[Mapping[str, int]] = {
    NETWORK_PATH: NETWORK_MAX_BYTES,
    ROADS_PATH: ROADS_MAX_BYTES,
    BUSES_PATH: BUSES_MAX_BYTES,
    UNITS_PATH: UNITS_MAX_BYTES,
    PARKING_READINGS_PATH: FEED_MAX_BYTES,
    **{f"{PARKING_DOCUMENTS}{name}": NETWORK_MAX_BYTES for name in ("facilities", "signs", "roads")},
}
"""Paths whose bodies may be longer; their routes read the body after they know who asks."""
_OF_FEEDS: Final = re.compile(r"/v1/feeds/[A-Za-z0-9._-]{1,64}/observations")
MAX_PATH: Final = 512
MAX_QUERY: Final = 2048


class BodyLimit:
    """Refuses bodies that are too long, packed bodies, and paths that no route has."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises: InvalidInputError; TooLargeError, also while the body is being read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        check_path(scope)
        most = most_of(scope["path"])
        if _promised(scope) > most:
            raise self._too_large(most)
        taken, answering = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most and answering:
                return {"type": "http.disconnect"}  # too late for a refusal: a stream that is sent things is ended
            if taken > most:
                raise self._too_large(most)
            return message

        async def noticed(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        await self._app(scope, counted, noticed)

    def _too_large(self, most: int) -> TooLargeError:
        self._metrics.refused.labels("body").inc()
        return TooLargeError(f"the body is longer than {most} bytes")


def most_of(path: str) -> int:
    """Return how many bytes the body of a request to a path may have.

    >>> most_of("/v1/feeds/bus-1/observations"), most_of("/v1/alarms")
    (1048576, 65536)
    """
    return FEED_MAX_BYTES if _OF_FEEDS.fullmatch(path) else LARGER.get(path, MAX_BYTES)


def check_path(scope: Scope) -> None:
    """Refuse what no route has: control characters, steps upwards, paths and queries without end, packed bodies.

    Raises: InvalidInputError.
    """
    path, query = scope["path"], scope.get("query_string", b"")
    if len(path) > MAX_PATH or len(query) > MAX_QUERY:
        raise InvalidInputError(f"a path has at most {MAX_PATH} characters, a query {MAX_QUERY}")
    if b"%00" in query or not path.isprintable() or "\\" in path or ".." in path.split("/") or "\ufffd" in path:
        raise InvalidInputError("the path or the query holds characters or steps that no route has")
    if any(name == b"content-encoding" and value.strip().lower() != b"identity" for name, value in scope["headers"]):
        raise InvalidInputError("bodies are taken unpacked only; leave out Content-Encoding")


def _promised(scope: Scope) -> int:
    """Return the length that the request announces; 0 where it does not."""
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(said) if said.isdigit() and len(said) < 19 else 0
