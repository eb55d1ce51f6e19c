"""The outermost layer: an id for each request, headers on each answer, a line in the log, and the last catch."""

import secrets
import time
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signal_ctrl.domain.errors import SignalCtrlError, TooLargeError
from signal_ctrl.web.metrics import Metrics
from signal_ctrl.web.problems import answer, problem_of

POLICY: Final = "content-security-policy"
HEADERS: Final = (
    ("strict-transport-security", "max-age=31536000"),
    (POLICY, "default-src 'self'; frame-ancestors 'none'; object-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)
GONE: Final = 499
"""Stands in the log where whoever asked did not wait for the answer."""
_UNKNOWN: Final = "unknown"
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})

log: Final = structlog.get_logger("signal_ctrl.web")


class Outer:
    """Stands around everything else of an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        begun_s = time.perf_counter()
        self._metrics.under_way.inc()
        try:
            await self._app(scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = exchange.status or GONE
        except SignalCtrlError as error:
            await self._answer(exchange, receive, error)
        except Exception as error:  # whatever it is: nobody is shown a stack, and the log has it all
            if exchange.status and isinstance(error.__cause__, TooLargeError):  # of the request of a stream
                await exchange.send({"type": "http.response.body", "body": b""})
                return
            self._metrics.faults.inc()
            log.error("fault", request=exchange.request_id, path=scope["path"], exc_info=error)
            await self._answer(exchange, receive, SignalCtrlError("unforeseen"))
        finally:
            self._metrics.under_way.dec()
            self._note(scope, exchange, time.perf_counter() - begun_s)

    async def _answer(self, exchange: "_Exchange", receive: Receive, error: SignalCtrlError) -> None:
        if exchange.status:
            raise error  # half an answer is out already; the connection is cut
        await answer(problem_of(error), exchange.request_id)(exchange.scope, receive, exchange.send)

    def _note(self, scope: Scope, exchange: "_Exchange", took_s: float) -> None:
        route = route_of(scope)
        self._metrics.requests.labels(scope["method"], route, str(exchange.status)).inc()
        self._metrics.seconds.labels(route).observe(took_s)
        if scope["path"] in _QUIET or scope.get("signal_ctrl.quiet"):
            return
        client = scope.get("client")
        log.info(
            "request",
            request=exchange.request_id,
            method=scope["method"],
            route=route,
            status=exchange.status,
            took_ms=round(took_s * 1000, 1),
            address=client[0] if client else _UNKNOWN,
            actor=scope.get("signal_ctrl.actor", ""),
        )


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.request_id = secrets.token_hex(8)
        self.status = 0
        self._send = send
        scope["signal_ctrl.request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        """Send a part of the answer, with the headers that every one has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            add_headers(message)
            if self.status == 413:
                MutableHeaders(scope=message)["connection"] = "close"
        await self._send(message)


def add_headers(message: MutableMapping[str, Any]) -> None:
    """Add the headers of SAFETY part E to the start of an answer."""
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS:
        if name != POLICY or not headers.get(POLICY, "").startswith("sandbox;"):  # a stricter one of the route's own
            headers[name] = value
    headers.setdefault("cache-control", "no-store")


def route_of(scope: Scope) -> str:
    """Return the path of the route that answered, with its parameters by name; a path of a stranger is no label."""
    route = scope.get("route")
    return str(getattr(route, "path", _UNKNOWN))
