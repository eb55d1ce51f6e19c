"""Map matching: the likeliest roads of many vehicles at once, by a hidden Markov model.

What is seen is a place; hidden is the road. A place lies off the road by a normal error; a vehicle drives about as far
along the roads as its places are apart. Source: P. Newson, J. Krumm, Hidden Markov Map Matching Through Noise and
Sparseness, ACM GIS 2009; the heading of the report is an addition.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.matching.grid import Near
from signal_ctrl.watch.matching.routes import RouteTable

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CANDIDATES: Final = 8
NOISE_M: Final = 8.0
DETOUR_M: Final = 15.0
"""Mean of how much the way along the roads differs from the way as the crow flies (beta of the model). [m]"""
HEADING_DEG: Final = 25.0
WORST_HEADING: Final = -6.0
STANDING_MPS: Final = 1.5
BEHIND_M: Final = 12.0
BEHIND: Final = -3.0
LONG_M: Final = 60.0
STAYS_M: Final = 8.0
"""Mean of how far a vehicle comes that stands at both reports. [m]"""
BACK_M: Final = 45.0
"""So much a report may lie behind the one before on the same road: noise. [m]"""
FASTEST_MPS: Final = 45.0
SLACK_M: Final = 60.0
IMPOSSIBLE: Final = -np.inf


@dataclass(slots=True)
class Candidates:
    """Roads that a report may lie on, with metres along them and the score of each; shape (n, CANDIDATES).

    `road` is -1 where there are fewer.
    """

    road: Ints
    along_m: Doubles
    score: Doubles

    def of(self, rows: Ints | Bools) -> "Candidates":
        """Return those of some reports."""
        return Candidates(self.road[rows], self.along_m[rows], self.score[rows])


def candidates_of(near: Near, heading_deg: Doubles, speed_mps: Doubles, length_m: Doubles) -> Candidates:
    """Return the candidates of reports with how well they fit: distance and, where it is known, heading [degrees].

    Who stands [m/s] rather stands before a junction than right behind it, on a road that is long enough [m].
    """
    n_reports = len(heading_deg)
    road = np.full((n_reports, CANDIDATES), -1, dtype=np.int64)
    along_m, score = np.zeros(road.shape), np.full(road.shape, IMPOSSIBLE)
    first = np.searchsorted(near.place, np.arange(n_reports))
    slot = np.arange(len(near.place)) - first[near.place]
    turn = np.abs((near.heading_deg - heading_deg[near.place] + 180) % 360 - 180)
    by_heading = np.maximum(-0.5 * (turn / HEADING_DEG) ** 2, WORST_HEADING)
    fit = -0.5 * (near.off_m / NOISE_M) ** 2 + np.where(np.isnan(by_heading), 0.0, by_heading)
    behind = (near.along_m < BEHIND_M) & (length_m[near.road] > LONG_M)
    fit += np.where((speed_mps[near.place] < STANDING_MPS) & behind, BEHIND, 0.0)
    road[near.place, slot], along_m[near.place, slot], score[near.place, slot] = near.road, near.along_m, fit
    return Candidates(road, along_m, score)


def ways_m(before: Candidates, behind: Candidates, routes: RouteTable, length_m: Doubles) -> Doubles:
    """Return the way along the roads between every pair of candidates, shape (n, CANDIDATES, CANDIDATES). [m]

    Infinite where there is none.
    """
    here, there = before.road[:, :, None], behind.road[:, None, :]
    here, there = np.broadcast_arrays(here, there)
    step_m = behind.along_m[:, None, :] - before.along_m[:, :, None]
    same = here == there
    found = np.where(same & (step_m >= -BACK_M), np.maximum(step_m, 0.0), np.inf)
    ask = np.nonzero((here >= 0) & (there >= 0) & ~same)
    from_road, to_road = here[ask], there[ask]
    rest_m = length_m[from_road] - before.along_m[ask[0], ask[1]]
    found[ask] = rest_m + routes.end_to_begin(from_road, to_road) + behind.along_m[ask[0], ask[2]]
    found[(here < 0) | (there < 0)] = np.inf
    return found


def step(
    before: Candidates, behind: Candidates, way_m: Doubles, apart_m: Doubles, gap_s: Doubles, stands: Bools
) -> tuple[Candidates, Ints]:
    """Return the candidates of the next reports with the score of their best history, and where each came from.

    Args: way_m, as `ways_m`; apart_m and gap_s, how far the reports are apart [m], [s]; stands, whether the
    vehicle stood at both; shape (n,).
    A vehicle that cannot have come from any candidate begins anew; it came from -1.
    """
    change = -np.abs(way_m - apart_m[:, None, None]) / DETOUR_M
    change = np.where(stands[:, None, None], -way_m / STAYS_M, change)
    change = np.where(way_m <= FASTEST_MPS * gap_s[:, None, None] + SLACK_M, change, IMPOSSIBLE)
    total = before.score[:, :, None] + change
    origin = np.argmax(total, axis=1)
    best = np.take_along_axis(total, origin[:, None, :], axis=1)[:, 0, :]
    score = best + behind.score
    broken = ~np.isfinite(score).any(axis=1)
    score[broken], origin[broken] = behind.score[broken], -1
    top = score.max(axis=1, keepdims=True)
    return Candidates(behind.road, behind.along_m, score - np.where(np.isfinite(top), top, 0.0)), origin
