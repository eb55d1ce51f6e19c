"""Saturation flows of lanes brought to signal groups, in the CSV form that the planning of fixed times reads."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sumo_scenarios.world import SignalUnit

GROUP_HEADER: Final = ("signal", "group", "saturation_veh_h")
LaneFlows = Mapping[tuple[str, str], tuple[float, float]]
"""(Saturation flow [veh/h], weight) by (signal, lane)."""


def groups_to_csv(units: Iterable[SignalUnit], lanes: LaneFlows) -> str:
    """Return a line for each group that lets vehicles go from a measured lane: the weighted mean of these lanes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(GROUP_HEADER)
    for unit in units:
        found: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        for lane in unit.layout.lanes:
            own = lanes.get((unit.site.signal_id, lane.lane_id))
            for group in sorted({unit.layout.movements[m].group for m in lane.movements}):
                if own is not None and group >= 0:
                    found[group].append(own)
        for group, flows in sorted(found.items()):
            mean = sum(flow * weight for flow, weight in flows) / sum(weight for _, weight in flows)
            writer.writerow((unit.site.signal_id, unit.site.groups[group].name, f"{round(mean, 1):.10g}"))
    return out.getvalue()
