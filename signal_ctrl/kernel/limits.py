"""K4: maximum green and maximum red, whatever the wishes."""

from dataclasses import replace

from signal_ctrl.kernel.aspects import GREENS
from signal_ctrl.kernel.state import Core, GroupState
from signal_ctrl.kernel.tables import Tables


def note_calls(tables: Tables, groups: list[GroupState], calls: int, now_ds: int) -> None:
    """Latch demand of red groups until they are served, and start the clock of the greens it opposes, in place."""
    waiting = 0
    for g, state in enumerate(groups):
        if state.aspect in GREENS:
            continue
        if state.waits_ds < 0 and calls >> g & 1 and tables.served_by[g]:
            groups[g] = state = replace(state, waits_ds=now_ds)
        waiting |= (state.waits_ds >= 0) << g
    if not waiting:
        return
    for g, state in enumerate(groups):
        if state.aspect in GREENS and state.opposed_ds < 0 and _opposed(tables, g, waiting):
            groups[g] = replace(state, opposed_ds=now_ds)


def _opposed(tables: Tables, g: int, waiting: int) -> bool:
    return any(waiting >> b & 1 and tables.site.conflicts(g, b) for b in tables.partners[g])


def overdue(tables: Tables, groups: list[GroupState], now_ds: int) -> int:
    """Return a bit mask of the greens at the end of their maximum, less what their inner storage needs."""
    found = 0
    for g, state in enumerate(groups):
        if state.opposed_ds >= 0 and state.aspect in GREENS and now_ds >= green_limit_ds(tables, state, g):
            found |= 1 << g
    return found


def green_limit_ds(tables: Tables, state: GroupState, g: int) -> int:
    """Return when an opposed green has to start ending. [ds]"""
    lag_ds = max((lag for _, lag in tables.feeders[g]), default=0)
    return state.opposed_ds + tables.site.groups[g].max_green_ds - lag_ds


def waiting_by_deadline(tables: Tables, groups: list[GroupState]) -> list[tuple[int, int]]:
    """Return (deadline, group) of the waiting groups, the most urgent first. [ds]"""
    return sorted(
        (state.waits_ds + tables.site.groups[g].max_red_ds, g)
        for g, state in enumerate(groups)
        if state.waits_ds >= 0
    )


def red_alarm_ds(tables: Tables, groups: list[GroupState]) -> int | None:
    """Return the last moment at which all waiting groups can still be served in time, or None. [ds]"""
    queue = waiting_by_deadline(tables, groups)
    moments = [deadline - (i + 1) * tables.switch_ds for i, (deadline, _) in enumerate(queue)]
    return min(moments, default=None)


def forced_group(tables: Tables, core: Core, groups: list[GroupState], must_end: int, now_ds: int) -> int:
    """Return the group that has to be served now against all wishes, or -1."""
    if core.forced >= 0 and groups[core.forced].aspect not in GREENS:
        return core.forced
    queue = waiting_by_deadline(tables, groups)
    if must_end:
        opposing = [g for _, g in queue if any(must_end >> a & 1 for a in tables.partners[g])]
        return opposing[0] if opposing else -1
    alarm_ds = red_alarm_ds(tables, groups)
    return queue[0][1] if alarm_ds is not None and now_ds >= alarm_ds else -1


def stage_for(tables: Tables, groups: list[GroupState], wished: int, forced: int) -> int:
    """Return the stage that serves the forced group: the wished one if it does, else the one with most waiting groups."""
    serving = tables.served_by[forced]
    if wished in serving:
        return wished
    return max(serving, key=lambda s: (sum(_helps(tables, groups, s, g) for g in range(len(groups))), -s))


def _helps(tables: Tables, groups: list[GroupState], stage: int, g: int) -> bool:
    return groups[g].waits_ds >= 0 and tables.site.stages[stage].rights[g].is_green
