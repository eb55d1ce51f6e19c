"""The parking service as one ASGI application, apart from the centre's.

Each route names `ANYBODY`, `UNLIMITED` or `signed(act)`; a test fails for one that names none, or two.
"""

from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from signal_ctrl.centre.link_gate import LinkGate
from signal_ctrl.domain.errors import NotFoundError, SignalCtrlError
from signal_ctrl.domain.storing import Condition
from signal_ctrl.web.background import Chore, background
from signal_ctrl.web.body_limit import NETWORK_MAX_BYTES, BodyLimit
from signal_ctrl.web.context import address_of
from signal_ctrl.web.feed_front import FeedFront
from signal_ctrl.web.outer import Outer
from signal_ctrl.web.parking import guidance_routes, office_routes, page_routes, public_routes, sign_routes
from signal_ctrl.web.parking.context import UNLIMITED, ContextOf, ParkingContext
from signal_ctrl.web.parking.public_routes import Feeds
from signal_ctrl.web.problems import on_http, on_invalid, on_ours
from signal_ctrl.web.routing import new_router
from signal_ctrl.web.settings import is_within

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_WORKING: Final = frozenset({Condition.OPEN, Condition.SPACE_LOW, Condition.SHEDDING})
health = new_router("health")


@health.get("/healthz", dependencies=[UNLIMITED])
async def healthz() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "alive"}


@health.get("/readyz", dependencies=[UNLIMITED])
async def readyz(context: ContextOf, response: Response) -> dict[str, object]:
    """Tell whether writes are taken: 200, or 503 where the store takes none."""
    condition = context.condition()
    response.status_code = 200 if condition in _WORKING else 503
    return {"ready": condition in _WORKING, "store": condition.value}


@health.get("/metrics", dependencies=[UNLIMITED], response_class=Response)
def metrics(request: Request, context: ContextOf) -> Response:
    """Return the counters for Prometheus, to the addresses that watch."""
    if not is_within(address_of(request), context.settings.watchers):
        raise NotFoundError("Not Found")
    return Response(context.metrics.text(), media_type=METRICS_TYPE)


ROUTERS: Final[tuple[APIRouter, ...]] = (
    guidance_routes.router,
    health,
    office_routes.router,
    page_routes.router,
    public_routes.router,
    sign_routes.router,
)


def make_app(context: ParkingContext, chores: tuple[Chore, ...] = ()) -> FastAPI:
    """Return the application. In production there is no description of the routes."""
    production = context.settings.production
    app = FastAPI(
        title="signal-ctrl parking",
        version="1",
        docs_url=None if production else "/docs",
        openapi_url=None if production else "/openapi.json",
        redoc_url=None,
        lifespan=background(context, (Chore("parking", context.parking.tick), *chores)),
    )
    app.state.context = context
    app.state.feeds = Feeds()
    app.add_exception_handler(SignalCtrlError, on_ours)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(BodyLimit, metrics=context.metrics)
    app.add_middleware(Outer, metrics=context.metrics)
    return app


def with_signatures(app: ASGIApp, context: ParkingContext) -> ASGIApp:
    """Return the application behind what finds out who signed."""
    gate = LinkGate(context.parking.machines, context.clock)
    return FeedFront(app, gate, context.clock, NETWORK_MAX_BYTES)
