"""The usual day of each facility by type of day and time: who comes, what share of those inside goes, how full it is.

Slots in which a facility is full say nothing about who wanted to come: they are left out. Where a type was seldom seen
its figures are drawn to those of all days.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.parking.forecast.series import SLOTS, Floats, ParkingDays

SMOOTH: Final = 2
"""Slots on either side that are looked at besides."""
DRAWN_DAYS: Final = 2.0
"""All days count as so many days of a type."""
FULL_FREE: Final = 1.5
"""With so few free spaces a facility counts as full. [spaces]"""
DEFAULT_STAY_SLOTS: Final = 24.0
"""Two hours, where nothing is known."""


@dataclass(frozen=True, eq=False)
class Usual:
    """Figures of one type of day, (n_facilities, SLOTS); NaN where nothing is known.

    `entered` cars a slot; `share_left`, share of those inside who leave in a slot; `occupied` at its begin.
    """

    entered: Floats
    share_left: Floats
    occupied: Floats


def usual_of(days: ParkingDays, day_type: str) -> Usual:
    """Return the usual day of a type, of all days given."""
    own = np.array([kind == day_type for kind in days.day_types])
    weight = own + DRAWN_DAYS / max(len(own), 1)
    room = days.capacity[None, :, None] - days.occupied
    entered = _mean(np.where(room > FULL_FREE, days.entered, np.nan), weight)
    inside = days.occupied + 0.5 * np.nan_to_num(days.entered)
    left = _mean(np.where(np.isfinite(days.left), days.left, np.nan), weight)
    base = _mean(np.where(np.isfinite(days.left), inside, np.nan), weight)
    share = np.clip(left / np.maximum(base, 0.5), 0.0, 1.0)
    return Usual(entered, share, _mean(days.occupied, weight))


def _mean(values: Floats, weight: Floats) -> Floats:
    """Return the weighted mean over days, and over neighbouring slots. (n_facilities, SLOTS)"""
    known = np.isfinite(values)
    total = _smoothed((np.where(known, values, 0.0) * weight[:, None, None]).sum(axis=0))
    count = _smoothed((known * weight[:, None, None]).sum(axis=0))
    return np.where(count > 0, total / np.maximum(count, 1e-9), np.nan)


def _smoothed(values: Floats) -> Floats:
    padded = np.pad(values, ((0, 0), (SMOOTH, SMOOTH)))
    found: Floats = sum((padded[:, k : k + SLOTS] for k in range(2 * SMOOTH + 1)), np.zeros_like(values))
    return found
