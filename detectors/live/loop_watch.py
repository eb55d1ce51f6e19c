"""The judge of loops, fed by what arrives live: the same checks as in a run, in the time of the events.

It is asked in event time, up to where the source has told everything: a message that is under way is not a silence.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from detectors.live.judges import QUALITY, LoopStanding
from detectors.live.loop_feed import LoopFeed
from detectors.live.told import Speakers, Told
from detectors.loops.health import LoopHealth
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.network import ApproachLane, JunctionLayout, Loop, LoopRole

EVERY_MS: Final = 1000
MOST_LOOKS: Final = 120
FASTEST_MPS: Final = 36.0

Lamps = Callable[[str, float], str]
"""The state string of a signal at a time [s]."""


@dataclass(slots=True)
class _Signal:
    layout: JunctionLayout
    health: LoopHealth
    feed: LoopFeed
    looked_ms: int | None = None
    state: list[DetectorState] = field(default_factory=list)
    since_s: list[float | None] = field(default_factory=list)


class LoopWatch:
    """A `LoopJudge` of the loops of some signals by `LoopHealth`."""

    def __init__(self, layouts: Iterable[JunctionLayout], lamps: Lamps | None = None) -> None:
        """Args: lamps, who knows the lamps; without, no green is known, and tests that need one find nothing."""
        self._signals = {
            layout.signal_id: _Signal(
                layout,
                LoopHealth(layout),
                LoopFeed(layout),
                state=[DetectorState.OK] * len(layout.loops),
                since_s=[None] * len(layout.loops),
            )
            for layout in layouts
        }
        self._index: Mapping[tuple[str, int], int] = {
            (name, loop.channel): k for name, own in self._signals.items() for k, loop in enumerate(own.layout.loops)
        }
        self._lamps = lamps
        self._speakers = Speakers(self._signals)

    @property
    def unknown(self) -> int:
        """How many events named a channel that no layout has."""
        return sum(own.feed.unknown for own in self._signals.values())

    def take(self, told: Told) -> None:
        """Take in what a source told."""
        for name in self._speakers.devices(told):
            own = self._signals[name]
            if told.gap is not None:
                for edge in own.feed.lost(told.gap):
                    own.health.believes(edge)
            for edge in own.feed.edges(told.events):
                own.health.believes(edge)
            if told.covered_ms is not None:
                self._look(own, told.covered_ms[1])

    def _look(self, own: _Signal, to_ms: int) -> None:
        """Have the loops judged once for each second up to a time. [ms]"""
        start_ms = to_ms - EVERY_MS if own.looked_ms is None else own.looked_ms
        start_ms = max(start_ms, to_ms - MOST_LOOKS * EVERY_MS)
        for now_ms in range(start_ms + EVERY_MS, to_ms + 1, EVERY_MS):
            lamps = self._lamps(own.layout.signal_id, now_ms / 1000) if self._lamps else _dark(own.layout)
            if own.health.assess(now_ms / 1000, lamps):
                self._note(own, now_ms / 1000)
            own.looked_ms = now_ms

    def _note(self, own: _Signal, now_s: float) -> None:
        for loop, before in enumerate(own.state):
            own.state[loop] = own.health.state(loop)
            if own.state[loop] is not before:
                own.since_s[loop] = None if own.state[loop] is DetectorState.OK else now_s

    def quality(self, device: str, channel: int) -> str:
        """Return what is thought of a loop now; of one that no layout has nothing is known against it."""
        loop = self._index.get((device, channel))
        return "ok" if loop is None else QUALITY[self._signals[device].health.state(loop)]

    def standings(self) -> tuple[LoopStanding, ...]:
        """Return what is thought of all loops, by signal and channel."""
        return tuple(
            LoopStanding(name, loop.channel, loop.loop_id, own.state[k], own.health.why(k), own.since_s[k])
            for name, own in sorted(self._signals.items())
            for k, loop in enumerate(own.layout.loops)
        )


def _dark(layout: JunctionLayout) -> str:
    return "r" * (1 + max((movement.lamp for movement in layout.movements), default=-1))


def loops_alone(signal_id: str, loops: Iterable[tuple[str, int, float]]) -> JunctionLayout:
    """Return a layout of loops of which nobody knows where they lie: each is judged by its own edges only.

    Args: loops, the name, channel and length [m] of each. The fastest vehicle is taken to drive 36 m/s (130 km/h).
    """
    given = tuple(loops)
    lanes = tuple(
        ApproachLane(name, name, 1000.0, FASTEST_MPS, (), (k,), False) for k, (name, _, _) in enumerate(given)
    )
    laid = tuple(
        Loop(name, name, 0.0, length_m, LoopRole.ADVANCE, (k,), 100.0, channel)
        for k, (name, channel, length_m) in enumerate(given)
    )
    return JunctionLayout(signal_id, lanes, (), (), (), laid)
