"""Why a recorded run decided as it did: its changes of stage from the log, one decision from a run made once more.

The log holds a hash of what a decision was made on, not the inputs themselves: they are had back by repeating the run
up to there (decision 0011), and the hash says whether they are the same.
"""

import difflib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.decision_tape import DecisionTape, read_decisions
from sumo_scenarios.explain_driver import EXPLAINED, ExplainDriver, Question
from sumo_scenarios.logged import StageChange, decisions_of, stage_changes
from sumo_scenarios.measures.predictions import AHEAD_S
from sumo_scenarios.measures.sources import read_sources
from sumo_scenarios.measures.waiting import waiting_before
from sumo_scenarios.outcome import Evidence, Replayed, Report, Stop
from sumo_scenarios.replay import DECISIONS, RecordedRun, check_inputs, read_settings, until_s_of
from sumo_scenarios.supervise import Job, Progress, supervise

_MANY: Final = 8

Document = dict[str, Any]


class Recorded:
    """A finished adaptive run: its settings and its decisions."""

    def __init__(self, folder: Path) -> None:
        """Raises: InvalidInputError if the folder holds no such run, or a damaged one."""
        if not folder.is_dir():
            raise InvalidInputError(f"{folder} is no folder; name the --out of a run")
        self.folder = folder
        self.run: RecordedRun = read_settings(folder / "settings.json")
        controller = self.run.settings.controller
        if controller != EXPLAINED:
            raise InvalidInputError(f"the run in {folder} is under {controller}; only {EXPLAINED} can be explained")
        self.until_s = until_s_of(folder, self.run.settings)
        self.begin_s = self.run.settings.begin_s or 0.0
        self.tape: DecisionTape = read_decisions(folder / DECISIONS)

    def check_junction(self, junction: str) -> None:
        """Raises: InvalidInputError if no such signal decided anything."""
        known = sorted({row.signal for row in self.tape.rows.values()})
        if junction in known:
            return
        near = difflib.get_close_matches(junction, known, n=3, cutoff=0.5) or known[:_MANY]
        more = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
        raise InvalidInputError(f"no junction '{junction}' in {self.folder}; it has {', '.join(near)}{more}")

    def at_ds(self, junction: str, at_s: float) -> int:
        """Return the time of a decision. [ds] Raises: InvalidInputError if there is no such junction or decision."""
        self.check_junction(junction)
        if not self.begin_s <= at_s <= self.until_s:
            span = f"{self.begin_s:g} to {self.until_s:g} s"
            raise InvalidInputError(f"--time {at_s:g} s is outside the run, which lasts from {span}")
        at_ds = round(at_s * 10)
        times_ds = [row.at_ds for row in self.tape.rows.values() if row.signal == junction and row.decided]
        if at_ds in times_ds:
            return at_ds
        before, after = [t for t in times_ds if t < at_ds][-1:], [t for t in times_ds if t > at_ds][:1]
        near = " and ".join(f"{t / 10:g} s" for t in (*before, *after)) or "none at all"
        raise InvalidInputError(
            f"junction {junction} decided nothing at {at_s:g} s (a change of stage was under way, or a green too young "
            f"to end); its nearest decisions: {near}"
        )


def changes_of(folder: Path, junction: str) -> tuple[StageChange, ...]:
    """Return the changes of stage of a junction, each with its reason.

    Raises: InvalidInputError if there is no such run, or no such junction in it.
    """
    recorded = Recorded(folder)
    recorded.check_junction(junction)
    return tuple(stage_changes(decisions_of(recorded.tape, junction)))


def explain(recorded: Recorded, junction: str, at_s: float, report: Callable[[Progress], None]) -> Document:
    """Return what a decision was made on, what was weighed, chosen and answered, and what came of it.

    Args: at_s, time of the decision [s]; report is called as the repeated run goes on.
    Raises: InvalidInputError if there is no such decision, or it cannot be rebuilt; BackendError if SUMO fails;
    KeyboardInterrupt if the user stopped it.
    """
    at_ds = recorded.at_ds(junction, at_s)
    check_inputs(recorded.run)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        work = partial(_rebuilt, recorded, junction, at_ds, Path(scratch))
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _index, progress: report(progress))
    if ending.error is not None:
        raise ending.error
    if ending.outcome is None or ending.interrupted:
        raise KeyboardInterrupt
    return ending.outcome


def _rebuilt(recorded: Recorded, junction: str, at_ds: int, scratch: Path, report: Report, stop: Stop) -> Document:
    run, evidence = scratch / "run", scratch / "evidence"
    run.mkdir()
    question = Question(junction, at_ds)
    until_s = min(at_ds / 10 + AHEAD_S, recorded.until_s)
    make = partial(ExplainDriver, recorded.tape, question)
    replayed = Replayed(recorded.folder, until_s)
    run_loop(recorded.run.settings, run, report, stop, make, replayed, Evidence(evidence, False))
    if question.document is None:
        first = next(iter(recorded.tape.misfits), "the repeated run has no decision there")
        raise InvalidInputError(f"the decision cannot be rebuilt: {first}; was the record made by another version?")
    return {
        "run": str(recorded.folder),
        "junction": junction,
        "at_s": at_ds / 10,
        **question.document,
        "decisions_before": {"asked_again": question.decisions, "same": question.same},
        "afterwards": _afterwards(question, run, evidence),
    }


def _afterwards(question: Question, run: Path, evidence: Path) -> Document:
    """Return what was expected and what happened, or why that cannot be said. [s], [veh s]"""
    found = question.prediction
    if found is None:
        return {"ahead_s": AHEAD_S, "why_not": "the run ended before"}
    sources = read_sources(run, evidence)
    waits = waiting_before(question.junction, sources.grid, sources.net, sources.times.step_s)
    happened_veh_s, newcomers_veh_s = waits.between(found.at_s, found.at_s + found.ahead_s)
    change = None if found.next_stage < 0 else {"stage": found.next_stage, "after_s": found.after_s}
    return {
        "ahead_s": found.ahead_s,
        "change": change,
        "expected_veh_s": round(found.expected_veh_s, 1),
        "happened_veh_s": round(happened_veh_s, 1),
        "newcomers_veh_s": round(newcomers_veh_s, 1),
    }
