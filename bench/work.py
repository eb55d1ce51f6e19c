"""What passes between the bench and its workers, and how one run is made, measured and refereed there."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.experiment import Task
from bench.referees import REFEREES, judge
from signal_ctrl.domain.errors import BackendError, InvalidInputError, SignalCtrlError
from sumo_scenarios.measures.measure import measure_run, warm_up
from sumo_scenarios.measures.validity import validity
from sumo_scenarios.outcome import Report, Stop
from sumo_scenarios.result import read_result
from sumo_scenarios.run import Order, execute_all
from sumo_scenarios.supervise import Job, Progress, supervise

MEASURES: Final = "measures.json"
BULKY: Final = ("trajectories.parquet", "walkers.parquet")
"""Evidence that is measured and then kept of detailed runs only."""
UNMEASURED: Final = "it was not measured"


@dataclass(frozen=True, slots=True)
class Item:
    """One run to be made, where it is to stand, and what it is expected to take. [s]"""

    task: Task
    run: Path
    evidence: Path
    detailed: bool = False
    referees: bool = False
    expected_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Moved:
    """A run has come to a simulation time. [s]"""

    run_id: str
    time_s: float


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended: `complete`, `failed`, `refused` (bad input) or `interrupted`; and its wall time. [s]"""

    run_id: str
    status: str
    error: str = ""
    wall_s: float = 0.0


Watch = Callable[[Progress], None]
"""Hears how far a run has come."""


def carry_out(item: Item, watch: Watch) -> Done:
    """Make what is missing of a run: the run itself, its measures, the referees' word. It never raises ours."""
    started_s = perf_counter()
    try:
        with contextlib.suppress(SignalCtrlError):  # whatever is wrong, the run will say it
            warm_up(item.task.scenario)
        status, error = "complete", ""
        if not is_run(item.run):
            status, error = _make(item, watch)
        if status == "complete":
            error = _follow_up(item)
    except InvalidInputError as fault:
        status, error = "refused", str(fault)
    except SignalCtrlError as fault:
        status, error = "failed", str(fault)
    return Done(item.task.run_id, status, error, perf_counter() - started_s)


def is_run(run: Path) -> bool:
    """Tell whether a folder holds a run that went to its end."""
    try:
        return read_result(run).get("status") == "complete"
    except InvalidInputError:
        return False


def is_finished(item: Item) -> bool:
    """Tell whether nothing of a run is missing."""
    refereed = not item.referees or (item.evidence / REFEREES).is_file()
    return refereed and is_run(item.run) and "error" not in read_measures(item.evidence)


def read_measures(evidence: Path) -> dict[str, Any]:
    """Return the measures of a run, or an `error` where there are none that could be read."""
    try:
        found = json.loads((evidence / MEASURES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return {"error": f"no measures: {error}", "invalid": [UNMEASURED]}
    return found if _is_document(found) else {"error": "damaged", "invalid": ["its measures are damaged"]}


def _is_document(found: Any) -> bool:
    """Tell whether a file holds what `_measured` writes: a word why not, or figures that can be read as such."""
    if not isinstance(found, dict) or not isinstance(found.get("invalid"), list):
        return False
    if "error" in found:
        return isinstance(found["error"], str)
    return isinstance(found.get("version"), int) and isinstance(found.get("tables"), dict)


def _make(item: Item, watch: Watch) -> tuple[str, str]:
    order = Order(
        item.task.settings(), item.run, overwrite=True, evidence=item.evidence, detailed=item.detailed
    )  # overwrite: what stands there is no complete run
    (result,) = execute_all([order], lambda _index, progress: watch(progress))
    return result.status, "; ".join((result.error, *result.log[-1:])) if result.error else ""


def _follow_up(item: Item) -> str:
    """Measure and referee as far as it was not done; return what went wrong."""
    if "error" in read_measures(item.evidence):
        write_json(item.evidence / MEASURES, _measured(item))
    if item.referees and not (item.evidence / REFEREES).is_file():
        write_json(item.evidence / REFEREES, judge(item.run))
    found = read_measures(item.evidence)
    if "error" not in found and not item.detailed:
        for name in BULKY:
            (item.evidence / name).unlink(missing_ok=True)
    return str(found.get("error", ""))


def _measured(item: Item) -> dict[str, Any]:
    """Return the measures, with the reasons why the run is not valid; taken in a child, to keep the worker small."""

    def work(_report: Report, _stop: Stop) -> dict[str, Any]:
        invalid = list(validity(item.run, item.evidence))
        return {**measure_run(item.run, item.evidence), "invalid": invalid}

    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _index, _progress: None)
    if ending.outcome is not None:
        return ending.outcome
    why = str(ending.error or "interrupted")
    return {"error": why, "invalid": [f"it could not be measured: {why}"]}


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document in one step. Raises: BackendError if it cannot be written."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise BackendError(f"cannot write {path}: {error.strerror or error}") from error
