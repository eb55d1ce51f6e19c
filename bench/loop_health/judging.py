"""One day judged: the edges of its loops through feed and judge, as a live stream would go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.loop_health.days import DAY_S, Edges
from detectors.health.feed import Feed
from detectors.health.judge import Change, Judge
from detectors.health.profile import Profile
from detectors.health.review import Calendar, Review, review
from detectors.health.slots import Slot
from detectors.health.surroundings import Place, Surroundings, surroundings_of
from signal_ctrl.domain.detection import DetectorState

SLOT_S: Final = 60.0
SHORTEST_VEHICLE_M: Final = 2.0
SPEEDING: Final = 1.7


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The loops of a campaign: names, places, surroundings and shortest pulses [s]."""

    names: tuple[str, ...]
    places: tuple[Place, ...]
    around: Surroundings
    shortest_s: tuple[float, ...]


def network_of(places: Sequence[tuple[str, Place]]) -> Network:
    """Return the loops of named places."""
    only = tuple(place for _, place in places)
    shortest_s = tuple((place.length_m + SHORTEST_VEHICLE_M) / (SPEEDING * (place.speed_mps or 14.0)) for place in only)
    return Network(tuple(name for name, _ in places), only, surroundings_of(only), shortest_s)


def slots_of_day(edges: Edges, network: Network, end_s: int = DAY_S) -> Iterator[Slot]:
    """Yield the slots of a day, also those in which nobody said anything."""
    feed = Feed(network.around.controllers, SLOT_S, shortest_s=network.shortest_s)
    feed.begin(0.0)
    told_s = edges.time_ds / 10 if edges.told_s is None else edges.told_s
    stops = np.searchsorted(told_s, np.arange(SLOT_S, end_s + 1, SLOT_S))
    at = 0
    for stop in stops.tolist():
        part = slice(at, stop)
        rows = (edges.loop[part].tolist(), (edges.time_ds[part] / 10).tolist(), edges.on[part].tolist())
        if edges.told_s is None:
            for loop, time_s, on in zip(*rows, strict=True):
                feed.take(loop, time_s, on)
        else:
            for loop, time_s, on, arrived_s in zip(*rows, told_s[part].tolist(), strict=True):
                feed.take(loop, time_s, on, arrived_s)
        at = stop
        yield feed.close()


def judge_day(edges: Edges, network: Network, weekday: int, profile: Profile | None, end_s: int = DAY_S) -> Review:
    """Return what is thought of the loops on a day, minute by minute. Args: weekday, Monday 0."""
    judge = Judge(network.around, SLOT_S, profile)
    return review(slots_of_day(edges, network, end_s), judge, Calendar(0.0, weekday))


def failures(found: Review) -> tuple[Change, ...]:
    """Return the changes by which a detector failed."""
    return tuple(change for change in found.changes if change.verdict.state is DetectorState.FAILED)


def doubts(found: Review) -> tuple[Change, ...]:
    """Return the changes by which a detector became suspect."""
    return tuple(change for change in found.changes if change.verdict.state is DetectorState.SUSPECT)


def words_of(change: Change, names: Sequence[str]) -> str:
    """Return a change as people read it."""
    verdict = change.verdict
    fault = verdict.fault.name.lower() if verdict.fault is not None else ""
    return (
        f"{names[change.detector]} {verdict.state.value} {fault} at {change.at_s:.0f} s since {verdict.since_s:.0f} s"
    )


def only_until(edges: Edges, end_s: float) -> Edges:
    """Return the edges before a time. [s]"""
    stop = int(np.searchsorted(edges.time_ds, end_s * 10))
    return replace(edges, loop=edges.loop[:stop], time_ds=edges.time_ds[:stop], on=edges.on[:stop])
