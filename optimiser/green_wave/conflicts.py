"""Where no wave satisfies all rules: the smallest set of rules that are at odds, by a deletion filter.

Rules are left out one after the other; what stays impossible without a rule does not need it. What remains at the end
cannot be satisfied together, and could be without any one of its rules.
"""

from collections.abc import Callable
from typing import Final

from optimiser.green_wave.engines import Effort, solve
from optimiser.green_wave.mixed_program import MixedProgram, Sum
from optimiser.green_wave.model import WaveModel

STRUCTURE: Final = ("offsets around", "one order of stages")
_WIDE: Final = 60.0


def smallest_conflict(model: WaveModel, effort: Effort) -> tuple[str, ...]:
    """Return rules of a model without solution that are at odds, as few as can be found by leaving out.

    Bounds of variables that follow from rules go, so that a rule that is left out binds nothing any more: the cycles
    around closed ways, the cycle itself and the travel times.
    Args: effort, the time for each question; what is not settled in it counts as possible.
    """
    relaxed = without_bounds(model)
    program = model.program
    rules = [r for r in dict.fromkeys(row.rule for row in program.rows) if not r.startswith(STRUCTURE)]
    return _filtered(rules, lambda left: solve(relaxed.without(left), effort).proven_empty)


def without_bounds(model: WaveModel) -> MixedProgram:
    """Return the program of a model with room for what rules bind, and with nothing to be made most."""
    program = model.program.copy()
    for _, around in model.loops:
        program.low[around] -= _WIDE
        program.high[around] += _WIDE
    z = next(iter(model.z.terms))
    program.low[z], program.high[z] = program.low[z] / _WIDE, program.high[z] * _WIDE
    for travel in (next(iter(travel.terms)) for course in model.courses for travel in course.travel):
        program.high[travel] *= _WIDE
    program.most = Sum()
    return program


def _filtered(rules: list[str], impossible_without: Callable[[frozenset[str]], bool]) -> tuple[str, ...]:
    """Leave out large parts first, then single rules."""
    kept, size = rules, max(len(rules) // 2, 1)
    while size:
        start = 0
        while start < len(kept):
            trial = kept[:start] + kept[start + size :]
            if impossible_without(frozenset(rules) - frozenset(trial)):
                kept = trial
            else:
                start += size
        size //= 2
    return tuple(kept)
