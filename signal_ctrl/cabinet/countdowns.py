"""What the countdowns at crossings are told: how much longer WALK or clearance lasts for sure, whenever that is new."""

from typing import Final

from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.kernel.aspects import Aspect
from signal_ctrl.kernel.countdown import remaining_ds
from signal_ctrl.kernel.state import Core

_WORD: Final = {Aspect.WALK: "walk", Aspect.PED_CLEAR: "clear"}
_OFF: Final = "off"


class CountdownTale:
    """Looks at an engine each frame. A display counts down by itself from what it is told, and is told what is new."""

    def __init__(self) -> None:
        self._core: Core | None = None
        self._told: dict[int, tuple[str, int]] = {}

    def look(self, engine: JunctionEngine) -> tuple[str, ...]:
        """Return a line for each crossing whose countdown begins, jumps up or ends: its group, `walk`, `clear` or
        `off`, and tenths of a second from now on.
        """
        core, now_ds = engine.core, engine.frame_ds
        if core is not self._core:
            self._core = core
        elif not any(ends_ds <= now_ds for word, ends_ds in self._told.values() if word != _OFF):
            return ()
        kernel = engine.kernel
        left_ds = remaining_ds(kernel.site, kernel.tables, core, now_ds)
        lines = []
        for g, group in enumerate(kernel.site.groups):
            if not kernel.tables.crossing[g]:
                continue
            word = _WORD.get(core.groups[g].aspect, _OFF) if left_ds[g] else _OFF
            now = (word, now_ds + left_ds[g] if word != _OFF else 0)
            if now != self._told.get(g, (_OFF, 0)):
                self._told[g] = now
                lines.append(f"{group.name} {word} {left_ds[g] if word != _OFF else 0}")
        return tuple(lines)
