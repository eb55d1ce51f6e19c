"""How groups move towards a stage: ends, starts and clearances, each by the rules K1, K2, K3 and K5."""

from collections.abc import Sequence
from dataclasses import replace

from signal_ctrl.domain.site import Right
from signal_ctrl.kernel.aspects import GREENS, STOPS, Aspect, Event, step
from signal_ctrl.kernel.state import FOREVER_DS, GroupState
from signal_ctrl.kernel.tables import Tables

Groups = list[GroupState]
Rights = Sequence[Right]


def move(tables: Tables, groups: Groups, target: Rights, must_end: int, now_ds: int) -> None:
    """Move every group one frame towards the target rights, in place.

    `must_end` is a bit mask of groups that K4 lets wait no longer. The list is the caller's own copy.
    """
    for g, state in enumerate(groups):
        _let_elapse(tables, groups, g, state, now_ds)
    _end_greens(tables, groups, target, must_end, now_ds)
    for g, state in enumerate(groups):
        if state.right > target[g] and target[g].is_green:
            groups[g] = replace(state, right=target[g], unprotected_ds=now_ds)
    for g, state in enumerate(groups):
        if target[g] > state.right and target[g].is_green and may_enter(tables, groups, g, target[g], now_ds):
            groups[g] = _entered(tables, state, g, target[g], now_ds)


def _let_elapse(tables: Tables, groups: Groups, g: int, state: GroupState, now_ds: int) -> None:
    group = tables.site.groups[g]
    shown_ds = now_ds - state.since_ds
    over = (state.aspect is Aspect.AMBER and shown_ds >= group.amber_ds) or (
        state.aspect is Aspect.PED_CLEAR and shown_ds >= group.clearance_ds
    )
    if over:
        groups[g] = replace(state, aspect=step(state.aspect, Event.ELAPSED, tables.crossing[g]), since_ds=now_ds)


def _end_greens(tables: Tables, groups: Groups, target: Rights, must_end: int, now_ds: int) -> None:
    """End what may end. All are looked at before the first is moved, so that their order does not matter."""
    ending = [
        g
        for g, state in enumerate(groups)
        if state.aspect in GREENS
        and not target[g].is_green
        and earliest_end_ds(tables, groups, g, target, now_ds) <= now_ds
    ]
    ready = [
        g for g in ending if must_end >> g & 1 or latest_end_ds(tables, groups, g, target, now_ds) <= now_ds
    ]
    for g in ready:
        aspect = step(groups[g].aspect, Event.END, tables.crossing[g])
        groups[g] = replace(
            groups[g], aspect=aspect, right=Right.NONE, since_ds=now_ds, ended_ds=now_ds, unprotected_ds=now_ds,
            opposed_ds=-1,
        )  # fmt: skip


def _entered(tables: Tables, state: GroupState, g: int, right: Right, now_ds: int) -> GroupState:
    if state.aspect in GREENS:
        return replace(state, right=right)
    aspect = step(state.aspect, Event.START, tables.crossing[g])
    return replace(state, aspect=aspect, right=right, since_ds=now_ds, waits_ds=-1)


def earliest_end_ds(tables: Tables, groups: Groups, g: int, target: Rights, now_ds: int) -> int:
    """Return when the green of g may end by its minimum (K3, K5) and by the inner storage it has to empty. [ds]"""
    end_ds = groups[g].since_ds + tables.site.groups[g].min_green_ds
    for feeder, lag_ds in tables.feeders[g]:
        if target[feeder].is_green:
            continue  # the wished stage keeps feeding: the site's stage, not this rule, answers for it
        ended_ds = now_ds if groups[feeder].aspect in GREENS else groups[feeder].ended_ds
        end_ds = max(end_ds, ended_ds + lag_ds)
    return end_ds


def latest_end_ds(tables: Tables, groups: Groups, g: int, target: Rights, now_ds: int) -> int:
    """Return until when g may stay green without delaying any start of the target. [ds]

    A short intergreen ends later than a long one (a crossing's clearance), so that no green is lost to waiting.
    """
    latest_ds = FOREVER_DS
    for b in tables.partners[g]:
        if not target[b].is_green or groups[b].right >= target[b] or tables.exempt[g][b][target[b]]:
            continue
        start_ds = _start_without_ds(tables, groups, g, b, target, now_ds)
        latest_ds = min(latest_ds, start_ds - tables.site.intergreen_ds[g][b])
    return now_ds if latest_ds == FOREVER_DS else latest_ds


def _start_without_ds(tables: Tables, groups: Groups, g: int, b: int, target: Rights, now_ds: int) -> int:
    """Return the earliest start of b if g were no obstacle. [ds]"""
    start_ds = now_ds
    for a in tables.partners[b]:
        if a == g or tables.exempt[a][b][target[b]]:
            continue
        state = groups[a]
        if state.aspect not in GREENS:
            ended_ds = state.ended_ds
        elif target[a].is_green:
            continue
        else:
            ended_ds = max(now_ds, earliest_end_ds(tables, groups, a, target, now_ds))
        start_ds = max(start_ds, ended_ds + tables.site.intergreen_ds[a][b])
    return start_ds


def may_enter(tables: Tables, groups: Groups, g: int, right: Right, now_ds: int) -> bool:
    """Return whether g may take this right now: every past and present partner is clear of it (K1, K2)."""
    state = groups[g]
    if state.aspect not in GREENS and not (
        state.aspect in STOPS and now_ds - state.since_ds >= tables.site.red_revert_ds
    ):
        return False
    return all(_clear_of(tables, groups, a, g, right, now_ds) for a in tables.partners[g])


def _clear_of(tables: Tables, groups: Groups, a: int, g: int, right: Right, now_ds: int) -> bool:
    site, other = tables.site, groups[a]
    gap_ds = site.intergreen_ds[a][g]
    if other.aspect in GREENS:
        lost_priority = site.allows(a, Right.PROTECTED, g, right) or now_ds - other.unprotected_ds >= gap_ds
        return site.allows(a, other.right, g, right) and (other.right is Right.PROTECTED or lost_priority)
    if tables.exempt[a][g][right]:
        return True
    return other.aspect in STOPS and now_ds - other.ended_ds >= gap_ds
