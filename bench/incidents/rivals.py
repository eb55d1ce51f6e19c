"""The detectors alone: loops without positions, positions without loops, the California comparison."""

from dataclasses import replace
from typing import Any, Final

import numpy.typing as npt

from signal_ctrl.watch.incidents.detection.california import Thresholds
from signal_ctrl.watch.incidents.detection.evidence import LOOP_FIGURES
from signal_ctrl.watch.incidents.detection.judging import JUDGE

Array = npt.NDArray[Any]
LOOPS: Final = replace(JUDGE, rest=0.0)
POSITIONS: Final = replace(JUDGE, suspect=8.0, rest=0.0)
CALIFORNIA: Final = Thresholds()


def without(figures: Array, loops: bool = False, positions: bool = False) -> Array:
    """Return figures without those of loops, or of positions."""
    left = figures.copy()
    left[..., : LOOP_FIGURES if loops else 0] = 0.0
    left[..., LOOP_FIGURES if positions else left.shape[-1] :] = 0.0
    return left
