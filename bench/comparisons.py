"""Controllers compared in pairs: same scenario, demand and seeds; runs that are not valid are named, not averaged."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any, Final

from bench.pairing import CELL, VARIANT, Group, Pair, Row, delay_of, groups_of, is_valid, pairs_of, reason_of, units_of
from bench.statistics import (
    Interval,
    bootstrap_interval,
    deviation_of,
    holm,
    mean_interval,
    sign_test,
    t_test,
    values_needed,
    wilcoxon_test,
)

BASELINES: Final = ("fixed", "actuated", "net")
"""What the others are compared with, where nobody says: the first that was run."""
PRECISION: Final = 0.01
"""Half-width wanted, as a share of the baseline's mean."""
CLAIM_SEEDS: Final = 10
"""With fewer independent values a comparison is a pilot."""
_DIGITS: Final = 4

Comparison = dict[str, Any]


def compare_rows(rows: Sequence[Row], baseline: str | None = None) -> list[Comparison]:
    """Return every controller's paired comparison with the baseline, in all cells that both were run in.

    Args: rows as in `summary.json`; baseline, a controller, else the first of `BASELINES` in that cell.
    """
    cells: dict[Any, list[Group]] = {}
    for group in groups_of(rows):
        cells.setdefault(group.cell(), []).append(group)
    found = [
        compare_groups(group, base)
        for groups in cells.values()
        for group in groups
        if (base := _baseline_of(group, groups, baseline)) is not None
    ]
    return with_holm(found)


def compare_groups(
    group: Group, base: Group, figure: Callable[[Row], float | None] = delay_of, precision: float = PRECISION
) -> Comparison:
    """Return the paired comparison of two groups: a mean difference with its intervals, or None where there is no pair.

    Args: figure, what is compared; precision, half-width wanted as a share of the baseline's mean.
    """
    pairs, left_out = pairs_of(group.rows, base.rows, figure)
    unit, units = units_of(pairs)
    values = [each.difference for each in units]
    invalid = [row for side in (group, base) for row in side.rows if not is_valid(row)]
    own = sum(not is_valid(row) for row in group.rows)
    return {
        **{name: group.shared[name] for name in (*CELL, *VARIANT)},
        "baseline": base.controller,
        "baseline_sensing": base.shared["sensing"],
        "baseline_options": base.shared["options"],
        "baseline_closures": base.shared["closures"],
        **_means(units),
        **_spread(values, units, precision),
        "unit": unit,
        "n": len(values),
        "seeds": sorted({pair.seed for pair in pairs}),
        "demand_seeds": sorted({pair.demand_seed for pair in pairs}),
        "pairs": [_pair_row(pair) for pair in pairs],
        **_worst(pairs),
        "invalid": len(invalid),
        "invalid_own": own,
        "invalid_runs": [{"run_dir": row.get("run_dir", ""), "reason": reason_of(row)} for row in invalid],
        "left_out": [{"seed": o.seed, "demand_seed": o.demand_seed, "reason": o.reason} for o in left_out],
        "verdict": _verdict(values, own),
    }


def with_holm(found: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons with `p_holm`: p-values corrected for how many comparisons there are."""
    told = [k for k, each in enumerate(found) if each["p_t"] is not None]
    adjusted = dict(zip(told, holm([found[k]["p_t"] for k in told]), strict=True))
    return [{**each, "p_holm": _rounded(adjusted.get(k), 6)} for k, each in enumerate(found)]


def _baseline_of(group: Group, groups: Sequence[Group], wanted: str | None) -> Group | None:
    """Return the group to compare with: of the baseline controller, best with the same sensing; never itself."""
    for name in (wanted,) if wanted is not None else BASELINES:
        candidates = [other for other in groups if other.controller == name]
        if candidates and group.controller == name:
            return None if group is candidates[0] else candidates[0]
        if candidates:
            alike = (other for other in candidates if other.shared["sensing"] == group.shared["sensing"])
            return next(alike, candidates[0])
    return None


def _means(units: Sequence[Pair]) -> Comparison:
    if not units:
        return dict.fromkeys(("mean_s", "baseline_mean_s", "relative_difference"))
    mine, base = fmean(each.value for each in units), fmean(each.base for each in units)
    return {
        "mean_s": _rounded(mine),
        "baseline_mean_s": _rounded(base),
        "relative_difference": _rounded((mine - base) / base) if base > 0 else None,
    }


def _spread(values: Sequence[float], units: Sequence[Pair], precision: float) -> Comparison:
    deviation = deviation_of(values)
    wanted_s = precision * fmean(each.base for each in units) if units else 0.0
    needed = values_needed(deviation, wanted_s) if deviation is not None and wanted_s > 0 else None
    better = sum(value < 0 for value in values) + 0.5 * sum(value == 0 for value in values)
    return {
        "mean_difference_s": _rounded(fmean(values)) if values else None,
        "ci95": _ends(mean_interval(values)),
        "ci95_bootstrap": _ends(bootstrap_interval(values)),
        "deviation_s": _rounded(deviation),
        "p_better": _rounded(better / len(values)) if values else None,
        "p_t": _rounded(t_test(values), 6),
        "p_sign": _rounded(sign_test(values), 6) if values else None,
        "p_wilcoxon": _rounded(wilcoxon_test(values), 6) if values else None,
        "precision_s": _rounded(wanted_s) if units else None,
        "seeds_needed": needed,
    }


def _worst(pairs: Sequence[Pair]) -> Comparison:
    names = ("worst_seed", "worst_demand_seed", "worst_difference_s")
    if not pairs:
        return dict.fromkeys(names)
    worst = max(pairs, key=lambda pair: pair.difference)
    return dict(zip(names, (worst.seed, worst.demand_seed, _rounded(worst.difference)), strict=True))


def _verdict(values: Sequence[float], invalid_own: int) -> str:
    """Return `better` or `worse` where the interval leaves out zero; who has invalid runs is never better."""
    interval = mean_interval(values)
    if interval is None:
        return "no evidence"
    side = interval.side()
    if side < 0 and invalid_own:
        return "not valid"
    return {-1: "better", 0: "no evidence", 1: "worse"}[side]


def _pair_row(pair: Pair) -> Comparison:
    return {
        "seed": pair.seed,
        "demand_seed": pair.demand_seed,
        "value_s": _rounded(pair.value),
        "baseline_s": _rounded(pair.base),
        "difference_s": _rounded(pair.difference),
    }


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(interval.low, _DIGITS), round(interval.high, _DIGITS)]


def _rounded(value: float | None, digits: int = _DIGITS) -> float | None:
    return None if value is None else round(value, digits)
