"""The smallest set of constraints that conflict: what is left when nothing more can be taken out (deletion filter)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Constraint = TypeVar("Constraint")


def smallest_conflict(
    constraints: Sequence[Constraint], feasible: Callable[[Sequence[Constraint]], bool]
) -> tuple[Constraint, ...]:
    """Return constraints that cannot hold together, of which any one less can; none if all can hold.

    The set is irreducible, and not always the only one: constraints are tried in order, so the first go out first.
    Source: J. W. Chinneck, deletion filtering; one call of `feasible` per constraint and one more.
    >>> smallest_conflict(["x > 3", "y > 0", "x < 2"], lambda some: not {"x > 3", "x < 2"} <= set(some))
    ('x > 3', 'x < 2')
    """
    if feasible(constraints):
        return ()
    kept = list(constraints)
    for one in constraints:
        rest = [other for other in kept if other is not one]
        if not feasible(rest):
            kept = rest
    return tuple(kept)
