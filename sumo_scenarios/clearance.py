"""Amber and intergreen of a signal's links, as the safety profile wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from signal_ctrl.domain.profile import AMBER_RANGE_S
from sumo_scenarios.foes import LinkFoes
from sumo_scenarios.programmes import GREENS, Programme

if TYPE_CHECKING:
    from sumo_scenarios.site_builder import SignalSource

REACTION_S: Final = 1.0
DECELERATION_MPS2: Final = 3.05
VEHICLE_LENGTH_M: Final = 6.0
ENTRY_LOSS_S: Final = 1.0
LONGEST_ALL_RED_S: Final = 6.0


@dataclass(frozen=True, slots=True)
class Clearances:
    """Amber by link [s], and `gap_s(i, j)`, the shortest time from the end of i's green to the start of j's [s]."""

    amber_s: tuple[float, ...]
    gap_s: Callable[[int, int], float]


def clearances_of(source: SignalSource, foes: LinkFoes) -> Clearances:
    """Return the clearances of a signal under its profile."""
    if source.profile.amber_by_speed:
        return _by_formula(source)
    if source.engineered:
        return _as_engineered(source, foes)
    amber_s = (source.profile.amber_s,) * source.n_links
    return Clearances(amber_s, lambda _i, _j: source.profile.amber_s)


def amber_for_speed_s(speed_mps: float) -> float:
    """Return the amber for an approach speed, within what SAFETY K2 allows. [s]

    Source: ITE kinematic formula Y = t + v / 2a on the level, t 1.0 s, a 3.05 m/s².
    >>> round(amber_for_speed_s(50 / 3.6), 2), round(amber_for_speed_s(60 / 3.6), 2)
    (3.28, 3.73)
    """
    wanted_s = REACTION_S + speed_mps / (2 * DECELERATION_MPS2)
    return min(max(wanted_s, AMBER_RANGE_S[0]), AMBER_RANGE_S[1])


def all_red_s(path_m: float, speed_mps: float) -> float:
    """Return the red clearance for a path through the junction, less the start-up of who comes next. [s]

    >>> round(all_red_s(20.0, 50 / 3.6), 2)
    0.87
    """
    wanted_s = (path_m + VEHICLE_LENGTH_M) / speed_mps - ENTRY_LOSS_S
    return min(max(wanted_s, 0.0), LONGEST_ALL_RED_S)


def _by_formula(source: SignalSource) -> Clearances:
    ambers, reds = [], []
    for k in range(source.n_links):
        own = source.connections_of(k)
        lanes = [source.net.lanes[c.from_lane] for c in own if c.from_lane in source.net.lanes]
        speeds = [lane.speed_mps for lane in lanes if lane.speed_mps > 1.0] or [50 / 3.6]
        inner = [(source.net.inner_length_m(c), _inner_speed_mps(source, c.via, speeds)) for c in own]
        ambers.append(amber_for_speed_s(max(speeds)))
        reds.append(max((all_red_s(path_m, speed) for path_m, speed in inner), default=0.0))
    return Clearances(tuple(ambers), lambda i, _j: ambers[i] + reds[i])


def _inner_speed_mps(source: SignalSource, via: str, speeds: list[float]) -> float:
    lane = source.net.lanes.get(via)
    return max(lane.speed_mps if lane else min(speeds), 2.0)


def _as_engineered(source: SignalSource, foes: LinkFoes) -> Clearances:
    """Take the shortest amber and intergreen that the programmes in force show, never below the profile's."""
    least_s = source.profile.amber_s
    ambers = [max(least_s, _shortest_amber_s(source, k)) for k in range(source.n_links)]
    shown: dict[tuple[int, int], float] = {}
    for programme in source.programmes:
        for pair, gap_s in _direct_gaps_s(programme, foes).items():
            shown[pair] = min(gap_s, shown.get(pair, gap_s))
    spare_s = min((gap_s - ambers[i] for (i, _), gap_s in shown.items()), default=0.0)

    def gap_s(i: int, j: int) -> float:
        return max(least_s, shown.get((i, j), ambers[i] + max(spare_s, 0.0)))

    return Clearances(tuple(ambers), gap_s)


def _shortest_amber_s(source: SignalSource, link: int) -> float:
    found = [shown_s for programme in source.programmes for shown_s in _ambers_s(programme, link)]
    return min(found, default=0.0)


def _ambers_s(programme: Programme, link: int) -> list[float]:
    """Return the amber intervals of a link, joined over steps and over the end of the cycle. [s]"""
    rows = [(step.duration_s, step.state[link] in "yY") for step in programme.steps]
    start = next((i for i, (_, amber) in enumerate(rows) if not amber), 0)
    intervals, running_s = [], 0.0
    for duration_s, amber in [*rows[start:], *rows[:start], (0.0, False)]:
        if amber:
            running_s += duration_s
        elif running_s:
            intervals.append(running_s)
            running_s = 0.0
    return intervals


def _direct_gaps_s(programme: Programme, foes: LinkFoes) -> dict[tuple[int, int], float]:
    """Return (loses, gains) -> shortest gap, of foes that follow each other with no stage in between. [s]"""
    found: dict[tuple[int, int], float] = {}
    pairs = [pair for i, j in foes.pairs for pair in ((i, j), (j, i))]
    steps = programme.steps * 2
    ended_s: dict[int, float | None] = {}
    now_s = 0.0
    for before, step in zip(steps, steps[1:], strict=False):
        now_s += before.duration_s
        for k, (old, new) in enumerate(zip(before.state, step.state, strict=True)):
            if old in GREENS and new not in GREENS:
                ended_s[k] = now_s
        for i, j in pairs:
            end_s = ended_s.get(i)
            if end_s is not None and before.state[j] not in GREENS and step.state[j] in GREENS and now_s > end_s:
                found[i, j] = min(now_s - end_s, found.get((i, j), now_s - end_s))
        if step.is_stage and step.duration_s >= 5.0:
            ended_s = {k: (None if _over(end, now_s) else end) for k, end in ended_s.items()}
    return found


def _over(end_s: float | None, stage_start_s: float) -> bool:
    return end_s is not None and end_s <= stage_start_s
