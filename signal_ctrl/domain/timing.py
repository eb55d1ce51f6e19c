"""Whole tenths of a second: the only clock of the domain and the kernel."""

import math
from typing import Final

from signal_ctrl.domain.errors import InvalidTimingError

DS_PER_S: Final = 10
_TOLERANCE: Final = 1e-6


def to_ds(seconds_s: float) -> int:
    """Return whole tenths of a second. [ds]

    Raises: InvalidTimingError if there is a remainder or the value is not finite.
    >>> to_ds(3.2)
    32
    """
    tenths = seconds_s * DS_PER_S
    if not math.isfinite(tenths) or abs(tenths - round(tenths)) > _TOLERANCE:
        raise InvalidTimingError(f"{seconds_s} s is not a whole number of tenths")
    return round(tenths)


def ceil_ds(seconds_s: float, quantum_ds: int = 1) -> int:
    """Return the shortest whole multiple of quantum_ds that lasts at least seconds_s. [ds]

    Raises: InvalidTimingError if seconds_s is negative or not finite, or quantum_ds < 1.
    >>> ceil_ds(3.21), ceil_ds(3.2, 10), ceil_ds(3.0, 10)
    (33, 40, 30)
    """
    if not (math.isfinite(seconds_s) and seconds_s >= 0 and quantum_ds >= 1):
        raise InvalidTimingError(f"need a finite time >= 0 and a quantum >= 1, got {seconds_s} s, {quantum_ds} ds")
    return math.ceil(seconds_s * DS_PER_S / quantum_ds - _TOLERANCE) * quantum_ds


def to_s(tenths_ds: int) -> float:
    """Return seconds. [s]

    >>> to_s(32)
    3.2
    """
    return tenths_ds / DS_PER_S
