"""Beliefs about turns: shares per lane, learned from what was seen to pass, and what the first vehicle has refused."""

import numpy as np

from detectors.view_builder import initial_ratio
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import FloatArray

PRIOR_VEH = 6.0
MEMORY_VEH = 60.0
REFUSAL_S = 5.0


class TurningBelief:
    """Shares of the movements of every lane; one observation counts as one vehicle, old ones fade."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._lane_of = [m.lane for m in layout.movements]
        self._own = [list(lane.movements) for lane in layout.lanes]
        self._count = initial_ratio(layout) * PRIOR_VEH
        self._ratio: FloatArray | None = None

    def saw(self, movement: int) -> None:
        """Learn that a vehicle took a movement."""
        self.saw_share({movement: 1.0})

    def saw_share(self, shares: dict[int, float]) -> None:
        """Learn that a vehicle of one lane took one of several movements, with these probabilities."""
        self._ratio = None
        for movement, share in shares.items():
            self._count[movement] += share
        own = self._own[self._lane_of[next(iter(shares))]]
        total = self._count[own].sum()
        if total > MEMORY_VEH:
            self._count[own] *= MEMORY_VEH / total

    def passed(self, lane: int, open_movements: list[int]) -> None:
        """Learn that a vehicle left a lane while these of its movements were open."""
        weights = self._count[open_movements]
        total = weights.sum()
        if total > 0:
            self.saw_share(dict(zip(open_movements, (weights / total).tolist(), strict=True)))

    def ratio(self) -> FloatArray:
        """Return the shares. (n_movements,), each lane's sum to 1."""
        if self._ratio is None:
            shares = self._count.copy()
            for own in self._own:
                shares[own] /= max(shares[own].sum(), 1e-9)
            self._ratio = shares
        return self._ratio


class HeadBelief:
    """What the first vehicle of each lane has refused: it stood before a protected green whose exit was free."""

    def __init__(self, layout: JunctionLayout, refusal_s: float = REFUSAL_S) -> None:
        self._own = [lane.movements for lane in layout.lanes]
        self._refusal_s = refusal_s
        self._offered_s = np.zeros(len(layout.movements))
        self._barred = [0] * len(layout.lanes)
        self._stuck = [False] * len(layout.lanes)

    @property
    def barred(self) -> list[int]:
        """Bit mask over each lane's movements that its first vehicle does not want."""
        return self._barred

    @property
    def stuck(self) -> list[bool]:
        """Whether the first vehicle of each lane stands though all it may want is green and free."""
        return self._stuck

    def first_left(self, lane: int) -> None:
        """Forget what was known of a lane's first vehicle: it has gone."""
        self._barred[lane] = 0
        self._stuck[lane] = False
        self._offered_s[list(self._own[lane])] = 0.0

    def stands(self, lane: int, protected: list[bool], dt_s: float) -> None:
        """Note that the first vehicle stood for dt_s while some of its movements were protected green and free."""
        if self._stuck[lane]:
            if not any(protected[movement] for movement in self._own[lane]):
                self.first_left(lane)  # a new green is a new chance
            return
        for i, movement in enumerate(self._own[lane]):
            if protected[movement]:
                self._offered_s[movement] += dt_s
                if self._offered_s[movement] >= self._refusal_s:
                    self._barred[lane] |= 1 << i
        if self._barred[lane] == (1 << len(self._own[lane])) - 1:
            # it refused everything: something else holds it up, so nothing is known of what it wants
            self.first_left(lane)
            self._stuck[lane] = True
