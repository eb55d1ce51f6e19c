"""Naive rivals of the estimation: free time, loops alone, positions alone."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.matching.matcher import Matcher
from signal_ctrl.watch.state.loops import LoopStates
from sumo_scenarios.city_feed.folder import Feed

Doubles = npt.NDArray[np.float64]

BACK_MIN: Final = 15


def free_time_s(feed: Feed) -> Doubles:
    """Return the free time in every minute, shape (n_minutes, n_roads). [s]"""
    return np.tile([road.free_time_s for road in feed.network.roads], (feed.n_minutes, 1))


def loops_alone_s(feed: Feed) -> Doubles:
    """Return what loops say: vehicles stored over flow where both ends are counted, else the speed at the begin. [s]"""
    loops, length_m = LoopStates(feed.network), np.array([road.length_m for road in feed.network.roads])
    free_s, rows = free_time_s(feed)[0], []
    for minute in range(feed.n_minutes):
        told = loops.minute(feed.counts_of(minute))
        by_speed_s = length_m / told.speed_mps
        rows.append(
            np.where(np.isnan(told.stored_s), np.where(np.isnan(by_speed_s), free_s, by_speed_s), told.stored_s)
        )
    return np.array(rows)


def positions_alone_s(feed: Feed) -> Doubles:
    """Return the mean of who was seen to drive a road in the last minutes, the free time where nobody was. [s]"""
    matcher, nowhere = Matcher(feed.network), np.zeros(len(feed.network.roads))
    free_s, totals = free_time_s(feed)[0], []
    for minute in range(feed.n_minutes):
        found = matcher.take(feed.positions_in(minute), feed.minute_utc_ms(minute + 1), nowhere)
        totals.append(_totals([(each.road, each.travel_time_s) for each in found], len(free_s)))
    rows = []
    for minute in range(feed.n_minutes):
        many, total_s = np.sum(totals[max(minute - BACK_MIN + 1, 0) : minute + 1], axis=0)
        rows.append(np.where(many > 0, total_s / np.maximum(many, 1), free_s))
    return np.array(rows)


def _totals(drives: Sequence[tuple[int, float]], n_roads: int) -> Doubles:
    road = np.array([each[0] for each in drives], dtype=np.int64)
    return np.stack((np.bincount(road, minlength=n_roads), np.bincount(road, [d[1] for d in drives], n_roads)))
