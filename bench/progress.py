"""Two versions of the engine on the same runs: is the second one better, worse, or is there no evidence?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.comparisons import Comparison, compare_groups, with_holm
from bench.experiment import Task
from bench.folder import read_experiment, tasks_of
from bench.pairing import Group, Row, groups_of, is_valid
from bench.summary import rows_of, slim
from signal_ctrl.domain.errors import InvalidInputError

_ENGINE_FIELDS: Final = ("options",)
"""Fields of a task that a version of the engine may change: what tuning found."""
_VERDICTS: Final = {"better": "progress", "worse": "regression", "not valid": "no evidence"}
_SAME_VERSIONS: Final = ("libsumo",)
_LISTED: Final = 6


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of every group. `comparisons` are after minus before, each with `change`; `notices` what differs."""

    comparisons: tuple[Comparison, ...]
    notices: tuple[str, ...]

    @property
    def regressed(self) -> bool:
        """Whether any group got worse beyond its interval, or lost runs."""
        return any(each["change"] == "regression" for each in self.comparisons)


def compare_versions(before: Path, after: Path) -> Progress:
    """Return the paired comparison of two experiments of the same runs.

    Raises: InvalidInputError if one is no experiment, or they are not of the same runs; it names what differs.
    """
    documents = [read_experiment(path) for path in (before, after)]
    notices = _checked(documents[0], documents[1], (before, after))
    old, new = (groups_of(slim(row) for row in rows_of(path)) for path in (before, after))
    twins = {_key(group): group for group in old}
    found = with_holm([compare_groups(group, twins[_key(group)]) for group in new])
    lost = [_lost_runs(group, twins[_key(group)]) for group in new]
    changed = [_with_change(each, runs) for each, runs in zip(found, lost, strict=True)]
    return Progress(tuple(changed), notices)


def _with_change(found: Comparison, lost: Sequence[str]) -> Comparison:
    same = bool(found["pairs"]) and all(pair["difference_s"] == 0 for pair in found["pairs"])
    change = _VERDICTS.get(found["verdict"], "identical" if same else "no evidence")
    return {**found, "lost_runs": list(lost), "change": "regression" if lost else change}


def _lost_runs(group: Group, twin: Group) -> list[str]:
    """Return the runs that are no longer valid, but were; runs that are not there yet do not count."""
    sound = {_seeds(row) for row in twin.rows if is_valid(row)}
    return [
        str(row.get("run_dir", ""))
        for row in group.rows
        if _seeds(row) in sound and not is_valid(row) and row.get("status") != "missing"
    ]


def _seeds(row: Row) -> tuple[Any, Any]:
    return row["seed"], row["demand_seed"]


def _key(group: Group) -> tuple[Any, ...]:
    return (group.cell(), group.controller, group.shared["sensing"])


def _checked(old: Mapping[str, Any], new: Mapping[str, Any], paths: tuple[Path, Path]) -> tuple[str, ...]:
    """Refuse experiments that are not of the same runs; return notices of what the engine may have changed."""
    first, second = (tasks_of(document) for document in (old, new))
    difference = _task_difference(first, second) or _input_difference(old, new)
    if difference:
        raise InvalidInputError(f"{paths[0]} and {paths[1]} cannot be compared: {difference}")
    options = [(_bare(task), task.options) for task in first]
    after = dict((_bare(task), task.options) for task in second)
    changed = dict.fromkeys(f"{bare.controller} on {bare.scenario_name}" for bare, had in options if after[bare] != had)
    notices = [f"the settings of {name} differ, and are part of what is compared" for name in changed]
    if old.get("engine") == new.get("engine"):
        notices.append("both were made by the same code: differences come from settings or from nothing")
    return tuple(notices)


def _bare(task: Task) -> Task:
    fields = {name: getattr(task, name) for name in Task.__dataclass_fields__ if name not in _ENGINE_FIELDS}
    return Task(**fields)


def _task_difference(first: Sequence[Task], second: Sequence[Task]) -> str:
    """Return the first axis in which the runs differ, with the values that only one side has."""
    old, new = {_bare(task) for task in first}, {_bare(task) for task in second}
    if old == new:
        return ""
    for name in Task.__dataclass_fields__:
        sides = [{getattr(task, name) for task in side} for side in (old, new)]
        if name not in _ENGINE_FIELDS and sides[0] != sides[1]:
            return f"{name} {_listed(sides[0])} there, {_listed(sides[1])} here"
    return f"{len(old - new)} runs are only in the first, {len(new - old)} only in the second"


def _input_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    for name in sorted({*old.get("inputs", {}), *new.get("inputs", {})}):
        if old.get("inputs", {}).get(name) != new.get("inputs", {}).get(name):
            return f"the input files of {name} differ"
    for name in _SAME_VERSIONS:
        was, now = (document.get("versions", {}).get(name) for document in (old, new))
        if was != now:
            return f"{name} {was} there, {now} here"
    return ""


def _listed(values: set[Any]) -> str:
    ordered = sorted(
        values, key=lambda value: (str(type(value)), value if isinstance(value, int | float) else str(value))
    )
    words = [str(value) if value not in ((), None) else "none" for value in ordered]
    return ", ".join([*words[:_LISTED], *(["…"] if len(words) > _LISTED else [])])
