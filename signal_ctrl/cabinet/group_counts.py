"""Vehicles by signal group, counted at a cabinet's own loops.

Each lane is counted at its loops nearest to the stop line, where they go off: a loop at the stop line tells who left. A
lane from which several groups go counts for those that are lit then, in equal parts; a loop of several lanes counts for
each in equal parts. A group with a lane that nobody counts, or whose loop has failed, is not reported: unknown is no 0.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from detectors.loops.events import LoopEvent
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.domain.site import Site

_NEAREST: Final = (LoopRole.STOP, LoopRole.MIDDLE, LoopRole.ADVANCE)


class GroupCounts:
    """The counts of one cabinet since they were last taken."""

    def __init__(self, site: Site, layout: JunctionLayout) -> None:
        self._names = [group.name for group in site.groups]
        self._groups = [groups_of(layout, lane) for lane in range(len(layout.lanes))]
        self._loops = [_loops_of(layout, lane) for lane in range(len(layout.lanes))]
        self._lanes_at = {
            loop: [lane for lane, loops in enumerate(self._loops) if loop in loops]
            for loops in self._loops
            for loop in loops
        }
        self._counted = [0.0] * len(self._names)
        self._unsure: set[int] = set()
        self.vehicles = 0.0

    def take(self, events: Iterable[LoopEvent], lit: Collection[int], failed: Collection[int]) -> None:
        """Count the edges of a second. Args: lit, the groups that may go now; failed, loops that are not believed."""
        for event in events:
            if not event.on and event.loop in self._lanes_at:
                self._passed(event.loop, lit)
        self._unsure.update(
            group for loop in failed for lane in self._lanes_at.get(loop, ()) for group in self._groups[lane]
        )

    def _passed(self, loop: int, lit: Collection[int]) -> None:
        lanes = self._lanes_at[loop]
        self.vehicles += 1
        for lane in lanes:
            groups = [group for group in self._groups[lane] if group in lit] or self._groups[lane]
            for group in groups:
                self._counted[group] += 1 / (len(lanes) * len(groups))

    def settle(self) -> Iterator[tuple[str, int]]:
        """Yield group and whole vehicles of those that are known, and begin anew with what is left of them."""
        blind = {g for lane, groups in enumerate(self._groups) if not self._loops[lane] for g in groups}
        known = {g for groups in self._groups for g in groups} - blind - self._unsure
        self._unsure.clear()
        self.vehicles = 0.0
        for group, name in enumerate(self._names):
            whole = int(self._counted[group] + 1e-6)
            self._counted[group] -= whole
            if group in known:
                yield name, whole


def groups_of(layout: JunctionLayout, lane: int) -> list[int]:
    """Return the groups that go from a lane, each once."""
    groups = (layout.movements[m].group for m in layout.lanes[lane].movements)
    return list(dict.fromkeys(group for group in groups if group >= 0))


def _loops_of(layout: JunctionLayout, lane: int) -> list[int]:
    """Return the loops at which a lane is counted: those nearest to its stop line, all of them side by side."""
    own = layout.lanes[lane].loops
    for role in _NEAREST:
        found = [k for k in own if layout.loops[k].role is role]
        if found:
            return found
    return []
