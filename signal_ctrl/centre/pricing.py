"""Delay prices of overrides: the estimate before somebody confirms, and the measured one soon after the release."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.cabinets import Cabinet, cabinet_of, site_of
from signal_ctrl.centre.delay_price import Held, Three, price_of
from signal_ctrl.centre.order_values import ASSIGNMENTS, DELIVERIES, Answer
from signal_ctrl.centre.override_values import OVERRIDES, Leg, Override, OverrideDocument, OverrideState
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.prices import ESTIMATE, MEASURED, Price
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.domain.link.overrides import OverrideKind

BEFORE_MS: Final = 15 * 60_000
"""Flows are those counted in so long before the override. [ms] [P]"""
PRICED_AFTER_MS: Final = 30_000
"""The price is measured so long after the release, when cabinets have reported; it is due within 60 s. [ms]"""
_ENDED: Final = (OverrideState.RELEASED.value, OverrideState.EXPIRED.value)
_NO_METHOD: Final = "there is no method for flash and dark: nobody knows who yields to whom"
_SILENT: Final = "the cabinet never said that it took the override up"
_MS_PER_H: Final = 3_600_000
_SIGMAS: Final = 2.0


def estimate(reading: Reading, document: OverrideDocument, now_ms: int) -> Price:
    """Return what an override is expected to cost. [ms]"""
    held = [_held(reading, document, leg, _length_s(leg, leg.start_utc_ms, leg.end_utc_ms)) for leg in document.legs]
    return price_of(ESTIMATE, held, _inputs(held), now_ms)


def measure(reading: Reading, override: Override, now_ms: int) -> Price:
    """Return what an override did cost, by how long each cabinet had it and by what was counted. [ms]"""
    held = []
    for leg in override.document.legs:
        begin_ms, end_ms = max(leg.start_utc_ms, override.activated_utc_ms or 0), override.ended_utc_ms or 0
        one = _held(reading, override.document, leg, _length_s(leg, begin_ms, end_ms))
        one = replace(one, queues_veh=_queues(reading, leg, end_ms))
        held.append(one if _took_up(reading, override, leg.cabinet) else replace(one, unknown=_SILENT))
    return price_of(MEASURED, held, _inputs(held), now_ms)


def measure_ended(reading: Reading, now_ms: int) -> tuple[Override, ...]:
    """Return the overrides that ended half a minute ago and have no measured price, each with one. [ms]"""
    ended = reading.shelf(OVERRIDES).find({"state": _ENDED, "priced": "no"}, limit=200)
    due = (o for o in ended if now_ms - (o.ended_utc_ms or 0) >= PRICED_AFTER_MS)
    return tuple(replace(override, measured=measure(reading, override, now_ms)) for override in due)


def _held(reading: Reading, document: OverrideDocument, leg: Leg, held_s: float) -> Held:
    cabinet: Cabinet = cabinet_of(reading, leg.cabinet)
    assignment = reading.shelf(ASSIGNMENTS).get(leg.cabinet)
    standing = assignment.standing if assignment is not None else None
    return Held(
        cabinet=leg.cabinet,
        site=site_of(cabinet.site),
        plan=standing.plan if standing is not None else None,
        stage=leg.stage,
        held_s=held_s,
        flows_veh_h=_flows(reading, leg),
        unknown=_NO_METHOD if document.kind in (OverrideKind.FLASH, OverrideKind.DARK) else "",
    )


def _length_s(leg: Leg, begin_ms: int, end_ms: int) -> float:
    return max(0, min(end_ms, leg.end_utc_ms) - max(begin_ms, leg.start_utc_ms)) / 1000


def _took_up(reading: Reading, override: Override, cabinet: str) -> bool:
    """Tell whether the cabinet acknowledged orders that held the override."""
    since_ms, until_ms = override.activated_utc_ms or 0, override.ended_utc_ms or 0
    found = reading.shelf(DELIVERIES).find({"cabinet": cabinet})
    return any(
        delivery.answer not in (Answer.OFFERED, Answer.REJECTED)
        and since_ms <= delivery.made_utc_ms <= until_ms
        and f'"{override.override_id}"' in delivery.document
        for delivery in found
    )


def _flows(reading: Reading, leg: Leg) -> tuple[tuple[str, Three], ...]:
    """Return the flows counted before a leg, by group, and two standard deviations to either side. [veh/h]"""
    since_ms = leg.start_utc_ms - BEFORE_MS
    counted = reading.shelf(FLOWS).find({"cabinet": leg.cabinet}, since_ms, leg.start_utc_ms)
    whole = (count for count in counted if count.to_utc_ms <= leg.start_utc_ms)
    return tuple((group, _rate(counts)) for group, counts in sorted(_by_group(whole).items()))


def _rate(counts: list[GroupFlow]) -> Three:
    vehicles = sum(count.vehicles for count in counts)
    hours = sum(count.to_utc_ms - count.from_utc_ms for count in counts) / _MS_PER_H
    spread = _SIGMAS * math.sqrt(max(vehicles, 1))
    return max(vehicles - spread, 0.0) / hours, vehicles / hours, (vehicles + spread) / hours


def _queues(reading: Reading, leg: Leg, end_ms: int) -> tuple[tuple[str, int], ...]:
    """Return the queue of each group at the last count of a leg, where one was told. [veh]"""
    counted = reading.shelf(FLOWS).find({"cabinet": leg.cabinet}, leg.start_utc_ms, end_ms)
    last: dict[str, int] = {}
    for count in reversed(counted):  # the youngest come first
        if count.queue_veh is not None and count.to_utc_ms <= end_ms:
            last[count.group] = count.queue_veh
    return tuple(sorted(last.items()))


def _by_group(counts: Iterable[GroupFlow]) -> dict[str, list[GroupFlow]]:
    found: defaultdict[str, list[GroupFlow]] = defaultdict(list)
    for count in counts:
        found[count.group].append(count)
    return found


def _inputs(held: Iterable[Held]) -> tuple[str, ...]:
    """Return in words what a price was worked out from, a line a cabinet."""
    return tuple(
        f"{one.cabinet}: held {one.held_s:g} s, stage {one.stage or '–'}, "
        f"{'cycle ' + format(one.plan.cycle_ds / 10, 'g') + ' s' if one.plan else 'no plan of the centre'}, "
        f"{len(one.flows_veh_h)} groups counted, {len(one.queues_veh)} queues"
        for one in held
    )
