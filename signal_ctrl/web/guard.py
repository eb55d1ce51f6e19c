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

from signal_ctrl.centre.identity import MACHINES, Actor, Right, Role, require
from signal_ctrl.domain.errors import ForbiddenError, NotFoundError
from signal_ctrl.web.connections import claim
from signal_ctrl.web.context import CABINET_HEADER, Context, context_of
from signal_ctrl.web.feed_front import FEED_HEADER, who_feeds
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
        actor = await _asking(request, context)
        request.scope["signal_ctrl.actor"] = actor.login
        context.rates.take(actor)
        if actor.role is not Role.CABINET:
            claim(request.scope, f"feed {actor.login}" if actor.role is Role.FEED else f"session {actor.session}")
        try:
            require(actor, self.right, context.clock.utc_ms())
        except ForbiddenError as error:
            place = f"{request.method} {request.url.path}"
            await run_in_threadpool(_record_refusal, context, actor, place, str(error))
            raise
        return actor


async def _asking(request: Request, context: Context) -> Actor:
    """Return whoever asks: by the code of a cabinet or of a feed, else as a person."""
    if CABINET_HEADER in request.headers:
        return await context.cabinets(request)
    return who_feeds(request) if FEED_HEADER in request.headers else await person_of(request, context)


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
    who = f"{actor.role.value}:{actor.login}" if actor.role in MACHINES else actor.login
    context.identity.accounts.store.write(
        lambda transaction: transaction.record(who, "request", place[:200], f"refused: {why}", now_utc_ms)
    )
