"""How groups move towards a stage: ends, starts and clearances, each by the rules K1, K2, K3 and K5."""

from collections.abc import Sequence
from dataclasses import replace

from signal_ctrl.domain.site import Right
from signal_ctrl.kernel.aspects import Event, step
from signal_ctrl.kernel.outlook import Outlook, Rights, outlook, own_interval_ds, starts_after
from signal_ctrl.kernel.state import FOREVER_DS, GroupState
from signal_ctrl.kernel.tables import Tables

Groups = list[GroupState]
Changes = dict[int, Right]


def move(tables: Tables, groups: Groups, target: Rights, must_end: int, now_ds: int) -> None:
    """Move every group one frame towards the target rights, in place.

    `must_end` is a bit mask of the greens that K4 ends now; the target has none of them. The list is the
    caller's own copy. In each of the four moves all groups are looked at before the first is changed, so that
    their order does not matter.
    """
    _let_elapse(tables, groups, now_ds)
    ahead = outlook(tables, groups, target, now_ds)
    before = list(groups)
    _end_greens(tables, groups, target, ahead, must_end, now_ds)
    _lower_rights(tables, groups, target, ahead, now_ds)
    if not ahead.starts:
        return
    same = all(one is other for one, other in zip(before, groups, strict=True))
    starts = ahead.starts if same else starts_after(tables, groups, target, ahead.ends, now_ds)
    _start_greens(tables, groups, target, starts, now_ds)


def _let_elapse(tables: Tables, groups: Groups, now_ds: int) -> None:
    for g, state in enumerate(groups):
        own_ds = own_interval_ds(tables, state, g)
        if own_ds and now_ds - state.since_ds >= own_ds:
            aspect = step(state.aspect, Event.ELAPSED, tables.crossing[g])
            groups[g] = replace(state, aspect=aspect, since_ds=now_ds)


def _end_greens(tables: Tables, groups: Groups, target: Rights, ahead: Outlook, must_end: int, now_ds: int) -> None:
    for g, last_ds in ahead.lasts.items():
        if not target[g].is_green and (must_end >> g & 1 or last_ds <= now_ds):
            groups[g] = _ended(tables, groups[g], g, now_ds)


def _ended(tables: Tables, state: GroupState, g: int, now_ds: int) -> GroupState:
    return GroupState(
        aspect=step(state.aspect, Event.END, tables.crossing[g]),
        right=Right.NONE,
        since_ds=now_ds,
        ended_ds=now_ds,
        unprotected_ds=now_ds if state.right is Right.PROTECTED else state.unprotected_ds,
        more_ds=state.more_ds,
    )


def _lower_rights(tables: Tables, groups: Groups, target: Rights, ahead: Outlook, now_ds: int) -> None:
    wanted = {g: target[g] for g, last_ds in ahead.lasts.items() if target[g].is_green and last_ds <= now_ds}
    for g, right in _fitting(tables, groups, wanted).items():
        groups[g] = replace(groups[g], right=right, unprotected_ds=now_ds)


def _start_greens(tables: Tables, groups: Groups, target: Rights, starts: dict[int, int], now_ds: int) -> None:
    wanted = {g: target[g] for g, start_ds in starts.items() if start_ds <= now_ds}
    for g, right in _fitting(tables, groups, wanted).items():
        groups[g] = _started(tables, groups[g], g, right, now_ds)


def _started(tables: Tables, state: GroupState, g: int, right: Right, now_ds: int) -> GroupState:
    if state.right.is_green:
        return replace(state, right=right)
    aspect = step(state.aspect, Event.START, tables.crossing[g])
    return replace(state, aspect=aspect, right=right, since_ds=now_ds, waits_ds=None)


def _fitting(tables: Tables, groups: Groups, wanted: Changes) -> Changes:
    """Return the most of the wanted rights that may be lit together, and with what stays as it is (K1)."""
    while True:
        after = [wanted.get(g, state.right) for g, state in enumerate(groups)]
        fits = {
            g: right
            for g, right in wanted.items()
            if all(tables.meets[a][g][after[a]][right] for a in tables.partners[g])
        }
        if len(fits) == len(wanted):
            return fits
        wanted = fits


def settle_clearances(tables: Tables, groups: Groups, longer: bool) -> None:
    """Settle for each WALK that shows whether its clearance will be a longer one, in place: no other ever changes."""
    for g in tables.longer:
        if groups[g].right.is_green:
            groups[g] = replace(groups[g], more_ds=tables.site.groups[g].longer_ds if longer else 0)


def next_change_ds(tables: Tables, groups: Sequence[GroupState], target: Rights, now_ds: int) -> int:
    """Return the next moment at which a move towards the target could change anything. [ds]

    Early is right, late is not: a moment that has passed without change counts as the next frame.
    """
    ahead = outlook(tables, groups, target, now_ds)
    moments = [*ahead.lasts.values(), *ahead.starts.values()]
    for g, state in enumerate(groups):
        own_ds = own_interval_ds(tables, state, g)
        if own_ds:
            moments.append(state.since_ds + own_ds)
    return max(min(moments, default=FOREVER_DS), now_ds + 1)
