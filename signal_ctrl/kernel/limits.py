"""K4: maximum green and maximum red, whatever the wishes.

A green ends when a conflicting demand has waited through its maximum; a little earlier the target turns to
who waits. For the maximum red the waiting groups stand in a queue by deadline. A site is valid only if its
rota (few stages that serve everybody, each with the longest time it takes) fits into every maximum red, so a
queue that is served by the rota from its alarm on is served in time, whatever comes in meanwhile: a newcomer
gets ahead only of those who still have the time of a whole rota.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from signal_ctrl.domain.site import Right
from signal_ctrl.kernel.outlook import Rights
from signal_ctrl.kernel.state import FOREVER_DS, Core, GroupState, Starving
from signal_ctrl.kernel.tables import Tables

Groups = list[GroupState]
Queue = list[tuple[int, int]]
STARVING_DS: Final = 600
"""Under a police hold whoever waits is told of this often. [ds]"""


class Service(NamedTuple):
    """The stage to go to, and whom K4 serves with it; the fields of `Core`. [ds]"""

    stage: int
    forced: int = -1
    forced_ds: int | None = None


def note_calls(tables: Tables, groups: Groups, calls: int, now_ds: int) -> None:
    """Latch demand of red groups until served, and start the clock of the greens it opposes, in place."""
    waiting = 0
    for g, state in enumerate(groups):
        if state.right.is_green:
            continue
        if state.waits_ds is None and calls >> g & 1 and tables.served_by[g]:
            groups[g] = replace(state, waits_ds=now_ds)
        waiting |= (groups[g].waits_ds is not None) << g
    for g, state in enumerate(groups):
        if state.right.is_green and state.opposed_ds is None and tables.opponents[g] & waiting:
            groups[g] = replace(state, opposed_ds=now_ds)


def restart_waits(groups: Groups, now_ds: int) -> None:
    """Count every latched demand from now on, in place: out of service nobody is served, nobody forgotten."""
    for g, state in enumerate(groups):
        if state.waits_ds is not None:
            groups[g] = replace(state, waits_ds=now_ds)


def overdue(tables: Tables, groups: Groups, now_ds: int) -> int:
    """Return a bit mask of the greens that have reached their maximum."""
    return sum(1 << g for g, limit_ds in _green_limits(tables, groups) if limit_ds <= now_ds)


def _green_limits(tables: Tables, groups: Groups) -> list[tuple[int, int]]:
    """Return (group, end of its maximum) of the opposed greens. [ds]"""
    return [
        (g, state.opposed_ds + tables.site.groups[g].max_green_ds)
        for g, state in enumerate(groups)
        if state.opposed_ds is not None
    ]


def without(target: Rights, must_end: int) -> Rights:
    """Return the target less the greens of a bit mask."""
    if not must_end:
        return target
    return tuple(Right.NONE if must_end >> g & 1 else right for g, right in enumerate(target))


def put_off(tables: Tables, groups: Groups, target: Rights, service: Service) -> int:
    """Return a bit mask of the WALKs that the target does without until the vehicles are in whom maximum red serves.

    If such a WALK reached its maximum before they have started, they would wait for its clearance too.
    """
    if service.forced_ds is None:
        return 0
    waiting = [g for g, state in enumerate(groups) if state.waits_ds is not None and target[g].is_green]
    met = {a for g in waiting for a in tables.gives_way[g]}
    return sum(1 << a for a in met if _runs_out(tables, groups[a], a, service.forced_ds))


def _runs_out(tables: Tables, state: GroupState, g: int, since_ds: int) -> bool:
    """Return whether a green may reach its maximum within the time that the rota takes from a moment on."""
    longest_ds = tables.site.groups[g].max_green_ds
    opposed_ds = since_ds if state.opposed_ds is None else state.opposed_ds
    return min(opposed_ds, since_ds) + longest_ds < since_ds + tables.rota.any_ds


def next_limit_ds(tables: Tables, groups: Groups) -> int:
    """Return the next moment at which a limit asks for something, or one that has passed. [ds]"""
    moments = [_alarm_ds(tables, waiting(tables, groups))]
    for g, limit_ds in _green_limits(tables, groups):
        moments += [limit_ds, limit_ds - tables.lag_ds[g]]
    return min(moments)


def waiting(tables: Tables, groups: Groups) -> Queue:
    """Return (deadline, group) of the waiting groups, the most urgent first. [ds]"""
    return sorted(
        (state.waits_ds + tables.site.groups[g].max_red_ds, g)
        for g, state in enumerate(groups)
        if state.waits_ds is not None
    )


def _alarm_ds(tables: Tables, queue: Queue) -> int:
    """Return the last moment at which the rota serves the whole queue in time. [ds]"""
    rota, alarm_ds = tables.rota, FOREVER_DS
    needed_ds = rota.any_ds + rota.frame_ds
    seen: set[int] = set()
    for deadline_ds, g in queue:
        home = rota.home[g]
        if home not in seen:
            seen.add(home)
            alarm_ds = min(alarm_ds, deadline_ds - needed_ds)
            needed_ds += rota.out_ds[home] + rota.frame_ds
    return alarm_ds


def service(tables: Tables, core: Core, groups: Groups, now_ds: int) -> Service:
    """Return what the wished stage becomes: maximum red goes first, then maximum green, then the wish."""
    if core.forced_ds is not None:
        return Service(core.stage, core.forced, core.forced_ds)
    queue = waiting(tables, groups)
    if _alarm_ds(tables, queue) <= now_ds:
        return Service(_stage_by_rota(tables, core.stage, queue), queue[0][1], now_ds)
    if core.forced >= 0:
        return Service(core.stage, core.forced)
    if core.claims.all_red:
        return Service(core.stage)
    return _relief(tables, core, groups, queue, now_ds)


def _stage_by_rota(tables: Tables, wished: int, queue: Queue) -> int:
    """Return the home of the most urgent group, or the wished stage if it does as much as quickly."""
    rota, rights = tables.rota, tables.site.stages[wished].rights
    home = rota.home[queue[0][1]]
    as_good = all(rights[g].is_green for _, g in queue if rota.home[g] == home)
    return wished if as_good and rota.out_ds[wished] <= rota.out_ds[home] else home


def _relief(tables: Tables, core: Core, groups: Groups, queue: Queue, now_ds: int) -> Service:
    """Return the stage for the most urgent opponent of a wished green that has to leave, or the wish."""
    rights = tables.site.stages[core.stage].rights
    leaving = 0
    for g, limit_ds in _green_limits(tables, groups):
        if rights[g].is_green and limit_ds - tables.lag_ds[g] <= now_ds:
            leaving |= 1 << g
    opponents = [g for _, g in queue if tables.opponents[g] & leaving]
    if not opponents:
        return Service(core.stage)
    return Service(_stage_against(tables, leaving, opponents[0], queue), opponents[0])


def _stage_against(tables: Tables, leaving: int, forced: int, queue: Queue) -> int:
    """Return the stage that serves a group, keeps fewest of the leaving greens and serves most waiting."""

    def merit(s: int) -> tuple[int, int, int]:
        rights = tables.site.stages[s].rights
        kept = sum(right.is_green and leaving >> g & 1 for g, right in enumerate(rights))
        return -kept, sum(rights[g].is_green for _, g in queue), -s

    return max(tables.served_by[forced], key=merit)


def still_forced(tables: Tables, groups: Groups, now: Service) -> Service:
    """Return the service after a frame; over when all whom it serves and who waited before are green."""
    if now.forced < 0 or now.forced_ds is None:
        served = now.forced < 0 or groups[now.forced].right.is_green
        return Service(now.stage) if served else now
    rights, since_ds = tables.site.stages[now.stage].rights, now.forced_ds
    for _, g in waiting(tables, groups):
        waits_ds = groups[g].waits_ds
        if rights[g].is_green and waits_ds is not None and waits_ds <= since_ds:
            return Service(now.stage, g, since_ds)
    return Service(now.stage)


def starving(tables: Tables, groups: Groups, last: Starving | None, now_ds: int) -> Starving | None:
    """Return what has been raised last: again, with all who wait, each minute in which a limit is passed."""
    if now_ds < next_starving_ds(tables, groups, last):
        return last
    return Starving(now_ds, tuple(g for _, g in waiting(tables, groups)))


def next_starving_ds(tables: Tables, groups: Groups, last: Starving | None) -> int:
    """Return when the next group or green passes its limit, a minute after the last time at the earliest. [ds]"""
    limits_ds = [limit_ds for limit_ds, _ in waiting(tables, groups)]
    limits_ds += [limit_ds for _, limit_ds in _green_limits(tables, groups)]
    first_ds = min(limits_ds, default=FOREVER_DS)
    return first_ds if last is None else max(first_ds, last.at_ds + STARVING_DS)
