"""Arrivals at the stop lines of one signal, from its loops, as the centre shows them over the cycle.

A vehicle is taken at the loop of its lane that is farthest from the stop line, when it goes on, and arrives after the
way that is left, at the speed of the lane. Its group is that which goes straight on from the lane, else the first one.
"""

from collections.abc import Callable, Iterable
from typing import Final

from detectors.loops.events import LoopEvent
from signal_ctrl.cabinet.group_counts import groups_of
from signal_ctrl.domain.link.arrivals import Arrival, arrivals_texts
from signal_ctrl.domain.network import JunctionLayout

EVERY_MS: Final = 10_000
"""Arrivals are told so often, with what else a batch has. [ms]"""
STRAIGHT: Final = "s"
_MS_PER_S: Final = 1000

Tell = Callable[[str], None]
"""Takes the text of a report."""


class Arrivals:
    """The arrivals of one cabinet since they were last told."""

    def __init__(self, layout: JunctionLayout) -> None:
        self._at: dict[int, tuple[int, int]] = {}
        for lane, own in enumerate(layout.lanes):
            groups = _by_direction(layout, lane)
            if own.loops and groups:
                loop = max(own.loops, key=lambda k: layout.loops[k].to_stop_m)
                way_ms = round(_MS_PER_S * layout.loops[loop].to_stop_m / own.speed_mps)
                self._at.setdefault(loop, (groups[0], way_ms))
        self._seen: list[Arrival] = []
        self._told_ms: int | None = None

    def take(self, events: Iterable[LoopEvent], now_s: float, utc_ms: int) -> None:
        """Take in the edges of a second. [s] [ms]"""
        for event in events:
            if event.on and event.loop in self._at:
                group, way_ms = self._at[event.loop]
                self._seen.append(Arrival(group, utc_ms + round(_MS_PER_S * (event.time_s - now_s)) + way_ms))

    def settle(self, utc_ms: int, is_heard: Callable[[], bool], tell: Tell) -> None:
        """Tell what is due; what nobody would hear is let go, for it would push out what has to be kept. [ms]"""
        if self._told_ms is not None and 0 <= utc_ms - self._told_ms < EVERY_MS:
            return
        self._told_ms, seen, self._seen = utc_ms, self._seen, []
        if seen and is_heard():
            for text in arrivals_texts(seen, utc_ms):
                tell(text)


def _by_direction(layout: JunctionLayout, lane: int) -> list[int]:
    """Return the groups that go from a lane, straight on first."""
    straight = {layout.movements[m].group for m in layout.lanes[lane].movements if _is_straight(layout, m)}
    return sorted(groups_of(layout, lane), key=lambda group: group not in straight)


def _is_straight(layout: JunctionLayout, movement: int) -> bool:
    return layout.movements[movement].direction == STRAIGHT
