"""Events that are dated ahead, late, told twice, or older than what the same controller has told before."""

from collections.abc import Callable
from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding

LEAST: Final = 3.0
SHARE: Final = 0.1
BACK_SHARE: Final = 0.5
BACK_LEAST: Final = 3.0


def _by_share(name: str) -> Callable[[Case], Finding]:
    def found(case: Case) -> Finding:
        span_s = max(300.0, case.record.slot_s)
        some, heard = case.record.total(name, span_s), case.record.total("heard", span_s)
        fresh = np.nan_to_num(case.latest(name)) > 0
        many = fresh & (some >= LEAST) & (some >= SHARE * heard)
        return Finding(case.there(), fresh, many, case.since(span_s))

    return found


dated_ahead: Final = _by_share("early")
late: Final = _by_share("late")
twice: Final = _by_share("twice")


def clock_jumps(case: Case) -> Finding:
    """Return whose controller's clock was put back: half of what it says is older than what it said before."""
    back, heard = np.nan_to_num(case.latest("back")), np.nan_to_num(case.latest("heard"))
    names = np.array(case.around.controllers)
    doubt = np.zeros(len(names), dtype=np.bool_)
    fault = doubt.copy()
    for name in set(case.around.controllers):
        own = names == name
        some, all_ = float(np.sum(back[own])), float(np.sum(heard[own]))
        doubt |= own & (some > 0)
        fault |= own & (some >= BACK_LEAST) & (some >= BACK_SHARE * all_)
    return Finding(case.there(), doubt, fault, case.since(case.record.slot_s))
