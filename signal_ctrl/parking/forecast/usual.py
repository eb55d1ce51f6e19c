"""The usual day of each facility by type of day and time: who comes, what share of those inside goes, how full it is.

Slots in which a facility is full say nothing about who wanted to come: they are left out. Where a type was seldom seen
its figures are drawn to those of all days. Over how many neighbouring slots they are smoothed is what foresees days
left out best: few days of few cars want much of it, and where a facility fills within half an hour any of it is wrong.
Source: Rice & Silverman 1991, "Estimating the mean and covariance structure nonparametrically when the data are curves"
(the smoothing of a mean curve is chosen by leaving out whole curves).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.parking.forecast.series import SLOTS, Floats, ParkingDays

SMOOTHING: Final = (2, 1, 0)
"""Slots on either side that may be looked at besides, the most first."""
CHANGE_SLOTS: Final = 3
"""Over so many slots the usual change is compared with that of a day left out."""
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


def usual_of(days: ParkingDays, day_type: str, smooth: int) -> Usual:
    """Return the usual day of a type, of all days given, over so many slots on either side."""
    weight = _weight(days, day_type)
    room = days.capacity[None, :, None] - days.occupied
    entered = _mean(np.where(room > FULL_FREE, days.entered, np.nan), weight, smooth)
    inside = days.occupied + 0.5 * np.nan_to_num(days.entered)
    left = _mean(np.where(np.isfinite(days.left), days.left, np.nan), weight, smooth)
    base = _mean(np.where(np.isfinite(days.left), inside, np.nan), weight, smooth)
    share = np.clip(left / np.maximum(base, 0.5), 0.0, 1.0)
    return Usual(entered, share, _mean(days.occupied, weight, smooth))


def smoothing_of(days: ParkingDays, folds: Sequence[npt.NDArray[np.intp]]) -> int:
    """Return over how many slots on either side the usual day is smoothed: what missed least on folds of days left out.

    Compared is the change of cars over `CHANGE_SLOTS`, in squares; of equals the most is taken. Where nothing is
    known of one slot all of them look as far, so that all are compared by the same slots.
    """
    missed = {smooth: sum(_missed(days, fold, smooth) for fold in folds) for smooth in SMOOTHING}
    return min(SMOOTHING, key=missed.__getitem__)


def _missed(days: ParkingDays, fold: npt.NDArray[np.intp], smooth: int) -> float:
    """Return by how much the usual changes of the other days missed those of some days. [veh²]"""
    others = days.only(np.setdiff1d(np.arange(len(days.dates)), fold))
    types = {days.day_types[k] for k in fold.tolist()}
    usual = {kind: _change(_mean(others.occupied, _weight(others, kind), smooth)) for kind in types}
    missed = [_change(days.occupied[k]) - usual[days.day_types[k]] for k in fold.tolist()]
    return float(sum(np.nansum(each**2) for each in missed))


def _weight(days: ParkingDays, day_type: str) -> Floats:
    """Return what each day counts in the usual day of a type. (n_days,)"""
    own = np.array([kind == day_type for kind in days.day_types])
    return np.asarray(own + DRAWN_DAYS / max(len(own), 1), dtype=np.float64)


def _change(occupied: Floats) -> Floats:
    return np.asarray(occupied[:, CHANGE_SLOTS:] - occupied[:, :-CHANGE_SLOTS], dtype=np.float64)


def _mean(values: Floats, weight: Floats, smooth: int) -> Floats:
    """Return the weighted mean over days, and over neighbouring slots. (n_facilities, SLOTS)

    Where no day knows anything so near, over as many slots as are looked at at most.
    """
    known = np.isfinite(values)
    total = (np.where(known, values, 0.0) * weight[:, None, None]).sum(axis=0)
    count = (known * weight[:, None, None]).sum(axis=0)
    wide, near = (
        np.where((n := _smoothed(count, k)) > 0, _smoothed(total, k) / np.maximum(n, 1e-9), np.nan)
        for k in (SMOOTHING[0], smooth)
    )
    return np.where(np.isfinite(near), near, wide)


def _smoothed(values: Floats, smooth: int) -> Floats:
    padded = np.pad(values, ((0, 0), (smooth, smooth)))
    found: Floats = sum((padded[:, k : k + SLOTS] for k in range(2 * smooth + 1)), np.zeros_like(values))
    return found
