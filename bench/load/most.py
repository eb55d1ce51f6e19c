"""The most cabinets that one core carries: more and more of them, until a pass mark is missed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.load.figures import misses
from bench.load.trial import Asked, trial
from signal_ctrl.domain.errors import InvalidInputError

CORES: Final = (0, 1)
"""The centre has the first one for itself, the generator the second."""
MOST: Final = 12_000
RAMP_S: Final = 20.0
GENERATOR_SHARE: Final = 0.9
"""A generator that takes a greater share of its core measures itself."""


@dataclass(frozen=True, slots=True)
class Steps:
    """From how many cabinets on, by how many more each time, for how long each. [s]"""

    first: int
    step: int
    lasts_s: float
    seed: int
    store: str


def find_most(steps: Steps, scratch: Path, tell: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
    """Return the lines of all numbers that were tried; the last one has missed something, unless all passed.

    The growth of memory is no mark here, because each number is tried for too short a time.

    Raises: InvalidInputError if there are no two cores; BackendError if something does not run.
    """
    if not set(CORES) <= os.sched_getaffinity(0):
        raise InvalidInputError("--find-most needs two cores: one for the centre, one for the generator")
    lines: list[dict[str, Any]] = []
    for cabinets in range(steps.first, MOST + 1, steps.step):
        folder = scratch / str(cabinets)
        folder.mkdir()
        line = trial(Asked(cabinets, steps.lasts_s, steps.seed, steps.store, CORES, RAMP_S), folder)
        missed = [words for words in misses(line) if not words.startswith("memory")]
        if line["generator_cpu_share"] > GENERATOR_SHARE:
            missed.append(f"the generator took {line['generator_cpu_share']:.0%} of its core")
        lines.append({"key": f"most-{steps.store}-{cabinets}-seed-{steps.seed}", **line, "missed": missed})
        tell(lines[-1])
        if missed:
            break
    return lines
