"""Demand per signal group, as the kernel's K4 wants to know it."""

from collections.abc import Collection

from detectors.crossings.approaches import ON_FOOT
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import GroupKind, Site
from signal_ctrl.domain.view import JunctionView

LIKELY = 0.05
WAITING_S = 1.0


def recall_of(layout: JunctionLayout, site: Site) -> int:
    """Return a bit mask of the groups on recall, which wait whenever they are red: nothing sees their demand.

    These are groups that no lane with a loop leads to: crossings too, but for those with a button or sensor. A loop in
    the road hears nobody who walks.
    """
    seen = {(m.group, m.direction == ON_FOOT) for m in layout.movements if layout.lanes[m.lane].loops}
    recall = 0
    for g, group in enumerate(site.groups):
        crossing = group.kind is GroupKind.CROSSING
        served = any(m.group == g for m in layout.movements)
        if (g, crossing) not in seen and (crossing or served):
            recall |= 1 << g
    return recall


def recall_of_lanes(layout: JunctionLayout, lanes: Collection[int]) -> int:
    """Return a bit mask of the groups that lead out of lanes where nobody knows whether somebody waits."""
    recall = 0
    for movement in layout.movements:
        if movement.lane in lanes and movement.group >= 0:
            recall |= 1 << movement.group
    return recall


def calls_of(layout: JunctionLayout, view: JunctionView) -> int:
    """Return a bit mask of the groups that the first vehicle of some lane may be waiting for."""
    calls = 0
    for index, lane in enumerate(layout.lanes):
        if not view.n_vehicles[index] or view.eta_s[index, 0] > WAITING_S or view.presence[index, 0] < 0.5:
            continue
        known = int(view.movement[index, 0])
        for i, movement in enumerate(lane.movements):
            group = layout.movements[movement].group
            wanted = known == movement if known >= 0 else _possible(view, index, i, movement)
            if group >= 0 and wanted:
                calls |= 1 << group
    return calls


def _possible(view: JunctionView, lane: int, i: int, movement: int) -> bool:
    return not int(view.barred[lane]) >> i & 1 and float(view.ratio[movement]) > LIKELY
