"""`result.json`: the figures of one run in the form that users and the bench hold on to."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.outcome import LoopOutcome
from sumo_scenarios.score import Score
from sumo_scenarios.settings import RunSettings

_DIGITS: Final = 3

Document = dict[str, Any]
"""One JSON object."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What was run: the fields that tell one run from another. Times [s] are None where nobody set them."""

    scenario: str
    controller: str
    seed: int
    demand_seed: int
    sensing: str
    profile: str
    begin_s: float | None = None
    end_s: float | None = None


def identity_of(settings: RunSettings, scenario: str) -> Identity:
    """Return the identity of a run of these settings on the scenario of that name."""
    return Identity(
        scenario=scenario,
        controller=settings.controller,
        seed=settings.seed,
        demand_seed=settings.demand_seed,
        sensing=settings.sensing,
        profile=settings.profile.name,
        begin_s=settings.begin_s,
        end_s=settings.end_s,
    )


def recorded_identity(folder: Path) -> Identity:
    """Return the identity that the `result.json` of a run holds.

    Raises: InvalidInputError if the folder holds no run, or a damaged one.
    """
    found = read_result(folder)
    try:
        return Identity(
            scenario=str(found["scenario"]),
            controller=str(found["controller"]),
            seed=int(found["seed"]),
            demand_seed=int(found["demand_seed"]),
            sensing=str(found["sensing"]),
            profile=str(found["profile"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{folder / 'result.json'} is damaged: {error}") from error


def read_result(folder: Path) -> Document:
    """Return the `result.json` of a run. Raises: InvalidInputError if there is none or it is damaged."""
    file = folder / "result.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{folder} holds no run: cannot read result.json ({error.strerror})") from error
    except ValueError as error:
        raise InvalidInputError(f"{file} is damaged: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInputError(f"{file} is damaged: it holds no JSON object")
    return found


def write_result(folder: Path, document: Document) -> None:
    """Write `result.json`. Raises: BackendError if it cannot be written."""
    try:
        (folder / "result.json").write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise BackendError(f"cannot write {folder / 'result.json'}: {error.strerror}") from error


def document_of(identity: Identity, status: str, outcome: LoopOutcome | None, score: Score | None) -> Document:
    """Return the document of one run; figures that cannot be had are None."""
    return {
        "scenario": identity.scenario,
        "controller": identity.controller,
        "seed": identity.seed,
        "demand_seed": identity.demand_seed,
        "sensing": identity.sensing,
        "profile": identity.profile,
        "status": status,
        "begin_s": outcome.begin_s if outcome else identity.begin_s,
        "end_s": outcome.end_s if outcome else identity.end_s,
        "step_s": outcome.step_s if outcome else None,
        "sumo": outcome.sumo_version if outcome else sumo_version(),
        **_score_fields(score),
        **_loop_fields(outcome),
    }


def sumo_version() -> str | None:
    """Return the version of the installed libsumo, or None if there is none."""
    try:
        return metadata.version("libsumo")
    except metadata.PackageNotFoundError:
        return None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of values, 0 for none; share in (0, 1].

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5), percentile([], 0.99)
    (2.0, 0.0)
    """
    ordered = sorted(values)
    return float(ordered[max(math.ceil(share * len(ordered)) - 1, 0)]) if ordered else 0.0


def _score_fields(score: Score | None) -> Document:
    names = ("total", "finished", "unfinished", "never_departed")
    if score is None:
        return {
            **dict.fromkeys(("delay_s_per_vehicle", "stops_per_vehicle", "mean_speed_mps")),
            "vehicles": dict.fromkeys(names),
            **dict.fromkeys(("teleports", "longest_wait_s")),
        }
    return {
        "delay_s_per_vehicle": round(score.delay_s_per_vehicle, _DIGITS),
        "stops_per_vehicle": round(score.stops_per_vehicle, _DIGITS),
        "mean_speed_mps": round(score.mean_speed_mps, _DIGITS),
        "vehicles": {name: getattr(score.vehicles, name) for name in names},
        "teleports": score.teleports,
        "longest_wait_s": score.longest_wait_s,
    }


def _loop_fields(outcome: LoopOutcome | None) -> Document:
    if outcome is None:
        return {
            "wall_s": dict.fromkeys(("total", "sumo", "control")),
            "decisions": None,
            "decision_ms": dict.fromkeys(("p50", "p99", "max")),
            "signals": [],
            "left_alone": [],
            "kernel": dict.fromkeys(("frames", "refusals", "violations")),
        }
    walls_s = {"total": outcome.wall_total_s, "sumo": outcome.wall_sumo_s, "control": outcome.wall_control_s}
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {
        "wall_s": {name: round(wall_s, _DIGITS) for name, wall_s in walls_s.items()},
        "decisions": outcome.decisions,
        "decision_ms": {name: round(percentile(outcome.decision_ms, share), _DIGITS) for name, share in shares.items()},
        "signals": list(outcome.signals),
        "left_alone": [{"id": signal, "reason": reason} for signal, reason in outcome.left_alone],
        "kernel": {
            "frames": outcome.kernel_frames,
            "refusals": outcome.refusals,
            "violations": outcome.violations,
        },
    }
