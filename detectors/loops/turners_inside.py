"""Who passed the stop line by a turn and waits inside the junction for those who go first, and later wait for him."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import numpy as np

from detectors.loops.departures import SURE, Way
from signal_ctrl.domain.network import CLOSE_M, TWO_STEP_M, JunctionLayout
from signal_ctrl.domain.view import FloatArray

CLEARS_S: Final = 6.0
INSIDE_S: Final = 60.0


def close_lanes(layout: JunctionLayout, others: Iterable[JunctionLayout]) -> frozenset[int]:
    """Return the lanes of a signal to which a short street leads from another one."""
    ways = (way for other in others if other.signal_id != layout.signal_id for way in other.exits)
    return frozenset(way.next_lane for way in ways if way.next_signal == layout.signal_id and way.way_m < CLOSE_M)


class TurnersInside:
    """The turns of one junction with room to wait inside, and on which of them somebody does.

    Where a loop lies behind a turn, it tells: whom it did not see in time is inside. Where none lies and the turn leads
    out of a short street between two signals, whoever surely took it under a green that gives way is inside until those
    who go first have left him a gap.
    """

    def __init__(self, layout: JunctionLayout) -> None:
        moves = layout.movements
        turns = [i for i, m in enumerate(moves) if m.length_m > TWO_STEP_M and m.direction == "l"]
        self._moves = moves
        self._held_up = {i: frozenset(foes) for i in turns if (foes := layout.mutual(i))}
        self._goes_first = {i: frozenset(moves[i].yields_to) - foes for i, foes in self._held_up.items()}
        self._hidden: frozenset[int] = frozenset()
        self._missed_s: dict[int, float] = {}
        self._hidden_s: dict[int, float] = {}
        self._opposed_s: dict[int, float] = {}
        self._crossed_s: dict[int, float] = {}
        self._protected_since: dict[int, float] = {}
        self._lamps = ""

    def join(self, seen_exits: Collection[int], close: Collection[int]) -> None:
        """Make known behind which exits a loop lies, and which lanes are short streets between two signals."""
        turns = (m for m in self._held_up if self._moves[m].lane in close)
        self._hidden = frozenset(m for m in turns if self._moves[m].exit not in seen_exits)

    def left(self, movements: Sequence[int], ratio: FloatArray, now_s: float) -> None:
        """Somebody left a stop line by one of these movements. Args: ratio, share of each movement of its lane. [s]"""
        for turn, foes in self._held_up.items():
            if foes.issuperset(movements):
                self._crossed_s[turn] = now_s
                self._forget(turn)
            if self._goes_first[turn].issuperset(movements):
                self._opposed_s[turn] = now_s
        turns = self._hidden.intersection(movements)
        if not turns or not self._lamps or ratio[list(turns)].sum() < SURE * max(ratio[list(movements)].sum(), 1e-9):
            return
        turn = max(sorted(turns), key=lambda m: ratio[m])
        if self._lamps[self._moves[turn].lamp] != "G":
            self._hidden_s[turn] = now_s

    def seen_behind(self, exits: Collection[int]) -> None:
        """A loop behind these exits saw somebody who was not expected there: one who waited has gone."""
        out = next((m for m in self._missed_s if self._moves[m].exit in exits), None)
        if out is not None:
            del self._missed_s[out]

    def missed(self, way: Way, now_s: float) -> None:
        """No loop saw somebody in time who surely took this way, and he stands in no queue there. [s]"""
        if self._waits(way):
            self._missed_s[way.movement] = now_s

    def inside(self, late: Iterable[Way], full: Collection[int], now_s: float, lamps: str) -> list[bool]:
        """Return by which movements somebody waits inside.

        Nobody does any more who has had protected green for long enough, or after a minute.

        Args:
            late: Ways of those who should have been seen by now.
            full: Exits without room: the tail of those who go there stands in the way of who gave way to them.
            now_s: Now. [s]
            lamps: The state string in force.
        """
        if not self._held_up:
            return [False] * len(self._moves)
        self._lamps = lamps
        for turn in self._hidden_s:
            if any(self._moves[m].exit in full for m in self._goes_first[turn]):
                self._opposed_s[turn] = now_s
        due = {way.movement for way in late if self._waits(way)}
        found = [False] * len(self._moves)
        for movement in self._held_up:
            if lamps[self._moves[movement].lamp] != "G":
                self._protected_since.pop(movement, None)
            elif now_s - self._protected_since.setdefault(movement, now_s) >= CLEARS_S:
                self._forget(movement)
                continue
            if now_s - self._missed_s.get(movement, now_s) > INSIDE_S:
                del self._missed_s[movement]
            found[movement] = movement in self._missed_s or movement in due or self._waits_for_a_gap(movement, now_s)
        return found

    def _waits(self, way: Way) -> bool:
        crossed_s = self._crossed_s.get(way.movement, -np.inf)
        return way.movement in self._held_up and way.seen_s is not None and crossed_s < way.seen_s

    def _waits_for_a_gap(self, turn: int, now_s: float) -> bool:
        left_s = self._hidden_s.get(turn)
        if left_s is None:
            return False
        waits = now_s - left_s <= INSIDE_S and now_s - max(left_s, self._opposed_s.get(turn, left_s)) < CLEARS_S
        if not waits:
            del self._hidden_s[turn]
        return waits

    def _forget(self, turn: int) -> None:
        self._missed_s.pop(turn, None)
        self._hidden_s.pop(turn, None)
