"""What all requests of one application share, and how a route gets at it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from signal_ctrl.centre.identity import Actor
from signal_ctrl.domain.clock import Clock

CABINET_HEADER: Final = "signal-ctrl-cabinet"

LoginCheck = Callable[[Request], Awaitable[Actor]]
"""Says who asks. Raises NotLoggedInError; ForbiddenError for a write that another site may have sent."""


@dataclass(frozen=True, slots=True)
class Context:
    """What all requests share.

    `centre`, the services of the centre. `people` knows who a bearer token or a cookie stands for, `cabinets` who
    signed a request that carries the header `Signal-Ctrl-Cabinet`.
    """

    clock: Clock
    centre: Any
    people: LoginCheck
    cabinets: LoginCheck


def context_of(request: Request) -> Context:
    """Return what all requests of this application share."""
    context: Context = request.app.state.context
    return context
