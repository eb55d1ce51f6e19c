"""The decisions of one signal as `decisions.jsonl` tells them, and the changes of stage that came of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from optimiser.reasons import Candidate, in_words
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.decision_tape import DecisionTape, Row

FORCED: Final = "K4: the kernel served a group whose maximum red or a green whose maximum was near, against every wish"


@dataclass(frozen=True, slots=True)
class Logged:
    """One decision. [s] Stages from 0; `ask` is -1 where the stage that was lit was wished for.

    `candidates` has the cheapest of each stage; `refused` is the kernel's rule, empty where the wish was taken up;
    `plain` is what would have been without buses, None where none was weighed.
    """

    at_s: float
    calls: int
    inputs: str
    candidates: tuple[Candidate, ...]
    choice: int
    reason: str
    ask: int
    refused: str
    plain: int | None = None

    def words(self, present: int, candidates: tuple[Candidate, ...]) -> str:
        """Return the reason in plain words: with the costs where some were weighed, else as it was logged.

        Args: present, the stage that was lit; candidates, those of the log, or all of them.
        """
        return in_words(present, self.choice, candidates) if candidates else self.reason


@dataclass(frozen=True, slots=True)
class StageChange:
    """A change of stage, or one that was refused. [s] Stages from 0, -1 where nobody can tell.

    A change that the kernel forced is told at the first decision after it.
    """

    at_s: float
    before: int
    after: int
    words: str
    reason: str
    forced: bool = False
    refused: str = ""


def decisions_of(tape: DecisionTape, signal: str) -> tuple[Logged, ...]:
    """Return the decisions of a signal in the order of time. Raises: InvalidInputError for a damaged line."""
    return tuple(logged_of(tape, row) for row in tape.rows.values() if row.signal == signal and row.decided)


def logged_of(tape: DecisionTape, row: Row) -> Logged:
    """Return what a line says. Raises: InvalidInputError, with the line, if it is damaged."""
    try:
        values: dict[str, Any] = json.loads(row.text)
        return Logged(
            at_s=row.at_ds / 10,
            calls=row.calls,
            inputs=str(values["inputs"]),
            candidates=tuple((int(s), float(d), float(c)) for s, d, c in values["candidates"]),
            choice=int(values["choice"]),
            reason=str(values["reason"]),
            ask=row.stage,
            refused=str(values.get("refused", "")),
            plain=row.plain,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{tape.path} line {row.line}: damaged decision ({error})") from error


def stage_changes(decisions: Iterable[Logged]) -> Iterator[StageChange]:
    """Yield the changes of stage that the decisions of one signal tell of, refused ones too."""
    stage = -1
    for each in decisions:
        if each.ask < 0:
            if stage >= 0 and each.choice != stage:
                yield StageChange(each.at_s, stage, each.choice, FORCED, "", forced=True)
            stage = each.choice
            continue
        words = each.words(stage, each.candidates)
        yield StageChange(each.at_s, stage, each.ask, words, each.reason, refused=each.refused)
        if not each.refused:
            stage = each.ask
