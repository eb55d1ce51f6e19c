"""The counts of a made-up town as a series, and as the file of counts and calendar that a user would have."""

import csv
import io
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.forecast.town import Town
from detectors.forecast.series import FlowSeries
from signal_ctrl.domain.counts import HEADER
from signal_ctrl.domain.schedule import WEEKDAYS, kind_of_date

SIGNAL: Final = "S1"
_WAYS: Final = (1, 2, 3)
_DAY_S: Final = 86_400


def series_of(town: Town) -> FlowSeries:
    """Return the counts by approach."""
    calendar = {day.date: day.day_type for day in town.special}
    kinds = tuple(kind_of_date(date, calendar) for date in town.dates)
    last = town.dates[-1].weekday()
    following = (WEEKDAYS[(last + 1) % 7], WEEKDAYS[(last + 2) % 7])
    names = tuple((SIGNAL, town.edges[k]) for k in _order(town))
    return FlowSeries(town.dates, kinds, town.rules.interval_s, names, town.vehicles[:, :, _order(town)], following)


def rates_of(town: Town) -> NDArray[np.float64]:
    """Return the true rates, approaches in the order of the series. (n_days, n_slots, n_approaches) [veh]"""
    return np.asarray(town.rate_veh[:, :, _order(town)])


def _order(town: Town) -> NDArray[np.int64]:
    return np.argsort(town.edges)


def counts_csv(town: Town) -> str:
    """Return turning counts with a column `date`; what was not counted has no line. Turns are dealt out by lot."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("date", *HEADER))
    writer.writerows(_lines(town))
    return out.getvalue()


def _lines(town: Town) -> Iterator[tuple[str, ...]]:
    dice = np.random.default_rng(town.rules.seed + 1)
    n, interval_s = len(town.edges), town.rules.interval_s
    for day, date in enumerate(town.dates):
        for slot in range(_DAY_S // interval_s):
            times = (date.isoformat(), str(slot * interval_s), str((slot + 1) * interval_s))
            for k, edge in enumerate(town.edges):
                counted = town.vehicles[day, slot, k]
                if np.isnan(counted):
                    continue
                for way, vehicles in zip(_WAYS, dice.multinomial(int(counted), town.turns[k]), strict=True):
                    yield (*times, SIGNAL, edge, f"to-{town.edges[(k + way) % n]}", str(vehicles))


def calendar_csv(town: Town) -> str:
    """Return the special days as the calendar of a user."""
    rows = [f"{day.date},{day.day_type},{day.note}" for day in town.special]
    return "\n".join(("date,day_type,note", *rows)) + "\n"


def happened_csv(town: Town) -> str:
    """Return what happened, a line each: what no forecast is told."""
    rows = [
        f"{one.date},{one.what},{one.from_h:.2f},{one.to_h:.2f},{one.size:.2f},"
        f"{town.edges[one.approach] if one.approach >= 0 else ''}"
        for one in town.happened
    ]
    return "\n".join(("date,what,from_h,to_h,size,approach", *rows)) + "\n"
