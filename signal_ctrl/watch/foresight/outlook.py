"""What a forecast sees at one time: the last slots of every road, its neighbours, the region, what is known ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.slots import SLOT_MIN, Slots
from signal_ctrl.watch.foresight.usual import FILL, FLOW, JAM, QUEUE, RATIO, SPEED, Usual
from signal_ctrl.watch.foresight.values import Restriction

FloatArray = npt.NDArray[np.float64]
HISTORY: Final = 12
_UNKNOWN_END_MIN: Final = 30.0
_LEAST: Final = 1e-3
JAM_NOW, PACE_NOW, USUAL_JAM, USUAL_PACE = range(4)
"""The first columns: what is naive. Whether it is jammed now, the pace now, both as usual at the horizon."""
_NEAR_LOSS: Final = slice(4, 10)
"""Columns of capacity lost on the road and around it."""


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """The last slots up to now, at most twelve, oldest first, and what is known beforehand.

    `slot`, the slot of the day that begins now; `factors_now` (3, n_roads); `restrictions`, those known now.
    """

    slots: Slots
    slot: int
    now_utc_ms: int
    factors_now: FloatArray
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The region now against the usual day. `vehicles` and `usual_veh` on the network [veh]; the others are ratios."""

    vehicles: float
    usual_veh: float
    vehicles_over: float
    inflow_over: float
    trend: float
    jammed: float


def region_of(present: Present, usual: Usual, city: CityArrays) -> Region:
    """Return the region now."""
    slots, means = present.slots, usual.at(present.slot - 1)
    vehicles = float(np.nansum(slots.fill[-1] * city.room_veh))
    known = ~np.isnan(slots.fill[-1])
    usual_veh = float((means[FILL] * city.room_veh)[known].sum())
    before = float(np.nansum(slots.fill[max(len(slots) - 4, 0)] * city.room_veh))
    gates = city.gates & ~np.isnan(slots.flow[-1])
    scale = city.capacity_veh_h
    came = float(np.nansum(_late(slots.flow)[gates] * scale[gates]))
    comes = float((means[FLOW] * scale)[gates].sum())
    return Region(
        vehicles=vehicles,
        usual_veh=usual_veh,
        vehicles_over=_over(vehicles, usual_veh, 1.0),
        inflow_over=_over(came, comes, 10.0),
        trend=_over(vehicles, before, 1.0),
        jammed=float(np.nan_to_num(slots.jam[-1]).mean()),
    )


def _over(one: float, other: float, least: float) -> float:
    return float(np.clip(np.log((one + least) / (other + least)), -1.5, 1.5))


def _late(values: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """Return the mean of the last three slots, NaN where none was seen."""
    return mean_of(np.asarray(values[-3:], dtype=np.float64))


def mean_of(values: FloatArray) -> FloatArray:
    """Return the mean over the first axis of what is known, NaN where nothing is."""
    seen = ~np.isnan(values)
    number = seen.sum(axis=0)
    return np.where(number > 0, np.where(seen, values, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)


def columns(present: Present, ahead_min: int, factors_then: FloatArray, usual: Usual, city: CityArrays) -> FloatArray:
    """Return what is seen of every road for one horizon. (n_roads, n_features), NaN where unknown.

    Args: factors_then, those in force at the horizon, (3, n_roads).
    """
    steps = ahead_min // SLOT_MIN
    now, then = usual.at(present.slot - 1), usual.at(present.slot - 1 + steps)
    parts = [
        *_named(present.slots, now, then),
        *_closed(present, ahead_min, city),
        *_own(present.slots, now),
        *_ahead(usual, present.slot - 1, steps, then),
        *_neighbours(present.slots, now, city),
        *_conditions(present, factors_then),
        *_whole(present, usual, then, city),
    ]
    n_roads = len(city.names)
    varied = np.stack([np.broadcast_to(np.asarray(part, dtype=np.float64), (n_roads,)) for part in parts], axis=1)
    return np.concatenate([varied, city.fixed], axis=1)


def lively(seen: npt.NDArray[np.floating[Any]], prone: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return for which rows a jam can be spoken of: roads that were jammed on a day learned from, that are jammed now,
    or near which capacity is lost now. Args: seen, rows of `columns`; prone, by row: it was jammed on such a day.
    """
    return np.asarray(prone | (seen[:, _NEAR_LOSS] > 0).any(axis=1) | (seen[:, JAM_NOW] > 0))


def _named(slots: Slots, now: FloatArray, then: FloatArray) -> list[FloatArray]:
    """What is naive; where a road is not known now, it is as usual."""
    jam, pace = (np.asarray(each[-1], dtype=np.float64) for each in (slots.jam, -np.log(slots.ratio)))
    return [
        np.where(np.isnan(jam), now[JAM], jam),
        np.where(np.isnan(pace), now[SPEED], pace),
        then[JAM],
        then[SPEED],
    ]


def _own(slots: Slots, now: FloatArray) -> list[FloatArray]:
    """The road's own last slots, and by how much they differ from the usual day."""
    jam = np.asarray(slots.jam, dtype=np.float64)
    rows = [mean_of(jam[-3:]), mean_of(jam), _lasting(jam)]
    for name, mean in (("ratio", RATIO), ("fill", FILL), ("queue", QUEUE), ("flow", FLOW)):
        values = np.asarray(getattr(slots, name), dtype=np.float64)
        last, late, before = values[-1], mean_of(values[-3:]), mean_of(values[-6:-3]) if len(values) > 3 else None
        rows += [last, late - now[mean], last - (before if before is not None else last)]
    return rows


def _lasting(jam: FloatArray) -> FloatArray:
    """Return for how many slots up to now each road has been jammed."""
    return np.asarray(np.cumprod(np.nan_to_num(jam[::-1]), axis=0).sum(axis=0))


def _ahead(usual: Usual, slot: int, steps: int, then: FloatArray) -> list[FloatArray]:
    """The usual day at the horizon, and just before and after it."""
    around = np.stack([usual.at(slot + steps + k)[JAM] for k in (-2, 0, 2)])
    all_day = usual.means[JAM].mean(axis=0), usual.means[JAM].max(axis=0)
    return [then[RATIO], then[FILL], then[FLOW], around.max(axis=0), *all_day]


def _neighbours(slots: Slots, now: FloatArray, city: CityArrays) -> list[FloatArray]:
    """Roads behind, which jams come from, and roads before, which traffic comes from; one turn and two turns away."""
    fill, queue, flow, jam = (
        np.asarray(getattr(slots, name)[-1], dtype=np.float64) for name in ("fill", "queue", "flow", "jam")
    )
    flow_over, fill_over = _late(slots.flow) - now[FLOW], _late(slots.fill) - now[FILL]
    rows = []
    for mean, worst in ((city.behind, city.worst_behind), (city.before, city.worst_before)):
        rows += [mean(fill), mean(queue), mean(flow), mean(jam), worst(fill), worst(jam), mean(fill_over)]
        rows += [mean(flow_over), mean(mean(fill)), mean(mean(jam)), worst(worst(jam)), mean(mean(flow_over))]
    return rows


def _closed(present: Present, ahead_min: int, city: CityArrays) -> list[FloatArray]:
    """Lost capacity now and at the horizon, on the road and around it."""
    lost, share = lost_capacity(present.restrictions, present.now_utc_ms, ahead_min, city.names)
    near = [city.worst_behind(lost), city.worst_before(lost), city.worst_behind(city.worst_behind(lost))]
    return [lost, share, *near, city.worst_behind(share)]


def lost_capacity(
    restrictions: Sequence[Restriction], now_utc_ms: int, ahead_min: int, names: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Return the share of capacity lost by road now, and that times the share of the time to the horizon it lasts."""
    index = {name: at for at, name in enumerate(names)} if restrictions else {}
    lost, lasting = np.zeros(len(names)), np.zeros(len(names))
    for each in restrictions:
        if each.road not in index:
            continue
        left_min = _UNKNOWN_END_MIN if each.until_utc_ms is None else (each.until_utc_ms - now_utc_ms) / 60_000
        at, own = index[each.road], 1.0 - each.capacity_left
        lost[at] = max(lost[at], own)
        lasting[at] = max(lasting[at], own * float(np.clip(left_min / ahead_min, 0.0, 2.0)))
    return lost, lasting


def _conditions(present: Present, then: FloatArray) -> list[FloatArray]:
    """Weather and events at the horizon, and by how much demand changes until then."""
    change = np.log(np.maximum(then[2], _LEAST) / np.maximum(present.factors_now[2], _LEAST))
    return [then[0], then[1], then[2], change, np.broadcast_to(np.float64(change.mean()), change.shape)]


def _whole(present: Present, usual: Usual, then: FloatArray, city: CityArrays) -> list[float]:
    region = region_of(present, usual, city)
    usual_then = float((then[FILL] * city.room_veh).sum())
    room = float(city.room_veh.sum())
    fills = [region.vehicles / room, usual_then / room]
    return [*fills, region.vehicles_over, region.inflow_over, region.trend, region.jammed, float(present.slot)]
