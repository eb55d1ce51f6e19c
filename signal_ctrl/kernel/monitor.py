"""The conflict monitor (K6): the lamps that were seen against those that were commanded, frame by frame.

It knows nothing of wishes, stages and time: only what should be lit and what is. What it finds wrong trips the
kernel in the next frame, whoever rules.
Source of the figures: NEMA TS 2 (conflicting lamps under 200 ms no trip, over 450 ms trip; all lamps of an approach
dark under 700 ms no trip, over 1,000 ms trip); GB 25280 for what counts as a fault. The frames in between are this
project's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from signal_ctrl.domain.site import Site
from signal_ctrl.kernel.aspects import GREENS, STOPS, Aspect
from signal_ctrl.kernel.state import Core

RED: Final = 0b001
AMBER: Final = 0b010
GREEN: Final = 0b100
DARK_FRAMES: Final = 9
"""An approach trips at this frame without light. A flash is dark for 6 frames at most: 50 a minute, half on."""
SOUND_FRAMES: Final = 30
"""A cause is gone after this many frames without a fault, three turns of a flash at least."""
_FLASHES: Final = frozenset({Aspect.FLASH_AMBER, Aspect.FLASH_RED, Aspect.GREEN_FLASH, Aspect.PED_CLEAR})
_GOES: Final = GREEN | AMBER

Seen = Sequence[int]
"""The lamps lit, by group: a sum of RED, AMBER and GREEN; a crossing has WALK as GREEN, DONT_WALK as RED."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the monitor remembers: bad frames in a row, frames in a row that each approach is out, sound frames."""

    out: tuple[int, ...]
    bad: int = 0
    good: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether no fault has been seen for so long that the cause counts as gone."""
        return self.good >= SOUND_FRAMES


class Look(NamedTuple):
    """After a frame: what is remembered, and why to trip, empty if not."""

    watch: Watch
    reason: str


class Monitor:
    """The monitor of one site; it holds no state of its own.

    Args: approaches, the groups (indices) that stand on each approach; by default each group is one of its own.
    """

    def __init__(self, site: Site, approaches: Sequence[Sequence[int]] | None = None) -> None:
        self._site = site
        self._approaches = tuple((g,) for g in range(len(site.groups))) if approaches is None else approaches

    def begin(self) -> Watch:
        """Return what is remembered at power-on: nothing."""
        return Watch((0,) * len(self._approaches))

    def look(self, watch: Watch, commanded: Core, seen: Seen | None) -> Look:
        """Return what comes of one frame of 100 ms.

        Args: commanded, the core of the frame that was in force; seen, the lamps in it, None if they cannot be read.
        """
        if seen is None or not _is_whole(seen, len(self._site.groups)):
            wrong, out = "the lamps cannot be read", watch.out
        else:
            wrong, out = self._wrong(commanded, seen), self._out(watch.out, commanded, seen)
        bad = watch.bad + 1 if wrong else 0
        dark = self._tripping(commanded, out)
        reason = dark or (wrong if bad >= self._site.debounce_frames and bad else "")
        return Look(replace(watch, bad=bad, out=out, good=0 if wrong or dark else watch.good + 1), reason)

    def _wrong(self, commanded: Core, seen: Seen) -> str:
        """Return what no lamp may show for long: a conflict, a green nobody asked for, red and green together."""
        for g, lit in enumerate(seen):
            name = self._site.groups[g].name
            if lit & RED and lit & GREEN:
                return f"{name} red and green together"
            if lit & GREEN and commanded.groups[g].aspect not in GREENS:
                return f"{name} green, commanded {commanded.groups[g].aspect.value}"
            if lit & GREEN:
                for b in range(len(seen)):
                    if b != g and seen[b] & _GOES and self._site.conflicts(g, b):
                        return f"{name} green, {self._site.groups[b].name} not red"
        return ""

    def _out(self, before: tuple[int, ...], commanded: Core, seen: Seen) -> tuple[int, ...]:
        """Return for how many frames each approach has shown no light, or no red where all of it should."""
        return tuple(
            frames + 1 if self._is_out(groups, commanded, seen) else 0
            for frames, groups in zip(before, self._approaches, strict=True)
        )

    def _is_out(self, groups: Sequence[int], commanded: Core, seen: Seen) -> bool:
        aspects = [commanded.groups[g].aspect for g in groups]
        if all(aspect is Aspect.DARK for aspect in aspects):
            return False
        if all(aspect in STOPS for aspect in aspects):
            return not any(seen[g] & RED for g in groups)
        return not any(seen[g] for g in groups)

    def _tripping(self, commanded: Core, out: tuple[int, ...]) -> str:
        for frames, groups in zip(out, self._approaches, strict=True):
            flashes = any(commanded.groups[g].aspect in _FLASHES for g in groups)
            limit = DARK_FRAMES if flashes or self._site.debounce_frames else 1
            if frames >= limit:
                return f"approach of {', '.join(self._site.groups[g].name for g in groups)} dark for {frames} frames"
        return ""


def _is_whole(seen: Seen, n_groups: int) -> bool:
    return len(seen) == n_groups and all(type(lit) is int and 0 <= lit <= RED | _GOES for lit in seen)
