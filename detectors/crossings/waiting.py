"""Who waits at the crossings of one signal, from the pulses of push-buttons or sensors and the lamps, nothing else.

A button lights up at the first press, and says no more until WALK: how many wait is one push, and who comes later at
the usual rate. A sensor pulses for everybody who comes to stand. Time is an argument.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from detectors.loops.events import LoopEvent
from signal_ctrl.domain.errors import InvalidInputError

STUCK_S: Final = 60.0
"""A contact that is closed for longer is stuck: nobody leans on a button for so long."""
ERRATIC_PER_MIN: Final = 30
"""More pulses within a minute are no people. NTCIP 1202 `erratic counts`, its usual value."""
QUIET_S: Final = 600.0
"""A silence is not judged before it has lasted so long (SAFETY K12)."""
UNLIKELY: Final = -math.log(1e-4)
"""People that would have come by the usual rate in a silence that is unlikely by 1e-4 (SAFETY K12)."""
CLEAR_S: Final = 600.0
"""A fault is over after so long without a sign of it (SAFETY K12)."""
AHEAD_S: Final = 30.0
"""Who comes within so long counts too: WALK that stays saves them the wait."""
PRIOR_S: Final = 120.0
"""The rate of a kerb begins as that of one person in so long a red."""
_GREENS: Final = frozenset("Gg")


class CrossingSense(Enum):
    """What is at the kerbs."""

    BUTTONS = "buttons"
    SENSORS = "sensors"


class Waiting(NamedTuple):
    """The people at one crossing: how many are thought to be there, since when the first waits [s], who else may come.

    `coming`: how many come soon by the usual rate, a part of a person where few do.
    """

    persons: float = 0.0
    since_s: float = math.inf
    coming: float = 0.0

    @property
    def is_called(self) -> bool:
        """Whether anybody waits."""
        return self.persons > 0


@dataclass(slots=True)
class _Kerb:
    """What is known of one crossing. [s] `open_s`: red in which the next person would be heard of."""

    pulses: int = 0
    since_s: float = math.inf
    is_on: bool = False
    on_s: float = -math.inf
    heard_s: float = math.nan
    bad_s: float = -math.inf
    minute_s: float = -math.inf
    in_minute: int = 0
    comers: float = 1.0
    open_s: float = PRIOR_S

    @property
    def rate_per_s(self) -> float:
        """People who come in a second. [1/s]"""
        return self.comers / self.open_s


class CrossingWatch:
    """The crossings of one signal."""

    def __init__(self, links: Sequence[int], first_loop: int, sense: CrossingSense, per_push: float = 1.0) -> None:
        """Args: links, the lamp of each crossing; first_loop, the index of the first one's loop in the layout;
        per_push, how many people one pulse stands for, 1 or more.
        """
        if not 1.0 <= per_push <= 20.0:
            raise InvalidInputError(f"a push stands for 1 to 20 people, got {per_push:g}")
        self._links = tuple(links)
        self._first = first_loop
        self._sense = sense
        self._per_push = per_push
        self._kerbs = tuple(_Kerb() for _ in links)
        self._looked_s = math.nan

    def take(self, event: LoopEvent) -> None:
        """Take in an edge of a button or sensor; its loop is the index in the layout."""
        kerb = self._kerbs[event.loop - self._first]
        if event.on and not kerb.is_on:
            self._pulse(kerb, event.time_s)
        kerb.is_on = event.on
        kerb.on_s = event.time_s if event.on else kerb.on_s

    def _pulse(self, kerb: _Kerb, now_s: float) -> None:
        if now_s - kerb.minute_s >= 60.0:
            kerb.minute_s, kerb.in_minute = now_s, 0
        kerb.in_minute += 1
        if kerb.in_minute > ERRATIC_PER_MIN:
            kerb.bad_s = now_s
        if not kerb.pulses:
            kerb.since_s = now_s
        if not kerb.pulses or self._sense is CrossingSense.SENSORS:
            kerb.comers += 1.0
        kerb.pulses += 1
        kerb.heard_s = now_s

    def look(self, lamps: str, now_s: float) -> None:
        """Take in the lamps of this moment, one letter a link: WALK serves whoever waits. [s]"""
        passed_s = 0.0 if math.isnan(self._looked_s) else max(now_s - self._looked_s, 0.0)
        self._looked_s = now_s
        for link, kerb in zip(self._links, self._kerbs, strict=True):
            if lamps[link] in _GREENS:
                kerb.pulses, kerb.since_s = 0, math.inf
            elif not kerb.pulses or self._sense is CrossingSense.SENSORS:
                kerb.open_s += passed_s
            if kerb.is_on and now_s - kerb.on_s > STUCK_S:
                kerb.bad_s = now_s

    def waiting(self, now_s: float) -> tuple[Waiting, ...]:
        """Return the people at each crossing. [s]"""
        return tuple(self._waiting(kerb, now_s) for kerb in self._kerbs)

    def _waiting(self, kerb: _Kerb, now_s: float) -> Waiting:
        coming = kerb.rate_per_s * AHEAD_S * self._per_push
        if not kerb.pulses:
            return Waiting(coming=coming)
        if self._sense is CrossingSense.SENSORS:
            return Waiting(kerb.pulses * self._per_push, kerb.since_s, coming)
        later = kerb.rate_per_s * max(now_s - kerb.since_s, 0.0)
        return Waiting((1.0 + later) * self._per_push, kerb.since_s, coming)

    def failed(self, now_s: float) -> frozenset[int]:
        """Return the loops (indices in the layout) that send what no people send, or sent it a short while ago."""
        return frozenset(self._first + k for k, kerb in enumerate(self._kerbs) if now_s - kerb.bad_s < CLEAR_S)

    def unsure(self, now_s: float) -> frozenset[int]:
        """Return the crossings (0, 1, ...) of which nobody knows whether somebody waits: they are on recall.

        Their button has failed, has never been heard of, or is silent for longer than chance explains.
        """
        failed = self.failed(now_s)
        return frozenset(
            k
            for k, kerb in enumerate(self._kerbs)
            if self._first + k in failed or math.isnan(kerb.heard_s) or _is_silent(kerb, now_s)
        )


def _is_silent(kerb: _Kerb, now_s: float) -> bool:
    silence_s = now_s - kerb.heard_s
    return not kerb.pulses and silence_s > QUIET_S and silence_s * kerb.rate_per_s > UNLIKELY
