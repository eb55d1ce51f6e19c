"""A green wave for a scenario: on the splits of a plan, with the greens that the kernel makes of them.

Signals on the streets get the offsets of the wave, and its order of stages where that is free; the others keep theirs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from typing import Final

import numpy as np

from optimiser.cycle_split import mean_delay_s, stage_cycle
from optimiser.green_wave.network import Clearance, Course, Green, StageOrder, Street, WaveNetwork, WaveSignal, WaveStop
from optimiser.green_wave.whole_seconds import WaveTiming
from optimiser.green_wave.widths import Timed
from optimiser.network_plan import PlannedSignal, Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_s
from sumo_scenarios.demand_model import DemandModel
from sumo_scenarios.green_wave.streets import Driving, FoundStreet, links_of, queue_s, volume_veh_h
from sumo_scenarios.green_wave.windows import green_windows, longest
from sumo_scenarios.measures.corridor import StopLine
from sumo_scenarios.world import World

MOST_ORDERED: Final = 5
"""Signals with more stages keep their order."""
ORDERS: Final = 24
WORTH: Final = 1.05
"""Another order of stages may raise a signal's delay under even arrivals by this factor at most."""

MOST_HELD: Final = 0.5
"""A queue is given this share of the green at most."""

Keeps = Callable[[int, Timing], bool]


@dataclass(frozen=True, slots=True)
class WaveWishes:
    """What the user asks for: whether orders are `free`, and the ratio of the bands; None: that of the volumes.

    `any_ratio`: the bands of the two directions are free of each other. `clearance_s`: how long queues need that leave
    ahead of a platoon, None: as long as those who turn in do, by the counted demand [s].
    """

    free: bool = False
    ratio: float | None = None
    any_ratio: bool = False
    clearance_s: float | None = 0.0


@dataclass(frozen=True, slots=True)
class ScenarioWave:
    """What is planned: the network, its signals' indices in the model, and by signal the orders' stages (indices)."""

    network: WaveNetwork
    indices: tuple[int, ...]
    orders: tuple[tuple[tuple[int, ...], ...], ...]


def timing_of(signal: PlannedSignal, plan: SignalPlan) -> Timing:
    """Return a signal's plan with stages as indices. [s]"""
    place = {stage.name: index for index, stage in enumerate(signal.site.stages)}
    return Timing(
        tuple(place[name] for name in plan.stages),
        tuple(round(to_s(split_ds)) for split_ds in plan.splits_ds),
        round(to_s(plan.offset_ds)),
    )


def scenario_wave(
    world: World,
    model: DemandModel,
    timings: Sequence[Timing],
    found: Sequence[FoundStreet],
    driving: Driving,
    wishes: WaveWishes,
    keeps: Keeps,
) -> ScenarioWave:
    """Return the network for a green wave on a plan's splits.

    Raises: InvalidInputError if signals of the streets have different cycles, or a stop line never has green.
    """
    return _Builder(world, model, timings, driving, wishes, keeps).build(found)


class _Builder:
    """Makes the network of one group of streets."""

    def __init__(
        self,
        world: World,
        model: DemandModel,
        timings: Sequence[Timing],
        driving: Driving,
        wishes: WaveWishes,
        keeps: Keeps,
    ) -> None:
        self._world = world
        self._model = model
        self._timings = timings
        self._driving = driving
        self._wishes = wishes
        self._keeps = keeps
        self._lines: dict[str, list[StopLine]] = {}
        self._signals: dict[str, WaveSignal] = {}

    def build(self, found: Sequence[FoundStreet]) -> ScenarioWave:
        place = {signal.site.signal_id: index for index, signal in enumerate(self._model.signals)}
        for line in (line for street in found for course in street.courses for line in course):
            self._lines.setdefault(line.signal, []).append(line)
        indices = tuple(place[signal] for signal in self._lines)
        cycle_s = common_cycle_s([(name, self._timings[place[name]].cycle_s) for name in self._lines])
        orders = []
        for name, lines in self._lines.items():
            signal, timing = self._model.signals[place[name]], self._timings[place[name]]
            stage_orders = _orders(place[name], self._model, self._timings, self._wishes, self._keeps)
            built, known = _signal(signal, timing, _groups(signal, lines), stage_orders)
            self._signals[name] = built
            orders.append(known)
        streets = tuple(self._street(street, cycle_s) for street in found)
        return ScenarioWave(WaveNetwork(tuple(self._signals.values()), streets, (cycle_s,) * 2), indices, tuple(orders))

    def _street(self, street: FoundStreet, cycle_s: float) -> Street:
        courses = []
        for number, course in enumerate(street.courses):
            stops = tuple(self._stop(course, k, cycle_s) for k in range(len(course)))
            name = f"{course[0].signal} to {course[-1].signal}" + (" (back)" if number else "")
            courses.append(Course(name, stops, links_of(self._world, course, self._driving)))
        return Street(street.name, tuple(courses), _ratio(street, self._driving, self._wishes))

    def _stop(self, course: Sequence[StopLine], k: int, cycle_s: float) -> WaveStop:
        line = course[k]
        signal, own = list(self._lines).index(line.signal), self._lines[line.signal].index(line)
        if k == 0:
            return WaveStop(signal, own)
        green_s = cycle_s * min(order.greens[own].length for order in self._signals[line.signal].orders)
        wished_s = self._wishes.clearance_s
        if wished_s is None:
            wished_s = queue_s(self._world, line, course[k - 1], cycle_s - green_s, self._driving.volumes)
        return WaveStop(signal, own, Clearance(seconds=round(min(wished_s, MOST_HELD * green_s), 1)))


def shown(wave: ScenarioWave, timings: Sequence[Timing]) -> Timed:
    """Return offsets and greens of the plan that a wave starts from. [s]"""
    cycle_s = wave.network.cycle_s[0]
    greens_s = tuple(
        tuple((green.start * cycle_s, (green.start + green.length) * cycle_s) for green in signal.orders[0].greens)
        for signal in wave.network.signals
    )
    return Timed(cycle_s, tuple(float(timings[k].offset_s) for k in wave.indices), greens_s)


def coordinated(wave: ScenarioWave, timing: WaveTiming, timings: Sequence[Timing]) -> tuple[Timing, ...]:
    """Return the timings of all signals with the wave's offsets and orders.

    The first signal of the wave keeps its offset, so that it stays in step with signals beside the streets.
    """
    found = list(timings)
    first_s = timings[wave.indices[0]].offset_s
    for own, (index, offset_s) in enumerate(zip(wave.indices, timing.timed.offsets_s, strict=True)):
        before = timings[index]
        split_s = dict(zip(before.stages, before.splits_s, strict=True))
        stages = wave.orders[own][timing.wave.orders[own]]
        splits_s = tuple(split_s[s] for s in stages) if stages != before.stages else before.splits_s
        found[index] = Timing(stages, splits_s, round(offset_s + first_s) % before.cycle_s)
    return tuple(found)


def common_cycle_s(cycles_s: Sequence[tuple[str, int]]) -> float:
    """Return the one cycle of signals [s]. Raises: InvalidInputError that names two with different ones."""
    if len({cycle_s for _, cycle_s in cycles_s}) > 1:
        one, other = cycles_s[0], next(row for row in cycles_s if row[1] != cycles_s[0][1])
        raise InvalidInputError(
            f"a green wave needs one cycle: signal {one[0]} has {one[1]} s, signal {other[0]} has {other[1]} s"
        )
    return float(cycles_s[0][1])


def group_of(site: Site, line: StopLine) -> int:
    """Return the signal group of a stop line. Raises: InvalidInputError if no group lights it."""
    group = next((g for g, group in enumerate(site.groups) if line.link in group.links), None)
    if group is None:
        raise InvalidInputError(f"signal {line.signal}: link {line.link} always shows the same letter; no wave there")
    return group


def _groups(signal: PlannedSignal, lines: Sequence[StopLine]) -> list[tuple[str, int]]:
    """Return edge and signal group of each stop line."""
    return [(line.edge, group_of(signal.site, line)) for line in lines]


def _orders(
    index: int, model: DemandModel, timings: Sequence[Timing], wishes: WaveWishes, keeps: Keeps
) -> Iterator[tuple[int, ...]]:
    """Yield the plan's own order of stages first, then others that the kernel keeps and that cost little delay."""
    signal, timing = model.signals[index], timings[index]
    yield timing.stages
    if not wishes.free or not 3 <= len(timing.stages) <= MOST_ORDERED or len(set(timing.stages)) < len(timing.stages):
        return
    split_s = dict(zip(timing.stages, timing.splits_s, strict=True))
    most_s = WORTH * _delay_s(signal, timing)
    for rest in islice(permutations(timing.stages[1:]), 1, ORDERS):
        stages = (timing.stages[0], *rest)
        trial = Timing(stages, tuple(split_s[s] for s in stages))
        if _delay_s(signal, trial) <= most_s and keeps(index, trial):
            yield stages


def _delay_s(signal: PlannedSignal, timing: Timing) -> float:
    cycle = stage_cycle(signal.site, signal.tables, signal.streams, timing.stages)
    return mean_delay_s(signal.streams, cycle, np.array(timing.splits_s, dtype=np.float64))


def _signal(
    signal: PlannedSignal, timing: Timing, groups: Sequence[tuple[str, int]], orders: Iterator[tuple[int, ...]]
) -> tuple[WaveSignal, tuple[tuple[int, ...], ...]]:
    """Return a signal with the greens of its stop lines by order; orders with the same greens count once."""
    split_s = dict(zip(timing.stages, timing.splits_s, strict=True))
    known: dict[tuple[Green, ...], tuple[int, ...]] = {}
    for stages in orders:
        splits_s = timing.splits_s if stages == timing.stages else tuple(split_s[s] for s in stages)
        known.setdefault(_greens(signal, stages, splits_s, groups), stages)
    named = tuple(
        StageOrder(" ".join(signal.site.stages[s].name for s in stages), greens) for greens, stages in known.items()
    )
    return WaveSignal(signal.site.signal_id, named), tuple(known.values())


def _greens(
    signal: PlannedSignal, stages: Sequence[int], splits_s: Sequence[int], groups: Sequence[tuple[str, int]]
) -> tuple[Green, ...]:
    cycle_s = float(sum(splits_s))
    found = []
    for edge, group in groups:
        window = longest(green_windows(signal.tables, stages, splits_s, group))
        if window is None:
            raise InvalidInputError(
                f"signal {signal.site.signal_id}: the plan never gives green to {edge}; change the plan"
            )
        found.append(Green(window[0] / cycle_s, min((window[1] - window[0]) / cycle_s, 1.0)))
    return tuple(found)


def _ratio(street: FoundStreet, driving: Driving, wishes: WaveWishes) -> float | None:
    """Return the ratio of the bands: as asked for, or that of the volumes on the two directions."""
    if wishes.any_ratio or len(street.courses) < 2:
        return None
    if wishes.ratio is not None:
        return wishes.ratio
    there, back = (sum(volume_veh_h(x, driving.volumes) for x in lines) / len(lines) for lines in street.courses)
    return round(min(max(back / there, 0.2), 5.0), 2) if there > 0 and back > 0 else 1.0
