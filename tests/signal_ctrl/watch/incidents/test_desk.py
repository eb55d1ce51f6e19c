"""The desk of incidents: life cycle, merging, alarms, tickets, rights, and the audit record with each act."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.ticket_desk import ticket_of
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.watch.incidents.book import SUSPECTED_ALARM, incident_of, incidents
from signal_ctrl.watch.incidents.records import noted, with_evidence
from signal_ctrl.watch.incidents.values import (
    MAX_EVIDENCE,
    MAX_STEPS,
    ClosingReason,
    EndMethod,
    Evidence,
    EvidenceSource,
    Incident,
    IncidentKind,
    IncidentSeverity,
    IncidentState,
    Step,
)
from signal_ctrl.watch.incidents.wishes import Finding, IncidentReport
from tests.signal_ctrl.watch.incidents.places import Place, place

MINUTE_MS = 60_000


@pytest.fixture
def there() -> Iterator[Place]:
    with place() as made:
        yield made


def seen(there: Place, subject: str = "a/0/stop", method: str = "deficit") -> Evidence:
    return Evidence(EvidenceSource.LOOPS, method, subject, there.now(), f"{subject}: nobody leaves", 9.0)


def finding(
    there: Place, road: str = "a", confirms: bool = False, subject: str = "a/0/stop", **more: object
) -> Finding:
    return Finding(
        IncidentKind.BLOCKED_LANE,
        road,
        there.now(),
        (seen(there, subject),),
        confirms=confirms,
        **more,  # type: ignore[arg-type]
    )


def last_acts(there: Place, n: int) -> list[tuple[str, str]]:
    return [(who, action) for who, action, _ in there.here.audit()[-n:]]


def kept(there: Place, incident_id: str) -> Incident:
    return there.here.store.read(lambda r: incident_of(r, incident_id))


def suspected_alarms(there: Place) -> list[str]:
    return [one.subject for one in there.here.store.read(alarms) if one.kind == SUSPECTED_ALARM]


def test_what_is_found_is_suspected_with_an_alarm_until_somebody_confirms(there: Place) -> None:
    found = there.desk.found(finding(there, lanes=(0,), position_m=120.0))
    assert (found.state, found.road, found.lanes, found.capacity_left) == (IncidentState.SUSPECTED, "a", (0,), 0.5)
    assert suspected_alarms(there) == [found.incident_id]
    sure = there.desk.confirm(there.here.actor("olga"), found.incident_id, "camera 4 shows a lorry")
    assert sure.state is IncidentState.CONFIRMED and sure.confirmed_utc_ms == there.now()
    assert suspected_alarms(there) == []
    assert last_acts(there, 2) == [("centre", "suspected incident"), ("olga", "confirm incident")]
    over = there.desk.clear(there.here.actor("olga"), found.incident_id, "towed")
    assert (over.state, over.closed_as) == (IncidentState.CLEARED, ClosingReason.OVER)
    assert [step.what for step in over.history] == ["suspected", "confirmed", "cleared: over"]
    assert there.desk.live() == ()


def test_a_false_alarm_is_a_reason_to_close(there: Place) -> None:
    found = there.desk.found(finding(there))
    over = there.desk.clear(there.here.actor("sam"), found.incident_id, "nothing there", false_alarm=True)
    assert over.closed_as is ClosingReason.FALSE_ALARM
    assert suspected_alarms(there) == []


def test_the_same_evidence_writes_nothing_and_more_of_it_may_confirm(there: Place) -> None:
    found = there.desk.found(finding(there))
    n_records = len(there.here.audit())
    there.here.clock.pass_ms(20_000)
    assert there.desk.found(finding(there)) == found
    assert len(there.here.audit()) == n_records
    grown = there.desk.found(finding(there, subject="a/1/stop"))
    assert grown.incident_id == found.incident_id and len(grown.evidence) == 2
    sure = there.desk.found(finding(there, confirms=True))
    assert (sure.incident_id, sure.state) == (found.incident_id, IncidentState.CONFIRMED)


def test_what_is_found_next_to_an_incident_belongs_to_it_and_further_away_does_not(there: Place) -> None:
    at_b = there.desk.found(finding(there, "b"))
    assert there.desk.found(finding(there, "a")).incident_id == at_b.incident_id
    assert there.desk.found(finding(there, "c")).incident_id == at_b.incident_id
    assert there.desk.found(finding(there, "e")).incident_id != at_b.incident_id
    there.desk.clear(there.here.actor("olga"), at_b.incident_id)
    assert there.desk.found(finding(there, "b")).incident_id != at_b.incident_id


def test_a_persons_report_is_confirmed_and_says_better_what_is_suspected(there: Place) -> None:
    olga = there.here.actor("olga")
    found = there.desk.found(finding(there))
    there.here.clock.pass_ms(MINUTE_MS)
    told = there.desk.report(olga, IncidentReport(IncidentKind.BREAKDOWN, "a", (1,), 200.0, text="bus, hit a kerb"))
    assert told.incident_id == found.incident_id
    assert (told.kind, told.state, told.lanes) == (IncidentKind.BREAKDOWN, IncidentState.CONFIRMED, (1,))
    assert told.began_utc_ms == found.began_utc_ms
    with pytest.raises(ConflictError, match="confirmed on road a already"):
        there.desk.report(olga, IncidentReport(IncidentKind.BREAKDOWN, "a"))
    other = there.desk.report(olga, IncidentReport(IncidentKind.WORKS, "a", capacity_left=0.75))
    assert other.incident_id != told.incident_id and other.capacity_left == 0.75


def test_two_that_are_one_are_merged_and_the_alarm_goes_with_it(there: Place) -> None:
    olga = there.here.actor("olga")
    part = there.desk.found(finding(there, "e", lanes=(1,)))
    whole = there.desk.report(olga, IncidentReport(IncidentKind.BLOCKED_LANE, "a", (0,)))
    grown = there.desk.merge(olga, part.incident_id, whole.incident_id)
    assert grown.incident_id == whole.incident_id and grown.began_utc_ms == part.began_utc_ms
    gone = there.here.store.read(lambda r: incident_of(r, part.incident_id))
    assert (gone.closed_as, gone.merged_into) == (ClosingReason.MERGED, whole.incident_id)
    assert suspected_alarms(there) == []
    assert len(there.desk.live()) == 1
    with pytest.raises(InvalidInputError, match="into itself"):
        there.desk.merge(olga, whole.incident_id, whole.incident_id)
    with pytest.raises(ConflictError):
        there.desk.merge(olga, part.incident_id, whole.incident_id)
    with pytest.raises(ConflictError, match="is over"):
        there.desk.merge(olga, whole.incident_id, part.incident_id)
    assert there.here.store.read(lambda r: incident_of(r, whole.incident_id)) == grown


def test_a_confirmed_one_merged_into_a_suspected_one_confirms_it(there: Place) -> None:
    olga = there.here.actor("olga")
    part = there.desk.report(olga, IncidentReport(IncidentKind.OTHER, "e"))
    whole = there.desk.found(finding(there, "a"))
    assert there.desk.merge(olga, part.incident_id, whole.incident_id).state is IncidentState.CONFIRMED


def test_a_flooding_opens_a_ticket_of_the_road(there: Place) -> None:
    told = there.desk.report(there.here.actor("olga"), IncidentReport(IncidentKind.FLOODING, "b", text="underpass"))
    ticket = there.here.store.read(lambda r: ticket_of(r, told.ticket))
    assert (ticket.facility, ticket.device) == (Facility.ROAD, "b")
    assert (told.capacity_left, told.severity) == (0.0, IncidentSeverity.SEVERE)
    there.desk.clear(there.here.actor("olga"), told.incident_id)
    assert there.here.store.read(lambda r: ticket_of(r, told.ticket)).state.value == "open"


@pytest.mark.parametrize(("use", "severity"), [(0.3, "minor"), (0.8, "serious"), (None, "minor")])
def test_severity_is_demand_against_what_is_left(there: Place, use: float | None, severity: str) -> None:
    if use is not None:
        there.use["a"] = use
    assert there.desk.found(finding(there, lanes=(0,))).severity.value == severity


@pytest.mark.parametrize("act", ["report", "confirm", "clear", "merge", "expect"])
def test_who_has_not_the_right_changes_nothing(there: Place, act: str) -> None:
    eve, found = there.here.actor("eve"), there.desk.found(finding(there))
    acts = {
        "report": lambda: there.desk.report(eve, IncidentReport(IncidentKind.OTHER, "b")),
        "confirm": lambda: there.desk.confirm(eve, found.incident_id),
        "clear": lambda: there.desk.clear(eve, found.incident_id),
        "merge": lambda: there.desk.merge(eve, found.incident_id, "in-1"),
        "expect": lambda: there.desk.expect_end(eve, found.incident_id, there.now() + MINUTE_MS),
    }
    with pytest.raises(ForbiddenError):
        acts[act]()
    assert there.desk.live() == (found,)


def test_another_district_is_out_of_reach(there: Place) -> None:
    otto = there.here.actor("otto", district="d1")
    found = there.desk.found(finding(there))
    for act in (
        lambda: there.desk.confirm(otto, found.incident_id),
        lambda: there.desk.report(otto, IncidentReport(IncidentKind.OTHER, "a")),
    ):
        with pytest.raises(NotFoundError, match="district"):
            act()
    assert there.desk.report(otto, IncidentReport(IncidentKind.OTHER, "e")).district == "d1"


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (IncidentReport(IncidentKind.OTHER, "z"), "no road 'z'"),
        (IncidentReport(IncidentKind.OTHER, "a", (2,)), "lanes 0 to 1"),
        (IncidentReport(IncidentKind.OTHER, "a", position_m=900.0), "300 m long"),
        (IncidentReport(IncidentKind.OTHER, "a", began_utc_ms=1 << 43), "future"),
        (IncidentReport(IncidentKind.OTHER, "a", capacity_left=1.5), "0 to 1"),
    ],
)
def test_a_report_that_cannot_be_is_refused(there: Place, report: IncidentReport, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        there.desk.report(there.here.actor("olga"), report)
    assert there.desk.live() == ()


def test_without_a_network_nothing_can_be_reported() -> None:
    with place() as there:
        there.network = None  # type: ignore[assignment]
        with pytest.raises(InvalidInputError, match="import one first"):
            there.desk.report(there.here.actor("olga"), IncidentReport(IncidentKind.OTHER, "a"))


def test_the_expected_end_says_how_it_was_made(there: Place) -> None:
    olga = there.here.actor("olga")
    for minutes in range(11, 20):
        told = there.desk.report(olga, IncidentReport(IncidentKind.BREAKDOWN, "a"))
        assert told.expected_end is not None
        assert told.expected_end.method is (EndMethod.KIND if minutes < 19 else EndMethod.HISTORY)
        there.here.clock.pass_ms(minutes * MINUTE_MS)
        there.desk.clear(olga, told.incident_id)
    told = there.desk.report(olga, IncidentReport(IncidentKind.BREAKDOWN, "a"))
    assert told.expected_end is not None
    assert (told.expected_end.at_utc_ms - told.began_utc_ms, told.expected_end.from_incidents) == (15 * MINUTE_MS, 9)
    stated = there.desk.expect_end(olga, told.incident_id, there.now() + 5 * MINUTE_MS, "tow truck is here")
    assert stated.expected_end is not None and stated.expected_end.method is EndMethod.BY_HAND
    with pytest.raises(InvalidInputError, match="future"):
        there.desk.expect_end(olga, told.incident_id, there.now())


def test_the_life_cycle_has_no_way_back(there: Place) -> None:
    """Every sequence of three acts: what is over stays over, and a refused act changes nothing."""
    olga = there.here.actor("olga")
    acts = {"confirm": there.desk.confirm, "clear": there.desk.clear}
    allowed = {
        ("suspected", "confirm"): "confirmed",
        ("suspected", "clear"): "cleared",
        ("confirmed", "clear"): "cleared",
    }
    for names in itertools.product(acts, repeat=3):
        incident, state = there.desk.found(finding(there, "e")), "suspected"
        for name in names:
            if (state, name) in allowed:
                state = allowed[state, name]
                assert acts[name](olga, incident.incident_id).state.value == state
            else:
                with pytest.raises(ConflictError):
                    acts[name](olga, incident.incident_id)
            assert kept(there, incident.incident_id).state.value == state
        if state != "cleared":
            there.desk.clear(olga, incident.incident_id)


def test_incidents_are_found_by_state_road_and_kind(there: Place) -> None:
    olga = there.here.actor("olga")
    first = there.desk.report(olga, IncidentReport(IncidentKind.OTHER, "a"))
    there.desk.report(olga, IncidentReport(IncidentKind.WORKS, "e"))
    there.desk.clear(olga, first.incident_id)

    def roads(**asked: str) -> list[str]:
        return [one.road for one in there.here.store.read(lambda r: incidents(r, **asked))]

    assert roads() == ["e"]
    assert sorted(roads(state="all")) == ["a", "e"]
    assert roads(state="cleared") == ["a"]
    assert roads(state="all", road="a") == ["a"]
    assert roads(state="all", kind="works") == ["e"]


def test_evidence_and_history_stay_bounded(there: Place) -> None:
    incident: Incident = there.desk.found(finding(there))
    for k in range(MAX_EVIDENCE + 30):
        incident = with_evidence(incident, (seen(there, f"loop {k}"),))
    assert len(incident.evidence) == MAX_EVIDENCE
    assert incident.evidence[0].subject == "a/0/stop" and incident.evidence[-1].subject == f"loop {MAX_EVIDENCE + 29}"
    for k in range(MAX_STEPS + 30):
        incident = noted(incident, Step(there.now(), "centre", f"step {k}"))
    assert len(incident.history) == MAX_STEPS and incident.history[-1].what == f"step {MAX_STEPS + 29}"


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity_left": 1.2},
        {"capacity_left": float("nan")},
        {"lanes": (1, 1)},
        {"road": ""},
        {"state": IncidentState.CONFIRMED},
        {"state": IncidentState.CLEARED},
        {"cleared_utc_ms": 1},
        {"merged_into": "in-2"},
        {"began_utc_ms": 1 << 43},
    ],
)
def test_an_incident_that_cannot_be_does_not_exist(there: Place, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        replace(there.desk.found(finding(there)), **changes)  # type: ignore[arg-type]


def test_an_actor_of_another_role_reads_no_right_out_of_its_name(there: Place) -> None:
    viewer = Actor("olga", Role.VIEWER, None, there.now(), "s")
    with pytest.raises(ForbiddenError):
        there.desk.report(viewer, IncidentReport(IncidentKind.OTHER, "a"))
