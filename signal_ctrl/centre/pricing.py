"""Delay prices of overrides: the estimate before somebody confirms, and the measured one soon after the release."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.cabinets import cabinets_of_names, site_of
from signal_ctrl.centre.delay_price import Held, Three, price_of
from signal_ctrl.centre.order_values import ASSIGNMENTS, DELIVERIES, Answer, Delivery, delivery_key
from signal_ctrl.centre.override_values import OVERRIDES, Leg, Override, OverrideDocument, OverrideState
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.prices import ESTIMATE, MEASURED, Price
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.domain.link.orders import Version
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
_CABINETS_AT_ONCE: Final = 100
_MOST_FLOWS: Final = 100_000


def estimate(reading: Reading, document: OverrideDocument, now_ms: int) -> Price:
    """Return what an override is expected to cost. [ms]"""
    known = _Known(reading, document)
    held = [known.held(leg, _length_s(leg, leg.start_utc_ms, leg.end_utc_ms)) for leg in document.legs]
    return price_of(ESTIMATE, held, _inputs(held), now_ms)


def measure(reading: Reading, override: Override, now_ms: int) -> Price:
    """Return what an override did cost, by how long each cabinet had it and by what was counted. [ms]"""
    document, end_ms = override.document, override.ended_utc_ms or 0
    known, took_up = _Known(reading, document), _took_up(reading, override)
    queues, held = _queues(reading, document, end_ms), []
    given_ms = {one.cabinet: one.at_utc_ms for one in override.given_back}
    for leg in document.legs:
        begin_ms = max(leg.start_utc_ms, override.activated_utc_ms or 0)
        until_ms = min(end_ms, given_ms.get(leg.cabinet, end_ms))
        one = replace(known.held(leg, _length_s(leg, begin_ms, until_ms)), queues_veh=queues.get(leg.cabinet, ()))
        held.append(one if leg.cabinet in took_up else replace(one, unknown=_SILENT))
    return price_of(MEASURED, held, _inputs(held), now_ms)


def measure_ended(reading: Reading, now_ms: int) -> tuple[Override, ...]:
    """Return the overrides that ended half a minute ago and have no measured price, each with one. [ms]"""
    ended = reading.shelf(OVERRIDES).find({"state": _ENDED, "priced": "no"}, limit=200)
    due = (o for o in ended if now_ms - (o.ended_utc_ms or 0) >= PRICED_AFTER_MS)
    return tuple(replace(override, measured=measure(reading, override, now_ms)) for override in due)


class _Known:
    """What is known of all cabinets of an override, read with a few questions."""

    def __init__(self, reading: Reading, document: OverrideDocument) -> None:
        names = [leg.cabinet for leg in document.legs]
        self._sites = {c.cabinet: site_of(c.site) for c in cabinets_of_names(reading, names)}
        self._assigned = reading.shelf(ASSIGNMENTS).several(names)
        self._flows = _flows(reading, document)
        self._unknown = _NO_METHOD if document.kind in (OverrideKind.FLASH, OverrideKind.DARK) else ""

    def held(self, leg: Leg, held_s: float) -> Held:
        """Return one cabinet under the override. [s]"""
        assignment = self._assigned.get(leg.cabinet)
        standing = assignment.standing if assignment is not None else None
        return Held(
            cabinet=leg.cabinet,
            site=self._sites[leg.cabinet],
            plan=standing.plan if standing is not None else None,
            stage=leg.stage,
            held_s=held_s,
            flows_veh_h=self._flows.get(leg.cabinet, ()),
            unknown=self._unknown,
        )


def _length_s(leg: Leg, begin_ms: int, end_ms: int) -> float:
    return max(0, min(end_ms, leg.end_utc_ms) - max(begin_ms, leg.start_utc_ms)) / 1000


def _took_up(reading: Reading, override: Override) -> frozenset[str]:
    """Return the cabinets that acknowledged orders that held the override.

    Versions go up by one, and their epoch with each take-over: they are looked at backwards from the newest until
    before the override. Where some are missing, all that a cabinet was offered are looked at.
    """
    shelf = reading.shelf(DELIVERIES)
    found: set[str] = set()
    looked = shelf.newest("cabinet", override.cabinets)
    while looked:
        found.update(name for name, delivery in looked.items() if _holds(delivery, override))
        since_ms = override.activated_utc_ms or 0
        asked = {n: d.version for n, d in looked.items() if n not in found and d.made_utc_ms >= since_ms}
        before = shelf.several([key for name, version in asked.items() for key in _keys_before(name, version)])
        looked = {delivery.cabinet: delivery for delivery in before.values()}
        found.update(n for n in asked.keys() - looked.keys() if _ever_held(reading, override, n))
    return frozenset(found)


def _keys_before(cabinet: str, version: Version) -> tuple[str, ...]:
    epochs = (version.epoch, max(version.epoch - 1, 0))
    return tuple(delivery_key(cabinet, Version(epoch, max(version.revision - 1, 0))) for epoch in epochs)


def _ever_held(reading: Reading, override: Override, cabinet: str) -> bool:
    return any(_holds(delivery, override) for delivery in reading.shelf(DELIVERIES).find({"cabinet": cabinet}))


def _holds(delivery: Delivery, override: Override) -> bool:
    """Tell whether orders hold an override and were taken up."""
    return (
        delivery.answer not in (Answer.OFFERED, Answer.REJECTED)
        and (override.activated_utc_ms or 0) <= delivery.made_utc_ms <= (override.ended_utc_ms or 0)
        and f'"{override.override_id}"' in delivery.document
    )


def _flows(reading: Reading, document: OverrideDocument) -> dict[str, tuple[tuple[str, Three], ...]]:
    """Return flows counted before each leg, by cabinet and group, two standard deviations to either side. [veh/h]"""
    since = {leg.cabinet: leg.start_utc_ms for leg in document.legs}
    first_ms, last_ms = min(since.values()) - BEFORE_MS, max(since.values())
    found = {}
    for cabinet, counted in _counted(reading, tuple(since), first_ms, last_ms):
        start_ms = since[cabinet]
        whole = (c for c in counted if start_ms - BEFORE_MS <= c.from_utc_ms and c.to_utc_ms <= start_ms)
        found[cabinet] = tuple((group, _rate(counts)) for group, counts in sorted(_by_group(whole).items()))
    return found


def _counted(
    reading: Reading, cabinets: Sequence[str], since_ms: int, before_ms: int
) -> Iterator[tuple[str, list[GroupFlow]]]:
    """Yield what was counted at each cabinet that counts, the youngest first. [ms]"""
    for k in range(0, len(cabinets), _CABINETS_AT_ONCE):
        names, found = cabinets[k : k + _CABINETS_AT_ONCE], defaultdict(list)
        for flow in reading.shelf(FLOWS).find({"cabinet": names}, since_ms, before_ms, limit=_MOST_FLOWS):
            found[flow.cabinet].append(flow)
        yield from found.items()


def _rate(counts: list[GroupFlow]) -> Three:
    vehicles = sum(count.vehicles for count in counts)
    hours = sum(count.to_utc_ms - count.from_utc_ms for count in counts) / _MS_PER_H
    spread = _SIGMAS * math.sqrt(max(vehicles, 1))
    return max(vehicles - spread, 0.0) / hours, vehicles / hours, (vehicles + spread) / hours


def _queues(reading: Reading, document: OverrideDocument, end_ms: int) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return the queue of each group at the last count of each leg, by cabinet, where one was told. [veh]"""
    since, found = {leg.cabinet: leg.start_utc_ms for leg in document.legs}, {}
    first_ms = max(min(since.values()), end_ms - BEFORE_MS)
    for cabinet, counted in _counted(reading, tuple(since), first_ms, end_ms):
        last: dict[str, int] = {}
        for count in reversed(counted):  # the youngest come first
            if count.queue_veh is not None and since[cabinet] <= count.from_utc_ms and count.to_utc_ms <= end_ms:
                last[count.group] = count.queue_veh
        found[cabinet] = tuple(sorted(last.items()))
    return found


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
