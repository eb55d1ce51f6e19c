"""How wrong the travel times are: learnt from how the drives that came next differed from what had been said."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.state.model import Drives

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

USUAL_SQUARE: Final = 0.4
USUAL_COMMON: Final = 0.08
USUAL_DRIVES: Final = 20.0
MOST: Final = 3.0
HALF_MIN: Final = 24 * 60.0
TOGETHER_MIN: Final = 5.0
KINDS: Final = 8
SHORT_S: Final = 3.0
LEAST_SHARE: Final = 0.03
MOST_SHARE: Final = 0.9


def kinds_of(network: RoadNetwork, with_loops: npt.NDArray[np.bool_]) -> Ints:
    """Return the kind of each road, 0 to KINDS - 1."""
    signal = np.array([bool(road.signal) for road in network.roads])
    short = np.array([road.free_time_s < SHORT_S for road in network.roads])
    return np.asarray(4 * with_loops + 2 * signal + short, dtype=np.int64)


@dataclass(slots=True)
class Residuals:
    """Relative errors of single drives by kind of road: with loops or not, with a signal or not, very short or not.

    The error of a drive has two parts: the estimate is wrong, for all who drive the road about then (`common`), and
    drivers and signals differ (the rest). The first is what drives one after the other have in common.
    """

    kind: Ints
    last: Doubles = field(init=False)
    age_min: Doubles = field(init=False)
    squares: Doubles = field(default_factory=lambda: np.full(KINDS, USUAL_SQUARE * USUAL_DRIVES))
    drives: Doubles = field(default_factory=lambda: np.full(KINDS, USUAL_DRIVES))
    products: Doubles = field(default_factory=lambda: np.full(KINDS, USUAL_COMMON * USUAL_DRIVES))
    pairs: Doubles = field(default_factory=lambda: np.full(KINDS, USUAL_DRIVES))

    def __post_init__(self) -> None:
        self.last, self.age_min = np.zeros(len(self.kind)), np.full(len(self.kind), np.inf)

    def learn(self, said_s: Doubles, drives: Drives) -> None:
        """Compare what was said [s] with the drives of the minute that followed."""
        fade = 0.5 ** (1 / HALF_MIN)
        self.squares, self.drives = self.squares * fade, self.drives * fade
        self.products, self.pairs = self.products * fade, self.pairs * fade
        self.age_min += 1
        many = np.bincount(drives.road, drives.weight, len(self.kind))
        error = np.clip(drives.travel_time_s / said_s[drives.road] - 1, -1.0, MOST)
        np.add.at(self.squares, self.kind[drives.road], drives.weight * error**2)
        np.add.at(self.drives, self.kind[drives.road], drives.weight)
        told = np.flatnonzero(many > 0)
        mean = np.bincount(drives.road, drives.weight * error, len(self.kind))[told] / many[told]
        pairs = self.age_min[told] <= TOGETHER_MIN
        np.add.at(self.products, self.kind[told[pairs]], mean[pairs] * self.last[told[pairs]])
        np.add.at(self.pairs, self.kind[told[pairs]], 1.0)
        self.last[told], self.age_min[told] = mean, 0.0

    def standard_error_s(self, travel_time_s: Doubles, vehicles: Doubles) -> Doubles:
        """Return the standard error of travel times as the mean of those who leave in the minute. [s]

        Args: vehicles, how many these are.
        """
        square = self.squares / self.drives
        common = np.clip(self.products / self.pairs, LEAST_SHARE * square, MOST_SHARE * square)
        own = (square - common)[self.kind] / np.maximum(vehicles, 1.0)
        return np.asarray(travel_time_s * np.sqrt(common[self.kind] + own))
