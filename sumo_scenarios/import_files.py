"""What the engine makes of a network, as files: one site document per signal, and the loops for a user to edit."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site_json import site_hash, site_to_json
from sumo_scenarios import catalogue
from sumo_scenarios.loop_layout import write_loops
from sumo_scenarios.world import SignalUnit, build_world


def import_scenario(scenario: str, profile: SafetyProfile, out: Path) -> dict[str, Any]:
    """Write `sites/<signal>.json` and `loops.add.xml` below a new folder and return a summary.

    Raises: InvalidInputError if the scenario cannot be used, or the folder exists or cannot be made.
    """
    if out.exists():
        raise InvalidInputError(f"{out} exists; name a folder that does not")
    world = build_world(catalogue.resolve(scenario), profile, None, None)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
            folder = Path(scratch) / "import"
            (folder / "sites").mkdir(parents=True)
            for unit in world.units:
                name = quote(unit.site.signal_id, safe="") + ".json"
                (folder / "sites" / name).write_text(site_to_json(unit.site) + "\n", encoding="utf-8")
            write_loops(folder / "loops.add.xml", [unit.layout.loops for unit in world.units])
            folder.rename(out)
    except OSError as error:
        raise InvalidInputError(f"cannot write {out}: {error.strerror or error}") from error
    return {
        "scenario": world.scenario.name,
        "signals": [_row(unit) for unit in world.units],
        "left_alone": [{"id": signal, "reason": reason} for signal, reason in world.left_alone],
        "notices": list(world.notices),
    }


def _row(unit: SignalUnit) -> dict[str, Any]:
    return {
        "signal": unit.site.signal_id,
        "hash": site_hash(unit.site),
        "groups": len(unit.site.groups),
        "stages": len(unit.site.stages),
        "lanes": len(unit.layout.lanes),
        "loops": len(unit.layout.loops),
    }
