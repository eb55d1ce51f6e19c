"""Which signals belong together: a network parted where the link between two neighbours couples them little.

The coupling index of a link is its flow in both directions over its length. Source: S. A. Yagoda and others, 1973, as
handbooks of signal control state it: [veh/h/ft] there, [veh/h/m] here; from about 1.5 veh/h/m on signals are to be
coordinated.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

COUPLED: Final = 1.5
"""From this flow over length on two signals are coordinated. [veh/h/m]"""
Pair = tuple[int, int]


def coupling_index(flow_veh_h: Mapping[Pair, float], length_m: Mapping[Pair, float]) -> dict[Pair, float]:
    """Return by pair of signals (a < b) the flow of both directions over the shorter length. [veh/h/m]

    Args: flow and length by direction (from, to).
    Raises: InvalidInputError for a length that is none.
    >>> coupling_index({(0, 1): 400.0, (1, 0): 200.0}, {(0, 1): 300.0, (1, 0): 310.0})
    {(0, 1): 2.0}
    """
    found: dict[Pair, float] = {}
    for a, b in sorted({(min(pair), max(pair)) for pair in flow_veh_h}):
        lengths_m = [length_m[pair] for pair in ((a, b), (b, a)) if pair in length_m]
        if not lengths_m or not min(lengths_m) > 0:
            raise InvalidInputError(f"the link between signals {a} and {b} needs a length above 0")
        found[a, b] = (flow_veh_h.get((a, b), 0.0) + flow_veh_h.get((b, a), 0.0)) / min(lengths_m)
    return found


def subareas(n_signals: int, coupling: Mapping[Pair, float], least: float = COUPLED) -> list[list[int]]:
    """Return the signals that hang together by links of at least that index, each part sorted, by first signal.

    >>> subareas(4, {(0, 1): 3.0, (1, 2): 0.4, (2, 3): 2.0})
    [[0, 1], [2, 3]]
    """
    of = list(range(n_signals))
    for (a, b), index in coupling.items():
        if index >= least:
            low, high = sorted((of[a], of[b]))
            of = [low if part == high else part for part in of]
    return [[i for i in range(n_signals) if of[i] == part] for part in sorted(set(of))]


def chosen(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return the places of some signals. Raises: InvalidInputError that names one that is not there, or is twice."""
    for name in wanted:
        if name not in names:
            raise InvalidInputError(f"signal {name} is not among those with a choice of stages: {', '.join(names[:8])}")
        if wanted.count(name) > 1:
            raise InvalidInputError(f"signal {name} is named twice")
    return sorted(names.index(name) for name in wanted)
