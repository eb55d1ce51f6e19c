"""Pulses that no vehicle makes, again and again: a loose wire, a loop that is set too sensitive."""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding

SPAN_S: Final = 120.0
SHORT_PER_MIN: Final = 5.0
SHORT_SHARE: Final = 0.3
HOUR_SHARE: Final = 0.25
HOUR_LEAST: Final = 40.0


def chatters(case: Case) -> Finding:
    """Return whose pulses are too short: many in the last two minutes, or a good share of an hour's."""
    record = case.record
    span_s = max(SPAN_S, record.slot_s)
    short, count = record.total("short", span_s), record.total("count", span_s)
    now = (short >= SHORT_PER_MIN * span_s / 60.0) & (short >= SHORT_SHARE * count)
    hour_short, hour_count = record.total("short", 3600.0), record.total("count", 3600.0)
    fresh = case.latest("short") > 0
    lately = (hour_short >= HOUR_LEAST) & (hour_short >= HOUR_SHARE * hour_count) & fresh
    doubt = now | lately
    return Finding(case.there(), doubt, doubt, case.since(np.where(now, span_s, 3600.0)))
