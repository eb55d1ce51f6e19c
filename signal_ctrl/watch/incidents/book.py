"""How incidents are kept: shelf, audit record, alarm, ticket and expected end, all within one act."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.ticket_desk import TicketDesk
from signal_ctrl.domain.errors import ConflictError, NotFoundError
from signal_ctrl.domain.roads import Road
from signal_ctrl.watch.incidents.durations import expected_end
from signal_ctrl.watch.incidents.records import capacity_left_of, cleared, confirmed, noted, severity_of, taken_in
from signal_ctrl.watch.incidents.road_facts import RoadFacts
from signal_ctrl.watch.incidents.values import (
    INCIDENTS,
    ClosingReason,
    EndMethod,
    ExpectedEnd,
    Incident,
    IncidentKind,
    IncidentState,
    Step,
)

SUSPECTED_ALARM: Final = "incident suspected"
LIVE: Final = (IncidentState.SUSPECTED.value, IncidentState.CONFIRMED.value)
MOST_LIVE: Final = 5_000
_PAST: Final = 200


class IncidentBook:
    """What every act on an incident has in common; its methods are parts of the act's transaction."""

    def __init__(self, desk: Desk, alarms: AlarmDesk, tickets: TicketDesk, roads: RoadFacts) -> None:
        self.desk = desk
        self.roads = roads
        self._alarms = alarms
        self._tickets = tickets

    def fresh(self, incident: Incident, road: Road, first: Step) -> Incident:
        """Return a new, suspected incident with its id, its district and the first entry of its history."""
        return noted(replace(incident, incident_id=self.desk.new_id("in"), district=road.district), first)

    def assessed(self, t: Transaction, incident: Incident, road: Road, left: float | None = None) -> Incident:
        """Return it with capacity left (as given, or from its lanes), severity, expected end and ticket."""
        left = capacity_left_of(incident.kind, incident.lanes, road) if left is None else left
        severity = severity_of(incident.kind, left, self.roads.use(road.road))
        assessed = replace(incident, capacity_left=left, severity=severity)
        end = incident.expected_end
        if end is None or end.method is not EndMethod.BY_HAND:
            assessed = replace(assessed, expected_end=self._end(t, assessed))
        return self._with_ticket(t, assessed)

    def kept(self, t: Transaction, incident: Incident, who: str, action: str, result: str) -> Incident:
        """Put it on the shelf with its audit record; its alarm lasts as long as it is suspected."""
        t.shelf(INCIDENTS).put(incident)
        t.record(who, action, f"incident {incident.incident_id}", result, self.desk.now_ms())
        if incident.state is IncidentState.SUSPECTED:
            text = f"{incident.kind.value} suspected on road {incident.road}"
            self._alarms.raise_(t, SUSPECTED_ALARM, incident.incident_id, Severity.WARNING, text)
        else:
            self._alarms.clear(t, SUSPECTED_ALARM, incident.incident_id, incident.state.value)
        return incident

    def merged(self, t: Transaction, part: Incident, whole: Incident, who: str) -> Incident:
        """Close one incident because it is the same as another; return the other with what was known of the one.

        Raises: ConflictError if one of them is over.
        """
        if not whole.live:
            raise ConflictError(f"incident {whole.incident_id} is over; nothing can be merged into it")
        now_ms = self.desk.now_ms()
        step = Step(now_ms, who, f"merged into {whole.incident_id}")
        gone = cleared(part, ClosingReason.MERGED, step, whole.incident_id)
        self.kept(t, gone, who, "merge incident", f"into {whole.incident_id}")
        grown = taken_in(whole, part, Step(now_ms, who, f"took in {part.incident_id}"))
        if part.state is IncidentState.CONFIRMED and whole.state is IncidentState.SUSPECTED:
            grown = confirmed(grown, Step(now_ms, who, "confirmed", f"as {part.incident_id} was"))
        return self.assessed(t, grown, self.roads.road(whole.road), grown.capacity_left)

    def _end(self, t: Transaction, incident: Incident) -> ExpectedEnd:
        past = t.shelf(INCIDENTS).find({"kind": incident.kind.value, "state": IncidentState.CLEARED.value}, limit=_PAST)
        return expected_end(incident.kind, incident.began_utc_ms, self.desk.now_ms(), past)

    def _with_ticket(self, t: Transaction, incident: Incident) -> Incident:
        """Return it with the ticket of the repair that belongs to it; a flooding opens one for its road."""
        if incident.ticket or incident.kind is not IncidentKind.FLOODING or incident.state is IncidentState.SUSPECTED:
            return incident
        text = f"flooding of road {incident.road}, incident {incident.incident_id}"
        ticket = self._tickets.opened_for(t, Facility.ROAD, incident.cabinet, incident.road, text)
        return replace(incident, ticket=ticket.ticket_id)


def incident_of(reading: Reading, incident_id: str) -> Incident:
    """Return an incident. Raises: NotFoundError."""
    incident = reading.shelf(INCIDENTS).get(incident_id)
    if incident is None:
        raise NotFoundError(f"there is no incident {incident_id}")
    return incident


def incidents(
    reading: Reading, state: str = "live", road: str = "", kind: str = "", limit: int = 200
) -> tuple[Incident, ...]:
    """Return incidents, the youngest first.

    Args: state, `live`, `all`, or one of `IncidentState`; road, kind, only those of it.
    """
    where: dict[str, str | tuple[str, ...]] = {name: value for name, value in (("road", road), ("kind", kind)) if value}
    if state != "all":
        where["state"] = LIVE if state == "live" else IncidentState(state).value
    return reading.shelf(INCIDENTS).find(where, limit=limit)


def live_on(reading: Reading, roads: Collection[str]) -> tuple[Incident, ...]:
    """Return what lasts on any of several roads, the youngest first."""
    return reading.shelf(INCIDENTS).find({"road": tuple(roads), "state": LIVE})
