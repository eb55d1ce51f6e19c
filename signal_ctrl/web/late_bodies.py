"""Bodies longer than most: read after it is known who asks, and off the thread that serves everybody."""

from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.strict_json import read_json

B = TypeVar("B", bound=BodyIn)


def described(model: type[BodyIn]) -> dict[str, Any]:
    """Return what the description of a route says of a body that `late_body` reads."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


async def late_body(request: Request, model: type[B]) -> B:
    """Return the body of a request, read as strictly as any. Raises: InvalidInputError; RequestValidationError."""
    return await run_in_threadpool(_read, await request.body(), model)


def _read(body: bytes, model: type[B]) -> B:
    try:
        return model.model_validate(read_json(body))
    except ValidationError as error:
        listed = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        raise RequestValidationError(listed) from error
