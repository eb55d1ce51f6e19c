"""`signal-ctrl parking forecast`, `backtest`, `make-history`: free spaces up to an hour ahead, and how good that is."""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from signal_ctrl.parking.forecast.backtest import Backtest
    from signal_ctrl.parking.forecast.series import ParkingDays

History = Annotated[
    Path, typer.Argument(help="CSV or parquet: facility, at, free, capacity; entered, left and trust where known.")
]
Calendar = Annotated[
    Path | None,
    typer.Option(help="Holidays and shifted working days: CSV with date, day_type, note.", show_default=False),
]
Zone = Annotated[str, typer.Option(help="Clock of the city.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_SHOWN_MIN = (5, 15, 30, 60)
_CITY = "Asia/Shanghai"


def forecast(
    history: History,
    *,
    at: Annotated[str, typer.Option(help="Local time, as 2026-05-09T07:30; nothing later is seen.")],
    timezone: Zone = _CITY,
    calendar: Calendar = None,
    json_: AsJson = False,
) -> int:
    """Forecast the free spaces of each facility from a time on, with 90 % intervals."""
    import numpy as np

    from signal_ctrl.parking.forecast.learning import LEAST_DAYS, learn, recent_of, unlearnt
    from signal_ctrl.parking.forecast.series import SLOT_S

    days, when = _days(history, timezone, calendar), _when(at)
    if when.date() not in days.dates:
        raise InvalidInputError(f"the history holds nothing of {when.date()} (--at {at})")
    day, slot = days.dates.index(when.date()), int((when.hour * 3600 + when.minute * 60) // SLOT_S)
    known = days.only(np.arange(day))
    learnt = learn(known) if day >= LEAST_DAYS else unlearnt(days.facilities, days.capacity)
    recent = recent_of(days, day, slot)
    found = learnt.outlook(0, days.day_types[day], slot, recent)
    rows = [
        {
            "facility": name,
            "capacity": int(days.capacity[k]),
            "free_now": None if np.isnan(recent.occupied[k]) else int(days.capacity[k] - recent.occupied[k]),
            "ahead": [_ahead(minutes, found.middle(name, 60.0 * minutes)) for minutes in _SHOWN_MIN],
        }
        for k, name in enumerate(days.facilities)
    ]
    put_json({"at": at, "learned_days": learnt.days, "facilities": rows}) if json_ else _tell(at, learnt.days, rows)
    return 0


def backtest(
    history: History,
    *,
    train_days: Annotated[
        int | None, typer.Option(help="Days to learn from; else two thirds.", show_default=False)
    ] = None,
    every_min: Annotated[int, typer.Option(help="Judge a forecast from every so many minutes on.")] = 15,
    timezone: Zone = _CITY,
    calendar: Calendar = None,
    out: Annotated[Path | None, typer.Option(help="File for the scores as JSON.", show_default=False)] = None,
    json_: AsJson = False,
) -> int:
    """Forecast days that nothing was learned from, and score that beside the present and the usual day."""
    from dataclasses import asdict

    from signal_ctrl.gateways.whole_file import write_whole
    from signal_ctrl.parking.forecast.backtest import backtest as judged
    from signal_ctrl.parking.forecast.series import SLOT_S

    every_slots, odd_s = divmod(60 * every_min, int(SLOT_S))
    if every_slots < 1 or odd_s:
        raise InvalidInputError(f"--every-min is {every_min}; a history has a row every 5 min: write 5, 10, 15 or so")
    days = _days(history, timezone, calendar)
    learned = train_days or max(2 * len(days.dates) // 3, 1)
    found = judged(days, learned, (lambda _: None) if json_ else say, every_slots)
    document = json.loads(json.dumps(asdict(found)).replace("NaN", "null"))
    if out is not None:
        write_whole(out, json.dumps(document, indent=1, allow_nan=False) + "\n")
    put_json(document) if json_ else _tell_backtest(found)
    return 0


def make_history(
    out: Annotated[Path, typer.Argument(help="New CSV file.")],
    *,
    days: Annotated[int, typer.Option(help="How many days.")] = 28,
    seed: Annotated[int, typer.Option(help="The same seed makes the same days.")] = 1,
    start: Annotated[str, typer.Option(help="First date.")] = "2026-03-02",
    capacity: Annotated[str, typer.Option(help="Spaces of each car park.")] = "400,250,600",
    json_: AsJson = False,
) -> int:
    """Make up a history of car parks to try the forecast on."""
    from bench.parking.made_days import MadeDays, history_csv, made_days
    from signal_ctrl.domain.schedule_json import date_of
    from signal_ctrl.gateways.whole_file import check_new, write_whole

    try:
        spaces = tuple(int(word) for word in capacity.split(","))
    except ValueError as error:
        raise InvalidInputError(f"--capacity is '{capacity}'; write 400,250,600") from error
    check_new(out)
    made = made_days(MadeDays(days, seed, date_of(start, "--start"), spaces))
    write_whole(out, history_csv(made))
    told = {"file": str(out), "days": days, "facilities": list(made.facilities)}
    put_json(told) if json_ else typer.echo(f"{days} days of {len(spaces)} car parks: {out}")
    return 0


def _days(history: Path, timezone: str, calendar: Path | None) -> "ParkingDays":
    from signal_ctrl.gateways.parking_history import read_history
    from signal_ctrl.parking.forecast.series import days_of
    from signal_ctrl.parking.tariffs import is_zone
    from sumo_scenarios.schedule_file import read_calendar

    if not is_zone(timezone):
        raise InvalidInputError(f"--timezone is '{timezone}'; write one as {_CITY}")
    special = () if calendar is None else read_calendar(calendar)
    return days_of(read_history(history), timezone, {day.date: day.day_type for day in special})


def _when(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is not None or "T" not in text:
            raise ValueError
    except ValueError as error:
        raise InvalidInputError(f"--at is '{text}'; write local date and time as 2026-05-09T07:30") from error
    return found


def _ahead(minutes: int, found: tuple[float, float, float]) -> dict[str, Any]:
    low, middle, high = (round(value, 1) for value in found)
    return {"min": minutes, "free": middle, "low": low, "high": high}


def _tell(at: str, learned: int, rows: list[dict[str, Any]]) -> None:
    typer.echo(f"{at}, learned from {learned} days; free spaces (90 %)")
    put_table(
        ("facility", "spaces", "now", *(f"{minutes} min" for minutes in _SHOWN_MIN)),
        [
            (
                row["facility"],
                str(row["capacity"]),
                "–" if row["free_now"] is None else str(row["free_now"]),
                *(f"{one['free']:.0f} ({one['low']:.0f} to {one['high']:.0f})" for one in row["ahead"]),
            )
            for row in rows
        ],
    )


def _tell_backtest(found: "Backtest") -> None:
    typer.echo(f"learned from {found.learned_days} days, judged on {found.judged_days}; errors in % of the capacity")
    header = (
        "min",
        "cases",
        "error",
        "if known",
        "present",
        "usual",
        "90 % holds",
        "width",
        "busy: error",
        "holds",
        "cases",
    )
    rows = [
        (
            str(s.ahead_min), str(s.cases), *(f"{100 * x:.2f}" for x in (s.error, s.floor, s.persistence, s.usual)),
            f"{s.covered:.3f}", f"{100 * s.width:.1f}", f"{100 * s.busy_error:.2f}", f"{s.busy_covered:.3f}",
            str(s.busy_cases),
        )
        for s in found.scores
    ]  # fmt: skip
    put_table(header, rows)
    if found.beyond:
        typer.echo(f"the days judged are over before {found.beyond[0]} min: nothing is said of that far ahead")
    name, error = found.by_facility[0]
    typer.echo(f"15 min ahead the worst facility is {name}: {100 * error:.2f} %")
