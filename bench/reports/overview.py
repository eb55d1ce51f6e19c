"""The tables over all scenarios: verdict, pairs, figures, noise of the seeds, curves over failures and demand."""

import math
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Any, Final

from bench.comparisons import Comparison
from bench.pairing import DELAY, Group, Row
from bench.reports.records import CurveRow, FigureRow, NoiseRow, PairRow, VerdictRow
from bench.reports.study import Study, comparison_of, label_of, measure_of, valid_rows
from bench.statistics import deviation_of
from sumo_scenarios.settings import SUMO_TOOLS

FIXED_TIME: Final = ("net", "fixed", "green_wave", *SUMO_TOOLS)
"""Controllers that react to nothing: what their delay does over seeds is the noise of drivers and demand alone."""
_AXES: Final = ("failure_rate", "scale")


def verdict_rows(study: Study) -> Iterator[VerdictRow]:
    """Yield the row of every group."""
    for group in study.groups:
        valid = valid_rows(group)
        delays_s = [float(row[DELAY]) for row in valid]
        worst = max(valid, key=lambda row: row[DELAY], default=None)
        found = comparison_of(group, study.comparisons)
        yield VerdictRow(
            *(str(group.shared["scenario"]), label_of(group), ", ".join(group.conditions())),
            *(len(group.rows), len(valid), len(group.rows) - len(valid), _gridlocked(valid)),
            *(_mean(delays_s), _number(deviation_of(delays_s))),
            *((float(worst[DELAY]), seeds_of(worst)) if worst is not None else (math.nan, "")),
            *_compared(found),
        )


def _gridlocked(rows: Iterable[Row]) -> int:
    """Return in how many runs a vehicle stood for more than 300 s without moving."""
    return sum(bool(measure_of(row, "gridlocked_vehicles")) for row in rows)


def _compared(found: Comparison | None) -> tuple[Any, ...]:
    """Return the cells of a row from `baseline` on."""
    if found is None:
        return ("", *[math.nan] * 7, "", *[math.nan] * 4, 0, "baseline")
    low_s, high_s = found["ci95"] or (math.nan, math.nan)
    low_boot_s, high_boot_s = found["ci95_bootstrap"] or (math.nan, math.nan)
    worst = seeds_of({"seed": found["worst_seed"], "demand_seed": found["worst_demand_seed"]}) if found["pairs"] else ""
    return (
        *(found["baseline"], _number(found["mean_difference_s"]), low_s, high_s, low_boot_s, high_boot_s),
        *(_number(found["relative_difference"]), _number(found["worst_difference_s"]), worst),
        *(_number(found["p_better"]), _number(found["p_wilcoxon"]), _number(found["p_holm"])),
        *(_number(found["seeds_needed"]), found["n"], found["verdict"]),
    )


def pair_rows(study: Study) -> Iterator[PairRow]:
    """Yield every pair of every comparison."""
    for group in study.groups:
        found = comparison_of(group, study.comparisons)
        for pair in found["pairs"] if found else ():
            yield PairRow(
                *(str(group.shared["scenario"]), label_of(group), ", ".join(group.conditions())),
                *(found["baseline"] if found else "", pair["seed"], pair["demand_seed"]),
                *(pair["value_s"], pair["baseline_s"], pair["difference_s"]),
            )


def figure_rows(study: Study) -> Iterator[FigureRow]:
    """Yield mean, lowest and highest of every measure of every group; a measure that a run lacks has no row."""
    for group in study.groups:
        valid = valid_rows(group)
        for name in dict.fromkeys(name for row in valid for name in (row.get("measures") or {})):
            values = [value for row in valid if (value := measure_of(row, name)) is not None]
            if name not in ("version", "detailed") and values and len(values) == len(valid):
                who = (str(group.shared["scenario"]), label_of(group), ", ".join(group.conditions()))
                yield FigureRow(*who, name, round(fmean(values), 4), min(values), max(values))
        yield from _decision_times(group, valid)


def _decision_times(group: Group, valid: list[Row]) -> Iterator[FigureRow]:
    for name in ("p50", "p99", "max"):
        values = [row["decision_ms"][name] for row in valid if row.get("decisions") and row["decision_ms"].get(name)]
        if values:
            who = (str(group.shared["scenario"]), label_of(group), ", ".join(group.conditions()))
            yield FigureRow(*who, f"decision_ms_{name}", round(fmean(values), 4), min(values), max(values))


def noise_rows(study: Study) -> Iterator[NoiseRow]:
    """Yield how far the seeds alone move each controller that reacts to nothing, and all others beside it."""
    for section in study.sections:
        for group in section.groups:
            delays_s = [float(row[DELAY]) for row in valid_rows(group)]
            if len(delays_s) > 1:
                found = comparison_of(group, study.comparisons)
                yield NoiseRow(
                    *(section.scenario, label_of(group), len(delays_s), _mean(delays_s)),
                    *(_number(deviation_of(delays_s)), max(delays_s) - min(delays_s)),
                    _number(found["deviation_s"]) if found else math.nan,
                )


def curve_rows(study: Study) -> Iterator[CurveRow]:
    """Yield the points of the curves over failures and demand, for scenarios that were run at several of them."""
    for axis in _AXES:
        for scenario in dict.fromkeys(section.scenario for section in study.sections):
            members = [g for g in study.groups if g.shared["scenario"] == scenario and not g.shared["closures"]]
            other = next(name for name in _AXES if name != axis)
            usual = {"failure_rate": 0.0, "scale": 1.0}[other]
            members = [group for group in members if group.shared[other] == usual]
            if len({group.shared[axis] for group in members}) > 1:
                yield from (_point(group, axis, study) for group in members)


def _point(group: Group, axis: str, study: Study) -> CurveRow:
    delays_s = [float(row[DELAY]) for row in valid_rows(group)]
    found = comparison_of(group, study.comparisons)
    low_s, high_s = (found["ci95"] if found else None) or (math.nan, math.nan)
    return CurveRow(
        *(str(group.shared["scenario"]), axis, float(group.shared[axis]), label_of(group)),
        *(len(group.rows), len(group.rows) - len(delays_s), _mean(delays_s)),
        *(min(delays_s, default=math.nan), max(delays_s, default=math.nan)),
        *(_number(found["mean_difference_s"]) if found else math.nan, low_s, high_s),
    )


def seeds_of(row: Row) -> str:
    """Return the seed of a row, with its demand seed where it is not 0.

    >>> seeds_of({"seed": 3, "demand_seed": 0}), seeds_of({"seed": 3, "demand_seed": 2})
    ('3', '3/2')
    """
    return f"{row['seed']}/{row['demand_seed']}" if row.get("demand_seed") else str(row["seed"])


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return round(fmean(found), 4) if found else math.nan


def _number(value: float | None) -> float:
    return math.nan if value is None else round(float(value), 6)
