"""All shelves that the parking service keeps; its store makes a table for each."""

from typing import Final

from signal_ctrl.domain.shelves import Spec
from signal_ctrl.parking.kept import DOCUMENTS, READINGS, SAMPLES, STATES
from signal_ctrl.parking.machines import MACHINES
from signal_ctrl.parking.permits import PASSES
from signal_ctrl.parking.plates import PLATE_KEYS
from signal_ctrl.parking.stays import PARKING_DAYS

PARKING_SHELVES: Final[tuple[Spec, ...]] = (
    DOCUMENTS,
    MACHINES,
    READINGS,
    STATES,
    SAMPLES,
    PARKING_DAYS,
    PLATE_KEYS,
    PASSES,
)
