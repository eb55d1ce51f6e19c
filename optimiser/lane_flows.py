"""Flows of turns dealt out to the movements from lane to lane, so that the lanes of an approach are loaded alike."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, TypeVar

T = TypeVar("T", bound=Hashable)
_ROUNDS: Final = 30


def dealt(turns: Sequence[T], lanes: Sequence[int], flows: Mapping[T, float]) -> list[float]:
    """Return the flow of each movement, in the unit of the flows.

    Args: turns and lanes, by movement: the turn that it is one of, and the lane that it leaves.
    >>> dealt(["left", "on", "on"], [0, 0, 1], {"left": 200.0, "on": 600.0})[0]
    200.0
    """
    by_turn: dict[T, list[int]] = defaultdict(list)
    for m, turn in enumerate(turns):
        by_turn[turn].append(m)
    shares = {m: 1.0 / len(own) for own in by_turn.values() for m in own}
    for _ in range(_ROUNDS):
        load: dict[int, float] = defaultdict(float)
        for m, turn in enumerate(turns):
            load[lanes[m]] += shares[m] * flows.get(turn, 0.0)
        for own in by_turn.values():
            wanted = [shares[m] / (load[lanes[m]] + 1.0) for m in own]
            for m, part in zip(own, wanted, strict=True):
                shares[m] = 0.5 * shares[m] + 0.5 * part / sum(wanted)
    return [shares[m] * flows.get(turn, 0.0) for m, turn in enumerate(turns)]
