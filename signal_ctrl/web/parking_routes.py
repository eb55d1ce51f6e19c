"""What the parking service tells operators, from the centre's memory: no request here waits for that service."""

from typing import Any

from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("parking")


class ParkingOut(BodyOut):
    """What was heard last of the parking service, if one is `named`. [s] `overview` is null before the first time."""

    named: bool
    reachable: bool
    why: str
    age_s: int | None
    overview: dict[str, Any] | None


@router.get("/v1/parking/overview")
def overview(actor: Reader, context: ContextOf) -> ParkingOut:
    """Return occupancy, turnover, estimated revenue, overstays and health of sensors, and how old that is."""
    people_only(actor)
    if context.parking is None:
        why = "no parking service is named here; 'signal-ctrl serve --parking ADDRESS' names it"
        return ParkingOut(named=False, reachable=False, why=why, age_s=None, overview=None)
    return ParkingOut(named=True, **context.parking.shown())
