"""Times in figures, and the pass marks of a load."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

P99_MS: Final = 150.0
GROWTH_SHARE: Final = 0.05
FULL_SHARE: Final = 0.99
"""At least this share of the polls that were due has to be answered, or the load was not there."""


def spread(times_ms: Sequence[float]) -> dict[str, float | int]:
    """Return count, median, 99 % and greatest of some times. [ms]"""
    if not len(times_ms):
        return {"count": 0, "p50_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}
    p50, p99, most = np.percentile(np.asarray(times_ms), (50, 99, 100))
    return {"count": len(times_ms), "p50_ms": round(p50, 2), "p99_ms": round(p99, 2), "max_ms": round(most, 2)}


def growth(memory_mib: Sequence[tuple[float, float]], from_s: float) -> float:
    """Return by which share the memory was greater at the end than at a time; 0 where nothing is known. [s]"""
    after = [mib for at_s, mib in memory_mib if at_s >= from_s]
    return after[-1] / after[0] - 1 if after else 0.0


def misses(line: dict[str, Any]) -> tuple[str, ...]:
    """Return the pass marks that a trial missed, in words."""
    due = line["cabinets"] * line["lasts_s"]
    found = {
        f"p99 of polls {line['polls']['p99_ms']} ms, at most {P99_MS} ms": line["polls"]["p99_ms"] > P99_MS,
        f"errors {line['errors']}": bool(line["errors"]),
        f"polls answered {line['polls']['count']} of {due:.0f}": line["polls"]["count"] < FULL_SHARE * due,
        f"lost {line['lost']}": line["lost"] > 0,
        f"doubled {line['doubled']}": line["doubled"] > 0,
        f"memory grew by {line['memory_growth']:.1%}, at most {GROWTH_SHARE:.0%}": line["memory_growth"] > GROWTH_SHARE,
    }
    return tuple(words for words, missed in found.items() if missed)
