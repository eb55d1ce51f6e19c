"""Draws of turns: each vehicle's number per draw stays the same from one decision to the next (compiled)."""

import numba
import numpy as np

from optimiser.rollout_model import ABSENT, Geometry, Seen


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
def draw_all(geometry: Geometry, seen: Seen) -> None:
    """Fill `seen.drawn` with the movement of each vehicle in each draw, or ABSENT where it is not there."""
    n_draws = seen.drawn.shape[0]
    for lane in range(seen.n_vehicles.shape[0]):
        for v in range(seen.n_vehicles[lane]):
            for d in range(n_draws):
                p = seen.presence[lane, v]
                if p < 1.0 and uniform(seen.key[lane, v] + 7919, d) >= p:
                    seen.drawn[d, lane, v] = ABSENT
                elif seen.movement[lane, v] >= 0:
                    seen.drawn[d, lane, v] = seen.movement[lane, v]
                else:
                    mark = stratified(seen.key[lane, v], d, n_draws)
                    barred = seen.barred[lane] if v == 0 else 0
                    seen.drawn[d, lane, v] = _movement_at(geometry, seen, lane, barred, mark)


@numba.njit(cache=True)
def _movement_at(geometry: Geometry, seen: Seen, lane: int, barred: int, mark: float) -> int:
    """Return the movement at a mark (0-1) of the lane's shares, leaving out what is barred."""
    n = geometry.n_lane_moves[lane]
    total = 0.0
    for i in range(n):
        if not (barred >> i) & 1:
            total += seen.ratio[geometry.lane_moves[lane, i]]
    left = mark * total
    chosen = -1
    for i in range(n):
        if not (barred >> i) & 1:
            chosen = geometry.lane_moves[lane, i]
            left -= seen.ratio[chosen]
            if left < 0.0:
                break
    return chosen if chosen >= 0 else geometry.lane_moves[lane, 0]
