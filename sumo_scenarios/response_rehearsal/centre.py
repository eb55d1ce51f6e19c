"""The centre of a rehearsal: its cabinets are the signals of a run, its clock is the run's, two persons order."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.people import User
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.link.orders import Orders, orders_from_bytes
from signal_ctrl.domain.plan import Plan, plan_to_json
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.responses.order_desk import ResponseWish
from signal_ctrl.watch.responses.order_values import ResponseOrder
from signal_ctrl.watch.responses.plan_values import Response
from signal_ctrl.watch.responses.response_file import response_to_json
from signal_ctrl.watch.responses.responses import Responses

UTC_MS: Final = 1_767_571_200_000
"""Monday 2026-01-05, 00:00 UTC: when a rehearsal begins by the clock of its centre. [ms]"""
USUAL: Final = "usual"
"""Name of the plan that stands before a response and after it."""
CASE: Final = "rehearsal"
_PEOPLE: Final = {"engineer": Role.ENGINEER, "operator": Role.OPERATOR, "supervisor": Role.SUPERVISOR}


class _NoRoads:
    """A rehearsal knows no roads: missions are not rehearsed."""

    def network(self) -> None:
        return None

    def latest(self) -> None:
        return None


def rehearsed_part(response: Response) -> Response:
    """Return what of a response signals do: overrides and plans. Raises: InvalidInputError if that is nothing."""
    if not response.overrides and not response.plans:
        raise InvalidInputError(f"response {response.name} has no overrides and no plans: there is nothing to rehearse")
    return replace(response, signs=(), missions=(), checklist=())


@dataclass(frozen=True, slots=True)
class Town:
    """What a rehearsal knows beside the response: plans of the library, and which signals each corridor has."""

    plans: tuple[Plan, ...] = ()
    corridors: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _add(t: Transaction, user: User) -> None:
    t.people.add_user(user)


class RehearsalCentre:
    """A centre in memory, with the real services from the library to the orders that cabinets get."""

    def __init__(self, sites: Sequence[Site], usual: Plan, town: Town, begin_s: float) -> None:
        """Raises: InvalidInputError for a signal that cannot name a cabinet; RefusedError for a plan no site keeps."""
        self.clock = ManualClock(UTC_MS + round(1000 * begin_s), 1000 + round(1000 * begin_s))
        self._store = open_memory()
        self.centre = Centre(self._store, self.clock, secrets.token_bytes, CentreKey(secrets.token_bytes(32)))
        self._responses = Responses(self.centre, Dispatch(self.centre, _NoRoads()), lambda: None)
        self._orders: dict[str, tuple[str, Orders]] = {}
        self._enrol(sites, dict(town.corridors))
        for login, role in _PEOPLE.items():
            self._store.write(partial(_add, user=User(login, role, None, self.clock.utc_ms())))
        self.centre.start()
        for plan in (replace(usual, name=USUAL), *town.plans):
            self.centre.plans.upload(self._actor("engineer"), plan_to_json(plan))
        self.centre.issuing.issue(self._actor("engineer"), IssueWish(USUAL))

    def _enrol(self, sites: Sequence[Site], corridors: Mapping[str, tuple[str, ...]]) -> None:
        for site in sites:
            if not is_name(site.signal_id):
                raise InvalidInputError(f"signal '{site.signal_id}' cannot name a cabinet; rename it in the network")
            corridor = next((name for name, signals in corridors.items() if site.signal_id in signals), "")
            self.centre.registry.enrol(CASE, site.signal_id, site_to_json(site), Place(CASE, corridor))

    def _actor(self, login: str) -> Actor:
        return Actor(login, _PEOPLE[login], None, self.clock.utc_ms(), f"session of {login}")

    def order(self, response: Response) -> ResponseOrder:
        """Let two persons order a response, to begin now.

        Raises: RefusedError with every reason why it cannot be ordered, or why a part did not come about.
        """
        library, desk = self._responses.library, self._responses.desk
        library.import_(self._actor("engineer"), response_to_json(response))
        prepared = desk.prepare(self._actor("operator"), ResponseWish(response.name, CASE))
        order = desk.order(self._actor("operator"), prepared.document, prepared.nonce)
        begun = desk.approve(self._actor("supervisor"), order.order_id, order.sha256)
        if not begun.state.live:
            raise RefusedError("R/parts", begun.why)
        return begun

    def tick(self) -> None:
        """Do what is due by the clock of the run."""
        self.centre.tick()
        self._responses.desk.tick()

    def live(self) -> bool:
        """Tell whether a response is in force."""
        return bool(self._responses.desk.live())

    def orders(self, signal: str) -> Orders:
        """Return what a cabinet is offered now."""
        delivery = self.centre.orders.book.delivery(signal)
        if delivery is None:
            raise InvalidInputError(f"there is no cabinet {signal}")
        held = self._orders.get(signal)
        if held is None or held[0] != delivery.etag:
            held = (delivery.etag, orders_from_bytes(delivery.document.encode()))
            self._orders[signal] = held
        return held[1]

    def close(self) -> None:
        """End it; nothing is kept."""
        self._store.close()
