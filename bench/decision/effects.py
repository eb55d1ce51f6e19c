"""What a change of control does per hour and per year: paired differences of hours, litres, CO2 and money."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench.comparisons import Comparison, compare_groups
from bench.decision.rates import Rates
from bench.pairing import Group, Row, is_valid
from bench.reports.study import Study, comparison_of, label_of, measure_of

HOUR_S: Final = 3600.0
EFFECTS: Final = ("delay_h", "fuel_l", "co2_kg", "money")


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One effect of a change in one scenario, per hour of simulation: before, after, and the paired difference.

    `what` says what changed: `control`, before and after are controllers; `closure`, they are the open and the closed
    network under one controller. `closed` tells that something is closed, and `span_h` how long was simulated [h]: an
    hour with a closure does not come again all year. Units: vehicle hours lost, litres of fuel, kilograms of CO2,
    currency; each per hour.
    """

    what: str
    scenario: str
    condition: str
    before_name: str
    after_name: str
    effect: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    pairs: int
    left_out: int
    verdict: str
    closed: int
    span_h: float


@dataclass(frozen=True, slots=True)
class Change:
    """Two groups to be set against each other."""

    what: str
    before: Group
    after: Group
    names: tuple[str, str]


def effect_of(row: Row, name: str, rates: Rates) -> float | None:
    """Return one effect of one run, per hour of simulation; None where the run lacks what it is computed from."""
    begin_s, end_s = row.get("begin_s"), row.get("end_s")
    if begin_s is None or end_s is None or not end_s > begin_s:
        return None
    per_hour = HOUR_S / (float(end_s) - float(begin_s))
    parts: dict[str, float | None] = {
        "delay_h": _times(measure_of(row, "delay_total_h"), per_hour),
        "fuel_l": _times(measure_of(row, "fuel_kg"), per_hour / rates.fuel_kg_per_l),
        "co2_kg": _times(measure_of(row, "co2_kg"), per_hour),
    }
    if name != "money":
        return parts[name]
    told = [value for value in parts.values() if value is not None]
    return rates.money(*told) if len(told) == len(parts) else None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def changes_of(study: Study) -> Iterator[Change]:
    """Yield baseline against the controller drawn in detail, in each cell; and open against closed, per controller."""
    chosen = {section.detailed[1].controller for section in study.sections if len(section.detailed) > 1}
    for group in study.groups:
        found = comparison_of(group, study.comparisons)
        base = _base_of(group, found, study.groups) if found and group.controller in chosen else None
        if base is not None:
            yield Change("control", base, group, (label_of(base), label_of(group)))
    for group in study.groups:
        twin = _open_twin(group, study.groups)
        if twin is not None:
            closed = f"{label_of(group)}, closed {', '.join(group.shared['closures'])}"
            yield Change("closure", twin, group, (f"{label_of(group)}, open", closed))


def _base_of(group: Group, found: Comparison, groups: Sequence[Group]) -> Group | None:
    wanted = (found["baseline"], found["baseline_sensing"], found["baseline_options"])
    return next(
        (
            other
            for other in groups
            if other.cell() == group.cell()
            and tuple(other.shared[n] for n in ("controller", "sensing", "options")) == wanted
        ),
        None,
    )


def _open_twin(group: Group, groups: Sequence[Group]) -> Group | None:
    """Return the same group with nothing closed."""
    if not group.shared["closures"]:
        return None
    names = ("controller", "sensing", "options")
    return next(
        (
            other
            for other in groups
            if not other.shared["closures"]
            and other.cell(("closures",)) == group.cell(("closures",))
            and all(other.shared[name] == group.shared[name] for name in names)
        ),
        None,
    )


def effect_rows(study: Study, rates: Rates) -> Iterator[EffectRow]:
    """Yield every effect of every change."""
    for change in changes_of(study):
        for name in EFFECTS:
            figure: Callable[[Row], float | None] = partial(_figure, name=name, rates=rates)
            yield _row(change, name, compare_groups(change.after, change.before, figure))


def _figure(row: Row, name: str, rates: Rates) -> float | None:
    return effect_of(row, name, rates)


def _row(change: Change, name: str, found: Mapping[str, Any]) -> EffectRow:
    low, high = found["ci95"] or (math.nan, math.nan)
    told = (found["baseline_mean_s"], found["mean_s"], found["mean_difference_s"])
    before, after, difference = (math.nan if value is None else float(value) for value in told)
    condition = ", ".join((change.before if change.what == "closure" else change.after).conditions())
    return EffectRow(
        *(change.what, str(change.after.shared["scenario"]), condition, *change.names, name),
        *(before, after, difference, float(low), float(high)),
        *(len(found["pairs"]), len(found["left_out"]), str(found["verdict"])),
        *(int(bool(change.after.shared["closures"])), _span_h(change.after)),
    )


def _span_h(group: Group) -> float:
    """Return how long the runs of a group simulate, NaN where none went to its end. [h]"""
    spans_h = [(float(row["end_s"]) - float(row["begin_s"])) / HOUR_S for row in group.rows if is_valid(row)]
    return round(max(spans_h), 6) if spans_h else math.nan
