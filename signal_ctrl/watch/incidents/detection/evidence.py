"""What the loops of a road, and those of the roads around it, say of it: thirteen figures a road, 0 where all is usual.

A road that is blocked shows in several ways, none of them sure by itself. Each is measured against what is usual there
at this time of the day, and against what came in: a road that nobody drives to is not blocked.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Flags, Floats, Ints, LoopBins
from signal_ctrl.watch.incidents.detection.layout import Layout
from signal_ctrl.watch.incidents.detection.silence import Silence
from signal_ctrl.watch.incidents.detection.usual import Usual

SHORT: Final = 6
LONG: Final = 9
"""Windows. [bins of 20 s]"""
IN_LAG: Final = 2
OUT_LAG: Final = 1
"""Who enters is looked for at the end so many bins later; who leaves the road before, so many at the entry. [bins]"""
_COVERED: Final = 0.95
_NOBODY_VEH: Final = 0.5
_DAMPING_VEH: Final = 2.0
_MOST_RATIO: Final = 1.3
MAX_FIGURE: Final = 30.0
SILENCE_MARGIN_VEH: Final = 0.5
SILENCE_SCALE: Final = 0.25
LEAST_SILENCE_SCALE_VEH: Final = 0.5
"""What is overdue beyond the usual is measured in quarters of it: where a loop is never silent, little says much."""
HELD_BINS: Final = 3
"""A loop that reports each minute is judged by its last word for so long."""


class Figure(IntEnum):
    """The figures of a road."""

    ENTRY_STANDS = 0
    STOP_STANDS = 1
    OUT_MISSING = 2
    LANE_MISSING_OUT = 3
    LANE_MISSING_IN = 4
    IN_MISSING = 5
    STORED = 6
    MISSING_BEHIND = 7
    LANE_MISSING_BEHIND = 8
    STANDS_BEFORE = 9
    STOP_SILENT = 10
    ENTRY_SILENT = 11
    SILENT_BEHIND = 12
    PROBE_STANDS = 13
    PROBES_STAND = 14


LOOP_FIGURES: Final = 13
OUT, IN, LANES_OUT, LANES_IN = range(4)
"""Rows of the deviances of a road in `Usual.spread`."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What was seen before it is compared with how much it varies: `deviance` (4, n_roads), `stored` (n_roads,) [veh],
    `stand` (n_loops,) [bins], `silence` (n_loops,). NaN where it cannot be told."""

    deviance: Floats
    stored: Floats
    stand: Floats
    silence: Floats


def deviance(counted: Floats, expected: Floats) -> Floats:
    """Return half the Poisson deviance of a count that is too low, 0 where it is not; NaN where one is not known.

    It is the logarithm of how much more probable the count is under its own mean than under the expected one.
    >>> float(deviance(np.array([0.0]), np.array([5.0]))[0])
    5.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.where(counted > 0, counted * np.log(counted / expected), 0.0)
        return np.where(counted < expected, expected - counted + logarithm, _usual_or_unknown(counted, expected))


def _usual_or_unknown(counted: Floats, expected: Floats) -> Floats:
    """Return 0, and NaN where one of the two is not known."""
    return np.where(np.isnan(counted) | np.isnan(expected), np.nan, 0.0)


class LoopEvidence:
    """Makes the figures of all roads at the end of a bin. Args: muted loops count as if they were not there."""

    def __init__(self, layout: Layout, bins: LoopBins, usual: Usual, muted: Flags | None = None) -> None:
        heard = np.ones(len(layout.road), dtype=bool) if muted is None else ~muted
        self._layout, self._bins, self._usual = layout, bins, usual
        self._stop, self._entry = layout.stop & heard, layout.entry & heard

    def raw(self, number: int) -> Raw:
        """Return what is seen at the end of a bin."""
        at_end = self.ends(number)
        out, entered = (self._windows(number, at_end, mask) for mask in (self._stop, self._entry))
        came = self._came(number, at_end)
        inflow = np.minimum(np.where(np.isnan(entered.ratio), came, entered.ratio), _MOST_RATIO)
        with np.errstate(invalid="ignore"):
            stored = entered.counted - entered.expected - (out.counted - out.expected)
        stand = self._stand(at_end)
        missing = (out.missing(inflow), entered.missing(came))
        lanes = (self._lanes(number, at_end, self._stop), self._lanes(number, at_end, self._entry))
        silence = Silence(self._layout, self._stop, self._entry).look(self._bins, self._usual, came, number, at_end)
        return Raw(np.array([*missing, *lanes]), stored, stand, silence)

    def figures(self, raw: Raw) -> Floats:
        """Return the figures of what was seen by loops, shape (n_roads, LOOP_FIGURES)."""
        layout, usual = self._layout, self._usual
        scaled = np.nan_to_num(raw.deviance / usual.spread)
        stands = np.nan_to_num(np.maximum(raw.stand - usual.stand - 0.5, 0.0))
        found = np.zeros((layout.n_roads, LOOP_FIGURES))
        np.maximum.at(found[:, Figure.ENTRY_STANDS], layout.road[self._entry], stands[self._entry])
        np.maximum.at(found[:, Figure.STOP_STANDS], layout.road[self._stop], stands[self._stop])
        scale = np.maximum(SILENCE_SCALE * usual.silence, LEAST_SILENCE_SCALE_VEH)
        silent = np.nan_to_num(np.maximum(raw.silence - usual.silence - SILENCE_MARGIN_VEH, 0.0) / scale)
        np.maximum.at(found[:, Figure.STOP_SILENT], layout.road[self._stop], silent[self._stop])
        np.maximum.at(found[:, Figure.ENTRY_SILENT], layout.road[self._entry], silent[self._entry])
        found[:, Figure.OUT_MISSING], found[:, Figure.IN_MISSING] = scaled[OUT], scaled[IN]
        found[:, Figure.LANE_MISSING_OUT], found[:, Figure.LANE_MISSING_IN] = scaled[LANES_OUT], scaled[LANES_IN]
        found[:, Figure.STORED] = np.nan_to_num(np.maximum((raw.stored - usual.stored) / usual.stored_sd, 0.0))
        start, end = layout.turns
        np.maximum.at(found[:, Figure.MISSING_BEHIND], start, scaled[IN][end])
        np.maximum.at(found[:, Figure.LANE_MISSING_BEHIND], start, scaled[LANES_IN][end])
        np.maximum.at(found[:, Figure.SILENT_BEHIND], start, found[end, Figure.ENTRY_SILENT])
        np.maximum.at(found[:, Figure.STANDS_BEFORE], end, found[start, Figure.STOP_STANDS])
        return np.minimum(found, MAX_FIGURE)

    def _stand(self, at_end: Ints) -> Floats:
        return np.where(at_end >= 0, self._bins.standing(at_end, _COVERED, _NOBODY_VEH), np.nan)

    def ends(self, number: int) -> Ints:
        """Return the bin that each loop is judged by; one far before all others where it has not reported lately."""
        last = np.minimum(self._bins.last, number)
        return np.where(last >= number - HELD_BINS + 1, last, -(1 << 40))

    def _windows(self, number: int, at_end: Ints, mask: Flags) -> "_Windows":
        short = self._counted(number, at_end, mask, SHORT, 0)
        long, before = (self._counted(number, at_end, mask, LONG, lag) for lag in (0, IN_LAG))
        with np.errstate(invalid="ignore"):
            ratio = (before[0] + _DAMPING_VEH) / (before[1] + _DAMPING_VEH)
        return _Windows(*short, *long, ratio)

    def _counted(self, number: int, at_end: Ints, mask: Flags, length: int, lag: int) -> tuple[Floats, Floats]:
        """Return by road what was counted and what is usual; NaN for a road without such loops, or a silent one."""
        layout = self._layout
        seen = self._bins.vehicles(at_end - lag, length)[mask]
        usual = self._usual.rate_at(number, lag)[mask] * length
        road, n_roads = layout.road[mask], layout.n_roads
        none = np.bincount(road, minlength=n_roads) == 0
        counted = np.bincount(road, seen, n_roads)
        return np.where(none, np.nan, counted), np.where(none, np.nan, np.bincount(road, usual, n_roads))

    def _came(self, number: int, at_end: Ints) -> Floats:
        """Return by road how much came out of the roads before it, as a share of the usual.

        Where nobody tells, it is the share of the whole network: a holiday is no incident. NaN while nothing is told.
        """
        counted, usual = self._counted(number, at_end, self._stop, LONG, OUT_LAG)
        told = ~np.isnan(counted) & ~np.isnan(usual)
        everywhere = counted[told].sum() / usual[told].sum() if usual[told].sum() > 0 else np.nan
        road, feeder = self._layout.feeders
        road, feeder, n_roads = road[told[feeder]], feeder[told[feeder]], self._layout.n_roads
        came = np.bincount(road, counted[feeder], n_roads) + _DAMPING_VEH * everywhere
        return np.minimum(came / (np.bincount(road, usual[feeder], n_roads) + _DAMPING_VEH), _MOST_RATIO)

    def _lanes(self, number: int, at_end: Ints, mask: Flags) -> Floats:
        """Return by road the deviance of the lane whose share of the road's traffic is lowest against the usual."""
        layout = self._layout
        road, n_roads = layout.road[mask], layout.n_roads
        seen, usual = self._bins.vehicles(at_end, LONG)[mask], self._usual.rate_at(number)[mask]
        all_seen, all_usual = (np.bincount(road, each, n_roads)[road].astype(np.float64) for each in (seen, usual))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip(usual / all_usual, 0.01, 0.99)
            others = np.where(
                all_seen - seen > 0, (all_seen - seen) * np.log((all_seen - seen) / (all_seen * (1 - share))), 0
            )
            own = np.where(seen > 0, seen * np.log(seen / (all_seen * share)), 0.0)
            low = np.where(seen < all_seen * share, own + others, _usual_or_unknown(all_seen, all_usual))
        found = np.zeros(n_roads)
        with np.errstate(invalid="ignore"):
            np.maximum.at(found, road, low)
        return np.where(np.bincount(road, minlength=n_roads) > 1, found, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """By road: counted and usual in the short and the long window, and counted over usual a little earlier."""

    short: Floats
    short_usual: Floats
    counted: Floats
    expected: Floats
    ratio: Floats

    def missing(self, ratio: Floats) -> Floats:
        """Return the greater deviance of the two windows from the usual times a ratio."""
        return np.fmax(deviance(self.short, self.short_usual * ratio), deviance(self.counted, self.expected * ratio))
