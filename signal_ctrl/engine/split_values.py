"""The values of cycle and split: periods, rules, the demand of a signal, and what is found for it."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import LOST_S, Critical, StageCycle, Streams
from optimiser.hcm import Arrivals
from optimiser.split_service import Service
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import CYCLE_DS
from signal_ctrl.domain.timing import DS_PER_S
from signal_ctrl.kernel.kernel import Kernel

FloatArray = NDArray[np.float64]
_S_PER_H: Final = 3600.0
_MOST_LOST_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Period:
    """A demand period of the day or the simulation. [s]"""

    begin_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.begin_s < self.end_s < math.inf:
            raise InvalidInputError(f"a period needs 0 <= begin < end, got {self.begin_s:g} to {self.end_s:g} s")

    @property
    def hours(self) -> float:
        """T of the HCM. [h]"""
        return (self.end_s - self.begin_s) / _S_PER_H


@dataclass(frozen=True, slots=True)
class SplitRules:
    """What cycles and splits have to keep: degree of saturation aimed at, shortest and longest cycle. [s]

    `lost_s` is what starting up loses of each green more than the amber wins back. [s]
    """

    target: float = 0.9
    cycle_range_s: tuple[int, int] = (40, 150)
    lost_s: float = LOST_S

    def __post_init__(self) -> None:
        low_s, high_s = self.cycle_range_s
        if not 0.5 <= self.target <= 1.0:
            raise InvalidInputError(f"the target is a degree of saturation from 0.5 to 1, got {self.target:g}")
        if not 0 <= self.lost_s <= _MOST_LOST_S:
            raise InvalidInputError(f"a green loses 0 to {_MOST_LOST_S:g} s, got {self.lost_s:g}")
        bounds_s = (CYCLE_DS[0] // DS_PER_S, CYCLE_DS[1] // DS_PER_S)
        if not bounds_s[0] <= low_s <= high_s <= bounds_s[1]:
            raise InvalidInputError(
                f"cycles lie from {bounds_s[0]} to {bounds_s[1]} s, the shorter first; got {low_s} to {high_s} s"
            )


@dataclass(frozen=True, slots=True)
class StreamName:
    """What a stream is for people: its movement (signal group), its approach, its turns and lane where they are known.

    Streams that name the same lane stand in it one behind the other.
    """

    movement: str
    approach: str
    turns: str = ""
    lane: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SignalDemand:
    """One signal under its demand. `stages` are indices in order; `streams` one value a period, alike in shape.

    `tables` are the changes between these stages at least, where somebody has timed them.
    """

    kernel: Kernel
    stages: tuple[int, ...]
    names: tuple[StreamName, ...]
    streams: tuple[Streams, ...]
    arrivals: Arrivals
    tables: StageTables | None = None

    @property
    def signal_id(self) -> str:
        """The signal."""
        return self.kernel.site.signal_id


@dataclass(frozen=True, slots=True)
class Analysis:
    """One signal in one period before a cycle is chosen. Cycles are None where there is none. [s]

    practical_s is L / (1 - Y / x) of the critical path, fitting_s the shortest cycle that holds the target with
    overlaps and minimum greens; minimum_s is made of the shortest splits.
    """

    critical: Critical
    webster_s: float | None
    practical_s: float | None
    fitting_s: float | None
    minimum_s: float
    wanted_s: int

    @property
    def attainable(self) -> bool:
        """Whether a cycle within the range holds the target."""
        return self.fitting_s is not None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Cycle and splits of one signal in one period, and what they bring. `gated_veh_h` (n_streams,), NaN: not gated.

    `conflict` is the smallest set of limits that keeps the target from being held, empty where it is held.
    """

    analysis: Analysis
    cycle: StageCycle
    splits_s: tuple[int, ...]
    service: Service
    gated_veh_h: FloatArray
    conflict: tuple[str, ...]

    @property
    def cycle_s(self) -> int:
        """The sum of the splits. [s]"""
        return sum(self.splits_s)
