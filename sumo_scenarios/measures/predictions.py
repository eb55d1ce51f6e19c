"""What the model of `adaptive` expected of the next seconds, held against what SUMO's trajectories tell."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.figures import Document, mean
from sumo_scenarios.measures.waiting import Waits

AHEAD_S: Final = 20
"""Longest time over which a prediction is compared with what happened: a little more than the loops see ahead. [s]"""
BIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model expected from a decision on, the lamps being those that came. [s], [veh s]

    `expected_veh_s` is waiting over `ahead_s` from the decision on. `stage` was lit; `next_stage` is the stage to which
    the one change in that time led, -1 if there was none, and `after_s` when it began, counted from the decision.
    """

    signal: str
    at_s: float
    ahead_s: int
    stage: int
    next_stage: int
    after_s: int
    expected_veh_s: float


def write_predictions(path: Path, rows: Iterable[Prediction]) -> None:
    """Write predictions as CSV. Raises: BackendError if the file cannot be written."""
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(each.name for each in fields(Prediction))
            writer.writerows(astuple(row) for row in rows)
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror}") from error


def read_predictions(path: Path) -> tuple[Prediction, ...]:
    """Return the predictions of a file. Raises: BackendError if it is missing or damaged."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))[1:]
        return tuple(_prediction(*row) for row in rows)
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise BackendError(f"cannot read {path}: {error}") from error


def _prediction(signal: str, at_s: str, ahead_s: str, stage: str, next_stage: str, *rest: str) -> Prediction:
    after_s, expected_veh_s = rest
    return Prediction(
        signal, float(at_s), int(ahead_s), int(stage), int(next_stage), int(after_s), float(expected_veh_s)
    )


def prediction_table(rows: Iterable[Prediction], happened: Mapping[str, Waits], end_s: float) -> Document:
    """Return by signal and minute how many vehicles wait in the time ahead of a decision, in columns. [veh]

    Mean over the decisions of expected, happened and the size of the error, each a mean over the time ahead. What
    happened is told of those within reach at the decision; `newcomers_veh` is what those added who came later.
    Args: end_s, of the run: decisions whose time ahead it cuts are left out. [s]
    """
    bins: dict[tuple[str, float], list[tuple[float, ...]]] = {}
    for row in rows:
        to_s = row.at_s + row.ahead_s
        if to_s <= end_s:
            all_veh_s = (row.expected_veh_s, *happened[row.signal].between(row.at_s, to_s))
            expected, came, later = (veh_s / row.ahead_s for veh_s in all_veh_s)
            place = (row.signal, row.at_s // BIN_S * BIN_S)
            bins.setdefault(place, []).append((expected, came, later, abs(expected - came)))
    cells = sorted(bins.items())
    names = ("expected_veh", "happened_veh", "newcomers_veh", "error_size_veh")
    return {
        "signal": [signal for (signal, _), _ in cells],
        "from_s": [from_s for (_, from_s), _ in cells],
        "decisions": [len(values) for _, values in cells],
        **{name: [mean([each[k] for each in values]) for _, values in cells] for k, name in enumerate(names)},
    }
