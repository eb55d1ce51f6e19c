"""The search for the settings of a controller: one after the other over a stated set of values, the best is kept."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench.tuning.evaluation import BudgetSpentError, Candidate, Evaluator, Scored, best_of

GREENS: Final = (("max_green_s", ("20", "30", "40", "60", "80")), ("min_green_s", ("7", "10")))
AXES: Final[Mapping[str, Sequence[tuple[str, Sequence[str]]]]] = {
    "actuated": (GREENS[0], ("max_gap_s", ("1.5", "2", "4", "5")), GREENS[1]),
    "delay_based": GREENS,
    "max_pressure": (("slot_s", ("5", "10", "15", "20", "30")),),
}
"""Values to be tried beside the untuned start, in this order."""


def search_options(
    controller: str, evaluator: Evaluator, seeds: tuple[int, ...]
) -> tuple[list[Scored], Scored, list[str]]:
    """Return all settings tried, the best first, the untuned start, and what to know of the search.

    Raises: BudgetSpentError if the budget does not even hold the start.
    """
    start = evaluator.score([Candidate("untuned", controller)], seeds)[0]
    tried, notes = [start], []
    try:
        for key, values in AXES[controller]:
            best = best_of(tried).candidate
            for value in values:
                tried += evaluator.score([_with(best, key, value)], seeds)
    except BudgetSpentError:
        notes.append("the budget did not hold all values")
    return sorted(tried, key=lambda one: one.delay_s), start, notes


def _with(candidate: Candidate, key: str, value: str) -> Candidate:
    options = tuple(sorted({**dict(candidate.options), key: value}.items()))
    return Candidate(" ".join(f"{name}={text}" for name, text in options), candidate.controller, options)
