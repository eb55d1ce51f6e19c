"""A recorded run played to the detection, bin by bin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.incidents.recording import Recorded, observations
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.california import stations
from signal_ctrl.watch.incidents.detection.detection import GRACE_MS, Detection
from signal_ctrl.watch.incidents.detection.recorder import DayRecorder
from signal_ctrl.watch.incidents.detection.usual import Usual, usual_of
from signal_ctrl.watch.observations import Observation

Array = npt.NDArray[Any]
WARM_UP_BINS = 30
"""Ten minutes in which the network fills up are neither learnt from nor judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Of each bin: figures (n_bins, n_roads, n_figures), occupancy before and behind each road (n_bins, 2, n_roads)."""

    figures: Array
    stations: Array


def play(recorded: Recorded, network: RoadNetwork, detection: Detection) -> Iterator[tuple[int, int]]:
    """Feed a run, and yield the index of each bin with the time when it has been looked at. [ms, UTC]"""
    for index, (end_ms, told) in enumerate(observations(recorded, network)):
        take_all(detection, told, end_ms)
        now_ms = end_ms + GRACE_MS
        detection.step(now_ms)
        yield index, now_ms


def take_all(detection: Detection, told: Sequence[Observation], end_ms: int) -> None:
    """Feed what was told in a bin."""
    for observation in told:
        detection.take(observation, end_ms)


def learnt(days: Sequence[Recorded], network: RoadNetwork) -> Usual:
    """Return what is usual: the rates first, then how much is usual around them."""
    rates = usual_of([_day(each, network, None) for each in days])
    return usual_of([_day(each, network, rates) for each in days])


def _day(recorded: Recorded, network: RoadNetwork, usual: Usual | None) -> Any:
    detection = Detection(network, usual)
    recorder = DayRecorder(detection.layout)
    beside = np.zeros(len(network.roads), dtype=bool)
    for index, now_ms in play(recorded, network, detection):
        recorder.count(detection.bins, now_ms // 20_000 - 1, beside)
        if detection.raw is not None and index >= WARM_UP_BINS:
            recorder.compare(detection.raw, beside)
    return recorder.day()


def trace_of(recorded: Recorded, network: RoadNetwork, usual: Usual) -> Trace:
    """Return what the detection sees in a run."""
    detection = Detection(network, usual)
    figures, places = [], []
    for _, now_ms in play(recorded, network, detection):
        figures.append(detection.figures.astype(np.float32))
        places.append(np.array(stations(detection.layout, detection.bins, now_ms // 20_000 - 1), dtype=np.float32))
    return Trace(np.array(figures), np.array(places))
