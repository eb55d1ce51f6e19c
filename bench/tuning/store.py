"""Tuned settings and plans on disk: one document per scenario and safety profile, and whether it is still good."""

import json
import math
import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from bench.tuning.inputs import changed, inputs_of
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.plan import Plan, plan_hash, plan_of_document
from signal_ctrl.domain.profile import PUBLISHED, SafetyProfile, profile_by_name
from sumo_scenarios import catalogue
from sumo_scenarios.plan_file import read_plan
from sumo_scenarios.settings import WAVES

FORMAT: Final = "signal-ctrl tuned 1"
TUNED: Final = ("fixed", "green_wave", "actuated", "delay_based", "max_pressure")
WAVE: Final = "green_wave"
PLAN_KEY: Final = "plan"
BASE_KEY: Final = "base"
_OPTIONAL: Final = ("delay_based", WAVE)
"""Good without a tuning, so that nothing is said where there is none."""
_PREFIX: Final = "tuned@"
_DIGITS: Final = 12
_FOLDER: Final = Path(__file__).resolve().parents[1]

Options = tuple[tuple[str, str], ...]


def tuned_file(scenario: str, profile: SafetyProfile) -> Path:
    """Return where the tuning of a scenario is kept: with the bench for the catalogue, else beside its configuration.

    Raises: InvalidInputError for an unknown scenario.
    """
    found = catalogue.resolve(scenario)
    variant = "" if profile.name == PUBLISHED.name else f".{profile.name}"
    if found.from_catalogue:
        return _FOLDER / "tuned" / f"{found.name}{variant}.json"
    return found.config.with_name(f"{found.config.stem}{variant}.tuned.json")


def ledger_file(scenario: str, profile: SafetyProfile) -> Path:
    """Return where the simulations of a tuning are noted. Raises: as `tuned_file`."""
    path = tuned_file(scenario, profile)
    if catalogue.resolve(scenario).from_catalogue:
        return _FOLDER / "results" / "tuning" / f"{path.stem}.jsonl"
    return path.with_name(f"{path.stem}.ledger.jsonl")


def read_tuned(path: Path) -> dict[str, Any] | None:
    """Return the document of a tuning, None if there is none. Raises: InvalidInputError if it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} is damaged ({error}); delete it and tune anew") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or not isinstance(found.get("controllers"), dict):
        raise InvalidInputError(f"{path} holds no tuning of this version; delete it and tune anew")
    return found


def write_tuned(path: Path, document: dict[str, Any]) -> None:
    """Write the document of a tuning, all at once. Raises: BackendError if it cannot be written."""
    text = json.dumps({"format": FORMAT, **document}, indent=1, allow_nan=False) + "\n"
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror}") from error


def stale(scenario: str, profile: SafetyProfile, controller: str) -> list[str]:
    """Return what has changed since a controller was tuned, in words; nothing if it is not tuned at all."""
    row = _row(scenario, profile, controller)
    return [] if row is None else changed(row["inputs"], inputs_of(scenario, profile), controller)


def tuned_plan(
    scenario: str, profile: SafetyProfile, controller: str = "fixed", begin_s: float | None = None
) -> Plan | None:
    """Return the tuned plan of a scenario; None if there is none, it is stale, or it was tuned for other hours.

    Args: controller, `fixed`, or `green_wave` for the tuned wave; begin_s, of the run, None: the scenario's own.
    Raises: InvalidInputError if the document is damaged.
    """
    row = _row(scenario, profile, controller)
    if row is None or stale(scenario, profile, controller) or not _is_of_that_time(row, begin_s):
        return None
    try:
        return plan_of_document(row["plan"])
    except (InvalidInputError, KeyError) as error:
        raise InvalidInputError(f"{tuned_file(scenario, profile)} is damaged: {error}") from error


def _is_of_that_time(row: dict[str, Any], begin_s: float | None) -> bool:
    times_s = row.get("times_s")
    return begin_s is None or times_s is None or bool(times_s[0] <= begin_s < (times_s[1] or math.inf))


def fallback_plan(scenario: str, profile: SafetyProfile) -> Plan | None:
    """Return the tuned plan of a scenario, stale or not, None if there is none: whoever follows it checks it anyway.

    Raises: InvalidInputError if the document is damaged.
    """
    row = _row(scenario, profile, "fixed")
    return None if row is None else plan_of_document(row.get("plan") or {})


def notice_of(scenario: str, profile: SafetyProfile, controller: str) -> str | None:
    """Return what a user has to know of a tuning: that it is stale, and from what."""
    reasons = stale(scenario, profile, controller)
    if not reasons:
        return None
    return (
        f"the tuning of {controller} for {scenario} is stale ({', '.join(reasons)} changed) and not used; "
        f"'signal-ctrl bench tune {scenario}' makes it anew"
    )


class Asked(Protocol):
    """What is asked of a run, as far as its tuning depends on it."""

    @property
    def scenario(self) -> str:
        """Name or path."""
        ...

    @property
    def controller(self) -> str:
        """Name."""
        ...

    @property
    def profile(self) -> str:
        """Name of the safety profile."""
        ...

    @property
    def begin_s(self) -> float | None:
        """First simulation second, None: the scenario's own. [s]"""
        ...


def tuned_options(task: Asked) -> Options:
    """Return the tuned settings of a controller as pairs for a run; nothing if there are none, or they are stale.

    A plan is named by its hash: `plan_named` finds it.
    Raises: InvalidInputError if the document is damaged.
    """
    scenario, controller, profile = task.scenario, task.controller, profile_by_name(task.profile)
    if controller == "fixed" or controller in WAVES:
        plan, key = tuned_plan(scenario, profile, WAVE if controller in WAVES else "fixed", task.begin_s), PLAN_KEY
        if plan is None and controller in WAVES:
            plan, key = tuned_plan(scenario, profile, "fixed", task.begin_s), BASE_KEY
        return () if plan is None else ((key, f"{_PREFIX}{plan_hash(plan)[:_DIGITS]}"),)
    if controller not in TUNED:
        return ()
    row = _row(scenario, profile, controller)
    if row is None or stale(scenario, profile, controller):
        return ()
    return tuple((str(key), str(value)) for key, value in row["options"])


def tuned_notices(tasks: Iterable[Asked]) -> list[str]:
    """Return what a user has to know of the tunings that some runs take: which are stale, which are missing."""
    found = []
    for scenario, controller, name in dict.fromkeys((t.scenario, t.controller, t.profile) for t in tasks):
        if controller not in TUNED:
            continue
        profile = profile_by_name(name)
        notice = notice_of(scenario, profile, controller)
        if notice is None and controller not in _OPTIONAL and _row(scenario, profile, controller) is None:
            notice = f"{controller} is not tuned for {scenario} under profile {name}; 'signal-ctrl bench tune' does it"
        found += [] if notice is None else [notice]
    return found


def plan_named(name: str, scenario: str, profile_name: str) -> Plan:
    """Return the plan that a setting `plan` names: `tuned@HASH`, or the path of a plan document.

    Raises: InvalidInputError if there is none, or the tuned plan is another one by now.
    """
    if not name.startswith(_PREFIX):
        return read_plan(Path(name))
    rows = (_row(scenario, profile_by_name(profile_name), controller) for controller in ("fixed", WAVE))
    plans = [plan_of_document(row["plan"]) for row in rows if row is not None]
    plan = next((plan for plan in plans if plan_hash(plan).startswith(name.removeprefix(_PREFIX))), None)
    if plan is None:
        raise InvalidInputError(
            f"the plan {name} of {scenario} is not the tuned one any more; start a new experiment, or bring back "
            f"{tuned_file(scenario, profile_by_name(profile_name)).name}"
        )
    return plan


def _row(scenario: str, profile: SafetyProfile, controller: str) -> dict[str, Any] | None:
    path = tuned_file(scenario, profile)
    document = _cached(path, path.stat().st_mtime_ns if path.exists() else 0)
    row = None if document is None else document["controllers"].get(controller)
    if row is not None and not isinstance(row.get("inputs"), dict):
        raise InvalidInputError(f"{path} is damaged: {controller} has no inputs; delete it and tune anew")
    return row


@lru_cache(maxsize=32)
def _cached(path: Path, _changed_ns: int) -> dict[str, Any] | None:
    return read_tuned(path)


def without_plan(options: Sequence[tuple[str, str]]) -> Options:
    """Return the pairs that are settings of a controller, not the name of a plan.

    >>> without_plan([("plan", "tuned@0"), ("slot_s", "5")])
    (('slot_s', '5'),)
    """
    return tuple((key, value) for key, value in options if key not in (PLAN_KEY, BASE_KEY))
