"""What one decision was made on, as a document: the words of the network for the numbers of a view."""

from collections.abc import Sequence
from typing import Any, Final

from detectors.buses.joining import ComingBus
from detectors.loops.health import LoopHealth
from optimiser.controller import Decision, Situation
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.network import ApproachLane, JunctionLayout
from signal_ctrl.domain.site import Right, Site
from signal_ctrl.domain.timing import to_s
from signal_ctrl.domain.view import UNKNOWN, JunctionView
from signal_ctrl.kernel.state import Core

Document = dict[str, Any]
_NO_LIMIT_VEH: Final = 1000.0


def inputs_document(site: Site, layout: JunctionLayout, view: JunctionView) -> Document:
    """Return what was seen: per lane queue, vehicles, beliefs; per exit its room. [s], [veh]"""
    return {
        "lanes": [_lane(site, layout, view, index, lane) for index, lane in enumerate(layout.lanes)],
        "exits": [
            {
                "lane": each.lane_id,
                "room_veh": _limited(float(view.room_veh[index])),
                "vehicles": round(float(view.beyond_veh[index]), 2),
            }
            for index, each in enumerate(layout.exits)
        ],
    }


def loops_document(layout: JunctionLayout, health: LoopHealth) -> list[Document]:
    """Return the loops that are not fully believed: the channel, the lanes, how far from the stop line [m], and why."""
    return [
        {
            "channel": loop.channel,
            "lanes": [layout.lanes[lane].lane_id for lane in loop.serves],
            "to_stop_m": round(loop.to_stop_m, 1),
            "state": health.state(k).value,
            "why": health.why(k) or None,
        }
        for k, loop in enumerate(layout.loops)
        if health.state(k) is not DetectorState.OK
    ]


def weights_document(site: Site, layout: JunctionLayout, view: JunctionView, owed_s: Sequence[float]) -> Document:
    """Return as how many cars those count who do not count as one, lane by lane, and what groups are owed. [s]

    People on foot are one entry a crossing; lanes of bicycles count by the persons on them.
    """
    found = []
    for index, lane in enumerate(layout.lanes):
        places = range(int(view.n_vehicles[index]))
        cars = [float(view.weight[index, p]) if view.weight.size else 1.0 for p in places]
        if any(each != 1.0 for each in cars) or lane.cars != 1.0:
            found.append({"lane": lane.lane_id, "cars": [round(each * lane.cars, 2) for each in cars]})
    owed = {group.name: round(s, 1) for group, s in zip(site.groups, owed_s, strict=True) if s > 0}
    return {"weights": found, "owed_s": owed}


def bus_document(site: Site, layout: JunctionLayout, bus: ComingBus, vehicle: str) -> Document:
    """Return a bus that was weighed: when it may be at the stop line [s], how far off it was [m], by which lanes."""
    return {
        "vehicle": vehicle,
        "cars": round(bus.cars, 2),
        "times_s": [round(time_s, 1) for time_s in bus.times_s],
        "to_stop_m": round(bus.to_stop_m, 1),
        "lanes": [
            {"lane": layout.lanes[lane].lane_id, "group": _group_name(site, layout, movement), "share": round(share, 2)}
            for lane, movement, share in bus.lanes
        ],
    }


def _lane(site: Site, layout: JunctionLayout, view: JunctionView, index: int, lane: ApproachLane) -> Document:
    count, barred = int(view.n_vehicles[index]), int(view.barred[index])
    return {
        "lane": lane.lane_id,
        "groups": list(dict.fromkeys(_group_name(site, layout, m) for m in lane.movements)),
        "loops": len(lane.loops),
        "queue_veh": round(float(view.standing[index]), 2),
        "vehicles": [_vehicle(layout, view, index, place) for place in range(count)],
        "headway_s": round(float(view.headway_s[index]), 2),
        "yielding_headway_s": round(float(view.permissive_s[index]), 2) if view.permissive_s.size else None,
        "crowded": round(float(view.crowded[index]), 2) if view.crowded.size else None,
        "first_is_stuck": bool(view.stuck[index]),
        "movements": [
            {
                "group": _group_name(site, layout, movement),
                "exit": layout.exits[layout.movements[movement].exit].lane_id,
                "share": round(float(view.ratio[movement]), 3),
                "refused_by_first": bool(barred >> place & 1),
                "waits_inside": bool(view.inside[movement]) if view.inside.size else False,
            }
            for place, movement in enumerate(lane.movements)
        ],
    }


def _vehicle(layout: JunctionLayout, view: JunctionView, lane: int, place: int) -> Document:
    movement = int(view.movement[lane, place])
    known = {} if movement == UNKNOWN else {"exit": layout.exits[layout.movements[movement].exit].lane_id}
    return {
        "in_s": round(float(view.eta_s[lane, place]), 1),
        "presence": round(float(view.presence[lane, place]), 2),
        "late_s": round(float(view.late_s[lane, place]), 1) if view.late_s.size else None,
        **known,
    }


def _group_name(site: Site, layout: JunctionLayout, movement: int) -> str:
    group = layout.movements[movement].group
    return site.groups[group].name if group >= 0 else ""


def _limited(room_veh: float) -> float | None:
    return round(room_veh, 2) if room_veh < _NO_LIMIT_VEH else None


def lamps_document(site: Site, situation: Situation, core: Core, calls: int) -> Document:
    """Return which stage is lit and how long, who may be chosen, and who calls and how long. [s]"""
    now_s = situation.now_s
    return {
        "stage": situation.stage,
        "complete_s": round(situation.shown_s, 1),
        "stages": [
            {"stage": index, "may_be_chosen": index in situation.stages, **_greens(site, stage.rights)}
            for index, stage in enumerate(site.stages)
        ],
        "calls": [
            {
                "group": group.name,
                "waits_s": round(now_s - to_s(state.waits_ds), 1) if state.waits_ds is not None else 0.0,
                "max_red_s": to_s(group.max_red_ds),
            }
            for g, (group, state) in enumerate(zip(site.groups, core.groups, strict=True))
            if calls >> g & 1 and not state.right.is_green
        ],
    }  # fmt: skip


def _greens(site: Site, rights: tuple[Right, ...]) -> Document:
    named = list(zip(site.groups, rights, strict=True))
    return {
        "green": [group.name for group, right in named if right is Right.PROTECTED],
        "green_gives_way": [group.name for group, right in named if right is Right.PERMISSIVE],
    }


def candidates_document(decision: Decision) -> list[Document]:
    """Return every candidate, the cheapest first. [s], [veh s]"""
    ordered = sorted(decision.candidates, key=lambda each: each[2])
    return [{"stage": stage, "after_s": after_s, "cost_veh_s": cost} for stage, after_s, cost in ordered]
