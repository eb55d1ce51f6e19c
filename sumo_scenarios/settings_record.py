"""What a run writes down of itself before it begins: everything that it depends on, so that it can be repeated."""

import json
import math
import platform
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.plan import plan_document
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.film.camera_loops import loop_cameras
from sumo_scenarios.film.roadmap import read_roadmap
from sumo_scenarios.input_files import input_hashes
from sumo_scenarios.kerbs import RECALL
from sumo_scenarios.run_timetable import schedule_record
from sumo_scenarios.settings import Closure, RunSettings
from sumo_scenarios.world import World

SETTINGS: Final = "settings.json"
SETTINGS_VERSION: Final = 2
VERSIONS_OF: Final = ("signal-ctrl", "libsumo", "numpy", "numba")


def write_settings(
    folder: Path,
    settings: RunSettings,
    world: World,
    times_s: tuple[float, float],
    replay_of: Path | None = None,
) -> None:
    """Write `settings.json`: everything that a run depends on, so that it can be repeated."""
    document: dict[str, Any] = {
        "version": SETTINGS_VERSION,
        "scenario": _lasting_name(world.scenario),
        "controller": settings.controller,
        "seed": settings.seed,
        "demand_seed": settings.demand_seed,
        "sensing": settings.sensing,
        "condition": settings.condition,
        "views": _views(world) if settings.sensing == "video" else {},
        "profile": asdict(settings.profile),
        "begin_s": times_s[0],
        "end_s": times_s[1],
        "step_s": world.config.step_s,
        "scale": settings.scale,
        "failure_rate": settings.failure_rate,
        "failure_kind": settings.failure_kind,
        **({} if settings.crossings == RECALL else {"crossings": settings.crossings}),
        "closures": [_closure_row(closure) for closure in settings.closures],
        "options": [list(option) for option in settings.options],
        "loops_file": str(Path(settings.loops_file).resolve()) if settings.loops_file else "",
        "plan": None if settings.plan is None else plan_document(settings.plan),
        "fallback": None if settings.fallback is None else plan_document(settings.fallback),
        "schedule": schedule_record(settings),
        **({} if settings.link is None else {"over_http": asdict(settings.link)}),
        **({"advise": settings.advise} if settings.advise else {}),
        **({} if settings.buses is None else {"buses": asdict(settings.buses)}),
        "command": list(settings.command),
        "replay_of": None if replay_of is None else str(replay_of.resolve()),
        "versions": versions(),
        "inputs": input_hashes(world.config),
    }
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    (folder / SETTINGS).write_text(text, encoding="utf-8")


def _views(world: World) -> dict[str, list[str]]:
    """Return the views of the cameras by signal."""
    roads = read_roadmap(world.net.path)
    units = ((unit.site.signal_id, unit.layout.loops) for unit in world.units)
    return {name: [c.leg.name for c in loop_cameras(world.net, roads, name, loops)] for name, loops in units}


def _lasting_name(scenario: Scenario) -> str:
    """Return a name that means the same from another working directory."""
    return scenario.name if scenario.from_catalogue else str(scenario.config)


def _closure_row(closure: Closure) -> dict[str, str | float | None]:
    times_s = {"from_s": closure.from_s, "to_s": closure.to_s}
    finite = {name: time_s if math.isfinite(time_s) else None for name, time_s in times_s.items()}
    return {"place": closure.place, **finite}


def versions() -> dict[str, str]:
    """Return the versions on which the course of a run may depend."""
    return {"python": platform.python_version(), **{name: _version(name) for name in VERSIONS_OF}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
