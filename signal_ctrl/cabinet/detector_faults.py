"""Faults of detectors as a cabinet tells them (K12): a loop, button or sensor that is not listened to any more.

Each has a code of its own, so that the centre keeps, ends and repairs them one by one. An adviser that has just begun
knows nothing yet: it ends no fault.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from detectors.crossings.approaches import with_crossings
from detectors.crossings.waiting import CrossingSense
from signal_ctrl.domain.link.reports import ReportKind
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site

CODE: Final = "K12-"
_KIND: Final = {CrossingSense.BUTTONS: "button", CrossingSense.SENSORS: "sensor"}
_LOOP: Final = "loop"

Tell = Callable[[ReportKind, str, str, Sequence[tuple[str, int]]], None]


class DetectorFaults:
    """What was told of the detectors of one cabinet."""

    def __init__(self, site: Site, layout: JunctionLayout, crossings: CrossingSense | None, tell: Tell) -> None:
        """Args: layout, of the roads alone; crossings, what is at the kerbs."""
        whole = layout if crossings is None else with_crossings(layout, site)
        kerbs = _LOOP if crossings is None else _KIND[crossings]
        kinds = [_LOOP if k < len(layout.loops) else kerbs for k in range(len(whole.loops))]
        self._codes = [f"{CODE}{kind}-{loop.channel}" for kind, loop in zip(kinds, whole.loops, strict=True)]
        self._words = [f"{loop.lane_id}, channel {loop.channel}" for loop in whole.loops]
        self._first_kerb = len(layout.loops)
        self._tell = tell
        self._told: frozenset[int] = frozenset()
        self._is_warm = False

    def _since(self, k: int) -> str:
        return "not believed" if k < self._first_kerb else "not believed; the crossing is on recall"

    def look(self, failed: Collection[int], is_warm: bool) -> None:
        """Tell what is new. Args: failed, loops of the layout with crossings; is_warm, whether the adviser has looked
        for long enough to know what is sound.

        The first time that it has, the end of every fault is told: one of an earlier start may have ended meanwhile.
        """
        now = frozenset(k for k in failed if 0 <= k < len(self._codes))
        for k in sorted(now - self._told):
            self._tell(ReportKind.FAULT, self._codes[k], f"{self._words[k]}: {self._since(k)}", ())
        self._told |= now
        if not is_warm:
            return
        over = (frozenset(range(len(self._codes))) if not self._is_warm else self._told) - now
        for k in sorted(over):
            self._tell(ReportKind.CLEARED, self._codes[k], f"{self._words[k]}: sound again", ())
        self._told, self._is_warm = now, True
