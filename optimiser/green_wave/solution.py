"""What was found for a network: cycle, offsets, orders, speeds and bands, with the bound that nothing can pass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.green_wave.cycles import Arc
from optimiser.green_wave.engines import Answer
from optimiser.green_wave.model import WaveModel, tension
from optimiser.green_wave.network import WaveNetwork
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """A band from stop line `first` to `last` of a course: its width before and behind the progression line. [s]"""

    first: int
    last: int
    before_s: float
    behind_s: float

    @property
    def width_s(self) -> float:
        """The whole width. [s]"""
        return self.before_s + self.behind_s


@dataclass(frozen=True, slots=True)
class CourseWave:
    """One direction: when the progression line passes after green begins, by stop line; travel times, by link. [s]"""

    lines_s: tuple[float, ...]
    travel_s: tuple[float, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was made most (sum of bands, in cycles), what nothing can pass, and the gap, (bound - found) / found."""

    found: float
    bound: float
    gap: float
    nodes: int = 0


@dataclass(frozen=True, slots=True)
class Wave:
    """A green wave. `offsets_s` places the reference of each signal, `orders` its order of stages (index). [s]

    `loops` are the cycles around each closed way of the model.
    """

    network: WaveNetwork
    cycle_s: float
    offsets_s: tuple[float, ...]
    orders: tuple[int, ...]
    courses: tuple[CourseWave, ...]
    proof: Proof
    loops: tuple[int, ...] = ()


def wave_of(model: WaveModel, answer: Answer) -> Wave:
    """Return the wave that values of a model mean. Raises: InvalidInputError if there are none."""
    values = answer.values
    if values is None:
        raise InvalidInputError("no green wave was found")
    cycle_s = 1.0 / model.z.value(values)
    orders = tuple(
        max(range(len(choice)), key=lambda k: choice[k].value(values)) if choice else 0 for choice in model.choices
    )
    courses = tuple(
        CourseWave(
            tuple(line.value(values) * cycle_s for line in course.lines),
            tuple(travel.value(values) * cycle_s for travel in course.travel),
            tuple(
                Band(b.first, b.last, b.before.value(values) * cycle_s, b.behind.value(values) * cycle_s)
                for b in course.bands
            ),
        )
        for course in model.courses
    )
    offsets_s = tuple(cycle_s * (place % 1.0) for place in places(model, values))
    proof = Proof(answer.found, answer.bound, answer.gap, answer.nodes)
    loops = tuple(round(float(values[variable])) for _, variable in model.loops)
    return Wave(model.network, cycle_s, offsets_s, orders, courses, proof, loops)


def places(model: WaveModel, values: FloatArray) -> list[float]:
    """Return the place of each signal's reference, that of the first one 0. [cycles]"""
    arcs: list[tuple[Arc, float]] = []
    for course in model.courses:
        stops = course.course.stops
        for k in range(len(course.travel)):
            arcs.append(((stops[k].signal, stops[k + 1].signal), tension(model, course, k).value(values)))
    found = {0: 0.0}
    while len(found) < len(model.network.signals):
        for (tail, head), later in arcs:
            if tail in found and head not in found:
                found[head] = found[tail] + later
            elif head in found and tail not in found:
                found[tail] = found[head] - later
    return [found[k] for k in range(len(model.network.signals))]
