"""The work that the micro-benchmarks time: on the largest signal of cologne8, and on a made-up record of trips."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from optimiser.controller import Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.network import LoopRole
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios import catalogue
from sumo_scenarios.score import score_run
from sumo_scenarios.world import SignalUnit, build_world

FRAMES: Final = 20_000
DECISIONS: Final = 60
EVENTS: Final = 6_000
TRIPS: Final = 4281
"""Trips of ingolstadt21, the network whose score has a limit of 0.3 s."""
_SCENARIO: Final = "cologne8"
_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Work:
    """One benchmark; `once` does it and returns how many units were done."""

    name: str
    unit: str
    once: Callable[[], int]


def all_work(folder: Path) -> tuple[Work, ...]:
    """Return the benchmarks. Args: folder for their files. Raises: BackendError if the networks are missing."""
    unit = _largest_unit()
    return (
        Work("kernel", "frames/s", lambda: kernel_frames(unit)),
        Work("rollout", "decisions/s", rollout_decisions(unit)),
        Work("detectors", "updates/s", detector_updates(unit)),
        Work("score", "runs/s", score_of_one_run(folder)),
    )


def _largest_unit() -> SignalUnit:
    world = build_world(catalogue.resolve(_SCENARIO), PUBLISHED, None, None)
    return max(world.units, key=lambda unit: (len(unit.layout.lanes), len(unit.site.groups)))


def kernel_frames(unit: SignalUnit) -> int:
    """Step the kernel through frames of 0.1 s; calls come and go once a second."""
    kernel = Kernel(unit.site)
    generator = np.random.Generator(np.random.PCG64(_SEED))
    masks = generator.integers(0, 1 << len(unit.site.groups), FRAMES // 10 + 1).tolist()
    state = kernel.in_service(0)
    for frame_ds in range(1, FRAMES + 1):
        state = kernel.step(state, masks[frame_ds // 10], frame_ds)
    return FRAMES


def rollout_decisions(unit: SignalUnit) -> Callable[[], int]:
    """Return work that decides on one busy view again and again, each time at another moment of the same stage."""
    tables = stage_tables(Kernel(unit.site))
    stages = tuple(range(len(unit.site.stages)))
    view = busy_view(unit)

    def once() -> int:
        controller = RolloutController(unit.layout, tables, RolloutSettings())
        for k in range(DECISIONS):
            controller.decide(view, Situation(1000.0 + k, 0, stages, 10.0 + k))
        return DECISIONS

    return once


def busy_view(unit: SignalUnit) -> JunctionView:
    """Return what the loops tell of a junction that vehicles have approached for half a minute."""
    estimator = LoopEstimator(unit.layout)
    for event in _events(unit, 30.0, LoopRole.ADVANCE):
        estimator.take(event)
    return estimator.view(30.0, "r" * unit.site.n_links)


def detector_updates(unit: SignalUnit) -> Callable[[], int]:
    """Return work that takes loop events in and asks for the view once a second."""
    events = _events(unit, EVENTS / (2.0 * max(len(unit.layout.loops), 1)) * 3.0)

    def once() -> int:
        estimator = LoopEstimator(unit.layout)
        second = 0
        for event in events:
            while second < event.time_s:
                second += 1
                estimator.view(float(second), ("r" if second % 60 < 30 else "G") * unit.site.n_links)
            estimator.take(event)
        return len(events)

    return once


def _events(unit: SignalUnit, span_s: float, only: LoopRole | None = None) -> Sequence[LoopEvent]:
    """Return vehicles over the loops every three seconds on the mean, at random but the same each time."""
    generator = np.random.Generator(np.random.PCG64(_SEED))
    rows: list[LoopEvent] = []
    for index, loop in enumerate(unit.layout.loops):
        if only is not None and loop.role is not only:
            continue
        at_s = 0.0
        while (at_s := at_s + 0.6 + float(generator.exponential(2.4))) < span_s:
            rows += [LoopEvent(index, at_s, True), LoopEvent(index, at_s + 0.5, False)]
    return sorted(rows, key=lambda event: event.time_s)


def score_of_one_run(folder: Path) -> Callable[[], int]:
    """Return work that scores a run of as many trips as ingolstadt21 has."""
    generator = np.random.Generator(np.random.PCG64(_SEED))
    rows = [_trip(k, *row) for k, row in enumerate(generator.uniform(0.0, 300.0, (TRIPS, 3)).round(2).tolist())]
    trips, counts = folder / "tripinfo.xml.gz", folder / "statistics.xml"
    trips.write_bytes(gzip.compress(("<tripinfos>\n" + "\n".join(rows) + "\n</tripinfos>\n").encode()))
    counts.write_text(
        f'<statistics><vehicles loaded="{TRIPS}" inserted="{TRIPS}" running="0" waiting="0"/><teleports total="0"/>'
        '<safety collisions="0" emergencyStops="0"/></statistics>',
        encoding="utf-8",
    )

    def once() -> int:
        score_run(trips, counts)
        return 1

    return once


def _trip(index: int, lost_s: float, waited_s: float, late_s: float) -> str:
    """Return one trip as SUMO writes it, with all the attributes that nobody needs."""
    depart_s = 0.8 * index
    return (
        f'    <tripinfo id="car{index}:1" depart="{depart_s:.2f}" departLane="315358254#0_1" departPos="5.10" '
        f'departSpeed="12.24" departDelay="{late_s / 100:.2f}" arrival="{depart_s + 200 + lost_s:.2f}" '
        f'arrivalLane="399835085#1_1" arrivalPos="212.23" arrivalSpeed="6.84" duration="{200 + lost_s:.2f}" '
        f'routeLength="1430.98" waitingTime="{waited_s:.2f}" waitingCount="2" stopTime="0.00" timeLoss="{lost_s:.2f}" '
        f'rerouteNo="1" devices="tripinfo_car{index}:1 routing_car{index}:1" vType="default_016" '
        'speedFactor="0.88" vaporized=""/>'
    )
