"""Which exits a lane's vehicles may take, and what the counts of a time say about it.

In a time slot lane i sends o_i vehicles, of which the share p_m takes movement m. An exit's loops count those that
come to it: d = E y, with y the vehicles by movement, E 1 where a movement leads to the exit. Given the shares, the
vehicles of one lane are split at random (multinomial), so y has the mean o_i p_m and the covariance
o_i (diag(p) - p p'), lane by lane; loops miss some and see some in the wrong slot, which adds a variance of its own.
Slots in which only some stages were green hold only some lanes' vehicles: that is how the stages help to tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError

Floats = npt.NDArray[np.float64]
MISSED: Final = 0.03
"""Share of vehicles that a loop does not tell, or tells twice (0-1)."""
WRONG_SLOT_VEH: Final = 0.5
"""Standard deviation of an exit's count by vehicles that came just before or after its slot. [veh]"""


@dataclass(frozen=True, slots=True)
class TurnModel:
    """Movements of a junction: the lane and the exit of each, -1 for an exit that nobody counts; first shares.

    `prior` are shares before anything was counted, each lane's sum to 1, and `prior_veh` how many vehicles they are
    worth.
    """

    lanes: tuple[int, ...]
    exits: tuple[int, ...]
    prior: tuple[float, ...]
    prior_veh: float = 2.0

    def __post_init__(self) -> None:
        if not (self.lanes and len(self.lanes) == len(self.exits) == len(self.prior) and self.prior_veh > 0):
            raise InvalidInputError("movements need a lane, an exit and a first share each")
        if not all(0 <= share <= 1 for share in self.prior) or not np.allclose(self.sums(self.prior), 1.0):
            raise InvalidInputError(f"the first shares of each lane's movements add up to 1, got {self.prior}")

    @property
    def n_lanes(self) -> int:
        """Number of lanes."""
        return max(self.lanes) + 1

    @property
    def n_exits(self) -> int:
        """Number of exits that are counted."""
        return max(self.exits) + 1

    def sums(self, values: Sequence[float]) -> Floats:
        """Return the sum of a value over the movements of each lane that has some."""
        totals = np.bincount(self.lanes, weights=np.asarray(values, dtype=np.float64), minlength=self.n_lanes)
        return np.asarray(totals[np.unique(self.lanes)], dtype=np.float64)

    def leads(self) -> Floats:
        """Return E, (n_exits, n_movements)."""
        found = np.zeros((self.n_exits, len(self.lanes)))
        for movement, exit_ in enumerate(self.exits):
            if exit_ >= 0:
                found[exit_, movement] = 1.0
        return found

    def split(self, shares: Floats, lane_veh: Floats) -> Floats:
        """Return the covariance of the vehicles by movement, (n_movements, n_movements). [veh²]

        Args: shares (n_movements,); lane_veh (n_lanes,), vehicles that each lane sends [veh].
        """
        lanes = np.asarray(self.lanes)
        same = lanes[:, None] == lanes[None, :]
        full = np.diag(shares) - np.where(same, np.outer(shares, shares), 0.0)
        return np.asarray(full * lane_veh[lanes][:, None])

    def basis(self) -> Floats:
        """Return an orthonormal basis of the changes of shares that keep every lane's sum. (n_movements, n_free)"""
        lanes = np.asarray(self.lanes)
        sums = (lanes[None, :] == np.unique(lanes)[:, None]).astype(np.float64)
        _, values, rows = np.linalg.svd(sums)
        return np.asarray(rows[int((values > 1e-9).sum()) :].T)


@dataclass(frozen=True, slots=True)
class Slot:
    """What was counted in a time: who left each lane (n_lanes,), and who came to each exit (n_exits,). [s], [veh]

    An exit's time is later by the travel time from the stop line to its loops.
    """

    begin_s: float
    end_s: float
    lane_veh: Floats
    exit_veh: Floats

    def __post_init__(self) -> None:
        if not (self.begin_s <= self.end_s and (self.lane_veh >= 0).all() and (self.exit_veh >= 0).all()):
            raise InvalidInputError("a slot ends after it begins, and nobody counts less than 0 vehicles")

    def design(self, model: TurnModel) -> Floats:
        """Return what each exit would see if all of a lane's vehicles took one movement. (n_exits, n_movements)"""
        return np.asarray(model.leads() * self.lane_veh[np.asarray(model.lanes)])

    def noise(self, model: TurnModel, shares: Floats) -> Floats:
        """Return the covariance of what the loops add by themselves. (n_exits, n_exits) [veh²]"""
        due = self.design(model) @ shares
        return np.asarray(np.diag(MISSED * (due + self.exit_veh) + WRONG_SLOT_VEH**2))
