"""Gates while a diversion lasts: once a minute they hold back or are opened, by how many vehicles their area holds."""

from dataclasses import dataclass

import numpy as np

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.issuing import IssueWish, assignments_of
from signal_ctrl.centre.plan_values import PLANS
from signal_ctrl.centre.plans import item_of
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, RefusedError
from signal_ctrl.watch.diversion.gating import PerimeterGate
from signal_ctrl.watch.diversion.measuring import on_roads_veh
from signal_ctrl.watch.diversion.plan_dealer import GRACE_MS, open_name
from signal_ctrl.watch.diversion.ports import CityState
from signal_ctrl.watch.diversion.values import Diversion


@dataclass(frozen=True, slots=True)
class _Held:
    """What was ordered last [veh/h], vehicles in the area then, of which minute [ms], and whether gates hold back."""

    ordered_veh_h: float
    vehicles: float
    minute_utc_ms: int
    holds: bool


class GateKeeper:
    """The gates of all diversions. A diversion begins with gates that hold back, as it was foreseen."""

    def __init__(self, centre: Centre, city: CityState) -> None:
        self._centre, self._city = centre, city
        self._held: dict[str, _Held] = {}

    def tick(self, diversion: Diversion) -> None:
        """Look at the newest minute; give the cabinets of gates the other plan where the feedback wants it."""
        network, latest, plan = self._city.network(), self._city.latest(), diversion.plan
        if not plan.gate_cabinets or network is None or latest is None:
            return
        vehicles = on_roads_veh(network, plan.area, latest)
        gate = PerimeterGate(plan.best_veh, sum(g.to_veh_h for g in plan.gates), sum(g.from_veh_h for g in plan.gates))
        before = self._held.get(diversion.diversion_id) or self._found(diversion, gate, vehicles)
        if latest.minute_utc_ms == before.minute_utc_ms or not np.isfinite(vehicles):
            return
        ordered_veh_h = gate.step(before.ordered_veh_h, before.vehicles, vehicles)
        holds = ordered_veh_h < (gate.least_veh_h + gate.most_veh_h) / 2
        if holds != before.holds and not self._switched(diversion, holds):
            holds = before.holds
        self._held[diversion.diversion_id] = _Held(ordered_veh_h, vehicles, latest.minute_utc_ms, holds)

    def _found(self, diversion: Diversion, gate: PerimeterGate, vehicles: float) -> _Held:
        """Return how gates are by the plans of their cabinets: they hold back at the begin, and as they were before a
        restart.
        """
        names, opened = diversion.plan.gate_cabinets, open_name(diversion.issued_plan)
        assigned = self._centre.store.read(lambda r: assignments_of(r, names)).values()
        is_open = any(each.offered is not None and each.offered.name == opened for each in assigned)
        return _Held(gate.most_veh_h if is_open else gate.least_veh_h, vehicles, 0, not is_open)

    def _switched(self, diversion: Diversion, holds: bool) -> bool:
        """Issue the plan that holds back or the one that does not; a refusal is written down, and tried again."""
        name = diversion.issued_plan if holds else open_name(diversion.issued_plan)
        store, now_ms = self._centre.store, self._centre.desk.now_ms()
        until_ms = (diversion.until_utc_ms or now_ms) + GRACE_MS
        try:
            item = store.read(lambda r: item_of(r, PLANS, name))
            wish = IssueWish(name, item.number, cabinets=diversion.plan.gate_cabinets, valid_until_utc_ms=until_ms)
            self._centre.issuing.follow(item, wish)
        except (RefusedError, ConflictError, InvalidInputError) as error:
            what, why = f"gates of diversion {diversion.diversion_id}", f"refused: {error}"[:500]
            store.write(lambda t: t.record(CENTRE, "switch gates", what, why, now_ms))
            return False
        return True
