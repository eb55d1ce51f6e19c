"""What moves through the city, as it is recorded: buses, units, and special vehicles with their corridors.

Everything here is another value at each look, so each kind has its pace, and places its grain: recorded as told, a
few hundred devices would be most of what is kept.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from signal_ctrl.domain.roads import Plane
from signal_ctrl.watch.buses.desk import BusStatus, LineStatus
from signal_ctrl.watch.dispatch.units import UnitPosition
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.corridor_view import recorded_corridor

BUSES_MS: Final = 10_000
"""Buses and units are looked at so often. [ms]"""
CORRIDORS_MS: Final = 2_000
"""Corridors are looked at so often, as whoever looks at them live asks for them. [ms]"""
MOVED_M: Final = 10.0
"""A unit that has moved less is recorded where it was. [m]"""
AGAIN_MS: Final = 60_000
"""A unit that stands is recorded again after so long, so that the age of its report is right to a minute. [ms]"""
_DEGREES: Final = 6
"""Digits of a place: a tenth of a metre."""

Topic = Mapping[str, Any]
Dump = Callable[[Iterable[Any]], dict[str, Any]]


def dumper(kind: Any, key: str) -> Dump:
    """Return what turns values of a kind into rows of JSON by the field that names them."""
    adapter = TypeAdapter(list[kind])

    def dumped(values: Iterable[Any]) -> dict[str, Any]:
        return {row[key]: row for row in adapter.dump_python(list(values), mode="json")}

    return dumped


_BUSES: Final = dumper(BusStatus, "vehicle")
_LINES: Final = dumper(LineStatus, "line")


class MovingLook:
    """Looks at what moves; called by one thread, once a second."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._seen: dict[str, Topic] = {}
        self._seen_mono_ms: int | None = None
        self._corridors: Topic = {}
        self._corridors_mono_ms: int | None = None

    def __call__(self) -> dict[str, Topic]:
        """Return the topics `buses`, `bus_lines`, `unit_places` and `corridors`."""
        mono_ms = self._watch.desk.clock.mono_ms()
        if self._seen_mono_ms is None or mono_ms - self._seen_mono_ms >= BUSES_MS:
            self._seen_mono_ms = mono_ms
            self._seen = {**self._buses(), "unit_places": self._places()}
        if self._corridors_mono_ms is None or mono_ms - self._corridors_mono_ms >= CORRIDORS_MS:
            self._corridors_mono_ms = mono_ms
            desk = self._watch.special.corridors
            self._corridors = {one.corridor: recorded_corridor(desk, one, mono_ms) for one in desk.live()}
        return {**self._seen, "corridors": self._corridors}

    def _buses(self) -> dict[str, Topic]:
        """Return buses and their lines in whole seconds and metres; `heard_s` would be another one at each look."""
        desk = self._watch.buses
        return {
            "buses": {name: {**_whole(row), "heard_s": 0} for name, row in _BUSES(desk.buses("")).items()},
            "bus_lines": {name: _whole(row) for name, row in _LINES(desk.lines()).items()},
        }

    def _places(self) -> Topic:
        """Return where each unit is: `lon`, `lat`, `utc_ms` of its report, and its source."""
        known = self._seen.get("unit_places", {})
        return {
            name: row if (row := known.get(name)) is not None and _stands(row, at) else _place(at)
            for name, at in dict(self._watch.dispatch.units.positions).items()
        }


def _place(at: UnitPosition) -> dict[str, Any]:
    return {"lon": round(at.lon, _DEGREES), "lat": round(at.lat, _DEGREES), "utc_ms": at.utc_ms, "source": at.source}


def _stands(row: Mapping[str, Any], at: UnitPosition) -> bool:
    """Tell whether a unit is where it was recorded, and that is not long ago."""
    is_near = math.hypot(*Plane((row["lon"], row["lat"])).metres((at.lon, at.lat))) < MOVED_M
    return is_near and 0 <= at.utc_ms - row["utc_ms"] < AGAIN_MS


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with times and speeds in whole numbers."""
    return {
        name: round(value) if isinstance(value, float) and name.endswith(("_s", "_mps")) else value
        for name, value in row.items()
    }
