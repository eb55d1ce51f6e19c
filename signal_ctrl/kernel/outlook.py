"""What lies ahead on the way to a target: when greens may end, and when others may start."""

from collections.abc import Sequence
from typing import NamedTuple

from signal_ctrl.domain.site import Right
from signal_ctrl.kernel.aspects import Aspect
from signal_ctrl.kernel.state import FOREVER_DS, NEVER_DS, GroupState
from signal_ctrl.kernel.tables import Tables

Rights = Sequence[Right]
Ties = list[tuple[int, int]]


class Outlook(NamedTuple):
    """Moments by group, if all goes on as it is. [ds]

    `ends`: the earliest end of each green, or of its priority, that the target does not have; `lasts`: how
    long it may stay without delaying a start; `starts`: the earliest start of each right that the target
    adds.
    """

    ends: dict[int, int]
    lasts: dict[int, int]
    starts: dict[int, int]


def outlook(tables: Tables, groups: Sequence[GroupState], target: Rights, now_ds: int) -> Outlook:
    """Return what lies ahead of the groups.

    A short intergreen ends later than a long one (a crossing's clearance): no green is lost to waiting, and none to
    a WALK that could begin before the vehicles of its stage, which wait for another crossing's clearance.
    """
    ends = _ends(tables, groups, target, now_ds)
    ties = _lower(tables, groups, target, ends, now_ds)
    free = free_after(tables, groups, target, ends, now_ds)
    lasts = _lasts(tables, groups, target, ends, _urgent(tables, free), ties) if ends else {}
    return Outlook(ends, lasts, _behind_leads(tables, groups, target, free))


def _ends(tables: Tables, groups: Sequence[GroupState], target: Rights, now_ds: int) -> dict[int, int]:
    """Return when greens may end by their minimum (K3, K5) and by the inner storage they have to empty."""
    ends = {
        g: max(now_ds, state.since_ds + tables.site.groups[g].min_green_ds)
        for g, state in enumerate(groups)
        if state.right.is_green and not target[g].is_green
    }
    for feeder, inner, lag_ds in ((t.feeder, t.inner, t.lag_ds) for t in tables.trailing):
        # Where the target goes on feeding, the site's stage, not this rule, answers for the storage.
        if inner in ends and not target[feeder].is_green:
            ends[inner] = max(ends[inner], ends.get(feeder, groups[feeder].ended_ds) + lag_ds)
    return ends


def _lower(tables: Tables, groups: Sequence[GroupState], target: Rights, ends: dict[int, int], now_ds: int) -> Ties:
    """Add when greens may lose their priority, in place, and return who is tied to whom in that.

    A tie (g, c): g may meet c, which is to end or to be lowered too, only with its priority, and so has to
    keep it until c is. Ties may form chains and rings; each pass takes them one link further.
    """
    lowered = [g for g, state in enumerate(groups) if state.right is Right.PROTECTED and target[g] is Right.PERMISSIVE]
    ends.update(dict.fromkeys(lowered, now_ds))
    ties = [
        (g, c)
        for g in lowered
        for c in tables.partners[g]
        if c in ends and not tables.meets[g][c][Right.PERMISSIVE][groups[c].right]
    ]
    for _ in ties:
        for g, c in ties:
            ends[g] = max(ends[g], ends[c])
    return ties


def starts_after(
    tables: Tables, groups: Sequence[GroupState], target: Rights, ends: dict[int, int], now_ds: int
) -> dict[int, int]:
    """Return when the rights that the target adds may start: free, and behind the leads of people on foot (K5)."""
    return _behind_leads(tables, groups, target, free_after(tables, groups, target, ends, now_ds))


def free_after(
    tables: Tables, groups: Sequence[GroupState], target: Rights, ends: dict[int, int], now_ds: int
) -> dict[int, int]:
    """Return when others leave the rights free that the target adds, if they end as given (K2, red revert of K7).

    The past counts as what is lit does, so that no start is early.
    """
    starts = {}
    for b, state in enumerate(groups):
        if target[b].is_green and state.right < target[b]:
            start_ds = max(now_ds, _ready_ds(tables, state, b))
            for a in tables.partners[b]:
                start_ds = max(start_ds, _clear_ds(tables, groups, a, b, target, ends))
            starts[b] = start_ds
    return starts


def _behind_leads(tables: Tables, groups: Sequence[GroupState], target: Rights, free: dict[int, int]) -> dict[int, int]:
    """Return the starts of those who are free then, vehicles behind the leads of the crossings that they give way to.

    No green lasts for the sake of a lead: while it lasts the WALK waits, behind the WALK the lead, and so on for ever.
    """
    starts = dict(free)
    for b in tables.leads:
        if b in starts and not groups[b].right.is_green:
            starts[b] = max(starts[b], _led_ds(tables, groups, b, target, starts))
    return starts


def _led_ds(tables: Tables, groups: Sequence[GroupState], b: int, target: Rights, starts: dict[int, int]) -> int:
    """Return when the leads are over of the crossings whose people b has to yield to."""
    return max(
        (
            (groups[a].since_ds if groups[a].right.is_green else starts[a]) + tables.site.groups[a].lead_ds
            for a in tables.gives_way[b]
            if target[a].is_green
        ),
        default=NEVER_DS,
    )


def _ready_ds(tables: Tables, state: GroupState, b: int) -> int:
    """Return when a group itself may start, by its own amber or clearance and red revert."""
    if state.right.is_green:
        return NEVER_DS
    return state.since_ds + own_interval_ds(tables, state, b) + tables.site.red_revert_ds


def own_interval_ds(tables: Tables, state: GroupState, g: int) -> int:
    """Return how long the aspect lasts if it ends by itself, else 0. [ds]"""
    if state.aspect is Aspect.AMBER:
        return tables.site.groups[g].amber_ds
    return tables.site.groups[g].clearance_ds + state.more_ds if state.aspect is Aspect.PED_CLEAR else 0


def _clear_ds(
    tables: Tables, groups: Sequence[GroupState], a: int, b: int, target: Rights, ends: dict[int, int]
) -> int:
    """Return from when on the traffic of a, past or present, leaves b free to take its right in the target.

    NEVER where it is free anyway. Traffic that goes on counts only with a known end: K1 looks after the rest.
    People who clear a crossing hold up all vehicles that cross their way, those too that yield to them (K5).
    """
    meets, state, right = tables.meets[a][b], groups[a], target[b]
    clearing = a in tables.gives_way[b] and not _walks_on(state, target[a])
    if meets[Right.PROTECTED][right] and not clearing:
        return NEVER_DS
    if meets[Right.PERMISSIVE][right] and state.right is not Right.PROTECTED and not clearing:
        counts_ds = state.unprotected_ds  # who had to yield is no obstacle, who had priority before is
    elif state.right.is_green:
        counts_ds = ends.get(a, NEVER_DS)
    else:
        counts_ds = state.ended_ds
    return counts_ds + tables.site.intergreen_ds[a][b] + state.more_ds


def _urgent(tables: Tables, starts: dict[int, int]) -> dict[int, int]:
    """Return the starts for which greens have to end: a WALK is not begun before the last of the vehicles are.

    A direct change between two roads would else cut the vehicles of the first one short by as much as people need to
    clear: the crossing over the first road is free long before that over the second one.
    """
    last_ds = max((start_ds for b, start_ds in starts.items() if not tables.crossing[b]), default=NEVER_DS)
    return {b: max(start_ds, last_ds) if tables.crossing[b] else start_ds for b, start_ds in starts.items()}


def _walks_on(state: GroupState, right: Right) -> bool:
    """Return whether a crossing shows WALK and keeps it."""
    return state.right.is_green and right.is_green


def _lasts(
    tables: Tables,
    groups: Sequence[GroupState],
    target: Rights,
    ends: dict[int, int],
    starts: dict[int, int],
    ties: Ties,
) -> dict[int, int]:
    lasts = {}
    for g in ends:
        held_up = [
            starts[b] - tables.site.intergreen_ds[g][b] - groups[g].more_ds
            for b in tables.partners[g]
            if b in starts and _stands_in_the_way(tables, groups[g], g, b, target)
        ]
        lasts[g] = min(held_up, default=FOREVER_DS)
    for _ in ties:
        for g, c in ties:
            lasts[c] = min(lasts[c], lasts[g])
    for rule in reversed(tables.trailing):
        if rule.inner in lasts and rule.feeder in lasts and lasts[rule.inner] < FOREVER_DS:
            lasts[rule.feeder] = min(lasts[rule.feeder], lasts[rule.inner] - rule.lag_ds)
    return {g: ends[g] if last_ds == FOREVER_DS else max(ends[g], last_ds) for g, last_ds in lasts.items()}


def _stands_in_the_way(tables: Tables, state: GroupState, g: int, b: int, target: Rights) -> bool:
    meets, right = tables.meets[g][b], target[b]
    if g in tables.gives_way[b] and not _walks_on(state, target[g]):
        return True
    if meets[Right.PROTECTED][right]:
        return False
    return state.right is Right.PROTECTED or not meets[Right.PERMISSIVE][right]
