"""Events that are dated ahead, late, told twice, or older than what the same controller has told before."""

from collections.abc import Callable
from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding

LEAST: Final = 3.0
SHARE: Final = 0.1
SPAN_S: Final = 300.0
TWICE_LEAST: Final = 20.0
TWICE_SHARE: Final = 0.3
TWICE_SPAN_S: Final = 900.0
"""Two vehicles may make the same edge within a tenth of a second: single ones that come twice are no fault."""
BACK_SHARE: Final = 0.5
BACK_LEAST: Final = 3.0


def _by_share(name: str, limits: tuple[float, float, float], lenient: bool) -> Callable[[Case], Finding]:
    """Return a test of the events of a kind in the last span. Args: limits, least number and share, and the span [s];
    lenient, whether it takes half of that to doubt, not one.
    """
    least, share, span_s = limits

    def found(case: Case) -> Finding:
        span = max(span_s, case.record.slot_s)
        some, heard = case.record.total(name, span), case.record.total("heard", span)
        fresh = np.nan_to_num(case.latest(name)) > 0
        doubt = fresh & (some >= least / 2) & (some >= share / 2 * heard) if lenient else fresh
        return Finding(case.there(), doubt, fresh & (some >= least) & (some >= share * heard), case.since(span))

    return found


dated_ahead: Final = _by_share("early", (LEAST, SHARE, SPAN_S), False)
late: Final = _by_share("late", (LEAST, SHARE, SPAN_S), False)
twice: Final = _by_share("twice", (TWICE_LEAST, TWICE_SHARE, TWICE_SPAN_S), True)


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
