"""With and without a response, seed by seed: what it costs in delay, and what the kernels made of it."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final

from scipy.stats import t as student

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.watch.responses.plan_values import Response
from sumo_scenarios.arguments import STATISTICS, TRIPINFO
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.outcome import LoopOutcome, Report, Stop
from sumo_scenarios.response_rehearsal.centre import Town, rehearsed_part
from sumo_scenarios.response_rehearsal.driver import ACTS, RehearsalDriver, Script
from sumo_scenarios.score import Score, score_run
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Job, Progress, supervise

WITHOUT: Final = "without"
WITH: Final = "with"
NO_TOWN: Final = Town()
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One seed, without the response and with it. [veh h] [s]

    `violations`, wrong lamps that the conflict monitor saw with the response; `refused`, what the kernels did not take
    of it. `folders`, where the two runs stand.
    """

    seed: int
    delay_without_veh_h: float
    delay_with_veh_h: float
    violations: int
    refused: tuple[str, ...]
    begun: int
    began_at_s: float | None
    ended_at_s: float | None
    invalid: tuple[str, ...]
    folders: tuple[Path, Path]

    @property
    def price_veh_h(self) -> float:
        """What the response costs: delay with it less delay without. [veh h]"""
        return self.delay_with_veh_h - self.delay_without_veh_h


@dataclass(frozen=True, slots=True)
class Verdict:
    """All seeds: mean price with the interval that holds it in 95 of 100 cases (None for one seed). [veh h]"""

    rehearsed: tuple[Rehearsed, ...]
    price_veh_h: float
    interval_veh_h: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is rehearsed where: settings of the run but the seed; when the response is ordered, after the begin. [s]"""

    response: Response
    settings: RunSettings
    seeds: tuple[int, ...]
    at_s: float = 300.0
    town: Town = NO_TOWN

    def __post_init__(self) -> None:
        rehearsed_part(self.response)
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise InvalidInputError("a rehearsal needs seeds, each once")
        if self.settings.controller != "fixed":
            raise InvalidInputError("signals keep plans in a rehearsal: its controller is fixed")
        if not (math.isfinite(self.at_s) and self.at_s >= 0):
            raise InvalidInputError("a response is ordered 0 s after the begin or later")


def rehearse(
    rehearsal: Rehearsal, folder: Path, report: Callable[[int, str, Progress], None] = lambda *_: None
) -> Verdict:
    """Make all runs, each in a process of its own, and return what came of them.

    Args: folder, empty, takes the runs; report, told seed, `with` or `without`, and how far the run is.
    Raises: InvalidInputError; SignalCtrlError with every reason why it cannot be ordered; BackendError.
    """
    found = tuple(_seed(rehearsal, seed, folder, report) for seed in rehearsal.seeds)
    prices = [each.price_veh_h for each in found]
    return Verdict(found, fmean(prices), interval(prices))


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float] | None:
    """Return Student's interval for the mean of values, None for fewer than two.

    >>> [round(x, 2) for x in interval([1.0, 2.0, 3.0])]
    [-0.48, 4.48]
    """
    if len(values) < 2:
        return None
    half = float(student.ppf((1 + level) / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return fmean(values) - half, fmean(values) + half


def _seed(rehearsal: Rehearsal, seed: int, folder: Path, report: Callable[[int, str, Progress], None]) -> Rehearsed:
    told, scores, violations, folders = {}, [], 0, []
    for arm in (WITHOUT, WITH):
        target = folder / f"seed-{seed}-{arm}"
        target.mkdir(parents=True)
        outcome, score = _run(rehearsal, seed, arm, target, partial(report, seed, arm))
        told, violations = _acts(target), outcome.violations
        scores.append(score)
        folders.append(target)
    order, said = told["order"], told["overrides"]
    return Rehearsed(
        seed=seed,
        delay_without_veh_h=_delay_veh_h(scores[0]),
        delay_with_veh_h=_delay_veh_h(scores[1]),
        violations=violations,
        refused=tuple(f"{one['signal']}: {one['text']}" for one in said if one["what"] == "override-refused"),
        begun=sum(one["what"] == "override-begins" for one in said),
        began_at_s=None if order is None else order["at_s"],
        ended_at_s=told["ended_at_s"],
        invalid=tuple(f"{arm}: {why}" for arm, s in zip((WITHOUT, WITH), scores, strict=True) for why in s.invalid),
        folders=(folders[0], folders[1]),
    )


def _run(
    rehearsal: Rehearsal, seed: int, arm: str, target: Path, report: Callable[[Progress], None]
) -> tuple[LoopOutcome, Score]:
    work = partial(_work, rehearsal, seed, arm, target)
    (ending,) = supervise([Job(work, target / "log.txt")], lambda _, progress: report(progress))
    if ending.error is not None:
        raise ending.error
    if ending.outcome is None or ending.interrupted:
        raise BackendError("interrupted; the run is not counted")
    return ending.outcome, score_run(target / TRIPINFO, target / STATISTICS)


def _work(rehearsal: Rehearsal, seed: int, arm: str, target: Path, report: Report, stop: Stop) -> LoopOutcome:
    settings = replace(rehearsal.settings, seed=seed)
    response = rehearsed_part(rehearsal.response) if arm == WITH else None
    make = partial(RehearsalDriver, Script(response, rehearsal.at_s, rehearsal.town))
    return run_loop(settings, target, report, stop, make)


def _acts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ACTS).read_text(encoding="utf-8"))
    return found


def _delay_veh_h(score: Score) -> float:
    return score.delay_s_per_vehicle * score.vehicles.total / _S_PER_H
