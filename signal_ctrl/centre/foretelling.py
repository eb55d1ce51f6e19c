"""What cabinets are told of who comes to them: each source says it by signal, a cabinet asks for its own.

Nothing of it is stored, and nothing of it decides: the cabinet leaves out what is old or cannot be, its optimiser
weighs the rest, and its kernel keeps the limits (SAFETY part C, row 5).
"""

from collections.abc import Callable, Iterable
from typing import Final

from signal_ctrl.centre.cabinets import CABINETS, site_of
from signal_ctrl.centre.desk import Desk
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind, foretelling_to_bytes

Source = Callable[[str, int], Iterable[Foretold]]
"""Says who comes to a signal, as known at an instant [ms], with times from then on."""
BUS_AGAIN_S: Final = 1
"""While a bus comes a cabinet asks so often: its place moves, and it counts for much. [s] [P]"""
AGAIN_S: Final = 5
"""Else so often: who comes is told a minute ahead and more. [s] [P]"""
_REFRESH_MS: Final = 60_000
_SECOND_MS: Final = 1_000


class ForetellingDesk:
    """Asks all `sources`. Whoever knows of somebody who comes appends one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._signals: dict[str, tuple[int, str]] = {}
        self.sources: list[Source] = []

    def answer(self, cabinet: str) -> bytes:
        """Return the document for a cabinet; nobody comes to one that is not known. It is of the last whole second, so
        that sources need to look once a second at most.
        """
        signal, at_utc_ms = self._signal_of(cabinet), self._desk.now_ms() // _SECOND_MS * _SECOND_MS
        coming = [one for source in self.sources for one in source(signal, at_utc_ms)] if signal else []
        is_bus = any(one.kind is ForetoldKind.BUS for one in coming)
        return foretelling_to_bytes(cabinet, at_utc_ms, coming, BUS_AGAIN_S if is_bus else AGAIN_S)

    def _signal_of(self, cabinet: str) -> str:
        """Return the signal of a cabinet, read once a minute; empty if there is no such cabinet."""
        mono_ms = self._desk.clock.mono_ms()
        read_ms, signal = self._signals.get(cabinet, (-_REFRESH_MS, ""))
        if mono_ms - read_ms >= _REFRESH_MS:
            known = self._desk.store.read(lambda r: r.shelf(CABINETS).get(cabinet))
            signal = "" if known is None else site_of(known.site).signal_id
            self._signals[cabinet] = mono_ms, signal
        return signal
