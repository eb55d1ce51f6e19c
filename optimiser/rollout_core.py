"""The compiled heart of the rollout: one junction simulated ahead, vehicle by vehicle, for each candidate.

All times are seconds from now, all arrays C-ordered. Names: D draws, L lanes, V vehicles, M movements, G groups, S stages.
"""

import math

import numba
import numpy as np

ABSENT = -2
NO_RIGHT, STOP, PERMISSIVE, PROTECTED = 0, 1, 2, 3
STOP_HEADWAY_S = 4.0
MANY = 1000.0
WORSE, WORSE_BY = 1.05, 2.0


@numba.njit(cache=True)
def _uniform(key: int, draw: int) -> float:
    """Return a number in [0, 1) that stays the same for a vehicle and a draw (splitmix64)."""
    z = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(draw) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True)
def draw_movements(
    n_vehicles, movement, presence, key, barred, ratio, lane_moves, n_lane_moves, n_draws, drawn
):  # type: ignore[no-untyped-def]
    """Fill drawn (D, L, V) with the movement of each vehicle, or ABSENT."""
    for lane in range(n_vehicles.shape[0]):
        moves = n_lane_moves[lane]
        for v in range(n_vehicles[lane]):
            for d in range(n_draws):
                p = presence[lane, v]
                if p < 1.0 and _uniform(key[lane, v] + 7919, d) >= p:
                    drawn[d, lane, v] = ABSENT
                    continue
                if movement[lane, v] >= 0:
                    drawn[d, lane, v] = movement[lane, v]
                    continue
                total = 0.0
                for i in range(moves):
                    if v > 0 or not (barred[lane] >> i) & 1:
                        total += ratio[lane_moves[lane, i]]
                mark = _stratified(key[lane, v], d, n_draws) * total
                chosen = -1
                for i in range(moves):
                    if v > 0 or not (barred[lane] >> i) & 1:
                        mark -= ratio[lane_moves[lane, i]]
                        chosen = lane_moves[lane, i]
                        if mark < 0.0:
                            break
                drawn[d, lane, v] = chosen if chosen >= 0 else lane_moves[lane, 0]


@numba.njit(cache=True)
def _stratified(key: int, draw: int, n_draws: int) -> float:
    """Return the draw's number of a vehicle: over all draws one in each n-th part, in an order of the vehicle's own."""
    shift = int(_uniform(key, 1013) * n_draws)
    stride = 1 + 2 * int(_uniform(key, 2027) * (n_draws // 2))
    stratum = (shift + draw * stride) % n_draws
    return (stratum + _uniform(key, draw)) / n_draws


@numba.njit(cache=True)
def simulate(
    eta, n_vehicles, drawn, ready0, room0,
    lane_of_first, move_group, move_exit, yields, n_yields, two_step,
    right, end_s, start_s, settled_s, min_green_s, allowed,
    stage0, locked_s, target, switch_s, horizon, headway_s, permissive_headway_s, startup_s, refill, gap_s,
    eagerness, leftover_s, look_s, bound,
    head, ready, room, last_use, inside_since, green_from, score,
):  # type: ignore[no-untyped-def]
    """Return the cost of one candidate in one draw: waiting until the horizon, and what is left then. [veh s]

    Stops early, with what it has, once the cost passes `bound`. The last six arrays are work space.
    """
    n_lanes = n_vehicles.shape[0]
    n_moves = move_group.shape[0]
    n_groups = right.shape[1]
    stage, before = stage0, stage0
    changed_s, free_s = -1e9, locked_s
    keeps = target == stage0
    switched = keeps
    cost = 0.0
    waiting = 0
    n_inside = 0
    any_limit = False
    for lane in range(n_lanes):
        head[lane] = 0
        ready[lane] = ready0[lane]
        waiting += n_vehicles[lane]
    for e in range(room0.shape[0]):
        room[e] = room0[e]
        any_limit = any_limit or room0[e] < MANY
    for m in range(n_moves):
        last_use[m] = -1e9
        inside_since[m] = -1.0
    for g in range(n_groups):
        green_from[g] = -1e9
    for tick in range(horizon):
        now = float(tick)
        if not switched:
            if now >= switch_s and now >= free_s:
                before, stage, changed_s = stage, target, now
                free_s = now + settled_s[before, stage] + min_green_s[stage]
                switched = True
                _mark_starts(right, start_s, before, stage, now, green_from)
        elif not keeps and now >= free_s and tick % 2 == 0:
            best = _policy(
                eta, n_vehicles, drawn, head, ready, move_group, move_exit, room, right, allowed, stage, now, look_s,
                eagerness, score,
            )
            if best != stage:
                before, stage, changed_s = stage, best, now
                free_s = now + settled_s[before, stage] + min_green_s[stage]
                _mark_starts(right, start_s, before, stage, now, green_from)
        since = now - changed_s
        if any_limit:
            for e in range(room.shape[0]):
                room[e] += refill
        for m in range(n_moves if n_inside > 0 else 0):
            if inside_since[m] >= 0.0:
                g = move_group[m]
                lit = _right_now(right, end_s, start_s, before, stage, since, g)
                if lit <= STOP or not _must_wait(
                    m, now, yields, n_yields, move_group, lane_of_first, right, end_s, start_s, before, stage, since,
                    eta, n_vehicles, drawn, head, ready, last_use, gap_s,
                ):
                    cost += now - inside_since[m]
                    last_use[m] = now
                    inside_since[m] = -1.0
                    n_inside -= 1
        for lane in range(n_lanes):
            while head[lane] < n_vehicles[lane]:
                v = head[lane]
                m = drawn[lane, v]
                if m == ABSENT:
                    head[lane] += 1
                    waiting -= 1
                    continue
                out = max(eta[lane, v], ready[lane])
                if out >= now + 1.0:
                    break
                g = move_group[m]
                lit = _right_now(right, end_s, start_s, before, stage, since, g)
                if lit == NO_RIGHT:
                    break
                if green_from[g] + startup_s > out:
                    out = green_from[g] + startup_s
                    if out >= now + 1.0:
                        break
                if room[move_exit[m]] < 1.0:
                    break
                wait_inside = False
                if n_yields[m] > 0 and lit <= PERMISSIVE:
                    if inside_since[m] >= 0.0:
                        break
                    if _must_wait(
                        m, out, yields, n_yields, move_group, lane_of_first, right, end_s, start_s, before, stage, since,
                        eta, n_vehicles, drawn, head, ready, last_use, gap_s,
                    ):
                        if lit == STOP or not two_step[m]:
                            break
                        wait_inside = True
                room[move_exit[m]] -= 1.0
                arrived = max(eta[lane, v], 0.0)
                if out > arrived:
                    cost += out - arrived
                if wait_inside:
                    inside_since[m] = out
                    n_inside += 1
                else:
                    last_use[m] = out
                if lit == STOP:
                    ready[lane] = out + STOP_HEADWAY_S
                elif lit == PROTECTED or n_yields[m] == 0:
                    ready[lane] = out + headway_s[lane]
                else:
                    ready[lane] = out + permissive_headway_s
                head[lane] += 1
                waiting -= 1
        if cost > bound:
            return cost
        if waiting == 0 and switched:
            break
    end = float(horizon)
    for m in range(n_moves):
        if inside_since[m] >= 0.0:
            cost += end - inside_since[m]
    for lane in range(n_lanes):
        for v in range(head[lane], n_vehicles[lane]):
            if drawn[lane, v] != ABSENT and eta[lane, v] < end:
                cost += end - max(eta[lane, v], 0.0) + leftover_s
    return cost


@numba.njit(cache=True)
def _mark_starts(right, start_s, before, stage, now, green_from):  # type: ignore[no-untyped-def]
    for g in range(right.shape[1]):
        if right[stage, g] >= PERMISSIVE and right[before, g] < PERMISSIVE:
            green_from[g] = now + start_s[before, stage, g]


@numba.njit(cache=True)
def _right_now(right, end_s, start_s, before, stage, since, g):  # type: ignore[no-untyped-def]
    if right[stage, g] >= PERMISSIVE and since >= start_s[before, stage, g]:
        return right[stage, g]
    if right[before, g] >= PERMISSIVE and since < end_s[before, stage, g] and stage != before:
        return right[before, g]
    return STOP if right[stage, g] == STOP else NO_RIGHT


@numba.njit(cache=True)
def _must_wait(
    m, at, yields, n_yields, move_group, lane_of_first, right, end_s, start_s, before, stage, since,
    eta, n_vehicles, drawn, head, ready, last_use, gap_s,
):  # type: ignore[no-untyped-def]
    """Return whether a vehicle of movement m has to let somebody pass at that time."""
    for i in range(n_yields[m]):
        other = yields[m, i]
        if at - last_use[other] < 1.5:
            return True
        if _right_now(right, end_s, start_s, before, stage, since, move_group[other]) <= STOP:
            continue
        lane = lane_of_first[other]
        v = head[lane]
        while v < n_vehicles[lane] and drawn[lane, v] == ABSENT:
            v += 1
        if v < n_vehicles[lane] and drawn[lane, v] == other and max(eta[lane, v], ready[lane]) < at + gap_s:
            return True
    return False


@numba.njit(cache=True)
def _policy(
    eta, n_vehicles, drawn, head, ready, move_group, move_exit, room, right, allowed, stage, now, look_s,
    eagerness, score,
):  # type: ignore[no-untyped-def]
    """Return the stage that can discharge most in the next seconds; the present one unless another is clearly better."""
    n_stages = score.shape[0]
    for s in range(n_stages):
        score[s] = 0.0
    limit = int(look_s / 2.0)
    for lane in range(n_vehicles.shape[0]):
        v = head[lane]
        if v >= n_vehicles[lane] or eta[lane, v] >= now + look_s:
            continue
        for s in range(n_stages):
            if not allowed[s]:
                continue
            count, w = 0, v
            while w < n_vehicles[lane] and count < limit and eta[lane, w] < now + look_s:
                m = drawn[lane, w]
                if m != ABSENT:
                    lit = right[s, move_group[m]]
                    if lit < PERMISSIVE or room[move_exit[m]] < 1.0:
                        break
                    score[s] += 1.0 if lit == PROTECTED else 0.5
                    count += 1
                w += 1
    best = stage
    level = max(score[stage] * eagerness, 0.5)
    for s in range(n_stages):
        if allowed[s] and score[s] > level:
            best, level = s, score[s]
    return best


@numba.njit(cache=True)
def evaluate(
    n_vehicles, eta, movement, presence, key, barred, ratio, room, ready,
    lane_moves, n_lane_moves, lane_of_first, move_group, move_exit, yields, n_yields, two_step,
    right, end_s, start_s, settled_s, min_green_s, allowed, stage0, locked_s,
    delays_s, n_draws, horizon, headway_s, permissive_headway_s, startup_s, refill, gap_s, eagerness, leftover_s, look_s,
    n_late, switch_cost, out_stage, out_delay, out_cost,
):  # type: ignore[no-untyped-def]
    """Fill stage, delay [s] and mean cost [veh s] of each candidate and return their number; the first keeps the stage.

    A candidate that is dropped early has a cost above the best one's, not its full cost.
    """
    n_lanes = n_vehicles.shape[0]
    drawn = np.full((n_draws, n_lanes, eta.shape[1]), ABSENT, dtype=np.int64)
    draw_movements(n_vehicles, movement, presence, key, barred, ratio, lane_moves, n_lane_moves, n_draws, drawn)
    head = np.zeros(n_lanes, dtype=np.int64)
    work = np.zeros(n_lanes)
    room_left = np.zeros(room.shape[0])
    last_use = np.zeros(move_group.shape[0])
    inside = np.zeros(move_group.shape[0])
    green_from = np.zeros(right.shape[1])
    n_stages = right.shape[0]
    found, best = 0, math.inf
    first_cost = np.full(n_stages, math.inf)
    level = np.full(n_draws, math.inf)
    partial = np.zeros(n_draws)
    score = np.zeros(n_stages)
    for round_ in range(delays_s.shape[0] + 1):
        for target in range(n_stages):
            if round_ == 0 and target != stage0:
                continue
            if round_ > 0 and (target == stage0 or not allowed[target]):
                continue
            if round_ > 1 and _rank(first_cost, target) >= n_late:
                continue
            delay = 0.0 if round_ == 0 else delays_s[round_ - 1]
            total = switch_cost * n_draws if round_ > 0 and delay <= locked_s else 0.0
            dropped = False
            for d in range(n_draws):
                limit = level[d] * WORSE + WORSE_BY
                total += simulate(
                    eta, n_vehicles, drawn[d], ready, room,
                    lane_of_first, move_group, move_exit, yields, n_yields, two_step,
                    right, end_s, start_s, settled_s, min_green_s, allowed,
                    stage0, locked_s, target, delay, horizon, headway_s, permissive_headway_s, startup_s, refill, gap_s,
                    eagerness, leftover_s, look_s, limit - total,
                    head, work, room_left, last_use, inside, green_from, score,
                )
                partial[d] = total
                if total > limit:
                    total *= n_draws / (d + 1.0)
                    dropped = True
                    break
            cost = total / n_draws
            if dropped:
                cost = max(cost, best * WORSE)
            elif cost < best:
                for d in range(n_draws):
                    level[d] = partial[d]
            if round_ == 1:
                first_cost[target] = cost
            out_stage[found], out_delay[found], out_cost[found] = target, delay, cost
            found += 1
            best = min(best, cost)
    return found


@numba.njit(cache=True)
def _rank(first_cost, target):  # type: ignore[no-untyped-def]
    better = 0
    for s in range(first_cost.shape[0]):
        if first_cost[s] < first_cost[target] or (first_cost[s] == first_cost[target] and s < target):
            better += 1
    return better
