"""What the model says of a network plan, as a JSON object: before and after, by area, by link."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from sumo_scenarios.network_model import SPACING_M
from sumo_scenarios.network_planning import AreaPlan, Figures, NetworkPlanned, figures_of
from sumo_scenarios.network_plans import Prepared

_S_PER_H: Final = 3600.0


def report_document(prepared: Prepared, planned: NetworkPlanned) -> dict[str, Any]:
    """Return the report of a plan. Per vehicle means: per vehicle that enters the network of signals."""
    problem = prepared.problem
    after = figures_of(problem, planned.after)
    before = after if planned.before == planned.after else figures_of(problem, planned.before)
    weights, settings = problem.weights, problem.model.settings
    links = list(_links(prepared, after))
    return {
        "scenario": prepared.world.scenario.name,
        "signals": len(problem.signals),
        "entering_veh_h": round(_entering(prepared) * _S_PER_H, 1),
        "weights": {"delay": weights.delay, "stop_s": weights.stop_s, "excess": weights.excess},
        "model": {
            "start_s": settings.start_s,
            "gain_s": settings.gain_s,
            "saturation": settings.saturation,
            "stop_loss_s": settings.stop_loss_s,
            "random": settings.random,
        },
        "before": _totals(prepared, before),
        "after": _totals(prepared, after),
        "areas": [_area(area) for area in planned.areas],
        "oversaturated": oversaturated(links),
        "links": links,
    }


def oversaturated(links: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the fullest approach of each signal whose degree of saturation is above 1, the fullest signal first."""
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(links, key=lambda row: -row["saturation"]):
        if row["saturation"] > 1.0:
            found.setdefault(row["signal"], {key: row[key] for key in ("signal", "from_edge", "saturation")})
    return list(found.values())


def _entering(prepared: Prepared) -> float:
    return max(float(prepared.problem.model.links.entering_veh_s.sum()), 1e-9)


def _totals(prepared: Prepared, figures: Figures) -> dict[str, Any]:
    entering = _entering(prepared)
    loaded = figures.arrived_veh_s > 0
    return {
        "index_s": round(figures.index_veh / entering, 3),
        "delay_s": round(float(figures.delay_veh.sum()) / entering, 3),
        "stops": round(float(figures.stops_veh_s.sum()) / entering, 4),
        "excess_veh": round(figures.excess_veh, 2),
        "highest_saturation": round(float(figures.saturation[loaded].max()), 4) if loaded.any() else None,
    }


def _area(area: AreaPlan) -> dict[str, Any]:
    entering = max(area.entering_veh_s, 1e-9)
    pairs, searched = area.pairs, area.searched
    open_s = (pairs.cost - pairs.bound) / entering
    best_s = None if searched is None else round(searched.index_s, 3)
    return {
        "signals": list(area.signals),
        "cycle_s": area.cycle_s,
        "cycles": [{"cycle_s": look.cycle_s, "index_s": round(look.index_s, 3)} for look in area.looks],
        "pairs": {
            "cost_s": round(pairs.cost / entering, 4),
            "bound_s": round(pairs.bound / entering, 4),
            "gap": round(pairs.gap, 5),
            "open_s": round(open_s, 4),
            "proven": pairs.proven,
        },
        "best_s": best_s,
        "median_s": None if searched is None else round(searched.median_s, 3),
        "starts": []
        if searched is None
        else [
            {"from": start.what, "begin_s": round(start.begin_s, 3), "end_s": round(start.end_s, 3)}
            for start in searched.starts
        ],
        "stopped": searched is not None and searched.stopped,
    }


def _links(prepared: Prepared, figures: Figures) -> Iterator[dict[str, Any]]:
    """Yield a row for each road to a stop line that has traffic."""
    storage, built = prepared.built.model.storage, prepared.built
    for number, road in enumerate(built.roads):
        lanes = np.flatnonzero(storage.link == number)
        own = np.flatnonzero(np.isin(storage.lane, lanes))
        flow = float(figures.arrived_veh_s[own].sum())
        if flow <= 0:
            continue
        loaded = own[figures.arrived_veh_s[own] > 0]
        queue_m, storage_m = _reach_m(prepared, figures, number, lanes)
        yield {
            "signal": road.signal,
            "from_edge": road.from_edge,
            "flow_veh_h": round(flow * _S_PER_H, 1),
            "saturation": round(float(figures.saturation[loaded].max()), 4),
            "delay_s": round(float(figures.delay_veh[own].sum()) / flow, 2),
            "stops": round(float(figures.stops_veh_s[own].sum()) / flow, 3),
            "queue_m": round(queue_m, 1),
            "storage_m": round(storage_m, 1),
            "over": queue_m > storage_m,
        }


def _reach_m(prepared: Prepared, figures: Figures, road: int, lanes: np.ndarray) -> tuple[float, float]:
    """Return how far the longest queue of a road reaches, and the way back to the signal behind. [m]"""
    storage = prepared.built.model.storage
    way_m = float(prepared.built.queue_way_m[road])
    queued, room = figures.lane_veh[lanes], storage.room_veh[lanes]
    over_veh = float(np.maximum(queued - room, 0.0).sum())
    if over_veh <= 0:
        return float(queued.max()) * SPACING_M, way_m
    own_m = float(room.max()) * SPACING_M
    behind_m = way_m - own_m
    behind_veh = float(storage.link_veh[road])
    if behind_veh <= 0 or behind_m <= 0:
        return own_m + over_veh * SPACING_M, way_m
    return own_m + over_veh / behind_veh * behind_m, way_m
