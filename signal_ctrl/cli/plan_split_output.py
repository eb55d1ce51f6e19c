"""What `plan cycle-split` prints: for people a block a signal and period, for programs one JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from optimiser.webster import critical_saturation
from signal_ctrl.cli.output import number, put_table
from signal_ctrl.cli.progress import clock
from signal_ctrl.engine.split_periods import (
    MovementRow,
    PeriodResult,
    SignalResult,
    TotalRow,
    approach_rows,
    total_row,
)

if TYPE_CHECKING:
    from signal_ctrl.cli.plan_split_sources import Found
    from signal_ctrl.engine.split_values import SplitRules

_HEADER: Final = (
    *(
        "movement",
        "approach",
        "turns",
        "veh/h",
        "capacity",
        "x",
        "green",
        "d1",
        "PF",
        "d2",
        "d3",
        "delay",
        "LOS",
        "queue",
    ),
)
_FIRST_NUMBER: Final = 3
_DIGITS: Final = 3


def tell(results: Sequence[PeriodResult], rules: "SplitRules", files: Sequence[Path]) -> None:
    """Print periods, signals, movements, and the files that were written."""
    for result in results:
        carried = ", queues of the period before carried over" if result.carried else ""
        typer.echo(f"\n{clock(result.period.begin_s)} to {clock(result.period.end_s)}{carried}")
        for one in result.signals:
            _tell_signal(one, rules)
    for file in files:
        typer.echo(f"in {file}")


def _tell_signal(one: SignalResult, rules: "SplitRules") -> None:
    outcome, analysis = one.outcome, one.outcome.analysis
    rows = one.rows
    critical = ", ".join(dict.fromkeys(row.movement for row in rows if row.critical)) or "nobody"
    typer.echo(f"\nsignal {one.planner.demand.signal_id}: cycle {outcome.cycle_s} s, {_splits(one)}")
    typer.echo(
        f"  critical {critical}: Y {analysis.critical.y:.3f}, lost {analysis.critical.lost_s:.1f} s, x_c "
        f"{number(_critical_saturation(one), 2)}; Webster "
        f"{_cycle(analysis.webster_s)}, practical {_cycle(analysis.practical_s)}, with minimums and overlaps "
        f"{_cycle(analysis.fitting_s)}, shortest {analysis.minimum_s:g} s"
    )
    put_table(_HEADER, [_cells(row) for row in rows], _FIRST_NUMBER)
    for total in (*approach_rows(rows), total_row("junction", rows)):
        typer.echo(f"  {_total(total)}")
    _tell_saturated(one, rows, rules)


def _critical_saturation(one: SignalResult) -> float | None:
    """Return x_c of the cycle, None where the lost time fills it."""
    critical, cycle_s = one.outcome.analysis.critical, float(one.outcome.cycle_s)
    return critical_saturation(critical.y, critical.lost_s, cycle_s) if critical.lost_s < cycle_s else None


def _splits(one: SignalResult) -> str:
    demand, outcome = one.planner.demand, one.outcome
    parts = []
    for place, (stage, split_s) in enumerate(zip(demand.stages, outcome.splits_s, strict=True)):
        least_s, holder = outcome.cycle.least_s[place], one.planner.holder(place)
        held = f" at its minimum ({holder or 'change'})" if split_s <= least_s else ""
        parts.append(f"{demand.kernel.site.stages[stage].name} {split_s} s{held}")
    return ", ".join(parts)


def _cycle(cycle_s: float | None) -> str:
    return "none" if cycle_s is None else f"{cycle_s:.1f} s"


def _cells(row: MovementRow) -> tuple[str, ...]:
    return (
        f"{row.movement}{' *' if row.critical else ''}",
        row.approach,
        row.turns,
        number(row.flow_veh_h, 0),
        number(row.capacity_veh_h if row.flow_veh_h else None, 0),
        number(row.saturation, 2),
        number(row.green_s),
        number(row.d1_s),
        number(row.progression, 2),
        number(row.d2_s),
        number(row.d3_s),
        number(row.delay_s),
        row.level,
        number(row.queue_veh),
    )


def _total(total: TotalRow) -> str:
    left = f", {number(total.queue_veh)} veh left waiting" if total.queue_veh > 0 else ""
    return f"{total.name}: {number(total.flow_veh_h, 0)} veh/h, {number(total.delay_s)} s, {total.level}{left}"


def _tell_saturated(one: SignalResult, rows: Sequence[MovementRow], rules: "SplitRules") -> None:
    """Say what cannot be served, why, and what to hold back."""
    outcome = one.outcome
    if not outcome.conflict:
        return
    typer.echo(f"  oversaturated: no cycle up to {rules.cycle_range_s[1]} s holds {rules.target:g}; these conflict:")
    for text in outcome.conflict:
        typer.echo(f"    {text}")
    for row in rows:
        if row.gated_veh_h is not None:
            typer.echo(
                f"  gate {row.movement} from {row.approach} to {number(row.gated_veh_h, 0)} of "
                f"{number(row.flow_veh_h, 0)} veh/h: x {row.saturation:.2f}, {number(row.queue_veh)} veh left waiting"
            )


def document_of(
    found: "Found", rules: "SplitRules", common: bool, results: Sequence[PeriodResult], files: Sequence[Path]
) -> dict[str, Any]:
    """Return everything as one JSON object."""
    return {
        "source": found.name,
        "counts": found.counted,
        "target": rules.target,
        "cycle_range_s": list(rules.cycle_range_s),
        "lost_time_s": rules.lost_s,
        "common": common,
        "notices": list(found.notices),
        "files": [str(file) for file in files],
        "periods": [
            {
                "begin_s": result.period.begin_s,
                "end_s": result.period.end_s,
                "queues_carried": result.carried,
                "signals": [_signal_document(one) for one in result.signals],
            }
            for result in results
        ],
    }


def _signal_document(one: SignalResult) -> dict[str, Any]:
    demand, outcome, analysis = one.planner.demand, one.outcome, one.outcome.analysis
    rows = one.rows
    return {
        "signal": demand.signal_id,
        "critical": {
            "movements": list(dict.fromkeys(row.movement for row in rows if row.critical)),
            "y": _rounded(analysis.critical.y),
            "lost_s": _rounded(analysis.critical.lost_s),
            "saturation": _rounded(_critical_saturation(one)),
        },
        "webster_cycle_s": _rounded(analysis.webster_s),
        "practical_cycle_s": _rounded(analysis.practical_s),
        "fitting_cycle_s": _rounded(analysis.fitting_s),
        "shortest_cycle_s": analysis.minimum_s,
        "cycle_s": outcome.cycle_s,
        "splits": [
            {
                "stage": demand.kernel.site.stages[stage].name,
                "split_s": split_s,
                "minimum_s": float(outcome.cycle.least_s[place]),
                "held_by": one.planner.holder(place),
            }
            for place, (stage, split_s) in enumerate(zip(demand.stages, outcome.splits_s, strict=True))
        ],
        "movements": [{key: _rounded(value) for key, value in asdict(row).items()} for row in rows],
        "approaches": [{key: _rounded(value) for key, value in asdict(row).items()} for row in approach_rows(rows)],
        "junction": {key: _rounded(value) for key, value in asdict(total_row("junction", rows)).items()},
        "oversaturated": bool(outcome.conflict),
        "conflict": list(outcome.conflict),
    }


def _rounded(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else value
