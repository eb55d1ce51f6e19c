"""A lane counted by loops and by video whose errors are known: recall and false counts by condition, and faults."""

import random
from collections.abc import Callable

import numpy as np

from detectors.fusion.conditions import Condition
from detectors.fusion.lane_fusion import Reading

LOOP_RATES = {"thin": (0.99, 0.02), "dense": (0.96, 0.05), "jammed": (0.85, 0.12)}
VIDEO_RATES = {
    ("day", "dry"): (0.97, 0.01), ("day", "rain"): (0.92, 0.03),
    ("night", "dry"): (0.88, 0.05), ("night", "rain"): (0.80, 0.10),
}  # fmt: skip
MEANS = {"thin": 40.0, "dense": 110.0, "jammed": 70.0}
Sources = tuple[list[Reading], list[Reading]]
Fault = Callable[[np.random.Generator, list[Reading], list[Reading]], None]


def conditions(number: int) -> list[Condition]:
    """Return 5-minute intervals of all classes in turn, an hour and more of each at a time."""
    return [
        Condition(("day", "night")[k // 12 % 2], ("dry", "rain")[k // 24 % 2], ("thin", "dense", "jammed")[k // 4 % 3])
        for k in range(number)
    ]


def counted(rng: np.random.Generator, number: int) -> tuple[list[int], list[Condition], list[float], list[float]]:
    """Return vehicles that came, conditions, and what loops and video counted."""
    classes = conditions(number)
    came = rng.poisson([MEANS[each.crowding] for each in classes]).tolist()
    loops = [_seen(rng, q, LOOP_RATES[c.crowding]) for q, c in zip(came, classes, strict=True)]
    video = [_seen(rng, q, VIDEO_RATES[c.light, c.weather]) for q, c in zip(came, classes, strict=True)]
    return came, classes, loops, video


def _seen(rng: np.random.Generator, came: int, rates: tuple[float, float]) -> float:
    return float(rng.binomial(came, rates[0]) + rng.poisson(rates[1] * came))


def healthy(_rng: np.random.Generator, _loops: list[Reading], _video: list[Reading]) -> None:
    pass


def biased_video(_rng: np.random.Generator, _loops: list[Reading], video: list[Reading]) -> None:
    for k in range(len(video) // 2, len(video)):
        video[k] = Reading(round((video[k].count or 0.0) * 1.5))


def half_loops(rng: np.random.Generator, loops: list[Reading], _video: list[Reading]) -> None:
    for k in range(len(loops) // 2, len(loops)):
        loops[k] = Reading(float(rng.binomial(int(loops[k].count or 0), 0.5)))


def dropping_video(rng: np.random.Generator, _loops: list[Reading], video: list[Reading]) -> None:
    for k in range(len(video)):
        if rng.random() < 0.3:
            video[k] = Reading(None, 0.0)


def partial_video(rng: np.random.Generator, _loops: list[Reading], video: list[Reading]) -> None:
    for k in range(len(video)):
        if rng.random() < 0.3:
            video[k] = Reading(float(rng.binomial(int(video[k].count or 0), 0.7)), 0.7)


def silent_loops(_rng: np.random.Generator, loops: list[Reading], _video: list[Reading]) -> None:
    for k in range(len(loops) // 2, len(loops)):
        loops[k] = Reading(0.0)


def stuck_video(_rng: np.random.Generator, _loops: list[Reading], video: list[Reading]) -> None:
    for k in range(len(video) // 2, len(video)):
        video[k] = Reading(150.0)


def dying_loops(_rng: np.random.Generator, loops: list[Reading], _video: list[Reading]) -> None:
    for k in range(len(loops) // 2, len(loops)):
        loops[k] = Reading(None)


FAULTS: tuple[Fault, ...] = (
    healthy, biased_video, half_loops, dropping_video, partial_video, silent_loops, stuck_video, dying_loops,
)  # fmt: skip


def times_s(seed: int, seconds: int, apart_s: float) -> list[float]:
    """Return random times of vehicles."""
    rng, at_s, found = random.Random(seed), 0.0, []
    while at_s < seconds:
        at_s += 1.0 + rng.expovariate(1.0 / apart_s)
        found.append(at_s)
    return found
