"""Programmes for SUMO's own controllers, with the minimum and maximum green and the amber of the profile."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from signal_ctrl.domain.timing import ceil_ds, to_s
from sumo_scenarios.logs import write_programmes
from sumo_scenarios.programmes import Programme, Step
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import SignalUnit, World

PROGRAMME_ID = "signal-ctrl"


def write_own_programmes(path: Path, world: World, settings: RunSettings) -> None:
    """Write an `actuated` or `delay_based` programme for every signal, from its programme in force at the begin."""
    write_programmes(path, (own_programme(unit, settings, world.quantum_ds) for unit in world.units))


def own_programme(unit: SignalUnit, settings: RunSettings, quantum_ds: int) -> Programme:
    """Return the programme of one signal."""
    base = unit.programmes[0][1]
    return replace(
        base,
        programme_id=PROGRAMME_ID,
        kind=settings.controller,
        offset_s=0.0,
        steps=tuple(_steps(unit, base, settings, quantum_ds)),
    )


def _steps(unit: SignalUnit, base: Programme, settings: RunSettings, quantum_ds: int) -> Iterator[Step]:
    profile = settings.profile
    min_s = to_s(ceil_ds(profile.min_green_s, quantum_ds))
    amber_s = {link: to_s(g.amber_ds) for g in unit.site.groups for link in g.links}
    for step in base.steps:
        if step.is_stage and step.longest_s >= min_s:
            yield Step(min_s, min_s, max(profile.actuated_max_green_s, min_s), step.state)
        elif "y" in step.state.lower():
            shown_s = max(amber_s.get(k, 0.0) for k, letter in enumerate(step.state) if letter in "yY")
            yield Step(shown_s, shown_s, shown_s, step.state)
        else:
            yield replace(step, shortest_s=step.duration_s, longest_s=step.duration_s)
