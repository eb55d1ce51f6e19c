"""Faults put into the edges of a healthy day: what a street's loops send when they are broken (SAFETY K12)."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from bench.loop_health.days import DAY_S, Edges

Pulse = tuple[float, float]
"""On and off. [s]"""
GROWS_S: Final = 7200.0
BIAS: Final = 0.5
LATE_S: Final = 90.0
AHEAD_S: Final = 120.0


class Kind(Enum):
    """What is put in; the values are names in a ledger."""

    STUCK_ON = "stuck_on"
    STUCK_OFF = "stuck_off"
    CHATTER = "chatter"
    FEWER = "drift_down"
    MORE = "drift_up"
    SWAPPED = "swapped"
    SHORTER = "pulses_shorter"
    LONGER = "pulses_longer"
    LATE = "late"
    TWICE = "twice"
    AHEAD = "dated_ahead"


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault of a loop from a time on [s]; `other` is the one that it is exchanged with."""

    kind: Kind
    loop: int
    from_s: float
    other: int = -1


@dataclass(frozen=True, slots=True)
class Said:
    """An edge as it is told. [s]"""

    loop: int
    time_s: float
    on: bool
    told_s: float


def with_faults(edges: Edges, injections: Sequence[Injection], seed: int) -> Edges:
    """Return a day with faults in it; every edge is told as it happens but those of a fault in time."""
    dice = random.Random(seed)
    touched = np.zeros(len(edges.loop), dtype=np.bool_)
    said: list[Said] = []
    for one in injections:
        for loop, other in ((one.loop, one.other), (one.other, one.loop)):
            if loop >= 0:
                own = (edges.loop == loop) & (edges.time_ds >= one.from_s * 10)
                touched |= own
                said += _changed(one, _pulses(edges, own), other, dice)
    loops = np.concatenate([edges.loop[~touched], np.array([row.loop for row in said], dtype=np.int32)])
    time_ds = np.concatenate(
        [edges.time_ds[~touched], np.array([round(row.time_s * 10) for row in said], dtype=np.int64)]
    )
    on = np.concatenate([edges.on[~touched], np.array([row.on for row in said], dtype=np.bool_)])
    told_s = np.concatenate([edges.time_ds[~touched] / 10, np.array([row.told_s for row in said], dtype=np.float64)])
    order = np.lexsort((time_ds, told_s))
    return Edges(edges.detectors, loops[order], time_ds[order], on[order], told_s[order])


def _pulses(edges: Edges, own: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[Pulse]:
    times_s, on = (edges.time_ds[own] / 10).tolist(), edges.on[own].tolist()
    first = 0 if not on or on[0] else 1
    return list(zip(times_s[first::2], times_s[first + 1 :: 2], strict=False))


def _changed(one: Injection, pulses: list[Pulse], other: int, dice: random.Random) -> list[Said]:
    if one.kind is Kind.SWAPPED:
        return _told(other, pulses)
    if one.kind is Kind.STUCK_ON:
        return [Said(one.loop, one.from_s, True, one.from_s)]
    if one.kind in _IN_TIME:
        return _IN_TIME[one.kind](_told(one.loop, pulses))
    return _told(one.loop, _PULSES[one.kind](one, pulses, dice))


def _told(loop: int, pulses: Sequence[Pulse]) -> list[Said]:
    return [Said(loop, time_s, on, time_s) for pulse in pulses for time_s, on in zip(pulse, (True, False), strict=True)]


def _grown(one: Injection, time_s: float) -> float:
    return BIAS * min((time_s - one.from_s) / GROWS_S, 1.0)


def _chatter(one: Injection, _pulses: list[Pulse], dice: random.Random) -> list[Pulse]:
    found, at_s = [], one.from_s
    while at_s < DAY_S:
        on_s = at_s + dice.uniform(0.1, 1.9)
        at_s = on_s + dice.uniform(0.05, 0.25)
        found.append((round(on_s, 1), round(max(at_s, on_s + 0.1), 1)))
    return found


def _more(one: Injection, pulses: list[Pulse], dice: random.Random) -> list[Pulse]:
    """Some vehicles are counted twice: what covers the loop has a gap in its middle."""
    found: list[Pulse] = []
    for on_s, off_s in pulses:
        middle_s = (on_s + off_s) / 2
        twice = dice.random() < _grown(one, on_s) and off_s - on_s >= 0.4
        found += [(on_s, middle_s - 0.1), (middle_s + 0.1, off_s)] if twice else [(on_s, off_s)]
    return found


_PULSES: Final[Mapping[Kind, Callable[[Injection, list[Pulse], random.Random], list[Pulse]]]] = {
    Kind.STUCK_OFF: lambda _one, _pulses, _dice: [],
    Kind.CHATTER: _chatter,
    Kind.FEWER: lambda one, pulses, dice: [p for p in pulses if dice.random() >= _grown(one, p[0])],
    Kind.MORE: _more,
    Kind.SHORTER: lambda _one, pulses, _dice: [(a, max(a + (b - a) * 0.3, a + 0.1)) for a, b in pulses],
    Kind.LONGER: lambda _one, pulses, _dice: _apart([(a, b + 1.5 * (b - a)) for a, b in pulses]),
}
_IN_TIME: Final[Mapping[Kind, Callable[[list[Said]], list[Said]]]] = {
    Kind.LATE: lambda said: [Said(s.loop, s.time_s, s.on, s.time_s + LATE_S) for s in said],
    Kind.AHEAD: lambda said: [Said(s.loop, s.time_s + AHEAD_S, s.on, s.time_s) for s in said],
    Kind.TWICE: lambda said: [s for row in said for s in (row, Said(row.loop, row.time_s, row.on, row.told_s + 0.2))],
}


def _apart(pulses: list[Pulse]) -> list[Pulse]:
    """Return pulses that may overlap as a loop would send them."""
    found: list[Pulse] = []
    for on_s, off_s in pulses:
        if found and on_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], off_s))
        else:
            found.append((on_s, off_s))
    return found
