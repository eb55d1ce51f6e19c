"""Draws of turns: each vehicle's number per draw stays the same from one decision to the next (compiled)."""

import numba
import numpy as np

from optimiser.rollout_model import ABSENT


@numba.njit(cache=True)
def uniform(key: int, draw: int) -> float:
    """Return a number in [0, 1) for a vehicle and a draw. Source: Steele, Lea, Flood 2014, SplitMix64's mixer."""
    z = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(draw) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True)
def stratified(key: int, draw: int, n_draws: int) -> float:
    """Return the draw's number of a vehicle: over all draws one in each n-th part of [0, 1), in an order of its own."""
    shift = int(uniform(key, 1013) * n_draws)
    stride = 1 + 2 * int(uniform(key, 2027) * (n_draws // 2))
    stratum = (shift + draw * stride) % n_draws
    return (stratum + uniform(key, draw)) / n_draws


@numba.njit(cache=True)
def draw_all(n_vehicles, movement, presence, share_from, key, barred, ratio, lane_moves, n_lane_moves, fed, drawn):
    """Fill drawn (D, L, V) with the movement of each vehicle in each draw, or ABSENT where it is not there.

    On lanes that others of the junction lead to, the columns beyond are for those who come to them in the simulation.
    Who may come at several times has one of them in each draw, and each of them in as many draws as its share says.
    """
    n_draws = drawn.shape[0]
    several = share_from.shape[0] > 0
    for lane in range(n_vehicles.shape[0]):
        moves = lane_moves[lane, : n_lane_moves[lane]]
        for v in range(n_vehicles[lane]):
            for d in range(n_draws):
                if not _is_there(key[lane, v], presence[lane, v], share_from[lane, v] if several else -1.0, d, n_draws):
                    drawn[d, lane, v] = ABSENT
                elif movement[lane, v] >= 0:
                    drawn[d, lane, v] = movement[lane, v]
                else:
                    mark = stratified(key[lane, v], d, n_draws)
                    drawn[d, lane, v] = _movement_at(moves, ratio, barred[lane] if v == 0 else 0, mark)
        for v in range(n_vehicles[lane], drawn.shape[2] if fed[lane] else 0):
            for d in range(n_draws):
                drawn[d, lane, v] = _movement_at(moves, ratio, 0, stratified(-1 - v, d, n_draws))


@numba.njit(cache=True)
def _is_there(key, presence, share_from, d, n_draws):
    """Return whether a vehicle is there in a draw: by its probability, or by its own share of several places."""
    if share_from >= 0.0:
        return 0.0 <= stratified(key + 7919, d, n_draws) - share_from < presence
    return presence >= 1.0 or uniform(key + 7919, d) < presence


@numba.njit(cache=True)
def _movement_at(moves, ratio, barred, mark):
    """Return the movement at a mark (0-1) of the lane's shares, leaving out what is barred."""
    total = 0.0
    for i in range(moves.shape[0]):
        if not (barred >> i) & 1:
            total += ratio[moves[i]]
    left = mark * total
    chosen = -1
    for i in range(moves.shape[0]):
        if not (barred >> i) & 1:
            chosen = moves[i]
            left -= ratio[chosen]
            if left < 0.0:
                break
    return chosen if chosen >= 0 else moves[0]
