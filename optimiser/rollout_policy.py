"""The rollout's base policy, by which a simulated junction goes on after the change that is weighed (compiled)."""

import numba

from optimiser.rollout_model import ABSENT, PERMISSIVE, PROTECTED

# fmt: off


@numba.njit(cache=True)
def best_stage(
    eta_s, tail, drawn, head, group_of, exit_of, room, part, size, stride, right, allowed, stage, now, look_s,
    eagerness, in_order_veh, score, first, cars, persons,
):
    """Return the stage that can discharge most, by cars, in the next seconds; another one only if it is clearly better,
    each part of the junction for its own lanes.

    With in_order_veh above 0 it is then not the best one, but the next in order that can discharge so many.
    """
    limit = min(int(look_s / 2.0), first.shape[0])
    chosen = stage
    for p in range(size.shape[0]):
        own = stage // stride[p] % size[p]
        others = stage - own * stride[p]
        for s in range(size[p]):
            score[s] = 0.0
        for lane in range(tail.shape[0]):
            if part[lane] != p:
                continue
            count, v = 0, head[lane]
            while v < tail[lane] and count < limit and eta_s[lane, v] < now + look_s:
                m = drawn[lane, v]
                if m != ABSENT:
                    if room[exit_of[m]] < 1.0:
                        break
                    first[count] = group_of[m]
                    cars[count] = persons[lane, v]
                    count += 1
                v += 1
            for s in range(size[p] if count > 0 else 0):
                if allowed[others + s * stride[p]]:
                    for i in range(count):
                        lit = right[others + s * stride[p], first[i]]
                        if lit < PERMISSIVE:
                            break
                        score[s] += cars[i] if lit == PROTECTED else 0.5 * cars[i]
        best = own
        level = max(score[own] * eagerness, 0.5)
        for s in range(size[p]):
            if allowed[others + s * stride[p]] and score[s] > level:
                best, level = s, score[s]
        for k in range(1, size[p] if best != own and in_order_veh > 0.0 else 0):
            s = (own + k) % size[p]
            if allowed[others + s * stride[p]] and score[s] >= in_order_veh:
                best = s
                break
        chosen += (best - own) * stride[p]
    return chosen
