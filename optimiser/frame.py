"""Adaptive control in the frame of a green wave: the windows of a plan are kept, and what lies between them is free.

A frame says when in the common cycle the groups of an arterial have to be green. Within such a window only stages that
serve the wave may be lit, and whoever would not be back in time is not begun before it. Everything else is the free
controller's: which stage, how long, how often in a cycle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from optimiser.controller import Controller, Decision, Situation
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.view import JunctionView

TICK_S: Final = 1.0
"""Decisions come once a second: whoever keeps now keeps at least so long. [s]"""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the cycle in which one of some stages (indices) has to be lit, `own` where nothing speaks for another.

    It begins `begin_s` after each multiple of the cycle, by the time 0 of the common clock. [s]
    """

    begin_s: float
    length_s: float
    stages: frozenset[int]
    own: int

    def __post_init__(self) -> None:
        if not (0 <= self.begin_s < math.inf and 0 < self.length_s < math.inf):
            raise InvalidTimingError(f"a window of a green wave needs a begin and a length, got {self}")
        if self.own not in self.stages:
            raise InvalidInputError("the own stage of a window of a green wave has to be one of its stages")


@dataclass(frozen=True, slots=True)
class Frame:
    """The windows of one signal in a common cycle. [s]"""

    cycle_s: float
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        if not 0 < self.cycle_s < math.inf or any(window.length_s > self.cycle_s for window in self.windows):
            raise InvalidTimingError(f"windows of a green wave have to fit into their cycle of {self.cycle_s:g} s")
        for window in self.windows:
            if not shared(self.open_at(window.begin_s)):
                raise InvalidInputError("windows of a green wave overlap, and no stage serves both")

    def open_at(self, now_s: float) -> tuple[Window, ...]:
        """Return the windows that are open at a time. [s]"""
        return tuple(w for w in self.windows if (now_s - w.begin_s) % self.cycle_s < w.length_s)

    def until_s(self, window: Window, now_s: float) -> float:
        """Return the time from now to the next begin of a window. [s]"""
        return (window.begin_s - now_s) % self.cycle_s


def shared(windows: Sequence[Window]) -> frozenset[int]:
    """Return the stages that serve all of some windows."""
    return frozenset.intersection(*(window.stages for window in windows))


class Demand(Protocol):
    """Says whether the frames of an arterial are to be kept now."""

    def holds(self, signal: str, view: JunctionView, now_s: float) -> bool:
        """Return whether; told what a signal of the arterial sees. [s]"""
        ...


class FramedController:
    """A free controller that keeps a frame as long as the demand of its arterial asks for it."""

    def __init__(self, free: Controller, signal: str, tables: StageTables, frame: Frame, demand: Demand) -> None:
        self._free = free
        self._signal = signal
        self._frame = frame
        self._demand = demand
        self._entered_by = {window: shared(frame.open_at(window.begin_s)) for window in frame.windows}
        self._settled_s = tables.settled_s
        self._min_green_s = tables.min_green_s

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the free controller's wish among those that keep the frame."""
        held = self._demand.holds(self._signal, view, situation.now_s)
        if not held or not any(window.own in situation.stages for window in self._frame.windows):
            return self._free.decide(view, situation)
        may_keep = self._keeps(situation.stage, situation.now_s + TICK_S, situation.now_s)
        offered = tuple(s for s in situation.stages if s == situation.stage or self._may_begin(s, situation))
        wish = self._free.decide(view, replace(situation, offered=offered))
        if wish.stage in offered and (may_keep or wish.stage != situation.stage):
            return wish
        return self._return(wish, situation)

    def _may_begin(self, stage: int, situation: Situation) -> bool:
        """Return whether a change to a stage now keeps the frame."""
        now_s, lit = situation.now_s, situation.stage
        settled_s = self._settled_s[lit, stage]
        for window in self._frame.windows:
            if stage in window.stages and lit not in window.stages and settled_s > self._frame.until_s(window, now_s):
                return False
        return self._keeps(stage, now_s + settled_s + self._min_green_s[stage], now_s)

    def _keeps(self, stage: int, free_s: float, now_s: float) -> bool:
        """Return whether a stage that cannot be left before a time is in nobody's way. [s]

        In a window that is open now it has to serve the wave; before the next one there has to be time to come back.
        """
        if any(stage not in window.stages for window in self._frame.open_at(now_s)):
            return False
        return all(
            stage in self._entered_by[window]
            or free_s + self._back_s(stage, window) <= now_s + self._frame.until_s(window, now_s)
            for window in self._frame.windows
        )

    def _back_s(self, stage: int, window: Window) -> float:
        """Return how long the change from a stage to one that may be lit when a window begins takes. [s]"""
        return float(min(self._settled_s[stage, target] for target in self._entered_by[window]))

    def _return(self, wish: Decision, situation: Situation) -> Decision:
        """Return the way into the window that is open or comes next: the cheapest of its stages that come in time."""
        due, window = self._due(situation.now_s)
        ways = [s for s in sorted(due) if s in situation.stages]
        if not ways:
            return replace(wish, stage=situation.stage, reason="no stage of the green wave may be chosen")
        takes_s = self._settled_s[situation.stage]
        left_s = max(self._frame.until_s(window, situation.now_s), min(takes_s[s] for s in ways))
        ways = [s for s in ways if takes_s[s] <= left_s]
        ways = [s for s in ways if s != situation.stage and self._may_begin(s, situation)] or ways
        costs = {s: c for s, delay_s, c in reversed(wish.candidates) if delay_s == 0.0}
        best = min(ways, key=lambda s: (costs.get(s, math.inf), s != window.own, s))
        return replace(wish, stage=best, reason=f"stage {best + 1} now for the green wave")

    def _due(self, now_s: float) -> tuple[frozenset[int], Window]:
        """Return the stages that serve all windows that are open, or the next one, and one of those windows."""
        opened = self._frame.open_at(now_s)
        if opened:
            return shared(opened), opened[-1]
        following = min(self._frame.windows, key=lambda window: self._frame.until_s(window, now_s))
        return self._entered_by[following], following
