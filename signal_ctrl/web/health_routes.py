"""Whether the process lives: for those who watch it."""

from signal_ctrl.centre.identity import Right
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import new_router

router = new_router("health")


@router.get("/healthz", dependencies=[needs(Right.OPEN)])
async def healthz() -> dict[str, str]:
    """Tell that the process answers; it says nothing about what it can do."""
    return {"status": "alive"}
