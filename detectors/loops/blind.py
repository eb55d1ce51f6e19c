"""Lanes whose stop-line loops have failed: who is believed to leave them, and who to come where no loop is left."""

from collections.abc import Collection
from typing import Final

from detectors.loops.lane_queue import SPACING_M
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.domain.view import FloatArray

START_UP_S: Final = 2.0
PERMISSIVE: Final = 0.5
DEFAULT_VEH_S: Final = 0.03
DEFAULT_FOR_S: Final = 300.0
MARGIN: Final = 1.3
BACKLOG_S: Final = 180.0
MEMORY_S: Final = 14_400.0
"""What was seen longer ago fades: a signal that has run for weeks has seen nights, too."""


class Discharge:
    """Time in which the first vehicles of each lane could have left, saved up while they wait and their way is open."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._movements = layout.movements
        self._own = [lane.movements for lane in layout.lanes]
        self._saved_s = [0.0] * len(layout.lanes)

    def open(self, lane: int, lamps: str, room_veh: FloatArray, ratio: FloatArray, dt_s: float) -> None:
        """Save a time in which the lamps were so. A closed lane loses what it saved, and the time to start again. [s]

        The share of the movements that are open counts, one that has to yield half.
        """
        share = 0.0
        for m in self._own[lane]:
            movement = self._movements[m]
            lamp = lamps[movement.lamp]
            if lamp in "Gg" and room_veh[movement.exit] >= 1:
                share += float(ratio[m]) * (1.0 if lamp == "G" or not movement.yields_to else PERMISSIVE)
        self._saved_s[lane] = self._saved_s[lane] + share * dt_s if share > 0 else -START_UP_S

    def lets_go(self, lane: int, headway_s: float, presence: float) -> bool:
        """Return whether the vehicle that waits first has left, and take its time off what was saved. [s], (0-1)"""
        need_s = MARGIN * headway_s * presence
        if self._saved_s[lane] < need_s:
            return False
        self._saved_s[lane] -= need_s
        return True

    def nobody_waits(self, lane: int, headway_s: float) -> None:
        """Keep no more than one headway: who comes later cannot have left before. [s]"""
        self._saved_s[lane] = min(self._saved_s[lane], MARGIN * headway_s)


class Profile:
    """Who comes to a lane that no loop sees: as many as before, in even gaps; where little was learned, as to others.

    Who is believed to come and does not costs some seconds of green; who comes and is not believed in stays for ever,
    and those behind him too. So both arrivals and headways have a margin.
    """

    def __init__(self, n_lanes: int) -> None:
        self._left = [0.0] * n_lanes
        self._seen_s = [0.0] * n_lanes
        self._due = [0.0] * n_lanes

    def left(self, lane: int) -> None:
        """Count a vehicle that left a lane."""
        self._left[lane] += 1

    def watched(self, lane: int, dt_s: float) -> None:
        """Note that a lane was watched for a time. [s]"""
        self._seen_s[lane] += dt_s
        if self._seen_s[lane] > MEMORY_S:
            keep = MEMORY_S / self._seen_s[lane]
            self._seen_s[lane], self._left[lane] = MEMORY_S, self._left[lane] * keep

    def rate_veh_s(self, lane: int) -> float:
        """Return the rate at which vehicles come to a lane. [veh/s]"""
        n_lanes = len(self._left)
        usual = (
            (sum(self._left) + DEFAULT_VEH_S * DEFAULT_FOR_S) / (sum(self._seen_s) + DEFAULT_FOR_S) if n_lanes else 0.0
        )
        known = self._left[lane] + usual * DEFAULT_FOR_S
        return MARGIN * known / (self._seen_s[lane] + DEFAULT_FOR_S)

    def begin(self, lane: int) -> None:
        """Somebody may wait from before it was known that nobody sees them."""
        self._due[lane] = self.rate_veh_s(lane) * BACKLOG_S

    def comes(self, lane: int, share: float, dt_s: float) -> bool:
        """Return whether another vehicle has come in a time, of the share of them that nobody sees. (0-1), [s]"""
        self._due[lane] += share * self.rate_veh_s(lane) * dt_s
        if self._due[lane] < 1.0:
            return False
        self._due[lane] -= 1.0
        return True


def unseen_share(layout: JunctionLayout, lane: int, deaf: Collection[int]) -> float:
    """Return the share of those who come to a lane unseen (0-1): of its advance loops, if no middle one is left."""
    own = layout.lanes[lane].loops
    if any(layout.loops[k].role is LoopRole.MIDDLE and k not in deaf for k in own):
        return 0.0
    far = [k for k in own if layout.loops[k].role is LoopRole.ADVANCE]
    if not far:
        return float(any(layout.loops[k].role is LoopRole.MIDDLE for k in own) or all(k in deaf for k in own))
    return sum(k in deaf for k in far) / len(far)


def most_veh(layout: JunctionLayout, lane: int) -> int:
    """Return how many vehicles a lane holds. [veh]"""
    return max(int(layout.lanes[lane].length_m / SPACING_M), 1)
