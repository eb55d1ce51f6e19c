"""Stages as arrays: rights, and how long each change of stage takes for each group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class StageTables:
    """Stages and their changes. [s]

    right (n_stages, n_groups), the right of each group; end_s (n_stages, n_stages, n_groups), time from the wish to the
    end of a green (inf: it goes on); start_s, same shape, time from the wish to the new right (0: it has it all along);
    settled_s (n_stages, n_stages), until the last group has its right; min_green_s (n_stages,), longest minimum green.
    """

    right: NDArray[np.int64]
    end_s: NDArray[np.float64]
    start_s: NDArray[np.float64]
    settled_s: NDArray[np.float64]
    min_green_s: NDArray[np.float64]
