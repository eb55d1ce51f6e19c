"""How long an incident is expected to last: from past ones of its kind, or from what is usual for the kind."""

from collections.abc import Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import Final

from signal_ctrl.watch.incidents.values import (
    ClosingReason,
    EndMethod,
    ExpectedEnd,
    Incident,
    IncidentKind,
)

ENOUGH: Final = 8
"""From so many past incidents of a kind on, their median is used. [P]"""
_MINUTE_MS: Final = 60_000
_LEAST_LEFT_MS: Final = 5 * _MINUTE_MS

USUAL_MIN: Final[Mapping[IncidentKind, int]] = MappingProxyType(
    {
        IncidentKind.BLOCKED_LANE: 30,
        IncidentKind.BREAKDOWN: 35,
        IncidentKind.STOPPED_VEHICLE: 15,
        IncidentKind.WRONG_WAY: 5,
        IncidentKind.SIGNAL_OUT: 90,
        IncidentKind.FLOODING: 240,
        IncidentKind.WORKS: 480,
        IncidentKind.OTHER: 30,
    }
)
"""What is taken while there is no history of one's own. [min] [P]: set here, to be replaced by what the city sees."""


def expected_end(kind: IncidentKind, began_utc_ms: int, now_utc_ms: int, past: Sequence[Incident]) -> ExpectedEnd:
    """Return when an incident is expected to be over.

    Args: past, closed incidents; those of its kind that were real and not merged count. With `ENOUGH` of them that
        lasted longer than this one does already, it is their median: who has waited long waits longer. Else the usual
        of the kind; where that is over, 5 min from now. [ms]
    """
    lasts_ms = now_utc_ms - began_utc_ms
    longer = [each for each in _lengths(kind, past) if each > lasts_ms]
    if len(longer) >= ENOUGH:
        return ExpectedEnd(began_utc_ms + int(median(longer)), EndMethod.HISTORY, len(longer))
    usual_utc_ms = began_utc_ms + USUAL_MIN[kind] * _MINUTE_MS
    return ExpectedEnd(max(usual_utc_ms, now_utc_ms + _LEAST_LEFT_MS), EndMethod.KIND)


def _lengths(kind: IncidentKind, past: Sequence[Incident]) -> list[int]:
    real = (ClosingReason.OVER, ClosingReason.USUAL_AGAIN)
    return [each.lasted_ms for each in past if each.kind is kind and each.closed_as in real and each.lasted_ms]
