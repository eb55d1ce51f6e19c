"""Faults of equipment, as cabinets report them."""

from typing import Literal

from signal_ctrl.centre.fault_desk import faults
from signal_ctrl.centre.faults import Fault
from signal_ctrl.web.centre_bodies import Limit, NameQuery, Reader, centre_of, people_only
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("faults")

FacilityName = Literal["detector", "lamp", "cabinet", "camera", "sign", "road"]


@router.get("/v1/faults")
def listed(
    actor: Reader,
    context: ContextOf,
    cabinet: NameQuery = "",
    facility: FacilityName | None = None,
    live: bool | None = None,
    limit: Limit = 200,
) -> list[Fault]:
    """List faults, the youngest first; `live`: only those that last, or only those that are over."""
    people_only(actor)
    return list(centre_of(context).store.read(lambda r: faults(r, cabinet, facility or "", live, limit)))
