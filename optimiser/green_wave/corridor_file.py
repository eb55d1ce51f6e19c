"""The corridor file: signals, links and streets of a user, without a simulation. See docs/plans-green-wave.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from optimiser.gap_acceptance import SATURATION_VEH_H
from optimiser.green_wave.arterial import PATTERNS, ArterialSignal, wave_signal
from optimiser.green_wave.network import (
    Clearance,
    Course,
    Green,
    StageOrder,
    Street,
    WaveLink,
    WaveNetwork,
    WaveSignal,
    WaveStop,
)
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import NEEDED, Fields, read_table
from signal_ctrl.domain.plan import CYCLE_DS
from signal_ctrl.domain.timing import to_s

FORMAT: Final = "signal-ctrl corridor 1"
KMH: Final = 3.6
FREE: Final = "free"
FIXED: Final = "fixed"


@dataclass(frozen=True, slots=True)
class CorridorWishes:
    """What the user asks for besides the file, None where the file decides. [s], [km/h]

    `patterns`: `free`, those that the file allows; `fixed`, the first one that it names; else names of left-turn
    orders. `any_ratio`: the bands of the two directions are free of each other. `power` is the exponent p of the weight
    (volume / saturation)^p of a link's band.
    """

    cycle_s: tuple[float, float] | None = None
    speed_kmh: tuple[float, float] | None = None
    ratio: float | None = None
    patterns: str = FREE
    power: float = 1.0
    any_ratio: bool = False


@dataclass(frozen=True, slots=True)
class FileSignal:
    """A signal of the file: the times of MAXBAND where it has them, and the signal for planning.

    `lines` holds the first of its two stop lines by street.
    """

    signal: WaveSignal
    arterial: ArterialSignal | None
    clearances: tuple[Clearance, Clearance]
    lines: Mapping[str, int]
    site: str


@dataclass(frozen=True, slots=True)
class CorridorFile:
    """A file that was read: the network to plan for, its signals, and the distances along each street. [m]"""

    name: str
    network: WaveNetwork
    signals: tuple[FileSignal, ...]


def corridor_from_text(text: str, wishes: CorridorWishes, source: str = "corridor file") -> CorridorFile:
    """Return the corridor of a TOML or JSON document.

    Raises: InvalidInputError with source, signal or link, and what is wrong.
    """
    fields = Fields(read_table(text, source), source)
    if fields.text("format") != FORMAT:
        raise InvalidInputError(f"{source}: 'format' has to be '{FORMAT}'")
    name = fields.text("name")
    cycle_s = wishes.cycle_s or fields.span("cycle_s", least=1.0)
    check_cycle_s(cycle_s, source)
    fields.get("cycle_s", None)
    speed_kmh = wishes.speed_kmh or (fields.span("speed_kmh") if fields.has("speed_kmh") else None)
    ratio = _ratio(fields, wishes, None)
    fields.get("speed_kmh", None)
    reader = _Reader(source, wishes, cycle_s, speed_kmh)
    signals = reader.signals(fields.tables("signals"))
    reader.links(fields.tables("links"))
    streets = reader.streets(fields.tables("streets", []), name, ratio)
    fields.done()
    network = WaveNetwork(tuple(each.signal for each in signals), streets, cycle_s)
    return CorridorFile(name, network, tuple(signals))


def check_cycle_s(span_s: tuple[float, float], where: str) -> None:
    """Check the shortest and the longest cycle. [s] Raises: InvalidInputError outside what plans may have (K9)."""
    low_s, high_s = (to_s(bound_ds) for bound_ds in CYCLE_DS)
    if not low_s <= span_s[0] <= span_s[1] <= high_s:
        got = f"{span_s[0]:g}" if span_s[0] == span_s[1] else f"{span_s[0]:g}-{span_s[1]:g}"
        raise InvalidInputError(f"{where}: cycles lie from {low_s:g} to {high_s:g} s, got {got} s")


def _ratio(fields: Fields, wishes: CorridorWishes, otherwise: float | None) -> float | None:
    value = fields.get("ratio", None)
    if wishes.any_ratio or wishes.ratio is not None:
        return wishes.ratio
    return otherwise if value is None else fields.number("ratio", least=0.0)


class _Reader:
    """Reads the parts of one file, which refer to each other."""

    def __init__(
        self,
        source: str,
        wishes: CorridorWishes,
        cycle_s: tuple[float, float],
        speed_kmh: tuple[float, float] | None,
    ) -> None:
        self._source = source
        self._wishes = wishes
        self._cycle_s = cycle_s
        self._speed_kmh = speed_kmh
        self._signals: dict[str, FileSignal] = {}
        self._links: dict[tuple[str, str], Fields] = {}
        self._used: set[tuple[str, str]] = set()

    def signals(self, tables: list[Any]) -> list[FileSignal]:
        for number, table in enumerate(tables, start=1):
            fields = Fields(table, f"{self._source}, signal {number}")
            name = fields.text("name")
            fields.where = f"{self._source}, signal {name}"
            if name in self._signals:
                raise InvalidInputError(f"{fields.where} occurs twice")
            self._signals[name] = self._crossing(fields, name) if fields.has("greens") else self._own(fields, name)
            fields.done()
        return list(self._signals.values())

    def links(self, tables: list[Any]) -> None:
        for number, table in enumerate(tables, start=1):
            fields = Fields(table, f"{self._source}, link {number}")
            ends = fields.text("from"), fields.text("to")
            fields.where = f"{self._source}, link {ends[0]} to {ends[1]}"
            self._known(fields, ends)
            if ends in self._links or ends[::-1] in self._links or ends[0] == ends[1]:
                raise InvalidInputError(
                    f"{fields.where} occurs twice or leads nowhere; one link serves both directions"
                )
            self._links[ends] = fields
        counted = [fields for fields in self._links.values() if fields.has("volume_veh_h")]
        if counted and len(counted) < len(self._links):
            bare = next(fields for fields in self._links.values() if not fields.has("volume_veh_h"))
            raise InvalidInputError(f"{bare.where}: 'volume_veh_h' is missing; give it for all links or for none")

    def streets(self, tables: list[Any], name: str, ratio: float | None) -> tuple[Street, ...]:
        if not tables:
            tables = [{"name": name, "signals": list(self._signals)}]
        found = []
        for number, table in enumerate(tables, start=1):
            fields = Fields(table, f"{self._source}, street {number}")
            fields.where = f"{self._source}, street {fields.text('name')}"
            found.append(self._street(fields, ratio))
            fields.done()
        unused = sorted(set(self._links) - self._used)
        if unused:
            raise InvalidInputError(f"{self._source}: link {unused[0][0]} to {unused[0][1]} belongs to no street")
        for fields in self._links.values():
            fields.done()
        return tuple(found)

    def _share(self, fields: Fields, key: str, *otherwise: float) -> float:
        """Return a time as a share of the cycle: given so, or as seconds of a fixed cycle."""
        seconds = f"{key}_s"
        if not fields.has(seconds):
            return fields.number(key, otherwise[0] if otherwise else NEEDED, least=0.0)
        if fields.has(key):
            raise InvalidInputError(f"{fields.where}: give '{key}' or '{seconds}', not both")
        if self._cycle_s[0] != self._cycle_s[1]:
            raise InvalidInputError(
                f"{fields.where}: '{seconds}' needs a fixed cycle; give '{key}', a share of the cycle"
            )
        return fields.number(seconds, least=0.0) / self._cycle_s[0]

    def _clearances(self, fields: Fields) -> tuple[Clearance, Clearance]:
        out_s = fields.number("clearance_s", 0.0, least=0.0)
        out = fields.number("clearance", 0.0, least=0.0)
        return Clearance(out, out_s), Clearance(
            fields.number("clearance_back", 0.0, least=0.0), fields.number("clearance_back_s", 0.0, least=0.0)
        )

    def _own(self, fields: Fields, name: str) -> FileSignal:
        """Read a signal that is given by its red and its left turns."""
        red = self._share(fields, "red")
        lefts = self._share(fields, "left", 0.0), self._share(fields, "left_back", 0.0)
        out, back = self._clearances(fields)
        patterns = self._patterns(fields)
        arterial = ArterialSignal(name, red, *lefts, patterns, out, back)
        return FileSignal(wave_signal(arterial), arterial, (out, back), {"": 0}, fields.text("site", ""))

    def _patterns(self, fields: Fields) -> tuple[str, ...]:
        allowed = fields.names("patterns", tuple(PATTERNS))
        wished = self._wishes.patterns
        if wished == FREE:
            return allowed
        if wished == FIXED:
            return allowed[:1]
        kept = tuple(name for name in wished.split(",") if name in allowed)
        if not kept:
            raise InvalidInputError(f"{fields.where}: none of the left-turn orders '{wished}' is allowed here")
        return kept

    def _crossing(self, fields: Fields, name: str) -> FileSignal:
        """Read a signal that is given by its greens, street by street."""
        table = fields.get("greens")
        if not isinstance(table, dict) or not table:
            raise InvalidInputError(f"{fields.where}: 'greens' has to give [start, length] for each street")
        greens: list[Green] = []
        lines: dict[str, int] = {}
        for street, value in table.items():
            lines[street] = len(greens)
            greens += self._greens(f"{fields.where}, greens of {street}", value)
        clearances = self._clearances(fields)
        signal = WaveSignal(name, (StageOrder("given", tuple(greens)),))
        return FileSignal(signal, None, clearances, lines, fields.text("site", ""))

    def _greens(self, where: str, value: Any) -> list[Green]:
        pairs = value if isinstance(value, list) and value and isinstance(value[0], list) else [value, value]
        if len(pairs) != 2:
            raise InvalidInputError(f"{where}: need [start, length], or two of them for the two directions")
        found = []
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise InvalidInputError(f"{where}: need [start, length] in shares of the cycle, got {pair!r}")
            fields = Fields({"start": pair[0], "length": pair[1]}, where)
            found.append(Green(fields.number("start"), fields.number("length")))
        return found

    def _known(self, fields: Fields, names: tuple[str, ...]) -> None:
        unknown = [name for name in names if name not in self._signals]
        if unknown:
            raise InvalidInputError(f"{fields.where}: there is no signal '{unknown[0]}'")

    def _street(self, fields: Fields, ratio: float | None) -> Street:
        name, names = fields.text("name"), fields.names("signals")
        self._known(fields, names)
        if len(names) < 2 or len(set(names)) != len(names):
            raise InvalidInputError(f"{fields.where}: needs two signals or more, each once")
        ratio = _ratio(fields, self._wishes, ratio)
        courses = [self._course(name, names, back=False)]
        if not fields.flag("one_way", False):
            courses.append(self._course(name, names[::-1], back=True))
        least_s = fields.number("least_band_s", 0.0, least=0.0), fields.number("least_band_back_s", 0.0, least=0.0)
        return Street(name, tuple(courses), ratio, fields.number("weight", 1.0, least=0.0), least_s)

    def _course(self, street: str, names: tuple[str, ...], back: bool) -> Course:
        place = {name: index for index, name in enumerate(self._signals)}
        stops = []
        for name in names:
            signal = self._signals[name]
            line = signal.lines.get(street, signal.lines.get(""))
            if line is None:
                raise InvalidInputError(f"{self._source}, signal {name}: no greens for street {street}")
            stops.append(WaveStop(place[name], line + back, signal.clearances[back]))
        pairs = list(pairwise(names))
        links = [self._link(street, a, b, back, onward=k + 1 < len(pairs)) for k, (a, b) in enumerate(pairs)]
        return Course(f"{street} {'back' if back else 'out'}", tuple(stops), tuple(links))

    def _link(self, street: str, tail: str, head: str, back: bool, onward: bool) -> WaveLink:
        ends = (tail, head) if (tail, head) in self._links else (head, tail)
        if ends not in self._links:
            raise InvalidInputError(f"{self._source}, street {street}: no link joins {tail} and {head}")
        self._used.add(ends)
        fields = self._links[ends]
        kmh = self._speed(fields, back)
        distance_m = fields.number("distance_m")
        if fields.has("distance_back_m") and back:
            distance_m = fields.number("distance_back_m")
        fields.get("distance_back_m", None)
        change_kmh = fields.get("speed_change_kmh", None)
        change = (
            None if change_kmh is None or not onward else _change(fields.number("speed_change_kmh", least=0.0), kmh)
        )
        weight = self._weight(fields, back)
        try:
            return WaveLink(distance_m, kmh[0] / KMH, kmh[1] / KMH, weight, change)
        except InvalidInputError as error:
            raise InvalidInputError(f"{fields.where}: {error}") from error

    def _speed(self, fields: Fields, back: bool) -> tuple[float, float]:
        own = fields.span("speed_kmh", self._speed_kmh) if self._speed_kmh else fields.span("speed_kmh")
        if back and fields.has("speed_back_kmh"):
            own = fields.span("speed_back_kmh")
        fields.get("speed_back_kmh", None)
        return self._wishes.speed_kmh or own

    def _weight(self, fields: Fields, back: bool) -> float:
        keys = [f"{key}_back_veh_h" if back else f"{key}_veh_h" for key in ("volume", "saturation")]
        for key in ("volume", "volume_back", "saturation", "saturation_back"):
            fields.get(f"{key}_veh_h", None)
        volume_veh_h = fields.get(keys[0], fields.get("volume_veh_h", None))
        if volume_veh_h is None:
            return 1.0
        saturation_veh_h = fields.number(keys[1], fields.get("saturation_veh_h", SATURATION_VEH_H))
        if saturation_veh_h <= 0:
            raise InvalidInputError(f"{fields.where}: saturation flow has to be above 0")
        return float((fields.number(keys[0], volume_veh_h, least=0.0) / saturation_veh_h) ** self._wishes.power)


def _change(change_kmh: float, kmh: tuple[float, float]) -> tuple[float, float]:
    """Return bounds of the change of 1 / speed that keep the change of speed within a bound. [km/h] to [s/m]

    |1/v' - 1/v| <= d / fastest^2 holds the change of speed below d as long as no speed is above the fastest.
    """
    if kmh[1] <= 0:
        return 0.0, 0.0
    bound = (change_kmh / KMH) / (kmh[1] / KMH) ** 2
    return -bound, bound
