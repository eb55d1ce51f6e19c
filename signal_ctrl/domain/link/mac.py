"""The code over each request and answer of the link: HMAC-SHA-256 with a key that one cabinet shares with the centre.

A request's code covers method, path, query, body, time, nonce, boot id and cabinet; an answer's covers its status, the
nonce of the request, its headers that count and its body, so that an old answer fits no new request.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, NamedTuple

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.identity import is_boot_id, is_nonce
from signal_ctrl.domain.link.overrides import LATEST_MS
from signal_ctrl.domain.schedule import is_name

KEY_BYTES: Final = 32
WINDOW_MS: Final = 30_000
"""A request whose time is farther from the centre's clock than this is refused. SAFETY part B. [ms]"""
CABINET: Final = "Signal-Ctrl-Cabinet"
TIME: Final = "Signal-Ctrl-Time"
NONCE: Final = "Signal-Ctrl-Nonce"
BOOT: Final = "Signal-Ctrl-Boot"
MAC: Final = "Signal-Ctrl-Mac"
ANSWER_MAC: Final = "Signal-Ctrl-Answer-Mac"
ANSWER_TIME: Final = "Signal-Ctrl-Answer-Time"
SIGNATURE: Final = "Signal-Ctrl-Signature"
_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_MOST_TIME_DIGITS: Final = 13


class Asked(NamedTuple):
    """What of a request the code covers beside its stamp. `path` and `query` as they stand in the request line."""

    method: str
    path: str
    query: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who asks and when: cabinet, its wall time [ms], a fresh nonce, the id of its present start."""

    cabinet: str
    time_utc_ms: int
    nonce: str
    boot: str

    def __post_init__(self) -> None:
        if not is_name(self.cabinet) or not is_nonce(self.nonce) or not is_boot_id(self.boot):
            raise InvalidInputError("a stamp needs the name of a cabinet, and nonce and boot id as 32 digits of hex")
        if not 0 <= self.time_utc_ms <= LATEST_MS:
            raise InvalidInputError("the time of a stamp is in milliseconds of UTC")


class Answered(NamedTuple):
    """What of an answer the code covers beside the nonce of the request. `etag` without quotes."""

    status: int
    time_utc_ms: int
    etag: str = ""
    signature: str = ""
    body: bytes = b""


def request_mac(key: bytes, stamp: Stamp, asked: Asked) -> str:
    """Return the code of a request, in hex."""
    lines = (
        "signal-ctrl request 1", asked.method, asked.path, asked.query, _digest(asked.body),
        str(stamp.time_utc_ms), stamp.nonce, stamp.boot, stamp.cabinet,
    )  # fmt: skip
    return _code(key, lines)


def answer_mac(key: bytes, nonce: str, answered: Answered) -> str:
    """Return the code of an answer to the request with this nonce, in hex."""
    lines = (
        "signal-ctrl answer 1", str(answered.status), nonce, str(answered.time_utc_ms), answered.etag,
        answered.signature, _digest(answered.body),
    )  # fmt: skip
    return _code(key, lines)


def same_code(one: str, other: str) -> bool:
    """Return whether two codes are alike, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def stamp_of(cabinet: str, time_text: str, nonce: str, boot: str) -> Stamp:
    """Return the stamp of header values. Raises: InvalidInputError if they are none."""
    if not (time_text.isascii() and time_text.isdigit() and len(time_text) <= _MOST_TIME_DIGITS):
        raise InvalidInputError(f"the time of a stamp has up to {_MOST_TIME_DIGITS} digits, in milliseconds of UTC")
    return Stamp(cabinet, int(time_text), nonce, boot)


def stamp_headers(key: bytes, stamp: Stamp, asked: Asked) -> dict[str, str]:
    """Return the headers that a request carries."""
    return {
        CABINET: stamp.cabinet,
        TIME: str(stamp.time_utc_ms),
        NONCE: stamp.nonce,
        BOOT: stamp.boot,
        MAC: request_mac(key, stamp, asked),
    }


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if body else _EMPTY


def _code(key: bytes, lines: tuple[str, ...]) -> str:
    return hmac.digest(key, "\n".join(lines).encode("utf-8", "surrogateescape"), "sha256").hex()
