"""What comes out of the stream: events in order, how far a source has told everything, and what is missing."""

from collections.abc import Collection
from typing import Final, NamedTuple

ON: Final = 82
OFF: Final = 81
"""Codes of a loop's edges (Indiana enumerations)."""


class LiveEvent(NamedTuple):
    """An event on our clock. [ms] `late`: it came behind later ones of its device, and is no longer for control."""

    time_ms: int
    device: str
    code: int
    parameter: int
    source: str
    late: bool = False

    @property
    def time_s(self) -> float:
        """The time on our clock. [s]"""
        return self.time_ms / 1000


class DataGap(NamedTuple):
    """Numbers of a boot that never came, both ends included, and the time that they tell of. [ms]

    None are missing (`last` below `first`) where the source began anew: nobody knows what it would have told.
    """

    source: str
    boot: str
    first: int
    last: int
    from_ms: int
    to_ms: int


class Told(NamedTuple):
    """One message in its turn: what is missing before it, its events in order, and the time it tells all of. [ms]"""

    source: str
    gap: DataGap | None
    events: tuple[LiveEvent, ...]
    covered_ms: tuple[int, int] | None


class Speakers:
    """Which of some devices each source has told of so far: what it leaves out or covers concerns all of them."""

    def __init__(self, devices: Collection[str]) -> None:
        self._devices = devices
        self._of_source: dict[str, set[str]] = {}

    def devices(self, told: Told) -> set[str]:
        """Return those of a message's source, the message's own included."""
        found = self._of_source.setdefault(told.source, set())
        found.update(event.device for event in told.events if event.device in self._devices)
        return found
