"""The compiled heart of the rollout: one junction simulated ahead, vehicle by vehicle, for each candidate.

All times are seconds from now. Lanes are queues in order; a vehicle leaves when it has arrived, the one before it has left
a headway ago, its movement has a right, whoever goes first has gone, and its exit has room.
"""

import math

import numba

from optimiser.rollout_draws import draw_all
from optimiser.rollout_model import (
    ABSENT,
    NO_RIGHT,
    PERMISSIVE,
    PROTECTED,
    STOP,
    FloatArray,
    Geometry,
    IntArray,
    Rules,
    Seen,
    Stages,
    Work,
)

STOP_HEADWAY_S = 4.0
MANY_VEH = 1000.0
CLEAR_AFTER_S = 1.5
POLICY_EVERY = 2
POLICY_HEADWAY_S = 2.0
WORSE, WORSE_BY = 1.05, 2.0
STAGE, BEFORE, CHANGED, FREE, INSIDE = 0, 1, 2, 3, 4
LONG_AGO = -1e9


@numba.njit(cache=True)
def simulate(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, start: IntArray, bound: float
) -> float:
    """Return the cost of one candidate in one draw: waiting until the horizon, and what is left then. [veh s]

    `start` is (present stage, wished stage, delay [s]). Stops early, with what it has, once the cost passes `bound`.
    """
    stage0, target, delay = start[0], start[1], start[2]
    waiting, limited = _reset(seen, w, stage0)
    keeps = target == stage0
    switched = keeps
    cost = 0.0
    for tick in range(rules.horizon_s):
        now = float(tick)
        if not switched:
            if tick >= delay:
                _change(st, w, target, now)
                switched = True
        elif not keeps and now >= w.clock[FREE] and tick % POLICY_EVERY == 0:
            best = _policy(g, st, seen, rules, w, draw, now)
            if best != int(w.clock[STAGE]):
                _change(st, w, best, now)
        if limited:
            for e in range(w.room_veh.shape[0]):
                w.room_veh[e] += rules.refill_veh_s
        if w.clock[INSIDE] > 0.0:
            cost += _leave_inside(g, st, seen, rules, w, draw, now)
        for lane in range(seen.n_vehicles.shape[0]):
            if w.head[lane] < seen.n_vehicles[lane]:
                gone, waited = _discharge(g, st, seen, rules, w, draw, lane, now)
                waiting -= gone
                cost += waited
        if cost > bound:
            return cost
        if waiting == 0 and switched:
            break
    return cost + _left_over(seen, rules, w, draw)


@numba.njit(cache=True)
def _reset(seen: Seen, w: Work, stage: int) -> tuple[int, bool]:
    """Make the scratch space ready; return the vehicles on the lanes, and whether some exit has little room."""
    waiting, limited = 0, False
    w.head[:] = 0
    w.ready_s[:] = 0.0
    w.last_use_s[:] = LONG_AGO
    w.inside_s[:] = -1.0
    w.green_from_s[:] = LONG_AGO
    for lane in range(seen.n_vehicles.shape[0]):
        waiting += seen.n_vehicles[lane]
    for e in range(seen.room_veh.shape[0]):
        w.room_veh[e] = seen.room_veh[e]
        limited = limited or seen.room_veh[e] < MANY_VEH
    w.clock[STAGE] = stage
    w.clock[BEFORE] = stage
    w.clock[CHANGED] = LONG_AGO
    w.clock[FREE] = 0.0
    w.clock[INSIDE] = 0.0
    return waiting, limited


@numba.njit(cache=True)
def _change(st: Stages, w: Work, stage: int, now: float) -> None:
    before = int(w.clock[STAGE])
    w.clock[BEFORE] = before
    w.clock[STAGE] = stage
    w.clock[CHANGED] = now
    w.clock[FREE] = now + st.settled_s[before, stage] + st.min_green_s[stage]
    for group in range(st.right.shape[1]):
        if st.right[stage, group] >= PERMISSIVE and st.right[before, group] < PERMISSIVE:
            w.green_from_s[group] = now + st.start_s[before, stage, group]


@numba.njit(cache=True)
def _right_now(st: Stages, w: Work, group: int, now: float) -> int:
    stage, before = int(w.clock[STAGE]), int(w.clock[BEFORE])
    since = now - w.clock[CHANGED]
    if st.right[stage, group] >= PERMISSIVE and since >= st.start_s[before, stage, group]:
        return st.right[stage, group]  # type: ignore[no-any-return]
    if stage != before and st.right[before, group] >= PERMISSIVE and since < st.end_s[before, stage, group]:
        return st.right[before, group]  # type: ignore[no-any-return]
    return STOP if st.right[stage, group] == STOP else NO_RIGHT


@numba.njit(cache=True)
def _must_wait(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, move: int, at: float
) -> bool:
    """Return whether a vehicle of a movement has to let somebody pass at that time."""
    for i in range(g.n_yields[move]):
        other = g.yields[move, i]
        if at - w.last_use_s[other] < CLEAR_AFTER_S:
            return True
        if _right_now(st, w, g.group[other], math.floor(at)) <= STOP:
            continue
        lane = g.lane[other]
        v = w.head[lane]
        while v < seen.n_vehicles[lane] and seen.drawn[draw, lane, v] == ABSENT:
            v += 1
        comes = v < seen.n_vehicles[lane] and seen.drawn[draw, lane, v] == other
        if comes and max(seen.eta_s[lane, v], w.ready_s[lane]) < at + rules.gap_s:
            return True
    return False


@numba.njit(cache=True)
def _leave_inside(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, now: float
) -> float:
    """Let those who wait inside the junction go, at a gap or when their green is over; return their waiting. [veh s]"""
    waited = 0.0
    for move in range(g.lane.shape[0]):
        if w.inside_s[move] < 0.0:
            continue
        over = _right_now(st, w, g.group[move], now) <= STOP
        if over or not _must_wait(g, st, seen, rules, w, draw, move, now):
            waited += now - w.inside_s[move]
            w.last_use_s[move] = now
            w.inside_s[move] = -1.0
            w.clock[INSIDE] -= 1.0
    return waited


@numba.njit(cache=True)
def _discharge(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, lane: int, now: float
) -> tuple[int, float]:
    """Let a lane's vehicles go that can within this second; return how many are gone, and their waiting. [veh s]"""
    gone, waited = 0, 0.0
    if seen.stuck[lane] and w.clock[CHANGED] == LONG_AGO:
        return gone, waited  # it did not move in this stage so far; only another one may help
    while w.head[lane] < seen.n_vehicles[lane]:
        v = w.head[lane]
        move = seen.drawn[draw, lane, v]
        if move == ABSENT:
            w.head[lane] += 1
            gone += 1
            continue
        out = max(seen.eta_s[lane, v], w.ready_s[lane])
        if out >= now + 1.0:
            break
        lit = _right_now(st, w, g.group[move], now)
        out = max(out, w.green_from_s[g.group[move]] + rules.startup_s)
        if lit == NO_RIGHT or out >= now + 1.0 or w.room_veh[g.exit[move]] < 1.0:
            break
        manner = _manner(g, st, seen, rules, w, draw, move, lit, out)
        if manner == 0:
            break
        _go(g, seen, rules, w, lane, move, lit, out, manner == 2)
        waited += max(out - max(seen.eta_s[lane, v], 0.0), 0.0)
        gone += 1
    return gone, waited


@numba.njit(cache=True)
def _manner(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, move: int, lit: int, out: float
) -> int:
    """Return 0 if the vehicle has to stay, 1 if it goes, 2 if it goes up to the middle and waits there for a gap."""
    if g.n_yields[move] == 0 or lit == PROTECTED:
        return 1
    if w.inside_s[move] >= 0.0:
        return 0
    if not _must_wait(g, st, seen, rules, w, draw, move, out):
        return 1
    return 2 if lit == PERMISSIVE and g.two_step[move] else 0


@numba.njit(cache=True)
def _go(
    g: Geometry, seen: Seen, rules: Rules, w: Work, lane: int, move: int, lit: int, out: float, inside: bool
) -> None:
    w.room_veh[g.exit[move]] -= 1.0
    if inside:
        w.inside_s[move] = out
        w.clock[INSIDE] += 1.0
    else:
        w.last_use_s[move] = out
    if lit == STOP:
        w.ready_s[lane] = out + STOP_HEADWAY_S
    elif lit == PROTECTED or g.n_yields[move] == 0:
        w.ready_s[lane] = out + seen.headway_s[lane]
    else:
        w.ready_s[lane] = out + rules.permissive_headway_s
    w.head[lane] += 1


@numba.njit(cache=True)
def _left_over(seen: Seen, rules: Rules, w: Work, draw: int) -> float:
    """Return the waiting of those who are still there at the horizon, and a charge for each. [veh s]"""
    end = float(rules.horizon_s)
    cost = 0.0
    for move in range(w.inside_s.shape[0]):
        if w.inside_s[move] >= 0.0:
            cost += end - w.inside_s[move]
    for lane in range(seen.n_vehicles.shape[0]):
        for v in range(w.head[lane], seen.n_vehicles[lane]):
            if seen.drawn[draw, lane, v] != ABSENT and seen.eta_s[lane, v] < end:
                cost += end - max(seen.eta_s[lane, v], 0.0) + rules.leftover_s
    return cost


@numba.njit(cache=True)
def _policy(g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, now: float) -> int:
    """Return the stage that can discharge most in the next seconds; the present one unless another is clearly better."""
    w.score[:] = 0.0
    for lane in range(seen.n_vehicles.shape[0]):
        v = w.head[lane]
        if v < seen.n_vehicles[lane] and seen.eta_s[lane, v] < now + rules.look_s:
            _add_scores(g, st, seen, rules, w, draw, lane, now)
    best = int(w.clock[STAGE])
    level = max(w.score[best] * rules.eagerness, 0.5)
    for s in range(w.score.shape[0]):
        if st.allowed[s] and w.score[s] > level:
            best, level = s, w.score[s]
    return best


@numba.njit(cache=True)
def _add_scores(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, lane: int, now: float
) -> None:
    limit = int(rules.look_s / POLICY_HEADWAY_S)
    for s in range(w.score.shape[0]):
        count, v = 0, w.head[lane]
        while v < seen.n_vehicles[lane] and count < limit and seen.eta_s[lane, v] < now + rules.look_s:
            move = seen.drawn[draw, lane, v]
            if move != ABSENT:
                lit = st.right[s, g.group[move]]
                if lit < PERMISSIVE or w.room_veh[g.exit[move]] < 1.0:
                    break
                w.score[s] += 1.0 if lit == PROTECTED else 0.5
                count += 1
            v += 1


@numba.njit(cache=True)
def evaluate(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, stage: int, delays: IntArray, n_late: int,
    start: IntArray, level: FloatArray, out: FloatArray,
) -> int:  # fmt: skip
    """Fill out (candidates, 3) with stage, delay [s] and mean cost [veh s]; return their number. The first keeps the stage.

    Candidates share their draws, so one that is clearly behind the best after a few of them is dropped; its cost is then an
    estimate above the best one's. `start` (3,) and `level` (2, D) are scratch space.
    """
    draw_all(g, seen)
    n_draws = seen.drawn.shape[0]
    level[0, :] = math.inf
    found, best = 0, math.inf
    first = 1
    for turn in range(delays.shape[0] + 1):
        for target in range(st.right.shape[0]):
            is_keep = target == stage
            if (turn == 0) != is_keep or not (is_keep or st.allowed[target]):
                continue
            if turn > 1 and _rank(out, first, stage, target) >= n_late:
                continue
            start[0], start[1], start[2] = stage, target, 0 if turn == 0 else delays[turn - 1]
            sure, cost = _mean_cost(g, st, seen, rules, w, start, level, n_draws, not is_keep)
            cost = cost if sure else max(cost, best * WORSE)
            if sure and cost < best:
                best = cost
                level[0, :] = level[1, :]
            out[found, 0], out[found, 1], out[found, 2] = target, start[2], cost
            found += 1
    return found


@numba.njit(cache=True)
def _mean_cost(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, start: IntArray, level: FloatArray, n_draws: int,
    charged: bool,
) -> tuple[bool, float]:  # fmt: skip
    """Return whether all draws were made, and the mean cost over those that were. level[1] gets the running sums."""
    total = rules.switch_cost_veh_s * n_draws if charged and start[2] == 0 else 0.0
    for d in range(n_draws):
        limit = level[0, d] * WORSE + WORSE_BY
        total += simulate(g, st, seen, rules, w, d, start, limit - total)
        level[1, d] = total
        if total > limit:
            return False, total / (d + 1.0)
    return True, total / n_draws


@numba.njit(cache=True)
def _rank(out: FloatArray, first: int, stage: int, target: int) -> int:
    """Return how many other stages were cheaper than this one when changed to at once."""
    n, own = first, math.inf
    while out[n, 1] == 0.0 and n < out.shape[0]:
        if int(out[n, 0]) == target:
            own = out[n, 2]
        n += 1
    better = 0
    for i in range(first, n):
        other = int(out[i, 0])
        if out[i, 2] < own or (out[i, 2] == own and other < target):
            better += 1
    return better
