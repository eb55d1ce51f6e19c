"""Cabinets that fall silent, alarms, faults, tickets and how long repairs take."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.alarms import AlarmState, Severity
from signal_ctrl.centre.cabinets import CABINETS, Place, cabinet_of, enrolled
from signal_ctrl.centre.fault_desk import FaultReport, faults
from signal_ctrl.centre.faults import FAULTS, KEPT_PER_CABINET, Facility, Fault
from signal_ctrl.centre.presence import Link, Presence
from signal_ctrl.centre.ticket_desk import all_repairs, tickets
from signal_ctrl.centre.tickets import TICKETS, Ticket, TicketState
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.domain.link.acknowledgement import AckState
from tests.signal_ctrl.centre.worlds import START_MS, World, site_text, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def report(here: World, cabinet: str = "c0", device: str = "d7", code: str = "stuck-on") -> FaultReport:
    return FaultReport(cabinet, Facility.DETECTOR, device, code, "always occupied", here.clock.utc_ms())


class TestPresence:
    @pytest.mark.parametrize("silent_s", range(1, 121))
    def test_silence(self, silent_s: int) -> None:
        presence = Presence()
        presence.heard("a", 0, 0, 1_000)
        presence.heard("b", 0, 0, 10_000)
        assert presence.link("a", silent_s * 1000) is (Link.OFFLINE if silent_s > 15 else Link.ONLINE)
        assert presence.link("b", silent_s * 1000) is (Link.OFFLINE if silent_s > 30 else Link.ONLINE)
        assert presence.link("c", silent_s * 1000) is Link.NEVER

    def test_an_alarm_from_silence_to_the_next_poll(self, here: World) -> None:
        here.acknowledge("c0", AckState.ACTIVE)
        for _ in range(10):
            here.centre.registry.heard("c0")
            here.passes(1_000)
        here.passes(14_000)
        assert not here.store.read(alarms)
        here.passes(1_000)
        (alarm,) = here.store.read(alarms)
        assert (alarm.kind, alarm.subject) == ("offline", "c0")
        here.passes(30_000)
        here.centre.registry.heard("c0")
        here.passes(1_000)
        assert not here.store.read(alarms)
        (alarm,) = here.store.read(lambda r: alarms(r, "all"))
        assert (alarm.state, alarm.cleared_why) == (AlarmState.CLEARED, "heard again")

    def test_a_wall_clock_set_forward_makes_nobody_silent(self, here: World) -> None:
        here.centre.registry.heard("c0")
        here.clock.set_wall_ms(START_MS + 3_600_000)
        here.passes(1_000)
        assert here.centre.registry.link("c0") is Link.ONLINE


class TestUnacknowledged:
    def test_an_alarm_from_30_s_without_an_answer_to_the_answer(self, here: World) -> None:
        here.acknowledge("c0", AckState.ACTIVE)
        override = here.issued()
        here.passes(30_000)
        assert not here.store.read(alarms)
        here.passes(1_000)
        (alarm,) = here.store.read(alarms)
        assert (alarm.kind, alarm.subject, alarm.times) == ("unacknowledged", "c0", 1)
        assert f"override {override.override_id}" in alarm.text
        here.centre.overrides.release(here.actor("olga"), override.override_id)
        here.passes(10_000)  # newer orders are not an answer
        assert here.store.read(alarms) == (alarm,)
        here.acknowledge("c0", AckState.RECEIVED)
        here.passes(1_000)
        assert not here.store.read(alarms)
        (over,) = here.store.read(lambda r: alarms(r, "all"))
        assert (over.state, over.cleared_why) == (AlarmState.CLEARED, "answered")
        here.issued()
        here.passes(31_000)
        assert [a.alarm_id == alarm.alarm_id for a in here.store.read(alarms)] == [False]

    def test_who_was_never_there_owes_no_answer_to_its_first_orders(self, here: World) -> None:
        here.passes(100_000)
        assert not here.store.read(alarms)
        here.centre.registry.heard("c1")
        here.passes(1_000)
        assert [a.subject for a in here.store.read(alarms)] == ["c1"]

    def test_a_restart_forgets_none(self, here: World) -> None:
        here.issued()
        here.passes(31_000)
        old = here.centre
        here.centre = type(old)(here.store, here.clock, old.desk.random, old.key)
        here.centre.start()
        here.passes(31_000)
        (alarm,) = here.store.read(alarms)
        assert alarm.times == 2
        here.acknowledge("c0", AckState.REJECTED, ("K9/site-hash",))
        here.passes(1_000)
        assert not here.store.read(alarms)

    def test_a_wall_clock_set_forward_raises_none(self, here: World) -> None:
        here.issued()
        here.clock.set_wall_ms(START_MS + 3_600_000)
        here.centre.registry.watch()
        assert not here.store.read(alarms)


class TestRegistry:
    def test_a_name_is_taken_once(self, here: World) -> None:
        with pytest.raises(ConflictError):
            here.centre.registry.enrol("root", "c0", site_text("c0"), Place("d0"))

    def test_only_an_administrator_moves_a_cabinet(self, here: World) -> None:
        with pytest.raises(ForbiddenError):
            here.centre.registry.move(here.actor("eve"), "c0", Place("d9"))
        here.centre.registry.move(here.actor("adam"), "c0", Place("d9", "", "Market Street", 8.5, 47.4))
        moved = here.store.read(lambda r: cabinet_of(r, "c0"))
        assert (moved.district, moved.corridor, moved.lon, moved.site) == ("d9", "", 8.5, site_text("c0"))

    @pytest.mark.parametrize(
        "place",
        [
            Place(""),
            Place("d0", "a b"),
            Place("d0", lon=8.5),
            Place("d0", lon=181.0, lat=0.0),
            Place("d0", words="x" * 201),
        ],
    )
    def test_a_place_that_cannot_be(self, place: Place) -> None:
        with pytest.raises(InvalidInputError):
            enrolled("c9", site_text("c9"), place, START_MS)

    def test_a_site_that_is_none(self) -> None:
        with pytest.raises(InvalidInputError, match="site document"):
            enrolled("c9", "{}", Place("d0"), START_MS)


class TestAlarms:
    def test_one_while_it_lasts(self, here: World) -> None:
        def raise_(t):
            return here.centre.alarms.raise_(t, "offline", "c0", Severity.WARNING, "silent")

        first, again = here.store.write(raise_), here.store.write(raise_)
        assert (again.alarm_id, again.times) == (first.alarm_id, 2)
        seen = here.centre.alarms.acknowledge(here.actor("olga"), first.alarm_id)
        assert (seen.state, seen.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "olga")
        with pytest.raises(ConflictError):
            here.centre.alarms.acknowledge(here.actor("sam"), first.alarm_id)
        assert here.store.write(raise_).times == 3
        here.store.write(lambda t: here.centre.alarms.clear(t, "offline", "c0", "heard"))
        assert here.store.write(lambda t: here.centre.alarms.clear(t, "offline", "c0", "heard")) is None
        assert here.store.write(raise_).alarm_id != first.alarm_id
        assert len(here.store.read(lambda r: alarms(r, "all", "c0"))) == 2
        assert len(here.store.read(lambda r: alarms(r, "cleared"))) == 1

    def test_by_hand(self, here: World) -> None:
        alarm = here.store.write(lambda t: here.centre.alarms.raise_(t, "x", "c0", Severity.NOTICE, "y"))
        with pytest.raises(ForbiddenError):
            here.centre.alarms.clear_by_hand(here.actor("viv"), alarm.alarm_id, "gone")
        cleared = here.centre.alarms.clear_by_hand(here.actor("olga"), alarm.alarm_id, "gone")
        assert cleared.cleared_why == "olga: gone"
        with pytest.raises(ConflictError):
            here.centre.alarms.clear_by_hand(here.actor("olga"), alarm.alarm_id, "gone")
        with pytest.raises(NotFoundError):
            here.centre.alarms.acknowledge(here.actor("olga"), "al-0")


class TestFaults:
    def test_a_fault_raises_an_alarm_and_opens_a_ticket_once(self, here: World) -> None:
        for _ in range(3):
            fault = here.store.write(lambda t: here.centre.faults.began(t, report(here)))
        assert here.store.read(lambda r: r.shelf(FAULTS).count()) == 1
        (ticket,) = here.store.read(tickets)
        assert (ticket.fault, fault.ticket) == (fault.fault_id, ticket.ticket_id)
        assert len(here.store.read(alarms)) == 1
        here.clock.pass_ms(60_000)
        over = here.store.write(lambda t: here.centre.faults.ended(t, report(here)))
        assert over is not None
        assert over.end_utc_ms == here.clock.utc_ms()
        assert not here.store.read(alarms)
        assert here.store.read(tickets)[0].state is TicketState.OPEN
        assert here.store.write(lambda t: here.centre.faults.ended(t, report(here))) is None
        again = here.store.write(lambda t: here.centre.faults.began(t, report(here)))
        assert (again.ticket, again.fault_id != fault.fault_id) == (ticket.ticket_id, True)

    @pytest.mark.slow
    def test_at_least_3000_stay_for_each_cabinet(self, here: World) -> None:
        begin_ms = here.clock.utc_ms()

        def many(t) -> None:
            opened = t.shelf(TICKETS)
            for k in range(4_100):
                end_ms = None if k == 3 else begin_ms + k
                t.shelf(FAULTS).add(Fault(f"fa-{k}", "c0", Facility.LAMP, "h1", "dark", "", begin_ms + k, end_ms))
            opened.put(Ticket("ti-7", Facility.LAMP, "c0", "h1", "dark", "centre", begin_ms, fault="fa-7"))

        here.store.write(lambda t: here.centre.faults.began(t, report(here, "c1")))
        here.store.write(many)
        here.clock.pass_ms(5_000)
        here.store.write(lambda t: here.centre.faults.began(t, report(here)))
        kept = [one.fault_id for one in here.store.read(lambda r: faults(r, "c0", limit=100_000))]
        assert kept[1:4_001] == [f"fa-{k}" for k in reversed(range(100, 4_100))]
        assert kept[4_001:] == ["fa-7", "fa-3"]  # a ticket names the one, the other lasts
        assert len(kept) - 3 >= KEPT_PER_CABINET
        assert len(here.store.read(lambda r: faults(r, "c1"))) == 1
        self._again(here)
        assert here.store.read(lambda r: r.shelf(FAULTS).count({"cabinet": "c0", "live": "no"})) == 4_002

    def _again(self, here: World) -> None:
        """Let 99 faults come and go, fewer than are waited for, then one more."""
        for k in range(100):
            here.clock.pass_ms(1)
            told = report(here, code=f"code-{k}")
            here.store.write(
                lambda t, told=told: (here.centre.faults.began(t, told), here.centre.faults.ended(t, told))
            )

    def test_they_are_found_by_what_they_are(self, here: World) -> None:
        here.store.write(lambda t: here.centre.faults.began(t, report(here)))
        lamp = replace(report(here), facility=Facility.LAMP)
        here.store.write(lambda t: here.centre.faults.began(t, lamp))
        here.store.write(lambda t: here.centre.faults.ended(t, lamp))
        assert [f.facility for f in here.store.read(lambda r: faults(r, facility="lamp"))] == [Facility.LAMP]
        assert [f.facility for f in here.store.read(lambda r: faults(r, live=True))] == [Facility.DETECTOR]


class TestTickets:
    def test_from_opening_to_closing(self, here: World) -> None:
        desk, olga = here.centre.tickets, here.actor("olga")
        with pytest.raises(NotFoundError):
            desk.open(olga, Facility.SIGN, "c9", "s1", "dark")
        ticket = desk.open(olga, Facility.SIGN, "c0", "s1", "dark")
        assigned = desk.assign(olga, ticket.ticket_id, "crew 3")
        assert (assigned.state, assigned.assigned_to) == (TicketState.ASSIGNED, "crew 3")
        here.clock.pass_ms(7_200_000)
        for note in ("", "  "):
            with pytest.raises(InvalidInputError, match="what was done"):
                desk.close(olga, ticket.ticket_id, note)
        closed = desk.close(olga, ticket.ticket_id, "lamp replaced")
        assert closed.repair_ms == 7_200_000
        for act in (lambda: desk.close(olga, ticket.ticket_id, "x"), lambda: desk.assign(olga, ticket.ticket_id, "y")):
            with pytest.raises(ConflictError, match="is closed"):
                act()
        done = [action for _, action, result in here.audit() if action.endswith("ticket") and "refused" not in result]
        assert done == ["open ticket", "assign ticket", "close ticket"]

    def test_mean_time_to_repair_of_each_kind(self, here: World) -> None:
        desk, olga = here.centre.tickets, here.actor("olga")
        for hours in (1, 3):
            ticket = desk.open(olga, Facility.LAMP, "c0", "h1", "dark")
            here.clock.pass_ms(hours * 3_600_000)
            desk.close(olga, ticket.ticket_id, "replaced")
        desk.open(olga, Facility.LAMP, "c0", "h2", "dark")
        found = {repairs.facility: repairs for repairs in here.store.read(all_repairs)}
        lamp, camera = found[Facility.LAMP], found[Facility.CAMERA]
        assert (lamp.open, lamp.closed, lamp.mean_time_to_repair_s) == (1, 2, 7_200.0)
        assert (camera.open, camera.closed, camera.mean_time_to_repair_s) == (0, 0, None)
        assert set(found) == set(Facility)

    def test_a_viewer_may_not(self, here: World) -> None:
        with pytest.raises(ForbiddenError):
            here.centre.tickets.open(here.actor("viv"), Facility.LAMP, "c0", "", "dark")
        assert here.store.read(lambda r: r.shelf(TICKETS).count()) == 0


def test_what_is_kept_is_what_was_written(here: World) -> None:
    assert here.store.read(lambda r: r.shelf(CABINETS).get("c0")).site == site_text("c0")
