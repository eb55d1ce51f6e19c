"""An application called without a network: a request of a cabinet in, an answer out."""

import asyncio
from typing import Any, Final

from starlette.types import ASGIApp, Message

from signal_ctrl.cabinet.ports import Answer, Ask

_ADDRESS: Final = ("127.0.0.1", 50_000)


class AsgiWire:
    """Carries requests to an application in this process, one at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()

    def carry(self, ask: Ask) -> Answer:
        """Return the answer to a request."""
        return self._loop.run_until_complete(call(self.app, ask))

    def close(self) -> None:
        """Let go of the loop."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


async def call(app: ASGIApp, ask: Ask) -> Answer:
    """Return what an application answers to a request."""
    headers = [(name.lower().encode(), value.encode()) for name, value in ask.headers.items()]
    headers.append((b"content-length", str(len(ask.body)).encode()))
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": ask.method, "scheme": "http",
        "path": ask.path, "raw_path": ask.path.encode(), "query_string": ask.query.encode(), "root_path": "",
        "headers": headers, "client": _ADDRESS, "server": ("centre.test", 80),
    }  # fmt: skip
    status, found, body = 0, {}, bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": ask.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            found.update({name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]})
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(status, found, bytes(body))
