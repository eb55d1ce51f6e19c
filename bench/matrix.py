"""The axes of an experiment, from flags, a TOML file or a preset, and their product: the tasks."""

import difflib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.experiment import Experiment, Task
from bench.matrix_values import Setting, integers, number, numbers, settings, truth, words
from bench.presets import PRESETS
from bench.toml_file import read_toml
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name
from sumo_scenarios import catalogue
from sumo_scenarios.controllers import settings_of
from sumo_scenarios.loop_faults import KINDS, MIX
from sumo_scenarios.settings import CONTROLLERS, SUMO_CONTROLLERS, parse_closure

MOST_TASKS: Final = 100_000
BLIND: Final = (*SUMO_CONTROLLERS, "fixed", "green_wave")
"""Controllers that take no sensing: they run once, whatever sensing is asked."""

READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "scenarios": words,
    "controllers": words,
    "seeds": integers,
    "demand_seeds": integers,
    "scales": numbers,
    "failures": numbers,
    "failure_kind": words,
    "sensing": words,
    "profile": words,
    "close": words,
    "set": settings,
    "begin": number,
    "end": number,
    "untuned": truth,
}
DEFAULTS: Final[Mapping[str, Any]] = {
    "seeds": "1-5",
    "demand_seeds": 0,
    "scales": 1.0,
    "failures": 0.0,
    "failure_kind": MIX,
    "sensing": "loops",
    "profile": "published",
    "close": [],
    "set": {},
    "untuned": False,
}
_NAMES: Final = ("name", "preset")

Tuned = Callable[[Task], tuple[tuple[str, str], ...]]
"""Returns the tuned options of a task."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The axes of an experiment, read and checked, and as they were asked for."""

    name: str
    axes: Mapping[str, Any]
    asked: Mapping[str, Any]

    def tasks(self) -> Iterator[Task]:
        """Yield every combination, seeds innermost; the same run never twice.

        Where something is to be closed every run is made twice, open and closed, so that pairs tell what it does.
        """
        axes = self.axes
        outer = [axes[name] for name in ("scenarios", "profile", "scales", "failures")]
        closures = ((), axes["close"]) if axes["close"] else ((),)
        seen: set[Task] = set()
        for scenario, profile, scale, rate, closed, controller in itertools.product(
            *outer, closures, axes["controllers"]
        ):
            options = self._options(controller)
            inner = (self._sensings(controller), axes["demand_seeds"], axes["seeds"])
            for sensing, demand_seed, seed in itertools.product(*inner):
                task = Task(
                    *(scenario, controller, seed, demand_seed, scale, sensing, rate, profile),
                    closures=closed,
                    options=options,
                    begin_s=axes.get("begin"),
                    end_s=axes.get("end"),
                    failure_kind=axes["failure_kind"][0],
                )
                if task not in seen:
                    seen.add(task)
                    yield task

    def _sensings(self, controller: str) -> tuple[str, ...]:
        """Return the sensings of a controller: its own, as in `max_pressure=positions`, else those for all."""
        if controller in BLIND:
            return ("loops",)
        named = [text.partition("=") for text in self.axes["sensing"]]
        own = tuple(value for name, equals, value in named if equals and name == controller)
        return own or tuple(name for name, equals, _ in named if not equals) or ("loops",)

    def _options(self, controller: str) -> tuple[tuple[str, str], ...]:
        chosen: list[Setting] = self.axes["set"]
        return tuple((s.key, s.value) for s in chosen if s.controller in ("", controller) and s.fits(controller))


def read_file(path: Path) -> dict[str, Any]:
    """Return the axes that a TOML file gives. Raises: InvalidInputError if it cannot be read or is no TOML."""
    return {"name": path.stem, **read_toml(path)}


def experiment_of(given: Mapping[str, Any], tuned: Tuned | None = None) -> Experiment:
    """Return the experiment of the axes that were given, each checked; a preset's stand where none was given.

    Args: tuned, returns the tuned options of a task, where they are wanted.
    Raises: InvalidInputError for an unknown key, a value that cannot be used, or a combination that cannot be run.
    """
    matrix = matrix_of(given)
    _check_settings(matrix.axes)
    tasks = tuple(matrix.tasks())
    for task in tasks:
        _check(task)
    if tuned is not None and not matrix.axes["untuned"]:
        tasks = tuple(replace(task, options=(*tuned(task), *task.options)) for task in tasks)
    _check_names(tasks)
    return Experiment(matrix.name, tasks, matrix.asked)


def matrix_of(given: Mapping[str, Any]) -> Matrix:
    """Return the axes that were given, over those of a preset, over the usual ones.

    Raises: InvalidInputError for an unknown key, a value that cannot be read, or too many runs.
    """
    values = _with_preset(given)
    axes = _read(values)
    _check_sensing(axes["sensing"])
    _check_size(axes)
    asked = {name: values[name] for name in READERS if name in values}
    return Matrix(str(values.get("name") or values.get("preset") or "experiment"), axes, asked)


def _with_preset(given: Mapping[str, Any]) -> dict[str, Any]:
    preset = given.get("preset")
    if preset is not None and preset not in PRESETS:
        raise InvalidInputError(f"unknown preset '{preset}'; choose one of {', '.join(PRESETS)}")
    base = PRESETS[preset].axes if preset is not None else {}
    named = {key: value for key, value in given.items() if value is not None}
    for key in named:
        if key not in READERS and key not in _NAMES:
            near = difflib.get_close_matches(key, READERS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(READERS)}"
            raise InvalidInputError(f"unknown key '{key}' of an experiment; {hint}")
    return {**DEFAULTS, **base, **named}


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    axes = {name: read(name, values[name]) for name, read in READERS.items() if name in values}
    for name in ("scenarios", "controllers"):
        if not axes.get(name):
            raise InvalidInputError(f"an experiment needs --{name}, or a --preset ({', '.join(PRESETS)})")
    if len(axes["failure_kind"]) != 1 or axes["failure_kind"][0] not in KINDS:
        raise InvalidInputError(f"failure_kind names one of {', '.join(KINDS)}; take an experiment for each")
    for name in ("seeds", "demand_seeds", "scales", "failures", "sensing", "profile"):
        if not axes[name]:
            raise InvalidInputError(f"{name} names nothing; leave it out or give a value")
    return axes


def _check_settings(axes: Mapping[str, Any]) -> None:
    for setting in axes["set"]:
        if setting.controller and setting.controller not in axes["controllers"]:
            raise InvalidInputError(f"--set {setting} is for a controller that the experiment does not run")
        if not any(setting.fits(controller) for controller in axes["controllers"]):
            raise InvalidInputError(f"none of the controllers takes the setting '{setting.key}'; leave it out")


def _check_sensing(sensings: tuple[str, ...]) -> None:
    for text in sensings:
        name, equals, _ = text.partition("=")
        if equals and name not in CONTROLLERS:
            raise InvalidInputError(f"--sensing {text}: unknown controller '{name}'; known: {', '.join(CONTROLLERS)}")


def _check_size(axes: Mapping[str, Any]) -> None:
    count = 2 if axes["close"] else 1
    for name in ("scenarios", "controllers", "seeds", "demand_seeds", "scales", "failures", "sensing", "profile"):
        count *= len(axes[name])
    if count > MOST_TASKS:
        raise InvalidInputError(f"{count:,} runs are too many (at most {MOST_TASKS:,}); give fewer seeds or values")


def _check(task: Task) -> None:
    catalogue.resolve(task.scenario)
    profile_by_name(task.profile)
    for text in task.closures:
        parse_closure(text)
    settings_of(task.controller, task.settings().options)


def _check_names(tasks: tuple[Task, ...]) -> None:
    """Refuse two runs that would share a folder, as those of two configurations of one name."""
    seen: dict[str, Task] = {}
    for task in tasks:
        other = seen.setdefault(task.run_id, task)
        if other != task:
            raise InvalidInputError(
                f"{other.scenario} and {task.scenario} have one name, {task.scenario_name}; rename one"
            )
