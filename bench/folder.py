"""The folder of an experiment: whose it is, what it was begun with, and where each run of it stands."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.demo import commit
from bench.experiment import VERSION, Experiment, Task, task_of
from bench.work import write_json
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.input_files import input_hashes
from sumo_scenarios.rundir import sweep_below
from sumo_scenarios.settings_record import versions

EXPERIMENT: Final = "experiment.json"
RUNS: Final = "runs"
EVIDENCE: Final = "evidence"
ENGINE: Final = (
    "signal_ctrl/domain",
    "signal_ctrl/kernel",
    "signal_ctrl/engine",
    "detectors",
    "optimiser",
    "sumo_scenarios",
)
"""Where the code lives that decides how a run goes."""
_LOCK: Final = ".lock"
_SCRATCH: Final = "signal-ctrl-bench-"


@dataclass(frozen=True, slots=True)
class Folder:
    """An experiment's folder that this process has to itself; `scratch` takes temporary files."""

    path: Path
    scratch: Path
    document: Mapping[str, Any]

    def run(self, task: Task) -> Path:
        """Return the folder of a run."""
        return self.path / RUNS / task.run_id

    def evidence(self, task: Task) -> Path:
        """Return the folder of SUMO's further files of a run."""
        return self.path / EVIDENCE / task.run_id


@contextlib.contextmanager
def opened(out: Path, experiment: Experiment) -> Iterator[Folder]:
    """Take a folder for an experiment: a new one, or one that the same experiment was begun in.

    Raises: InvalidInputError if it holds something else, another process is at work in it, or it cannot be written.
    """
    path = _checked(out)
    document = document_of(experiment)
    with _locked(path) as lock:
        known = (path / EXPERIMENT).exists()
        if known:
            refuse_other(path, read_experiment(path), document)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH))
        try:
            _note(lock, scratch)
            if not known:
                write_json(path / EXPERIMENT, document)
            for name in (RUNS, EVIDENCE):
                (path / name).mkdir(exist_ok=True)
                sweep_below(path / name)
            yield Folder(path, scratch, document)
            for name in (RUNS, EVIDENCE):
                sweep_below(path / name)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def document_of(experiment: Experiment) -> dict[str, Any]:
    """Return `experiment.json`: the tasks, and everything beside them that decides how their runs go."""
    scenarios = {task.scenario_name: task.scenario for task in experiment.tasks}
    inputs = {
        name: input_hashes(read_configuration(catalogue.resolve(scenario).config))
        for name, scenario in scenarios.items()
    }
    return {
        "version": VERSION,
        "name": experiment.name,
        "tasks": [task.as_row() for task in experiment.tasks],
        "commit": commit(),
        "versions": versions(),
        "engine": engine_hash(),
        "inputs": inputs,
        "settings": dict(experiment.asked),
    }


def read_experiment(path: Path) -> dict[str, Any]:
    """Return the `experiment.json` of a folder. Raises: InvalidInputError if there is none or it is damaged."""
    file = path / EXPERIMENT
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{path} holds no experiment: cannot read {EXPERIMENT} ({error.strerror})") from error
    except ValueError as error:
        raise InvalidInputError(f"{file} is damaged: {error}") from error
    if not isinstance(found, dict) or found.get("version") != VERSION or not isinstance(found.get("tasks"), list):
        raise InvalidInputError(f"{file} is damaged, or of another version than {VERSION}")
    return found


def tasks_of(document: Mapping[str, Any]) -> tuple[Task, ...]:
    """Return the tasks of an `experiment.json`. Raises: InvalidInputError if it is damaged."""
    return tuple(task_of(row) for row in document["tasks"])


def engine_hash() -> str:
    """Return a hash of the code that decides how a run goes."""
    return code_hash(ENGINE)


def code_hash(parts: Sequence[str]) -> str:
    """Return a hash of the code in some folders of the checkout, that of measures left out."""
    root = Path(__file__).resolve().parent.parent
    state = hashlib.sha256()
    for file in sorted(file for part in parts for file in (root / part).rglob("*.py")):
        if "measures" not in file.parts:
            state.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def refuse_other(path: Path, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to go on with an experiment that is not the one that was begun.

    Raises: InvalidInputError that names the first difference.
    """
    difference = _difference(was, now)
    if difference:
        raise InvalidInputError(f"{path} holds another experiment ({difference}); choose another --out")


def _difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if sorted(map(str, was["tasks"])) != sorted(map(str, now["tasks"])):
        return _axis(was, now)
    for name in ("inputs", "versions"):
        old, new = was.get(name, {}), now[name]
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                return (
                    f"{name} of {key} have changed" if name == "inputs" else f"{key} {old.get(key)}, now {new.get(key)}"
                )
    if was.get("engine") != now["engine"]:
        return f"the engine's code has changed since commit {was.get('commit')}"
    return ""


def _axis(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return the field of the tasks that differs, with both its values."""
    for name in Task.__dataclass_fields__:
        old, new = ({json.dumps(row.get(name)) for row in document["tasks"]} for document in (was, now))
        if old != new:
            return f"{name} {_listed(old)} there, {_listed(new)} asked"
    return f"{len(was['tasks'])} runs there, {len(now['tasks'])} asked"


def _listed(values: set[str]) -> str:
    ordered = sorted(values, key=lambda text: (len(text), text))
    return ", ".join((*ordered[:12], *(["…"] if len(ordered) > 12 else [])))


def _checked(out: Path) -> Path:
    try:
        path = out.resolve()
        if path.exists() and not path.is_dir():
            raise InvalidInputError(f"{out} is a file; choose another --out")
        held = {entry.name for entry in path.iterdir()} - {_LOCK} if path.is_dir() else set()
        if held and EXPERIMENT not in held:
            raise InvalidInputError(f"{out} holds files of no experiment ({min(held)}); choose another --out")
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError(f"cannot use {out}: {error}; choose another --out") from error
    return path


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InvalidInputError(f"cannot write to {path}: {error.strerror}; choose another --out") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock
    except BlockingIOError as error:
        raise InvalidInputError(f"another bench is at work in {path}; wait for it or choose another --out") from error
    finally:
        os.close(lock)


def _note(lock: int, scratch: Path) -> None:
    """Write down the folder of temporary files; remove that of a bench that was killed."""
    left = Path(os.pread(lock, 4096, 0).decode("utf-8", errors="replace").strip())
    if left.name.startswith(_SCRATCH) and left.parent == scratch.parent:
        shutil.rmtree(left, ignore_errors=True)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(scratch).encode(), 0)
