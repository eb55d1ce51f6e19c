"""An experiment from its tasks to `summary.json`: what is missing is made, what is there is kept."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from bench.expected import Outlook, expected_s, outlook_of
from bench.experiment import Experiment
from bench.folder import Folder, opened
from bench.pool import Pool
from bench.summary import write_summary
from bench.work import Done, Item, is_finished

MakePool = Callable[[Path], Pool]
"""Makes the pool, of a folder for temporary files."""


@dataclass(frozen=True, slots=True)
class State:
    """How far an experiment has come; `last` is the run that has just ended, with its figures on disk."""

    total: int
    done: int
    running: tuple[str, ...]
    left_s: float | None
    last: Done | None = None


Watch = Callable[[State], None]


@dataclass(slots=True)
class Outcome:
    """What has become of an experiment. `errors` are by run; `rows` those of `summary.json` without measures."""

    folder: Path
    interrupted: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    made: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


def run_experiment(
    experiment: Experiment, out: Path, make_pool: MakePool, watch: Watch, referees: bool = False
) -> Outcome:
    """Make every run of an experiment that its folder does not hold yet, and write its summary.

    An interruption ends it in good order: what was measured is in the summary, and the same call goes on.
    Raises: InvalidInputError if the folder is another experiment's; BackendError if the machine fails.
    """
    with opened(out, experiment) as folder:
        outcome = Outcome(folder.path)
        missing = _missing(folder, experiment, referees)
        if missing:
            try:
                with _signals_heard():
                    _make(missing, len(experiment.tasks), make_pool(folder.scratch), watch, outcome)
            except KeyboardInterrupt:
                outcome.interrupted = True
            finally:
                outcome.rows = write_summary(folder.path, outcome.errors)
        else:
            outcome.rows = write_summary(folder.path, outcome.errors)
    return outcome


def _missing(folder: Folder, experiment: Experiment, referees: bool) -> list[Item]:
    """Return the runs to be made, the longest first."""
    detailed = experiment.detailed()
    items = (
        Item(
            task=task,
            run=folder.run(task),
            evidence=folder.evidence(task),
            detailed=task.run_id in detailed,
            referees=referees,
            expected_s=expected_s(task),
        )
        for task in experiment.tasks
    )
    return sorted((item for item in items if not is_finished(item)), key=lambda item: -item.expected_s)


def _make(missing: Sequence[Item], total: int, pool: Pool, watch: Watch, outcome: Outcome) -> None:
    expected = {item.task.run_id: item.expected_s for item in missing}
    outlook = outlook_of(list(expected.values()), pool.n_workers)
    done = total - len(missing)
    watch(State(total, done, (), None))
    with contextlib.closing(pool):
        for event in pool.work(missing):
            if isinstance(event, Done):
                done += 1
                outlook.done(expected[event.run_id], event.wall_s)
                _take(event, outcome)
                watch(State(total, done, (), _left_s(outlook), event))
            elif event is not None:
                watch(State(total, done, (event.run_id,), _left_s(outlook)))


def _left_s(outlook: Outlook) -> float | None:
    return outlook.time_left_s if outlook.taken_s > 0 else None


def _take(done: Done, outcome: Outcome) -> None:
    outcome.made += done.status == "complete"
    if done.error or done.status != "complete":
        outcome.errors[done.run_id] = done.error or done.status
    if done.status == "refused":
        outcome.refused.append(done.run_id)


@contextlib.contextmanager
def _signals_heard() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread can hear signals
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
