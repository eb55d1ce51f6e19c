"""Faults: what is wrong with equipment, as cabinets report it, and what becomes of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError

KEPT_PER_CABINET: Final = 3_000
"""At least so many records of faults stay for each cabinet. SAFETY parts A (K6) and D, after GB 25280."""


class Facility(Enum):
    """What can be broken and repaired."""

    DETECTOR = "detector"
    LAMP = "lamp"
    CABINET = "cabinet"
    CAMERA = "camera"
    SIGN = "sign"
    ROAD = "road"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a device of a cabinet, from its begin to its end; None while it lasts. [ms]

    `code` tells programs what it is, `device` which one (empty: the cabinet), `ticket` who repairs it (empty: nobody).
    """

    fault_id: str
    cabinet: str
    facility: Facility
    device: str
    code: str
    text: str
    begin_utc_ms: int
    end_utc_ms: int | None = None
    ticket: str = ""

    def __post_init__(self) -> None:
        if not self.fault_id or not self.cabinet or not self.code:
            raise InvalidInputError("a fault needs an id, a cabinet and a code")

    @property
    def live(self) -> bool:
        """Whether it lasts."""
        return self.end_utc_ms is None


FAULTS: Final = ShelfSpec(
    "faults",
    Fault,
    key=lambda f: f.fault_id,
    at_utc_ms=lambda f: f.begin_utc_ms,
    columns={
        "cabinet": lambda f: f.cabinet,
        "facility": lambda f: f.facility.value,
        "device": lambda f: f.device,
        "code": lambda f: f.code,
        "live": lambda f: "yes" if f.live else "no",
    },
)
