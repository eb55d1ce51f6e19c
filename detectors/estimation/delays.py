"""How long vehicles took between two loops of a lane: counted in and out in order, set right at every gap.

Nobody tells a loop who comes. But in a lane the first one in is the first one out, so that the order of passages pairs
them, as long as the count is right. It is set right wherever the loop ahead has been free for a while during green:
then the next one came without delay and must be the one that the loop behind saw a free travel time before. From
there it is paired backwards, so that the end of a queue, which matters most, is surest. Whoever has nobody to be
paired with has changed lanes. This is input-output counting with a reset at every gap.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from detectors.loops.saturation import Span

FREE_GAP_S: Final = 2.5
"""A gap as long as this during green proves that nobody is kept between the loops. [s]"""
START_MPS2: Final = 2.0
BRAKE_MPS2: Final = 3.0
_OFF: Final = 0.15
_OFF_S: Final = 1.0


def stop_loss_s(free_mps: float) -> float:
    """Return what a vehicle loses by a stop of no length: braking and picking up speed. [s]

    Braking from v at b takes v / b for a way that takes v / (2 b) at free speed; picking up speed likewise.
    >>> stop_loss_s(12.0)
    5.0
    """
    return free_mps / (2.0 * BRAKE_MPS2) + free_mps / (2.0 * START_MPS2)


def delays_s(
    behind_s: Sequence[float], ahead: Sequence[Span], apart_m: float, free_mps: float, greens: Sequence[Span]
) -> list[float | None]:
    """Return, for each passage of the loop ahead, the time lost since the loop behind; None where nobody can tell. [s]

    Args: behind_s, when vehicles came onto the loop behind [s]; ahead, passages of the loop ahead [s]; apart_m, from
    loop to loop [m]; greens, in which all of the lane may go [s].
    """
    free_s = apart_m / free_mps
    found: list[float | None] = [None] * len(ahead)
    before = (-1, -1)
    for own, other in _anchors(behind_s, ahead, free_s, greens):
        for back in range(min(own - before[0], other - before[1])):
            found[own - back] = ahead[own - back][0] - behind_s[other - back] - free_s
        before = (own, other)
    _open_end(found, behind_s, ahead, free_s, before)
    return found


def _open_end(
    found: list[float | None], behind_s: Sequence[float], ahead: Sequence[Span], free_s: float, last: tuple[int, int]
) -> None:
    """Pair forwards who came after the last gap."""
    own, other = last[0] + 1, last[1] + 1
    while own < len(ahead) and other < len(behind_s):
        found[own] = ahead[own][0] - behind_s[other] - free_s
        own, other = own + 1, other + 1


def _anchors(
    behind_s: Sequence[float], ahead: Sequence[Span], free_s: float, greens: Sequence[Span]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of passages (ahead, behind) of vehicles that came freely, both in order."""
    begins = [begin_s for begin_s, _ in greens]
    last = -1
    for own in range(1, len(ahead)):
        left_s, on_s = ahead[own - 1][1], ahead[own][0]
        green = bisect_right(begins, on_s) - 1
        if on_s - left_s < FREE_GAP_S or green < 0 or on_s > greens[green][1] or begins[green] > on_s - FREE_GAP_S:
            continue
        due_s = on_s - free_s
        near = bisect_left(behind_s, due_s)
        choice = [k for k in (near - 1, near) if last < k < len(behind_s)]
        if not choice:
            continue
        other = min(choice, key=lambda k: abs(behind_s[k] - due_s))
        if abs(behind_s[other] - due_s) <= _OFF_S + _OFF * free_s:
            yield own, other
            last = other
