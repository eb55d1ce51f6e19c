"""The one way into a route: it names the right that it needs, and gets whoever asks.

    @router.get("/v1/alarms")
    def alarms(actor: Annotated[Actor, needs(Right.READ_STATUS)], centre: CentreOf) -> ...:

A route without `needs`, or with two, fails a test. What a grant leaves open (`Grant.OWN`, `Grant.OWN_DISTRICT`) is the
route's to check: `own_cabinet` and `Actor.reaches`.
"""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends
from starlette.requests import Request

from signal_ctrl.centre.identity import Actor, Right, Role, require
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.context import CABINET_HEADER, Context, context_of

ANYBODY: Final = Actor("anybody", Role.VIEWER)
"""Who asks a route that needs no login; nobody looks."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The dependency behind `needs`; the tests read its right off the routes."""

    right: Right

    async def __call__(self, request: Request) -> Actor:
        """Return whoever asks.

        Raises: NotLoggedInError; ForbiddenError if the right does not reach; TooManyError if they ask too often.
        """
        context = context_of(request)
        if self.right is Right.OPEN:
            return ANYBODY
        actor = await _who_asks(request, context)
        require(actor, self.right, context.clock.utc_ms())
        return actor


def needs(right: Right) -> Any:
    """Return the dependency that lets in those alone who have a right."""
    return Depends(Needs(right))


def own_cabinet(actor: Actor, cabinet: str) -> None:
    """Check that a cabinet asks for itself alone; people pass.

    Raises: NotFoundError otherwise, so that no cabinet learns which others there are.
    """
    if actor.role is Role.CABINET and actor.login != cabinet:
        raise NotFoundError("there is no such cabinet")


async def _who_asks(request: Request, context: Context) -> Actor:
    if CABINET_HEADER in request.headers:
        return await context.cabinets(request)
    return await context.people(request)
