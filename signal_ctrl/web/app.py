"""The centre as one ASGI application.

How a topic adds its routes: a module `signal_ctrl/web/<topic>_routes.py` holds `router = new_router("<topic>")` (from
`routing.py`; it reads bodies strictly), each of its routes names its right by `needs` (see `guard.py`), and the module
gets one line in `ROUTERS` below, in the order of the alphabet. What routes share is in `Context`. Errors are raised,
never answered by hand: `problems.py` has the table.

    router = new_router("alarms")

    @router.post("/v1/alarms/{number}/acknowledge")
    def acknowledge(number: int, actor: Annotated[Actor, needs(Right.HANDLE_ALARMS)], context: ContextOf) -> AlarmOut:
        return ...

Routes that ask the store are plain functions: FastAPI runs them in threads, and the event loop waits for no disk.
"""

from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.web import (
    alarms_routes,
    audit_routes,
    buses_routes,
    cabinets_routes,
    conditions_routes,
    control_routes,
    demo_routes,
    detector_list_routes,
    diversions_routes,
    faults_routes,
    feeds_routes,
    figures_routes,
    forecast_routes,
    health_routes,
    incidents_routes,
    junction_routes,
    link_routes,
    links_routes,
    missions_routes,
    network_routes,
    open_routes,
    overrides_routes,
    page_routes,
    parking_routes,
    past_routes,
    plans_routes,
    reports_routes,
    responses_routes,
    roads_routes,
    schedules_routes,
    session_routes,
    shadow_routes,
    signs_routes,
    special_routes,
    stream_routes,
    tickets_routes,
    units_routes,
    user_routes,
)
from signal_ctrl.web.background import Chore, background
from signal_ctrl.web.body_limit import BodyLimit
from signal_ctrl.web.context import Context
from signal_ctrl.web.outer import Outer
from signal_ctrl.web.problems import on_http, on_invalid, on_ours

ROUTERS: Final[tuple[APIRouter, ...]] = (
    alarms_routes.router,
    audit_routes.router,
    buses_routes.router,
    cabinets_routes.router,
    conditions_routes.router,
    control_routes.router,
    demo_routes.router,
    detector_list_routes.router,
    diversions_routes.router,
    faults_routes.router,
    feeds_routes.router,
    figures_routes.router,
    forecast_routes.router,
    health_routes.router,
    incidents_routes.router,
    junction_routes.router,
    link_routes.router,
    links_routes.router,
    missions_routes.router,
    network_routes.router,
    open_routes.router,
    overrides_routes.router,
    page_routes.router,
    parking_routes.router,
    past_routes.router,
    plans_routes.router,
    reports_routes.router,
    responses_routes.router,
    roads_routes.router,
    schedules_routes.router,
    session_routes.router,
    shadow_routes.router,
    signs_routes.router,
    special_routes.router,
    stream_routes.router,
    tickets_routes.router,
    units_routes.router,
    user_routes.router,
)


def make_app(context: Context, chores: tuple[Chore, ...] = ()) -> FastAPI:
    """Return the application. In production there is no description of the routes and no page that tries them.

    Args: chores, what is done once a second while it is served, besides telling who listens and
        recording what is shown.
    """
    production = context.settings.production
    own = Chore("stream", context.hub.tick), Chore("past", context.recorder.tick)
    app = FastAPI(
        title="signal-ctrl centre",
        version="1",
        docs_url=None if production else "/docs",
        openapi_url=None if production else "/openapi.json",
        redoc_url=None,
        lifespan=background(context, (*chores, *own)),
    )
    app.state.context = context
    app.add_exception_handler(SignalCtrlError, on_ours)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(BodyLimit, metrics=context.metrics)
    app.add_middleware(Outer, metrics=context.metrics)
    return app
