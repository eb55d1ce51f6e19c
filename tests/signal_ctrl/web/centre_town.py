"""A centre over HTTP with three cabinets and people: for the tests of its routes and of the commands that use them."""

from dataclasses import dataclass

import httpx

from bench.centre_app import World, bearer
from bench.local_client import LocalClient
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.clock import ManualClock
from tests.signal_ctrl.centre.worlds import site_text

LOGINS = {
    "vera": Role.VIEWER,
    "olga": Role.OPERATOR,
    "otto": Role.OPERATOR,
    "sam": Role.SUPERVISOR,
    "eve": Role.ENGINEER,
    "root": Role.ADMIN,
}


@dataclass
class Town:
    """Who asks is named by login; each has a session with a fresh second factor."""

    world: World
    client: LocalClient
    clock: ManualClock

    def __post_init__(self) -> None:
        for name in ("c0", "c1", "c2"):
            self.world.centre.registry.enrol("test", name, site_text(name), Place("d0", "ring"))
        for login, role in LOGINS.items():
            self.world.person(role, login)

    def ask(self, login: str, method: str, path: str, body: object = None) -> httpx.Response:
        headers = bearer(self.world.session(login))
        return self.client.request(method, path, headers=headers, json=body)

    def passes(self, ms: int, step_ms: int = 1000) -> None:
        for _ in range(0, ms, step_ms):
            self.clock.pass_ms(step_ms)
            self.world.centre.tick()


class LocalTransport(httpx.BaseTransport):
    """Carries the requests of a plain httpx client to an application in this process."""

    def __init__(self, client: LocalClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        path = request.url.raw_path.decode()
        answer = self._client.request(request.method, path, headers=headers, content=request.read())
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
