"""Where no wave satisfies all rules: the smallest set of rules that are at odds, by a deletion filter.

Rules are left out one after the other; what stays impossible without a rule does not need it. What remains at the end
cannot be satisfied together, and could be without any one of its rules.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from optimiser.green_wave.engines import Effort, solve
from optimiser.green_wave.mixed_program import MixedProgram, Sum

STRUCTURE: Final = ("offsets around", "one order of stages")
_WIDE: Final = 60.0


def smallest_conflict(program: MixedProgram, loops: Collection[int], effort: Effort) -> tuple[str, ...]:
    """Return rules of a program without solution that are at odds, as few as can be found by leaving out.

    Args: loops, the variables that count cycles around closed ways, whose bounds follow from rules and so have to go;
    effort, the time for each question; what is not settled in it counts as possible.
    """
    wide = {v: (program.low[v] - _WIDE, program.high[v] + _WIDE) for v in loops}
    low = [wide[v][0] if v in wide else bound for v, bound in enumerate(program.low)]
    high = [wide[v][1] if v in wide else bound for v, bound in enumerate(program.high)]
    relaxed = replace(program, low=low, high=high, most=Sum())
    rules = [r for r in dict.fromkeys(row.rule for row in program.rows) if not r.startswith(STRUCTURE)]
    return _filtered(rules, lambda left: solve(relaxed.without(left), effort).proven_empty)


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
