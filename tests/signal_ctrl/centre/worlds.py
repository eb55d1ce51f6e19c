"""A centre in memory with a few cabinets, people with second factors, and a clock that is moved by hand."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.override_document import OverrideWish
from signal_ctrl.centre.override_values import Override, Reason, Scope, ScopeKind
from signal_ctrl.centre.people import User
from signal_ctrl.centre.ports import Store
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState
from signal_ctrl.domain.link.orders import Orders, orders_from_bytes
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.stores.opening import open_memory
from tests.signal_ctrl.kernel.small_sites import crossroads

START_MS = 1_750_000_000_000
MINUTE_MS = 60_000
BOOT = "0" * 32


class World:
    """The centre and what tests do with it again and again."""

    def __init__(self, store: Store, n_cabinets: int = 3, districts: int = 1) -> None:
        self.store = store
        self.clock = ManualClock(START_MS, 5_000)
        self._bytes = itertools.count(1)
        self.centre = Centre(store, self.clock, lambda n: next(self._bytes).to_bytes(n, "big"), CentreKey(bytes(32)))
        self.cabinets = [f"c{k}" for k in range(n_cabinets)]
        for k, name in enumerate(self.cabinets):
            self.centre.registry.enrol("root", name, site_text(name), Place(f"d{k % districts}", "ring"))
        for login, role in (
            ("olga", Role.OPERATOR),
            ("otto", Role.OPERATOR),
            ("sam", Role.SUPERVISOR),
            ("sue", Role.SUPERVISOR),
            ("eve", Role.ENGINEER),
        ):
            user = User(login, role, None, START_MS)
            store.write(lambda t, user=user: t.people.add_user(user))
        self.centre.start()

    def actor(self, login: str, age_ms: int | None = 0, district: str | None = None) -> Actor:
        roles = {"o": Role.OPERATOR, "s": Role.SUPERVISOR, "e": Role.ENGINEER, "v": Role.VIEWER, "a": Role.ADMIN}
        shown_ms = None if age_ms is None else self.clock.utc_ms() - age_ms
        return Actor(login, roles[login[0]], district, shown_ms, f"session of {login}")

    def wish(self, **changes: Any) -> OverrideWish:
        given = {
            "kind": OverrideKind.CALL_STAGE,
            "scope": Scope(ScopeKind.JUNCTION, ("c0",)),
            "reason": Reason.ACCIDENT,
            "case": "2025-7",
            "lasts_s": 600,
            "stage": "side",
        }
        return OverrideWish(**given | changes)

    def issued(self, login: str = "olga", **changes: Any) -> Override:
        actor = self.actor(login)
        prepared = self.centre.overrides.prepare(actor, self.wish(**changes))
        return self.centre.overrides.issue(actor, prepared.document, prepared.nonce)

    def orders(self, cabinet: str = "c0") -> Orders:
        served = self.centre.orders.book.answer(cabinet, "", self.clock.mono_ms())
        assert served is not None
        return orders_from_bytes(served.body)

    def acknowledge(self, cabinet: str, state: AckState, reasons: tuple[str, ...] = ()) -> Delivery | None:
        served = self.centre.orders.book.answer(cabinet, "", self.clock.mono_ms())
        assert served is not None
        version = orders_from_bytes(served.body).version
        ack = Acknowledgement(cabinet, BOOT, version, served.etag, state, self.clock.utc_ms(), reasons)
        taken = self.store.write(lambda t: self.centre.orders.acknowledged(t, ack))
        if taken is not None:
            self.centre.registry.acknowledged(taken)
        return taken

    def passes(self, ms: int, step_ms: int = 1000) -> None:
        """Let time go by, with a tick each second."""
        for _ in range(0, ms, step_ms):
            self.clock.pass_ms(step_ms)
            self.centre.tick()

    def audit(self) -> list[tuple[str, str, str]]:
        found = self.store.read(lambda r: r.audit.records(limit=100_000))
        return [(one.record.actor, one.record.action, one.record.result) for one in found]


@contextmanager
def world(n_cabinets: int = 3, districts: int = 1) -> Iterator[World]:
    store = open_memory()
    try:
        yield World(store, n_cabinets, districts)
    finally:
        store.close()


@cache
def site(name: str) -> Site:
    groups = tuple(replace(group, max_green_ds=900, max_red_ds=1800) for group in crossroads().groups)
    return replace(crossroads(), signal_id=name, groups=groups)


@cache
def site_text(name: str) -> str:
    return site_to_json(site(name))


def signal_plan(name: str, offset_ds: int = 0, main_ds: int = 300) -> SignalPlan:
    splits = (main_ds, 200, 300)
    return SignalPlan(name, site_hash(site(name)), sum(splits), offset_ds, ("main", "left", "side"), splits)


def plan(*names: str, title: str = "day", offset_ds: int = 0) -> Plan:
    return Plan(title, tuple(signal_plan(name, offset_ds) for name in names))
