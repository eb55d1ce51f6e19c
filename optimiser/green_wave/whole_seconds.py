"""A green wave in whole seconds: cycle, greens and offsets that lamps can show, chosen so that the bands stay wide.

The cycle is tried at the whole seconds around the one found. Greens are never made longer by rounding, so that no side
street loses. Offsets are then chosen among the whole seconds around those found, all at once, by a small program of
their own, and travel times once more within their bounds. What comes out is measured.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.green_wave.engines import Effort, solve
from optimiser.green_wave.mixed_program import MixedProgram, Sum
from optimiser.green_wave.model import WaveModel, WaveRules, build_model, tension
from optimiser.green_wave.network import Green, StageOrder, WaveNetwork, WaveSignal
from optimiser.green_wave.solution import Wave, places, wave_of
from optimiser.green_wave.widths import CourseWidths, Greens, Timed, measure, objective
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
RADII_S: Final = (2, 5)
CYCLES_AROUND: Final = (-1, 0, 1, 2)
Rounded = Callable[[StageOrder, int], Greens]
"""Gives the greens of an order of stages at a cycle [s] as lamps can show them."""


@dataclass(frozen=True, slots=True)
class WaveTiming:
    """A green wave in seconds that lamps can show: `wave` with whole offsets, and what was measured of it."""

    wave: Wave
    timed: Timed
    widths: tuple[CourseWidths, ...]
    measured: float

    @property
    def cycle_s(self) -> int:
        """The cycle. [s]"""
        return round(self.timed.cycle_s)


def floored(order: StageOrder, cycle_s: int) -> Greens:
    """Return greens of whole seconds, none longer than planned; the reference becomes the begin of the first one.

    >>> floored(StageOrder("a", (Green(0.25, 0.5), Green(0.35, 0.4))), 90)
    ((0, 45), (9, 45))
    """
    first = min(green.start for green in order.greens)
    return tuple(
        (
            math.ceil((green.start - first) * cycle_s - 1e-6),
            math.floor((green.start - first + green.length) * cycle_s + 1e-6),
        )
        for green in order.greens
    )


def exact(order: StageOrder, cycle_s: int) -> Greens:
    """Return greens that are whole tenths of a second at this cycle as they are."""
    return tuple(
        (round(green.start * cycle_s, 1), round((green.start + green.length) * cycle_s, 1)) for green in order.greens
    )


def in_whole_seconds(wave: Wave, rules: WaveRules, effort: Effort, rounded: Rounded = floored) -> WaveTiming:
    """Return the wave in whole seconds with the widest measured bands of all cycles tried.

    Raises: InvalidInputError where no whole-second cycle lies within the bounds or no wave is left after rounding.
    """
    low_s, high_s = wave.network.cycle_s
    near = {math.floor(wave.cycle_s) + step for step in CYCLES_AROUND} | {round(wave.cycle_s)}
    cycles_s = [cycle_s for cycle_s in sorted(near) if low_s - 1e-6 <= cycle_s <= high_s + 1e-6]
    tried = [
        _at_cycle(wave, rules, effort.part(1.0 / (len(cycles_s) - k)), rounded, cycle_s)
        for k, cycle_s in enumerate(cycles_s)
    ]
    found = [timing for timing in tried if timing is not None]
    if not found:
        raise InvalidInputError(
            f"no whole second near the cycle of {wave.cycle_s:.2f} s keeps the wave; widen the cycle or the speeds"
        )
    return max(found, key=lambda timing: timing.measured)


def _at_cycle(wave: Wave, rules: WaveRules, effort: Effort, rounded: Rounded, cycle_s: int) -> WaveTiming | None:
    greens_s = tuple(
        rounded(signal.orders[order], cycle_s) for signal, order in zip(wave.network.signals, wave.orders, strict=True)
    )
    if any(end_s <= begin_s for greens in greens_s for begin_s, end_s in greens):
        return None
    network = _narrowed(wave, greens_s, cycle_s)
    model = build_model(network, rules)
    for (_, variable), value in zip(model.loops, wave.loops, strict=True):
        model.program.low[variable] = model.program.high[variable] = value
    near = solve(model.program, effort.part(0.5))
    if near.values is None:
        return None
    for k, radius_s in enumerate(RADII_S):
        timing = _rounded(model, near.values, greens_s, radius_s, effort.part(1.0 / (len(RADII_S) - k)))
        if timing is not None:
            found = replace(timing.wave, proof=wave.proof, orders=wave.orders, network=wave.network, loops=wave.loops)
            return replace(timing, wave=found)
    return None


def _narrowed(wave: Wave, greens_s: tuple[Greens, ...], cycle_s: int) -> WaveNetwork:
    """Return the network with the orders and the cycle chosen, and greens as they are shown."""
    signals = tuple(
        WaveSignal(
            signal.name,
            (
                StageOrder(
                    signal.orders[order].name,
                    tuple(Green(begin_s / cycle_s, (end_s - begin_s) / cycle_s) for begin_s, end_s in greens),
                ),
            ),
        )
        for signal, order, greens in zip(wave.network.signals, wave.orders, greens_s, strict=True)
    )
    return replace(wave.network, signals=signals, cycle_s=(float(cycle_s), float(cycle_s)))


def _rounded(
    model: WaveModel, near: FloatArray, greens_s: tuple[Greens, ...], radius_s: int, effort: Effort
) -> WaveTiming | None:
    """Choose whole-second offsets around those of some values of the model; that of the first signal stays 0. [s]"""
    cycle_s, around = model.network.cycle_s[0], places(model, near)
    program = model.program.copy()
    whole_s = [_near(program, place * cycle_s, radius_s if k else 0) for k, place in enumerate(around)]
    for course in model.courses:
        for link in range(len(course.travel)):
            tail, head = (course.course.stops[k].signal for k in (link, link + 1))
            later = tension(model, course, link)
            turns = round(later.value(near) - (around[head] - around[tail]))
            between = (whole_s[head] - whole_s[tail]) * (1.0 / cycle_s)
            program.require(later - between, turns, turns, "offsets around the clock")
    answer = solve(program, effort)
    if answer.values is None:
        return None
    offsets_s = tuple(float(round(each.value(answer.values)) % round(cycle_s)) for each in whole_s)
    wave = replace(wave_of(model, answer), offsets_s=offsets_s)
    timed = Timed(cycle_s, offsets_s, greens_s)
    widths = measure(model.network, model.rules, timed, wave.courses)
    return WaveTiming(wave, timed, tuple(widths), objective(model.network, model.rules, widths, cycle_s))


def _near(program: MixedProgram, at_s: float, radius_s: int) -> Sum:
    return program.variable(round(at_s) - radius_s, round(at_s) + radius_s, whole=True)
