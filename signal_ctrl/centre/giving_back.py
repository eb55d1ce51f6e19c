"""Single cabinets of an override given back before their end, while the rest goes on: a route behind its convoy.

It takes away from what was agreed to, and never adds to it: whoever may release the override may, alone. As with a
release nothing holds it up: where nothing can be written, the cabinets are free at once and the record follows, `late`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from signal_ctrl.centre.cabinets import cabinets_of_names
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.late_writes import LateWrites
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.orders import OrderDesk
from signal_ctrl.centre.override_checks import check_release, override_of
from signal_ctrl.centre.override_values import OVERRIDES, GivenBack, Override, OverrideState
from signal_ctrl.centre.overrides import OverrideDesk
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import ConflictError, NotFoundError


class GivingBack:
    """Gives cabinets of overrides back."""

    def __init__(self, desk: Desk, orders: OrderDesk, overrides: OverrideDesk) -> None:
        self._desk = desk
        self._orders = orders
        self._overrides = overrides
        self._late = LateWrites(desk.store)
        self._owed: list[list[Delivery]] = []

    def give_back(self, actor: Actor, override_id: str, cabinets: Sequence[str]) -> Override:
        """Give some cabinets of an override in force back; of the last ones the override is released.

        Those that were given back before stay so, and nothing is written of them again.
        Raises: ForbiddenError; NotFoundError; ConflictError if the override is not in force.
        """
        now_ms = self._desk.now_ms()
        known = next((one for one in self._overrides.live() if one.override_id == override_id), None)
        override = known or self._desk.store.read(lambda r: override_of(r, override_id))
        check_release(actor, override, now_ms)
        if override.state is not OverrideState.ACTIVE:
            raise ConflictError(f"override {override_id} is {override.state.value}: release it as a whole")
        strange = sorted(set(cabinets) - set(override.cabinets))
        if strange or not cabinets:
            raise NotFoundError(f"override {override_id} has no cabinet {strange[0] if strange else 'of no name'}")
        wanted = [leg for leg in override.legs_left if leg.cabinet in set(cabinets)]
        rest = [leg for leg in override.legs_left if leg not in wanted and leg.end_utc_ms > now_ms]
        if not wanted:
            return override
        if not rest:
            return self._overrides.release(actor, override_id)
        given = tuple(GivenBack(leg.cabinet, now_ms, actor.login) for leg in wanted)
        return self._give(replace(override, given_back=(*override.given_back, *given)), given)

    def tick(self) -> None:
        """Write what could not be written, in its order; called once a second."""
        if self._owed:
            done = len(self._owed) - self._late.settle()
            for made in self._owed[:done]:
                self._orders.serve(made)
            self._owed = self._owed[done:]

    def _give(self, after: Override, given: tuple[GivenBack, ...]) -> Override:
        made: list[Delivery] = []
        if self._late.write(partial(self._write, after.override_id, given, made)):
            self._overrides.take_up((after,), made)
        else:
            ids, names = frozenset({after.override_id}), {one.cabinet for one in given}
            self._orders.without_store(ids, given[0].at_utc_ms, names)
            self._overrides.take_up((after,), ())
            self._owed.append(made)
        return after

    def _write(
        self, override_id: str, given: tuple[GivenBack, ...], made: list[Delivery], t: Transaction, late: bool
    ) -> None:
        """Write down what was given back, if the override has not ended meanwhile, and make the orders that follow."""
        held = override_of(t, override_id)
        gone = {one.cabinet for one in held.given_back}
        new = tuple(one for one in given if one.cabinet not in gone)
        if held.state is not OverrideState.ACTIVE or not new:
            return
        t.shelf(OVERRIDES).put(replace(held, given_back=(*held.given_back, *new)))
        names = [one.cabinet for one in new]
        obj = f"override {override_id}"
        t.record(new[0].by, "give cabinets back", obj, ", ".join(names[:20]), new[0].at_utc_ms, late)
        why = f"{obj} gave it back"
        made[:] = self._orders.make_all(t, cabinets_of_names(t, names), why, self._desk.now_ms())
