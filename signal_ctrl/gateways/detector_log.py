"""Logs of detectors as their owners have them, read from CSV: events, bins of counts, hi-res events of a controller.

The header tells which. Names of columns are taken as people write them: `Event Code`, `eventcode` and `code` are one.
Times are those of the log's own clock: ISO 8601, seconds, or tenths of a second (`time_ds`).
"""

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.health.faults import Numbers
from detectors.health.review import Calendar, Edge
from signal_ctrl.domain.csv_rows import Row, check_commas, csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.whole_file import read_whole

Name = tuple[str, str]
"""Controller and detector, as the log calls them."""
ALIASES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("time", "timestamp", "datetime", "times", "begin", "begins", "start", "starttime"), "time"),
    "timeds": "time_ds",
    **dict.fromkeys(
        ("device", "deviceid", "signal", "signalid", "controller", "controllerid", "intersection", "intersectionid"),
        "device",
    ),
    **dict.fromkeys(("detector", "detectorid", "channel", "loop", "loopid"), "detector"),
    **dict.fromkeys(("state", "on"), "state"),
    **dict.fromkeys(("code", "event", "eventcode", "eventid", "eventcodeid"), "code"),
    **dict.fromkeys(("parameter", "param", "eventparam", "eventparameter"), "parameter"),
    **dict.fromkeys(("count", "volume", "vehicles", "counts"), "count"),
    "occupancy": "occupancy",
    **dict.fromkeys(("occupancypercent", "occupancypct", "occpct"), "occupancy_percent"),
    "occupancyntcip": "occupancy_ntcip",
    **dict.fromkeys(("validfraction", "valid"), "valid_fraction"),
    **dict.fromkeys(("arrived", "arrival", "received", "arriveds"), "arrived"),
    **dict.fromkeys(("periods", "period", "lengths"), "period_s"),
}
"""Column by its name in small letters and digits alone; `time_s` becomes `times`."""
STATES: Final = {"on": 1, "1": 1, "true": 1, "off": 0, "0": 0, "false": 0}
OFF, ON, RESTORED = 81, 82, 83
FAULT_CODES: Final = range(84, 89)
ONE_DEVICE: Final = "1"
LONGEST_LEAP_S: Final = 26 * 3600.0
PERIODS_S: Final = (20.0, 3600.0)
NTCIP_FAULTS: Final = range(210, 256)
EPOCH: Final = dt.datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Counts of detectors in slots of one length [s]. begins_s (n_slots,); others (n_slots, n_detectors), NaN: not
    known: count [veh], occupancy (0-1), valid (0-1); code, of a fault, 0 for none.
    """

    begins_s: Numbers
    length_s: float
    count: Numbers
    occupancy: Numbers
    valid: Numbers
    code: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class DetectorLog:
    """What a log holds: its detectors, and either edges in the order of the file or bins."""

    names: tuple[Name, ...]
    calendar: Calendar
    edges: tuple[Edge, ...] = ()
    bins: Bins | None = None


def read_log(path: Path) -> DetectorLog:
    """Return what a CSV file holds. Raises: InvalidInputError with file and line if it is no log of detectors."""
    return log_of_csv(read_whole(path, "log"), str(path))


def log_of_csv(text: str, source: str) -> DetectorLog:
    """Return the log of a CSV document. Raises: InvalidInputError with source and line."""
    text, columns = _with_known_names(text, source)
    if "time" in columns and "time_ds" in columns:
        raise InvalidInputError(f"{source}: the header has time and time_ds; leave one of them out")
    if {"code", "parameter"} <= columns:
        return _edges_log(_hi_res(text, source, columns), source)
    if "state" in columns:
        return _edges_log(_events(text, source, columns), source)
    if "count" in columns:
        return _bins_log(text, source, columns)
    raise InvalidInputError(
        f"{source}: the header tells no kind of log; it needs time, detector, state (events), or time, detector, count "
        "(bins), or time, code, parameter (hi-res events)"
    )


def _with_known_names(text: str, source: str) -> tuple[str, frozenset[str]]:
    """Return a document with the names of its columns as they are called here, and those that are known."""
    head, newline, rest = text.lstrip("\ufeff").partition("\n")
    check_commas(head, source)
    names = next(csv.reader(io.StringIO(head)), [])
    if not names:
        raise InvalidInputError(f"{source} is empty; it needs a header and a line an event or a bin")
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
    known = [ALIASES.get(word, f"other {k}") for k, word in enumerate(plain)]
    return ",".join(known) + newline + rest, frozenset(known) & frozenset(ALIASES.values())


class _Clock:
    """Reads the times of one document; all of them are of one form."""

    def __init__(self, columns: frozenset[str]) -> None:
        self.column = "time_ds" if "time_ds" in columns else "time"
        self.dated: bool | None = None

    def read(self, row: Row, where: str, column: str = "") -> float:
        """Return a time. [s] Raises: InvalidInputError that says where."""
        text = (row[column or self.column] or "").strip()
        if self.column == "time_ds" and not column:
            return csv_number(row, "time_ds", where) / 10
        try:
            value, dated = float(text), False
        except ValueError:
            value, dated = self._instant(text, where), True
        if not math.isfinite(value):
            raise InvalidInputError(f"{where}: time is '{text}', not a time")
        if self.dated is None:
            self.dated = dated
        if dated is not self.dated:
            raise InvalidInputError(f"{where}: time '{text}' is of another form than those before")
        return value

    @staticmethod
    def _instant(text: str, where: str) -> float:
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            raise InvalidInputError(f"{where}: time is '{text}'; write 2026-03-02 07:00:00.1, or seconds") from None
        return (moment.replace(tzinfo=None) - EPOCH).total_seconds()


Said = tuple[int, Name, float, int, float]
"""Line, detector, time [s], what was said (as in `Edge`), and time of arrival [s]."""


def _hi_res(text: str, source: str, columns: frozenset[str]) -> Iterator[tuple[Said, bool]]:
    clock = _Clock(columns)
    for line, row in csv_rows(text, source, [clock.column, "code", "parameter"], ("device", "arrived")):
        where = f"{source}, line {line}"
        code, channel = csv_number(row, "code", where), csv_number(row, "parameter", where)
        if code != int(code) or channel != int(channel) or channel < 0:
            raise InvalidInputError(f"{where}: code and parameter are whole numbers")
        time_s = clock.read(row, where)
        said = {OFF: 0, ON: 1, RESTORED: RESTORED}.get(int(code), int(code) if int(code) in FAULT_CODES else None)
        if said is not None:
            name = ((row["device"] or "").strip() if "device" in row else ONE_DEVICE, str(int(channel)))
            yield (line, name, time_s, said, _arrived(clock, row, where)), clock.dated is True


def _events(text: str, source: str, columns: frozenset[str]) -> Iterator[tuple[Said, bool]]:
    clock = _Clock(columns)
    for line, row in csv_rows(text, source, [clock.column, "detector", "state"], ("device", "arrived")):
        where = f"{source}, line {line}"
        detector, state = csv_words(row, ("detector", "state"), where)
        if state.lower() not in STATES:
            raise InvalidInputError(f"{where}: state is '{state}'; write on or off")
        time_s = clock.read(row, where)
        name = ((row["device"] or "").strip() if "device" in row else ONE_DEVICE, detector)
        yield (line, name, time_s, STATES[state.lower()], _arrived(clock, row, where)), clock.dated is True


def _arrived(clock: _Clock, row: Row, where: str) -> float:
    return clock.read(row, where, "arrived") if (row.get("arrived") or "").strip() else math.nan


def _edges_log(said: Iterator[tuple[Said, bool]], source: str) -> DetectorLog:
    """Return the log of what was said. Raises: InvalidInputError where the time leaps, or nothing was said."""
    index: dict[Name, int] = {}
    edges: list[Edge] = []
    newest_s, dated = -math.inf, False
    for (line, name, time_s, code, arrived_s), is_dated in said:
        if time_s > newest_s + LONGEST_LEAP_S and edges:
            raise InvalidInputError(
                f"{source}, line {line}: the time leaps ahead by {(time_s - newest_s) / 3600:.0f} h; drop the line, "
                "or split the log there"
            )
        newest_s, dated = max(newest_s, time_s), is_dated
        edges.append(Edge(index.setdefault(name, len(index)), time_s, code, arrived_s))
    if not edges:
        raise InvalidInputError(f"{source} holds no event of a detector (on and off, codes 81 to 88)")
    names, order = _sorted(index)
    moved = tuple(Edge(order[edge.detector], *edge[1:]) for edge in edges)
    return DetectorLog(names, calendar_of(min(edge.time_s for edge in edges), dated), moved)


def _sorted(index: Mapping[Name, int]) -> tuple[tuple[Name, ...], dict[int, int]]:
    """Return names in the order of people, and the place of each by its place before."""
    names = tuple(
        sorted(index, key=lambda name: [(len(part), part) if part.isdigit() else (99, part) for part in name])
    )
    return names, {index[name]: k for k, name in enumerate(names)}


def calendar_of(first_s: float, dated: bool) -> Calendar:
    """Return the calendar of a log: of dates, or of seconds of a day nobody knows. [s]"""
    midnight_s = math.floor(first_s / 86400.0) * 86400.0
    if not dated:
        return Calendar(midnight_s, None)
    return Calendar(midnight_s, (EPOCH + dt.timedelta(seconds=midnight_s)).weekday())


@dataclass(frozen=True, slots=True)
class _Bin:
    line: int
    name: Name
    begin_s: float
    count: float
    occupancy: float
    valid: float
    code: int


def _bins_log(text: str, source: str, columns: frozenset[str]) -> DetectorLog:
    clock = _Clock(columns)
    rows = list(_bins(text, source, columns, clock))
    if not rows:
        raise InvalidInputError(f"{source} holds no bins: write a line a detector and period below the header")
    length_s = _length_s(rows, source)
    names, _ = _sorted({row.name: k for k, row in enumerate(rows)})
    first_s = min(row.begin_s for row in rows)
    n_slots = round((max(row.begin_s for row in rows) - first_s) / length_s) + 1
    column = {name: k for k, name in enumerate(names)}
    values = np.full((3, n_slots, len(names)), np.nan)
    code = np.zeros((n_slots, len(names)), dtype=np.int64)
    values[2] = 0.0
    for row in rows:
        place = _place(row, first_s, length_s, source), column[row.name]
        if values[2][place] > 0 and not np.array_equal(values[0][place], row.count, equal_nan=True):
            raise InvalidInputError(f"{source}, line {row.line}: another count of the same detector and time")
        values[0][place], values[1][place], values[2][place] = row.count, row.occupancy, row.valid
        code[place] = row.code
    begins_s = first_s + np.arange(n_slots) * length_s
    return DetectorLog(
        names,
        calendar_of(first_s, clock.dated is True),
        (),
        Bins(begins_s.astype(np.float64), length_s, values[0], values[1], values[2], code),
    )


def _bins(text: str, source: str, columns: frozenset[str], clock: _Clock) -> Iterator[_Bin]:
    more = ("device", "occupancy", "occupancy_percent", "occupancy_ntcip", "valid_fraction", "period_s")
    for line, row in csv_rows(text, source, [clock.column, "detector", "count"], more):
        where = f"{source}, line {line}"
        (detector,) = csv_words(row, ("detector",), where)
        count = _amount(row, "count", where)
        occupancy, code = _occupancy(row, columns, where)
        valid = _amount(row, "valid_fraction", where) if "valid_fraction" in columns else 1.0
        if not (math.isnan(valid) or valid <= 1):
            raise InvalidInputError(f"{where}: valid_fraction is {valid:g}, not a share from 0 to 1")
        known = not math.isnan(count) and not math.isnan(valid) and not code
        name = ((row["device"] or "").strip() if "device" in columns else ONE_DEVICE, detector)
        yield _Bin(line, name, clock.read(row, where), count, occupancy, valid if known else 0.0, code)


def _amount(row: Row, key: str, where: str) -> float:
    """Return a number of 0 or more, NaN where the field is empty or -1. Raises: InvalidInputError that says where."""
    if not (row.get(key) or "").strip():
        return math.nan
    value = csv_number(row, key, where)
    if value == -1:
        return math.nan
    if value < 0:
        raise InvalidInputError(
            f"{where}: {key} is {value:g}; write a number of 0 or more, or nothing if it is not known"
        )
    return value


def _occupancy(row: Row, columns: frozenset[str], where: str) -> tuple[float, int]:
    """Return occupancy (0-1, NaN: not known) and the fault code that stands in its place, 0 for none."""
    if "occupancy_ntcip" in columns:
        value = _amount(row, "occupancy_ntcip", where)
        if value in NTCIP_FAULTS:
            return math.nan, int(value)
        return _share(value / 200, where), 0
    if "occupancy_percent" in columns:
        return _share(_amount(row, "occupancy_percent", where) / 100, where), 0
    return (_share(_amount(row, "occupancy", where), where), 0) if "occupancy" in columns else (math.nan, 0)


def _share(value: float, where: str) -> float:
    if value > 1:
        raise InvalidInputError(f"{where}: an occupancy of {100 * value:g} %; is its column occupancy_percent?")
    return value


def _length_s(rows: list[_Bin], source: str) -> float:
    begins_s = np.unique([row.begin_s for row in rows])
    if len(begins_s) < 2:
        raise InvalidInputError(f"{source} holds bins of one time only; nothing can be judged by one bin")
    length_s = float(np.min(np.diff(begins_s)))
    if not PERIODS_S[0] <= length_s <= PERIODS_S[1]:
        raise InvalidInputError(f"{source}: bins of {length_s:g} s; they have to be of {PERIODS_S[0]:g} s to an hour")
    if begins_s[-1] - begins_s[0] > 400 * 86400.0:
        raise InvalidInputError(f"{source} reaches over more than 400 days; split it")
    return length_s


def _place(row: _Bin, first_s: float, length_s: float, source: str) -> int:
    place = (row.begin_s - first_s) / length_s
    if abs(place - round(place)) > 0.01:
        raise InvalidInputError(
            f"{source}, line {row.line}: the bin does not begin a multiple of {length_s:g} s after the first one"
        )
    return round(place)
