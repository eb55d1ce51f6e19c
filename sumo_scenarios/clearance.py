"""Amber and intergreen of a signal's links, as the safety profile wants them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.profile import AMBER_RANGE_S
from sumo_scenarios.foes import LinkFoes
from sumo_scenarios.programmes import AMBERS, GREENS, Programme, Step
from sumo_scenarios.signal_source import SignalSource

REACTION_S: Final = 1.0
DECELERATION_MPS2: Final = 3.05
VEHICLE_LENGTH_M: Final = 6.0
ENTRY_LOSS_S: Final = 1.0
LONGEST_ALL_RED_S: Final = 6.0
BICYCLE_MPS: Final = 4.0
"""How fast the slow ones clear a junction: the clearing speed of bicycles in the German RiLSA. [m/s]"""
BICYCLE_LENGTH_M: Final = 2.0
SHORTEST_STAGE_S: Final = 5.0
LONGEST_WAY: Final = 12


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


def bicycle_red_s(path_m: float) -> float:
    """Return the red clearance of bicycles for a path through the junction, less the start-up of who comes next. [s]

    The limit of 6 s is one for vehicles that clear at their own speed; who crosses eight lanes by bicycle takes longer.
    >>> bicycle_red_s(48.0)
    11.5
    """
    return max((path_m + BICYCLE_LENGTH_M) / BICYCLE_MPS - ENTRY_LOSS_S, 0.0)


def _by_formula(source: SignalSource) -> Clearances:
    ambers, reds = [], []
    for k in range(source.n_links):
        own = source.connections_of(k)
        lanes = [source.net.lanes[c.from_lane] for c in own if c.from_lane in source.net.lanes]
        speeds = [lane.speed_mps for lane in lanes if lane.speed_mps > 1.0] or [50 / 3.6]
        inner = [(source.net.inner_length_m(c), _inner_speed_mps(source, c.via, speeds)) for c in own]
        ambers.append(amber_for_speed_s(max(speeds)))
        cycling = bool(lanes) and all(lane.bicycles for lane in lanes)
        reds.append(max((bicycle_red_s(m) if cycling else all_red_s(m, mps) for m, mps in inner), default=0.0))
    return Clearances(tuple(ambers), lambda i, _j: ambers[i] + reds[i])


def _inner_speed_mps(source: SignalSource, via: str, speeds: list[float]) -> float:
    lane = source.net.lanes.get(via)
    return max(lane.speed_mps if lane else min(speeds), 2.0)


def _as_engineered(source: SignalSource, foes: LinkFoes) -> Clearances:
    """Take the shortest amber and intergreen that the programmes in force show, never below the profile's.

    A change that no programme makes takes the least all-red of the same link's other changes, else of the signal.
    """
    least_s = source.profile.amber_s
    ambers = [max(least_s, _shortest_amber_s(source, k)) for k in range(source.n_links)]
    shown: dict[tuple[int, int], float] = {}
    for programme in source.programmes:
        for pair, found_s in direct_gaps_s(programme, foes).items():
            shown[pair] = min(found_s, shown.get(pair, found_s))
    spare_s: dict[int, float] = {}
    for (i, _), shown_s in shown.items():
        if not source.is_crossing(i):
            spare_s[i] = min(max(shown_s - ambers[i], 0.0), spare_s.get(i, LONGEST_ALL_RED_S))
    usual_s = min(spare_s.values(), default=0.0)

    def gap_s(i: int, j: int) -> float:
        return max(least_s, shown.get((i, j), ambers[i] + spare_s.get(i, usual_s)))

    return Clearances(tuple(ambers), gap_s)


def _shortest_amber_s(source: SignalSource, link: int) -> float:
    found = [shown_s for programme in source.programmes for shown_s in ambers_s(programme, link)]
    return min(found, default=0.0)


def ambers_s(programme: Programme, link: int) -> list[float]:
    """Return the amber intervals of a link, joined over rows and over the end of the cycle. [s]

    >>> from sumo_scenarios.programmes import Step
    >>> rows = [Step(t, t, t, letter) for t, letter in ((1.0, "y"), (20.0, "G"), (9.0, "r"), (2.0, "y"))]
    >>> ambers_s(Programme("a", "0", "static", 0.0, tuple(rows), ""), 0)
    [3.0]
    """
    rows = [(step.duration_s, step.state[link] in AMBERS) for step in programme.steps]
    start = next((i for i, (_, amber) in enumerate(rows) if not amber), 0)
    intervals, running_s = [], 0.0
    for duration_s, amber in [*rows[start:], *rows[:start], (0.0, False)]:
        if amber:
            running_s += duration_s
        elif running_s:
            intervals.append(running_s)
            running_s = 0.0
    return intervals


def direct_gaps_s(programme: Programme, foes: LinkFoes) -> dict[tuple[int, int], float]:
    """Return (loses, gains) -> shortest gap, of foes that follow each other with no stage in between. [s]"""
    found: dict[tuple[int, int], float] = {}
    partners: dict[int, set[int]] = defaultdict(set)
    for i, j in foes.pairs:
        partners[i].add(j)
        partners[j].add(i)
    for index, step in enumerate(programme.steps):
        for following in programme.following(index):
            losers = _greens(step) - _greens(programme.steps[following])
            gains = list(_gaps_s(programme, index, following)) if losers else []
            for loser in losers:
                for gainer, gap_s in gains:
                    if gainer in partners[loser]:
                        found[loser, gainer] = min(gap_s, found.get((loser, gainer), gap_s))
    return found


def _gaps_s(programme: Programme, last: int, start: int) -> Iterator[tuple[int, float]]:
    """Yield (link, time [s]) of those who gain green after the row in which another was green the last time.

    The walk ends where a stage has come: a row with nobody on the way that is long, or has somebody new in it.
    """
    before = _greens(programme.steps[last])
    pending: list[tuple[int, float, tuple[int, ...]]] = [(start, 0.0, (start,))]
    while pending:
        index, elapsed_s, way = pending.pop()
        step = programme.steps[index]
        if step.is_stage and (step.longest_s >= SHORTEST_STAGE_S or not _greens(step) <= before):
            continue
        elapsed_s += step.shortest_s
        for following in programme.following(index):
            gained = _greens(programme.steps[following]) - _greens(step)
            yield from ((link, elapsed_s) for link in gained)
            if following not in way and len(way) < LONGEST_WAY:
                pending.append((following, elapsed_s, (*way, following)))


def _greens(step: Step) -> frozenset[int]:
    return frozenset(k for k, letter in enumerate(step.state) if letter in GREENS)
