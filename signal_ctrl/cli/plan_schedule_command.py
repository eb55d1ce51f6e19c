"""`signal-ctrl plan schedule`: from counted days to types of day, breakpoints and a plan for each stretch."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import Overwrite, number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name
from signal_ctrl.domain.schedule_json import date_of

if TYPE_CHECKING:
    from sumo_scenarios.world import World


def schedule(
    source: Annotated[str, typer.Argument(help="Name from 'scenarios list', or path of a .sumocfg.")],
    *,
    counts: Annotated[
        list[Path],
        typer.Option(help="Turning counts of whole days; repeat for more files. Column date, or a date in the name."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for schedule.json, its plans, days.json and the pictures.")],
    zone: Annotated[str, typer.Option(help="Time zone of the counts and of the schedule, as Europe/Berlin.")] = "UTC",
    calendar: Annotated[
        Path | None,
        typer.Option(help="Holidays and shifted working days: CSV with date, day_type, note.", show_default=False),
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="Date of a single file of counts that names none.", show_default=False)
    ] = None,
    change_cost: Annotated[
        float, typer.Option(help="Price of a change of plan, for each vehicle of its quarter of an hour [s].")
    ] = 5.0,
    most_plans: Annotated[int, typer.Option(help="Most plans in a day.")] = 6,
    alike: Annotated[
        float, typer.Option(help="Days are of one type if this share of their hourly flows has a GEH below 5.")
    ] = 0.85,
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Make a schedule from counts: types of day, when to change plans, and a plan for each stretch of a day.

    Every plan is checked with the safety kernel before anything is written.
    """
    from signal_ctrl.gateways.whole_file import check_folder, write_whole
    from sumo_scenarios.count_files import read_counted_days
    from sumo_scenarios.day_planner import Wishes, plan_days
    from sumo_scenarios.day_report import PICTURES, REPORT, draw_days, report_of
    from sumo_scenarios.schedule_file import SCHEDULE, read_calendar, write_schedule

    wishes = Wishes(_zone(zone), change_cost, most_plans, alike)
    check_folder(out)
    if (out / SCHEDULE).exists() and not overwrite:
        raise InvalidInputError(f"{out} holds a schedule; give --overwrite, or another --out")
    special = () if calendar is None else read_calendar(calendar)
    profiles = read_counted_days(counts, None if date is None else date_of(date, "--date"))
    world = world_of(source, profile)
    found = plan_days(world, profiles, special, wishes, (lambda _line: None) if json_ else say)
    report = report_of(found)
    files = write_schedule(found.scheduled, out)
    write_whole(out / REPORT, json.dumps(report, indent=1, allow_nan=False) + "\n")
    draw_days(report, tuple(out / name for name in PICTURES))
    for notice in found.notices:
        say(notice)
    if json_:
        put_json({**report, "schedule": str(files[-1]), "plan_files": [str(path) for path in files[:-1]]})
    else:
        _tell(report, out)
    return 0


def world_of(source: str, profile: str) -> "World":
    """Return the network of a scenario under a safety profile. Raises: InvalidInputError if it is unusable."""
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.world import build_world

    world = build_world(resolve(source), profile_by_name(profile), None, None)
    if not any(len(unit.site.stages) > 1 for unit in world.units):
        raise InvalidInputError(f"no signal of {world.scenario.name} has a choice of stages; there is nothing to plan")
    return world


def _zone(name: str) -> str:
    from signal_ctrl.domain.schedule import zone_of

    return zone_of(name).key


def _tell(report: dict[str, Any], out: Path) -> None:
    for day in report["day_types"]:
        days = ", ".join(day["weekdays"]) or "special days only"
        typer.echo(f"{day['name']} ({days}), from {day['counted_days']} counted days")
        rows = [
            (s["from"], s["to"], s["plan"], str(s["cycle_s"]), number(s["vehicles"], 0), number(s["delay_veh_h"], 1))
            for s in day["stretches"]
        ]
        put_table(("from", "to", "plan", "cycle s", "vehicles", "delay veh h"), rows, numbers_from=3)
        typer.echo(
            f"  delay by the model {number(day['delay_veh_h'])} veh h and {number(day['change_cost_veh_h'])} for "
            f"changes; one plan all day {number(day['one_plan_delay_veh_h'])}, a plan every 15 min "
            f"{number(day['any_plan_delay_veh_h'])}"
        )
    special = f", {report['special_days']} special days" if report["special_days"] else ""
    typer.echo(f"{report['plans']} plans, every one kept by the safety kernel{special}; in {out}")
