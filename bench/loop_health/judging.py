"""One day judged: the edges of its loops through feed and judge, as a live stream would go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.loop_health.days import DAY_S, Edges
from detectors.health.faults import Numbers
from detectors.health.feed import Feed
from detectors.health.judge import Change, Judge, Now
from detectors.health.profile import DayCounts, Profile, by_days, day_type_of
from detectors.health.surroundings import Surroundings
from signal_ctrl.domain.detection import DetectorState

SLOT_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What came of a day: every change of a verdict, counts by minute (n_slots, n) [veh] and their day by quarters."""

    changes: tuple[Change, ...]
    count: Numbers
    on_s: Numbers
    day: DayCounts
    suspect_s: float

    def failed(self) -> tuple[Change, ...]:
        """Return the changes by which a detector failed."""
        return tuple(change for change in self.changes if change.verdict.state is DetectorState.FAILED)


def judge_day(edges: Edges, around: Surroundings, weekday: int, profile: Profile | None, end_s: int = DAY_S) -> Judged:
    """Return what is thought of the loops on a day, minute by minute. Args: weekday, Monday 0."""
    feed, judge = Feed(around.controllers, SLOT_S, shortest_s=None), Judge(around, SLOT_S, profile)
    day_type = day_type_of(weekday)
    changes: list[Change] = []
    counts, occupied = [], []
    suspect_s = 0.0
    feed.begin(0.0)
    stops = np.searchsorted(edges.time_ds, np.arange(SLOT_S, end_s + 1, SLOT_S) * 10)
    rows = list(zip(edges.loop.tolist(), (edges.time_ds / 10).tolist(), edges.on.tolist(), strict=True))
    at = 0
    for slot_number, stop in enumerate(stops.tolist()):
        for loop, time_s, on in rows[at:stop]:
            feed.take(loop, time_s, on)
        at = stop
        slot = feed.close()
        changes += judge.take(slot, Now(day_type, slot_number * SLOT_S))
        counts.append(slot.count)
        occupied.append(slot.on_s)
        suspect_s += SLOT_S * sum(v.state is DetectorState.SUSPECT for v in judge.verdicts)
    count, on_s = np.stack(counts), np.stack(occupied)
    begins_s = np.arange(len(counts)) * SLOT_S
    (day,) = by_days(begins_s, SLOT_S, count, on_s, 0.0, {0: weekday})
    return Judged(tuple(changes), count, on_s, day, suspect_s)


def summary_of(changes: Sequence[Change], names: Sequence[str]) -> list[str]:
    """Return changes as people read them."""
    return [
        f"{names[change.detector]} {change.verdict.state.value} at {change.at_s:.0f} s: "
        f"{change.verdict.fault.value if change.verdict.fault else ''} since {change.verdict.since_s:.0f} s"
        for change in changes
    ]
