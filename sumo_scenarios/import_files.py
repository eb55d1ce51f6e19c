"""What the engine makes of a network, as files: one site document per signal, and the loops for a user to edit."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.gateways.whole_file import check_new, write_folder
from sumo_scenarios import catalogue
from sumo_scenarios.loop_layout import loops_text
from sumo_scenarios.world import SignalUnit, build_world


def import_scenario(scenario: str, profile: SafetyProfile, out: Path) -> dict[str, Any]:
    """Write `sites/<signal>.json` and `loops.add.xml` below a new folder and return a summary.

    Raises: InvalidInputError if the scenario cannot be used, or the folder exists or cannot be made.
    """
    check_new(out)
    world = build_world(catalogue.resolve(scenario), profile, None, None)
    texts = {
        f"sites/{quote(unit.site.signal_id, safe='')}.json": site_to_json(unit.site) + "\n" for unit in world.units
    }
    write_folder(out, texts | {"loops.add.xml": loops_text([unit.layout.loops for unit in world.units])})
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
