"""What adds up frames to rows of a table."""

from typing import Protocol, TypeVar

from detectors.video.seen import Seen

Row_co = TypeVar("Row_co", covariant=True)


class Tally(Protocol[Row_co]):
    """Takes what frames show and gives rows as soon as they are final. [s]"""

    def take(self, time_s: float, seen: Seen) -> tuple[Row_co, ...]:
        """Take what a frame showed."""

    def gap(self, to_s: float) -> tuple[Row_co, ...]:
        """Take that nothing was seen until a time."""

    def end(self, seen: Seen) -> tuple[Row_co, ...]:
        """Take what the end settled; no more will come."""
