"""What stands before the application for feeds: it finds out which feed signed, and codes the answer.

Requests without the header `Signal-Ctrl-Feed` pass untouched. The others go on to their routes, where `guard` asks
`who_feeds` what was found out here; errors are answered there as everybody's are.
"""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.link_gate import LinkGate, Turned, Verified, Why
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import NotLoggedInError, ReplayedError, SignalCtrlError
from signal_ctrl.web.body_limit import FEED_MAX_BYTES
from signal_ctrl.web.signed import Coded, again, asked_of, headers_of, whole_body

FEED_HEADER: Final = "signal-ctrl-feed"
_HEADER: Final = FEED_HEADER.encode()
_FOUND: Final = "signal_ctrl.feed"


class FeedFront:
    """Stands around the application."""

    def __init__(self, app: ASGIApp, gate: LinkGate, clock: Clock, most_bytes: int = FEED_MAX_BYTES) -> None:
        self._app = app
        self._gate = gate
        self._clock = clock
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with who signed it."""
        if scope["type"] != "http" or not any(name == _HEADER for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        try:
            body = await whole_body(receive, self._most_bytes)
        except SignalCtrlError as error:
            scope[_FOUND] = error
            await self._app(scope, receive, send)
            return
        found = self._gate.enter(headers_of(scope["headers"], _HEADER), asked_of(scope, body))
        scope[_FOUND] = found
        verified = found.verified if isinstance(found, Turned) else found
        answer = send if verified is None else Coded(send, verified, self._clock).send
        await self._app(scope, again(body, receive), answer)


def who_feeds(request: Request) -> Actor:
    """Return the feed that signed a request. Raises: NotLoggedInError, ReplayedError if none did, or not now."""
    found = request.scope.get(_FOUND)
    if isinstance(found, SignalCtrlError):
        raise found
    if isinstance(found, Verified):
        return Actor(found.stamp.cabinet, Role.FEED)
    if isinstance(found, Turned) and found.why is Why.REPLAYED:
        raise ReplayedError("this request was taken before, or is older than this centre")
    if isinstance(found, Turned) and found.why is Why.CLOCK:
        raise NotLoggedInError("the time of the request is more than 30 s from the centre's; set the clock")
    raise NotLoggedInError("no feed with this key is known here")
