"""Verdicts with hysteresis: a fault stands when enough slots speak for it, and is over after 10 min without a doubt.

Doubt makes a detector suspect at once. How much it takes to fail, and what clears a fault, is the same for every test:
hits add up and fade, and a fault is over when the test that found it has judged the detector, and no test has doubted
it, for as long as the rules ask, with some vehicles in that time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detectors.health.case import Case, Test
from detectors.health.chatter import chatters
from detectors.health.constant import constant
from detectors.health.drift import drifts
from detectors.health.erratic import erratic
from detectors.health.faults import FAULTS, Fault, Flags, Numbers
from detectors.health.implausible import implausible
from detectors.health.missing import missing, mute_controllers
from detectors.health.profile import Profile
from detectors.health.reported import reported
from detectors.health.rules import Rules
from detectors.health.silence import silent
from detectors.health.slots import Record, Slot
from detectors.health.stuck_on import stuck_on
from detectors.health.surroundings import Surroundings
from detectors.health.swapped import swapped
from detectors.health.timing import clock_jumps, dated_ahead, late, twice
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.errors import InvalidInputError

TESTS: Final[Mapping[Fault, tuple[Test, float, float]]] = {
    Fault.REPORTED: (reported, 0.0, 60.0),
    Fault.NO_DATA: (missing, 0.0, 60.0),
    Fault.STUCK_ON: (stuck_on, 0.0, 60.0),
    Fault.STUCK_OFF: (silent, 0.0, 60.0),
    Fault.CHATTER: (chatters, 60.0, 60.0),
    Fault.ERRATIC: (erratic, 120.0, 60.0),
    Fault.CONSTANT: (constant, 0.0, 60.0),
    Fault.IMPLAUSIBLE: (implausible, 120.0, 60.0),
    Fault.FUTURE: (dated_ahead, 60.0, 60.0),
    Fault.LATE: (late, 60.0, 60.0),
    Fault.TWICE: (twice, 60.0, 60.0),
    Fault.CLOCK: (clock_jumps, 0.0, 60.0),
    Fault.SWAPPED: (swapped, 300.0, 300.0),
    Fault.DRIFT: (drifts, 600.0, 300.0),
}
"""Each test, for how long it has to find the same before a fault stands [s], and how often it looks [s]."""
FADE: Final = 0.25
LEVEL_S: Final = 3600.0
LEVEL_LEAST_VEH: Final = 30.0
LEVEL_RANGE: Final = (0.2, 2.0)
FORM: Final = "signal-ctrl detector states 1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of a detector: its state, what is wrong, since when, and when that was found. [s]

    A detector in order has no fault; its times are NaN where nothing was ever wrong.
    """

    state: DetectorState
    fault: Fault | None = None
    since_s: float = math.nan
    found_s: float = math.nan


FINE: Final = Verdict(DetectorState.OK)


@dataclass(frozen=True, slots=True)
class Change:
    """Another verdict on a detector, by index, from a time on. [s]"""

    detector: int
    at_s: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Now:
    """What a slot is compared with: the type of day and the time of day of its begin. [s]"""

    day_type: str
    clock_s: float


class Judge:
    """Judges detectors slot by slot. With a profile silence and drift are judged by it, without one by neighbours."""

    def __init__(
        self, around: Surroundings, slot_s: float = 60.0, profile: Profile | None = None, rules: Rules | None = None
    ) -> None:
        n = len(around.controllers)
        if profile is not None and profile.veh.shape[2] != n:
            raise InvalidInputError(f"the profile knows {profile.veh.shape[2]} detectors, not {n}")
        self.rules = rules or Rules()
        self.record = Record(n, slot_s, self.rules.valid)
        self.verdicts = [FINE] * n
        self._around, self._profile = around, profile
        self._hits = np.zeros((len(FAULTS), n))
        self._failed = np.zeros((len(FAULTS), n), dtype=np.bool_)
        self._since_s = np.full((len(FAULTS), n), np.nan)
        self._clean_s = np.zeros((len(FAULTS), n))
        self._clean_veh = np.zeros((len(FAULTS), n))
        self._mute = np.zeros(n, dtype=np.bool_)
        self._telling = np.array([fault not in (Fault.SWAPPED, Fault.DRIFT) for fault in FAULTS])
        self._looks_s = np.array([[TESTS[fault][2]] for fault in FAULTS])
        self._needed = np.array([[1 + TESTS[fault][1] // max(slot_s, TESTS[fault][2])] for fault in FAULTS])

    def take(self, slot: Slot, now: Now | None = None) -> tuple[Change, ...]:
        """Take in the next slot, and return the verdicts that it changes. Raises: InvalidInputError as `Record.add`."""
        self.record.add(slot, self._usual(slot, now), self._level())
        case = self._case(now)
        mute, _ = mute_controllers(case)
        if np.any(self._mute & ~mute):
            self.record.excuse(self._mute & ~mute)
        self._mute = mute
        findings = [TESTS[fault][0](case) for fault in FAULTS]
        judged, doubt, fault = (
            np.array([getattr(finding, name) for finding in findings]) for name in ("judged", "doubt", "fault")
        )
        self._weigh(judged, doubt, fault, np.array([finding.since_s for finding in findings]))
        return self._conclude(doubt)

    def _usual(self, slot: Slot, now: Now | None) -> Numbers:
        if self._profile is None or now is None:
            return np.full(self.record.n, np.nan)
        return self._profile.expected(now.day_type, now.clock_s, slot.length_s)

    def _level(self) -> float:
        """Return today's traffic of the last hour over the usual one, by those that are trusted."""
        if not len(self.record):
            return 1.0
        count, usual = self.record.last("count", LEVEL_S), self.record.last("usual", LEVEL_S)
        known = ~np.isnan(count) & ~np.isnan(usual) & self._trusted()[None, :]
        total = float(np.sum(usual[known]))
        if total < LEVEL_LEAST_VEH:
            return 1.0
        return float(np.clip(np.sum(count[known]) / total, *LEVEL_RANGE))

    def _trusted(self) -> Flags:
        return np.array([verdict.state is not DetectorState.FAILED for verdict in self.verdicts])

    def _case(self, now: Now | None) -> Case:
        profile, unknown = self._profile, np.full(self.record.n, np.nan)
        known = (self.record, self.rules, self._around, self._trusted(), ~np.any(self._failed[self._telling], axis=0))
        if profile is None or now is None:
            return Case(*known, unknown, unknown, unknown, np.zeros(self.record.n, dtype=np.bool_))
        usual = np.nansum(profile.veh[profile.known_type(now.day_type)], axis=0)
        spread = np.where(np.isnan(self.record.last("usual", 1.0)[-1]), np.nan, profile.dispersion(now.day_type))
        return Case(*known, spread, usual, profile.pulse_s, profile.settled(now.day_type))

    def _weigh(self, judged: Flags, doubt: Flags, fault: Flags, since_s: Numbers) -> None:
        """Let what was found add to what was found before, and see which faults stand and which are over.

        Args: each (n_faults, n_detectors).
        """
        slot_s, count = self.record.slot_s, self.record.last("count", 1.0)[-1]
        first = doubt & (self._hits <= 0) & ~self._failed
        self._since_s = np.where(first, since_s, self._since_s)
        faded = np.maximum(self._hits - FADE * judged, 0.0)
        self._hits = np.where(fault, np.minimum(self._hits + 1.0, self._needed), faded)
        self._failed |= fault & (self._hits >= self._needed)
        idle = (self._looks_s > slot_s) & ~np.any(judged, axis=1, keepdims=True)  # between two looks
        can_tell = np.where(idle, self._clean_s > 0, judged)
        clean = can_tell & ~np.any(doubt, axis=0) & ~np.isnan(count)
        self._clean_s = np.where(clean, self._clean_s + slot_s, 0.0)
        self._clean_veh = np.where(clean, self._clean_veh + np.where(np.isnan(count), 0.0, count), 0.0)
        over = (self._clean_s >= self.rules.clear_s) & (self._clean_veh >= self.rules.clear_veh)
        self._failed &= ~over
        self._hits = np.where(over & ~fault, 0.0, self._hits)

    def _conclude(self, doubt: Flags) -> tuple[Change, ...]:
        changes, at_s = [], self.record.end_s
        doubt = doubt | (self._hits > 0)
        touched = np.any(doubt | self._failed, axis=0)
        touched |= np.array([verdict.state is not DetectorState.OK for verdict in self.verdicts])
        for k in map(int, np.flatnonzero(touched)):
            before = self.verdicts[k]
            after = self._verdict(k, doubt[:, k], before, at_s)
            if after is not before:
                self.verdicts[k] = after
                changes.append(Change(k, at_s, after))
        return tuple(changes)

    def _verdict(self, k: int, doubt: Flags, before: Verdict, at_s: float) -> Verdict:
        failed = self._failed[:, k]
        state, rows = DetectorState.OK, np.zeros(0, dtype=np.int64)
        if np.any(failed):
            state, rows = DetectorState.FAILED, np.flatnonzero(failed)
        elif np.any(doubt):
            state, rows = DetectorState.SUSPECT, np.flatnonzero(doubt)
        if state is DetectorState.OK:
            return before if before.state is state else Verdict(state, None, at_s, at_s)
        fault = FAULTS[int(rows[0])]
        if before.state is state and before.fault is fault:
            return before
        return Verdict(state, fault, float(self._since_s[FAULTS.index(fault), k]), at_s)

    def document(self) -> dict[str, Any]:
        """Return what has to outlive a restart, as JSON takes it: faults that stand and what was carried."""
        return {
            "format": FORM,
            "at_s": self.record.end_s if len(self.record) else None,
            "failed": {
                fault.name: [[int(k), float(self._since_s[row, k])] for k in np.flatnonzero(self._failed[row])]
                for row, fault in enumerate(FAULTS)
                if np.any(self._failed[row])
            },
            "held_s": self.record.carried.held_s.tolist(),
            "quiet_s": self.record.carried.quiet_s.tolist(),
            "quiet_veh": self.record.carried.quiet_veh.tolist(),
            "missing_s": self.record.carried.missing_s.tolist(),
            "total_veh": self.record.carried.total_veh.tolist(),
        }

    def restore(self, document: Mapping[str, Any]) -> None:
        """Take up what `document` gave before a restart; a fault then stands until plausible data clear it.

        Raises: InvalidInputError if the document is damaged, or is about other detectors.
        """
        n = self.record.n
        try:
            if document["format"] != FORM:
                raise ValueError("its format is another one")
            carried = [np.array(document[name], dtype=np.float64) for name in _CARRIED]
            if any(column.shape != (n,) or not np.all(np.isfinite(column)) for column in carried):
                raise ValueError(f"it is not about {n} detectors")
            stands = [(Fault[name], int(k), float(s)) for name, rows in document["failed"].items() for k, s in rows]
            if any(not 0 <= k < n for _, k, _ in stands):
                raise ValueError("it names a detector that is not there")
            at_s = float("nan") if document["at_s"] is None else float(document["at_s"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(f"not a document of detector states: {error}") from error
        for name, column in zip(_CARRIED, carried, strict=True):
            setattr(self.record.carried, name, column)
        self.record.carried.total_at[:] = self.record.carried.total_veh
        for fault, k, since_s in stands:
            row = FAULTS.index(fault)
            self._failed[row, k], self._since_s[row, k], self._hits[row, k] = True, since_s, 1.0
            if self.verdicts[k].state is not DetectorState.FAILED:
                self.verdicts[k] = Verdict(DetectorState.FAILED, fault, since_s, at_s)


_CARRIED: Final = ("held_s", "quiet_s", "quiet_veh", "missing_s", "total_veh")
