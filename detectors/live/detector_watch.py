"""The full judgement of detectors, fed by what arrives live: slot by slot, in the time of the events.

Each signal is judged by itself. A slot is closed when its source has told all of it; of one that was told in part only,
the share that was told is what is known of it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from detectors.health.feed import Feed
from detectors.health.judge import Judge
from detectors.health.review import unknown_slot
from detectors.health.surroundings import Surroundings
from detectors.live.judges import QUALITY, LoopStanding
from detectors.live.spans import Span, clipped, cover, length_ms
from detectors.live.told import OFF, ON, LiveEvent, Speakers, Told
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.errors import InvalidInputError

SAID: Final = range(83, 89)
SLOT_MS: Final = 60_000
MOST_SLOTS: Final = 1440
MOST_WAITING: Final = 50_000
"""Events of a signal that wait for the end of their slot; further ones are a flood and are not judged."""


@dataclass(frozen=True, slots=True)
class Station:
    """The loops of one signal: their channels and names, what is known of their places, the shortest pulses [s]."""

    device: str
    channels: tuple[int, ...]
    names: tuple[str, ...]
    around: Surroundings
    shortest_s: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.names) == len(self.around.controllers) == len(self.shortest_s) > 0:
            raise InvalidInputError(f"station {self.device} needs a name, a place and a pulse for each channel")


@dataclass(slots=True)
class _Signal:
    station: Station
    feed: Feed
    judge: Judge
    index: dict[int, int]
    next_ms: int | None = None
    waiting: list[LiveEvent] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    on: set[int] = field(default_factory=set)


class DetectorWatch:
    """A `LoopJudge` of the loops of some signals by `Judge`."""

    def __init__(self, stations: Iterable[Station]) -> None:
        self._signals = {
            one.device: _Signal(
                one,
                Feed(one.around.controllers, SLOT_MS / 1000, shortest_s=one.shortest_s),
                Judge(one.around, SLOT_MS / 1000),
                {channel: k for k, channel in enumerate(one.channels)},
            )
            for one in stations
        }
        self._speakers = Speakers(self._signals)

    def take(self, told: Told) -> None:
        """Take in what a source told."""
        for name in self._speakers.devices(told):
            own = self._signals[name]
            if told.gap is not None:
                _lose(own, told.gap.to_ms)
            for event in told.events:
                if event.device == name and event.parameter in own.index and len(own.waiting) < MOST_WAITING:
                    own.waiting.append(event)
            if told.covered_ms is not None:
                cover(own.spans, told.covered_ms)
                self._close(own, told.covered_ms)

    def _close(self, own: _Signal, covered_ms: Span) -> None:
        """Judge the slots that have been told. [ms]"""
        from_ms, to_ms = covered_ms
        if own.next_ms is None:
            own.next_ms = from_ms - from_ms % SLOT_MS
            own.feed.begin(own.next_ms / 1000)
        behind = (to_ms - own.next_ms) // SLOT_MS
        for _ in range(behind):
            begin_ms, own.next_ms = own.next_ms, own.next_ms + SLOT_MS
            _feed(own, own.next_ms)
            slot = own.feed.close()
            valid = length_ms(clipped(own.spans, begin_ms, own.next_ms)) / SLOT_MS
            n = len(own.index)
            known = replace(slot, valid=np.full(n, valid)) if valid else unknown_slot(slot.begin_s, slot.length_s, n)
            if behind <= MOST_SLOTS or valid:
                own.judge.take(known)
        while own.spans and own.spans[0][1] <= own.next_ms:
            del own.spans[0]

    def quality(self, device: str, channel: int) -> str:
        """Return what is thought of a loop now; of one that no station has nothing is known against it."""
        own = self._signals.get(device)
        if own is None or channel not in own.index:
            return "ok"
        return QUALITY[own.judge.verdicts[own.index[channel]].state]

    def standings(self) -> tuple[LoopStanding, ...]:
        """Return what is thought of all loops, by signal and channel."""
        return tuple(_standing(own, k) for _, own in sorted(self._signals.items()) for k in range(len(own.index)))


def _feed(own: _Signal, until_ms: int) -> None:
    """Give the feed the events of a slot; the others go on waiting. [ms]"""
    ready = [event for event in own.waiting if event.time_ms < until_ms]
    own.waiting = [event for event in own.waiting if event.time_ms >= until_ms]
    for event in ready:
        loop = own.index[event.parameter]
        if event.code in (ON, OFF):
            own.feed.take(loop, event.time_s, event.code == ON)
        elif event.code in SAID:
            own.feed.fault(loop, event.code)
        if event.code == ON:
            own.on.add(loop)
        elif event.code == OFF:
            own.on.discard(loop)


def _lose(own: _Signal, at_ms: int) -> None:
    """Nobody knows who is still on a loop after a gap: who was has gone. [ms]"""
    _feed(own, at_ms)
    for loop in sorted(own.on):
        own.feed.take(loop, at_ms / 1000, False)
    own.on.clear()


def _standing(own: _Signal, loop: int) -> LoopStanding:
    station, verdict = own.station, own.judge.verdicts[loop]
    bad = verdict.state is not DetectorState.OK
    return LoopStanding(
        station.device,
        station.channels[loop],
        station.names[loop],
        verdict.state,
        verdict.fault.value if verdict.fault is not None else "",
        verdict.since_s if bad and math.isfinite(verdict.since_s) else None,
    )
