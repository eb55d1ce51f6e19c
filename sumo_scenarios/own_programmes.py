"""Programmes for SUMO's own controllers, with the minimum and maximum green and the amber of the profile."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site import GroupKind
from signal_ctrl.domain.timing import ceil_ds, to_s
from sumo_scenarios.controllers import ActuatedSettings, DelayBasedSettings, settings_of
from sumo_scenarios.logs import write_programmes
from sumo_scenarios.programmes import AMBERS, GREENS, Programme, Step
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.stage_rows import stage_rows
from sumo_scenarios.world import SignalUnit, World

PROGRAMME_ID: Final = "signal-ctrl"


def write_own_programmes(path: Path, world: World, settings: RunSettings) -> None:
    """Write an `actuated` or `delay_based` programme for every signal, from its programme in force at the begin."""
    own = (own_programme(unit, settings, world.quantum_ds) for unit in world.units)
    write_programmes(path, (replace(programme, programme_id=free_name(world)) for programme in own))


def free_name(world: World) -> str:
    """Return a name for programmes that the scenario has none of."""
    taken = {p.programme_id for p in (*world.net.programmes, *world.additional.programmes)}
    name = PROGRAMME_ID
    while name in taken:
        name += "+"
    return name


def own_programme(unit: SignalUnit, settings: RunSettings, quantum_ds: int) -> Programme:
    """Return the programme of one signal: its rows in the order in which they follow each other."""
    base = unit.programmes[0][1]
    chosen = settings_of(settings.controller, settings.options)
    green_s = chosen.greens_s(settings.profile, quantum_ds) if isinstance(chosen, DelayBasedSettings) else (0.0, 0.0)
    rows = [base.steps[index] for index in _cycle(base)]
    amber_s = {link: to_s(group.amber_ds) for group in unit.site.groups for link in group.links}
    steps = [_step(rows, index, amber_s, green_s) for index in range(len(rows))]
    for link in amber_s:
        _keep_minimum(steps, link, green_s[0])
    own = replace(
        base,
        programme_id=PROGRAMME_ID,
        kind=settings.controller,
        offset_s=0.0,
        steps=tuple(steps),
        parameters=(("max-gap", f"{chosen.max_gap_s:g}"),) if isinstance(chosen, ActuatedSettings) else (),
    )
    made = _with_intergreens(own, unit)
    if made is not None:
        return made
    return replace(own, steps=tuple(stage_rows(unit.site, unit.stages_from[0][1], green_s)))


def static_programme(unit: SignalUnit, profile: SafetyProfile, quantum_ds: int) -> Programme:
    """Return the programme of one signal with fixed greens: its own, lengthened where the profile asks for it."""
    base = unit.programmes[0][1]
    least_s = to_s(ceil_ds(profile.min_green_s, quantum_ds))
    rows = [base.steps[index] for index in _cycle(base)]
    amber_s = {link: to_s(group.amber_ds) for group in unit.site.groups for link in group.links}
    steps = [
        _lasting(row, to_s(ceil_ds(row.duration_s, quantum_ds)))
        if row.is_stage and row.longest_s >= least_s
        else _step(rows, index, amber_s, (least_s, least_s))
        for index, row in enumerate(rows)
    ]
    own = replace(base, kind="static", offset_s=0.0, steps=tuple(steps), parameters=())
    made = with_minimums(own, unit, least_s)
    if made is not None:
        return made
    found = stage_rows(unit.site, unit.stages_from[0][1], (least_s, least_s))
    return replace(own, steps=tuple(_lasting(step, step.longest_s) for step in found))


def with_minimums(programme: Programme, unit: SignalUnit, least_s: float) -> Programme | None:
    """Return a programme of fixed greens, none shorter than a minimum [s] and none too early after a foe.

    None where rows put in between cannot mend it.
    """
    steps = list(programme.steps)
    for group in unit.site.groups:
        for link in group.links:
            _keep_minimum(steps, link, least_s)
    fixed = tuple(_lasting(step, step.shortest_s) for step in steps)
    return _with_intergreens(replace(programme, steps=fixed), unit)


def _lasting(step: Step, duration_s: float) -> Step:
    return Step(duration_s, duration_s, duration_s, step.state)


def _with_intergreens(programme: Programme, unit: SignalUnit) -> Programme | None:
    """Put a row in before those that would give green too early after a foe: walkers take longer than an amber.

    None where that cannot mend it: a green ends without amber, or in the very row in which a foe gains it.
    """
    group_of = {link: g for g, group in enumerate(unit.site.groups) for link in group.links}
    steps: list[Step] = []
    n = len(programme.steps)
    for index, step in enumerate(programme.steps):
        steps.append(step)
        following = programme.steps[(index + 1) % n]
        if any(_ends_at_once(unit, group_of, link, step, following) for link in group_of):
            return None
        gains = [k for k in group_of if following.state[k] in GREENS and step.state[k] not in GREENS]
        short_s = max((_short_s(programme, unit, group_of, index, k) for k in gains), default=0.0)
        if short_s > 0:
            row = "".join(map(_between, step.state, following.state))
            if any(old in GREENS and new not in GREENS for old, new in zip(step.state, row, strict=True)):
                return None
            steps.append(Step(short_s, short_s, short_s, row))
    return replace(programme, steps=tuple(steps))


def _ends_at_once(unit: SignalUnit, group_of: dict[int, int], link: int, step: Step, following: Step) -> bool:
    """Return whether a vehicle link goes from green to anything but green or amber."""
    vehicle = unit.site.groups[group_of[link]].kind is GroupKind.VEHICLE
    shown = following.state[link]
    return vehicle and step.state[link] in GREENS and shown not in GREENS and shown not in AMBERS


def _between(before: str, after: str) -> str:
    """Return the letter of a link in a row put in between two others."""
    if before in GREENS:
        return before if after in GREENS else "r"
    return "r" if before in AMBERS or before == "u" else before


def _short_s(programme: Programme, unit: SignalUnit, group_of: dict[int, int], index: int, gained: int) -> float:
    """Return how much earlier than it should a link gains green after the row of that index. [s]"""
    site, n = unit.site, len(programme.steps)
    short_s, elapsed_s = 0.0, 0.0
    after = group_of[gained]
    ended: set[int] = set()
    for back in range(n):
        row = programme.steps[(index - back) % n]
        green = {group_of[k] for k, letter in enumerate(row.state) if letter in GREENS and k in group_of}
        for group in green - ended:
            if site.conflicts(group, after):
                short_s = max(short_s, to_s(site.intergreen_ds[group][after]) - elapsed_s)
        ended |= green
        elapsed_s += row.shortest_s
    return round(short_s, 1)


def _cycle(programme: Programme) -> list[int]:
    """Return the rows of the cycle that a programme ends up in."""
    order = [0]
    while (following := programme.following(order[-1])[0]) not in order:
        order.append(following)
    return order[order.index(following) :]


def _step(rows: Sequence[Step], index: int, amber_s: dict[int, float], green_s: tuple[float, float]) -> Step:
    row = rows[index]
    if row.is_stage and row.longest_s >= green_s[0]:
        return Step(green_s[0], *green_s, row.state)
    ambers = [k for k, letter in enumerate(row.state) if letter in AMBERS and k in amber_s]
    lasts_s = max((_amber_s(rows, index, k, amber_s[k]) for k in ambers), default=row.duration_s)
    return Step(lasts_s, lasts_s, lasts_s, row.state)


def _amber_s(rows: Sequence[Step], index: int, link: int, amber_s: float) -> float:
    """Return how long a row has to show a link's amber, so that its amber lasts as long as it should. [s]

    Of an amber that spans several rows, each keeps its share.
    """
    n = len(rows)
    first = index
    while rows[first - 1].state[link] in AMBERS and (index - first) < n:
        first -= 1
    last = index
    while rows[(last + 1) % n].state[link] in AMBERS and (last - first) < n:
        last += 1
    total_s = sum(rows[i % n].duration_s for i in range(first, last + 1))
    return max(round(amber_s * rows[index].duration_s / total_s, 1), 0.1)


def _keep_minimum(steps: list[Step], link: int, min_s: float) -> None:
    """Lengthen the longest row of each green that would be too short, in place."""
    for run in _greens(steps, link):
        short_s = min_s - sum(steps[i].shortest_s for i in run)
        if short_s > 0:
            index = max(run, key=lambda i: (steps[i].is_stage, steps[i].duration_s))
            row = steps[index]
            least_s = round(row.shortest_s + short_s, 1)
            steps[index] = Step(least_s, least_s, max(row.longest_s, least_s), row.state)


def _greens(steps: Sequence[Step], link: int) -> Iterator[list[int]]:
    """Yield the rows of each green of a link, over the end of the cycle."""
    shown = [step.state[link] in GREENS for step in steps]
    if all(shown):
        return
    start = shown.index(False)
    run: list[int] = []
    for i in (*range(start, len(steps)), *range(start + 1)):
        if shown[i]:
            run.append(i)
        elif run:
            yield run
            run = []
