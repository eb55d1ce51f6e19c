"""Lamps as the routes show them."""

from collections.abc import Iterator

import pytest

from bench.centre_app import World
from bench.local_client import LocalClient
from signal_ctrl.domain.clock import ManualClock
from tests.signal_ctrl.web.centre_town import Town


@pytest.fixture
def town(world: World, client: LocalClient, clock: ManualClock) -> Iterator[Town]:
    yield Town(world, client, clock)


def hear(town: Town, cabinet: str, query: str) -> None:
    town.world.centre.lamps.hear(cabinet, query, town.clock.utc_ms(), town.clock.mono_ms())


def test_lamps_with_their_age(town: Town) -> None:
    told_utc_ms = town.clock.utc_ms()
    hear(town, "c0", "lamps=1.134.rGydW.4-52")
    town.clock.pass_ms(2_500)
    wanted = {
        "at_utc_ms": told_utc_ms,
        "age_ms": 2_500,
        "stage": 1,
        "stage_began_utc_ms": told_utc_ms - 13_400,
        "aspects": ["red", "green", "amber", "don't walk", "walk"],
        "remaining_ds": [None, None, None, None, 52],
    }
    answer = town.ask("vera", "GET", "/v1/lamps?junction=c0&junction=c1")
    assert answer.json() == {"lamps": {"c0": wanted}}
    assert len(answer.content) < 300
    assert town.ask("vera", "GET", "/v1/junctions/c0").json()["lamps"] == wanted
    assert town.ask("vera", "GET", "/v1/junctions/c1").json()["lamps"] is None


def test_out_of_service_there_is_no_stage(town: Town) -> None:
    hear(town, "c0", "lamps=-.50.aaa")
    found = town.ask("vera", "GET", "/v1/lamps?junction=c0").json()["lamps"]["c0"]
    assert found["stage"] is None
    assert found["aspects"] == ["flashing amber"] * 3


@pytest.mark.parametrize("query", ["lamps=1.134.rG<script>", "old=1", f"lamps=1.134.{'r' * 10_000}"])
def test_what_cannot_be_read_is_not_shown(query: str, town: Town) -> None:
    hear(town, "c0", query)
    assert town.ask("vera", "GET", "/v1/lamps?junction=c0").json() == {"lamps": {}}


@pytest.mark.parametrize("query", ["", "?junction=", "?junction=a/b", "?" + "&".join(["junction=c0"] * 21)])
def test_bad_questions_are_refused(town: Town, query: str) -> None:
    assert town.ask("vera", "GET", f"/v1/lamps{query}").status_code == 422


def test_nobody_without_a_login_sees_lamps(town: Town) -> None:
    assert town.client.request("GET", "/v1/lamps?junction=c0").status_code == 401
