"""The incidents: reported or found, confirmed, cleared, merged; each act with its audit record in one commit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.desk import CENTRE, DONE
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Importance, Transaction
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import Road
from signal_ctrl.watch.incidents.book import MOST_LIVE, IncidentBook, incident_of, incidents, live_on
from signal_ctrl.watch.incidents.records import cleared, confirmed, corroborated, noted, with_evidence
from signal_ctrl.watch.incidents.road_facts import checked_place
from signal_ctrl.watch.incidents.values import (
    ClosingReason,
    EndMethod,
    Evidence,
    EvidenceSource,
    ExpectedEnd,
    Incident,
    IncidentKind,
    IncidentSeverity,
    IncidentState,
    Step,
)
from signal_ctrl.watch.incidents.wishes import Finding, IncidentReport

_AHEAD_MS: Final = 60_000
_Change = Callable[[Transaction, Incident, int], Incident]


class IncidentDesk:
    """The incidents of the city."""

    def __init__(self, book: IncidentBook) -> None:
        self._book = book
        self._desk = book.desk

    def live(self) -> tuple[Incident, ...]:
        """Return the incidents that last."""
        return self._desk.store.read(lambda r: incidents(r, limit=MOST_LIVE))

    def report(self, actor: Actor, report: IncidentReport) -> Incident:
        """Take what a person reports; a person's word confirms it. What is suspected on the road becomes this one.

        Raises: ForbiddenError; NotFoundError for an unknown road; InvalidInputError for a place that it has not;
            ConflictError if one of this kind is confirmed there.
        """
        now_ms, road = self._handling(actor), self._book.roads.road(report.road)
        self._reaches(actor, road.district)
        checked_place(road, report.lanes, report.position_m)
        if report.began_utc_ms is not None and report.began_utc_ms > now_ms + _AHEAD_MS:
            raise InvalidInputError("it cannot have begun in the future; report it when it begins")

        def work(t: Transaction) -> Incident:
            incident = self._as_reported(t, self._known_or_new(t, actor, report, road, now_ms), report, road)
            return self._book.kept(t, incident, actor.login, "report incident", report.kind.value)

        return self._desk.act(actor.login, "report incident", f"road {report.road}", work, Importance.ESSENTIAL)

    def confirm(self, actor: Actor, incident_id: str, note: str = "") -> Incident:
        """Say that a suspected incident is there. Raises: ForbiddenError; NotFoundError; ConflictError."""

        def change(t: Transaction, incident: Incident, now_ms: int) -> Incident:
            said = Evidence(EvidenceSource.PERSON, "confirmed", actor.login, now_ms, note or "seen")
            sure = confirmed(with_evidence(incident, (said,)), Step(now_ms, actor.login, "confirmed", note))
            return self._book.assessed(t, sure, self._book.roads.road(sure.road), sure.capacity_left)

        return self._changed(actor, incident_id, "confirm incident", change)

    def clear(self, actor: Actor, incident_id: str, note: str = "", false_alarm: bool = False) -> Incident:
        """Say that it is over, or that there never was one. Raises: ForbiddenError; NotFoundError; ConflictError."""
        reason = ClosingReason.FALSE_ALARM if false_alarm else ClosingReason.OVER

        def change(_: Transaction, incident: Incident, now_ms: int) -> Incident:
            return cleared(incident, reason, Step(now_ms, actor.login, f"cleared: {reason.value}", note))

        return self._changed(actor, incident_id, "clear incident", change)

    def merge(self, actor: Actor, incident_id: str, into: str) -> Incident:
        """Say that one incident is the same as another, in which it goes on; returns the other.

        Raises: ForbiddenError; NotFoundError; ConflictError if one is over; InvalidInputError if they are one.
        """
        if incident_id == into:
            raise InvalidInputError("an incident cannot be merged into itself")

        def change(t: Transaction, part: Incident, _: int) -> Incident:
            whole = incident_of(t, into)
            self._reaches(actor, whole.district)
            return self._book.merged(t, part, whole, actor.login)

        return self._changed(actor, incident_id, "merge incident", change)

    def expect_end(self, actor: Actor, incident_id: str, end_utc_ms: int, note: str = "") -> Incident:
        """Say when it is expected to be over. Raises: as `confirm`; InvalidInputError for a time that has passed."""

        def change(_: Transaction, incident: Incident, now_ms: int) -> Incident:
            if not incident.live:
                raise ConflictError(f"incident {incident_id} is over")
            if end_utc_ms <= now_ms:
                raise InvalidInputError("the expected end lies in the future; 'clear' ends it now")
            end = ExpectedEnd(end_utc_ms, EndMethod.BY_HAND)
            return noted(replace(incident, expected_end=end), Step(now_ms, actor.login, "expected end stated", note))

        return self._changed(actor, incident_id, "state end of incident", change)

    def found(self, finding: Finding) -> Incident:
        """Take what the detection believes: more evidence of what lasts on the road or next to it, else a new incident.

        Nothing is written where an incident has this evidence already.
        Raises: NotFoundError for an unknown road.
        """
        road = self._book.roads.road(finding.road)
        checked_place(road, finding.lanes, finding.position_m)

        def work(t: Transaction) -> Incident:
            known = self._same(t, finding)
            return self._opened(t, finding, road) if known is None else self._grown(t, known, finding)

        return self._desk.store.write(work, Importance.ESSENTIAL)

    def over(self, incident_id: str, why: str, reason: ClosingReason = ClosingReason.USUAL_AGAIN) -> Incident:
        """Clear an incident without a person, as traffic is usual again. Raises: NotFoundError; ConflictError."""
        step = Step(self._desk.now_ms(), CENTRE, f"cleared: {reason.value}", why)

        def work(t: Transaction) -> Incident:
            incident = cleared(incident_of(t, incident_id), reason, step)
            return self._book.kept(t, incident, CENTRE, "clear incident", why)

        return self._desk.store.write(work, Importance.ESSENTIAL)

    def _handling(self, actor: Actor) -> int:
        now_ms = self._desk.now_ms()
        require(actor, Right.HANDLE_INCIDENTS, now_ms)
        return now_ms

    def _reaches(self, actor: Actor, district: str) -> None:
        if district and not actor.reaches(district):
            raise NotFoundError("it lies outside your district")

    def _changed(self, actor: Actor, incident_id: str, action: str, change: _Change) -> Incident:
        now_ms = self._handling(actor)

        def work(t: Transaction) -> Incident:
            incident = incident_of(t, incident_id)
            self._reaches(actor, incident.district)
            return self._book.kept(t, change(t, incident, now_ms), actor.login, action, DONE)

        return self._desk.act(actor.login, action, f"incident {incident_id}", work, Importance.ESSENTIAL)

    def _known_or_new(self, t: Transaction, actor: Actor, report: IncidentReport, road: Road, now_ms: int) -> Incident:
        said = Evidence(EvidenceSource.PERSON, "report", actor.login, now_ms, report.text or report.kind.value)
        step = Step(now_ms, actor.login, "confirmed", "by a report")
        there = live_on(t, (road.road,))
        if any(each.kind is report.kind and each.state is IncidentState.CONFIRMED for each in there):
            raise ConflictError(f"a {report.kind.value} is confirmed on road {road.road} already")
        found = [each for each in there if _may_be(each, report.kind)]
        if found:
            return confirmed(with_evidence(found[0], (said,)), step)
        first = Step(now_ms, actor.login, "reported", report.text)
        return confirmed(self._book.fresh(_blank(report.kind, road, now_ms, (said,)), road, first), step)

    def _as_reported(self, t: Transaction, incident: Incident, report: IncidentReport, road: Road) -> Incident:
        """Return it as the report has it: a person knows better what it is and where."""
        stated = report.expected_end_utc_ms
        said = replace(
            incident,
            kind=report.kind,
            lanes=report.lanes or incident.lanes,
            position_m=incident.position_m if report.position_m is None else report.position_m,
            began_utc_ms=_earlier(incident.began_utc_ms, report.began_utc_ms),
            text=report.text or incident.text,
            cabinet=report.cabinet or incident.cabinet,
            expected_end=None if stated is None else ExpectedEnd(stated, EndMethod.BY_HAND),
        )
        return self._book.assessed(t, said, road, report.capacity_left)

    def _same(self, t: Transaction, finding: Finding) -> Incident | None:
        """Return what lasts and may be what was found: of the road itself first, then of the roads next to it."""
        if finding.kind is IncidentKind.SIGNAL_OUT:
            there = [each for each in live_on(t, (finding.road,)) if each.cabinet == finding.cabinet]
        else:
            there = [each for each in live_on(t, self._book.roads.near(finding.road)) if _may_be_found(each)]
        return next(iter(sorted(there, key=lambda each: each.road != finding.road)), None)

    def _grown(self, t: Transaction, known: Incident, finding: Finding) -> Incident:
        grown = with_evidence(known, finding.evidence)
        if known.state is IncidentState.SUSPECTED and (finding.confirms or corroborated(grown)):
            step = Step(self._desk.now_ms(), CENTRE, "confirmed", _words(finding))
            grown = self._book.assessed(
                t, confirmed(grown, step), self._book.roads.road(known.road), grown.capacity_left
            )
        elif _names(grown) == _names(known):
            return known
        return self._book.kept(t, grown, CENTRE, "more evidence of incident", _words(finding))

    def _opened(self, t: Transaction, finding: Finding, road: Road) -> Incident:
        now_ms = self._desk.now_ms()
        blank = replace(
            _blank(finding.kind, road, now_ms, finding.evidence),
            began_utc_ms=_earlier(now_ms, finding.began_utc_ms or finding.at_utc_ms),
            lanes=finding.lanes,
            position_m=finding.position_m,
            cabinet=finding.cabinet,
            ticket=finding.ticket,
        )
        incident = self._book.fresh(blank, road, Step(now_ms, CENTRE, "suspected", _words(finding)))
        if finding.confirms:
            incident = confirmed(incident, Step(now_ms, CENTRE, "confirmed", _words(finding)))
        incident = self._book.assessed(t, incident, road, finding.capacity_left)
        return self._book.kept(t, incident, CENTRE, f"{incident.state.value} incident", _words(finding))


def _blank(kind: IncidentKind, road: Road, now_ms: int, evidence: tuple[Evidence, ...]) -> Incident:
    return Incident(
        "new", kind, IncidentState.SUSPECTED, road.road, IncidentSeverity.MINOR, 1.0, now_ms, now_ms, evidence=evidence
    )


def _earlier(known_ms: int, other_ms: int | None) -> int:
    return known_ms if other_ms is None else min(known_ms, other_ms)


def _may_be_found(incident: Incident) -> bool:
    return incident.kind is not IncidentKind.SIGNAL_OUT


def _may_be(incident: Incident, kind: IncidentKind) -> bool:
    """Tell whether what is suspected may be what somebody reports: a signal that is out is one, nothing else is."""
    out = IncidentKind.SIGNAL_OUT
    return incident.state is IncidentState.SUSPECTED and (incident.kind is out) == (kind is out)


def _names(incident: Incident) -> frozenset[tuple[str, str, str]]:
    return frozenset((each.source.value, each.method, each.subject) for each in incident.evidence)


def _words(finding: Finding) -> str:
    return "; ".join(each.text for each in finding.evidence)[:200]
