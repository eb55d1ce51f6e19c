"""A recorded run shown again: same world, same SUMO, but decisions from its log, not from controllers.

The lamps must come out bit by bit. A run under SUMO's own controllers has no decisions; it is run once more.
"""

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.plan import plan_of_document
from signal_ctrl.domain.profile import SafetyProfile
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import TLS_STATES
from sumo_scenarios.bus_options import bus_options_of
from sumo_scenarios.closed_loop import MakeDriver, run_loop
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.decision_tape import DecisionTape, read_decisions
from sumo_scenarios.driver import ControlledJunction, KernelDriver, make_driver
from sumo_scenarios.input_files import input_hashes
from sumo_scenarios.json_fields import (
    WrongTypeError,
    count,
    line_of,
    located,
    number,
    object_of,
    text_of,
    typed,
    wrong_type,
)
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_faults import MIX
from sumo_scenarios.outcome import LoopOutcome, Replayed, ReplayOutcome, Report, Stop
from sumo_scenarios.result import read_result
from sumo_scenarios.run_timetable import schedule_of_record
from sumo_scenarios.settings import CROSSINGS, HEARING, SUMO_CONTROLLERS, Closure, RunSettings
from sumo_scenarios.settings_record import SETTINGS, SETTINGS_VERSION, versions
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.special_loop.driver import LOG as SPECIAL
from sumo_scenarios.world import World
from sumo_scenarios.written import tags

DECISIONS: Final = "decisions.jsonl"
_FRAME: Final = "tlsState"
_UNASKED: Final = "greedy"  # any controller will do, as none is asked; this one is ready at once

Frame = tuple[str, str, str]
"""Time [s] as SUMO writes it, signal, and the letter of each of its links."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What `settings.json` says of a run."""

    settings: RunSettings
    versions: Mapping[str, str]
    inputs: Mapping[str, str]


def replay_loop(recorded: Path, folder: Path, report: Report, stop: Stop) -> ReplayOutcome:
    """Repeat the run of a folder into another folder and compare the lamps, frame by frame.

    `differences` counts the frames that differ, and the lines of the decision log that do not fit the run.
    Raises: InvalidInputError if the recorded run is incomplete, damaged, failed, of another version, or its
    input files have changed; BackendError if SUMO fails.
    """
    run = read_settings(recorded / SETTINGS)
    if (recorded / SPECIAL).exists():
        raise InvalidInputError(
            f"{recorded} is a run with special vehicles: {SPECIAL} holds what they were given, and no decision does; "
            "make the run once more instead of replaying it"
        )
    until_s = until_s_of(recorded, run.settings)
    check_inputs(run)
    tape = None if run.settings.controller in SUMO_CONTROLLERS else read_decisions(recorded / DECISIONS)
    if not (recorded / TLS_STATES).is_file():
        raise InvalidInputError(f"{recorded} has no {TLS_STATES}: there is nothing to compare a replay with")
    make: MakeDriver = make_driver if tape is None else partial(ReplayDriver, tape)
    loop = run_loop(run.settings, folder, report, stop, make, Replayed(recorded, until_s))
    if tape is not None:
        tape.close(loop.end_s if loop.interrupted else math.inf)
    misfits = tape.misfits if tape is not None else []
    frames, first = compare_lamps(recorded / TLS_STATES, folder / TLS_STATES, not loop.interrupted)
    found = first if first is not None else next(iter(misfits), None)
    return ReplayOutcome(_with_notices(loop, run), frames + len(misfits), found)


def _with_notices(loop: LoopOutcome, run: RecordedRun) -> LoopOutcome:
    now = versions()
    other = [
        f"{name} {then}, now {now.get(name, 'unknown')}" for name, then in run.versions.items() if now.get(name) != then
    ]
    if not other:
        return loop
    return replace(loop, notices=(*loop.notices, f"recorded with other versions: {', '.join(other)}"))


def until_s_of(recorded: Path, settings: RunSettings) -> float:
    """Return the time at which a recorded run ended: an interrupted one before its end. [s]

    Raises: InvalidInputError if nobody can tell, or it failed.
    """
    end_s = settings.end_s
    if end_s is None:
        raise InvalidInputError(f"{recorded / SETTINGS} names no end_s")
    if not (recorded / "result.json").exists():
        return end_s
    result = read_result(recorded)
    if result.get("status") == "failed":
        raise InvalidInputError(f"the run in {recorded} failed; only one that went through can be replayed")
    reached_s = result.get("end_s")
    return min(float(reached_s), end_s) if isinstance(reached_s, int | float) else end_s


def check_inputs(run: RecordedRun) -> None:
    """Raises: InvalidInputError if an input file is not what the run was recorded with."""
    now = input_hashes(read_configuration(catalogue.resolve(run.settings.scenario).config))
    changed = sorted(name for name in {*now, *run.inputs} if now.get(name) != run.inputs.get(name))
    if changed:
        raise InvalidInputError(f"{', '.join(changed)} of {run.settings.scenario} changed since the run was recorded")


class ReplayDriver(KernelDriver):
    """Gives every kernel the calls and wishes of a log, in place of sensing and controllers."""

    def __init__(
        self,
        tape: DecisionTape,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        unasked = replace(
            settings, controller=_UNASKED, options=(), plan=None, fallback=None, schedule=None, start=None, history="",
            buses=None,
        )  # fmt: skip
        super().__init__(world, unasked, simulation, folder, begin_s, events, weighed_by=settings)
        self._tape = tape
        self._lines: list[str] = []
        self._file = folder / DECISIONS
        self._calls = dict.fromkeys(self.signals, 0)
        for row in tape.rows.values():
            if row.signal not in self._calls:
                raise InvalidInputError(f"{tape.path} line {row.line}: no signal '{row.signal}' in this run")

    def decide_one(self, junction: ControlledJunction, time_s: float, now_ds: int) -> None:
        """Repeat what the log says that this signal did. [s], [ds]"""
        signal, engine = junction.unit.site.signal_id, junction.engine
        row = self._tape.take(now_ds, signal)
        if row is None:
            engine.repeat(self._calls[signal], -1, 0, now_ds)
            return
        refusals = engine.refusals
        engine.repeat(row.calls, row.stage, row.sequence, now_ds, row.wish, row.priority, row.choice, row.plain)
        self._events.changes(signal, now_ds, row.rung, row.failed, row.restored)
        if (engine.refusals > refusals) != row.refused:
            answer = "taken up" if row.refused else "refused"
            self._tape.misfit(row, f"has its wish {answer}, unlike in the record")
        self._calls[signal] = row.calls
        self.decisions += row.decided
        self._lines.append(row.text)

    def finish(self) -> None:
        """Write the decisions that were repeated."""
        super().finish()
        self._file.write_text("".join(line + "\n" for line in self._lines), encoding="utf-8")


def compare_lamps(recorded: Path, replayed: Path, whole: bool = True) -> tuple[int, str | None]:
    """Return how many lamp frames of two records differ, and the first that does.

    Args: whole, whether both records have to be equally long.
    Raises: InvalidInputError if the first cannot be read, BackendError if the second cannot.
    """
    differences, first = 0, None
    pairs = itertools.zip_longest if whole else zip
    for was, now in pairs(_recorded_frames(recorded), _frames(replayed)):
        if was != now:
            differences += 1
            first = first or _difference(was, now)
    return differences, first


def _difference(was: Frame | None, now: Frame | None) -> str:
    at_s, signal, _ = was or now or ("", "", "")
    recorded = was[2] if was else "nothing"
    if now is None or (was is not None and was[:2] != now[:2]):
        return f"{at_s} s signal {signal}: recorded {recorded}, replayed nothing"
    return f"{at_s} s signal {signal}: recorded {recorded}, replayed {now[2]}"


def _frames(path: Path) -> Iterator[Frame]:
    for tag, values in tags(path):
        if tag == _FRAME:
            yield values.get("time", ""), values.get("id", ""), values.get("state", "")


def _recorded_frames(path: Path) -> Iterator[Frame]:
    try:
        yield from _frames(path)
    except BackendError as error:
        raise InvalidInputError(f"the recorded run is damaged: {error}") from error


def read_settings(path: Path) -> RecordedRun:
    """Return what the `settings.json` of a run says.

    Raises: InvalidInputError with file and line if it is missing, damaged or of another version.
    """
    text = text_of(path)
    values = located(str(path), lambda: object_of(json.loads(text)))
    version = values.get("version")
    if version != SETTINGS_VERSION:
        line = line_of("version", text)
        raise InvalidInputError(f"{path} line {line}: version {version}, this is for {SETTINGS_VERSION}")
    try:
        return _recorded_run(values)
    except KeyError as error:
        raise InvalidInputError(f"{path} line 1: no {error}") from error
    except WrongTypeError as error:
        raise InvalidInputError(f"{path} line {line_of(error.key, text)}: {error}") from error
    except (TypeError, InvalidInputError) as error:
        raise InvalidInputError(f"{path} line 1: {error}") from error


def _recorded_run(values: Mapping[str, Any]) -> RecordedRun:
    settings = RunSettings(
        scenario=typed(values, "scenario", str),
        controller=typed(values, "controller", str),
        seed=count(values, "seed"),
        demand_seed=count(values, "demand_seed"),
        sensing=typed(values, "sensing", str),
        condition=typed({"condition": "day", **values}, "condition", str),  # absent in records of before
        profile=_profile(typed(values, "profile", dict)),
        begin_s=number(values, "begin_s"),
        end_s=number(values, "end_s"),
        scale=number(values, "scale"),
        closures=tuple(_closure(object_of(row)) for row in typed(values, "closures", list)),
        options=tuple(_option(row) for row in typed(values, "options", list)),
        loops_file=typed(values, "loops_file", str),
        failure_rate=number({"failure_rate": 0.0, **values}, "failure_rate"),  # absent in records of before
        failure_kind=typed({"failure_kind": MIX, **values}, "failure_kind", str),
        crossings=_crossings(values),
        buses=None if values.get("buses") is None else bus_options_of(typed(values, "buses", dict)),
        plan=None if values.get("plan") is None else plan_of_document(values["plan"]),
        fallback=None if values.get("fallback") is None else plan_of_document(values["fallback"]),
        **schedule_of_record(values.get("schedule")),
        command=tuple(str(word) for word in typed(values, "command", list)),
    )
    return RecordedRun(settings, _texts(values, "versions"), _texts(values, "inputs"))


def _crossings(values: Mapping[str, Any]) -> str:
    """Return how people were heard of by the controllers; cabinets under a plan have ears of their own."""
    word = typed({"crossings": CROSSINGS[0], **values}, "crossings", str)
    return word if values["controller"] in HEARING else CROSSINGS[0]


def _profile(values: Mapping[str, Any]) -> SafetyProfile:
    parts: dict[str, Any] = {}
    for part in fields(SafetyProfile):
        if part.name == "name" or part.name.startswith(("amber_by", "all_red_by")):
            parts[part.name] = typed(values, part.name, str if part.name == "name" else bool)
        else:
            parts[part.name] = number(values, part.name)
    return SafetyProfile(**parts)


def _closure(values: Mapping[str, Any]) -> Closure:
    times_s = {name: number(values, name) for name in ("from_s", "to_s") if values[name] is not None}
    return Closure(typed(values, "place", str), **times_s)


def _option(row: Any) -> tuple[str, str]:
    if not isinstance(row, list) or len(row) != 2:
        raise wrong_type("options", row)
    return str(row[0]), str(row[1])


def _texts(values: Mapping[str, Any], key: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in typed(values, key, dict).items()}
