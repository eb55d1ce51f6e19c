"""Acknowledgements: what a cabinet has made of its orders."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.identity import is_boot_id
from signal_ctrl.domain.link.orders import Version, is_sha256
from signal_ctrl.domain.link.overrides import LATEST_MS
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site_parts import is_whole

FORMAT: Final = "signal-ctrl acknowledgement 1"
MAX_REASONS: Final = 32
MAX_REASON_CHARACTERS: Final = 500
_KEYS: Final = ("format", "cabinet", "boot", "epoch", "revision", "etag", "state", "reasons", "at_utc_ms")


class AckState(Enum):
    """How far orders have come: here, stored and to be followed, followed, or never to be."""

    RECEIVED = "received"
    STAGED = "staged"
    ACTIVE = "active"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One state of one version of orders, as one start (`boot`) of a cabinet tells it. `reasons` of REJECTED only."""

    cabinet: str
    boot: str
    version: Version
    etag: str
    state: AckState
    at_utc_ms: int
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.cabinet) or not is_boot_id(self.boot) or not is_sha256(self.etag):
            raise InvalidInputError("an acknowledgement needs the cabinet, its boot id and the ETag of the orders")
        if not all(is_whole(number, (1, 1 << 53)) for number in self.version):
            raise InvalidInputError(f"an acknowledgement needs epoch and revision from 1 on, got {tuple(self.version)}")
        if not is_whole(self.at_utc_ms, (0, LATEST_MS)):
            raise InvalidInputError("an acknowledgement needs its time in whole milliseconds of UTC")
        if bool(self.reasons) != (self.state is AckState.REJECTED) or len(self.reasons) > MAX_REASONS:
            raise InvalidInputError(f"1 to {MAX_REASONS} reasons go with 'rejected' and with nothing else")
        if not all(isinstance(r, str) and 0 < len(r) <= MAX_REASON_CHARACTERS for r in self.reasons):
            raise InvalidInputError(f"a reason has 1 to {MAX_REASON_CHARACTERS} characters")

    @property
    def key(self) -> tuple[str, int, int, str]:
        """What makes it one: cabinet, epoch, revision, state."""
        return (self.cabinet, *self.version, self.state.value)


def ack_to_bytes(ack: Acknowledgement) -> bytes:
    """Return the canonical document."""
    document = {
        "format": FORMAT,
        "cabinet": ack.cabinet,
        "boot": ack.boot,
        "epoch": ack.version.epoch,
        "revision": ack.version.revision,
        "etag": ack.etag,
        "state": ack.state.value,
        "reasons": list(ack.reasons),
        "at_utc_ms": ack.at_utc_ms,
    }
    return canonical(document).encode()


def ack_from_bytes(data: bytes) -> Acknowledgement:
    """Return the acknowledgement of a document. Raises: InvalidInputError if it is none."""
    try:
        document = read_document(data.decode("ascii"), "acknowledgement", FORMAT)
        return _ack(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"no acknowledgement: {why(error)}") from error


def _ack(document: dict[str, Any]) -> Acknowledgement:
    exactly(document, _KEYS)
    return Acknowledgement(
        cabinet=text_of(document["cabinet"]),
        boot=text_of(document["boot"]),
        version=Version(whole(document["epoch"]), whole(document["revision"])),
        etag=text_of(document["etag"]),
        state=AckState(document["state"]),
        at_utc_ms=whole(document["at_utc_ms"]),
        reasons=tuple(text_of(reason) for reason in items_of(document["reasons"])),
    )
