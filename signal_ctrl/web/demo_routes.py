"""A demo: a session for every visitor of this machine, without an account. Only where the settings say so.

Three things keep others out: whoever serves a demo listens on loopback alone; the request has to come from there, by an
address of this machine and through no proxy; and a page of another site gets nothing, as at a login.
"""

from typing import Annotated, Final, Literal

from fastapi import Depends, Request, Response

from signal_ctrl.centre.demo_sessions import LOGINS, DemoSessions
from signal_ctrl.centre.identity import Actor, Right, Role
from signal_ctrl.domain.errors import ForbiddenError, NotFoundError, NotLoggedInError
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.context import Context, address_of
from signal_ctrl.web.guard import needs
from signal_ctrl.web.person_check import check_origin
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.session_routes import SessionOut, answered
from signal_ctrl.web.settings import LOOPBACK, is_within

router = new_router("demo")
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class DemoIn(BodyIn):
    """As whom a visitor acts."""

    role: Literal["operator", "supervisor", "engineer"] = "supervisor"


class DemoOut(BodyOut):
    """The demo's clock: its time now, and how fast it goes beside the wall's."""

    utc_ms: int
    speed: float


def visited(request: Request, context: ContextOf) -> Context:
    """Return what is shared, for a visitor of this machine. Raises: NotFoundError where no demo is served."""
    if context.settings.demo_speed is None:
        raise NotFoundError("there is no such route")
    host = request.url.hostname or ""
    own = host == "localhost" or is_within(host, LOOPBACK)
    if not own or not is_within(address_of(request), LOOPBACK) or any(name in request.headers for name in _FORWARDED):
        raise ForbiddenError("a demo is for this machine alone")
    return context


Visited = Annotated[Context, Depends(visited)]


@router.get("/v1/demo", dependencies=[needs(Right.OPEN)])
def demo(context: Visited) -> DemoOut:
    """Tell the clock of the demo."""
    return DemoOut(utc_ms=context.clock.utc_ms(), speed=context.settings.demo_speed or 1.0)


@router.post("/v1/demo-session", dependencies=[needs(Right.OPEN)])
def begin_demo_session(body: DemoIn, request: Request, response: Response, context: Visited) -> SessionOut:
    """Begin a session of the demo, in a cookie; one that is there already goes on, with its second factor young."""
    check_origin(request.headers, context.settings, needed=False)
    accounts = context.identity.accounts
    sessions = DemoSessions(accounts.store, accounts.clock, accounts.random_bytes)
    role, known = Role(body.role), _who_is_here(request, context)
    if known is not None and known.login == LOGINS[role]:
        return answered(sessions.again(known), response, context)
    return answered(sessions.begin(role, address_of(request)), response, context)


def _who_is_here(request: Request, context: Context) -> Actor | None:
    """Return whose session the cookie is of, None if of none that lasts."""
    try:
        return context.identity.sessions.who(request.cookies.get(context.settings.cookie, ""), address_of(request))
    except NotLoggedInError:
        return None
