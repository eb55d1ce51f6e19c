"""What every test is given after a slot."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detectors.health.faults import Finding, Flags, Numbers
from detectors.health.rules import Rules
from detectors.health.slots import Record
from detectors.health.surroundings import Surroundings


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The record up to now with its rules and surroundings. Arrays (n_detectors,).

    trusted: who may speak for others; whole: of whom nothing but the number of vehicles is doubted; dispersion: of a
    slot between days, NaN without a profile; day_veh: usual vehicles of a day [veh]; pulse_s: how long a free vehicle
    usually covers the detector [s], NaN if not known; settled: whose profile knows enough days like this one.
    """

    record: Record
    rules: Rules
    around: Surroundings
    trusted: Flags
    whole: Flags
    dispersion: Numbers
    day_veh: Numbers
    pulse_s: Numbers
    settled: Flags

    @property
    def now_s(self) -> float:
        """End of the last slot. [s]"""
        return self.record.end_s

    def latest(self, name: str) -> Numbers:
        """Return a column of the last slot. (n,)"""
        found: Numbers = self.record.last(name, self.record.slot_s)[-1]
        return found

    def since(self, span_s: Numbers | float) -> Numbers:
        """Return the time that lies a span before now. [s]"""
        found: Numbers = np.zeros(len(self.trusted)) + (self.now_s - span_s)
        return found

    def looks_every(self, span_s: float) -> bool:
        """Tell whether a test that looks once in a span has to look now. [s]"""
        slots = max(round(span_s / self.record.slot_s), 1)
        return round(self.now_s / self.record.slot_s) % slots == 0

    def there(self) -> Flags:
        """Return of whom the last slot is known."""
        return ~np.isnan(self.latest("count"))


Test = Callable[[Case], Finding]


def nobody(n: int) -> Flags:
    """Return False for everybody."""
    return np.zeros(n, dtype=np.bool_)


def everybody(n: int) -> Flags:
    """Return True for everybody."""
    return np.ones(n, dtype=np.bool_)
