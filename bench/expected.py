"""What a run is expected to take, so that the long ones start first and the time left can be told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from bench.experiment import Task
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.xml_input import open_xml

START_S: Final = 1.0
TRIP_S: Final = 0.002
CONTROL_MS: Final[Mapping[str, float]] = {
    **{"adaptive": 0.3, "hybrid": 0.3, "max_pressure": 0.12, "greedy": 0.12, "fixed": 0.05, "green_wave": 0.05}
}
"""Milliseconds a signal and simulated second; SUMO's own controllers cost next to nothing."""
_USUAL_S: Final = 3600.0
_TRIP: Final = re.compile(rb"<(?:trip|vehicle|flow)\b")
_SIGNAL: Final = re.compile(rb"<tlLogic\b")


def expected_s(task: Task) -> float:
    """Return what a run is expected to take before anything was measured. [s]"""
    trips, signals, horizon_s = _size(task.scenario)
    begin_s, end_s = task.begin_s, task.end_s
    if end_s is not None:
        horizon_s = max(end_s - (begin_s if begin_s is not None else _begin_s(task.scenario)), 1.0)
    share = horizon_s / _USUAL_S
    control_s = CONTROL_MS.get(task.controller, 0.0) * signals * horizon_s / 1000
    return START_S + TRIP_S * trips * share * task.scale + control_s


@dataclass(slots=True)
class Outlook:
    """The time left, from what runs were expected to take and what those that are done took. [s]"""

    left_s: float
    n_workers: int
    expected_s: float = 0.0
    taken_s: float = 0.0
    factor: float = field(default=1.0)

    def done(self, expected_s: float, taken_s: float) -> None:
        """Take in a run that is done. [s], [s]"""
        self.left_s = max(self.left_s - expected_s, 0.0)
        self.expected_s += expected_s
        self.taken_s += taken_s
        self.factor = self.taken_s / self.expected_s if self.expected_s > 0 else 1.0

    @property
    def time_left_s(self) -> float:
        """Wall time until the end. [s]"""
        return self.left_s * self.factor / max(self.n_workers, 1)


def outlook_of(expected: Sequence[float], n_workers: int) -> Outlook:
    """Return the outlook of runs of which none is done. Args: expected, what each should take [s]."""
    return Outlook(sum(expected), max(min(n_workers, len(expected)), 1))


@lru_cache(maxsize=64)
def _size(scenario: str) -> tuple[int, int, float]:
    """Return trips, signals and usual duration [s] of a scenario, roughly: flows count as one."""
    config = read_configuration(catalogue.resolve(scenario).config)
    trips = sum(_count(path, _TRIP) for path in config.routes)
    end_s = config.end_s if config.end_s is not None else _USUAL_S + (config.begin_s or 0.0)
    return trips, _count(config.net, _SIGNAL), max(end_s - (config.begin_s or 0.0), 1.0)


@lru_cache(maxsize=64)
def _begin_s(scenario: str) -> float:
    return read_configuration(catalogue.resolve(scenario).config).begin_s or 0.0


def _count(path: Path, pattern: re.Pattern[bytes]) -> int:
    with open_xml(path) as file:
        return sum(len(pattern.findall(line)) for line in file)
