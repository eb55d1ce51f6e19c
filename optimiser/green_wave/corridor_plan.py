"""The plan document of a corridor file: offsets and splits in whole seconds, stages named by what runs in them.

A file has no sites. Each signal's plan carries the site hash that the file gives, else the hash of what the file says
of the signal, which no real site has: such a plan is for reading and for import, and no cabinet accepts it as it is.
"""

import hashlib
import math
from collections.abc import Iterator
from itertools import pairwise

from optimiser.green_wave.arterial import PATTERNS, ArterialSignal
from optimiser.green_wave.corridor_file import CorridorFile, FileSignal
from optimiser.green_wave.whole_seconds import WaveTiming
from optimiser.green_wave.widths import Greens
from signal_ctrl.domain.plan import Plan, SignalPlan

Part = tuple[str, int]
"""A stage by name, and its split. [s]"""


def corridor_plan(corridor: CorridorFile, timing: WaveTiming) -> Plan:
    """Return the plan of a corridor. Raises: InvalidInputError where a plan cannot hold its cycle or splits."""
    cycle_s = timing.cycle_s
    signals = []
    for index, own in enumerate(corridor.signals):
        order = own.signal.orders[timing.wave.orders[index]].name
        parts = stages_of(own, order, timing.timed.greens_s[index], cycle_s)
        begin_s = min(begin_s for begin_s, _ in timing.timed.greens_s[index])
        signals.append(
            SignalPlan(
                signal_id=own.signal.name,
                site=own.site or hashlib.sha256(repr(own).encode()).hexdigest(),
                cycle_ds=10 * cycle_s,
                offset_ds=10 * (round(timing.timed.offsets_s[index] + begin_s) % cycle_s),
                stages=tuple(name for name, _ in parts),
                splits_ds=tuple(10 * split_s for _, split_s in parts),
            )
        )
    return Plan(f"{corridor.name}, green wave, cycle {cycle_s} s", tuple(signals))


def stages_of(own: FileSignal, order: str, greens_s: Greens, cycle_s: int) -> list[Part]:
    """Return stages and splits from the begin of the first green on; seconds without green precede the next stage."""
    names = _names(own)
    parts = list(_intervals(greens_s, names, cycle_s))
    if own.arterial is not None:
        return _with_side(parts, own.arterial, order, cycle_s)
    found: list[Part] = []
    waiting_s = 0
    for name, length_s in parts:
        if not name:
            waiting_s += length_s
            continue
        found.append((name, length_s + waiting_s))
        waiting_s = 0
    first = found[0]
    return (
        [(first[0], first[1] + waiting_s), *found[1:]]
        if len(found) > 1 or not waiting_s
        else [*found, ("side", waiting_s)]
    )


def _names(own: FileSignal) -> list[str]:
    if own.arterial is not None:
        return ["outbound", "inbound"]
    found = [""] * len(own.signal.orders[0].greens)
    for street, line in own.lines.items():
        found[line], found[line + 1] = f"{street} out", f"{street} back"
    return found


def _intervals(greens_s: Greens, names: list[str], cycle_s: int) -> Iterator[Part]:
    """Yield who runs in each interval of the cycle, from the begin of the first green on; an empty name for nobody."""
    first = min(begin_s for begin_s, _ in greens_s)
    spans = [(round(begin_s - first), round(end_s - first)) for begin_s, end_s in greens_s]
    cuts = sorted({0, cycle_s, *(t % cycle_s for span in spans for t in span)})
    for begin_s, end_s in pairwise(cuts):
        running = [
            name
            for name, (a, b) in zip(names, spans, strict=True)
            if any(a + k * cycle_s <= begin_s < b + k * cycle_s for k in (-1, 0))
        ]
        yield "+".join(running), end_s - begin_s


def _with_side(parts: list[Part], arterial: ArterialSignal, order: str, cycle_s: int) -> list[Part]:
    """Name the stages of MAXBAND's signal: left turns that run together lie before or behind the through greens."""
    named = {"outbound+inbound": "through", "outbound": "outbound+left", "inbound": "inbound+left"}
    found = [(named[name], length_s) for name, length_s in parts if name]
    gap_s = sum(length_s for name, length_s in parts if not name)
    lags = PATTERNS[order]
    together_s = math.ceil(min(arterial.left, arterial.left_back) * cycle_s - 1e-6) if lags[0] == lags[1] else 0
    together_s = min(together_s, gap_s - 1)
    rest = [("side", gap_s - together_s)]
    if together_s > 0:
        rest.insert(0 if lags[0] else 1, ("lefts", together_s))
    return found + rest
