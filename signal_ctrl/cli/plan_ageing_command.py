"""`signal-ctrl plan ageing`: which plans have become too dear for the demand of today, and since when."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.plan_schedule_command import world_of
from signal_ctrl.domain.schedule_json import date_of

if TYPE_CHECKING:
    from optimiser.schedule.ageing import Aged, AgeRow
    from signal_ctrl.domain.plan import Plan
    from signal_ctrl.domain.timetable import ScheduledPlans


def ageing(
    file: Annotated[Path, typer.Argument(help="A schedule.json with its plans beside it, or one plan.")],
    source: Annotated[str, typer.Argument(help="Name from 'scenarios list', or path of a .sumocfg.")],
    *,
    counts: Annotated[
        list[Path],
        typer.Option(help="Turning counts of whole days; repeat for more files. Column date, or a date in the name."),
    ],
    date: Annotated[
        str | None, typer.Option(help="Date of a single file of counts that names none.", show_default=False)
    ] = None,
    limit: Annotated[float, typer.Option(help="A plan is too old if it costs more than a fresh one by this, %.")] = 5.0,
    signals: Annotated[bool, typer.Option("--signals", help="Show a line for each signal, not only for all.")] = False,
    profile: Annotated[str, typer.Option(help="Safety profile that the plans are for: published or street.")] = (
        "published"
    ),
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Say what the plans in force cost under new counts against fresh ones: by week, plan and signal."""
    from optimiser.schedule.ageing import aged
    from sumo_scenarios.count_files import read_counted_days
    from sumo_scenarios.day_ageing import ageing_rows

    given = _given(file)
    profiles = read_counted_days(counts, None if date is None else date_of(date, "--date"))
    world = world_of(source, profile)
    rows = tuple(ageing_rows(world, given, profiles, (lambda _line: None) if json_ else say))
    found = aged(rows, limit / 100)
    if json_:
        table = [{**asdict(row), "excess": row.excess} for row in rows]
        put_json({"limit": limit / 100, "rows": table, "aged": [asdict(one) for one in found]})
    else:
        _tell(rows if signals else _of_all(rows), found, limit)
    return 0


def _given(file: Path) -> "ScheduledPlans | Plan":
    from sumo_scenarios.plan_file import read_plan
    from sumo_scenarios.schedule_file import is_schedule, read_schedule

    return read_schedule(file) if is_schedule(file) else read_plan(file)


def _of_all(rows: "tuple[AgeRow, ...]") -> "tuple[AgeRow, ...]":
    return tuple(row for row in rows if not row.signal) or rows


def _tell(rows: "tuple[AgeRow, ...]", found: "tuple[Aged, ...]", limit: float) -> None:
    cells = [
        (
            row.week,
            row.plan,
            row.signal or "all",
            str(row.days),
            number(row.vehicles, 0),
            number(row.delay_veh_h),
            number(row.fresh_veh_h),
            f"{100 * row.excess:+.1f}",
        )
        for row in rows
    ]
    header = ("week", "plan", "signal", "days", "vehicles", "delay veh h", "fresh veh h", "more %")
    put_table(header, cells, numbers_from=3)
    if not found:
        typer.echo(f"no plan costs over {limit:g} % more than a fresh one in the last week")
    for one in found:
        who = f"signal {one.signal}" if one.signal else "all signals together"
        typer.echo(
            f"{one.plan} is too old for {who} since {one.since}: {100 * one.excess:+.1f} %, "
            f"{number(one.lost_veh_h, 2)} veh h a day"
        )
