"""What stands before the application for cabinets: it knows who asks, answers what comes often, and codes answers.

Requests without the header `Signal-Ctrl-Cabinet` pass untouched. Polls, reports and acknowledgements are nearly all the
work of a centre and need no router, so they get none, and no line in the log unless they fail; every other request of a
cabinet goes on to its route with its sender known, and its answer is coded on the way back, whatever it is.
"""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.link import Link, LinkAnswer
from signal_ctrl.centre.link_gate import Turned, Verified
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import NotLoggedInError, SignalCtrlError
from signal_ctrl.domain.link import mac
from signal_ctrl.domain.link.mac import Asked
from signal_ctrl.domain.link.reports import MAX_BATCH_BYTES
from signal_ctrl.web.body_limit import check_path
from signal_ctrl.web.connections import claim
from signal_ctrl.web.metrics import Metrics
from signal_ctrl.web.outer import HEADERS
from signal_ctrl.web.problems import MEDIA_TYPE, problem_of
from signal_ctrl.web.rates import Rates
from signal_ctrl.web.signed import Coded, again, asked_of, code_headers, headers_of, refusal, whole_body

SCOPE_KEY: Final = "signal_ctrl.link"
TIME_PATH: Final = "/v1/time"
PLAN_ROUTE: Final = "/v1/cabinets/{cabinet}/plan"
EVENTS_ROUTE: Final = "/v1/cabinets/{cabinet}/events"
ACKNOWLEDGEMENTS_ROUTE: Final = "/v1/cabinets/{cabinet}/acknowledgements"
FORETOLD_ROUTE: Final = "/v1/cabinets/{cabinet}/foretold"
OLD: Final = "old=1"
UNKNOWN: Final = "unknown"
_OFTEN: Final = {
    ("GET", "/plan"): PLAN_ROUTE,
    ("GET", "/foretold"): FORETOLD_ROUTE,
    ("POST", "/events"): EVENTS_ROUTE,
    ("POST", "/acknowledgements"): ACKNOWLEDGEMENTS_ROUTE,
}
_QUERIES: Final = {
    PLAN_ROUTE: None,
    FORETOLD_ROUTE: None,
    EVENTS_ROUTE: ("", "old=0", OLD),
    ACKNOWLEDGEMENTS_ROUTE: None,
}
"""Queries that are understood here; None: any, as none is looked at. With another one a request goes to its route."""
_CABINET: Final = mac.CABINET.lower().encode()
_HEADERS: Final = [
    *((name.encode(), value.encode()) for name, value in HEADERS),
    (b"cache-control", b"private, no-cache"),
]
_JSON: Final = b"application/json"

log: Final = structlog.get_logger("signal_ctrl.link")


@dataclass(slots=True)
class Entered:
    """Who was let in; routes find it in the scope."""

    link: Link
    verified: Verified


_NOTHING: Final = Asked("", "", "")


@dataclass(slots=True)
class _Request:
    """What is known of a request so far. `route` is empty for one that is not answered here."""

    asked: Asked = _NOTHING
    verified: Verified | None = None
    route: str = ""

    def names(self) -> tuple[str, str]:
        """Return method and route, for metrics: what a stranger wrote is no label."""
        return (self.asked.method if self.route else UNKNOWN, self.route or UNKNOWN)


class LinkFront:
    """Stands around the application."""

    def __init__(self, app: ASGIApp, link: Link, clock: Clock, rates: Rates, metrics: Metrics) -> None:
        self._app = app
        self._link = link
        self._clock = clock
        self._rates = rates
        self._metrics = metrics
        self._counted = cache(metrics.requests.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a poll, or pass a request on."""
        if scope["type"] != "http" or not any(name == _CABINET for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        request = _Request()
        try:
            is_answered = await self._take(request, scope, receive, send)
        except SignalCtrlError as error:
            await self._fail(scope, send, request, error)
        except Exception as error:  # nobody is shown a stack, and the log has it all
            self._metrics.faults.inc()
            log.error("fault", path=scope["path"], exc_info=error)
            await self._fail(scope, send, request, SignalCtrlError("unforeseen"))
        else:
            if not is_answered and request.verified is not None:
                scope[SCOPE_KEY] = Entered(self._link, request.verified)
                coded = Coded(send, request.verified, self._clock)
                await self._app(scope, again(request.asked.body, receive), coded.send)

    async def _take(self, request: "_Request", scope: Scope, receive: Receive, send: Send) -> bool:
        """Find out who asks and answer what is answered here; return whether it was."""
        headers = headers_of(scope["headers"], _CABINET)
        asked = asked_of(scope, await whole_body(receive, MAX_BATCH_BYTES))
        request.asked = asked
        if asked.method == "GET" and asked.path == TIME_PATH:
            request.verified = self._link.gate.genuine(headers, asked)
            if request.verified is None:
                raise NotLoggedInError("no cabinet with this key is known here")
            await self._send(send, request.verified, self._link.time())
            return True
        entered = self._link.enter(headers, asked)
        if isinstance(entered, Turned):
            await self._turn(scope, send, entered)
            return True
        claim(scope, f"cabinet {entered.stamp.cabinet}")
        request.verified = entered
        request.route = _route(asked, entered.stamp.cabinet)
        if not request.route:
            return False
        self._rates.take(Actor(entered.stamp.cabinet, Role.CABINET))
        answer = await self._answer(request.route, entered, asked, scope)
        self._counted(asked.method, request.route, str(answer.status)).inc()
        await self._send(send, entered, answer)
        return True

    async def _answer(self, route: str, verified: Verified, asked: Asked, scope: Scope) -> LinkAnswer:
        """Answer what comes often. What is written is durable when this returns."""
        if route == PLAN_ROUTE:
            return self._link.poll(verified, _etag(scope["headers"]), asked.query)
        if route == FORETOLD_ROUTE:
            return self._link.foretell(verified)
        check_path(scope)
        begun_s = time.perf_counter()
        if route == EVENTS_ROUTE:
            answer = await self._link.report(verified, asked.body, asked.query == OLD)
        else:
            answer = await self._link.acknowledge(verified, asked.body)
        self._metrics.seconds.labels(route).observe(time.perf_counter() - begun_s)
        return answer

    async def _turn(self, scope: Scope, send: Send, turned: Turned) -> None:
        """Refuse; who has the right key learns why, and the centre's time."""
        self._metrics.refused.labels(f"cabinet_{turned.why.value}").inc()
        error_id = _noted(scope, 401, turned.verified, turned.why.value)
        document = refusal(turned.why, "cabinet", self._clock.utc_ms(), error_id)
        await self._send(send, turned.verified, LinkAnswer(401, canonical(document).encode()), MEDIA_TYPE.encode())

    async def _fail(self, scope: Scope, send: Send, request: "_Request", error: SignalCtrlError) -> None:
        problem = problem_of(error)
        error_id = _noted(scope, problem.status.value, request.verified, f"{problem.kind}: {error}")
        body = canonical(problem.document(error_id)).encode()
        more = [] if problem.retry_after_s is None else [(b"retry-after", str(problem.retry_after_s).encode())]
        self._counted(*request.names(), str(problem.status.value)).inc()
        await self._send(send, request.verified, LinkAnswer(problem.status.value, body), MEDIA_TYPE.encode(), more)

    async def _send(
        self,
        send: Send,
        verified: Verified | None,
        answer: LinkAnswer,
        media: bytes = _JSON,
        more: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        headers = [*_HEADERS, *more]
        if answer.body or answer.status != 304:
            headers += [(b"content-type", media), (b"content-length", str(len(answer.body)).encode())]
        if answer.etag:
            headers.append((b"etag", f'"{answer.etag}"'.encode()))
        if answer.signature:
            headers.append((mac.SIGNATURE.lower().encode(), answer.signature.encode()))
        if verified is not None:
            headers += code_headers(verified, self._clock, answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _noted(scope: Scope, status: int, verified: Verified | None, why: str) -> str:
    """Write a refusal down and return the id under which it stands in the log; who asks is named if that is proved."""
    error_id, client = secrets.token_hex(8), scope.get("client")
    log.info(
        "request",
        request=error_id,
        method=scope["method"],
        route="link",
        status=status,
        address=client[0] if client else "unknown",
        actor=verified.stamp.cabinet if verified is not None else "",
        why=why,
    )
    return error_id


def _route(asked: Asked, cabinet: str) -> str:
    """Return the route of what a cabinet asks often of itself, else nothing."""
    head = f"/v1/cabinets/{cabinet}"
    if not asked.path.startswith(head):
        return ""
    route = _OFTEN.get((asked.method, asked.path[len(head) :]), "")
    queries = _QUERIES.get(route)
    return route if queries is None or asked.query in queries else ""


def _etag(headers: Iterable[tuple[bytes, bytes]]) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == b"if-none-match"), "").strip('"')
