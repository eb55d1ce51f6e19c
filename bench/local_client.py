"""A client of an ASGI application in the same process: no sockets, a call waits while the application runs."""

from contextlib import ExitStack
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp


class LocalClient:
    """Sends requests to an application; what the application raises is answered as a server would, never raised."""

    def __init__(self, app: ASGIApp, address: str = "127.0.0.1", base_url: str = "http://centre.test") -> None:
        self._app = app
        self._address = address
        self._base_url = base_url
        self._stack = ExitStack()

    def __enter__(self) -> "LocalClient":
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal())
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 50_000))
        self._http = httpx.AsyncClient(transport=transport, base_url=self._base_url)
        self._stack.callback(self._portal.call, self._http.aclose)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request and return the answer."""
        return self._portal.call(lambda: self._http.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Send a GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """Send a POST."""
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        """Send a PUT."""
        return self.request("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        """Send a DELETE."""
        return self.request("DELETE", path, **more)
