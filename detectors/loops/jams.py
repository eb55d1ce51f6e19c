"""How long a lane's queue takes where it has to give way, and how often it reaches farther back than anybody sees."""

from collections.abc import Sequence
from typing import Final

from detectors.loops.headways import YieldMeter
from detectors.loops.occupancy import Occupancy
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.domain.view import FloatArray

CROWDED_S: Final = 60.0
QUEUED_S: Final = 2.0
LEAST_YIELDING: Final = 0.05


class Jams:
    """Both for every lane of a junction."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._layout = layout
        self._last = [_last_loops(layout, lane) for lane in range(len(layout.lanes))]
        self._yields = [YieldMeter() for _ in layout.lanes]
        self._queued = [False] * len(layout.lanes)
        self._crowded = [0.0] * len(layout.lanes)

    @property
    def crowded(self) -> list[float]:
        """Share of the last minute or so in which somebody stood on the last loop of each lane (0-1)."""
        return self._crowded

    @property
    def permissive_s(self) -> list[float]:
        """Headway of those of each lane who have green and have to yield. [s]"""
        return [meter.headway_s for meter in self._yields]

    def left(self, lane: int, headway_s: float) -> None:
        """Take in that a vehicle left a lane whose saturation headway is that. [s]"""
        self._yields[lane].left(headway_s)

    def look(
        self, loops: Occupancy, stop_loops: Sequence[Sequence[int]], lamps: str, room_veh: FloatArray,
        ratio: FloatArray, now_s: float, dt_s: float,
    ) -> None:  # fmt: skip
        """Take in a time in which loops and lamps were so. [s]

        Args: stop_loops, those of each lane that are listened to; room_veh (n_exits,); ratio (n_movements,).
        """
        for lane, own in enumerate(stop_loops):
            covered = loops.any_stands(self._last[lane], now_s)
            self._crowded[lane] += (covered - self._crowded[lane]) * min(dt_s / CROWDED_S, 1.0)
            if loops.any_stands(own, now_s, QUEUED_S):
                self._queued[lane] = True
            elif now_s - loops.busy_s(own, now_s) > QUEUED_S:
                self._queued[lane] = False
            share = yielding_share(self._layout, lane, lamps, room_veh, ratio) if self._queued[lane] else 0.0
            self._yields[lane].waits(share, dt_s)


def yielding_share(layout: JunctionLayout, lane: int, lamps: str, room_veh: FloatArray, ratio: FloatArray) -> float:
    """Return the share of a lane's vehicles that have to yield, 0 unless all of them have green and room (0-1)."""
    own = layout.lanes[lane].movements
    moves = [layout.movements[m] for m in own]
    if any(lamps[move.lamp] not in "Gg" or room_veh[move.exit] < 1 for move in moves):
        return 0.0
    share = sum(
        float(ratio[m]) for m, move in zip(own, moves, strict=True) if lamps[move.lamp] == "g" and move.yields_to
    )
    return share if share >= LEAST_YIELDING else 0.0


def _last_loops(layout: JunctionLayout, lane: int) -> list[int]:
    """Return the loops of a lane that lie farthest back."""
    for role in (LoopRole.ADVANCE, LoopRole.MIDDLE, LoopRole.STOP):
        own = [k for k in layout.lanes[lane].loops if layout.loops[k].role is role]
        if own:
            return own
    return []
