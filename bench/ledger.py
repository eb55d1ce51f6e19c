"""The ledger of long campaigns, `bench/results/*.jsonl`: one line a run, appended, never rewritten."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError

PEOPLE_KEPT: Final = (
    "person_delay_s", "person_delay_counted_s", "motor_delay_s", "bus_delay_s", "bus_signal_delay_s", "bus_headway_cv",
    "bus_bunching_ratio", "pedestrian_wait_s", "pedestrian_wait_p95_s", "pedestrian_wait_max_s", "pedestrian_delay_s",
    "bicycle_delay_s",
)  # fmt: skip
"""Measures of persons that a ledger keeps, where a run has them."""
FIGURES: Final = (
    "scenario", "controller", "sensing", "seed", "demand_seed", "scale", "failure_rate", "status", "valid", "invalid",
    "delay_s_per_vehicle", "stops_per_vehicle", "mean_speed_mps", "vehicles", "longest_wait_s", "longest_standing_s",
    "gridlocked_vehicles", *PEOPLE_KEPT, "wall_s", "decision_ms", "sumo", "referee_delay_s", "referee_invalid",
    "lamp_violations",
)  # fmt: skip


def check_ledger(path: Path) -> None:
    """Raises: InvalidInputError if a ledger is damaged, or cannot be appended to."""
    known_lines(path)
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise InvalidInputError(f"cannot write the ledger {path}: {error.strerror or error}") from error


def append(path: Path, experiment: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
    """Append the runs that the ledger does not hold yet, by engine and name, and return how many they were.

    Args: experiment, its `experiment.json`; rows, those of `summary.json`. Runs that were not made are left out.
    Raises: as `check_ledger`; BackendError if it cannot be written.
    """
    known = known_lines(path)
    head = {"experiment": experiment["name"], "commit": experiment["commit"], "engine": experiment["engine"]}
    lines = []
    for row in rows:
        line = {"key": row["run_dir"].removeprefix("runs/"), **head}
        if row["status"] == "complete" and (line["engine"], line["key"]) not in known:
            lines.append(line | {name: row[name] for name in FIGURES if name in row})
    append_lines(path, lines)
    return len(lines)


def append_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append lines to a ledger, which is made if it is not there; they are on disk when this returns.

    Raises: BackendError if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BackendError(f"cannot write the ledger {path}: {error.strerror or error}") from error


def known_lines(path: Path) -> set[tuple[str | None, str]]:
    """Return (engine, run) of every line. Raises: InvalidInputError if the ledger is damaged."""
    return {(line.get("engine"), line["key"]) for line in every_line(path)}


def every_line(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a ledger, none if it is not there. Raises: as `lines_of`."""
    return [line for _, line in lines_of(path)] if path.exists() else []


def by_run(path: Path, engine: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the last line of each run, none where there is no ledger. Raises: as `lines_of`.

    Args: engine, the code that made them; of every code if it is not said.
    """
    return {line["key"]: line for line in every_line(path) if engine is None or line.get("engine") == engine}


def lines_of(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Return every line with its number. Raises: InvalidInputError if the ledger cannot be read or is damaged."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InvalidInputError(f"cannot read the ledger {path}: {error.strerror or error}") from error
    return [(number, _line(path, number, text)) for number, text in enumerate(lines, start=1) if text.strip()]


def _line(path: Path, number: int, text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text)
        hash((line.get("engine"), line["key"]))  # both become members of a set
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"{path} line {number}: no line of a ledger; name another --ledger") from error
    return dict(line)
