"""The command line's client of a centre: one request, one answer, errors of our own tree."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from signal_ctrl.domain.errors import (
    BackendError,
    BackendLostError,
    BackendTimeoutError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    NotLoggedInError,
    RefusedError,
    SignalCtrlError,
    TooLargeError,
    TooManyError,
)

WAIT_S: Final = 30.0
MOST_BYTES: Final = 64 << 20
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_KINDS: Final[Mapping[int, type[SignalCtrlError]]] = {
    400: InvalidInputError,
    401: NotLoggedInError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    422: InvalidInputError,
}


@dataclass(frozen=True, slots=True)
class CentreAddress:
    """Where a centre is. `authority`, the certificate that signs the centre's where it is no known one."""

    url: str
    authority: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise InvalidInputError(
                f"'{self.url}' is no address of a centre; it looks like https://centre.example:8443"
            )
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            raise InvalidInputError(f"'{self.url}' would send passwords in clear; use https")


class CentreClient:
    """A client with a token, or without one before the login."""

    def __init__(self, address: CentreAddress, token: str = "", transport: httpx.BaseTransport | None = None) -> None:
        """Args: transport, how requests are sent, where it is not over the network. Raises: InvalidInputError."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(
            base_url=address.url,
            headers={**headers, "Accept": "application/json"},
            timeout=WAIT_S,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            verify=_trust(address.authority),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """Return what a path answers. Raises: as `request`."""
        return self.request("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Post a document and return the answer. Raises: as `request`."""
        return self.request("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Put a document and return the answer. Raises: as `request`."""
        return self.request("PUT", path, body)

    def delete(self, path: str) -> Any:
        """Delete and return the answer. Raises: as `request`."""
        return self.request("DELETE", path)

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Any:
        """Send a request and return the document of the answer, None where there is none.

        Raises: what the centre refused it with; BackendLostError, BackendTimeoutError if it does not answer;
            BackendError if it failed, or answered nonsense.
        """
        try:
            answer = self._http.request(method, path, json=body, params=dict(query or {}))
        except httpx.TimeoutException as error:
            raise BackendTimeoutError(f"the centre did not answer within {WAIT_S:g} s") from error
        except httpx.HTTPError as error:
            raise BackendLostError(f"the centre at {self._http.base_url} cannot be reached: {error}") from error
        if answer.is_success:
            return _document(answer) if answer.content else None
        raise _error_of(answer)


def _trust(authority: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except (OSError, ssl.SSLError) as error:
        raise InvalidInputError(f"cannot use the certificate {authority}: {error}") from error


def _document(answer: httpx.Response) -> Any:
    if len(answer.content) > MOST_BYTES:
        raise BackendError(f"the centre answered with more than {MOST_BYTES >> 20} MiB")
    try:
        return json.loads(answer.content)
    except ValueError as error:
        raise BackendError("the centre answered with something that is no JSON") from error


def _error_of(answer: httpx.Response) -> SignalCtrlError:
    try:
        problem = json.loads(answer.content)
        detail, rule = str(problem["detail"]), problem.get("rule")
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, rule = f"the centre answered {answer.status_code}", None
    if isinstance(rule, str) and rule:
        return RefusedError(rule, detail.removeprefix(f"{rule}: "))
    if answer.status_code == 401:
        return NotLoggedInError(f"{detail}; log in with 'signal-ctrl login'")
    if answer.status_code == 429:
        said = answer.headers.get("retry-after", "")
        return TooManyError(detail, int(said) if said.isdigit() else 1)
    kind = _KINDS.get(answer.status_code, BackendError)
    return kind(detail)
