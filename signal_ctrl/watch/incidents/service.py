"""What goes on by itself: findings become incidents, and incidents whose cause is gone are cleared."""

from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.cameras import CameraAlarm, finding_of
from signal_ctrl.watch.incidents.desk import IncidentDesk
from signal_ctrl.watch.incidents.road_facts import RoadFacts
from signal_ctrl.watch.incidents.signals_out import signals_out
from signal_ctrl.watch.incidents.values import EvidenceSource, Incident, IncidentKind
from signal_ctrl.watch.incidents.wishes import Finding, IncidentWatch

USUAL_MS: Final = 10 * 60_000
"""Traffic is usual again once it has been so for this long. [ms] [P]"""
AHEAD_MS: Final = 5_000
OLD_MS: Final = 15 * 60_000
"""An alarm of a camera that is older is not news. [ms] [P]"""
EVERY_MS: Final = 10_000
_BY_TRAFFIC: Final = (IncidentKind.BLOCKED_LANE, IncidentKind.BREAKDOWN, IncidentKind.STOPPED_VEHICLE)
_MEASURED: Final = (EvidenceSource.LOOPS, EvidenceSource.POSITIONS)


class IncidentService:
    """Called once a second by whoever runs the watch; it looks every ten."""

    def __init__(self, desk: Desk, incidents: IncidentDesk, roads: RoadFacts, detection: IncidentWatch) -> None:
        self._desk = desk
        self._incidents = incidents
        self._roads = roads
        self._detection = detection
        self._next_mono_ms = desk.clock.mono_ms()

    def tick(self) -> None:
        """Do what is due."""
        now_ms, mono_ms = self._desk.now_ms(), self._desk.clock.mono_ms()
        network = self._roads.network()
        if network is None or mono_ms < self._next_mono_ms:
            return
        self._next_mono_ms = mono_ms + EVERY_MS
        out = self._desk.store.read(lambda reading: signals_out(reading, network, now_ms))
        for finding in (*out, *self._of_roads(network, now_ms)):
            self._incidents.found(finding)
        live = self._incidents.live()
        self._detection.beside(incident.road for incident in live)
        for incident in live:
            self._watch(incident, out, now_ms)

    def camera_says(self, actor: Actor, alarm: CameraAlarm) -> Incident:
        """Take an alarm of a camera.

        Raises: ForbiddenError; NotFoundError for an unknown road; InvalidInputError for one of another time.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.HANDLE_INCIDENTS, now_ms)
        if not now_ms - OLD_MS <= alarm.at_utc_ms <= now_ms + AHEAD_MS:
            raise InvalidInputError("an alarm of a camera is from the last 15 minutes")
        return self._incidents.found(finding_of(alarm))

    def _of_roads(self, network: RoadNetwork, now_ms: int) -> list[Finding]:
        return [each for each in self._detection.findings(now_ms) if each.road in network.index]

    def _watch(self, incident: Incident, out: tuple[Finding, ...], now_ms: int) -> None:
        if incident.kind is IncidentKind.SIGNAL_OUT:
            by_cabinet = all(each.source is EvidenceSource.CABINET for each in incident.evidence)
            if by_cabinet and all(each.cabinet != incident.cabinet for each in out):
                self._incidents.over(incident.incident_id, f"cabinet {incident.cabinet} says that it is over")
        elif incident.kind in _BY_TRAFFIC and self._is_usual(incident, now_ms):
            self._incidents.over(incident.incident_id, f"usual for {USUAL_MS // 60_000} min")

    def _is_usual(self, incident: Incident, now_ms: int) -> bool:
        """Tell whether what was measured is gone; what nothing measured, or too short ago, does not go by itself."""
        measured = [each for each in incident.evidence if each.source in _MEASURED]
        since_ms = now_ms - USUAL_MS
        return (
            bool(measured)
            and incident.found_utc_ms <= since_ms
            and self._detection.usual_again(incident.road, since_ms)
        )
