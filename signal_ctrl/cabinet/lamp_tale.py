"""What a cabinet's polls tell of its lamps."""

from signal_ctrl.domain.link.lamps import Lamps, lamps_of
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.kernel.countdown import remaining_ds
from signal_ctrl.kernel.state import Mode


class LampTale:
    """Looks at an engine, and knows since when it is in its stage; out of service, since when in its mode."""

    def __init__(self) -> None:
        self._shown: int | Mode | None = None
        self._since_ds = 0

    def look(self, engine: JunctionEngine) -> Lamps:
        """Return the lamps of the last frame. A stage begins with the way to it: its intergreen counts."""
        core, now_ds = engine.core, engine.frame_ds
        stage = core.stage if core.mode is Mode.RUNNING else None
        shown = core.mode if stage is None else stage
        if shown != self._shown:
            self._shown, self._since_ds = shown, now_ds
        aspects = [group.aspect.value for group in core.groups]
        return lamps_of(stage, now_ds - self._since_ds, aspects, _counts(engine))


def _counts(engine: JunctionEngine) -> tuple[tuple[int, int], ...]:
    """Return the countdowns that run at crossings. [ds]"""
    kernel = engine.kernel
    left_ds = remaining_ds(kernel.site, kernel.tables, engine.core, engine.frame_ds)
    return tuple((g, left_ds[g]) for g, crossing in enumerate(kernel.tables.crossing) if crossing and left_ds[g])
