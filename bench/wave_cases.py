"""Made-up streets and grids for the green wave: the same ones for the same number."""

import random
from typing import Final

from optimiser.green_wave.arterial import ArterialSignal, wave_signal
from optimiser.green_wave.network import (
    Clearance,
    Course,
    Green,
    StageOrder,
    Street,
    WaveLink,
    WaveNetwork,
    WaveSignal,
    WaveStop,
)

KMH: Final = 3.6
_LOST: Final = 0.04
"""Of the cycle, between the greens of crossing streets, each time."""


def street_case(
    number: int,
    n_signals: int,
    cycle_s: tuple[float, float] = (70.0, 110.0),
    speed_kmh: tuple[float, float] = (40.0, 60.0),
    change_kmh: float | None = 8.0,
) -> WaveNetwork:
    """Return a street in two directions, bands of equal width: free order of left turns, queues, 200 to 600 m apart."""
    dice = random.Random(number)
    signals = [_signal(dice, f"S{k + 1}") for k in range(n_signals)]
    ways_m = [dice.uniform(200.0, 600.0) for _ in range(n_signals - 1)]
    slowest, fastest = (each / KMH for each in speed_kmh)
    bound = None if change_kmh is None else change_kmh / KMH / fastest**2
    change = None if bound is None else (-bound, bound)
    links = tuple(WaveLink(way_m, slowest, fastest, dice.uniform(0.3, 0.9), change) for way_m in ways_m)
    out = Course("out", tuple(WaveStop(k, 0, s.clearance) for k, s in enumerate(signals)), links)
    stops = tuple(WaveStop(k, 1, s.clearance_back) for k, s in enumerate(signals))
    back = Course("back", stops[::-1], links[::-1])
    street = Street("street", (out, back), ratio=1.0)
    return WaveNetwork(tuple(wave_signal(s) for s in signals), (street,), cycle_s)


def grid_case(
    number: int,
    size: int,
    cycle_s: tuple[float, float] = (90.0, 90.0),
    speed_kmh: tuple[float, float] = (45.0, 55.0),
    ratio: float | None = None,
) -> WaveNetwork:
    """Return a grid of size x size signals and 2 size streets in two directions, 250 to 500 m apart."""
    dice = random.Random(number)
    signals = tuple(_crossing(dice, f"N{j + 1}{i + 1}") for j in range(size) for i in range(size))
    spacings = [[dice.uniform(250.0, 500.0) for _ in range(size - 1)] for _ in range(2)]
    streets = []
    for k in range(size):
        for way, name in enumerate(("row", "column")):
            at = [k * size + i if way == 0 else i * size + k for i in range(size)]
            links = tuple(WaveLink(m, speed_kmh[0] / KMH, speed_kmh[1] / KMH) for m in spacings[way])
            out = Course(f"{name} {k + 1} out", tuple(WaveStop(j, 2 * way) for j in at), links)
            back = Course(f"{name} {k + 1} back", tuple(WaveStop(j, 2 * way + 1) for j in reversed(at)), links[::-1])
            streets.append(Street(f"{name} {k + 1}", (out, back), ratio))
    return WaveNetwork(signals, tuple(streets), cycle_s)


def _signal(dice: random.Random, name: str) -> ArterialSignal:
    return ArterialSignal(
        name,
        red=dice.uniform(0.30, 0.45),
        left=dice.uniform(0.08, 0.15),
        left_back=dice.uniform(0.08, 0.15),
        clearance=Clearance(seconds=dice.choice((0.0, 2.0, 4.0))),
        clearance_back=Clearance(seconds=dice.choice((0.0, 2.0, 4.0))),
    )


def _crossing(dice: random.Random, name: str) -> WaveSignal:
    """Return a signal whose rows and columns have green in turn."""
    row = dice.uniform(0.40, 0.50)
    column = 1.0 - row - 2 * _LOST
    greens = (Green(0.0, row), Green(0.0, row), Green(row + _LOST, column), Green(row + _LOST, column))
    return WaveSignal(name, (StageOrder("given", greens),))
