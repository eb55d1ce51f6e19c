"""What the engine makes of a network, as files: site and layout of each signal, and the loops for a user to edit."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.gateways.layout_file import layout_to_json
from signal_ctrl.gateways.whole_file import check_new, write_folder
from sumo_scenarios import catalogue
from sumo_scenarios.loop_layout import loops_text
from sumo_scenarios.world import SignalUnit, build_world


def import_scenario(scenario: str, profile: SafetyProfile, out: Path) -> dict[str, Any]:
    """Write `sites/<signal>.json`, `layouts/<signal>.json` and `loops.add.xml` below a new folder; return a summary.

    Raises: InvalidInputError if the scenario cannot be used, or the folder exists or cannot be made.
    """
    check_new(out)
    world = build_world(catalogue.resolve(scenario), profile, None, None)
    names = [(f"{quote(unit.site.signal_id, safe='')}.json", unit) for unit in world.units]
    texts = {f"sites/{name}": site_to_json(unit.site) + "\n" for name, unit in names}
    texts |= {f"layouts/{name}": layout_to_json(unit.layout) + "\n" for name, unit in names}
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
