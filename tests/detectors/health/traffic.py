"""Made traffic for the judgement of detectors: lanes with loops one after the other, Poisson arrivals, every fault."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.health.feed import Feed
from detectors.health.judge import Change, Judge, Now
from detectors.health.profile import DayCounts, Profile, profile_of
from detectors.health.rules import Rules
from detectors.health.slots import Slot
from detectors.health.surroundings import Place, Surroundings, surroundings_of
from signal_ctrl.domain.detection import DetectorState

SLOT_S = 60.0
DAY_S = 86400
Edge = tuple[int, float, bool]
SHARE = np.array([0.1, 0.05, 0.05, 0.05, 0.1, 0.3, 0.8, 1.0, 0.9, 0.7, 0.6, 0.6, 0.6, 0.6, 0.7, 0.8, 1.0, 1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.15])  # fmt: skip


@dataclass(frozen=True)
class Street:
    """Lanes of one approach; each has loops at 150, 35 and 0 m, numbered lane by lane. Peak flows [veh/h]."""

    flows_veh_h: tuple[float, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(
            Place("J", "north", str(lane), to_stop_m, 2.0, 14.0)
            for lane in range(len(self.flows_veh_h))
            for to_stop_m in (150.0, 35.0, 0.0)
        )

    @property
    def around(self) -> Surroundings:
        return surroundings_of(self.places)

    def edges(self, seed: int, begin_s: float = 0.0, end_s: float = DAY_S) -> list[Edge]:
        """Return the edges of a span, all loops in order: a vehicle covers a loop for about half a second."""
        dice = np.random.default_rng(seed)
        found: list[Edge] = []
        for lane, flow_veh_h in enumerate(self.flows_veh_h):
            time_s = begin_s
            while time_s < end_s:
                rate = max(flow_veh_h * SHARE[int(time_s // 3600) % 24], 1e-6) / 3600
                time_s += max(dice.exponential(1 / rate), 1.5)
                for k, delay_s in enumerate((0.0, 9.0, 14.0)):
                    at_s = round(time_s + delay_s + float(dice.uniform(0, 0.3)), 1)
                    if at_s < end_s - 1:
                        covered_s = round(float(dice.uniform(0.4, 0.7)), 1)
                        found += [(3 * lane + k, at_s, True), (3 * lane + k, at_s + covered_s, False)]
        return sorted(found, key=lambda edge: edge[1])


def slots_of(street: Street, edges: Sequence[Edge], begin_s: float, end_s: float) -> list[Slot]:
    """Return the slots that a feed makes of edges."""
    feed = Feed(street.around.controllers, SLOT_S)
    feed.begin(begin_s)
    found, at = [], 0
    for k in range(math.ceil((end_s - begin_s) / SLOT_S)):
        while at < len(edges) and edges[at][1] < begin_s + (k + 1) * SLOT_S:
            feed.take(*edges[at])
            at += 1
        found.append(feed.close())
    return found


def profile(street: Street) -> Profile:
    """Return what many healthy days would teach: the flows from which the traffic is drawn."""
    quarters = np.repeat(SHARE, 4)[:, None]
    veh = np.repeat(np.array(street.flows_veh_h), 3)[None, :] * quarters / 4
    return profile_of([DayCounts("weekday", veh, 0.55 * veh)] * 10)


def judged(
    street: Street, slots: Sequence[Slot], known: Profile | None = None, rules: Rules | None = None
) -> tuple[Judge, list[Change]]:
    """Return the judge of a weekday and the changes of its verdicts."""
    judge = Judge(street.around, SLOT_S, known, rules)
    changes = [change for slot in slots for change in judge.take(slot, Now("weekday", slot.begin_s % DAY_S))]
    return judge, changes


def failures(changes: Sequence[Change]) -> dict[int, tuple[str, float]]:
    """Return by which fault, and when, each detector first failed. [s]"""
    found: dict[int, tuple[str, float]] = {}
    for change in changes:
        if change.verdict.state is DetectorState.FAILED and change.verdict.fault is not None:
            found.setdefault(change.detector, (change.verdict.fault.name, change.at_s))
    return found


def altered(
    edges: Sequence[Edge], loop: int, from_s: float, change: Callable[[Sequence[Edge]], list[Edge]]
) -> list[Edge]:
    """Return edges of which those of one loop from a time on are others."""
    own = [edge for edge in edges if edge[0] == loop and edge[1] >= from_s]
    rest = [edge for edge in edges if not (edge[0] == loop and edge[1] >= from_s)]
    return sorted([*rest, *change(own)], key=lambda edge: edge[1])


def slot(begin_s: float, count: Sequence[float], on_s: Sequence[float] | None = None, **more: object) -> Slot:
    """Return a slot of 60 s; what is not given is in order: half a second a vehicle, no odd event."""
    n = len(count)
    columns: dict[str, object] = {
        "held_s": np.zeros(n), "short": np.zeros(n), "heard": 2.0 * np.nan_to_num(np.array(count)), "early": np.zeros(n),
        "late": np.zeros(n), "twice": np.zeros(n), "back": np.zeros(n), "valid": np.ones(n), "code": np.zeros(n, dtype=np.int64),
    }  # fmt: skip
    columns |= {name: np.array(value) for name, value in more.items()}
    occupied = 0.5 * np.array(count, dtype=float) if on_s is None else np.array(on_s, dtype=float)
    return Slot(begin_s, SLOT_S, np.array(count, dtype=float), occupied, **columns)  # type: ignore[arg-type]


def states(around: Surroundings, slots: Sequence[Slot], known: Profile | None = None) -> list[list[str]]:
    """Return what is thought of each detector after each slot: `ok`, or state and fault."""
    judge, found = Judge(around, SLOT_S, known), []
    for one in slots:
        judge.take(one, Now("weekday", one.begin_s % DAY_S) if known is not None else None)
        found.append([f"{v.state.value} {v.fault.name}" if v.fault else v.state.value for v in judge.verdicts])
    return found
