"""From edges as they arrive to slots: repaired pairs, what came twice, late or dated ahead told apart.

Pairs are repaired as open ATSPM code does: between two ON an OFF is put at the second one where they are at most 2 s
apart, else half-way; between two OFF an ON is put half-way. What was told of a slot before stays.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.health.rules import Rules
from detectors.health.slots import Slot
from signal_ctrl.domain.errors import InvalidInputError

SAME_PULSE_S: Final = 2.0
REMEMBERED: Final = 16
BACK_S: Final = 5.0
"""How much older than the newest event of its controller an event may be: detectors are read out one by one."""
SHORTEST_S: Final = 0.15
"""A pulse that no vehicle makes, where length and speed of the lane are not known."""
NEVER_S: Final = -math.inf
RESTORED: Final = 83
FAULT_CODES: Final = frozenset(range(84, 89))


@dataclass(slots=True)
class _Pulses:
    """One detector under way. [s]"""

    on_s: float | None = None
    edge_s: float = NEVER_S
    seen: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    count: float = 0.0
    occupied_s: float = 0.0
    short: float = 0.0
    heard: float = 0.0
    early: float = 0.0
    late: float = 0.0
    twice: float = 0.0
    back: float = 0.0
    code: int = 0

    def clear(self) -> None:
        """Begin a new slot."""
        self.count = self.occupied_s = self.short = 0.0
        self.heard = self.early = self.late = self.twice = self.back = 0.0


class Feed:
    """Edges of detectors in, slots out. Detectors of one controller share a clock."""

    def __init__(
        self,
        controllers: Sequence[str],
        slot_s: float = 60.0,
        rules: Rules | None = None,
        shortest_s: Sequence[float] | None = None,
    ) -> None:
        """Args: controllers, the one of each detector; shortest_s, the shortest pulse of a vehicle on each [s]."""
        self._slot_s = slot_s
        self._rules = rules or Rules()
        self._controllers = tuple(controllers)
        self._shortest_s = tuple(shortest_s or [SHORTEST_S] * len(self._controllers))
        if len(self._shortest_s) != len(self._controllers):
            raise InvalidInputError("every detector has a controller and a shortest pulse")
        self._pulses = [_Pulses() for _ in self._controllers]
        self._newest_s: dict[str, float] = {}
        self._begin_s: float | None = None
        self.repaired = 0

    @property
    def begin_s(self) -> float | None:
        """Begin of the slot that is open; None before the first event. [s]"""
        return self._begin_s

    def begin(self, time_s: float) -> None:
        """Open the slot that a time lies in, if none is open. [s]"""
        if self._begin_s is None:
            self._begin_s = math.floor(time_s / self._slot_s) * self._slot_s

    def take(self, detector: int, time_s: float, on: bool, arrived_s: float | None = None) -> None:
        """Take in an edge, in the order of arrival; it belongs to the slot that is open, or is not used. [s]

        Args: arrived_s, when it arrived; None: nobody knows, and its own time counts.
        """
        self.begin(time_s)
        pulses = self._pulses[detector]
        pulses.heard += 1.0
        if (time_s, on) in pulses.seen:
            pulses.twice += 1.0
            return
        pulses.seen.append((time_s, on))
        if arrived_s is not None and time_s > arrived_s + self._rules.ahead_s:
            pulses.early += 1.0
        elif arrived_s is not None and time_s < arrived_s - self._rules.late_s:
            pulses.late += 1.0
        elif not self._is_back(detector, pulses, time_s):
            self._edge(detector, pulses, time_s, on)

    def _is_back(self, detector: int, pulses: _Pulses, time_s: float) -> bool:
        """Tell whether an event is older than what was heard before, and note it."""
        controller = self._controllers[detector]
        newest_s = max(self._newest_s.get(controller, time_s), time_s)
        self._newest_s[controller] = newest_s
        if time_s >= newest_s - BACK_S and time_s >= pulses.edge_s:
            return False
        pulses.back += time_s < newest_s - BACK_S
        return True

    def fault(self, detector: int, code: int) -> None:
        """Take in what the controller says of a detector: a fault code, or 83 and 0 that it works again."""
        self._pulses[detector].code = 0 if code in (0, RESTORED) else code

    def _edge(self, detector: int, pulses: _Pulses, time_s: float, on: bool) -> None:
        if on:
            if pulses.on_s is not None:
                gap_s = time_s - max(pulses.edge_s, pulses.on_s)
                end_s = time_s if gap_s <= SAME_PULSE_S else time_s - gap_s / 2
                self.repaired += 1
                self._off(detector, pulses, end_s)
            pulses.on_s = time_s
            pulses.count += 1.0
        else:
            if pulses.on_s is None and pulses.edge_s > NEVER_S:
                self.repaired += 1
                pulses.on_s = (pulses.edge_s + time_s) / 2
                pulses.count += 1.0
            if pulses.on_s is not None:
                self._off(detector, pulses, time_s)
        pulses.edge_s = time_s

    def _off(self, detector: int, pulses: _Pulses, time_s: float) -> None:
        assert pulses.on_s is not None and self._begin_s is not None
        pulses.occupied_s += max(time_s - max(pulses.on_s, self._begin_s), 0.0)
        pulses.short += time_s - pulses.on_s < self._shortest_s[detector]
        pulses.on_s = None

    def close(self) -> Slot:
        """Close the slot that is open and return it; the next one begins where it ends. Raises: as `Slot`."""
        begin_s = self._begin_s if self._begin_s is not None else math.nan
        end_s = begin_s + self._slot_s
        for pulses in self._pulses:
            if pulses.on_s is not None:
                pulses.occupied_s += max(end_s - max(pulses.on_s, begin_s), 0.0)
        slot = self._slot(begin_s, end_s)
        for pulses in self._pulses:
            pulses.clear()
        self._begin_s = end_s
        return slot

    def _slot(self, begin_s: float, end_s: float) -> Slot:
        def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            return np.array([getattr(pulses, name) for pulses in self._pulses], dtype=np.float64)

        held = [0.0 if pulses.on_s is None else max(end_s - pulses.on_s, 0.0) for pulses in self._pulses]
        return Slot(
            begin_s=begin_s,
            length_s=self._slot_s,
            count=column("count"),
            on_s=np.minimum(column("occupied_s"), self._slot_s),
            held_s=np.array(held),
            short=column("short"),
            heard=column("heard"),
            early=column("early"),
            late=column("late"),
            twice=column("twice"),
            back=column("back"),
            valid=np.ones(len(self._pulses)),
            code=np.array([pulses.code for pulses in self._pulses], dtype=np.int64),
        )
