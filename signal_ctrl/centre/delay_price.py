"""What an override costs in delay: uniform arrivals, queues that grow in red and leave at saturation flow. Pure.

Per signal group, over the time T that the override holds: without it, q T d1, the uniform delay of the Highway Capacity
Manual, d1 = C (1 - g)^2 / (2 (1 - y)). With it, nobody of a group waits that is green all the time; a group that is red
all the time makes a queue N = q T, which waits N T / 2 while it grows and N^2 / (2 (g s - q)) while it leaves through
the greens of its plan. The price is the difference. q flow, s saturation flow, g green ratio, y = q / s, C cycle.
It leaves out chance, blocking back to other junctions, and everybody who takes another way.
Source: Highway Capacity Manual 2000, ch. 16, uniform delay; queue triangles are common practice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from signal_ctrl.centre.prices import CrossingPrice, GroupPrice, Price
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import GroupKind, Site
from signal_ctrl.domain.timing import to_s

SATURATION_VEH_H: Final = 1_800.0
"""Saturation flow of one lane. [veh/h] [P]"""
LOST_S: Final = 4.0
"""What each green of a group loses of its splits: starting up and clearing. [s] Source: HCM 2000, 4 s a phase."""
GUESSED_SATURATION: Final = (0.3, 0.6, 0.9)
"""Where nothing was counted: degrees of saturation that a plan in use is taken to lie between. [P]"""
_H_S: Final = 3600.0
Three = tuple[float, float, float]
"""Low, middle, high."""
Ratios = tuple[float | None, ...]
"""Share of the cycle that each group is green, None where it has none."""


@dataclass(frozen=True, slots=True)
class Held:
    """One cabinet under an override: its site and plan (None: unknown), the stage lit (empty: none), for how long. [s]

    `flows_veh_h` are flows that were counted, by group [veh/h], `queues_veh` queues at the end where they were [veh];
    `unknown` says why nothing can be said at all, else empty.
    """

    cabinet: str
    site: Site
    plan: SignalPlan | None
    stage: str
    held_s: float
    flows_veh_h: tuple[tuple[str, Three], ...] = ()
    queues_veh: tuple[tuple[str, int], ...] = ()
    unknown: str = ""


def price_of(kind: str, held: Iterable[Held], inputs: Sequence[str], at_utc_ms: int) -> Price:
    """Return the price of an override over all of its cabinets. [ms]"""
    cabinets = tuple(held)
    ratios = [green_ratios(one.site, one.plan) for one in cabinets]
    groups = tuple(price for one, shares in zip(cabinets, ratios, strict=True) for price in group_prices(one, shares))
    crossings = tuple(p for one, shares in zip(cabinets, ratios, strict=True) for p in crossing_prices(one, shares))
    known = [group.added_veh_h for group in groups if group.added_veh_h is not None]
    total = (sum(k[0] for k in known), sum(k[1] for k in known), sum(k[2] for k in known)) if known else None
    unknown = tuple(f"{group.cabinet}/{group.group}" for group in groups if group.added_veh_h is None)
    method = " and ".join(sorted({g.source for g in groups if g.added_veh_h is not None})) or "unknown"
    return Price(kind, method, total, unknown, groups, crossings, tuple(inputs), at_utc_ms)


def group_prices(held: Held, ratios: Ratios) -> tuple[GroupPrice, ...]:
    """Return the price of each vehicle group of a cabinet, by the green ratios of all its groups. [veh h]"""
    site, lit = held.site, lit_groups(held.site, held.stage)
    found = []
    for g, group in enumerate(site.groups):
        if group.kind is GroupKind.VEHICLE:
            found.append(_group_price(held, group.name, len(group.links), ratios[g], g in lit))
    return tuple(found)


def _group_price(held: Held, name: str, lanes: int, green_ratio: float | None, lit: bool) -> GroupPrice:
    why = held.unknown or ("" if green_ratio else "its plan is unknown, or never serves it")
    if why or green_ratio is None or held.plan is None:
        return GroupPrice(held.cabinet, name, None, None, "unknown", why)
    saturation_veh_h = SATURATION_VEH_H * lanes
    flows_veh_h = dict(held.flows_veh_h).get(name)
    source = "counted flows" if flows_veh_h is not None else "green shares of the plan"
    if flows_veh_h is None:
        low, middle, high = (x * green_ratio * saturation_veh_h for x in GUESSED_SATURATION)
        flows_veh_h = (low, middle, high)
    queue_veh = dict(held.queues_veh).get(name)
    times_h = (held.held_s / _H_S, to_s(held.plan.cycle_ds) / _H_S)
    added = []
    for flow_veh_h in flows_veh_h:
        grown_veh = flow_veh_h * times_h[0] if queue_veh is None else float(queue_veh)
        added.append(added_veh_h(flow_veh_h, times_h, green_ratio, saturation_veh_h, None if lit else grown_veh))
    if any(each is None for each in added):
        return GroupPrice(held.cabinet, name, None, flows_veh_h, source, "saturated: its queue would not dissolve")
    known = sorted(each for each in added if each is not None)
    return GroupPrice(held.cabinet, name, (known[0], known[1], known[2]), flows_veh_h, source)


def added_veh_h(
    flow_veh_h: float,
    times_h: tuple[float, float],
    green_ratio: float,
    saturation_veh_h: float,
    queue_veh: float | None,
) -> float | None:
    """Return the delay that an override adds to one group, None where its queue would not dissolve. [veh h]

    Args: times_h, how long it holds, and the cycle of the plan [h]; queue_veh, the queue at its end, None if the group
        is green all the time.
    >>> round(added_veh_h(600.0, (0.1, 0.02), 0.5, 1800.0, None), 3)
    -0.225
    >>> round(added_veh_h(600.0, (0.1, 0.02), 0.5, 1800.0, 60.0), 3)
    8.775
    """
    held_h, cycle_h = times_h
    spare_veh_h = green_ratio * saturation_veh_h - flow_veh_h
    if spare_veh_h <= 0:
        return None
    uniform_h = cycle_h * (1 - green_ratio) ** 2 / (2 * (1 - flow_veh_h / saturation_veh_h))
    without_veh_h = flow_veh_h * held_h * uniform_h
    if queue_veh is None:
        return -without_veh_h
    return queue_veh * held_h / 2 + queue_veh**2 / (2 * spare_veh_h) - without_veh_h


def crossing_prices(held: Held, ratios: Ratios) -> tuple[CrossingPrice, ...]:
    """Return how much longer pedestrians wait at each crossing that is not lit, in the mean. [s]"""
    lit, found = lit_groups(held.site, held.stage), []
    for g, group in enumerate(held.site.groups):
        ratio = ratios[g]
        if group.kind is not GroupKind.CROSSING or g in lit:
            continue
        if held.unknown or not ratio or held.plan is None:
            why = held.unknown or "its plan is unknown, or never serves it"
            found.append(CrossingPrice(held.cabinet, group.name, None, why))
        else:
            red_s = to_s(held.plan.cycle_ds) * (1 - ratio)
            added_s = held.held_s / 2 + red_s / 2 - red_s * (1 - ratio) / 2
            found.append(CrossingPrice(held.cabinet, group.name, added_s))
    return tuple(found)


def lit_groups(site: Site, stage: str) -> frozenset[int]:
    """Return the groups that are green in a stage, none for an empty name."""
    rights = next((one.rights for one in site.stages if one.name == stage), ())
    return frozenset(g for g, right in enumerate(rights) if right.is_green)


def green_ratios(site: Site, plan: SignalPlan | None) -> Ratios:
    """Return each group's share of the cycle, by the splits of a plan less `LOST_S` a green; None where it has none."""
    if plan is None:
        return (None,) * len(site.groups)
    lit = [lit_groups(site, stage) for stage in plan.stages]
    cycle_s, splits_s = to_s(plan.cycle_ds), [to_s(split_ds) for split_ds in plan.splits_ds]
    return tuple(_ratio(tuple(g in groups for groups in lit), splits_s, cycle_s) for g in range(len(site.groups)))


def _ratio(lit: tuple[bool, ...], splits_s: Sequence[float], cycle_s: float) -> float | None:
    if all(lit):
        return 1.0
    first = lit.index(False)  # greens may go on over the end of the cycle
    turned, turned_s = lit[first:] + lit[:first], [*splits_s[first:], *splits_s[:first]]
    runs = [[turned_s[k] for k in ks] for on, ks in groupby(range(len(turned)), turned.__getitem__) if on]
    green_s = sum(max(sum(run) - LOST_S, 0.0) for run in runs)
    return green_s / cycle_s or None
