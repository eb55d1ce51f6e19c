"""The compiled heart of the rollout: one junction simulated ahead, vehicle by vehicle, for each candidate.

Lanes are queues in order; a vehicle leaves when it has arrived, the one before it has left a headway ago, its
movement has a right, whoever goes first has gone, and its exit has room. All times are seconds from now; arrays are
those of `rollout_model`, handed over one by one and in one long function: grouped in tuples and cut into small
functions the same work took ten times as long, because numba counts references at every access.
"""

import math

import numba

from optimiser.rollout_draws import draw_all
from optimiser.rollout_model import (
    ABSENT,
    NO_RIGHT,
    PERMISSIVE,
    PROTECTED,
    SQUEEZE_VEH,
    STOP,
    Geometry,
    Rules,
    Seen,
    Stages,
    Work,
)
from optimiser.rollout_policy import best_stage
from signal_ctrl.domain.view import FloatArray, IntArray

STOP_HEADWAY_S = 4.0
MANY = 1000.0
WORSE, WORSE_BY = 1.02, 2.0
LONG_AGO = -1e9
ASLEEP = 1e9

# Argument lists of forty arrays stay on a few lines.
# fmt: off


@numba.njit(cache=True)
def simulate_flat(
    lane_of, group_of, exit_of, yields, n_yields, two_step, mutual, n_mutual, feeds, way_s, place_veh, fed,
    needs_veh, across, n_across, right, end_s, start_s, settled_s, min_green_s, allowed, offered, part, size, stride,
    n_vehicles, eta_s, weight, persons, room_veh, headway_s, permissive_s, stuck, inside, drawn, horizon_s, startup_s,
    gap_s, refill_veh_s, eagerness, leftover_s, clear_factor, look_s, in_order_veh, head, tail, ready_s, room,
    last_use_s, inside_s, green_from_s, wake_s, score, first, cars, stage0, target, delay_s, bound,
):
    """Return the cost of one candidate in one draw: waiting until the horizon_s, and what is left then. [veh s]

    Candidate: from stage0 to the target after a delay, the base policy from then on; target = stage0 keeps the
    stage for good. `drawn` (L, V) is one draw. Stops early, with what it has, once the cost passes `bound`.

    Who goes to a lane of the same junction queues up there behind those who were seen: in columns of `eta_s` beyond
    n_vehicles, which are written here, with a movement from the same column of `drawn`.
    """
    n_lanes = n_vehicles.shape[0]
    n_moves = group_of.shape[0]
    n_groups = right.shape[1]
    stage, before = stage0, stage0
    changed_s, free_s = LONG_AGO, 0.0
    keeps = target == stage0
    switched = keeps
    cost = 0.0
    waiting = 0
    n_inside = 0
    any_limit = False
    for lane in range(n_lanes):
        head[lane] = 0
        tail[lane] = n_vehicles[lane]
        ready_s[lane] = 0.0
        wake_s[lane] = 0.0
        waiting += n_vehicles[lane]
    for e in range(room_veh.shape[0]):
        room[e] = room_veh[e]
        any_limit = any_limit or room_veh[e] < MANY
    for m in range(n_moves):
        last_use_s[m] = LONG_AGO
        inside_s[m] = 0.0 if inside[m] else -1.0
        n_inside += inside[m]
    for g in range(n_groups):
        green_from_s[g] = LONG_AGO
    for tick in range(horizon_s):
        now = float(tick)
        if not switched:
            if now >= delay_s:
                before, stage, changed_s = stage, target, now
                free_s = now + settled_s[before, stage] + min_green_s[stage]
                switched = True
                _mark_starts(right, start_s, before, stage, now, green_from_s)
                _wake(wake_s)
        elif not keeps and now >= free_s and tick % 2 == 0:
            best = best_stage(
                eta_s, tail, drawn, head, group_of, exit_of, room, part, size, stride, right, allowed, stage, now,
                look_s, eagerness, in_order_veh, score, first, cars, persons,
            )
            if best != stage:
                before, stage, changed_s = stage, best, now
                free_s = now + settled_s[before, stage] + min_green_s[stage]
                _mark_starts(right, start_s, before, stage, now, green_from_s)
                _wake(wake_s)
        since = now - changed_s
        if any_limit:
            for e in range(room.shape[0]):
                room[e] += refill_veh_s
        for m in range(n_moves if n_inside > 0 else 0):
            if inside_s[m] >= 0.0:
                g = group_of[m]
                if _tail_in_way(m, across, n_across, feeds, place_veh, head, tail):
                    continue
                lit = _right_now(right, end_s, start_s, before, stage, since, g)
                foes, n_foes = (mutual, n_mutual) if lit <= STOP else (yields, n_yields)
                if not _must_wait(
                    m, now, foes, n_foes, group_of, lane_of, right, end_s, start_s, before, stage, since,
                    eta_s, tail, drawn, head, ready_s, last_use_s, gap_s,
                ):
                    cost += now - inside_s[m]
                    last_use_s[m] = now
                    inside_s[m] = -1.0
                    n_inside -= 1
        for lane in range(n_lanes):
            if stuck[lane] and changed_s == LONG_AGO:
                continue  # it did not move in this stage so far; only another one may help
            if wake_s[lane] >= now + 1.0:
                continue  # its first vehicle is not there yet, or has red until the next change
            while head[lane] < tail[lane]:
                v = head[lane]
                m = drawn[lane, v]
                if m == ABSENT:
                    head[lane] += 1
                    waiting -= 1
                    continue
                out = max(eta_s[lane, v], ready_s[lane], now)
                if out >= now + 1.0:
                    wake_s[lane] = out
                    break
                g = group_of[m]
                lit = _right_now(right, end_s, start_s, before, stage, since, g)
                if lit == NO_RIGHT and since >= settled_s[before, stage]:
                    wake_s[lane] = ASLEEP
                if lit == NO_RIGHT or _tail_in_way(m, across, n_across, feeds, place_veh, head, tail):
                    break
                if green_from_s[g] + startup_s > out:
                    out = green_from_s[g] + startup_s
                    if out >= now + 1.0:
                        break
                e = exit_of[m]
                onto = feeds[e]
                if onto >= 0:
                    room[e] = place_veh[e] - (tail[onto] - head[onto]) if tail[onto] < eta_s.shape[1] else 0.0
                if room[e] < needs_veh[e]:
                    break
                if n_inside > 0 and _held_up(m, mutual, n_mutual, inside_s):
                    break
                wait_inside = False
                if n_yields[m] > 0 and lit <= PERMISSIVE:
                    if inside_s[m] >= 0.0:
                        break
                    if _must_wait(
                        m, out, yields, n_yields, group_of, lane_of, right, end_s, start_s, before, stage, since,
                        eta_s, tail, drawn, head, ready_s, last_use_s, gap_s,
                    ):
                        if lit == STOP or not two_step[m]:
                            break
                        wait_inside = True
                room[e] -= 1.0
                if onto >= 0:
                    eta_s[onto, tail[onto]] = out + way_s[e]
                    weight[onto, tail[onto]] = weight[lane, v]
                    persons[onto, tail[onto]] = persons[lane, v]
                    tail[onto] += 1
                    waiting += 1
                arrived = max(eta_s[lane, v], 0.0)
                if out > arrived:
                    cost += weight[lane, v] * (out - arrived)
                if wait_inside:
                    inside_s[m] = out
                    n_inside += 1
                else:
                    last_use_s[m] = out
                if lit == STOP:
                    ready_s[lane] = out + STOP_HEADWAY_S
                elif lit == PROTECTED or n_yields[m] == 0:
                    ready_s[lane] = out + headway_s[lane]
                else:
                    ready_s[lane] = out + permissive_s[lane]
                head[lane] += 1
                waiting -= 1
        if cost > bound:
            return cost
        if waiting == 0 and n_inside == 0 and switched:
            break
    end = float(horizon_s)
    for m in range(n_moves):
        if inside_s[m] >= 0.0:
            cost += end - inside_s[m]
    for lane in range(n_lanes):
        left = 0
        for v in range(head[lane], tail[lane]):
            if drawn[lane, v] != ABSENT and eta_s[lane, v] < end:
                left += 1
                waits_s = end - max(eta_s[lane, v], 0.0) + leftover_s + left * clear_factor * headway_s[lane]
                cost += weight[lane, v] * waits_s
    return cost


@numba.njit(cache=True)
def _wake(wake_s):
    """Have every lane looked at that had red until now."""
    for lane in range(wake_s.shape[0]):
        if wake_s[lane] == ASLEEP:
            wake_s[lane] = 0.0


@numba.njit(cache=True)
def _mark_starts(right, start_s, before, stage, now, green_from_s):
    for g in range(right.shape[1]):
        if right[stage, g] >= PERMISSIVE and right[before, g] < PERMISSIVE:
            green_from_s[g] = now + start_s[before, stage, g]


@numba.njit(cache=True)
def _right_now(right, end_s, start_s, before, stage, since, g):
    if right[stage, g] >= PERMISSIVE and since >= start_s[before, stage, g]:
        return right[stage, g]
    if right[before, g] >= PERMISSIVE and since < end_s[before, stage, g] and stage != before:
        return right[before, g]
    return STOP if right[stage, g] == STOP else NO_RIGHT


@numba.njit(cache=True)
def _must_wait(
    m, at, yields, n_yields, group_of, lane_of, right, end_s, start_s, before, stage, since, eta_s, tail,
    drawn, head, ready_s, last_use_s, gap_s,
):
    """Return whether a vehicle of movement m has to let somebody pass at that time."""
    for i in range(n_yields[m]):
        other = yields[m, i]
        if at - last_use_s[other] < 1.5:
            return True
        if _right_now(right, end_s, start_s, before, stage, since, group_of[other]) <= STOP:
            continue
        lane = lane_of[other]
        v = head[lane]
        while v < tail[lane] and drawn[lane, v] == ABSENT:
            v += 1
        if v < tail[lane] and drawn[lane, v] == other and max(eta_s[lane, v], ready_s[lane]) < at + gap_s:
            return True
    return False


@numba.njit(cache=True)
def _held_up(m, mutual, n_mutual, inside_s):
    """Return whether somebody waits in the junction who lets this movement go first, and whom it lets go first."""
    for i in range(n_mutual[m]):  # noqa: SIM110 - numba compiles no generator
        if inside_s[mutual[m, i]] >= 0.0:
            return True
    return False


@numba.njit(cache=True)
def _tail_in_way(m, across, n_across, feeds, place_veh, head, tail):
    """Return whether a lane to which others cross this movement holds more than find place: the last sticks out."""
    for i in range(n_across[m]):
        onto = feeds[across[m, i]]
        if tail[onto] - head[onto] > place_veh[across[m, i]] - SQUEEZE_VEH:
            return True
    return False


@numba.njit(cache=True)
def evaluate_flat(
    lane_moves, n_lane_moves, lane_of, group_of, exit_of, yields, n_yields, two_step, mutual, n_mutual, feeds, way_s,
    place_veh, fed, needs_veh, across, n_across, right, end_s, start_s, settled_s, min_green_s, allowed, offered,
    part, size, stride, n_vehicles, eta_s, weight, persons, movement, presence, share_from, key, barred, ratio,
    room_veh, headway_s, permissive_s, stuck, inside, drawn, horizon_s, startup_s, gap_s, refill_veh_s, eagerness,
    leftover_s, clear_factor, look_s, in_order_veh, head, tail, ready_s, room, last_use_s, inside_s, green_from_s,
    wake_s, score, first, cars, stage0, delays_s, n_late, level, first_cost, out,
):
    """Fill out (candidates, 3) with stage, delay [s] and mean cost [veh s]; return their number.

    The first keeps the stage. Candidates share their draws, so one that is clearly behind the best after a few of
    them is dropped; its cost is then an estimate above the best one's. level (2, D) and first_cost (S,) are scratch.
    """
    draw_all(n_vehicles, movement, presence, share_from, key, barred, ratio, lane_moves, n_lane_moves, fed, drawn)
    n_draws = drawn.shape[0]
    found, best = 0, math.inf
    first_cost[:] = math.inf
    level[0, :] = math.inf
    for turn in range(delays_s.shape[0] + 1):
        for target in range(right.shape[0]):
            keeps = target == stage0
            if (turn == 0) != keeps or not (keeps or offered[target]):
                continue
            if turn > 1 and _rank(first_cost, target) >= n_late:
                continue
            delay_s = 0 if keeps else delays_s[turn - 1]
            total = 0.0
            sure = True
            for d in range(n_draws):
                limit = level[0, d] * WORSE + WORSE_BY
                total += simulate_flat(
                    lane_of, group_of, exit_of, yields, n_yields, two_step, mutual, n_mutual, feeds, way_s,
                    place_veh, fed, needs_veh, across, n_across, right, end_s, start_s, settled_s, min_green_s,
                    allowed, offered, part, size, stride, n_vehicles, eta_s, weight, persons, room_veh, headway_s,
                    permissive_s, stuck, inside, drawn[d], horizon_s, startup_s, gap_s, refill_veh_s, eagerness,
                    leftover_s, clear_factor, look_s, in_order_veh, head, tail, ready_s, room, last_use_s, inside_s,
                    green_from_s, wake_s, score, first, cars, stage0, target, delay_s, limit - total,
                )
                level[1, d] = total
                if total > limit:
                    total *= n_draws / (d + 1.0)
                    sure = False
                    break
            cost = total / n_draws
            if not sure:
                cost = max(cost, best * WORSE)
            elif cost < best:
                best = cost
                level[0, :] = level[1, :]
            if turn == 1:
                first_cost[target] = cost
            out[found, 0], out[found, 1], out[found, 2] = target, delay_s, cost
            found += 1
    return found


@numba.njit(cache=True)
def _rank(first_cost, target):
    """Return how many other stages were cheaper than this one when changed to at once."""
    better = 0
    for s in range(first_cost.shape[0]):
        if first_cost[s] < first_cost[target] or (first_cost[s] == first_cost[target] and s < target):
            better += 1
    return better


def simulate(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, draw: int, start: IntArray, bound: float
) -> float:
    """Return the cost of one candidate in one draw; `start` is (present stage, wished stage, delay [s]). [veh s]"""
    return float(
        simulate_flat(
            *g[2:], *st, seen.n_vehicles, seen.eta_s, seen.weight, seen.persons, seen.room_veh, seen.headway_s,
            seen.permissive_s, seen.stuck, seen.inside, seen.drawn[draw], *rules, *w,
            int(start[0]), int(start[1]), int(start[2]), float(bound),
        )
    )  # fmt: skip


def evaluate(
    g: Geometry, st: Stages, seen: Seen, rules: Rules, w: Work, stage: int, delays: IntArray, n_late: int,
    level: FloatArray, first_cost: FloatArray, out: FloatArray,
) -> int:  # fmt: skip
    """Return the number of candidates in out (candidates, 3): stage, delay [s] and mean cost [veh s]."""
    found = evaluate_flat(*g, *st, *seen, *rules, *w, stage, delays, n_late, level, first_cost, out)
    return int(found)
