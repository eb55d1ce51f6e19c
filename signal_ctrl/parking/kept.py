"""What the service keeps of readings and facilities: documents, batches, states, samples."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.shelves import ShelfSpec
from signal_ctrl.parking.occupancy import SAMPLE_MS, OccupancySample

READINGS_KEPT_MS: Final = 30 * 86_400_000
"""Raw readings are kept so long (SAFETY part D, retention). [ms]"""
SAMPLES_KEPT_MS: Final = 3 * 366 * 86_400_000
"""Totals of five minutes are kept so long (SAFETY part D, retention). [ms]"""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document in force: of facilities, of signs, of roads. `name`, which of them. [ms]"""

    name: str
    at_utc_ms: int
    by: str
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class StoredReadings:
    """A batch as it came. `number`, in which order batches were taken; `packed`, its body, zlib in base64. [ms]"""

    key: str
    number: int
    received_utc_ms: int
    digest: str
    packed: str
    receipt: str


@dataclass(frozen=True, slots=True)
class StoredState:
    """The state of one facility after the batches up to `number`; `document` is JSON. [ms]"""

    facility: str
    at_utc_ms: int
    number: int
    document: str


DOCUMENTS: Final = ShelfSpec(
    "parking_documents",
    StoredDocument,
    key=lambda d: d.name,
    at_utc_ms=lambda d: d.at_utc_ms,
    columns={"sha256": lambda d: d.sha256},
    large=True,
)
READINGS: Final = ShelfSpec(
    "parking_readings",
    StoredReadings,
    key=lambda b: b.key,
    at_utc_ms=lambda b: b.received_utc_ms,
    columns={},
    large=True,
)
STATES: Final = ShelfSpec(
    "parking_states",
    StoredState,
    key=lambda s: s.facility,
    at_utc_ms=lambda s: s.at_utc_ms,
    columns={},
    large=True,
)
SAMPLES: Final = ShelfSpec(
    "parking_samples",
    OccupancySample,
    key=lambda s: f"{s.facility}@{s.at_utc_ms // SAMPLE_MS}",
    at_utc_ms=lambda s: s.at_utc_ms,
    columns={"facility": lambda s: s.facility},
)
