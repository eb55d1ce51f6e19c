"""Parts of bodies and paths that several topics of the centre have in common, and who reads them."""

from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import Field, StringConstraints

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import MACHINES, Actor, Right
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.context import Context
from signal_ctrl.web.guard import needs

_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[str, StringConstraints(pattern=_PATTERN)]
"""The name of a cabinet, a plan, an area."""
NamePath = Annotated[str, Path(pattern=_PATTERN)]
NameQuery = Annotated[str, Query(pattern=f"{_PATTERN}|^$")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
UtcMs = Annotated[int, Field(ge=0, le=1 << 43)]
Note = Annotated[str, StringConstraints(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=5000)]
Names = Annotated[list[Name], Field(max_length=2000)]
Document = dict[str, Any]

Reader = Annotated[Actor, needs(Right.READ_STATUS)]
Engineer = Annotated[Actor, needs(Right.MANAGE_PLANS)]
Handler = Annotated[Actor, needs(Right.HANDLE_ALARMS)]


def centre_of(context: Context) -> Centre:
    """Return the services of the centre."""
    centre: Centre = context.centre
    return centre


def people_only(actor: Actor) -> None:
    """Check that a person asks: a cabinet reads what is its own alone. Raises: NotFoundError."""
    if actor.role in MACHINES:
        raise NotFoundError(f"there is nothing of that {actor.role.value} here")
