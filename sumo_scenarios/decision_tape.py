"""The decision log of a recorded run, to be taken line by line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.bus_gate import WORDS
from sumo_scenarios.json_fields import count, located, object_of, text_of, typed, wrong_type
from sumo_scenarios.logs import PATTERN_OF

WISHES: Final = ("flash", "resume")
CHANNELS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a decision log. [ds]

    `stage` is the stage asked for, or -1; `decided` says whether one was chosen; `wish` is flash or resume, if one of
    them was asked for; `rung`, `failed` and `restored` are what changed; `priority` is what was done for a bus;
    `choice` is what was decided for, -1: nothing, and `plain` what would have been without buses, None: none weighed.
    """

    line: int
    text: str
    at_ds: int
    signal: str
    calls: int
    stage: int
    sequence: int
    refused: bool
    decided: bool
    wish: str = ""
    rung: str = ""
    failed: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()
    priority: str = ""
    choice: int = -1
    plain: int | None = None


@dataclass(slots=True)
class DecisionTape:
    """The decisions of a recorded run, to be taken one by one, and what did not fit."""

    path: Path
    rows: dict[tuple[int, str], Row]
    misfits: list[str] = field(default_factory=list)

    def take(self, at_ds: int, signal: str) -> Row | None:
        """Return the decision of a signal at a time, if there is one. [ds]"""
        return self.rows.pop((at_ds, signal), None)

    def misfit(self, row: Row, what: str) -> None:
        """Note that a row does not fit the run."""
        self.misfits.append(f"{self.path.name} line {row.line}: signal {row.signal} {what}")

    def close(self, end_s: float) -> None:
        """Note every row up to the end [s] that nobody took."""
        for row in self.rows.values():
            if row.at_ds <= end_s * 10:
                self.misfit(row, f"decides at {row.at_ds / 10:.1f} s, when no decision was due")


def read_decisions(path: Path) -> DecisionTape:
    """Return the decisions of a log.

    Raises: InvalidInputError with file and line if it is missing or damaged.
    """
    rows: dict[tuple[int, str], Row] = {}
    last_ds = 0
    for number, text in enumerate(text_of(path).splitlines(), start=1):
        row = located(f"{path} line {number}", partial(_row, text, number))
        if row.at_ds < last_ds or (row.at_ds, row.signal) in rows:
            raise InvalidInputError(f"{path} line {number}: not in the order of time, or there twice")
        rows[row.at_ds, row.signal] = row
        last_ds = row.at_ds
    return DecisionTape(path, rows)


def _row(text: str, number: int) -> Row:
    values = object_of(json.loads(text))
    asks, wish = "ask" in values, _one_of(values, "wish", WISHES)
    return Row(
        line=number,
        text=text,
        at_ds=count(values, "t_ds"),
        signal=typed(values, "signal", str),
        calls=count(values, "calls"),
        stage=count(values, "ask") if asks else -1,
        sequence=count(values, "sequence") if asks or wish else 0,
        refused=bool(typed(values, "refused", str)) if "refused" in values else False,
        decided="choice" in values,
        wish=wish,
        rung=_one_of(values, "rung", tuple(PATTERN_OF)),
        failed=_channels(values, "failed"),
        restored=_channels(values, "restored"),
        priority=_one_of(values, "priority", WORDS),
        choice=count(values, "choice") if "choice" in values else -1,
        plain=count(values, "plain") if "plain" in values else None,
    )


def _one_of(values: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    """Return a word that may be absent."""
    word = typed({key: "", **values}, key, str)
    if word not in ("", *known):
        raise wrong_type(key, word)
    return word


def _channels(values: Mapping[str, Any], key: str) -> tuple[int, ...]:
    found = typed({key: [], **values}, key, list)
    if not all(type(channel) is int and 0 <= channel < CHANNELS for channel in found):
        raise wrong_type(key, found)
    return tuple(found)
