"""`summary.json`: one row a run, read from its own files one after the other, and the comparisons of the rows."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.comparisons import compare_rows
from bench.experiment import Task
from bench.folder import EVIDENCE, RUNS, read_experiment, tasks_of
from bench.ledger import PEOPLE_KEPT
from bench.referees import REFEREES, disagreement
from bench.work import read_measures
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.loop_faults import MIX
from sumo_scenarios.result import Identity, document_of, read_result

SUMMARY: Final = "summary.json"
Row = dict[str, Any]
_SLIM: Final = ("measures", "signals", "left_alone", "notices")
"""What comparisons need not, and a long experiment must not keep in memory."""
_KEPT: Final = ("longest_standing_s", "gridlocked_vehicles", *PEOPLE_KEPT)
"""Measures that the ledger of a campaign keeps."""


def rows_of(path: Path, errors: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Yield the row of every run that an experiment's folder should hold, in the order of its tasks.

    Args: errors, by run, what is known of those that have none of their own.
    Raises: InvalidInputError if the folder holds no experiment.
    """
    for task in tasks_of(read_experiment(path)):
        yield row_of(path, task, (errors or {}).get(task.run_id, ""))


def row_of(path: Path, task: Task, error: str = "") -> Row:
    """Return the row of one run; one that is missing is a row without figures, and not valid."""
    run, evidence = Path(RUNS) / task.run_id, Path(EVIDENCE) / task.run_id
    found, present = _result(path / run, task)
    measures = read_measures(path / evidence) if present else {}
    row: Row = {
        **found,
        "run_dir": run.as_posix(),
        "evidence_dir": evidence.as_posix(),
        "scale": task.scale,
        "failure_rate": task.failure_rate,
        **({} if task.failure_kind == MIX else {"failure_kind": task.failure_kind}),
        "closures": list(task.closures),
        "options": [list(option) for option in task.options],
        "measures": {name: value for name, value in measures.items() if name not in ("tables", "invalid")},
        **{name: measures[name] for name in _KEPT if measures.get(name) is not None},
        **_refereed(path / evidence),
    }
    invalid = _reasons(row, measures, present, error)
    return {**row, "valid": not invalid, "invalid": invalid}


def slim(row: Row) -> Row:
    """Return a row without what comparisons need not."""
    return {name: value for name, value in row.items() if name not in _SLIM}


def write_summary(path: Path, errors: Mapping[str, str], baseline: str | None = None) -> list[Row]:
    """Write `summary.json` row by row and return the rows without their measures.

    Args: errors, by run, why it could not be made; baseline, controller that the others are compared with.
    Raises: InvalidInputError if the folder holds no experiment; BackendError if it cannot be written.
    """
    experiment = read_experiment(path)
    head = {name: experiment.get(name) for name in ("version", "name", "commit", "versions", "engine", "settings")}
    partial = path / f".{SUMMARY}"
    rows: list[Row] = []
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write("{\n" + "".join(f" {json.dumps(key)}: {_json(value)},\n" for key, value in head.items()))
            file.write(' "runs": [')
            for row in rows_of(path, errors):
                file.write(("," if rows else "") + "\n  " + _json(row))
                rows.append(slim(row))
            file.write(f'\n ],\n "comparisons": {_json(_compared(rows, baseline))}\n}}\n')
        partial.replace(path / SUMMARY)
    except OSError as error:
        raise BackendError(f"cannot write {path / SUMMARY}: {error.strerror or error}") from error
    return rows


def _compared(rows: list[Row], baseline: str | None) -> list[Row]:
    return compare_rows(rows, baseline)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _result(run: Path, task: Task) -> tuple[Row, bool]:
    try:
        return read_result(run), True
    except InvalidInputError:
        return document_of(_identity(task), "missing", None, None), False


def _identity(task: Task) -> Identity:
    """Return who a run is that is not there; it need not be one that could be made today."""
    return Identity(
        *(task.scenario_name, task.controller, task.seed, task.demand_seed, task.sensing, task.profile),
        begin_s=task.begin_s,
        end_s=task.end_s,
    )


def _refereed(evidence: Path) -> Row:
    try:
        found: Row = json.loads((evidence / REFEREES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _reasons(row: Row, measures: Row, present: bool, error: str) -> list[str]:
    if not present:
        return [error or "it was not run"]
    reasons = [] if row["status"] == "complete" else [f"status {row['status']}", *([error] if error else [])]
    reasons += [str(reason) for reason in measures.get("invalid", [])] if row["status"] == "complete" else []
    if "referee_delay_s" in row and row["status"] == "complete":
        reasons += [said for said in (disagreement(row),) if said]
    return list(dict.fromkeys(reasons))
