"""Counts by signal group, for signals that are known by their site alone, and their CSV document."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.csv_rows import csv_number, csv_rows
from signal_ctrl.domain.errors import InvalidInputError

Times = tuple[float, float]
"""Begin and end of a period. [s]"""

NEEDED: Final = ("begin_s", "end_s", "group", "vehicles")
OPTIONAL: Final = ("signal", "approach", "saturation_veh_h", "lanes", "arrival_type", "green_share")
SATURATION_VEH_H: Final = 1800.0
SATURATION_RANGE_VEH_H: Final = (100.0, 4000.0)
MOST_LANES: Final = 12
RANDOM_ARRIVALS: Final = 3
ARRIVAL_TYPES: Final = 6
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class GroupCount:
    """Vehicles of one signal group in one period [veh], and what its lanes let go.

    `saturation_veh_h` is that of one lane [veh/h]; `arrival_type` 1 to 6, 3 is random; `green_share`, the share that
    arrives on green, is None where it is not known.
    """

    vehicles: float
    approach: str = ""
    saturation_veh_h: float = SATURATION_VEH_H
    lanes: float = 1.0
    arrival_type: int = RANDOM_ARRIVALS
    green_share: float | None = None

    def __post_init__(self) -> None:
        low, high = SATURATION_RANGE_VEH_H
        if not 0 <= self.vehicles < math.inf:
            raise InvalidInputError(f"{self.vehicles:g} vehicles; counts are 0 or more")
        if not low <= self.saturation_veh_h <= high:
            raise InvalidInputError(
                f"a saturation flow of {self.saturation_veh_h:g} veh/h; a lane has {low:g} to {high:g}"
            )
        if not 0 < self.lanes <= MOST_LANES:
            raise InvalidInputError(f"{self.lanes:g} lanes; a group has more than 0 and at most {MOST_LANES}")
        if self.arrival_type not in range(1, ARRIVAL_TYPES + 1):
            raise InvalidInputError(f"arrival type {self.arrival_type}; there are 1 to {ARRIVAL_TYPES}")
        if self.green_share is not None and not 0 <= self.green_share <= 1:
            raise InvalidInputError(f"{self.green_share:g} arrive on green; a share is 0 to 1")


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """Counts by period, then by (signal, group); an empty signal stands for the only one there is."""

    periods: tuple[tuple[Times, Mapping[tuple[str, str], GroupCount]], ...]

    def __post_init__(self) -> None:
        if not self.periods:
            raise InvalidInputError("counts need at least one period")
        for (one, _), (following, _) in itertools.pairwise(self.periods):
            if one[1] > following[0]:
                raise InvalidInputError(
                    f"count periods overlap: {one[0]:g} to {one[1]:g} s and {following[0]:g} to {following[1]:g} s"
                )


def group_counts_from_csv(text: str, source: str = "counts") -> GroupCounts:
    """Return the counts of a CSV document: a header with the columns of `NEEDED`, those of `OPTIONAL` where wished.

    Raises: InvalidInputError with source, line and signal for what is missing, no number, out of range or twice there.
    """
    found: defaultdict[Times, dict[tuple[str, str], GroupCount]] = defaultdict(dict)
    for line, row in _rows(text, source):
        signal, group = row.get("signal", ""), row["group"]
        where = f"{source}, line {line}" + (f", signal {signal}" if signal else "")
        if not group:
            raise InvalidInputError(f"{where}: the group is empty")
        times = (_number(row, "begin_s", where), _number(row, "end_s", where))
        if not 0 <= times[0] < times[1]:
            raise InvalidInputError(f"{where}: a period needs 0 <= begin_s < end_s, got {times[0]:g} to {times[1]:g}")
        if (signal, group) in found[times]:
            raise InvalidInputError(f"{where}: group {group} occurs twice in its period")
        try:
            found[times][signal, group] = _count(row, where)
        except InvalidInputError as error:
            text = str(error)
            raise InvalidInputError(text if text.startswith(where) else f"{where}, group {group}: {text}") from error
    if not found:
        raise InvalidInputError(f"{source} holds no counts: write a line a group below the header")
    return GroupCounts(tuple(sorted(found.items(), key=lambda item: item[0])))


def _count(row: Mapping[str, str], where: str) -> GroupCount:
    kind = _number(row, "arrival_type", where, RANDOM_ARRIVALS)
    if kind != int(kind):
        raise InvalidInputError(f"{where}: arrival_type is {kind:g}, not a whole number")
    return GroupCount(
        vehicles=_number(row, "vehicles", where),
        approach=row.get("approach", ""),
        saturation_veh_h=_number(row, "saturation_veh_h", where, SATURATION_VEH_H),
        lanes=_number(row, "lanes", where, 1.0),
        arrival_type=int(kind),
        green_share=_number(row, "green_share", where) if row.get("green_share") else None,
    )


def _rows(text: str, source: str) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in csv_rows(text, source, NEEDED, OPTIONAL):
        if None in row.values():
            raise InvalidInputError(f"{source}, line {line}: not as many fields as the header")
        yield line, {key: (value or "").strip() for key, value in row.items()}


def _number(row: Mapping[str, str], key: str, where: str, otherwise: float | None = None) -> float:
    if not row.get(key) and otherwise is not None:
        return otherwise
    return csv_number(row, key, where)
