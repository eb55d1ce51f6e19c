"""Splits for a wave: side streets get what keeps them below a degree of saturation, the arterial all the rest."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np

from optimiser.cycle_split import FloatArray, StageCycle, Streams, rounded_s, stage_cycle
from optimiser.linear_program import minimise
from optimiser.network_plan import PlannedSignal, Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Right
from sumo_scenarios.demand_model import DemandModel
from sumo_scenarios.green_wave.streets import FoundStreet

STEP: Final = 0.05
HIGHEST: Final = 1.3
"""A signal whose movements cannot all be kept below this degree of saturation keeps its splits."""

Keeps = Callable[[int, Timing], bool]


def arterial_first(
    model: DemandModel, timings: Sequence[Timing], streets: Sequence[FoundStreet], saturation: float, keeps: Keeps
) -> tuple[Timing, ...]:
    """Return timings in which the arterial's stages have all that no other movement needs.

    Every movement, the arterial's own too, stays below a degree of saturation, or, where there is not enough green for
    that, below the next possible one in steps of 0.05. Cycles, stages and offsets stay.
    Raises: InvalidInputError unless 0.5 <= saturation < 1.3.
    """
    if not 0.5 <= saturation < HIGHEST:
        raise InvalidInputError(f"the degree of saturation of the side streets needs 0.5 to {HIGHEST}")
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for line in (line for street in streets for course in street.courses for line in course):
        lines[line.signal].add(line.link)
    now = list(timings)
    for index, signal in enumerate(model.signals):
        own = lines.get(signal.site.signal_id)
        if own is not None:
            now[index] = _given(signal, now[index], own, saturation, partial(keeps, index))
    return tuple(now)


def _given(
    signal: PlannedSignal, timing: Timing, links: set[int], saturation: float, keeps: Callable[[Timing], bool]
) -> Timing:
    cycle = stage_cycle(signal.site, signal.tables, signal.streams, timing.stages)
    groups = [g for g, group in enumerate(signal.site.groups) if links & set(group.links)]
    rights = signal.tables.right[np.ix_(timing.stages, groups)]
    worth = np.isin(rights, [right for right in Right if right.is_green]).mean(axis=1)
    for most in np.arange(saturation, HIGHEST, STEP):
        splits_s = _splits_s(signal.streams, cycle, worth, timing.cycle_s, float(most))
        if splits_s is None:
            continue
        trial = timing._replace(splits_s=tuple(int(s) for s in rounded_s(splits_s, cycle.least_s, timing.cycle_s)))
        if keeps(trial):
            return trial
    return timing


def _splits_s(
    streams: Streams, cycle: StageCycle, worth: FloatArray, cycle_s: int, saturation: float
) -> FloatArray | None:
    """Return the splits with the most green for the arterial, None if there are none. (n_places,) [s]

    Args: worth (n_places,), share of the arterial's groups that have green in the stage of each place.
    """
    loaded = streams.flow_veh_s > 0
    needed_s = streams.flow_ratio[loaded] * cycle_s / saturation
    limits = cycle.gained_s[loaded] - needed_s
    found = minimise(-worth, -cycle.served[loaded], limits, cycle.least_s, (np.ones(len(worth)), float(cycle_s)))
    return None if found is None else found.values
