"""Who is inside by the counts of gates: base plus who came minus who left, with what such counts are off by.

Counts drift. A survey (somebody counts all cars) sets the base anew and teaches how many the gates miss for each that
passes; between surveys that is taken off, and the interval grows with all who passed. Where the count leaves what is
possible it is set back to the bound; by more than the interval allows, the gates are doubted until the next survey.
Source of the method: `interfaces.md`, section 10 (counting drift).
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from signal_ctrl.domain.batches import Reason
from signal_ctrl.parking.parts import SILENT_MS, Part, is_silent, nothing_known, within
from signal_ctrl.parking.readings import GateReading, SurveyReading

SURVEY_MS: Final = 36 * 3_600_000
"""After so long without a survey gates are doubted. [ms] [P]"""
RANDOM_SHARE: Final = 0.01
"""Of those who pass, how many are counted wrong by chance. [P]"""
BIAS_SHARE: Final = 0.01
"""Of those who pass, up to how many more are missed than is known. [P]"""
Z: Final = 1.645
LEAST_TO_LEARN: Final = 50
LEARN: Final = 0.3
MOST_BIAS: Final = 0.1
MOST_PER_S: Final = 1.0
"""Through one gate, each way. [veh/s]"""
RATE_DECAY_MS: Final = 900_000


@dataclass(slots=True)
class _Gate:
    heard_utc_ms: int = 0
    veh_per_ms: float = 0.0


class GateCounts:
    """The gates of one facility."""

    def __init__(self, gates: tuple[str, ...], capacity: int) -> None:
        self._gates = {name: _Gate() for name in gates}
        self._capacity = capacity
        self._base: float | None = None
        self._base_utc_ms = 0
        self._passed = 0
        self._slack = 0.0
        self._bias = 0.0
        self._doubted = False
        self.clamped = 0
        """How many cars the count was set back by since the start. [veh]"""

    @property
    def base_utc_ms(self) -> int:
        """When the cars inside were known last; 0: never. [ms]"""
        return self._base_utc_ms

    def take(self, reading: GateReading) -> Reason | None:
        """Take a reading; return why it is left out."""
        gate = self._gates.get(reading.gate)
        if gate is None:
            return Reason.UNKNOWN
        if reading.at_utc_ms == gate.heard_utc_ms:
            return Reason.DUPLICATE
        if reading.at_utc_ms < gate.heard_utc_ms:
            if reading.at_utc_ms > self._base_utc_ms:  # those who passed may not have been counted: nobody knows
                self._slack += abs(reading.entered - reading.left)
            return Reason.LATE
        passed_ms = reading.at_utc_ms - gate.heard_utc_ms if gate.heard_utc_ms else SILENT_MS
        if max(reading.entered, reading.left) > max(2.0, passed_ms / 1000 * MOST_PER_S):
            self._doubted = True
            return Reason.IMPOSSIBLE
        self._count(gate, reading, passed_ms)
        return None

    def _count(self, gate: _Gate, reading: GateReading, passed_ms: int) -> None:
        many = reading.entered + reading.left
        if gate.heard_utc_ms and passed_ms > SILENT_MS:
            self._slack += gate.veh_per_ms * passed_ms
        share = 1 - math.exp(-passed_ms / RATE_DECAY_MS)
        gate.veh_per_ms += share * (many / passed_ms - gate.veh_per_ms)
        gate.heard_utc_ms = reading.at_utc_ms
        if self._base is not None and reading.at_utc_ms > self._base_utc_ms:
            self._passed += many
            self._base += reading.entered - reading.left + self._bias * many
            self._clamp()

    def _clamp(self) -> None:
        if self._base is None:
            return
        possible = min(max(self._base, 0.0), float(self._capacity))
        off = abs(possible - self._base)
        if off > self._half():
            self._doubted = True
        self.clamped += math.ceil(off - 1e-9)
        self._base = possible

    def survey(self, reading: SurveyReading) -> Reason | None:
        """Take a count of all cars; return why it is left out."""
        if reading.at_utc_ms <= self._base_utc_ms:
            return Reason.DUPLICATE if reading.at_utc_ms == self._base_utc_ms else Reason.LATE
        if reading.occupied > self._capacity:
            return Reason.IMPOSSIBLE
        if self._base is not None and self._passed >= LEAST_TO_LEARN:
            missed = (reading.occupied - self._base) / self._passed
            self._bias = min(max(self._bias + LEARN * missed, -MOST_BIAS), MOST_BIAS)
        self._base, self._base_utc_ms = float(reading.occupied), reading.at_utc_ms
        self._passed, self._slack, self._doubted = 0, 0.0, False
        return None

    def part(self, now_utc_ms: int) -> Part:
        """Return what is known of all spaces of the facility. [ms]"""
        if self._base is None:
            return nothing_known(self._capacity, "gates: no survey yet, nobody knows who was inside")
        silent = [name for name, gate in self._gates.items() if is_silent(gate.heard_utc_ms, now_utc_ms)]
        if silent:
            return nothing_known(self._capacity, f"gates: {', '.join(silent[:3])} silent")
        free, half = self._capacity - self._base, self._half()
        old = now_utc_ms - self._base_utc_ms > SURVEY_MS
        why = "gates: their counts are impossible; survey" if self._doubted else "gates: no survey for too long"
        low, guess, high = within(self._capacity, free, free - half, free + half)
        heard_ms = min(gate.heard_utc_ms for gate in self._gates.values())
        is_doubtful = self._doubted or old
        return Part(self._capacity, low, guess, high, heard_ms, doubtful=is_doubtful, why=why if is_doubtful else "")

    def _half(self) -> float:
        return Z * math.sqrt(RANDOM_SHARE * self._passed) + BIAS_SHARE * self._passed + self._slack

    def document(self) -> dict[str, Any]:
        """Return everything that is to survive as a JSON object."""
        return {
            "base": self._base,
            "base_utc_ms": self._base_utc_ms,
            "passed": self._passed,
            "slack": self._slack,
            "bias": self._bias,
            "doubted": self._doubted,
            "clamped": self.clamped,
            "gates": {name: [gate.heard_utc_ms, gate.veh_per_ms] for name, gate in self._gates.items()},
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Go on from such an object."""
        self._base, self._base_utc_ms = document["base"], document["base_utc_ms"]
        self._passed, self._slack, self._bias = document["passed"], document["slack"], document["bias"]
        self._doubted, self.clamped = document["doubted"], document["clamped"]
        for name, (heard_utc_ms, veh_per_ms) in document["gates"].items():
            if name in self._gates:
                self._gates[name] = _Gate(heard_utc_ms, veh_per_ms)
        self._clamp()
