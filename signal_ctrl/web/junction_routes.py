"""Junctions as the centre knows them: where they stand, whether they are heard, what each says that it runs."""

import json
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import StringConstraints

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.cabinets import Cabinet, cabinet_of, every_cabinet
from signal_ctrl.centre.fault_desk import faults
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.identity import Actor, Right, Role
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.guard import needs, own_cabinet
from signal_ctrl.web.junction_view import JunctionOut, LampsOut, shown, shown_lamps
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("junctions")

Reader = Annotated[Actor, needs(Right.READ_STATUS)]
Name = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9._-]+$")]
_NAME: Final = "^[A-Za-z0-9._-]{1,64}$"
Junctions = Annotated[list[Annotated[str, StringConstraints(pattern=_NAME)]], Query(min_length=1, max_length=20)]
Limit = Annotated[int, Query(ge=1, le=20_000)]


class JunctionsOut(BodyOut):
    """Junctions, by name."""

    junctions: list[JunctionOut]


class JunctionDetailOut(JunctionOut):
    """One junction with the document of its site, which is only read here, and what somebody has to look at."""

    site: dict[str, Any]
    lamps: LampsOut | None
    alarms: list[dict[str, Any]]
    faults: list[dict[str, Any]]


class SeenLampsOut(BodyOut):
    """Lamps by junction; those that told of none are missing."""

    lamps: dict[str, LampsOut]


class FlowOut(BodyOut):
    """What one signal group let pass, as its cabinet counted it last."""

    junction: str
    group: str
    from_utc_ms: int
    to_utc_ms: int
    vehicles: int
    queue_veh: int | None


class DetectorFaultOut(BodyOut):
    """A detector that is broken."""

    junction: str
    detector: str
    code: str
    text: str
    since_utc_ms: int
    ticket: str


class DetectorsOut(BodyOut):
    """What detection says and lacks."""

    faults: list[DetectorFaultOut]
    counts: list[FlowOut]


@router.get("/v1/junctions")
def junctions(actor: Reader, context: ContextOf, district: Annotated[str, Query(max_length=64)] = "") -> JunctionsOut:
    """List junctions, all or those of a district. A cabinet sees itself."""
    cabinets = context.centre.store.read(every_cabinet)
    wanted = (each for each in cabinets if _is_wanted(each, actor, district))
    return JunctionsOut(junctions=[shown(each, context.centre) for each in wanted])


@router.get("/v1/junctions/{junction}")
def one_junction(junction: Name, actor: Reader, context: ContextOf) -> JunctionDetailOut:
    """Show one junction with its site, its live alarms and its youngest faults."""
    own_cabinet(actor, junction)

    def look(reading: Reading) -> JunctionDetailOut:
        cabinet = cabinet_of(reading, junction)
        return JunctionDetailOut(
            **shown(cabinet, context.centre).model_dump(),
            site=json.loads(cabinet.site),
            lamps=shown_lamps(junction, context.centre),
            alarms=[asdict(alarm) for alarm in alarms(reading, subject=junction)],
            faults=[asdict(fault) for fault in faults(reading, junction, limit=50)],
        )

    return context.centre.store.read(look)


@router.get("/v1/lamps")
def lamps(actor: Reader, context: ContextOf, junction: Junctions) -> SeenLampsOut:
    """Show the lamps of up to 20 junctions, as their last polls told them; from memory, to be asked once a second."""
    for name in junction:
        own_cabinet(actor, name)
    found = {name: shown_lamps(name, context.centre) for name in junction}
    return SeenLampsOut(lamps={name: each for name, each in found.items() if each is not None})


@router.get("/v1/detectors")
def detectors(
    actor: Reader, context: ContextOf, junction: Annotated[str, Query(max_length=64)] = "", limit: Limit = 1000
) -> DetectorsOut:
    """List detectors that are broken, and the youngest counts by signal group. A cabinet sees its own."""
    name = actor.login if actor.role is Role.CABINET else junction

    def look(reading: Reading) -> DetectorsOut:
        broken = faults(reading, name, Facility.DETECTOR.value, live=True, limit=limit)
        counts = reading.shelf(FLOWS).find({"cabinet": name} if name else None, limit=limit)
        return DetectorsOut(
            faults=[
                DetectorFaultOut(
                    junction=fault.cabinet,
                    detector=fault.device,
                    code=fault.code,
                    text=fault.text,
                    since_utc_ms=fault.begin_utc_ms,
                    ticket=fault.ticket,
                )
                for fault in broken
            ],
            counts=[_flow(flow) for flow in counts],
        )

    return context.centre.store.read(look)


def _is_wanted(cabinet: Cabinet, actor: Actor, district: str) -> bool:
    if actor.role is Role.CABINET:
        return cabinet.cabinet == actor.login
    return not district or cabinet.district == district


def _flow(flow: GroupFlow) -> FlowOut:
    return FlowOut(
        junction=flow.cabinet,
        group=flow.group,
        from_utc_ms=flow.from_utc_ms,
        to_utc_ms=flow.to_utc_ms,
        vehicles=flow.vehicles,
        queue_veh=flow.queue_veh,
    )
