"""Routers whose routes read JSON strictly and describe their problems."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from signal_ctrl.web.context import Context, context_of
from signal_ctrl.web.problems import MEDIA_TYPE
from signal_ctrl.web.strict_json import read_json

ContextOf = Annotated[Context, Depends(context_of)]
"""The annotation by which a route gets what all requests share."""

_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "error_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error_id": {"type": "string"},
    },
}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": words, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    for status, words in {
        400: "The request is no proper HTTP or JSON.",
        401: "Nobody is logged in.",
        403: "The role, the district or the second factor does not reach.",
        404: "It is not there, or not for whoever asks.",
        409: "It contradicts what is there, or a rule refused it.",
        413: "The body is too large.",
        415: "The body is of another media type.",
        422: "What came in cannot be used; the detail names the fix.",
        429: "Too often; Retry-After says when to ask again.",
        503: "Something outside failed; nothing was changed that was not acknowledged.",
        507: "The disk is full; nothing was changed.",
    }.items()
}


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    _value: Any = None
    _is_read: bool = False

    async def json(self) -> Any:
        """Return the body. Raises: InvalidInputError."""
        if not self._is_read:
            self._value = read_json(await self.body())
            self._is_read = True
        return self._value


class StrictRoute(APIRoute):
    """A route that reads its body as `StrictRequest` does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that answers a request."""
        inner = super().get_route_handler()
        has_body = self.body_field is not None

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if has_body and await strict.body():
                await strict.json()  # before FastAPI reads it, which would make another error of ours
            return await inner(strict)

        return handle


def new_router(topic: str) -> APIRouter:
    """Return the router of a topic."""
    return APIRouter(tags=[topic], route_class=StrictRoute, responses=PROBLEMS)
