"""The one way into a route: it names the right that it needs, and gets whoever asks.

    @router.get("/v1/alarms")
    def alarms(actor: Annotated[Actor, needs(Right.READ_STATUS)], context: ContextOf) -> ...:

A route without `needs`, or with two, fails a test. What a grant leaves open (`Grant.OWN`, `Grant.OWN_DISTRICT`) is the
route's to check: `own_cabinet` and `Actor.reaches`.
"""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from signal_ctrl.centre.identity import Actor, Right, Role, require
from signal_ctrl.domain.errors import ForbiddenError, NotFoundError
from signal_ctrl.web.connections import claim
from signal_ctrl.web.context import CABINET_HEADER, Context, context_of
from signal_ctrl.web.person_check import person_of

ANYBODY: Final = Actor("anybody", Role.VIEWER)
"""Who asks a route that needs no login; nobody looks."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The dependency behind `needs`; the tests read its right off the routes."""

    right: Right

    async def __call__(self, request: Request) -> Actor:
        """Return whoever asks.

        Raises: NotLoggedInError; ForbiddenError if the right does not reach, which is recorded; TooManyError.
        """
        if self.right is Right.OPEN:
            return ANYBODY
        context = context_of(request)
        cabinet = CABINET_HEADER in request.headers
        actor = await (context.cabinets(request) if cabinet else person_of(request, context))
        request.scope["signal_ctrl.actor"] = actor.login
        context.rates.take(actor)
        if not cabinet:
            claim(request.scope, f"session {actor.session}")
        try:
            require(actor, self.right, context.clock.utc_ms())
        except ForbiddenError as error:
            place = f"{request.method} {request.url.path}"
            await run_in_threadpool(_record_refusal, context, actor, place, str(error))
            raise
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


def _record_refusal(context: Context, actor: Actor, place: str, why: str) -> None:
    now_utc_ms = context.clock.utc_ms()
    who = f"cabinet:{actor.login}" if actor.role is Role.CABINET else actor.login
    context.identity.accounts.store.write(
        lambda transaction: transaction.record(who, "request", place[:200], f"refused: {why}", now_utc_ms)
    )
