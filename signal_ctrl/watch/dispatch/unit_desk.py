"""The units: imported, set in and out of service, where each says that it is; every act with its audit record."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Grant, Right, require
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.watch.dispatch.unit_file import MOST_UNITS, UnitsFile, units_from_text
from signal_ctrl.watch.dispatch.units import UNIT_NEXT, UNIT_POSITIONS, UNITS, Unit, UnitPosition, UnitState
from signal_ctrl.watch.observations import Position

AHEAD_MS: Final = 10_000
"""A position may be dated so far ahead of our clock. [ms] [P]"""
LATE_MS: Final = 24 * 3_600_000
"""A position that is older than this says nothing. [ms] [P]"""
GONE: Final = "it is not in the last import"


@dataclass(frozen=True, slots=True)
class UnitDocument:
    """A document of units as it was imported; the newest is in force. [ms]"""

    sha256: str
    document: str
    imported_utc_ms: int
    imported_by: str


UNIT_DOCUMENTS: Final = ShelfSpec(
    "unit_documents", UnitDocument, key=lambda d: d.sha256, at_utc_ms=lambda d: d.imported_utc_ms, columns={}
)


class UnitDesk:
    """Keeps units, and in memory where each of them is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._file: UnitsFile | None = None
        self._positions: dict[str, UnitPosition] = {}
        self._vehicles: dict[str, str] = {}

    def load(self) -> None:
        """Take up what was there before the start."""
        found, positions = self._desk.store.read(
            lambda r: (r.shelf(UNIT_DOCUMENTS).find(limit=1), r.shelf(UNIT_POSITIONS).find(limit=MOST_UNITS))
        )
        self._positions = {each.unit: each for each in positions}
        if found:
            self._in_force(units_from_text(found[0].document))

    @property
    def file(self) -> UnitsFile:
        """The document in force; without units before the first import."""
        return self._file or UnitsFile(())

    @property
    def positions(self) -> Mapping[str, UnitPosition]:
        """Where each unit said last that it was."""
        return self._positions

    def import_(self, actor: Actor, text: str) -> tuple[Unit, ...]:
        """Take in a document: new units are free, those that are known keep state and mission, others go out.

        Raises: ForbiddenError; InvalidInputError; ConflictError if a unit that is not in it is on a mission.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.DISPATCH, now_ms)
        if actor.district is not None:
            raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone; units are imported for all")
        file = units_from_text(text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()

        def work(t: Transaction) -> tuple[Unit, ...]:
            known = {unit.unit: unit for unit in units(t)}
            kept = tuple(_joined(unit, known.get(unit.unit), now_ms) for unit in file.units)
            names = {unit.unit for unit in kept}
            gone = tuple(_gone(unit, now_ms) for name, unit in known.items() if name not in names)
            t.shelf(UNITS).put_all((*kept, *gone))
            t.shelf(UNIT_DOCUMENTS).put(UnitDocument(sha256, text, now_ms, actor.login))
            result = f"{len(kept)} units, {len(gone)} out of service, document {sha256}"
            t.record(actor.login, "import units", "units", result, now_ms)
            return kept

        kept = self._desk.act(actor.login, "import units", "units", work)
        self._in_force(file)
        return kept

    def set_state(self, actor: Actor, name: str, state: UnitState, note: str = "") -> Unit:
        """Set a unit free, on its way back or out of service; states of a mission are set by the mission.

        Raises: ForbiddenError; NotFoundError; ConflictError if that does not follow, or it is on a mission.
        """
        now_ms = self._desk.now_ms()
        grant = require(actor, Right.REPORT_UNIT, now_ms)
        if state not in (UnitState.FREE, UnitState.RETURNING, UnitState.OUT_OF_SERVICE):
            raise InvalidInputError(f"'{state.value}' is a state of a mission: assign one, or report its status")

        def work(t: Transaction) -> Unit:
            unit = unit_of(t, name)
            own_unit(actor, grant, unit)
            if unit.state.busy:
                raise ConflictError(f"unit {name} is on mission {unit.mission}; close it or take the unit off it")
            return self.kept(t, moved(unit, state, now_ms, note=note), actor.login, note or state.value)

        return self._desk.act(actor.login, "set unit", f"unit {name}", work)

    def kept(self, t: Transaction, unit: Unit, who: str, result: str) -> Unit:
        """Put a unit on the shelf with its audit record, as part of an act."""
        t.shelf(UNITS).put(unit)
        t.record(who, "set unit", f"unit {unit.unit}", f"{unit.state.value}: {result}", self._desk.now_ms())
        return unit

    def report(self, actor: Actor, position: UnitPosition) -> UnitPosition:
        """Take where a unit says that it is: from its own device, or from whoever keeps units, by hand.

        Raises: ForbiddenError; NotFoundError; InvalidInputError for a time that cannot be.
        """
        now_ms = self._desk.now_ms()
        grant = require(actor, Right.REPORT_UNIT, now_ms)
        if not now_ms - LATE_MS <= position.utc_ms <= now_ms + AHEAD_MS:
            raise InvalidInputError("the time of a position is at most 10 s ahead and at most a day ago")
        own_unit(actor, grant, self._desk.store.read(lambda r: unit_of(r, position.unit)))
        self._take([position])
        return self._positions[position.unit]

    def seen(self, found: Iterable[Position]) -> int:
        """Take positions from feeds; those of vehicles that are no units are left alone. Return how many were taken."""
        now_ms = self._desk.now_ms()
        reports = [
            UnitPosition(self._vehicles[each.vehicle], each.lon, each.lat, each.utc_ms, "feed", each.heading_deg)
            for each in found
            if each.vehicle in self._vehicles and now_ms - LATE_MS <= each.utc_ms <= now_ms + AHEAD_MS
        ]
        return self._take(reports)

    def _take(self, reports: Sequence[UnitPosition]) -> int:
        """Keep what is younger than what is known; late and double reports change nothing."""
        newest: dict[str, UnitPosition] = {}
        for report in reports:
            known = newest.get(report.unit) or self._positions.get(report.unit)
            if known is None or report.utc_ms > known.utc_ms:
                newest[report.unit] = report
        if newest:
            self._desk.store.write(lambda t: t.shelf(UNIT_POSITIONS).put_all(newest.values()))
            self._positions.update(newest)
        return len(newest)

    def _in_force(self, file: UnitsFile) -> None:
        self._file = file
        self._vehicles = {unit.vehicle: unit.unit for unit in file.units if unit.vehicle}


def own_unit(actor: Actor, grant: Grant, unit: Unit) -> None:
    """Check that an actor may report for a unit: its own device may, and whoever keeps units in its district.

    Raises: NotFoundError otherwise, so that no crew learns which others there are; ForbiddenError.
    """
    if grant is Grant.OWN and unit.device != actor.login:
        raise NotFoundError(f"there is no unit {unit.unit} that is yours")
    if unit.district and not actor.reaches(unit.district):
        raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone, not in {unit.district}")


def moved(unit: Unit, state: UnitState, now_ms: int, mission: str = "", note: str = "") -> Unit:
    """Return a unit in another state. [ms] Raises: ConflictError if that does not follow from the one it has."""
    if state is not unit.state and state not in UNIT_NEXT[unit.state]:
        raise ConflictError(f"unit {unit.unit} is {unit.state.value}; from there it cannot be {state.value}")
    return replace(unit, state=state, mission=mission, since_utc_ms=now_ms, note=note)


def unit_of(reading: Reading, name: str) -> Unit:
    """Return a unit. Raises: NotFoundError."""
    unit = reading.shelf(UNITS).get(name)
    if unit is None:
        raise NotFoundError(f"there is no unit {name}")
    return unit


def units(reading: Reading, kind: str = "", state: str = "", district: str = "") -> tuple[Unit, ...]:
    """Return units by name; only those of a kind, a state, a district if given."""
    where = {name: value for name, value in (("kind", kind), ("state", state), ("district", district)) if value}
    return tuple(sorted(reading.shelf(UNITS).find(where, limit=MOST_UNITS), key=lambda unit: unit.unit))


def _joined(new: Unit, known: Unit | None, now_ms: int) -> Unit:
    """Return a unit as the document has it, in the state that it is in; one that was out for being gone is free."""
    if known is None or known.note == GONE:
        return replace(new, since_utc_ms=now_ms)
    return replace(new, state=known.state, mission=known.mission, since_utc_ms=known.since_utc_ms, note=known.note)


def _gone(unit: Unit, now_ms: int) -> Unit:
    if unit.state.busy:
        raise ConflictError(f"unit {unit.unit} is on mission {unit.mission} and not in the document; close that first")
    if unit.state is UnitState.OUT_OF_SERVICE:
        return replace(unit, note=GONE)
    return moved(unit, UnitState.OUT_OF_SERVICE, now_ms, note=GONE)
