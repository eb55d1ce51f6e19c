"""What a loop tells: that it went on or off."""

from typing import NamedTuple


class LoopEvent(NamedTuple):
    """One edge of a loop: its index in the junction's layout, the time [s], on or off."""

    loop: int
    time_s: float
    on: bool
