"""Answers that a centre might give, for a browser that is made to wait for them, or to do without."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.networks import import_network
from tests.patience import until
from tests.signal_ctrl.web.page.living_town import STREETS, Town
from tests.signal_ctrl.web.page.test_page_browser import Screen

PRICE: Final = {"added_veh_h": [1.0, 2.0, 3.0], "method": "", "unknown": [], "groups": [], "crossings": []}
DOWN: Final = {"status": 503, "json": {"type": "/problems/busy", "detail": "the centre is busy"}}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def prepared(document: Any) -> dict[str, Any]:
    return {"nonce": "n", "valid_for_ms": 60_000, "document": document, "sha256": "0", "second": [], "estimate": PRICE}


def override(kind: str) -> dict[str, Any]:
    """An override in force at the first junction."""
    legs = [{"cabinet": "k1", "stage": "side", "start_utc_ms": now_ms() - 10_000, "end_utc_ms": now_ms() + 600_000}]
    times = {"start_utc_ms": legs[0]["start_utc_ms"], "end_utc_ms": legs[0]["end_utc_ms"]}
    document = {"kind": kind, "legs": legs, **times, "reason": "escort", "case": "2026-1", "note": ""}
    who = {"issuer": "olga", "approver": "", "second": [], "state": "active", "estimate": None, "measured": None}
    return {"override_id": "ov-1", "sha256": "0", "document": document, **who}


def incident(state: str) -> dict[str, Any]:
    told = {"incident_id": "in-1", "kind": "breakdown", "state": state, "road": "r2", "lanes": [], "severity": "low"}
    return {**told, "capacity_left": 0.5, "began_utc_ms": now_ms(), "text": "", "evidence": [], "expected_end": None}


def alarm(text: str) -> dict[str, Any]:
    told = {"alarm_id": "al-1", "kind": "x", "subject": "k1", "severity": "critical", "text": text, "times": 1}
    return {**told, "raised_utc_ms": now_ms(), "state": "raised", "acknowledged_by": ""}


@contextmanager
def held(screen: Screen, address: str) -> Iterator[list[Any]]:
    """Hold up the questions to an address while the block lasts."""
    waiting: list[Any] = []
    screen.page.route(address, lambda each: waiting.append(each))  # noqa: PLW0108 (playwright marks it)
    yield waiting
    screen.page.unroute(address)


def answers(screen: Screen, address: str, told: Callable[[], dict[str, Any]]) -> None:
    """Have an address answer with what `told` returns."""
    screen.page.route(address, lambda each: each.fulfill(**told()))


def waits_for(screen: Screen, held_up: list[Any], count: int = 1) -> None:
    until(lambda: screen.page.wait_for_timeout(20) or len(held_up) >= count, "a question")


def an_act(town: Town) -> None:
    """Have somebody do something that the stream tells of."""
    engineer = Actor("engineer", Role.ENGINEER, second_factor_utc_ms=town.world.clock.utc_ms())
    import_network(town.world.centre.desk, engineer, STREETS)
