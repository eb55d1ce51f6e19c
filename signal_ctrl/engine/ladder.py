"""K11: the rungs from adaptive control down to flash. Down at once and with a reason, up after a time of health."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

UP_AFTER_DS: Final = 600


class Rung(IntEnum):
    """Who decides; lower numbers are better. The last one can always be used."""

    ADAPTIVE = 0
    SCHEDULE = 1
    PLAN = 2
    FLASH = 3

    @property
    def label(self) -> str:
        """Its name in logs."""
        return self.name.lower()


WITHOUT_SCHEDULE: Final = (Rung.ADAPTIVE, Rung.PLAN, Rung.FLASH)


class Step(NamedTuple):
    """A change of rung and why. [ds]"""

    at_ds: int
    rung: Rung
    reason: str


class Ladder:
    """Where one junction stands."""

    def __init__(self, rungs: Sequence[Rung] = WITHOUT_SCHEDULE) -> None:
        """Args: rungs, those that there are, the best first."""
        self._rungs = tuple(rungs)
        self.rung = self._rungs[0]
        self._sound_ds: dict[Rung, int] = {}
        self._last_ds: int | None = None

    def step(self, faults: Mapping[Rung, str], now_ds: int) -> Step | None:
        """Return the step that is due now, None if the rung stays.

        Args: faults, why rungs cannot be used now; one that is not in it is sound. The last rung is always sound.
        """
        if self._last_ds is not None and now_ds < self._last_ds:
            self._sound_ds.clear()  # a clock that went back has measured no health
        self._last_ds = now_ds
        for rung in self._rungs:
            if rung in faults:
                self._sound_ds.pop(rung, None)
            else:
                self._sound_ds.setdefault(rung, now_ds)
        step = self._down(faults, now_ds) if self.rung in faults else self._up(now_ds)
        if step is not None:
            self.rung = step.rung
        return step

    def _down(self, faults: Mapping[Rung, str], now_ds: int) -> Step | None:
        """Return the step to the next rung that can be used, with the reason of each that is left or passed over."""
        reasons: list[str] = []
        for rung in self._rungs:
            if rung < self.rung:
                continue
            if rung not in faults or rung is self._rungs[-1]:
                return Step(now_ds, rung, "; ".join(reasons)) if reasons else None
            reasons.append(f"{rung.label}: {faults[rung]}")
        return None

    def _up(self, now_ds: int) -> Step | None:
        for rung in self._rungs:
            if rung >= self.rung:
                return None
            sound_ds = self._sound_ds.get(rung)
            if sound_ds is not None and now_ds - sound_ds >= UP_AFTER_DS:
                return Step(now_ds, rung, f"{rung.label} sound for {UP_AFTER_DS // 10} s")
        return None
