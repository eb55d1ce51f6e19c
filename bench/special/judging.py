"""What lines of the ledger say: who crossed the town in time, what it cost, and when the town was back to normal."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.incidents.judging import wilson
from bench.special.campaign import BIN_S
from bench.statistics import mean_interval
from sumo_scenarios.special_loop.witness import RED

IN_TIME: Final = 1.10
"""A trip is in time if it takes at most so many times what it takes alone."""
BACK_S: Final = 600.0
"""The town is back to normal so long after the vehicle at the latest. [s]"""
_LOOKED_S: Final = 120.0
BOUNDS: Final = (1.05, IN_TIME, 1.2, 1.3, 1.5, 2.0)
"""Trips are counted up to these times their free time."""
NORMAL: Final = 0.05
"""Normal: the delay of all vehicles in a minute is within this share of that without the corridor."""
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip with its corridor and without. [s] [veh h]

    `price_veh_h`, delay of all other vehicles from the request to the next one, with less without; `after`, delay of
    everybody in the two minutes before `BACK_S` after the arrival, with over without (None: it was not looked at so
    long, or the vehicle did not arrive); `lost_s`, what held it up, by cause, where somebody looked. [s]
    """

    seed: int
    vehicle: str
    free_s: float
    with_s: float | None
    without_s: float | None
    price_veh_h: float
    after: float | None
    lost_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """How many times its free time it took, None if it did not arrive."""
        return None if self.with_s is None else self.with_s / self.free_s

    @property
    def in_time(self) -> bool:
        """Whether it was in time with its corridor."""
        return self.with_s is not None and self.with_s <= IN_TIME * self.free_s

    @property
    def was_in_time(self) -> bool:
        """Whether it would have been in time without."""
        return self.without_s is not None and self.without_s <= IN_TIME * self.free_s


def trips_of(seed: int, with_: Line, without: Line, notice_s: float) -> tuple[Trip, ...]:
    """Return the trips of a pair of runs."""
    found, rows = [], list(zip(with_["trips"], without["trips"], strict=True))
    for k, (row, other) in enumerate(rows):
        begin_s = row["departs_s"] - notice_s
        until_s = rows[k + 1][0]["departs_s"] - notice_s if k + 1 < len(rows) else None
        end_s = _end_s(with_) if until_s is None else until_s
        price = _lost(with_, begin_s, end_s) - _lost(without, begin_s, end_s)
        arrived_s = None if row["took_s"] is None else row["departs_s"] + row["waited_s"] + row["took_s"]
        after = None if arrived_s is None else _after(with_, without, arrived_s, end_s)
        found.append(
            Trip(
                seed, row["vehicle"], row["free_s"], row["took_s"], other["took_s"], price / 3600, after,
                row.get("lost_s", {}),
            )
        )  # fmt: skip
    return tuple(found)


def _after(with_: Line, without: Line, arrived_s: float, end_s: float) -> float | None:
    until_s = min(arrived_s + BACK_S, end_s)
    if until_s - _LOOKED_S <= arrived_s:
        return None
    before = _lost(without, until_s - _LOOKED_S, until_s)
    return _lost(with_, until_s - _LOOKED_S, until_s) / before if before > 0 else None


def _lost(line: Line, from_s: float, to_s: float) -> float:
    """Return the delay of a span by whole minutes. [veh s]"""
    first, last = (round((each - line["begin_s"]) / BIN_S) for each in (from_s, to_s))
    return float(sum(line["lost_veh_s_by_minute"][first:last]))


def _end_s(line: Line) -> float:
    return float(line["begin_s"]) + BIN_S * len(line["lost_veh_s_by_minute"])


def told(trips: Sequence[Trip]) -> list[str]:
    """Return what the trips say, in words."""
    n = len(trips)
    within = sum(trip.in_time for trip in trips)
    before = sum(trip.was_in_time for trip in trips)
    low, high = wilson(within, n)
    rows = [
        f"within {100 * (IN_TIME - 1):.0f} % of the free time: {within} of {n} trips ({100 * within / n:.1f} %, "
        f"95 % interval {100 * low:.0f} to {100 * high:.0f} %), without a corridor {before} of {n}",
        _spread([t.share for t in trips]),
        _interval("time over free time, with", [t.share for t in trips if t.share is not None], ""),
        _interval("time over free time, without", [t.without_s / t.free_s for t in trips if t.without_s], ""),
        _saved(trips),
        _interval("delay price", [t.price_veh_h for t in trips], " veh h a trip"),
    ]
    looked = [trip.after for trip in trips if trip.after is not None]
    back = sum(after <= 1 + NORMAL for after in looked)
    rows.append(
        f"delay back within {100 * NORMAL:.0f} % of that without {BACK_S / 60:.0f} min after it, or at the next "
        f"request: {back} of {len(looked)}"
    )
    rows.append(_interval("delay of everybody then, with over without", looked, ""))
    return rows + [_held_up(trips)] * any(trip.lost_s for trip in trips)


def _spread(shares: Sequence[float | None]) -> str:
    """Return how trips are spread by how many times their free time they took."""
    ordered = sorted(math.inf if share is None else share for share in shares)
    at = {q: ordered[min(math.ceil(q * len(ordered)), len(ordered)) - 1] for q in (0.5, 0.8, 0.9, 0.95)}
    bounds = ", ".join(f"{sum(s <= b for s in ordered)} up to {b:.2f}" for b in BOUNDS)
    late = sum(math.isinf(share) for share in ordered)
    quantiles = ", ".join(f"{q:.0%} {value:.2f}" for q, value in at.items())
    return f"trips by time over free time: {bounds}, {late} not there; quantiles {quantiles}"


def _held_up(trips: Sequence[Trip]) -> str:
    """Return what held the trips up in the mean, the greatest cause first. [s]"""
    looked = [trip.lost_s for trip in trips if trip.lost_s]
    causes = {cause for found in looked for cause in found}
    means = {cause: sum(found.get(cause, 0.0) for found in looked) / len(looked) for cause in causes}
    greatest = sorted(means.items(), key=lambda each: -each[1])
    return "held up, s a trip: " + ", ".join(f"{cause} {lost_s:.1f}" for cause, lost_s in greatest)


def _longest(lines: Sequence[Line], name: str) -> str:
    found = [line[name] for line in lines if name in line]
    return f"{max(found):.0f} s" if found else "not known"


def _saved(trips: Sequence[Trip]) -> str:
    saved_s = [t.without_s - t.with_s for t in trips if t.with_s is not None and t.without_s is not None]
    least = f", least {min(saved_s):.0f} s" if saved_s else ""
    return _mean("time saved", saved_s, " s a trip") + least


def kept(what: str, lines: Sequence[Line]) -> str:
    """Return what the lamps of some runs kept: what the kernel and the referee found, and the longest red.

    Runs that were made before the referee looked at them say nothing of it.
    """
    seen = [line for line in lines if "wrong_lamps" in line]
    wrong = sum(count for line in seen for count in line["wrong_lamps"].values())
    longest, asked = (_longest(seen, name) for name in ("longest_red_s", "longest_red_asked_s"))
    violations, collisions = (sum(line[name] for line in lines) for name in ("lamp_violations", "collisions"))
    passed = [trip["passed"] for line in lines for trip in line.get("trips", ()) if "passed" in trip]
    red = sum(count for found in passed for letter, count in found.items() if letter in RED)
    lamps = f", special vehicles passed {sum(sum(each.values()) for each in passed)} lamps, {red} of them red"
    return (
        f"{what}: longest red {longest}, of those after the first request {asked}, "
        f"{violations} violations seen by the kernel, {wrong} by the referee "
        f"({len(seen)} of {len(lines)} runs looked at), {collisions} collisions" + (lamps if passed else "")
    )


def _interval(what: str, values: Sequence[float], unit: str) -> str:
    return _mean(what, values, unit) + (f", worst {max(values):.2f}" if values else "")


def _mean(what: str, values: Sequence[float], unit: str) -> str:
    if not values:
        return f"{what}: nobody arrived"
    mean, found = sum(values) / len(values), mean_interval(list(values))
    between = "" if found is None else f" (95 % interval {found.low:.2f} to {found.high:.2f})"
    return f"{what}: {mean:.2f}{unit}{between}"
