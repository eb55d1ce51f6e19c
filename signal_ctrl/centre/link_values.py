"""What the centre keeps of its links: keys, starts of cabinets, batches of reports, acknowledgements, doubles."""

from dataclasses import dataclass
from typing import NamedTuple

from signal_ctrl.domain.link.reports import Gap


@dataclass(frozen=True, slots=True)
class LinkKey:
    """A key of a cabinet, sealed. It counts from a time on until it is revoked or replaced, if ever. [ms]"""

    cabinet: str
    key_id: str
    sealed: str
    from_utc_ms: int
    until_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a cabinet: the first stamp seen of it, and up to which number its batches are complete. [ms]"""

    cabinet: str
    boot: str
    first_stamp_utc_ms: int
    contiguous: int = 0
    banned: bool = False


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch as it came: its bytes, their hash, the answer that was given; `old` and `late` mark it. [ms]

    `old`: the cabinet marked it so, as it was made long before; `late`: it came out of order.
    """

    cabinet: str
    boot: str
    sequence: int
    digest: str
    body: bytes
    answer: bytes
    received_utc_ms: int
    old: bool
    late: bool


@dataclass(frozen=True, slots=True)
class StoredAck:
    """An acknowledgement as it came, under its key. [ms]"""

    cabinet: str
    epoch: int
    revision: int
    state: str
    boot: str
    digest: str
    received_utc_ms: int


@dataclass(frozen=True, slots=True)
class Double:
    """A cabinet that is there twice, until an operator names the true one. [ms]"""

    cabinet: str
    boots: tuple[str, ...]
    since_utc_ms: int
    why: str


class Lost(NamedTuple):
    """A gap as it was told, and by which cabinet."""

    cabinet: str
    gap: Gap
