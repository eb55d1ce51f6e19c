"""Requests with their code, and whether an answer is the centre's answer to just this request."""

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.domain.link.mac import (
    ANSWER_MAC,
    ANSWER_TIME,
    SIGNATURE,
    Answered,
    Asked,
    Stamp,
    answer_mac,
    same_code,
    stamp_headers,
)
from signal_ctrl.domain.secrecy import RandomBytes


class Signer:
    """Signs for one start of one cabinet."""

    def __init__(self, cabinet: str, key: bytes, boot: str, clock: Clock, random_bytes: RandomBytes) -> None:
        self.cabinet = cabinet
        self.boot = boot
        self._key = key
        self._clock = clock
        self._random_bytes = random_bytes

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"", etag: str = "") -> Ask:
        """Return a request with its headers. Args: etag, of what is here already."""
        nonce = self._random_bytes(ID_BYTES).hex()
        stamp = Stamp(self.cabinet, self._clock.utc_ms(), nonce, self.boot)
        headers = stamp_headers(self._key, stamp, Asked(method, path, query, body))
        if etag:
            headers["If-None-Match"] = f'"{etag}"'
        if body:
            headers["Content-Type"] = "application/json"
        return Ask(method, path, query, body, headers, nonce)

    def time_of(self, ask: Ask, answer: Answer) -> int | None:
        """Return the centre's time of an answer [ms], None if it is not the centre's answer to this request."""
        text = answer.header(ANSWER_TIME)
        if not (text.isascii() and text.isdigit() and len(text) <= 13):
            return None
        answered = Answered(
            answer.status, int(text), answer.header("etag").strip('"'), answer.header(SIGNATURE), answer.body
        )
        genuine = same_code(answer_mac(self._key, ask.nonce, answered), answer.header(ANSWER_MAC))
        return int(text) if genuine else None
