"""What becomes of a record: pure steps from one incident to the next, each with its entry in the history."""

from dataclasses import replace
from typing import Final

from signal_ctrl.domain.errors import ConflictError
from signal_ctrl.domain.roads import Road
from signal_ctrl.watch.incidents.values import (
    MAX_EVIDENCE,
    MAX_STEPS,
    NEXT,
    ClosingReason,
    Evidence,
    EvidenceSource,
    Incident,
    IncidentEvent,
    IncidentKind,
    IncidentSeverity,
    IncidentState,
    Step,
)

_DANGEROUS: Final = (IncidentKind.WRONG_WAY, IncidentKind.SIGNAL_OUT)
_WHOLE_ROAD: Final = (IncidentKind.FLOODING,)
SIGNAL_OUT_LEFT: Final = 0.5
"""Capacity left where a signal is out and everybody gives way to everybody. [P]"""


def capacity_left_of(kind: IncidentKind, lanes: tuple[int, ...], road: Road) -> float:
    """Return the share of a road's capacity that is left, where nobody has said it.

    Of so many lanes so many are open; where lanes are not known, one is taken to be blocked, for a flooding all.
    """
    if kind is IncidentKind.WRONG_WAY:
        return 0.0
    if kind is IncidentKind.SIGNAL_OUT:
        return SIGNAL_OUT_LEFT
    blocked = len(lanes) or (road.lanes if kind in _WHOLE_ROAD else 1)
    return max(0.0, 1 - blocked / road.lanes)


def severity_of(kind: IncidentKind, capacity_left: float, use: float | None) -> IncidentSeverity:
    """Return how bad it is. Args: use, demand over capacity of the road before it; None if it is not known."""
    if kind in _DANGEROUS or capacity_left <= 0:
        return IncidentSeverity.SEVERE
    if capacity_left < (0.5 if use is None else min(1.0, use)):
        return IncidentSeverity.SERIOUS
    return IncidentSeverity.MINOR


def noted(incident: Incident, step: Step) -> Incident:
    """Return it with one more entry in its history; the first entries and the youngest are kept."""
    history = (*incident.history, step)
    if len(history) > MAX_STEPS:
        history = (*history[: MAX_STEPS // 2], *history[-MAX_STEPS // 2 :])
    return replace(incident, history=history)


def with_evidence(incident: Incident, more: tuple[Evidence, ...]) -> Incident:
    """Return it with more evidence; a piece that repeats one (source, method, subject) takes its place."""
    kept = {(each.source, each.method, each.subject): each for each in (*incident.evidence, *more)}
    evidence = tuple(kept.values())
    if len(evidence) > MAX_EVIDENCE:
        evidence = (*evidence[: MAX_EVIDENCE // 2], *evidence[-MAX_EVIDENCE // 2 :])
    return replace(incident, evidence=evidence)


def corroborated(incident: Incident) -> bool:
    """Tell whether two that know nothing of each other say so: a camera, another camera, or the traffic itself."""
    measured = (EvidenceSource.LOOPS, EvidenceSource.POSITIONS)
    cameras = {each.subject for each in incident.evidence if each.source is EvidenceSource.VIDEO}
    return len(cameras) + any(each.source in measured for each in incident.evidence) >= 2


def confirmed(incident: Incident, step: Step) -> Incident:
    """Return it confirmed. Raises: ConflictError if it is no longer suspected."""
    state = _next(incident, IncidentEvent.CONFIRM)
    return noted(replace(incident, state=state, confirmed_utc_ms=step.at_utc_ms), step)


def cleared(incident: Incident, reason: ClosingReason, step: Step, merged_into: str = "") -> Incident:
    """Return it cleared, for a reason. Raises: ConflictError if it was already."""
    state = _next(incident, IncidentEvent.CLEAR)
    closed = replace(
        incident,
        state=state,
        closed_as=reason,
        cleared_utc_ms=max(step.at_utc_ms, incident.found_utc_ms),
        merged_into=merged_into,
    )
    return noted(closed, step)


def taken_in(whole: Incident, part: Incident, step: Step) -> Incident:
    """Return an incident after another, found to be the same, went into it: the earlier begin, all lanes and evidence,
    the less capacity."""
    grown = replace(
        with_evidence(whole, part.evidence),
        began_utc_ms=min(whole.began_utc_ms, part.began_utc_ms),
        found_utc_ms=min(whole.found_utc_ms, part.found_utc_ms),
        capacity_left=min(whole.capacity_left, part.capacity_left),
        lanes=tuple(sorted({*whole.lanes, *(part.lanes if part.road == whole.road else ())})),
        position_m=whole.position_m if whole.position_m is not None or part.road != whole.road else part.position_m,
    )
    return noted(grown, step)


def _next(incident: Incident, event: IncidentEvent) -> IncidentState:
    state = NEXT.get((incident.state, event))
    if state is None:
        raise ConflictError(
            f"incident {incident.incident_id} is {incident.state.value}; there is nothing to {event.value}"
        )
    return state
