"""An exchange as a JSON document, for whoever has neither SUMO nor Synchro."""

import json
from typing import Any, Final

from signal_ctrl.gateways.exchange import Exchange, Movement, NemaUnit, NodeTiming

FORMAT: Final = "signal-ctrl exchange 1"


def exchange_to_json(exchange: Exchange) -> str:
    """Return the document of an exchange: SI units, a line a value."""
    return json.dumps(exchange_document(exchange), indent=1, sort_keys=True, allow_nan=False) + "\n"


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as a JSON object."""
    return {
        "format": FORMAT,
        "nodes": [
            {"node": n.node, "kind": n.kind.name.lower(), "x_m": n.x_m, "y_m": n.y_m, "name": n.name}
            for n in exchange.nodes
        ],
        "streets": [
            {
                "node": s.node,
                "heading": s.heading,
                "up_node": s.up_node,
                "lanes": s.lanes,
                "length_m": round(s.length_m, 3),
                "speed_mps": round(s.speed_mps, 3),
                "name": s.name,
            }
            for s in exchange.streets
        ],
        "movements": [_movement(m) for m in exchange.movements],
        "timing": [_timing(exchange, timing) for timing in exchange.timings],
    }


def _movement(m: Movement) -> dict[str, Any]:
    return {
        "node": m.node,
        "movement": m.key,
        "up_node": m.up_node,
        "to_node": m.to_node,
        "lanes": m.lanes,
        "shared": m.shared,
        "volume_veh_h": m.volume_veh_h,
        "protected": list(m.protected),
        "permitted": list(m.permitted),
        "peak_factor": m.peak_factor,
        "growth": m.growth,
        "heavy_ratio": m.heavy_ratio,
    }


def _timing(exchange: Exchange, timing: NodeTiming) -> dict[str, Any]:
    return {
        "node": timing.node,
        "cycle_s": timing.cycle_s,
        "offset_s": timing.offset_s,
        "offset_to": timing.to.name.lower(),
        "referenced": list(timing.referenced),
        "nema_units": [_unit(unit) for unit in exchange.units_of(timing.node)],
    }


def _unit(unit: NemaUnit) -> dict[str, Any]:
    return {
        "number": unit.number,
        "barrier": unit.barrier,
        "ring": unit.ring,
        "position": unit.position,
        "min_green_s": unit.min_green_s,
        "max_green_s": unit.max_green_s,
        "amber_s": unit.amber_s,
        "all_red_s": unit.all_red_s,
        "walk_s": unit.walk_s,
        "clearance_s": unit.clearance_s,
        "start_s": unit.start_s,
        "end_s": unit.end_s,
    }
