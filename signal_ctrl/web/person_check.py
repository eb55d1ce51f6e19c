"""Which person asks: by a bearer token, or by a cookie that only this site's own pages can use for writes."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.people import csrf_of
from signal_ctrl.domain.errors import ForbiddenError, NotLoggedInError
from signal_ctrl.web.context import Context, address_of
from signal_ctrl.web.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"
_SCHEME: Final = "bearer "


async def person_of(request: Request, context: Context) -> Actor:
    """Return who asks. Raises: NotLoggedInError; ForbiddenError for a write that another site may have sent."""
    token = token_of(request, context.settings)
    return await run_in_threadpool(context.identity.sessions.who, token, address_of(request))


def token_of(request: Request, settings: Settings) -> str:
    """Return the token of a request. A cookie counts for a write only with its CSRF token and from an own page.

    Raises: NotLoggedInError if there is none; ForbiddenError.
    """
    said = request.headers.get("authorization", "")
    if said:
        if said[: len(_SCHEME)].lower() != _SCHEME or not said[len(_SCHEME) :].strip():
            raise NotLoggedInError("the header Authorization has to be 'Bearer' and a token")
        return said[len(_SCHEME) :].strip()
    token = request.cookies.get(settings.cookie, "")
    if not token:
        raise NotLoggedInError("log in first")
    if request.method not in SAFE_METHODS:
        check_origin(request.headers, settings, needed=True)
        if not compare_digest(request.headers.get(CSRF_HEADER, "").encode(), csrf_of(token).encode()):
            raise ForbiddenError(f"a write with a cookie needs the header {CSRF_HEADER}")
    return token


def check_origin(headers: Mapping[str, str], settings: Settings, needed: bool) -> None:
    """Check that a page of this site sent a request. Raises: ForbiddenError.

    Args: needed, whether a request without an Origin is refused too; a program sends none, a browser does on writes.
    """
    origin = headers.get("origin", "")
    if not origin and not needed:
        return
    own = headers.get("host", "")
    if not origin or (origin not in settings.origins and (not own or urlsplit(origin).netloc != own)):
        raise ForbiddenError("the request does not come from a page of this centre")
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"} and origin not in settings.origins:
        raise ForbiddenError("the request comes from another site")
