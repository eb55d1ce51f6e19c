"""A second drawing of turns, with Python's whole numbers. Source of the mixer: Steele, Lea, Flood 2014."""

from collections.abc import Mapping

_MASK = 2**64 - 1


def number(key: int, draw: int) -> float:
    """Return a number in [0, 1) for a vehicle and a draw."""
    z = (key * 0x9E3779B97F4A7C15 + draw * 0xD1B54A32D192ED03) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    return (z >> 11) / 2**53


def place(key: int, draw: int, n_draws: int) -> float:
    """Return the same, but over all draws one in each n-th part of [0, 1)."""
    shift = int(number(key, 1013) * n_draws)
    stride = 1 + 2 * int(number(key, 2027) * (n_draws // 2))
    return ((shift + draw * stride) % n_draws + number(key, draw)) / n_draws


def movement_of(key: int, shares: Mapping[int, float], presence: float, draw: int, n_draws: int) -> int | None:
    """Return the movement of a vehicle in a draw, None if it is not there."""
    if presence < 1 and number(key + 7919, draw) >= presence:
        return None
    left = place(key, draw, n_draws) * sum(shares.values())
    *others, last = shares.items()
    for movement, share in others:
        left -= share
        if left < 0:
            return movement
    return last[0]
