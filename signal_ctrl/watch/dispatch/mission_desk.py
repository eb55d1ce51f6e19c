"""The missions: opened, proposed, assigned, followed to their close; each act with its audit record in one commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Grant, Right, require
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.override_values import Override
from signal_ctrl.centre.overrides import OverrideDesk
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.ticket_desk import TicketDesk, ticket_of
from signal_ctrl.centre.tickets import TicketState
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.watch.dispatch.assigning import Candidate, Task, assign
from signal_ctrl.watch.dispatch.missions import (
    MISSION_NEXT,
    MISSIONS,
    Arrival,
    Mission,
    MissionState,
    Need,
    Step,
)
from signal_ctrl.watch.dispatch.ranking import Ranking, Town, rank, unsuitable
from signal_ctrl.watch.dispatch.unit_desk import UnitDesk, moved, own_unit, unit_of, units
from signal_ctrl.watch.dispatch.units import Unit, UnitState

MOST_OPEN: Final = 1_000
LIVE: Final = tuple(state.value for state in MissionState if state.live)
UNIT_STATE: Final = {
    MissionState.ASSIGNED: UnitState.ASSIGNED,
    MissionState.EN_ROUTE: UnitState.EN_ROUTE,
    MissionState.ON_SCENE: UnitState.ON_SCENE,
}
"""What a unit is while its mission is that; after every other state it is on its way back."""
_Change = Callable[[Transaction, Mission, int], Mission]


@dataclass(frozen=True, slots=True)
class MissionWish:
    """What has to be done where. `road` may be left out: it is the nearest one."""

    need: Need
    place: LonLat
    text: str
    priority: int = 3
    road: str = ""
    incident: str = ""
    ticket: str = ""
    response: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A mission, the unit that is proposed for it, and its arrival."""

    mission: str
    unit: str
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Deal:
    """Who should go where of all open missions: pairs, missions that wait on, districts that are left uncovered."""

    pairs: tuple[Pair, ...]
    waiting: tuple[str, ...]
    uncovered: tuple[str, ...]
    times: str


IncidentCheck = Callable[[Reading, str], object]
"""Raises NotFoundError for an incident that is not there."""


class MissionDesk:
    """Keeps missions, and says who is nearest."""

    def __init__(
        self,
        desk: Desk,
        unit_desk: UnitDesk,
        town: Callable[[], Town],
        tickets: TicketDesk,
        overrides: OverrideDesk,
        incident: IncidentCheck,
    ) -> None:
        """Args: town, the roads with the travel times of now; it raises NotFoundError where there are none."""
        self._desk = desk
        self._units = unit_desk
        self._town = town
        self._tickets = tickets
        self._overrides = overrides
        self._incident = incident

    def open(self, actor: Actor, wish: MissionWish) -> Mission:
        """Open a mission.

        Raises: ForbiddenError; NotFoundError for an incident, ticket or road that is not there; InvalidInputError for a
            place that no road is near.
        """
        require(actor, Right.DISPATCH, self._desk.now_ms())
        mission = self.planned(wish, actor.login)
        _reaches(actor, mission)

        def work(t: Transaction) -> Mission:
            return self.open_within(t, mission)

        return self._desk.act(actor.login, "open mission", f"mission {mission.mission_id}", work)

    def planned(self, wish: MissionWish, who: str) -> Mission:
        """Return a mission that is kept nowhere yet, with its id, road and district."""
        town, now_ms = self._town(), self._desk.now_ms()
        places = town.places(wish.place, wish.road)
        if not places:
            raise InvalidInputError("no road is near the place of the mission; give longitude and latitude of WGS 84")
        road = town.network.roads[places[0].road]
        return Mission(
            mission_id=self._desk.new_id("mi"),
            need=wish.need,
            place=wish.place,
            text=wish.text,
            opened_by=who,
            opened_utc_ms=now_ms,
            priority=wish.priority,
            road=wish.road,
            district=road.district,
            incident=wish.incident,
            ticket=wish.ticket,
            response=wish.response,
            history=(Step(now_ms, MissionState.OPEN, who, f"at road {road.road}"),),
        )

    def open_within(self, t: Transaction, mission: Mission) -> Mission:
        """Open a planned mission as part of another act. Raises: NotFoundError; ConflictError for a closed ticket."""
        if mission.incident:
            self._incident(t, mission.incident)
        if mission.ticket and ticket_of(t, mission.ticket).state is TicketState.CLOSED:
            raise ConflictError(f"ticket {mission.ticket} is closed; open a new one")
        what = f"{', '.join(kind.value for kind in mission.need.kinds)}, priority {mission.priority}"
        return self._kept(t, mission, mission.opened_by, "open mission", what)

    def propose(self, mission_id: str, most: int = 10) -> Ranking:
        """Return who could go, the first to arrive first. Raises: NotFoundError; ConflictError if it is over."""
        mission, every = self._desk.store.read(lambda r: (mission_of(r, mission_id), units(r)))
        if not mission.state.live:
            raise ConflictError(f"mission {mission_id} is {mission.state.value}")
        return self._ranked(self._town(), mission, every, most)

    def deal(self) -> Deal:
        """Return who should go where of all open missions, urgent ones first, districts covered."""
        every, open_ = self._desk.store.read(lambda r: (units(r), missions(r, MissionState.OPEN.value, MOST_OPEN)))
        town, now_ms = self._town(), self._desk.now_ms()
        ranked = {mission.mission_id: self._ranked(town, mission, every, len(every)) for mission in open_}
        best = {(m, arrival.unit): arrival for m, ranking in ranked.items() for arrival in ranking.arrivals}
        tasks = [
            Task(m.mission_id, m.priority, {a.unit: a.travel_s for a in ranked[m.mission_id].arrivals}) for m in open_
        ]
        done = assign(self._candidates(town, every, now_ms), tasks, self._units.file.coverage)
        pairs = tuple(Pair(mission, unit, best[mission, unit]) for mission, unit in done.pairs)
        return Deal(pairs, done.waiting, done.uncovered, town.source)

    def assign(self, actor: Actor, mission_id: str, unit: str = "") -> Mission:
        """Send a unit, the first to arrive where none is named.

        Raises: ForbiddenError; NotFoundError; ConflictError if the mission has a unit, or the unit is not available or
            not suitable, or nobody is.
        """
        require(actor, Right.DISPATCH, self._desk.now_ms())
        arrivals = {each.unit: each for each in self.propose(mission_id, 10_000).arrivals}
        name = unit or next(iter(arrivals), "")
        if not name:
            raise ConflictError(f"nobody is suitable and free for mission {mission_id}")

        def work(t: Transaction) -> Mission:
            return self._sent(t, actor, mission_id, name, arrivals.get(name))

        return self._desk.act(actor.login, "assign mission", f"mission {mission_id}", work)

    def assign_all(self, actor: Actor, pairs: Sequence[tuple[str, str]]) -> tuple[Mission, ...]:
        """Send several units as one act, all or none. Raises: as `assign`."""
        require(actor, Right.DISPATCH, self._desk.now_ms())
        if len({m for m, _ in pairs}) != len(pairs) or len({u for _, u in pairs}) != len(pairs):
            raise InvalidInputError("each mission and each unit is named once")
        found = {m: {a.unit: a for a in self.propose(m, 10_000).arrivals} for m, _ in pairs}

        def work(t: Transaction) -> tuple[Mission, ...]:
            return tuple(self._sent(t, actor, m, u, found[m].get(u)) for m, u in pairs)

        return self._desk.act(actor.login, "assign missions", f"{len(pairs)} missions", work)

    def status(self, actor: Actor, mission_id: str, state: MissionState, text: str = "") -> Mission:
        """Say that the unit is on its way or there: its crew may, and whoever dispatches. `OPEN` takes the unit off.

        Green routes of the mission end when the unit is there, or is taken off.
        Raises: ForbiddenError; NotFoundError; ConflictError if that does not follow.
        """
        if state not in (MissionState.EN_ROUTE, MissionState.ON_SCENE, MissionState.OPEN):
            raise InvalidInputError("a status is 'en route', 'on scene' or 'open'; 'close' and 'cancel' are acts")

        def change(_: Transaction, mission: Mission, now_ms: int) -> Mission:
            step = Step(now_ms, state, actor.login, text[:500])
            unit = "" if state is MissionState.OPEN else mission.unit
            arrived_ms = now_ms if state is MissionState.ON_SCENE else mission.arrived_utc_ms
            return stepped(mission, step, unit=unit, arrived_utc_ms=arrived_ms)

        right = Right.DISPATCH if state is MissionState.OPEN else Right.REPORT_UNIT
        return self._changed(actor, right, mission_id, "status of mission", change)

    def close(self, actor: Actor, mission_id: str, note: str, ticket_too: bool = False) -> Mission:
        """Close a mission with what was done, its ticket too if wished. Raises: as `status`; InvalidInputError."""

        def change(t: Transaction, mission: Mission, now_ms: int) -> Mission:
            if not note.strip():
                raise InvalidInputError(f"mission {mission_id}: who closes it writes what was done")
            if ticket_too:
                require(actor, Right.HANDLE_ALARMS, now_ms)
                self._tickets.close_within(t, actor, mission.ticket, note)
            step = Step(now_ms, MissionState.CLOSED, actor.login, note.strip()[:500])
            return stepped(mission, step, note=note.strip(), closed_utc_ms=now_ms)

        return self._changed(actor, Right.REPORT_UNIT, mission_id, "close mission", change)

    def cancel(self, actor: Actor, mission_id: str, why: str) -> Mission:
        """Call a mission off. Raises: as `status`."""

        def change(_: Transaction, mission: Mission, now_ms: int) -> Mission:
            step = Step(now_ms, MissionState.CANCELLED, actor.login, why.strip()[:500])
            return stepped(mission, step, note=why.strip(), closed_utc_ms=now_ms)

        return self._changed(actor, Right.DISPATCH, mission_id, "cancel mission", change)

    def call_off_within(self, t: Transaction, mission_ids: Sequence[str], who: str, why: str) -> tuple[str, ...]:
        """Call off, as part of another act, those missions that nobody has been sent to; return their names."""
        now_ms, found = self._desk.now_ms(), t.shelf(MISSIONS).several(mission_ids).values()
        waiting = [mission for mission in found if mission.state is MissionState.OPEN]
        for mission in waiting:
            step = Step(now_ms, MissionState.CANCELLED, who, why)
            self._kept(t, stepped(mission, step, note=why, closed_utc_ms=now_ms), who, "cancel mission", why)
        return tuple(mission.mission_id for mission in waiting)

    def _ranked(self, town: Town, mission: Mission, every: Sequence[Unit], most: int) -> Ranking:
        places = town.places(mission.place, mission.road)
        return rank(town, every, self._units.positions, mission.need, places, self._desk.now_ms(), most)

    def _candidates(self, town: Town, every: Sequence[Unit], now_ms: int) -> list[Candidate]:
        """Return who is available, with the district where each is; at home where that is unknown."""
        there = [unit for unit in every if unit.state.available and unit.is_manned(now_ms)]
        found = []
        for one in town.stand(there, self._units.positions, now_ms):
            district = town.network.roads[one.places[0].road].district if one.places else ""
            found.append(Candidate(one.unit.unit, one.unit.kind, district or one.unit.district))
        return found

    def _sent(self, t: Transaction, actor: Actor, mission_id: str, name: str, arrival: Arrival | None) -> Mission:
        now_ms, mission, unit = self._desk.now_ms(), mission_of(t, mission_id), unit_of(t, name)
        _reaches(actor, mission)
        why = unsuitable(unit, mission.need, now_ms)
        if why or arrival is None:
            raise ConflictError(f"unit {name} cannot go: {why or 'no way there, or it was not available just now'}")
        step = Step(now_ms, MissionState.ASSIGNED, actor.login, f"unit {name}")
        sent = stepped(mission, step, unit=name, arrival=arrival, assigned_utc_ms=now_ms)
        if mission.ticket:
            self._tickets.assign_within(t, actor, mission.ticket, name)
        self._units.kept(t, moved(unit, UnitState.ASSIGNED, now_ms, mission_id), actor.login, mission_id)
        return self._kept(t, sent, actor.login, "assign mission", f"unit {name}, {arrival.travel_s:.0f} s")

    def _changed(self, actor: Actor, right: Right, mission_id: str, action: str, change: _Change) -> Mission:
        now_ms = self._desk.now_ms()
        grant = require(actor, right, now_ms)

        def work(t: Transaction) -> tuple[Mission, tuple[Override, ...], list[Delivery]]:
            before = mission_of(t, mission_id)
            self._may(t, actor, grant, before)
            after = self._kept(t, change(t, before, now_ms), actor.login, action)
            if before.unit:
                self._follow(t, before, after, actor.login, now_ms)
            ends = after.state not in (MissionState.ASSIGNED, MissionState.EN_ROUTE)
            return after, *self._overrides.end_within(t, self.green_routes(mission_id) if ends else (), actor.login)

        mission, ended, made = self._desk.act(actor.login, action, f"mission {mission_id}", work)
        self._overrides.take_up(ended, made)
        return mission

    def _follow(self, t: Transaction, before: Mission, after: Mission, who: str, now_ms: int) -> None:
        """Let the unit of a mission be what the mission says: on it, or on its way back."""
        unit, state = unit_of(t, before.unit), UNIT_STATE.get(after.state)
        if state is None:
            self._units.kept(t, moved(unit, UnitState.RETURNING, now_ms), who, f"off {after.mission_id}")
        else:
            self._units.kept(t, moved(unit, state, now_ms, after.mission_id), who, after.mission_id)

    def green_routes(self, mission_id: str) -> tuple[str, ...]:
        """Return the live overrides that were issued for a mission: its name is their case."""
        return tuple(o.override_id for o in self._overrides.live() if o.document.case == mission_id)

    def _may(self, t: Reading, actor: Actor, grant: Grant, mission: Mission) -> None:
        if grant is Grant.OWN:
            if not mission.unit:
                raise NotFoundError(f"there is no mission {mission.mission_id} of yours")
            own_unit(actor, grant, unit_of(t, mission.unit))
        _reaches(actor, mission)

    def _kept(self, t: Transaction, mission: Mission, who: str, action: str, result: str = "") -> Mission:
        t.shelf(MISSIONS).put(mission)
        text = f"{mission.state.value}{': ' if result else ''}{result}"
        t.record(who, action, f"mission {mission.mission_id}", text[:500], self._desk.now_ms())
        return mission


def mission_of(reading: Reading, mission_id: str) -> Mission:
    """Return a mission. Raises: NotFoundError."""
    mission = reading.shelf(MISSIONS).get(mission_id)
    if mission is None:
        raise NotFoundError(f"there is no mission {mission_id}")
    return mission


def missions(reading: Reading, state: str = "live", limit: int = 200, **links: str) -> tuple[Mission, ...]:
    """Return missions, the youngest first.

    Args: state, `live`, `all`, or one of `MissionState`; links, `incident`, `ticket`, `response` or `unit` if given.
    """
    where: dict[str, str | tuple[str, ...]] = {name: value for name, value in links.items() if value}
    if state != "all":
        where["state"] = LIVE if state == "live" else MissionState(state).value
    return reading.shelf(MISSIONS).find(where, limit=limit)


def stepped(mission: Mission, step: Step, **changes: Any) -> Mission:
    """Return a mission in the state of its next step. Raises: ConflictError if that does not follow."""
    if step.state not in MISSION_NEXT[mission.state]:
        raise ConflictError(
            f"mission {mission.mission_id} is {mission.state.value}; from there it cannot be {step.state.value}"
        )
    return replace(mission, state=step.state, history=(*mission.history, step), **changes)


def _reaches(actor: Actor, mission: Mission) -> None:
    if mission.district and not actor.reaches(mission.district):
        raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone, not in {mission.district}")
