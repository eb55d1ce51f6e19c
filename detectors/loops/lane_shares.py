"""Where those whom an advance loop sees come to: shares of the lanes, learned from the next loops; old ones fade."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.network import JunctionLayout, LoopRole

MEMORY_VEH: Final = 30.0
LEAST_SERVED: Final = 0.1
RARE: Final = 0.03
PRIOR_VEH: Final = 9.0
PRIOR_KEPT_VEH: Final = 8.5
PRIOR_CHANGED_VEH: Final = 0.2
NO_LANE: Final = -1


@dataclass(slots=True)
class Share:
    """Share of the vehicles seen upstream that arrive at the next loop of one lane."""

    kept: float
    seen: float = PRIOR_VEH

    def note(self, kept: bool) -> None:
        """Count one vehicle that was due."""
        if self.seen >= MEMORY_VEH:
            self.seen *= 0.9
            self.kept *= 0.9
        self.seen += 1.0
        self.kept += kept

    @property
    def value(self) -> float:
        """The share (0-1)."""
        return min(self.kept / self.seen, 1.0)


class LaneShares:
    """The shares of all advance loops of a junction: of the lanes each serves, and of those beside them."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._layout = layout
        self._serves = [loop.serves for loop in layout.loops]
        self._of = {k: self._first(k) for k, loop in enumerate(layout.loops) if loop.role is LoopRole.ADVANCE}

    def _first(self, loop: int) -> dict[int, Share]:
        lanes, served = self._layout.lanes, self._serves[loop]
        edges = {lanes[lane].edge_id for lane in served}
        beside = [i for i, lane in enumerate(lanes) if i not in served and lane.edge_id in edges]
        return {lane: Share(PRIOR_KEPT_VEH / len(served)) for lane in served} | {
            lane: Share(PRIOR_CHANGED_VEH) for lane in beside
        }

    def forget(self, lanes: Collection[int]) -> None:
        """Begin anew with the loops that know one of these lanes: who told of it has failed, or works again."""
        for loop, shares in self._of.items():
            if any(lane in shares for lane in lanes):
                self._of[loop] = self._first(loop)

    def lanes(self, loop: int) -> dict[int, float]:
        """Return the lanes that a vehicle may come to, with their shares; rare ones among the neighbours are left out.

        The lanes that the loop serves stay, so that one whose vehicles went elsewhere for long is still listened to.
        """
        served = self._serves[loop]
        found = {
            lane: max(each.value, LEAST_SERVED if lane in served else 0.0) for lane, each in self._of[loop].items()
        }
        return {lane: share for lane, share in found.items() if share >= RARE}

    def note(self, loop: int, lane: int) -> None:
        """Learn that a vehicle which a loop saw came to a lane, or to NO_LANE."""
        for other, share in self._of.get(loop, {}).items():
            share.note(other == lane)
