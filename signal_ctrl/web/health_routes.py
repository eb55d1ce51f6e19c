"""Whether the process lives and can work, and what it counts: for those who watch it."""

from typing import Final

from fastapi import Request, Response

from signal_ctrl.centre.identity import Right
from signal_ctrl.centre.ports import Condition
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.context import address_of
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.settings import is_within

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_WORKING: Final = frozenset({Condition.OPEN, Condition.SPACE_LOW, Condition.SHEDDING})

router = new_router("health")


class HealthOut(BodyOut):
    """How the process is."""

    status: str


class ReadyOut(BodyOut):
    """Whether writes are taken, and how the store is."""

    ready: bool
    store: str


@router.get("/healthz", dependencies=[needs(Right.OPEN)])
async def healthz() -> HealthOut:
    """Tell that the process answers; it says nothing about what it can do."""
    return HealthOut(status="alive")


@router.get("/readyz", dependencies=[needs(Right.OPEN)])
async def readyz(context: ContextOf, response: Response) -> ReadyOut:
    """Tell whether writes are taken: 200, or 503 where the store takes none."""
    condition = context.centre.store.condition
    ready = condition in _WORKING
    response.status_code = 200 if ready else 503
    return ReadyOut(ready=ready, store=condition.value)


@router.get(
    "/metrics",
    dependencies=[needs(Right.OPEN)],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(request: Request, context: ContextOf) -> Response:
    """Return the counters for Prometheus, to the addresses that watch; there is nothing for anybody else."""
    if not is_within(address_of(request), context.settings.watchers):
        raise NotFoundError("Not Found")
    return Response(context.metrics.text(), media_type=METRICS_TYPE)
