"""Counts by date: whole days of turning counts, brought to quarters of an hour."""

import csv
import datetime as dt
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.counts import CountRow, Counts, Turn, count_rows, counts_of_rows
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import time_text
from signal_ctrl.domain.schedule_json import date_of

SLOT_S: Final = 900
SLOTS: Final = 96
_DAY_S: Final = SLOT_S * SLOTS
_DATE: Final = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class CountedDay:
    """The counts of one date, in seconds of the local day."""

    date: dt.date
    counts: Counts


@dataclass(frozen=True, slots=True, eq=False)
class DayProfiles:
    """Counted days in quarters of an hour. turns (n_turns); vehicles (n_days, 96, n_turns) [veh]."""

    dates: tuple[dt.date, ...]
    turns: tuple[Turn, ...]
    vehicles: NDArray[np.float64]


def counted_days_from_csv(text: str, source: str = "counts", date: dt.date | None = None) -> tuple[CountedDay, ...]:
    """Return the counted days of a CSV document: turning counts, with a column `date` or of one date.

    Args: date, of a document without that column; None: the one in the name of its source, as counts-2026-03-02.csv.
    Raises: InvalidInputError with source and line, also if there is no date or both a column and `date`.
    """
    rows: defaultdict[dt.date, list[tuple[int, CountRow]]] = defaultdict(list)
    if "date" not in _header(text):
        rows[_date_of_file(source, date)] = list(count_rows(text, source))
    elif date is not None:
        raise InvalidInputError(f"{source} has a column date; leave the option --date out")
    else:
        for line, row in count_rows(text, source):
            rows[date_of((row["date"] or "").strip(), f"{source}, line {line}")].append((line, row))
    if not rows:
        raise InvalidInputError(f"{source} holds no counts: write a line a turn below the header")
    return tuple(CountedDay(day, counts_of_rows(rows[day], source)) for day in sorted(rows))


def day_profiles(days: Iterable[CountedDay]) -> DayProfiles:
    """Return counted days in quarters of an hour; a period of another length is spread evenly over its time.

    Raises: InvalidInputError that names date, time and signal where a day is not covered, or a date is there twice.
    """
    by_date: dict[dt.date, Counts] = {}
    for day in days:
        if day.date in by_date:
            raise InvalidInputError(f"{day.date} is counted twice; give each date once")
        by_date[day.date] = day.counts
    if not by_date:
        raise InvalidInputError("no counted day is given")
    dates = tuple(sorted(by_date))
    turns = tuple(sorted({turn for counts in by_date.values() for p in counts.periods for turn in p.vehicles}))
    for date in dates:
        _check_covered(date, by_date[date], turns)
    return DayProfiles(dates, turns, np.stack([_slots(by_date[date], turns) for date in dates]))


def _check_covered(date: dt.date, counts: Counts, turns: Sequence[Turn]) -> None:
    at_s = 0.0
    for period in counts.periods:
        if period.begin_s > at_s + 1e-6:
            raise InvalidInputError(f"{date}: no counts from {_clock(at_s)} to {_clock(period.begin_s)}")
        missing = next((turn for turn in turns if turn not in period.vehicles), None)
        if missing is not None:
            raise InvalidInputError(
                f"{date}: signal {missing[0]}, {missing[1]} to {missing[2]} has no count from {_clock(period.begin_s)} "
                f"to {_clock(period.end_s)}; write 0 where nobody came"
            )
        at_s = period.end_s
    if abs(at_s - _DAY_S) > 1e-6:
        raise InvalidInputError(
            f"{date}: counts end at {_clock(at_s)}, and a day needs 00:00 to 24:00, in seconds of the local day"
        )


def _clock(time_s: float) -> str:
    return time_text(int(time_s) // 60)


def _slots(counts: Counts, turns: Sequence[Turn]) -> NDArray[np.float64]:
    found = np.zeros((SLOTS, len(turns)))
    edges_s = np.arange(SLOTS + 1) * SLOT_S
    for period in counts.periods:
        shared_s = np.minimum(edges_s[1:], period.end_s) - np.maximum(edges_s[:-1], period.begin_s)
        part = np.maximum(shared_s, 0.0) / (period.end_s - period.begin_s)
        found += part[:, None] * np.array([period.vehicles[turn] for turn in turns])[None, :]
    return found


def counted_days_to_csv(profiles: DayProfiles) -> str:
    """Return quarters of an hour as the CSV document that `counted_days_from_csv` reads, with a column `date`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("date", "begin_s", "end_s", "signal", "from_edge", "to_edge", "vehicles"))
    for date, day in zip(profiles.dates, profiles.vehicles, strict=True):
        for slot, row in enumerate(day):
            times = (date.isoformat(), str(slot * SLOT_S), str((slot + 1) * SLOT_S))
            writer.writerows((*times, *turn, f"{v:.12g}") for turn, v in zip(profiles.turns, row, strict=True))
    return out.getvalue()


def slot_flows_veh_h(turns: Sequence[Turn], vehicles: NDArray[np.float64]) -> dict[Turn, float]:
    """Return the flow of each turn of a mean quarter of an hour. vehicles (n_turns,) [veh]; [veh/h]"""
    return {turn: float(v) * 3600.0 / SLOT_S for turn, v in zip(turns, vehicles, strict=True)}


def _header(text: str) -> Mapping[str, None]:
    line = text.lstrip("\ufeff").partition("\n")[0]
    return dict.fromkeys(name.strip().strip('"') for name in line.split(","))


def _date_of_file(source: str, date: dt.date | None) -> dt.date:
    if date is not None:
        return date
    found = _DATE.findall(source.rpartition("/")[2])
    if len(found) != 1:
        raise InvalidInputError(
            f"{source}: of which date? Give a column date, the option --date, or a name like counts-2026-03-02.csv"
        )
    return date_of(found[0], source)
