"""The demand of signals that are known by their site alone: one stream per vehicle group, from counts by group."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from optimiser.cycle_split import S_PER_H, Streams
from optimiser.gap_acceptance import OPPOSED_PEAK, yielding_share
from optimiser.hcm import Arrivals
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.group_counts import GroupCount, GroupCounts
from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right, Site
from signal_ctrl.engine.split_plan import better_stages, stage_choices
from signal_ctrl.engine.split_values import Period, SignalDemand, SplitRules, StreamName
from signal_ctrl.kernel.kernel import Kernel

OfGroup = Mapping[str, GroupCount]


def group_demands(
    sites: Sequence[Site],
    counts: GroupCounts,
    stages: Mapping[str, tuple[int, ...]],
    rules: SplitRules,
    zero: bool,
    wanted: Collection[str] = (),
) -> tuple[tuple[SignalDemand, ...], tuple[Period, ...]]:
    """Return the demand of each site with a choice of stages, and the periods of the counts.

    Args: stages, by signal, where the user names them; zero, whether a group without a count has none to count;
    wanted, the signals to plan, by default all.
    Raises: InvalidInputError that names the signal for counts of unknown signals or groups, and for missing ones.
    """
    only = sites[0].signal_id if len(sites) == 1 else ""
    periods = tuple(Period(*times) for times, _ in counts.periods)
    planned = [site for site in sites if len(site.stages) > 1 and (not wanted or site.signal_id in wanted)]
    if not planned:
        name = min(wanted, default=sites[0].signal_id)
        raise InvalidInputError(f"signal {name} has one stage; there is nothing to split")
    by_signal: dict[str, list[OfGroup]] = {site.signal_id: [] for site in sites}
    for times, rows in counts.periods:
        found: dict[str, dict[str, GroupCount]] = {site.signal_id: {} for site in sites}
        for (signal, group), count in rows.items():
            name = signal or only
            if name not in found:
                raise InvalidInputError(_stranger(signal, group, times))
            found[name][group] = count
        for site in planned:
            by_signal[site.signal_id].append(_checked(site, found[site.signal_id], times, zero))
    hours = [period.hours for period in periods]
    demands = tuple(
        _demand(site, by_signal[site.signal_id], hours, stages.get(site.signal_id), rules) for site in planned
    )
    return demands, periods


def _stranger(signal: str, group: str, times: tuple[float, float]) -> str:
    if not signal:
        return f"counts of group {group} name no signal; with several sites each line needs one"
    return f"counts of signal {signal} in {times[0]:g} to {times[1]:g} s: there is no site of that signal"


def _checked(site: Site, found: dict[str, GroupCount], times: tuple[float, float], zero: bool) -> OfGroup:
    kinds = {group.name: group.kind for group in site.groups}
    where = f"signal {site.signal_id}, {times[0]:g} to {times[1]:g} s"
    for name in found:
        if name not in kinds:
            raise InvalidInputError(f"{where}: the site has no group {name}; it has {', '.join(kinds)}")
        if kinds[name] is GroupKind.CROSSING:
            raise InvalidInputError(f"{where}: group {name} is a crossing; its times come from the site, leave it out")
    missing = [name for name, kind in kinds.items() if kind is GroupKind.VEHICLE and name not in found]
    if missing and not zero:
        raise InvalidInputError(
            f"{where}: no count of {', '.join(missing)}; write 0 where nobody came, or add --missing-is-zero"
        )
    return found | {name: GroupCount(0.0) for name in missing}


def _demand(
    site: Site, rows: list[OfGroup], hours: list[float], stages: tuple[int, ...] | None, rules: SplitRules
) -> SignalDemand:
    groups = [g for g, group in enumerate(site.groups) if group.kind is GroupKind.VEHICLE and _served(site, g)]
    named = [(g, rows[0][site.groups[g].name]) for g in groups]
    kernel = Kernel(site)
    labels = tuple(StreamName(site.groups[g].name, count.approach or site.groups[g].name) for g, count in named)
    shares = [np.nan if count.green_share is None else count.green_share for _, count in named]
    arrivals = Arrivals(np.array([count.arrival_type for _, count in named], dtype=np.int64), np.array(shares))
    streams = tuple(_streams(site, groups, counts, h) for counts, h in zip(rows, hours, strict=True))
    if stages is not None:
        return SignalDemand(kernel, stages, labels, streams, arrivals)
    choices = [
        SignalDemand(kernel, chosen, labels, streams, arrivals)
        for chosen in stage_choices(site, range(len(site.stages)))
    ]
    return better_stages(choices, hours, rules)


def _served(site: Site, group: int) -> bool:
    return any(stage.rights[group].is_green for stage in site.stages)


def _streams(site: Site, groups: Sequence[int], counts: OfGroup, hours: float) -> Streams:
    own = [counts[site.groups[g].name] for g in groups]
    flow = np.array([count.vehicles / hours / S_PER_H for count in own])
    saturation = np.array([count.saturation_veh_h * count.lanes / S_PER_H for count in own])
    by_group = {g: float(own_flow) for g, own_flow in zip(groups, flow, strict=True)}
    weight = np.array([[_weight(site, g, stage.rights, by_group) for stage in site.stages] for g in groups])
    return Streams(flow, saturation, np.array(groups, dtype=np.int64), weight.reshape(len(groups), len(site.stages)))


def _weight(site: Site, group: int, rights: tuple[Right, ...], flow_veh_s: Mapping[int, float]) -> float:
    """Return the share of the saturation flow that a stage lets go: less than 1 where priority is with others."""
    if not rights[group].is_green:
        return 0.0
    if rights[group] is Right.PROTECTED:
        return 1.0
    first = [
        other
        for other in flow_veh_s
        if rights[other] is Right.PROTECTED and site.together[group][other] != COMPATIBLE and other != group
    ]
    return yielding_share(OPPOSED_PEAK * sum(flow_veh_s[other] for other in first))
