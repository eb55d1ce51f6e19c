"""Every detector that is known, with how it does: those of cabinets by signal group, those of the roads one by one."""

from typing import Annotated, Final, Literal

from fastapi import Query

from signal_ctrl.centre.fault_desk import faults
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.traffic_values import GroupFlow
from signal_ctrl.watch.intake.loop_board import LoopHealth, health_of
from signal_ctrl.watch.observations import LoopCount
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.routing import ContextOf, new_router

COUNTED_MS: Final = 15 * 60_000
"""Cabinets report counts each five minutes; after three without one a group is silent. [ms] [P]"""
_BROKEN: Final = "broken"
Health = Literal["counts", "covered", "silent", "never heard", "broken"]

router = new_router("detectors")


class DetectorOut(BodyOut):
    """One detector. `where`, the junction or road; `vehicles` counted last, over the time until `last_utc_ms`. [ms]"""

    key: str
    detector: str
    where: str
    kind: Literal["group", "device", "loop"]
    health: Health
    vehicles: int | None = None
    veh_h: int | None = None
    occupied: float | None = None
    last_utc_ms: int | None = None
    text: str = ""


class DetectorListOut(BodyOut):
    """Detectors in the order of their keys; `after` is the key to go on with, empty at the end. `by_health`, of all."""

    detectors: list[DetectorOut]
    after: str
    by_health: dict[str, int]


@router.get("/v1/detector-list")
def detector_list(
    actor: Reader,
    context: ContextOf,
    after: Annotated[str, Query(max_length=300)] = "",
    health: Annotated[Health | None, Query()] = None,
    wanted: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DetectorListOut:
    """List detectors with their health, a page at a time. `wanted`: only where detector or place has this text."""
    people_only(actor)
    found = sorted((*_of_cabinets(context), *_of_roads(context)), key=lambda each: each.key)
    counts: dict[str, int] = {}
    for each in found:
        counts[each.health] = counts.get(each.health, 0) + 1
    text = wanted.lower()
    fits = [
        each
        for each in found
        if (health is None or each.health == health) and text in f"{each.detector} {each.where}".lower()
    ]
    page = [each for each in fits if each.key > after][: limit + 1]
    return DetectorListOut(
        detectors=page[:limit], after=page[limit - 1].key if len(page) > limit else "", by_health=counts
    )


def _of_cabinets(context: Context) -> list[DetectorOut]:
    def look(reading: Reading) -> list[DetectorOut]:
        broken = faults(reading, "", Facility.DETECTOR.value, live=True, limit=5000)
        devices = [
            DetectorOut(
                key=f"{fault.cabinet}/{fault.device}/{fault.code}",
                detector=fault.device,
                where=fault.cabinet,
                kind="device",
                health=_BROKEN,
                last_utc_ms=fault.begin_utc_ms,
                text=f"{fault.code} {fault.text}".strip(),
            )
            for fault in broken
        ]
        return devices + [_group(flow, context.clock.utc_ms()) for flow in context.centre.traffic.last(reading)]

    return context.centre.store.read(look)


def _group(flow: GroupFlow, now_utc_ms: int) -> DetectorOut:
    return DetectorOut(
        key=f"{flow.cabinet}/{flow.group}",
        detector=flow.group,
        where=flow.cabinet,
        kind="group",
        health="counts" if now_utc_ms - flow.to_utc_ms <= COUNTED_MS else "silent",
        vehicles=flow.vehicles,
        veh_h=round(flow.vehicles * 3_600_000 / (flow.to_utc_ms - flow.from_utc_ms)),
        last_utc_ms=flow.to_utc_ms,
    )


def _of_roads(context: Context) -> list[DetectorOut]:
    network, last, now_utc_ms = context.watch.network(), context.watch.intake.loops.last(), context.clock.utc_ms()
    loops = () if network is None else network.loops
    return [_loop(loop.detector, loop.road, last.get(loop.detector), now_utc_ms) for loop in loops]


def _loop(detector: str, road: str, last: LoopCount | None, now_utc_ms: int) -> DetectorOut:
    health: LoopHealth = health_of(last, now_utc_ms)
    return DetectorOut(
        key=f"{road}/{detector}",
        detector=detector,
        where=road,
        kind="loop",
        health=health.value,
        vehicles=None if last is None else last.vehicles,
        veh_h=None if last is None else round(last.vehicles * 3_600_000 / (last.to_utc_ms - last.from_utc_ms)),
        occupied=None if last is None else round(last.occupied, 3),
        last_utc_ms=None if last is None else last.to_utc_ms,
    )
