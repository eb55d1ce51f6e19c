"""The lamps: what the kernel commands goes out, what is lit comes back for the conflict monitor."""

from typing import Final, Protocol

from signal_ctrl.kernel.aspects import GREENS, STOPS, Aspect
from signal_ctrl.kernel.monitor import AMBER, GREEN, RED, Seen
from signal_ctrl.kernel.state import Core

_LIT: Final = {
    **dict.fromkeys(GREENS, GREEN),
    **dict.fromkeys(STOPS, RED),
    Aspect.AMBER: AMBER,
    Aspect.RED_AMBER: RED | AMBER,
    Aspect.DARK: 0,
}
_FLASHING: Final = {Aspect.FLASH_AMBER: AMBER, Aspect.FLASH_RED: RED, Aspect.GREEN_FLASH: GREEN, Aspect.PED_CLEAR: RED}
_HALF_TURN_DS: Final = 5
"""A flash is on for half a second and off for half a second: 60 a minute. [ds]"""


class Board(Protocol):
    """The lamps of one signal."""

    def show(self, core: Core, now_ds: int) -> None:
        """Light the lamps of a frame. [ds]"""
        ...

    def seen(self) -> Seen | None:
        """Return the lamps lit, by group, in the frame that was shown last; None if they cannot be read."""
        ...


def lit(aspect: Aspect, now_ds: int) -> int:
    """Return the lamps that are lit for an aspect: a sum of RED, AMBER and GREEN. [ds]"""
    if aspect in _FLASHING:
        return _FLASHING[aspect] if now_ds // _HALF_TURN_DS % 2 == 0 else 0
    return _LIT[aspect]


class SimulatedBoard:
    """Lamps that work, but for what a test or a trial does to them.

    `forced` holds the lamps of groups (indices) that do not do as they are told; `readable`, whether anything is seen.
    """

    def __init__(self) -> None:
        self.forced: dict[int, int] = {}
        self.readable = True
        self._lit: tuple[int, ...] | None = None

    def show(self, core: Core, now_ds: int) -> None:
        """Light the lamps of a frame. [ds]"""
        self._lit = tuple(self.forced.get(g, lit(state.aspect, now_ds)) for g, state in enumerate(core.groups))

    def seen(self) -> Seen | None:
        """Return the lamps lit."""
        return self._lit if self.readable else None
