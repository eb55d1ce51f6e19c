"""What was so on every road in every minute, from the trajectories of a run."""

from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from sumo_scenarios.city_feed.passages import Passages, Tracks
from sumo_scenarios.city_feed.tables import Doubles, Floats, Ints, Longs, Truth

MINUTE_S: Final = 60.0
HALTING_MPS: Final = 5 / 3.6
"""Slower than this one stands in a queue. Source: SUMO's own bound for halting."""
_FIRST_GAP_M: Final = 25.0
_GAP_M: Final = 25.0
_VEHICLE_M: Final = 5.0


def truth_of(tracks: Tracks, passages: Passages, network: RoadNetwork, times_s: tuple[float, float]) -> Truth:
    """Return the truth of the whole minutes between begin and end of a run. [s]"""
    shape = (int((times_s[1] - times_s[0]) // MINUTE_S), len(network.roads))
    begin_s = times_s[0]
    whole, ended = passages.whole, passages.ended
    spent_s = passages.to_s - passages.from_s
    timed = _sum(passages.to_s[whole], passages.road[whole], None, begin_s, shape)
    total_s = _sum(passages.to_s[whole], passages.road[whole], spent_s[whole], begin_s, shape)
    squares = _sum(passages.to_s[whole], passages.road[whole], spent_s[whole] ** 2, begin_s, shape)
    on = tracks.road >= 0
    present = _sum(tracks.time_s[on], tracks.road[on], None, begin_s, shape)
    driven_m = _sum(tracks.time_s[on], tracks.road[on], tracks.speed_mps[on], begin_s, shape)
    sample_s = _sample_s(tracks)
    mean_s = _ratio(total_s, timed)
    return Truth(
        entered=_whole(_sum(passages.from_s, passages.road, None, begin_s, shape)),
        left=_whole(_sum(passages.to_s[ended], passages.road[ended], None, begin_s, shape)),
        timed=_whole(timed),
        travel_time_s=mean_s.astype(np.float32),
        travel_time_sd_s=np.sqrt(np.maximum(_ratio(squares, timed) - mean_s**2, 0)).astype(np.float32),
        speed_mps=_ratio(driven_m, present).astype(np.float32),
        vehicles=(present * sample_s / MINUTE_S).astype(np.float32),
        queue_m=longest_queues(tracks, network, begin_s, shape),
    )


def longest_queues(tracks: Tracks, network: RoadNetwork, begin_s: float, shape: tuple[int, int]) -> Floats:
    """Return the longest queue by minute and road, from the end of the road to the rear of its last vehicle. [m]

    A queue is a chain of vehicles that halt on one lane, the first of them near the end.
    """
    halting = np.flatnonzero((tracks.road >= 0) & (tracks.speed_mps < HALTING_MPS))
    length_m = np.array([road.length_m for road in network.roads])
    to_end_m = length_m[tracks.road[halting]] - tracks.position_m[halting]
    order = np.lexsort((to_end_m, tracks.lane[halting], tracks.time_s[halting]))
    halting, to_end_m = halting[order], to_end_m[order]
    found = np.zeros(shape, dtype=np.float32)
    if not len(halting):
        return found
    lane, time_s = tracks.lane[halting], tracks.time_s[halting]
    first = np.concatenate(([True], (lane[1:] != lane[:-1]) | (time_s[1:] != time_s[:-1])))
    gap_m = np.where(first, to_end_m, to_end_m - np.concatenate(([0.0], to_end_m[:-1])))
    broken = np.cumsum(gap_m > np.where(first, _FIRST_GAP_M, _GAP_M + _VEHICLE_M))
    before = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    chained = broken - broken[before] + (gap_m[before] > _FIRST_GAP_M) == 0
    minute = _minutes(time_s[chained], begin_s)
    inside = (minute >= 0) & (minute < shape[0])
    road = tracks.road[halting][chained][inside]
    back_m = np.minimum(to_end_m[chained][inside] + _VEHICLE_M, length_m[road])
    np.maximum.at(found, (minute[inside], road), back_m.astype(np.float32))
    return found


def _sum(time_s: Doubles, road: Ints, weights: Doubles | None, begin_s: float, shape: tuple[int, int]) -> Doubles:
    minute = _minutes(time_s, begin_s)
    inside = (minute >= 0) & (minute < shape[0])
    place = minute[inside] * shape[1] + road[inside]
    own = None if weights is None else weights[inside]
    return np.bincount(place, own, shape[0] * shape[1]).astype(np.float64).reshape(shape)


def _minutes(time_s: Doubles, begin_s: float) -> Longs:
    return np.asarray(np.floor((time_s - begin_s) / MINUTE_S + 1e-9), dtype=np.int64)


def _ratio(above: Doubles, below: Doubles) -> Doubles:
    found = np.full(above.shape, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def _whole(values: Doubles) -> Ints:
    return np.asarray(values.round(), dtype=np.int32)


def _sample_s(tracks: Tracks) -> float:
    steps = np.diff(np.unique(tracks.time_s))
    return float(steps.min()) if len(steps) else 1.0
