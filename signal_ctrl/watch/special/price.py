"""What a corridor is expected to cost from now on: its junctions ahead, as if each held its stage until the passage."""

from typing import Final

from signal_ctrl.centre.cabinets import every_cabinet
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.convoy import QUEUE_S, ahead_of
from signal_ctrl.centre.override_values import SHORTEST_MS, Leg, OverrideDocument, Reason, Scope, ScopeKind
from signal_ctrl.centre.plans import by_signal
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.prices import Price
from signal_ctrl.centre.pricing import estimate
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.watch.special.corridor import LONGEST_S, MARGIN_S
from signal_ctrl.watch.special.corridor_desk import POLL_S, CorridorDesk
from signal_ctrl.watch.special.values import Corridor

_S_MS: Final = 1000


def price_ahead(centre: Centre, desk: CorridorDesk, corridor: Corridor) -> Price | None:
    """Return what a corridor is expected to cost from now on; None where nothing is ahead of the vehicle any more.

    A junction that is kept counts from its begin, one farther on from when it will be asked for; what those need who
    stand in front of the vehicle is left out. Method and unknowns are those of the price of an override.
    """
    now_ms = centre.desk.now_ms()
    return centre.store.read(lambda r: _priced(r, desk, corridor, now_ms))


def _priced(reading: Reading, desk: CorridorDesk, corridor: Corridor, now_ms: int) -> Price | None:
    known = desk.underway(corridor.vehicle)
    if known is None:
        return None
    cabinets, stages = by_signal(every_cabinet(reading)), {one.signal: one.stage for one in known.way.passages}
    kept = {one.cabinet: one for one in desk.kept() if one.corridor == corridor.corridor}
    legs: dict[str, Leg] = {}
    for signal, arrival in desk.arrivals(corridor.vehicle):
        cabinet = cabinets.get(signal)
        if cabinet is None or cabinet.cabinet in legs:
            continue
        lead_s = ahead_of(cabinet.site, stages[signal]) - QUEUE_S + MARGIN_S + POLL_S
        held = kept.get(cabinet.cabinet)
        begin_ms = now_ms + round(max(arrival.early_s - lead_s, 0.0) * _S_MS) if held is None else held.start_utc_ms
        end_ms = max(now_ms + round(arrival.late_s * _S_MS), begin_ms + _S_MS)
        end_ms = min(end_ms, begin_ms + round(LONGEST_S * _S_MS))
        legs[cabinet.cabinet] = Leg(cabinet.cabinet, stages[signal], begin_ms, end_ms)
    return estimate(reading, _document(corridor, tuple(legs.values())), now_ms) if legs else None


def _document(corridor: Corridor, legs: tuple[Leg, ...]) -> OverrideDocument:
    """Return the junctions ahead as an override that nobody issues."""
    begin_ms = min(leg.start_utc_ms for leg in legs)
    end_ms = max(begin_ms + SHORTEST_MS, *(leg.end_utc_ms for leg in legs))
    scope = Scope(ScopeKind.LIST, tuple(leg.cabinet for leg in legs))
    return OverrideDocument(OverrideKind.HOLD_STAGE, scope, legs, begin_ms, end_ms, Reason.EMERGENCY, corridor.corridor)
