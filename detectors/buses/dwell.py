"""How long buses stand at a stop: learned from what they report, from a prior on."""

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final

USUAL_S: Final = 20.0
"""Prior median of a stay at a stop. [s] [P]"""
SPREAD: Final = 0.5
"""Prior standard deviation of its logarithm. [P]"""
PRIOR: Final = 4.0
"""As many stays is the prior worth. [P]"""
STOPS: Final = 0.9
"""Prior share of the buses that stop at all. [P]"""
LEAST_S, MOST_S = 2.0, 300.0
_NORMAL: Final = NormalDist()


@dataclass(slots=True)
class _Learned:
    stays: float = PRIOR
    mean: float = math.log(USUAL_S)
    squares: float = PRIOR * SPREAD**2
    stopped: float = PRIOR * STOPS
    came: float = PRIOR


@dataclass(slots=True)
class DwellModel:
    """Stays at stops, log-normal, each stop on its own; moments by Welford's recursion, begun with the prior's."""

    _learned: dict[str, _Learned] = field(default_factory=dict)

    def saw(self, stop: str, dwell_s: float | None) -> None:
        """Learn of a stay [s], None: the bus did not stop. What is too long to be a stay counts as the longest."""
        own = self._learned.setdefault(stop, _Learned())
        own.came += 1.0
        if dwell_s is None:
            return
        own.stopped += 1.0
        value = math.log(min(max(dwell_s, LEAST_S), MOST_S))
        own.stays += 1.0
        off = value - own.mean
        own.mean += off / own.stays
        own.squares += off * (value - own.mean)

    def stops_share(self, stop: str) -> float:
        """Return the share of buses that stop there. 0-1"""
        own = self._learned.get(stop) or _Learned()
        return own.stopped / own.came

    def left_s(self, stop: str, stood_s: float, share: float) -> float:
        """Return how long a bus that has stood so long will go on standing, at a share (0-1) of all cases. [s]"""
        own = self._learned.get(stop) or _Learned()
        spread = math.sqrt(own.squares / own.stays)
        begun = _NORMAL.cdf((math.log(stood_s) - own.mean) / spread) if stood_s > 0 else 0.0
        at = min(begun + share * (1.0 - begun), 1.0 - 1e-9)
        if at <= 0.0:
            return 0.0
        return max(math.exp(own.mean + spread * _NORMAL.inv_cdf(at)) - stood_s, 0.0)
