"""The search for driver parameters: Broyden's method on the test bench, from a Jacobian of car-following theory.

A queue's headway is about `tau` and the way of one vehicle at the speed of discharge; a free speed is the limit times
the factor. What is known so of the slopes starts the search; every simulation corrects them (Broyden 1965). All
simulations draw the same vehicles and the same luck, and there are at most as many as the budget says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import lsq_linear

from sumo_scenarios.calibration.drivers import Drivers, with_drivers
from sumo_scenarios.calibration.streets_bench import BenchResult, StreetBench
from sumo_scenarios.fleet import Fleet

FloatArray = npt.NDArray[np.float64]

SEED: Final = 1
CHECK_SEEDS: Final = (101, 102, 103)
TAU: Final = (0.4, 4.0)
MIN_GAP: Final = (0.4, 3.0)
SPEED: Final = (0.3, 2.0)
DEVIATION: Final = (0.0, 0.5)
_TAU_S: Final = 1.0
_MIN_GAP_M: Final = 2.5
_DISCHARGE: Final = 0.75
_CLOSE: Final = 0.002
_PULL: Final = 0.02
_LONGEST_STEP: Final = 0.5
_THIN: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Targets:
    """What is to be reached: mean headway by speed limit [s], mean ratio of speed and limit, its deviation; or None.

    `weights` of the headways add up to 1.
    """

    headways_s: dict[float, float]
    weights: dict[float, float]
    speed_ratio: float | None
    deviation: float | None
    speeds_at_mps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Drivers found, and how many simulations the search took; `at_bounds` names parameters that cannot go further."""

    drivers: Drivers
    simulations: int
    settled: bool
    at_bounds: tuple[str, ...]


def fit_drivers(bench: StreetBench, fleet: Fleet, targets: Targets, budget: int) -> Fitted:
    """Return the drivers whose queues and speeds come nearest to the targets. Raises: BackendError if SUMO fails."""
    search = _Search(bench, fleet, targets)
    point = search.start()
    miss = search.miss(point)
    slopes = search.slopes()
    best, least = point, float(miss @ miss)
    for _ in range(budget - 1):
        step = search.step(point, miss, slopes)
        if float(np.abs(step).max()) < _CLOSE / 4:
            break
        following = point + step
        after = search.miss(following)
        slopes = slopes + np.outer(after - miss - slopes @ step, step) / float(step @ step)
        point, miss = following, after
        if float(miss @ miss) < least:
            best, least = point, float(miss @ miss)
        if search.is_close(miss):
            break
    drivers = search.drivers(best)
    return Fitted(drivers, bench.simulations, search.is_close(search.known[tuple(best)]), search.at_bounds(best))


class _Search:
    """Points are logarithms of the factors, and the deviation itself; misses are relative."""

    def __init__(self, bench: StreetBench, fleet: Fleet, targets: Targets) -> None:
        self._bench, self._fleet, self._targets = bench, fleet, targets
        self._shares = fleet.cars()
        self._names: tuple[str, ...] = ("tau", "minGap") if targets.headways_s else ()
        self._names += ("speedFactor",) if targets.speed_ratio is not None else ()
        self._names += ("speedDev",) if targets.deviation is not None else ()
        bounds = {"tau": TAU, "minGap": MIN_GAP, "speedFactor": SPEED}
        self._low, self._high = (
            np.array([log(bounds[n][side]) if n in bounds else DEVIATION[side] for n in self._names]) for side in (0, 1)
        )
        self.known: dict[tuple[float, ...], FloatArray] = {}

    def start(self) -> FloatArray:
        """Return the point of the fleet as it is; the deviation starts where it is wanted."""
        wanted = self._targets.deviation or 0.0
        return np.array([wanted if name == "speedDev" else 0.0 for name in self._names])

    def drivers(self, point: FloatArray) -> Drivers:
        """Return the drivers of a point."""
        found = dict(zip(self._names, point, strict=True))
        factors = [float(np.exp(found.get(name, 0.0))) for name in ("tau", "minGap", "speedFactor")]
        return Drivers(factors[0], factors[1], factors[2], float(found["speedDev"]) if "speedDev" in found else None)

    def miss(self, point: FloatArray) -> FloatArray:
        """Simulate a point and return what is missed: measures less targets, relative, and the pull on minGap."""
        kinds = with_drivers(self._fleet, self.drivers(point))
        found = self._misses(self._bench.measure(kinds, self._shares, SEED), point)
        self.known[tuple(point)] = found
        return found

    def _misses(self, result: BenchResult, point: FloatArray) -> FloatArray:
        targets, rows = self._targets, []
        for limit, wanted_s in targets.headways_s.items():
            rows.append(np.sqrt(targets.weights[limit]) * (result.headway_s(limit) / wanted_s - 1.0))
        if targets.headways_s:
            rows.append(_PULL * float(point[1]))
        ratio, deviation = ratios_of(result, targets.speeds_at_mps)
        if targets.speed_ratio is not None:
            rows.append(ratio / targets.speed_ratio - 1.0)
        if targets.deviation is not None:
            rows.append(deviation - targets.deviation)
        return np.array(rows)

    def slopes(self) -> FloatArray:
        """Return the slopes of the misses that theory expects at the start, shape (n_misses, n_parameters)."""
        targets = self._targets
        rows = []
        for limit, wanted_s in targets.headways_s.items():
            own = {"tau": _TAU_S / wanted_s, "minGap": _MIN_GAP_M / (_DISCHARGE * limit * wanted_s)}
            rows.append([np.sqrt(targets.weights[limit]) * own.get(name, 0.0) for name in self._names])
        if targets.headways_s:
            rows.append([_PULL * (name == "minGap") for name in self._names])
        if targets.speed_ratio is not None:
            rows.append([1.0 * (name == "speedFactor") for name in self._names])
        if targets.deviation is not None:
            rows.append([1.0 * (name == "speedDev") for name in self._names])
        return np.array(rows)

    def step(self, point: FloatArray, miss: FloatArray, slopes: FloatArray) -> FloatArray:
        """Return the least-squares step within the bounds."""
        low, high = np.maximum(self._low - point, -_LONGEST_STEP), np.minimum(self._high - point, _LONGEST_STEP)
        found = lsq_linear(slopes, -miss, bounds=(np.minimum(low, -_THIN), np.maximum(high, _THIN)))
        return np.asarray(np.clip(found.x, low, high))

    def is_close(self, miss: FloatArray) -> bool:
        """Return whether every target is reached within 0.2 %."""
        pulled = len(self._targets.headways_s) if self._targets.headways_s else -1
        return all(abs(value) < _CLOSE for k, value in enumerate(miss) if k != pulled)

    def at_bounds(self, point: FloatArray) -> tuple[str, ...]:
        """Return the parameters that stand at a bound."""
        edge = np.isclose(point, self._low) | np.isclose(point, self._high)
        return tuple(name for name, there in zip(self._names, edge, strict=True) if there and name != "speedDev")


def ratios_of(result: BenchResult, limits_mps: Sequence[float]) -> tuple[float, float]:
    """Return mean and standard deviation of free speeds over their limits, each limit weighing the same."""
    if not limits_mps:
        return 0.0, 0.0
    pairs = [result.speed_mps(limit) for limit in limits_mps]
    means = [mean / limit for (mean, _), limit in zip(pairs, limits_mps, strict=True)]
    deviations = [deviation / limit for (_, deviation), limit in zip(pairs, limits_mps, strict=True)]
    return float(np.mean(means)), float(np.mean(deviations))
