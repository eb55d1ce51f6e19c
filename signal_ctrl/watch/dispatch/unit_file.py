"""The document of units: who there is, what districts keep, which stage lets a unit turn. TOML or JSON, strict."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from signal_ctrl.domain.documents import is_number
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields, read_table
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.watch.dispatch.assigning import Coverage
from signal_ctrl.watch.dispatch.units import DAYS, Shift, Unit, UnitKind

FORMAT: Final = "signal-ctrl units 1"
MOST_UNITS: Final = 10_000
_TIME: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TurnStage:
    """The stage of the signal at the end of a road that lets a unit go on to another road."""

    from_road: str
    to_road: str
    stage: str


@dataclass(frozen=True, slots=True)
class UnitsFile:
    """What a document of units says."""

    units: tuple[Unit, ...]
    coverage: tuple[Coverage, ...] = ()
    turns: tuple[TurnStage, ...] = ()


def units_from_text(text: str, source: str = "the document of units") -> UnitsFile:
    """Return what a document says. Raises: InvalidInputError that names the place."""
    table = Fields(read_table(text, source), source)
    if table.text("format") != FORMAT:
        raise InvalidInputError(f"{source}: 'format' is not '{FORMAT}'")
    units = _each(table, "unit", source, _unit)
    coverage = _each(table, "coverage", source, _coverage)
    turns = _each(table, "green", source, _turn)
    table.done()
    if not 1 <= len(units) <= MOST_UNITS:
        raise InvalidInputError(f"{source}: it has 1 to {MOST_UNITS} tables [[unit]], got {len(units)}")
    _once(source, "unit", [unit.unit for unit in units])
    _once(source, "device", [unit.device for unit in units if unit.device])
    _once(source, "vehicle", [unit.vehicle for unit in units if unit.vehicle])
    _once(source, "coverage of", [f"{rule.district}: {rule.kind.value}" for rule in coverage])
    _once(source, "turn", [f"{turn.from_road} to {turn.to_road}" for turn in turns])
    return UnitsFile(units, coverage, turns)


def place_of(value: Any, where: str) -> LonLat:
    """Return longitude and latitude. Raises: InvalidInputError."""
    if not isinstance(value, list) or len(value) != 2 or not all(map(is_number, value)):
        raise InvalidInputError(f"{where} has to be [longitude, latitude], got {value!r:.60}")
    return float(value[0]), float(value[1])


def kind_of(text: str, where: str) -> UnitKind:
    """Return a kind of unit. Raises: InvalidInputError."""
    try:
        return UnitKind(text)
    except ValueError:
        kinds = ", ".join(kind.value for kind in UnitKind)
        raise InvalidInputError(f"{where}: '{text}' is no kind of unit; there are {kinds}") from None


def _each(table: Fields, key: str, source: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
    found = []
    for number, item in enumerate(table.tables(key, []), 1):
        fields = Fields(item, f"{source}, {key} {number}")
        found.append(read(fields))
        fields.done()
    return tuple(found)


def _unit(fields: Fields) -> Unit:
    return Unit(
        unit=fields.text("name"),
        kind=kind_of(fields.text("kind"), fields.where),
        home=place_of(fields.get("home"), f"{fields.where}: 'home'"),
        district=fields.text("district", ""),
        skills=fields.names("skills", ()),
        equipment=fields.names("equipment", ()),
        shifts=tuple(_shift(Fields(item, f"{fields.where}, shift")) for item in fields.tables("shifts", [])),
        time_factor=fields.number("time_factor", 1.0),
        device=fields.text("device", ""),
        vehicle=fields.text("vehicle", ""),
    )


def _shift(fields: Fields) -> Shift:
    shift = Shift(
        fields.names("days", DAYS), _minute(fields, "from"), _minute(fields, "to"), fields.text("zone", "UTC")
    )
    fields.done()
    return shift


def _minute(fields: Fields, key: str) -> int:
    text = fields.text(key)
    found = _TIME.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= minute <= 24 * 60:
        raise InvalidInputError(f"{fields.where}: '{key}' has to be a time as 06:30, got '{text}'")
    return minute


def _coverage(fields: Fields) -> Coverage:
    kind = kind_of(fields.text("kind"), fields.where)
    return Coverage(fields.text("district"), kind, round(fields.number("least", 1, least=1)))


def _turn(fields: Fields) -> TurnStage:
    return TurnStage(fields.text("from"), fields.text("to"), fields.text("stage"))


def _once(source: str, kind: str, names: list[str]) -> None:
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise InvalidInputError(f"{source}: {kind} {twice} is there twice")
