"""Which loops of a junction lie on one way: who was seen by one of them has to be seen by the others."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.network import JunctionLayout, LoopRole

SURE: Final = 1.0
BRIDGED: Final = 0.5
FAR: Final = 0.05
RARE: Final = 0.02

Ways = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """What a vehicle that a loop saw counts for against another one that saw nobody (0-1).

    `bridged` holds instead where the loops `between` them have failed.
    """

    weight: float
    bridged: float = 0.0
    between: frozenset[int] = frozenset()

    def counts(self, failed: Collection[int]) -> float:
        """Return the weight, of the loops that have failed."""
        return self.bridged if self.between and self.between <= set(failed) else self.weight


@dataclass(frozen=True, slots=True)
class Kin:
    """The other loops that have to do with one.

    `behind`: upstream of it on any way; `ahead`: between it and the stop line; `near`: loops whose counts tell that
    traffic moves while it is on; `accuses`: those whom its vehicles meet, before or after; `witnesses`: who accuses it.
    """

    behind: tuple[int, ...]
    ahead: tuple[int, ...]
    near: tuple[int, ...]
    accuses: tuple[int, ...]
    witnesses: dict[int, Witness]


def kin_of(layout: JunctionLayout) -> tuple[Kin, ...]:
    """Return the kin of every loop. Without `onward` nothing is known of the ways, and no loop has any."""
    everybody = range(len(layout.loops))
    onward = layout.onward or tuple(() for _ in everybody)
    inward = tuple(tuple(a for a in everybody if b in onward[a]) for b in everybody)
    ahead = [_reached(k, onward) for k in everybody]
    witnesses = [
        {
            a: _witness(layout, onward, inward, a, b)
            for a in everybody
            if a != b and (b in ahead[a] or a in ahead[b])
        }
        for b in everybody
    ]  # fmt: skip
    return tuple(
        Kin(
            behind=tuple(a for a in everybody if a != k and k in ahead[a]),
            ahead=tuple(sorted(ahead[k] - {k})),
            near=_near(layout, onward, inward, k),
            accuses=tuple(b for b in everybody if k in witnesses[b]),
            witnesses=witnesses[k],
        )
        for k in everybody
    )


def _reached(start: int, onward: Ways) -> set[int]:
    found: set[int] = set()
    pending = list(onward[start])
    while pending:
        loop = pending.pop()
        if loop not in found:
            found.add(loop)
            pending += onward[loop]
    return found


def _near(layout: JunctionLayout, onward: Ways, inward: Ways, loop: int) -> tuple[int, ...]:
    if layout.loops[loop].role is LoopRole.STOP:
        return tuple(a for a in inward[loop] if onward[a] == (loop,))
    return tuple(b for b in onward[loop] if inward[b] == (loop,))


def _witness(layout: JunctionLayout, onward: Ways, inward: Ways, witness: int, accused: int) -> Witness:
    """Return what a vehicle counts for. Far from the stop line lanes are still changed; ways that split tell little."""
    role = layout.loops[accused].role
    if witness in inward[accused]:
        if len(onward[witness]) > 1:
            return Witness(RARE)
        return Witness(SURE if role is LoopRole.STOP else FAR)
    if accused in inward[witness]:
        return Witness(RARE if len(inward[witness]) > 1 else SURE)
    for between in _only_ones_between(onward, inward, witness, accused):
        return Witness(RARE, SURE if role is LoopRole.ADVANCE else BRIDGED, frozenset({between}))
    return Witness(RARE)


def _only_ones_between(onward: Ways, inward: Ways, one: int, other: int) -> Iterator[int]:
    """Yield the loop between two, if it is the only way from one to the other."""
    for before, after in ((one, other), (other, one)):
        if len(onward[before]) == 1 and onward[onward[before][0]] == (after,) and inward[after] == onward[before]:
            yield onward[before][0]
