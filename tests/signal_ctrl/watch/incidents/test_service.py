"""What goes on by itself: signals that are out, alarms of cameras, incidents that end because traffic is usual again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.fault_desk import FaultReport
from signal_ctrl.centre.faults import Facility
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.watch.incidents.book import incidents
from signal_ctrl.watch.incidents.cameras import CameraAlarm
from signal_ctrl.watch.incidents.service import EVERY_MS, USUAL_MS, IncidentService
from signal_ctrl.watch.incidents.signals_out import SILENT_MS
from signal_ctrl.watch.incidents.values import Evidence, EvidenceSource, Incident, IncidentKind, IncidentState
from signal_ctrl.watch.incidents.wishes import Finding, IncidentReport
from tests.signal_ctrl.watch.incidents.places import Place, place


@dataclass
class Told:
    """A detection that believes what it is told to."""

    believed: list[Finding] = field(default_factory=list)
    usual: bool = False
    lasting: set[str] = field(default_factory=set)

    def findings(self, now_utc_ms: int) -> Iterator[Finding]:
        return iter(self.believed)

    def beside(self, roads: Iterable[str]) -> None:
        self.lasting = set(roads)

    def usual_again(self, road: str, since_utc_ms: int) -> bool:
        return self.usual


@dataclass
class Town:
    place: Place
    told: Told
    service: IncidentService

    def passes(self, ms: int) -> None:
        for _ in range(0, ms, EVERY_MS):
            self.place.here.clock.pass_ms(EVERY_MS)
            self.place.here.centre.tick()
            self.service.tick()

    def all(self) -> list[Incident]:
        return list(self.place.here.store.read(lambda r: incidents(r, "all")))


@pytest.fixture
def town() -> Iterator[Town]:
    with place() as there:
        told = Told()
        yield Town(there, told, IncidentService(there.here.centre.desk, there.desk, there.facts, told))


def fault(town: Town, device: str = "", facility: Facility = Facility.LAMP) -> FaultReport:
    return FaultReport("c0", facility, device, "K6-conflict", "monitor latched", town.place.now(), Severity.CRITICAL)


def tell(town: Town, report: FaultReport, over: bool = False) -> None:
    faults = town.place.here.centre.faults
    town.place.here.store.write(lambda t: faults.ended(t, report) if over else faults.began(t, report))


def hear(town: Town) -> None:
    for name in town.place.here.cabinets:
        town.place.here.centre.registry.heard(name)


def blocked(town: Town, road: str = "a") -> Finding:
    now_ms = town.place.now()
    seen = Evidence(EvidenceSource.LOOPS, "deficit", f"{road}/0/stop", now_ms, "nobody leaves", 9.0)
    return Finding(IncidentKind.BLOCKED_LANE, road, now_ms, (seen,))


def test_what_the_monitor_latched_is_confirmed_with_its_ticket_and_ends_with_the_fault(town: Town) -> None:
    tell(town, fault(town))
    town.passes(EVERY_MS)
    (out,) = town.place.desk.live()
    assert (out.kind, out.state, out.cabinet, out.road) == (IncidentKind.SIGNAL_OUT, IncidentState.CONFIRMED, "c0", "a")
    assert out.ticket.startswith("ti-") and out.severity.value == "severe"
    hear(town)
    town.passes(2 * EVERY_MS)
    assert len(town.all()) == 1
    tell(town, fault(town), over=True)
    hear(town)
    town.passes(EVERY_MS)
    (over,) = town.all()
    assert over.state is IncidentState.CLEARED and over.history[-1].who == "centre"


def test_one_lamp_or_a_broken_loop_is_no_signal_out(town: Town) -> None:
    tell(town, fault(town, "h1"))
    tell(town, fault(town, "loop-3", Facility.DETECTOR))
    town.passes(EVERY_MS)
    assert town.all() == []


def test_silence_makes_a_signal_suspected_and_its_word_clears_it(town: Town) -> None:
    hear(town)
    town.passes(SILENT_MS - EVERY_MS)
    assert town.all() == []
    town.passes(120_000)
    found = {one.cabinet: one for one in town.all()}
    assert {name: one.state for name, one in found.items()} == {
        "c0": IncidentState.SUSPECTED,
        "c1": IncidentState.SUSPECTED,
    }
    hear(town)
    town.passes(2 * EVERY_MS)
    assert {one.state for one in town.all()} == {IncidentState.CLEARED}


def test_a_finding_becomes_an_incident_and_ends_when_traffic_is_usual_again(town: Town) -> None:
    town.told.believed = [blocked(town)]
    hear(town)
    town.passes(EVERY_MS)
    (found,) = town.place.desk.live()
    assert found.state is IncidentState.SUSPECTED
    town.told.believed, town.told.usual = [], True
    town.passes(USUAL_MS - 2 * EVERY_MS)
    assert [one.kind for one in town.place.desk.live() if one.kind is IncidentKind.BLOCKED_LANE]
    town.passes(4 * EVERY_MS)
    over = town.place.here.store.read(lambda r: incidents(r, "all", "a", "blocked lane"))[0]
    assert over.closed_as is not None and over.closed_as.value == "traffic is usual again"


def test_what_only_a_person_saw_does_not_end_by_itself(town: Town) -> None:
    olga, town.told.usual = town.place.here.actor("olga"), True
    town.place.desk.report(olga, IncidentReport(IncidentKind.BREAKDOWN, "a"))
    town.place.desk.report(olga, IncidentReport(IncidentKind.FLOODING, "b"))
    for _ in range(4):
        hear(town)
        town.passes(USUAL_MS // 2)
    assert {one.kind for one in town.place.desk.live()} >= {IncidentKind.BREAKDOWN, IncidentKind.FLOODING}


def test_a_camera_makes_a_suspicion_and_says_more_of_one_that_is_there(town: Town) -> None:
    olga, now_ms = town.place.here.actor("olga"), town.place.now()
    seen = town.service.camera_says(olga, CameraAlarm("cam-4", "stopped vehicle", "a", now_ms, 0, 250.0))
    assert (seen.kind, seen.state, seen.lanes) == (IncidentKind.STOPPED_VEHICLE, IncidentState.SUSPECTED, (0,))
    again = town.service.camera_says(olga, CameraAlarm("cam-5", "stopped vehicle", "a", now_ms))
    assert again.incident_id == seen.incident_id and len(again.evidence) == 2
    assert again.state is IncidentState.CONFIRMED
    wrong = town.service.camera_says(olga, CameraAlarm("cam-9", "wrong way", "e", now_ms))
    assert wrong.severity.value == "severe"


def test_a_camera_and_the_traffic_confirm_each_other_and_one_camera_does_not_confirm_itself(town: Town) -> None:
    olga, now_ms = town.place.here.actor("olga"), town.place.now()
    for at_ms in (now_ms - 20_000, now_ms):
        seen = town.service.camera_says(olga, CameraAlarm("cam-4", "stopped vehicle", "a", at_ms))
    assert seen.state is IncidentState.SUSPECTED
    assert town.place.desk.found(blocked(town)).state is IncidentState.CONFIRMED


def test_a_camera_that_is_late_early_or_somewhere_else_is_refused(town: Town) -> None:
    olga, now_ms = town.place.here.actor("olga"), town.place.now()
    for at_ms in (now_ms - 16 * 60_000, now_ms + 60_000):
        with pytest.raises(InvalidInputError, match="last 15 minutes"):
            town.service.camera_says(olga, CameraAlarm("cam", "wrong way", "a", at_ms))
    with pytest.raises(NotFoundError):
        town.service.camera_says(olga, CameraAlarm("cam", "wrong way", "z", now_ms))
    with pytest.raises(InvalidInputError, match="makes no incident"):
        CameraAlarm("cam", "dark", "a", now_ms)
    with pytest.raises(ForbiddenError):
        town.service.camera_says(town.place.here.actor("eve"), CameraAlarm("cam", "wrong way", "a", now_ms))
    assert town.all() == []


def test_a_road_that_the_network_no_longer_has_is_passed_over(town: Town) -> None:
    town.told.believed = [blocked(town, "gone"), blocked(town)]
    town.passes(EVERY_MS)
    assert [one.road for one in town.all()] == ["a"]


def test_a_clock_that_was_set_back_costs_no_hour_of_looking(town: Town) -> None:
    town.passes(EVERY_MS)
    clock = town.place.here.clock
    clock.set_wall_ms(clock.utc_ms() - 3_600_000)
    town.told.believed = [blocked(town)]
    town.passes(2 * EVERY_MS)
    assert [one.kind for one in town.all()] == [IncidentKind.BLOCKED_LANE]
