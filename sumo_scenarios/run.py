"""One run from settings to a folder that stands: staging, a child process, scoring, `result.json`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, BackendLostError, InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.outcome import Evidence, LoopOutcome, ReplayOutcome, Report, Stop
from sumo_scenarios.result import (
    Document,
    Identity,
    document_of,
    identity_of,
    recorded_identity,
    write_result,
)
from sumo_scenarios.rundir import Staging, stage
from sumo_scenarios.score import Score, score_run
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Ending, Job, Progress, supervise

EXIT_CODES: Final = {"complete": 0, "failed": 3, "interrupted": 130}

Watch = Callable[[int, Progress], None]
"""Called as runs go on, with the index of the run."""

Work = Callable[[Path, Report, Stop], LoopOutcome | ReplayOutcome]
"""Fills a staging folder."""


@dataclass(frozen=True, slots=True)
class Order:
    """A run to be made and the folder where it is to stand.

    `evidence` is the folder of SUMO's further files, where they are wanted; `detailed`, whether they will be kept.
    """

    settings: RunSettings
    out: Path
    overwrite: bool = False
    evidence: Path | None = None
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that stands in `folder`. `document` is its result.json; `log` the last lines of a failed one."""

    folder: Path
    status: str
    document: Document
    outcome: LoopOutcome | None
    score: Score | None
    error: str | None = None
    log: tuple[str, ...] = ()
    trace: str = ""
    differences: int = 0
    first_difference: str | None = None

    @property
    def exit_code(self) -> int:
        """0; 1 if the kernel saw a violation or a replay differs; 3 if it failed; 130 if interrupted."""
        checked = self.differences > 0 or (self.outcome is not None and self.outcome.violations > 0)
        return EXIT_CODES[self.status] or int(checked)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user has to know about a run that went through."""
        return (*(self.outcome.notices if self.outcome else ()), *self._invalid())

    def _invalid(self) -> tuple[str, ...]:
        return tuple(f"not a valid run: {reason}" for reason in self.score.invalid) if self.score else ()


@dataclass(frozen=True, slots=True)
class _Plan:
    identity: Identity
    staging: Staging
    work: Work
    evidence: Staging | None = None

    def finish(self) -> None:
        """Let the run stand, its evidence first: where there is a run, all that belongs to it is there."""
        if self.evidence is not None:
            self.evidence.finish()
        self.staging.finish()

    def discard(self) -> None:
        """Leave nothing behind."""
        if self.evidence is not None:
            self.evidence.discard()
        self.staging.discard()


def execute(settings: RunSettings, out: Path, overwrite: bool, report: Callable[[Progress], None]) -> RunResult:
    """Make one run and return it.

    Raises: InvalidInputError for what cannot be run, BackendError if the machine lacks what every run needs;
    nothing is left behind then.
    """
    return execute_all([Order(settings, out, overwrite)], lambda _, progress: report(progress))[0]


def execute_all(orders: Sequence[Order], watch: Watch, at_once: int = 1) -> tuple[RunResult, ...]:
    """Make several runs, `at_once` at a time, and return them in order.

    Raises: as `execute`; then none of the runs is left behind.
    """
    scenarios = [catalogue.resolve(order.settings.scenario).name for order in orders]
    plans: list[_Plan] = []
    try:
        for order, scenario in zip(orders, scenarios, strict=True):
            plans.append(_plan(order, scenario))
    except InvalidInputError:
        _discard(plans)
        raise
    return _carry_out(plans, watch, at_once)


def _plan(order: Order, scenario: str) -> _Plan:
    staging = stage(order.out, order.overwrite)
    kept: Staging | None = None
    if order.evidence is not None:
        try:
            kept = stage(order.evidence, overwrite=True, files=None)
        except InvalidInputError:
            staging.discard()
            raise
    return _Plan(identity_of(order.settings, scenario), staging, _loop(order, kept), kept)


def replay(recorded: Path, out: Path, overwrite: bool, report: Callable[[Progress], None]) -> RunResult:
    """Show the recorded lamps of a run again and return the run, with the number of frames that differ.

    Raises: as `execute`; InvalidInputError also if `recorded` holds no run.
    """
    identity = recorded_identity(recorded)
    if recorded.resolve() == out.resolve():
        raise InvalidInputError("--out is the run to be replayed; name another folder")
    plan = _Plan(identity, stage(out, overwrite), _replayer(recorded))
    return _carry_out([plan], lambda _, progress: report(progress), 1)[0]


def _loop(order: Order, kept: Staging | None) -> Work:
    def work(folder: Path, report: Report, stop: Stop) -> LoopOutcome:
        from sumo_scenarios.closed_loop import run_closed_loop  # noqa: PLC0415  heavy; only the child needs it

        evidence = None if kept is None else Evidence(kept.folder, order.detailed)
        if order.settings.buses is None:
            return run_closed_loop(order.settings, folder, report, stop, evidence)
        from sumo_scenarios.buses.driver import make_bus_driver  # noqa: PLC0415

        return run_closed_loop(order.settings, folder, report, stop, evidence, make_bus_driver)

    return work


def _replayer(recorded: Path) -> Work:
    def work(folder: Path, report: Report, stop: Stop) -> ReplayOutcome:
        from sumo_scenarios.replay import replay_loop  # noqa: PLC0415  heavy; only the child needs it

        return replay_loop(recorded, folder, report, stop)

    return work


def _carry_out(plans: list[_Plan], watch: Watch, at_once: int) -> tuple[RunResult, ...]:
    try:
        endings = supervise([_job(plan) for plan in plans], watch, at_once)
        for plan, ending in zip(plans, endings, strict=True):
            _refuse(plan, ending)
        results = [_result(plan, ending) for plan, ending in zip(plans, endings, strict=True)]
    except BaseException:
        _discard(plans)
        raise
    for index, (plan, result) in enumerate(zip(plans, results, strict=True)):
        write_result(plan.staging.folder, result.document)
        plan.finish()
        _watch_end(watch, index, result)
    return tuple(results)


def _watch_end(watch: Watch, index: int, result: RunResult) -> None:
    """Report how far a run came: its last steps went by unreported."""
    if result.outcome is not None and result.score is not None:
        vehicles = result.score.vehicles
        watch(index, Progress(result.outcome.end_s, vehicles.unfinished, vehicles.finished))


def _job(plan: _Plan) -> Job[LoopOutcome | ReplayOutcome]:
    folder = plan.staging.folder
    return Job(lambda report, stop: plan.work(folder, report, stop), plan.staging.scratch / "log")


def _discard(plans: list[_Plan]) -> None:
    for plan in reversed(plans):  # the first one made the parents
        plan.discard()


def _refuse(plan: _Plan, ending: Ending[LoopOutcome | ReplayOutcome]) -> None:
    """Raise what keeps a run from standing at all."""
    if isinstance(ending.error, InvalidInputError):
        raise ending.error
    begun = any(plan.staging.folder.iterdir()) or isinstance(ending.error, BackendLostError)
    if ending.error is not None and not begun:
        raise BackendError("; ".join((str(ending.error), *ending.log[-1:])))


def _result(plan: _Plan, ending: Ending[LoopOutcome | ReplayOutcome]) -> RunResult:
    replayed = ending.outcome if isinstance(ending.outcome, ReplayOutcome) else None
    loop = replayed.loop if replayed else ending.outcome
    outcome = loop if isinstance(loop, LoopOutcome) else None
    status, score, error = _scored(plan.staging.folder, _status(ending, outcome), str(ending.error or ""))
    result = RunResult(
        folder=plan.staging.target,
        status=status,
        document=document_of(plan.identity, status, outcome, score),
        outcome=outcome,
        score=score,
        error=error if status == "failed" else None,
        log=ending.log,
        trace=ending.trace,
    )
    if replayed is None:
        return result
    return replace(result, differences=replayed.differences, first_difference=replayed.first_difference)


def _status(ending: Ending[LoopOutcome | ReplayOutcome], outcome: LoopOutcome | None) -> str:
    if outcome is not None:
        return "interrupted" if outcome.interrupted else "complete"
    return "interrupted" if ending.interrupted else "failed"


def _scored(folder: Path, status: str, error: str) -> tuple[str, Score | None, str]:
    """Return status, score and error; without a score a run that broke off stays as it is, any other failed.

    Raises: InvalidInputError if a complete run had no vehicle.
    """
    try:
        return status, score_run(folder / "tripinfo.xml.gz", folder / "statistics.xml"), error
    except InvalidInputError:
        if status == "complete":
            raise
        return status, None, error
    except BackendError as fault:
        return ("failed", None, str(fault)) if status == "complete" else (status, None, error)
