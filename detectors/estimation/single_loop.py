"""Speed from a single loop: vehicles times their effective length over the time that they covered it.

In an interval a loop of length d was covered for the sum of o_i = (l_i + d) / v_i. If all vehicles were equally long,
count / sum(o_i) * (l + d) would be exactly the harmonic mean of the speeds, which is the space mean speed of those who
passed. So the factor g = l + d has to be known. It is learned where the speed is: in free flow, g = v_free * sum(o) /
count; for every hour of the day by itself, since at night there are more trucks; and it is left alone in congestion,
where the speed is what is asked for. Example: 10 vehicles that covered the loop for 4.8 s at a free speed of 13.9 m/s
give g = 13.9 * 4.8 / 10 = 6.67 m; the same ten covering it for 24 s drove 2.78 m/s.

Source: the g-factor method of freeway practice (PeMS), with the conditions stated at the constants; the error terms are
derived in docs/estimation.md.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.estimation.interval import Estimate, around
from detectors.loops.saturation import Span
from signal_ctrl.domain.errors import InvalidInputError

FREE_OCCUPANCY: Final = 0.08
"""Below this occupancy an interval is free flow (0-1)."""
FULL_OCCUPANCY: Final = 0.6
"""Above this occupancy no speed is told: a standing vehicle has none (0-1)."""
LEAST_VEH: Final = 3
WEIGHT: Final = 0.1
"""Weight of a new interval in the factor, once ten have been averaged (0-1)."""
VEHICLE_M: Final = 5.0
"""Mean length of vehicles before anything has been learned. [m]"""
PRIOR_SPREAD: Final = 0.15
"""Relative standard deviation of the factor before anything has been learned (0-1)."""
LENGTH_SPREAD: Final = 0.2
"""Relative standard deviation of single effective lengths where too few vehicles were seen to measure it (0-1)."""
FREE_SPREAD: Final = 0.08
"""Relative standard deviation of a free speed that is taken from the speed limit (0-1)."""
FACTOR_M: Final = (4.0, 12.0)
"""A factor outside these bounds is a fault of the loop, not a length. [m]"""
_HOURS: Final = 24
_SPREAD_VEH: Final = 30


@dataclass(frozen=True, slots=True)
class LoopInterval:
    """What a loop counted in an interval: vehicles that left it, their on-times' sum and sum of squares. [s], [s²]

    `covered_s` is how long it was covered within the interval, by whomever.
    """

    begin_s: float
    end_s: float
    vehicles: int
    on_s: float
    on_square: float
    covered_s: float

    def __post_init__(self) -> None:
        if not (self.begin_s < self.end_s and self.vehicles >= 0 and self.on_s >= 0 and self.covered_s >= 0):
            raise InvalidInputError(f"an interval of a loop needs a length, and counts of 0 or more, got {self}")

    @property
    def occupancy(self) -> float:
        """Share of the interval in which the loop was covered (0-1)."""
        return min(self.covered_s / (self.end_s - self.begin_s), 1.0)

    @property
    def is_free(self) -> bool:
        """Whether the interval is free flow with enough vehicles to learn from."""
        return self.vehicles >= LEAST_VEH and self.occupancy < FREE_OCCUPANCY


def loop_intervals(passages: Sequence[Span], begin_s: float, end_s: float, width_s: float) -> Iterator[LoopInterval]:
    """Yield the whole intervals of a width from begin to end. [s]

    Args: passages, when each vehicle came onto the loop and left it, in the order of time.
    """
    if not width_s > 0:
        raise InvalidInputError(f"intervals need a width above 0 s, got {width_s:g}")
    at = 0
    for number in range(int((end_s - begin_s) / width_s + 1e-9)):
        from_s, to_s = begin_s + number * width_s, begin_s + (number + 1) * width_s
        while at < len(passages) and passages[at][1] < from_s:
            at += 1
        last = at
        while last < len(passages) and passages[last][1] < to_s:
            last += 1
        ons_s = [off_s - on_s for on_s, off_s in passages[at:last]]
        covered_s = sum(off_s - max(on_s, from_s) for on_s, off_s in passages[at:last])
        if last < len(passages):
            covered_s += max(to_s - max(passages[last][0], from_s), 0.0)
        yield LoopInterval(from_s, to_s, last - at, sum(ons_s), sum(on_s * on_s for on_s in ons_s), covered_s)


class SingleLoopSpeed:
    """The speed meter of one loop."""

    def __init__(self, loop_m: float, free_mps: float, vehicle_m: float | None = None) -> None:
        """Args: loop_m, length of the loop [m]; free_mps, speed of free flow [m/s].

        Args: vehicle_m, mean length of vehicles as it was learned at another loop, None: it has to be learned here [m].
        """
        if not (loop_m > 0 and free_mps > 0 and (vehicle_m is None or vehicle_m > 0)):
            raise InvalidInputError(f"a loop needs a length and a free speed above 0, got {loop_m:g}, {free_mps:g}")
        self._free_mps = free_mps
        self._prior_m = (VEHICLE_M if vehicle_m is None else vehicle_m) + loop_m
        self._prior_spread = PRIOR_SPREAD if vehicle_m is None else math.hypot(FREE_SPREAD, 0.5 * LENGTH_SPREAD)
        self._factor_m = [math.nan] * _HOURS
        self._learned = [0] * _HOURS
        self._vehicles = 0
        self._moments = (0.0, 0.0, 0.0)

    def factor_m(self, hour: int) -> float:
        """Return the factor of an hour of the day: its own, else the mean of those learned, else the prior. [m]"""
        if self._learned[hour]:
            return self._factor_m[hour]
        mean_m = self.mean_factor_m
        return self._prior_m if mean_m is None else mean_m

    @property
    def mean_factor_m(self) -> float | None:
        """The mean factor of the hours in which it was learned, None before. [m]"""
        known = [factor_m for factor_m, learned in zip(self._factor_m, self._learned, strict=True) if learned]
        return sum(known) / len(known) if known else None

    def learn(self, interval: LoopInterval, hour: int) -> bool:
        """Take in an interval at an hour of the day; return whether it was free flow and the factor has moved."""
        if not interval.is_free or interval.on_s <= 0:
            return False
        found_m = self._free_mps * interval.on_s / interval.vehicles
        if not FACTOR_M[0] <= found_m <= FACTOR_M[1]:
            return False
        before_m = self._factor_m[hour] if self._learned[hour] else found_m
        weight = max(1.0 / (self._learned[hour] + 1), WEIGHT)
        self._factor_m[hour] = before_m + weight * (found_m - before_m)
        self._learned[hour] += 1
        self._vehicles += interval.vehicles
        count, total_s, squares = self._moments
        self._moments = (count + interval.vehicles, total_s + interval.on_s, squares + interval.on_square)
        return True

    def speed_mps(self, interval: LoopInterval, hour: int) -> Estimate | None:
        """Return the space mean speed of those who passed; None for too few of them or a loop that is covered. [m/s]

        The deviation has three parts: lengths of those who passed, of those learned from, and the free speed itself.
        """
        if interval.vehicles < LEAST_VEH or interval.occupancy > FULL_OCCUPANCY or interval.on_s <= 0:
            return None
        value_mps = interval.vehicles * self.factor_m(hour) / interval.on_s
        learned = min(self._vehicles, LEAST_VEH / WEIGHT * 2.0)
        of_factor = self._spread**2 / learned + FREE_SPREAD**2 if learned else self._prior_spread**2
        spread = math.sqrt(self._own_spread(interval) ** 2 / interval.vehicles + of_factor)
        return around(value_mps, value_mps * spread, interval.vehicles)

    @property
    def _spread(self) -> float:
        """Relative deviation of on-times in free flow, which holds that of the lengths (0-1)."""
        count, total_s, squares = self._moments
        if count < _SPREAD_VEH:
            return LENGTH_SPREAD
        mean_s = total_s / count
        return math.sqrt(max(squares / count - mean_s * mean_s, 0.0)) / mean_s

    def _own_spread(self, interval: LoopInterval) -> float:
        """Relative deviation of lengths as it weighs in an interval: long vehicles that were slow weigh more (0-1).

        With independent lengths l_i of relative deviation c the sum of l_i / v_i has the relative variance
        c² sum(1/v²) / sum(1/v)², and o² has the expectation of (1 + c²) g² / v².
        """
        crowding = interval.on_square * interval.vehicles / (interval.on_s * interval.on_s)
        return self._spread * math.sqrt(max(crowding, 1.0))
