"""Signed requests, whoever sends them: what their code covers, their bodies, and how answers are coded."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from signal_ctrl.centre.link import LinkAnswer
from signal_ctrl.centre.link_gate import LinkHeaders, Verified, Why
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import NotLoggedInError, TooLargeError
from signal_ctrl.domain.link import mac
from signal_ctrl.domain.link.mac import Answered, Asked, answer_mac

_CODED: Final = (b"etag", mac.SIGNATURE.lower().encode())
_STAMP: Final = tuple(name.lower().encode() for name in (mac.TIME, mac.NONCE, mac.BOOT, mac.MAC))
_ANSWER_TIME: Final = mac.ANSWER_TIME.lower().encode()
_ANSWER_MAC: Final = mac.ANSWER_MAC.lower().encode()


class Coded:
    """Codes an answer that the application gives: it is held back until it is whole."""

    def __init__(self, send: Send, verified: Verified, clock: Clock) -> None:
        self._send = send
        self._verified = verified
        self._clock = clock
        self._start: Message = {}
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take a part of the answer; send all of it with the last one."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        found = {name.lower(): value.decode("latin-1") for name, value in self._start["headers"]}
        etag, signature = (found.get(name, "").strip('"') for name in _CODED)
        answer = LinkAnswer(self._start["status"], bytes(self._body), etag, signature)
        headers = [*self._start["headers"], *code_headers(self._verified, self._clock, answer)]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": answer.body})


def code_headers(verified: Verified, clock: Clock, answer: LinkAnswer) -> list[tuple[bytes, bytes]]:
    """Return the headers that tie an answer to its request."""
    now_ms = clock.utc_ms()
    answered = Answered(answer.status, now_ms, answer.etag, answer.signature, answer.body)
    code = answer_mac(verified.key, verified.stamp.nonce, answered)
    return [
        (_ANSWER_TIME, str(now_ms).encode()),
        (_ANSWER_MAC, code.encode()),
    ]


async def whole_body(receive: Receive, most: int) -> bytes:
    """Return the body of a request. Raises: TooLargeError; NotLoggedInError if who asks has gone."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise NotLoggedInError("whoever asked is gone")
        parts += message.get("body", b"")
        if len(parts) > most:
            raise TooLargeError(f"the body is longer than {most} bytes")
        if not message.get("more_body", False):
            return bytes(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """Return a way to read a body that was read already, and then whatever comes."""
    unread = True

    async def once() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return once


def headers_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> LinkHeaders:
    """Return the headers of a signed request; one that comes twice counts as none. Args: name, of who signs."""
    places = _places(name)
    found: list[str | None] = [None] * len(places)
    for key, value in headers:
        place = places.get(key)
        if place is not None:
            found[place] = value.decode("latin-1") if found[place] is None else ""
    return LinkHeaders(*(text or "" for text in found))


@cache
def _places(name: bytes) -> dict[bytes, int]:
    """Return where in its headers what a signed request carries stands; worked out once, as each poll needs it."""
    return {key: place for place, key in enumerate((name, *_STAMP))}


def asked_of(scope: Scope, body: bytes) -> Asked:
    """Return what the code of a request covers, path and query as they stood in the request line."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return Asked(scope["method"], raw.decode("latin-1").split("?", 1)[0], scope["query_string"].decode("latin-1"), body)


def refusal(why: Why, who: str, now_utc_ms: int, error_id: str) -> dict[str, object]:
    """Return the problem that says why nobody is let in, and the centre's time. Args: who, as `cabinet`. [ms]"""
    detail = {
        Why.UNKNOWN: f"no {who} with this key is known here",
        Why.CLOCK: "the time of the request is too far from the centre's; ask /v1/time",
        Why.REPLAYED: "this request was taken before, or is older than this centre",
    }
    return {
        "type": f"/problems/{why.value}",
        "title": "Unauthorized",
        "status": 401,
        "detail": detail[why],
        "server_utc_ms": now_utc_ms,
        "error_id": error_id,
    }
