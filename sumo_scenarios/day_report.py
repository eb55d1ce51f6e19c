"""What a planned schedule looks like: its report as JSON, and the picture of its days drawn from that report."""

from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.schedule import time_text
from signal_ctrl.domain.schedule_json import schedule_hash
from sumo_scenarios.day_planner import DaySchedule, PlannedDay
from sumo_scenarios.picture_file import save_picture

REPORT: Final = "days.json"
PICTURES: Final = ("days.svg", "days.png")
_HUES: Final = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")


def report_of(found: DaySchedule) -> dict[str, Any]:
    """Return the report of a schedule."""
    schedule = found.scheduled.schedule
    return {
        "version": 1,
        "name": schedule.name,
        "sha256": schedule_hash(schedule),
        "zone": schedule.zone,
        "plans": len(schedule.plans),
        "special_days": len(schedule.special_days),
        "day_types": [_day(day) for day in found.days],
        "notices": list(found.notices),
    }


def _day(day: PlannedDay) -> dict[str, Any]:
    return {
        "name": day.group.name,
        "weekdays": list(day.weekdays),
        "counted": list(day.group.kinds),
        "counted_days": day.group.days,
        "delay_veh_h": round(day.delay_veh_h, 3),
        "one_plan_delay_veh_h": round(day.one_plan_veh_h, 3),
        "any_plan_delay_veh_h": round(day.any_plan_veh_h, 3),
        "change_cost_veh_h": round(day.change_cost_veh_h, 3),
        "flow_veh_h": [round(float(flow), 1) for flow in day.flow_veh_h],
        "stretches": [
            {
                "from": time_text(stretch.begin_min),
                "to": time_text(stretch.end_min),
                "begin_min": stretch.begin_min,
                "end_min": stretch.end_min,
                "plan": stretch.plan,
                "cycle_s": stretch.cycle_s,
                "vehicles": round(stretch.vehicles, 1),
                "delay_veh_h": round(stretch.delay_veh_h, 3),
            }
            for stretch in day.stretches
        ],
    }


def draw_days(report: dict[str, Any], paths: tuple[Path, ...]) -> None:
    """Draw the flow of each type of day with its stretches, one panel a type, into SVG or PNG files."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415

    days = report["day_types"]
    figure = Figure(figsize=(10.0, 0.8 + 2.8 * len(days)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(days), 1, squeeze=False)[:, 0]
    for panel, day in zip(panels, days, strict=True):
        _draw_day(panel, day)
    figure.suptitle(f"{report['name']}: flow of all counted turns and the plan in force (zone {report['zone']})")
    panels[-1].set_xlabel("local time")
    for path in paths:
        save_picture(figure, path, 130)


def _draw_day(panel: Any, day: dict[str, Any]) -> None:
    flow = day["flow_veh_h"]
    hours = [slot * 24.0 / len(flow) for slot in range(len(flow) + 1)]
    names = list(dict.fromkeys(stretch["plan"] for stretch in day["stretches"]))
    top = max([*flow, 1.0]) * 1.25
    for stretch in day["stretches"]:
        hue = _HUES[names.index(stretch["plan"]) % len(_HUES)]
        begin, end = stretch["begin_min"] / 60, stretch["end_min"] / 60
        panel.axvspan(begin, end, color=hue, alpha=0.28, linewidth=0)
        if begin > 0:
            panel.axvline(begin, color="#333333", linewidth=0.8)
            panel.text(begin + 0.06, top * 0.03, stretch["from"], fontsize=8, color="#333333")
        text = f"{stretch['plan']}\n{stretch['cycle_s']} s"
        narrow = end - begin < 2.0
        panel.text((begin + end) / 2, top * 0.97, text, ha="center", va="top", fontsize=8, rotation=90 if narrow else 0)
    panel.stairs(flow, hours, color="#111111", linewidth=1.4)
    panel.set(xlim=(0, 24), ylim=(0, top), xticks=range(0, 25, 2), ylabel="veh/h")
    days = ", ".join(day["weekdays"]) or "special days only"
    saved = f"{day['delay_veh_h']:.1f} veh h of delay by the model, {day['one_plan_delay_veh_h']:.1f} under one plan"
    panel.set_title(f"{day['name']} ({days}; {day['counted_days']} counted): {saved}", fontsize=10, loc="left")
