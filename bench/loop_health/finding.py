"""Faults put into healthy days, and how long it takes to find them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bench.loop_health.days import DAY_S, Edges
from bench.loop_health.inject import Injection, Kind, with_faults
from bench.loop_health.judging import Network, judge_day
from detectors.health.faults import Numbers
from detectors.health.profile import Profile
from detectors.health.review import Review
from signal_ctrl.domain.detection import DetectorState

AT_S: Final = (7 * 3600.0, 9 * 3600.0, 11 * 3600.0, 14 * 3600.0)
"""When faults begin."""
LEAST_VEH_H: Final = 60.0
"""Faults are put into loops that count at least so many an hour by day; silence of quiet ones is a matter of hours."""
DIFFER: Final = 1.5
"""Lanes that are exchanged differ by this factor, else nobody is harmed."""
A_KIND: Final = 4
"""Faults of each kind a day."""


@dataclass(frozen=True, slots=True)
class Found:
    """One fault: when it began, when its loop was doubted, and when it failed. [s] None: never that day."""

    injection: Injection
    flow_veh_h: float
    suspect_s: float | None
    failed_s: float | None
    fault: str

    def row(self, names: Sequence[str]) -> dict[str, Any]:
        """Return it as a ledger has it; times after the fault began. [min]"""
        begin_s = self.injection.from_s
        minutes = [None if at is None else round((at - begin_s) / 60, 1) for at in (self.suspect_s, self.failed_s)]
        return {
            "kind": self.injection.kind.value,
            "loop": names[self.injection.loop],
            "from_s": begin_s,
            "flow_veh_h": round(self.flow_veh_h),
            "suspect_min": minutes[0],
            "failed_min": minutes[1],
            "fault": self.fault,
        }


def draw_faults(network: Network, hourly: Numbers, seed: int) -> tuple[Injection, ...]:
    """Return faults of every kind, at most one a controller's lane. Args: hourly (24, n) usual vehicles an hour."""
    dice = random.Random(f"{seed} faults")
    by_day = hourly[7:19].mean(axis=0)
    busy = [int(k) for k in np.flatnonzero(by_day >= LEAST_VEH_H)]
    dice.shuffle(busy)
    pairs = [pair for pair in network.around.pairs_beside if set(pair) <= set(busy) and _differ(by_day, pair)]
    dice.shuffle(pairs)
    used: set[str] = set()
    found: list[Injection] = []
    for kind in Kind:
        wanted = A_KIND
        for one, other in pairs if kind is Kind.SWAPPED else [(k, -1) for k in busy]:
            approach = network.places[one].approach
            if wanted and approach not in used:
                used.add(approach)
                wanted -= 1
                found.append(Injection(kind, one, dice.choice(AT_S), other))
    return tuple(found)


def _differ(by_day: Numbers, pair: tuple[int, int]) -> bool:
    low, high = sorted(float(by_day[k]) for k in pair)
    return high >= DIFFER * low


def find_faults(
    edges: Edges,
    network: Network,
    judged_by: tuple[int, Profile | None],
    injections: Sequence[Injection],
    end_s: int = DAY_S,
) -> tuple[tuple[Found, ...], Review]:
    """Judge a day with faults in it; return what was found of each, and the whole review.

    Args: judged_by, weekday (Monday 0) and profile; end_s, until when it is judged [s].
    """
    review = judge_day(with_faults(edges, injections, 1), network, *judged_by, end_s)
    hourly = 60.0 * review.count.mean(axis=0)
    return tuple(_found(one, review, float(hourly[one.loop])) for one in injections), review


def _found(one: Injection, review: Review, flow_veh_h: float) -> Found:
    times: dict[DetectorState, float] = {}
    fault = ""
    for change in review.changes:
        if change.detector == one.loop and change.at_s > one.from_s and change.verdict.fault is not None:
            times.setdefault(change.verdict.state, change.at_s)
            if change.verdict.state is DetectorState.FAILED:
                fault = change.verdict.fault.name.lower()
    failed_s = times.get(DetectorState.FAILED)
    suspect_s = min([at_s for at_s in (times.get(DetectorState.SUSPECT), failed_s) if at_s is not None], default=None)
    return Found(one, flow_veh_h, suspect_s, failed_s, fault)


def accused(review: Review, injections: Sequence[Injection]) -> tuple[int, ...]:
    """Return the loops that failed though nothing was put into them."""
    guilty = {k for one in injections for k in (one.loop, one.other)}
    failed = {c.detector for c in review.changes if c.verdict.state is DetectorState.FAILED}
    return tuple(sorted(failed - guilty))
