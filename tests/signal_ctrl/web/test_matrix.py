"""Every (role, route, method) cell, from the matrix and the application's own routes (SAFETY part E).

What the matrix should say is written here once more, as SAFETY prints it, so that a slip in it is noticed.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from bench.centre_app import World, bearer, contents, memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import MATRIX, PEOPLE, SECOND_FACTOR_LASTS_MS, Grant, Right, Role
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.web.app import ROUTERS
from signal_ctrl.web.guard import Needs
from signal_ctrl.web.routing import StrictRoute
from tests.signal_ctrl.web.conftest import NOW_MS, ending_streams

AS_PRINTED = """
right                          | viewer | operator | supervisor   | engineer  | auditor | admin     | cabinet   | feed
READ_STATUS                    | yes    | yes      | yes          | yes       | yes     | yes       | own     | no
ISSUE_OVERRIDE                 | no     | yes      | yes          | no        | no      | no        | no      | no
APPROVE_OVERRIDE               | no     | no       | yes          | no        | no      | no        | no      | no
MANAGE_PLANS                   | no     | no       | no           | yes + 2nd | no      | no        | no      | no
READ_AUDIT                     | no     | no       | own district | no        | yes     | no        | no      | no
MANAGE_USERS                   | no     | no       | no           | no        | no      | yes + 2nd | no      | no
CABINET_LINK                   | no     | no       | no           | no        | no      | no        | own     | no
HANDLE_ALARMS                  | no     | yes      | yes          | yes       | no      | no        | no      | no
IMPORT_NETWORK                 | no     | no       | no           | yes + 2nd | no      | no        | no      | no
FEED_LINK                      | no     | no       | no           | no        | no      | no        | no      | own
KEEP_CONDITIONS                | no     | yes      | yes          | no        | no      | no        | no      | no
HANDLE_INCIDENTS               | no     | yes      | yes          | no        | no      | no        | no      | no
ORDER_DIVERSION                | no     | yes      | yes          | no        | no      | no        | no      | no
DISPATCH                       | no     | yes      | yes          | no        | no      | no        | no      | no
REPORT_UNIT                    | own    | yes      | yes          | no        | no      | no        | no      | no
SESSION                        | yes    | yes      | yes          | yes       | yes     | yes       | no      | no
OPEN                           | yes    | yes      | yes          | yes       | yes     | yes       | yes     | yes
"""


def printed() -> dict[tuple[str, str], str]:
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in AS_PRINTED.strip().splitlines()]
    return {(row[0], role): cell for row in rows for role, cell in zip(head[1:], row[1:], strict=True)}


def test_the_matrix_is_the_printed_one() -> None:
    assert {(right.name, role.value): MATRIX[right][role].value for right in Right for role in Role} == printed()


class Town:
    """One centre for all cells, with a person of each role; every cell has a session of its own."""

    def __init__(self, world: World, client: LocalClient, clock: ManualClock) -> None:
        self.world, self.client, self.clock = world, client, clock
        for role in PEOPLE:
            world.person(role, role.value)

    def session(self, role: Role, second_factor: bool = True) -> dict[str, str]:
        self.clock.pass_ms(1000)
        return bearer(self.world.session(role.value, second_factor))

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        return contents(self.world.store)

    def status_of(self, method: str, route: APIRoute, headers: dict[str, str]) -> int:
        """Send what the route could take, naming nothing that is there, and return the status."""
        path = re.sub(r"{[^}]*}", "11", route.path)
        with ending_streams(self.world):
            return self.client.request(method, path, headers=headers).status_code


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = ManualClock(NOW_MS, 5_000)
    world = memory_world(clock, tmp_path_factory.mktemp("town"))
    with LocalClient(world.app) as client:
        yield Town(world, client, clock)
    world.store.close()


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def needs_of(route: APIRoute) -> list[Right]:
    return [each.call.right for each in route.dependant.dependencies if isinstance(each.call, Needs)]


def name_of(route: APIRoute) -> str:
    return f"{'-'.join(sorted(route.methods))}-{route.path}"


def cells() -> Iterator[Any]:
    for route in routes():
        for method in sorted(route.methods):
            for role in PEOPLE:
                yield pytest.param(route, method, role, id=f"{role.value}-{method}-{route.path}")


@pytest.mark.parametrize("route", routes(), ids=name_of)
def test_every_route_names_one_right_and_reads_strictly(route: APIRoute) -> None:
    assert len(needs_of(route)) == 1
    assert isinstance(route, StrictRoute)


def test_a_route_without_a_right_is_noticed() -> None:
    app = FastAPI()

    @app.get("/open")
    def forgotten() -> None: ...

    found = [route for route in app.routes if isinstance(route, APIRoute) and not needs_of(route)]
    assert [route.path for route in found] == ["/open"]


def test_the_application_has_no_route_beyond_the_routers(world: World) -> None:
    known = {route.path for route in routes()} | {"/openapi.json", "/docs", "/docs/oauth2-redirect"}
    assert {found.path for found in iter_route_contexts(world.app.routes)} <= known


@pytest.mark.parametrize(("route", "method", "role"), list(cells()))
def test_a_cell(route: APIRoute, method: str, role: Role, town: Town) -> None:
    """Whom the matrix lets in is not refused for what they are; everybody else is, and nothing is changed."""
    right = needs_of(route)[0]
    headers, before = town.session(role), town.contents()
    status = town.status_of(method, route, headers)
    if MATRIX[right][role] is Grant.NO:
        assert status == 403
        assert town.contents() == before
        assert town.world.store.read(lambda reading: reading.audit.last(1))[0].record.result.startswith("refused")
    else:
        assert status not in {401, 403, 500} or (right is Right.OPEN and status == 401)


def grants(*wanted: Grant) -> list[Any]:
    return [cell for cell in cells() if MATRIX[needs_of(cell.values[0])[0]][cell.values[2]] in wanted]


@pytest.mark.parametrize(("route", "method", "role"), grants(Grant.WITH_SECOND))
def test_a_cell_that_needs_a_second_factor(route: APIRoute, method: str, role: Role, town: Town) -> None:
    headers = town.session(role)
    town.clock.pass_ms(SECOND_FACTOR_LASTS_MS - 60_000)
    headers = bearer(town.client.post("/v1/token", headers=headers).json()["token"])
    town.clock.pass_ms(60_001)
    before = town.contents()
    assert town.status_of(method, route, headers) == 403
    assert town.contents() == before


@pytest.mark.parametrize("route", [route for route in routes() if needs_of(route) != [Right.OPEN]], ids=name_of)
def test_nobody_gets_in_without_a_login(route: APIRoute, town: Town) -> None:
    before = town.contents()
    for method in sorted(route.methods):
        for headers in ({}, bearer("A" * 43), {"Cookie": "signal-ctrl=" + "A" * 43}):
            assert town.status_of(method, route, headers) in {401, 403}
    assert town.contents() == before


@pytest.mark.parametrize("route", routes(), ids=name_of)
def test_no_other_method_is_answered(route: APIRoute, town: Town) -> None:
    taken = {method for each in routes() if each.path == route.path for method in each.methods}
    headers = town.session(Role.ADMIN)
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"} - taken:
        assert town.status_of(method, route, headers) in {404, 405}, method
