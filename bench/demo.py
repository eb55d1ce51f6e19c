"""The demo: the same hour of a city under three controllers, with the data for its report."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.tables import DELAY_FILE, QUEUE_FILE, DelayRow, QueueRow, queue_figures, write_rows
from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.run import Order, RunResult, Watch, execute_all
from sumo_scenarios.score import delay_over_time, read_trips
from sumo_scenarios.settings import RunSettings

CONTROLLERS: Final = ("net", "actuated", "adaptive")
SUMMARY_FILE: Final = "summary.json"
REPORT_FILE: Final = "report.html"
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Demo:
    """The runs of a demo and what `summary.json` holds of them."""

    results: tuple[RunResult, ...]
    summary: dict[str, Any]


def demo_settings(
    scenario: str, seed: int, begin_s: float | None, end_s: float | None, command: tuple[str, ...]
) -> tuple[RunSettings, ...]:
    """Return one setting per controller, alike in everything else."""
    return tuple(
        RunSettings(scenario=scenario, controller=controller, seed=seed, begin_s=begin_s, end_s=end_s, command=command)
        for controller in CONTROLLERS
    )


def compare(all_settings: Sequence[RunSettings], out: Path, versions: Mapping[str, str | None], watch: Watch) -> Demo:
    """Make the runs below `out` and save their tables and `summary.json` there; no tables if one broke off.

    Raises: as `execute_all`; BackendError if the tables cannot be written.
    """
    orders = [Order(settings, out / settings.controller, overwrite=True) for settings in all_settings]
    results = execute_all(orders, watch, at_once=min(_AT_ONCE, len(os.sched_getaffinity(0))))
    for stale in (SUMMARY_FILE, REPORT_FILE, DELAY_FILE, QUEUE_FILE):
        (out / stale).unlink(missing_ok=True)
    if any(result.status != "complete" for result in results):
        return Demo(results, {})
    delays = [row for result in results for row in _delay_rows(result)]
    queues = {result.document["controller"]: _queue_rows(result) for result in results}
    write_rows(out / DELAY_FILE, DelayRow, delays)
    write_rows(out / QUEUE_FILE, QueueRow, [row for rows in queues.values() for row in rows])
    summary = _summary(all_settings[0], results, queues, versions)
    _write(out / SUMMARY_FILE, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    return Demo(results, summary)


def _delay_rows(result: RunResult) -> list[DelayRow]:
    begin_s, end_s = result.document["begin_s"], result.document["end_s"]
    trips = read_trips(result.folder / "tripinfo.xml.gz", end_s)
    return [
        DelayRow(result.document["controller"], each.from_s, each.width_s, each.vehicles, each.delay_s_per_vehicle)
        for each in delay_over_time(trips, begin_s, end_s)
    ]


def _queue_rows(result: RunResult) -> list[QueueRow]:
    samples = result.outcome.queues if result.outcome else ()
    return [
        QueueRow(result.document["controller"], sample.time_s, sample.junction, sample.halting_veh)
        for sample in samples
    ]


def _summary(
    settings: RunSettings,
    results: Sequence[RunResult],
    queues: Mapping[str, list[QueueRow]],
    versions: Mapping[str, str | None],
) -> dict[str, Any]:
    scenario = resolve(settings.scenario)
    first = results[0].document
    return {
        "scenario": scenario.name,
        "description": scenario.description,
        "source": scenario.source,
        "terms": scenario.terms,
        **{key: first[key] for key in ("seed", "demand_seed", "sensing", "profile", "begin_s", "end_s", "step_s")},
        "versions": dict(versions),
        "commit": commit(),
        "command": list(settings.command),
        "runs": [_run_row(result, queues[result.document["controller"]]) for result in results],
    }


def _run_row(result: RunResult, queues: list[QueueRow]) -> dict[str, Any]:
    vehicles = result.document["vehicles"]
    worst = next(iter(queue_figures(queues)), None)
    return {
        **result.document,
        "run_dir": result.folder.name,
        "unfinished_veh": vehicles["unfinished"] + vehicles["never_departed"],
        "worst_junction": None
        if worst is None
        else {
            "id": worst.junction,
            "mean_queue_veh": round(worst.mean_veh, 1),
            "max_queue_veh": worst.max_veh,
        },
    }


def commit() -> str | None:
    """Return the commit of the checkout this code runs from, `+` if changed since, or None outside of one."""
    here = Path(__file__).resolve()
    if _git(here.parent, "ls-files", "--error-unmatch", here.name) is None:
        return None
    return _git(here.parent, "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror}") from error
