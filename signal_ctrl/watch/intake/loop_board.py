"""What each detector of the roads counted last, in memory: for the list of detectors."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.observations import LoopCount, Observation

SILENT_MS: Final = 5 * 60_000
"""A detector that counted nothing for so long is silent: counts come once a minute. [ms] [P]"""
COVERED: Final = 0.98
"""Share of its time that a detector is covered when something stands on it, or it is stuck. [P]"""


class LoopHealth(Enum):
    """How a detector does."""

    COUNTS = "counts"
    COVERED = "covered"
    SILENT = "silent"
    NEVER = "never heard"


class LoopBoard:
    """The last count of each detector, since this process began."""

    def __init__(self) -> None:
        self._last: dict[str, LoopCount] = {}

    def take(self, observations: Iterable[Observation]) -> None:
        """Take what the intake found good."""
        for each in observations:
            if isinstance(each, LoopCount):
                held = self._last.get(each.detector)
                if held is None or held.to_utc_ms <= each.to_utc_ms:
                    self._last[each.detector] = each

    def begin(self, network: RoadNetwork) -> None:
        """Forget detectors that a network has not."""
        names = {loop.detector for loop in network.loops}
        self._last = {name: count for name, count in self._last.items() if name in names}

    def last(self) -> Mapping[str, LoopCount]:
        """Return the last count of each detector."""
        return dict(self._last)


def health_of(last: LoopCount | None, now_utc_ms: int) -> LoopHealth:
    """Return how a detector does, by its last count. [ms]"""
    if last is None:
        return LoopHealth.NEVER
    if now_utc_ms - last.to_utc_ms > SILENT_MS:
        return LoopHealth.SILENT
    return LoopHealth.COVERED if last.occupied >= COVERED else LoopHealth.COUNTS
