"""How good forecasts of congestion are, beside naive ones, paired over days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.foresight.backtest import NAIVE, OURS, DayBacktest
from signal_ctrl.watch.foresight.calibration import threshold
from signal_ctrl.watch.foresight.slots import SLOT_MIN

FloatArray = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_DRAWS: Final = 2000
_SEED: Final = 1
_BINS: Final = 10
JAM_SLOTS: Final = 2


@dataclass(frozen=True, slots=True)
class Hits:
    """Jams by road and slot: there were `jams`, of `spoken` of there `right` were. Onsets: not jammed at the origin."""

    jams: int
    spoken: int
    right: int

    @property
    def recall(self) -> float | None:
        """Share of the jams that were foreseen; None without a jam."""
        return self.right / self.jams if self.jams else None

    @property
    def precision(self) -> float | None:
        """Share of what was spoken of that came; None where nothing was."""
        return self.right / self.spoken if self.spoken else None


def hits(jam: Flags, flag: Flags, where: Flags | None = None) -> Hits:
    """Return the hits among some of the rows."""
    if where is not None:
        jam, flag = jam & where, flag & where
    return Hits(int(jam.sum()), int(flag.sum()), int((jam & flag).sum()))


def report_of(found: Sequence[DayBacktest]) -> dict[str, Any]:
    """Return the scores of days as a JSON object, by horizon."""
    horizons = sorted({each.ahead_min for each in found})
    days = sorted({each.day for each in found})
    return {
        "version": 1,
        "days": len(days),
        "slot_min": SLOT_MIN,
        "horizons": [_horizon([each for each in found if each.ahead_min == ahead]) for ahead in horizons],
        "road_jams": episodes_report(found),
    }


def _horizon(days: Sequence[DayBacktest]) -> dict[str, Any]:
    jam = _joined([each.jam for each in days])
    now = _joined([each.jam_now for each in days]) > 0.5
    is_jam = jam > 0.5
    flags = {name: np.concatenate([each.flag[name].ravel() for each in days]) for name in days[0].flag}
    return {
        "ahead_min": days[0].ahead_min,
        "road_slots": len(jam),
        "jam_share": float(np.nanmean(jam)),
        "jams": {name: _hits_of(is_jam, flag, now) for name, flag in flags.items()},
        "jams_within_5_min": {name: _within(days, name) for name in flags},
        "recall_at_80_afterwards": _recall_at(_joined([each.said[OURS] for each in days]), jam),
        "brier": {name: _brier(days, name) for name in days[0].said},
        "brier_gain": {name: _paired(days, _brier_sums, name) for name in NAIVE},
        "pace_error": {name: _pace_error(days, name) for name in days[0].pace_said},
        "pace_gain": {name: _paired(days, _pace_sums, name) for name in days[0].pace_said if name != OURS},
        "coverage": float(np.nanmean(_joined([_inside(each.pace, each.low, each.high) for each in days]))),
        "vehicles_error": {name: _vehicles_error(days, name) for name in days[0].vehicles_said},
        "vehicles_gain": {name: _paired(days, _vehicle_sums, name) for name in days[0].vehicles_said if name != OURS},
        "vehicles_coverage": float(
            np.mean(_joined([_inside(each.vehicles, each.vehicles_low, each.vehicles_high) for each in days]))
        ),
        "reliability": reliability(_joined([each.said[OURS] for each in days]), jam),
    }


def _joined(rows: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate([np.asarray(each, dtype=np.float64).ravel() for each in rows])


def _hits_of(jam: Flags, flag: Flags, now: Flags) -> dict[str, Any]:
    parts = {"all": hits(jam, flag), "onsets": hits(jam, flag, ~now), "lasting": hits(jam, flag, now)}
    return {
        name: {
            "jams": each.jams,
            "spoken": each.spoken,
            "right": each.right,
            "recall": each.recall,
            "precision": each.precision,
        }
        for name, each in parts.items()
    }


def _within(days: Sequence[DayBacktest], name: str) -> dict[str, Any]:
    """Return precision and recall if a jam may come one slot earlier or later than it was spoken of."""
    found = foreseen = spoken = right = 0
    for each in days:
        jam, flag = np.nan_to_num(each.jam) > 0.5, each.flag[name]
        found, foreseen = found + int(jam.sum()), foreseen + int((jam & _widened(flag)).sum())
        spoken, right = spoken + int(flag.sum()), right + int((flag & _widened(jam)).sum())
    return {"precision": right / spoken if spoken else None, "recall": foreseen / found if found else None}


def _widened(values: Flags) -> Flags:
    """Return values with the slot before and after each. (n_origins, n_roads)"""
    wide = values.copy()
    wide[1:] |= values[:-1]
    wide[:-1] |= values[1:]
    return wide


def _recall_at(said: FloatArray, jam: FloatArray) -> float | None:
    """Return the recall at 80 % precision, had the threshold been chosen on the days judged: what the model can do."""
    known = ~np.isnan(jam)
    limit = threshold(said[known], jam[known])
    return hits(jam[known] > 0.5, said[known] >= limit).recall


def _inside(values: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    inside = ((values >= low) & (values <= high)).astype(np.float64)
    return np.where(np.isnan(values), np.nan, inside)


Sums = tuple[float, float]
"""Error and weight of one day."""


def _brier_sums(day: DayBacktest, name: str) -> Sums:
    miss = (day.said[name] - day.jam) ** 2
    return float(np.nansum(miss)), float((~np.isnan(miss)).sum())


def _pace_sums(day: DayBacktest, name: str) -> Sums:
    weight = np.where(np.isnan(day.pace), 0.0, day.weight)
    return float((np.nan_to_num(np.abs(day.pace - day.pace_said[name])) * weight).sum()), float(weight.sum())


def _vehicle_sums(day: DayBacktest, name: str) -> Sums:
    return float(np.abs(day.vehicles - day.vehicles_said[name]).sum()), float(len(day.vehicles))


def _mean(sums: Sequence[Sums]) -> float:
    return sum(each[0] for each in sums) / max(sum(each[1] for each in sums), 1e-9)


def _brier(days: Sequence[DayBacktest], name: str) -> float:
    return _mean([_brier_sums(each, name) for each in days])


def _pace_error(days: Sequence[DayBacktest], name: str) -> float:
    """Return the mean absolute error of the logarithm of travel time, every vehicle weighted alike."""
    return _mean([_pace_sums(each, name) for each in days])


def _vehicles_error(days: Sequence[DayBacktest], name: str) -> float:
    return _mean([_vehicle_sums(each, name) for each in days])


def _paired(days: Sequence[DayBacktest], sums: Any, other: str) -> dict[str, float | int]:
    """Return by which share the error is smaller than another's, with a 95 % interval by a bootstrap over days."""
    own, rival = (np.array([sums(each, name)[0] for each in days]) for name in (OURS, other))
    dice = np.random.default_rng(_SEED)
    drawn = dice.integers(len(days), size=(_DRAWS, len(days)))
    gains = 1.0 - own[drawn].sum(axis=1) / np.maximum(rival[drawn].sum(axis=1), 1e-12)
    low, high = np.quantile(gains, [0.025, 0.975])
    gain = 1.0 - own.sum() / max(rival.sum(), 1e-12)
    return {"gain": float(gain), "low": float(low), "high": float(high), "days_won": int((own < rival).sum())}


def reliability(said: FloatArray, jam: FloatArray) -> list[dict[str, float | int]]:
    """Return, by tenths of the probability said, its mean, how often the jam came, and how many they were."""
    known = ~np.isnan(jam)
    said, jam = said[known], jam[known]
    tenth = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    rows: list[dict[str, float | int]] = []
    for k in range(_BINS):
        own = tenth == k
        if own.any():
            rows.append({"said": float(said[own].mean()), "came": float(jam[own].mean()), "number": int(own.sum())})
    return rows


@dataclass(frozen=True, slots=True)
class Episode:
    """A road-jam: a road jammed for two slots on end or more. `lead_min`, how long before it was first spoken of."""

    day: str
    road: int
    slot: int
    slots: int
    lead_min: int | None


def episodes_report(found: Sequence[DayBacktest]) -> dict[str, Any]:
    """Return how many road-jams were warned of before they began, and how early."""
    every = [episode for day in sorted({each.day for each in found}) for episode in episodes_of(
        [each for each in found if each.day == day]
    )]  # fmt: skip
    leads = sorted(each.lead_min for each in every if each.lead_min is not None)
    shares = {f"warned_{least}_min": sum(lead >= least for lead in leads) for least in (5, 15, 30)}
    return {
        "road_jams": len(every),
        "warned": len(leads),
        **shares,
        "median_lead_min": float(np.median(leads)) if leads else None,
    }


def episodes_of(horizons: Sequence[DayBacktest]) -> list[Episode]:
    """Return the road-jams of one day that began while forecasts were made, with their leads.

    A warning counts if it was made before the jam began and meant a time of the jam, five minutes more or less.
    """
    first = min(horizons, key=lambda each: each.ahead_min)
    steps = first.ahead_min // SLOT_MIN
    begin = int(first.origin[0]) + steps - 1
    jam = np.nan_to_num(first.jam) > 0.5
    found = []
    for road in np.flatnonzero(jam.any(axis=0)):
        for start, end in _runs(jam[:, road]):
            if start and end - start >= JAM_SLOTS:
                lead = _lead_min(horizons, int(road), begin + start, begin + end)
                found.append(Episode(first.day, int(road), begin + start, end - start, lead))
    return found


def _runs(values: Flags) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], values, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _lead_min(horizons: Sequence[DayBacktest], road: int, start: int, end: int) -> int | None:
    leads = []
    for each in horizons:
        then = each.origin + each.ahead_min // SLOT_MIN - 1
        said = each.flag[OURS][:, road] & (then >= start - 1) & (then <= end) & (each.origin <= start)
        leads += [(start - int(origin)) * SLOT_MIN for origin in each.origin[said]]
    return max(leads, default=None) if leads else None
