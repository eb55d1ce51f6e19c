"""What the controller itself says: fault codes of the Indiana enumerations and of NTCIP 1202."""

from collections.abc import Mapping
from typing import Final

from detectors.health.case import Case, everybody
from detectors.health.faults import Finding

CODES: Final[Mapping[int, str]] = {
    84: "other fault", 85: "watchdog", 86: "open loop", 87: "shorted loop", 88: "excessive change",
    210: "on for too long", 211: "no activity", 212: "open loop", 213: "shorted loop", 214: "excessive change",
    215: "other fault", 216: "watchdog", 217: "erratic counts",
}  # fmt: skip
"""84 to 88: Sturdevant et al. 2012; from 210 on: volume and occupancy data of NTCIP 1202."""


def reported(case: Case) -> Finding:
    """Return of whom the controller reports a fault."""
    broken = case.record.codes != 0
    return Finding(everybody(len(broken)), broken, broken, case.record.code_since_s)
