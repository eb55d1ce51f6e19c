"""What will be free in each lot: the forecast of whole facilities, shared out to the kinds of their spaces."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.forecast.learning import Learnt
from signal_ctrl.parking.forecast.model import Recent
from signal_ctrl.parking.forecast.series import day_type
from signal_ctrl.parking.guidance.access import LotPlaces
from signal_ctrl.parking.occupancy import SAMPLE_MS, FreeCount, Occupancy, Trust
from signal_ctrl.parking.outlook import CLOSED, LEVELS, Outlook, nothing_known

Floats = npt.NDArray[np.float64]
RECENT_SLOTS: Final = 12
Passed = Mapping[str, Sequence[tuple[float, float]]]
"""Who came and went in the last five-minute slots of each facility, the last slot last; NaN where nobody knows."""


def lot_outlook(learnt: Learnt, places: LotPlaces, book: OccupancyBook, passed: Passed, now_utc_ms: int) -> Outlook:
    """Return what is foreseen of every lot. [ms]

    A kind gets as much of the foreseen change of its facility as it has of the spaces; its present is what is believed.
    Of a facility that nothing is heard of and that has no usual day nothing is foreseen.
    """
    beliefs = {name: book.of(name, now_utc_ms) for name in learnt.facilities}
    local = datetime.fromtimestamp(now_utc_ms / 1000, ZoneInfo(places.timezone))
    slot = (local.hour * 60 + local.minute) * 60_000 // SAMPLE_MS
    recent = Recent(
        np.array([_inside(beliefs[name]) for name in learnt.facilities]),
        _slots(learnt.facilities, passed, 0),
        _slots(learnt.facilities, passed, 1),
    )
    whole = learnt.outlook(now_utc_ms, day_type(local.date(), {}), slot, recent)
    at = {name: k for k, name in enumerate(learnt.facilities)}
    free = np.stack([_lot(whole.free[at[lot.facility]], beliefs[lot.facility], lot.kind) for lot in places.lots])
    unknown = {name for name, known in zip(learnt.facilities, learnt.knows(), strict=True) if not known}
    unforeseen = {name for name in unknown if beliefs[name].trust is Trust.STALE}
    for k, lot in enumerate(places.lots):
        if lot.facility in unforeseen:
            free[k] = nothing_known(_own(beliefs[lot.facility], lot.kind).capacity)
        times_ms = now_utc_ms + np.round(whole.ahead_s * 1000).astype(np.int64)
        is_open = [book.facilities.is_open(lot.facility, int(each)) for each in times_ms]
        free[k, ~np.array(is_open)] = CLOSED
    nobody = (name for name, lot in zip(places.names, places.lots, strict=True) if lot.facility in unforeseen)
    return Outlook(places.names, now_utc_ms, whole.ahead_s, free, frozenset(nobody))


def _inside(belief: Occupancy) -> float:
    return float("nan") if belief.trust is Trust.STALE else float(belief.total.capacity - belief.total.free)


def _slots(names: Sequence[str], passed: Passed, way: int) -> Floats:
    rows = [[each[way] for each in passed.get(name, ())][-RECENT_SLOTS:] for name in names]
    return np.array([[float("nan")] * (RECENT_SLOTS - len(row)) + row for row in rows]).reshape(len(names), -1)


def _own(belief: Occupancy, kind: object) -> FreeCount:
    return next((count for each, count in belief.by_kind.items() if each is kind), FreeCount(0, 0, 0, 0))


def _lot(whole: Floats, belief: Occupancy, kind: object) -> Floats:
    """Return the quantiles of one kind, (n_horizons, n_levels), of those of its facility."""
    own = _own(belief, kind)
    if own.capacity == belief.total.capacity and belief.trust is Trust.GOOD:
        own_now = np.interp(LEVELS, (LEVELS[0], 0.5, LEVELS[-1]), (own.low, own.free, own.high))
        return np.concatenate((np.sort(own_now)[None, :], whole[1:]))
    share = own.capacity / max(belief.total.capacity, 1)
    if belief.trust is Trust.STALE:
        return np.asarray(whole * share, dtype=np.float64)
    own_now = np.interp(LEVELS, (LEVELS[0], 0.5, LEVELS[-1]), (own.low, own.free, own.high))
    found = own_now[None, :] + share * (whole - whole[:1, len(LEVELS) // 2][..., None])
    return np.sort(np.clip(found, 0.0, float(own.capacity)), axis=-1)
