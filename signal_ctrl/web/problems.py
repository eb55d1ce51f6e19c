"""Errors as RFC 9457 problem documents, from one table.

Every class of `signal_ctrl.domain.errors` has a row of its own; a test fails where one is missing.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signal_ctrl.domain import errors

MEDIA_TYPE: Final = "application/problem+json"
LONGEST_DETAIL: Final = 2_000
"""Characters of a detail that are sent."""

STATUS: Final[Mapping[type[errors.SignalCtrlError], HTTPStatus]] = {
    errors.SignalCtrlError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidTimingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.IllegalStepError: HTTPStatus.CONFLICT,
    errors.RefusedError: HTTPStatus.CONFLICT,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.AccessError: HTTPStatus.FORBIDDEN,
    errors.NotLoggedInError: HTTPStatus.UNAUTHORIZED,
    errors.ReplayedError: HTTPStatus.UNAUTHORIZED,
    errors.LockedError: HTTPStatus.LOCKED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.BackendError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BackendLostError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BackendTimeoutError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.StorageFailedError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageLostError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageDamagedError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.FencedError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StandbyError: HTTPStatus.SERVICE_UNAVAILABLE,
}
RETRY_AFTER_S: Final = 10
"""When to ask again after something outside failed. [s]"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that says what went wrong. `kind` is the last part of its type."""

    status: HTTPStatus
    kind: str
    detail: str
    extra: Mapping[str, Any]
    retry_after_s: int | None = None

    def document(self, error_id: str) -> dict[str, Any]:
        """Return the problem document; `error_id` is what the log knows it by."""
        return {
            **self.extra,
            "type": f"/problems/{self.kind}",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail[:LONGEST_DETAIL],
            "error_id": error_id,
        }


def status_of(error: errors.SignalCtrlError) -> HTTPStatus:
    """Return the status of an error: that of its nearest class in the table."""
    return next(STATUS[each] for each in type(error).__mro__ if each in STATUS)


def problem_of(error: errors.SignalCtrlError) -> Problem:
    """Return the problem that an error is. The detail of a fault of our own stays in the log."""
    status = status_of(error)
    detail = str(error) if status < HTTPStatus.INTERNAL_SERVER_ERROR else "it failed here; the log has the reason"
    extra = {"rule": error.rule} if isinstance(error, errors.RefusedError) else {}
    return Problem(status, kind_of(type(error)), detail, extra, _retry_after_s(error, status))


def kind_of(error_class: type[Exception]) -> str:
    """Return the name of an error's class as a part of an address.

    >>> kind_of(errors.NotLoggedInError)
    'not-logged-in'
    """
    name = error_class.__name__.removesuffix("Error")
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")


def answer(problem: Problem, error_id: str) -> Response:
    """Return the response that carries a problem."""
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    if problem.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.document(error_id), problem.status.value, headers, MEDIA_TYPE)


def error_id_of(request: Request) -> str:
    """Return the id under which this request stands in the log."""
    found = request.scope.get("signal_ctrl.request_id")
    return found if isinstance(found, str) else secrets.token_hex(8)


async def on_ours(request: Request, error: Exception) -> Response:
    """Answer an error of our tree, for which alone this is registered."""
    return answer(problem_of(cast(errors.SignalCtrlError, error)), error_id_of(request))


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such path, no such method."""
    refused = cast(HTTPException, error)
    status = HTTPStatus(refused.status_code)
    response = answer(Problem(status, f"http-{status.value}", status.phrase, {}), error_id_of(request))
    for name, value in (refused.headers or {}).items():
        response.headers[name] = value
    return response


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a body, a query or a path that does not fit its route; the values themselves are not repeated."""
    listed = cast(RequestValidationError, error).errors()[:20]
    found = [{"where": ".".join(map(str, each["loc"])), "what": each["msg"]} for each in listed]
    detail = "; ".join(f"{each['where']}: {each['what']}" for each in found)
    problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, {"errors": found})
    return answer(problem, error_id_of(request))


def _retry_after_s(error: errors.SignalCtrlError, status: HTTPStatus) -> int | None:
    if isinstance(error, errors.TooManyError):
        return error.retry_after_s
    return RETRY_AFTER_S if status is HTTPStatus.SERVICE_UNAVAILABLE else None
