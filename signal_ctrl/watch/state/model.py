"""Travel times of all roads from who was seen to drive them, and from what is known of the roads.

Each drive gives a travel time over the free time of its road, y. Three parts explain it, each learnt as drives come in:

- a regression on what is known of the road and what its loops say (gamma regression with a logarithmic link), one for
  roads whose loops are heard and one for the others: that is what roads share on which nobody reports;
- what is usual on the road itself, over hours and days: the mean of y over the regression, drawn towards 1 by so many
  drives as `USUAL_DRIVES` (credibility: the weight of own experience against that of the whole);
- what is so now: the same over minutes, drawn towards the usual by `NOW_DRIVES`.

Sources: H. Bühlmann, Experience Rating and Credibility, ASTIN Bulletin 4 (1967); P. McCullagh, J. A. Nelder,
Generalized Linear Models, ch. 8 (gamma).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

USUAL_DRIVES: Final = 15.0
NOW_DRIVES: Final = 3.0
NOW_HALF_MIN: Final = 8.0
USUAL_HALF_MIN: Final = 3 * 24 * 60.0
RIDGE: Final = 2.0
FREE_DRIVES: Final = 3.0
FREE_TIMES: Final = 0.1
"""Logarithm of the travel time over the free time where nothing holds anybody up: drivers differ."""
MOST_TIMES: Final = 4.0
"""A drive counts as at most so many times what was expected: one that stopped for an errand shall not move a road."""
SLOWEST: Final = 300.0
FASTEST: Final = 0.8
LONGEST_S: Final = 1800.0
TIMING_S: Final = 3.0
"""How wrong the time of a drive may be: on short roads that is all of it. [s]"""


@dataclass(frozen=True, slots=True)
class Drives:
    """Drives of a minute: road by index, travel time [s], and what each counts for; shape (n,)."""

    road: Ints
    travel_time_s: Doubles
    weight: Doubles


@dataclass(slots=True)
class Learnt:
    """What was learnt: both regressions, shapes (2, K, K) and (2, K); by road, drives, and their sum over expected."""

    squares: Doubles
    products: Doubles
    drives: Doubles
    times: Doubles


def nothing_learnt(n_roads: int, first: Doubles, free: Doubles) -> Learnt:
    """Return the begin of learning.

    Args: first, what the features are taken to weigh before anybody has reported, shape (K,); free, the features of
    roads on which nothing holds anybody up, shape (n, K): each counts as FREE_DRIVES drives that say so, for roads
    without loops; the others' loops say it.
    """
    squares, products = np.eye(len(first)) * RIDGE, RIDGE * first
    more, sums = FREE_DRIVES * free.T @ free, FREE_DRIVES * FREE_TIMES * free.sum(axis=0)
    roads = np.zeros(n_roads)
    return Learnt(np.stack((squares + more, squares)), np.stack((products + sums, products)), roads, roads.copy())


class TravelTimeModel:
    """Expected travel times; `learnt` outlives it."""

    def __init__(self, free_s: Doubles, learnt: Learnt) -> None:
        self._free_s = free_s
        self._group = np.zeros(len(free_s), dtype=np.int64)
        self.learnt = learnt
        self._now_drives, self._now_times = np.zeros(len(free_s)), np.zeros(len(free_s))

    def minute(self, features: Doubles, heard: Bools, drives: Drives, waiting: Drives) -> Doubles:
        """Learn from the drives of a minute and return the travel time of every road. [s]

        Args: features, shape (n_roads, K); heard, on which roads loops tell of this minute; waiting, who is on a road
        for longer than it takes, with the time so far: it counts for this minute only, as a drive that took no less.
        """
        self._group = heard.astype(np.int64)
        expected = self._expected(features)
        self._fade()
        self._learn(features, expected, drives)
        usual = expected * self._usual()
        self._learn_now(usual, drives)
        more, times = self._over(usual, waiting)
        now = (NOW_DRIVES + self._now_times + times) / (NOW_DRIVES + self._now_drives + more)
        return np.clip(usual * now, FASTEST, SLOWEST) * self._free_s

    def _expected(self, features: Doubles) -> Doubles:
        weights = np.linalg.solve(self.learnt.squares, self.learnt.products[:, :, None])[:, :, 0]
        return np.asarray(np.exp(np.clip((features * weights[self._group]).sum(axis=1), np.log(FASTEST), 4.0)))

    def _usual(self) -> Doubles:
        return (USUAL_DRIVES + self.learnt.times) / (USUAL_DRIVES + self.learnt.drives)

    def _fade(self) -> None:
        now, usual = 0.5 ** (1 / NOW_HALF_MIN), 0.5 ** (1 / USUAL_HALF_MIN)
        self._now_drives, self._now_times = self._now_drives * now, self._now_times * now
        self.learnt.drives, self.learnt.times = self.learnt.drives * usual, self.learnt.times * usual

    def _learn(self, features: Doubles, expected: Doubles, drives: Drives) -> None:
        """Take a step of the regression: the weights of a gamma model with this link are all alike."""
        road, weight = drives.road, drives.weight
        seen = self._times_free(drives) / expected[road]
        target = np.log(expected[road]) + np.clip(seen - 1, -1.0, MOST_TIMES - 1)
        for group in (0, 1):
            own = self._group[road] == group
            rows = features[road[own]]
            self.learnt.squares[group] += (rows * weight[own, None]).T @ rows
            self.learnt.products[group] += (weight[own] * target[own]) @ rows
        np.add.at(self.learnt.drives, road, weight)
        np.add.at(self.learnt.times, road, weight * np.minimum(seen, MOST_TIMES))

    def _learn_now(self, usual: Doubles, drives: Drives) -> None:
        more, times = self._over(usual, drives)
        self._now_drives, self._now_times = self._now_drives + more, self._now_times + times

    def _over(self, usual: Doubles, drives: Drives) -> tuple[Doubles, Doubles]:
        """Return by road what drives weigh, and how often they took what is usual."""
        n_roads = len(usual)
        times = np.minimum(self._times_free(drives) / usual[drives.road], MOST_TIMES)
        weight = drives.weight
        return (
            np.bincount(drives.road, weight, n_roads).astype(np.float64),
            np.bincount(drives.road, weight * times, n_roads).astype(np.float64),
        )

    def _times_free(self, drives: Drives) -> Doubles:
        free_s = self._free_s[drives.road]
        return np.asarray(np.clip(drives.travel_time_s, 0.5 * free_s, LONGEST_S) / free_s)


def drives_of(rows: Sequence[tuple[int, float, float]], free_s: Doubles) -> Drives:
    """Return drives of (road, travel time [s], weight), weighed less where their timing is as long as the road."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    road = table[:, 0].astype(np.int64)
    exact = free_s[road] ** 2 / (free_s[road] ** 2 + TIMING_S**2)
    return Drives(road, table[:, 1], table[:, 2] * exact)
