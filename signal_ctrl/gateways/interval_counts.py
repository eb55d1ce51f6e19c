"""Counts by intervals as CSV: what `count --intervals` writes, what loops give, and what fusing makes of both."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from detectors.fusion.combine import Measured
from detectors.fusion.conditions import LIGHTS, WEATHERS
from detectors.fusion.count_rows import DAY_S, LOOPS, PROFILE_SPREAD, SOURCES, VIDEO, CountRow, FusedRow
from signal_ctrl.domain.csv_rows import Row, check_commas, csv_number, csv_rows
from signal_ctrl.domain.errors import InvalidInputError

ALL: Final = "all"
NO_VEHICLES: Final = frozenset({"pedestrian", "person", "bicycle"})
FUSED: Final = (
    "begin_s", "end_s", "lane", "count", "sd", "low", "high", "by", "loops", "video", "loops_weight", "video_weight",
    "alarm",
)  # fmt: skip
_PLACES: Final = ("lane", "line", "detector", "loop")
_ALIASES: Final = {"from_s": "begin_s", "to_s": "end_s", "valid_fraction": "valid_ratio", "vehicles": "count"}


def counts_of_csv(text: str, source: str, names: Mapping[str, str] | None = None) -> list[CountRow]:
    """Return the counts of a CSV document: `begin_s`, `end_s`, a place, `count`, and what else is known.

    A place is `lane`, `line`, `detector` or `loop`; where lines are counted in both directions, `line:direction`. Of
    classes, `all` is taken, or the sum of those of vehicles. An empty count, or one of an interval of which nothing
    was seen, is no count.

    Args: names, what places are called in the end, by their name in the file.
    Raises: InvalidInputError with source and line.
    """
    text, columns = _plain(text, source)
    place = next((name for name in _PLACES if name in columns), "")
    if not place:
        raise InvalidInputError(f"{source}: the header needs one of {', '.join(_PLACES)}")
    header = ("begin_s", "end_s", place, "count")
    found: defaultdict[tuple[float, float, str, str], dict[str, CountRow]] = defaultdict(dict)
    for line, row in csv_rows(text, source, header):
        where = f"{source}, line {line}"
        name, direction = (row[place] or "").strip(), (row.get("direction") or "").strip()
        kind = (row.get("class") or ALL).strip() or ALL
        key = (csv_number(row, "begin_s", where), csv_number(row, "end_s", where), name, direction)
        if not name or kind in found[key]:
            raise InvalidInputError(f"{where}: {'no place' if not name else 'the same place and interval again'}")
        found[key][kind] = _row(row, key, where)
    ways: defaultdict[str, set[str]] = defaultdict(set)
    for _, _, name, direction in found:
        ways[name].add(direction)
    return [_named(key, kinds, ways, names or {}) for key, kinds in found.items()]


def _plain(text: str, source: str) -> tuple[str, frozenset[str]]:
    """Return a document with the columns' names as they are called here, and these names."""
    head, newline, rest = text.lstrip("\ufeff").partition("\n")
    check_commas(head, source)
    columns = [_ALIASES.get(name.strip(), name.strip()) for name in next(csv.reader([head]), [])]
    if not columns:
        raise InvalidInputError(f"{source} is empty")
    return ",".join(columns) + newline + rest, frozenset(columns)


def _row(row: Row, key: tuple[float, float, str, str], where: str) -> CountRow:
    def optional(name: str) -> float | None:
        return csv_number(row, name, where) if (row.get(name) or "").strip() else None

    count, valid, occupancy = (optional(name) for name in ("count", "valid_ratio", "occupancy"))
    valid = 1.0 if valid is None else valid
    light, weather = ((row.get(name) or "").strip() for name in ("light", "weather"))
    if not (0 <= valid <= 1 and (occupancy is None or 0 <= occupancy <= 1) and (count is None or count >= 0)):
        raise InvalidInputError(f"{where}: a count is 0 or more, valid_ratio and occupancy lie in 0 to 1")
    for value, known in ((light, LIGHTS), (weather, WEATHERS)):
        if value and value not in known:
            raise InvalidInputError(f"{where}: '{value}' is none of {', '.join(known)}")
    return CountRow(key[0], key[1], key[2], count if valid > 0 else None, valid, occupancy, light, weather)


def _named(
    key: tuple[float, float, str, str], kinds: Mapping[str, CountRow], ways: Mapping[str, set[str]],
    names: Mapping[str, str],
) -> CountRow:  # fmt: skip
    """Return the row of a place: of all classes, under the name that it goes by."""
    begin_s, end_s, name, direction = key
    lane = f"{name}:{direction}" if len(ways[name]) > 1 else name
    lane = names.get(lane, names.get(name, lane)) if len(ways[name]) == 1 else names.get(lane, lane)
    own = [kinds[ALL]] if ALL in kinds else [row for kind, row in kinds.items() if kind not in NO_VEHICLES]
    first = own[0] if own else next(iter(kinds.values()))
    counts = [row.count for row in own if row.count is not None]
    count = None if own and not counts else sum(counts)
    occupancies = [row.occupancy for row in own if row.occupancy is not None]
    occupancy = min(sum(occupancies), 1.0) if occupancies else None
    return CountRow(begin_s, end_s, lane, count, first.valid, occupancy, first.light, first.weather)


def profile_of(rows: Iterable[CountRow]) -> dict[tuple[float, str], Measured]:
    """Return usual counts by (second of the day, lane)."""
    return {
        (row.begin_s % DAY_S, row.lane): Measured(row.count, max(row.count, 1.0) + (PROFILE_SPREAD * row.count) ** 2)
        for row in rows
        if row.count is not None
    }


def crossings_of_csv(text: str, source: str) -> list[float]:
    """Return the times of crossings, `time_s`, in order. [s] Raises: InvalidInputError with source and line."""
    return sorted(
        csv_number(row, "time_s", f"{source}, line {line}") for line, row in csv_rows(text, source, ("time_s",))
    )


def fused_csv(rows: Sequence[FusedRow]) -> str:
    """Return fused counts as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FUSED)
    writer.writerows(_cells(row) for row in rows)
    return out.getvalue()


def _cells(row: FusedRow) -> list[str]:
    fused, bounds = row.fused, row.bounds
    figures = [fused.vehicles, None if bounds is None else fused.variance**0.5, *(bounds or (None, None))]
    by = "profile" if fused.profile else "+".join(source for source in SOURCES if fused.weights.get(source, 0.0) > 0)
    weights = [fused.weights.get(source) for source in (LOOPS, VIDEO)]
    alarms = "; ".join(f"{alarm.source} {alarm.doubt.value}".strip() for alarm in fused.alarms)
    return [
        *(f"{row.begin_s:.10g}", f"{row.end_s:.10g}", row.lane),
        *(_number(value, 2) for value in figures),
        by or "nothing",
        *(_number(row.said.get(source), 2) for source in SOURCES),
        *(_number(weight, 3) for weight in weights),
        alarms,
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}".rstrip("0").rstrip(".")
