"""`signal-ctrl forecast`: flow per approach up to an hour ahead, how good that is, and made-up counts to try it on."""

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import time_text
from signal_ctrl.domain.schedule_json import date_of

if TYPE_CHECKING:
    from detectors.forecast.live import Ahead
    from detectors.forecast.series import FlowSeries
    from signal_ctrl.domain.counted_days import CountedDay
    from signal_ctrl.domain.schedule import SpecialDay

app = typer.Typer(name="forecast", help="Flow per approach up to an hour ahead.", add_completion=False)

Data = Annotated[
    list[Path], typer.Argument(help="Turning counts of many days: CSV with a column date, or a date in each name.")
]
Calendar = Annotated[
    Path | None,
    typer.Option(help="Holidays and shifted working days: CSV with date, day_type, note.", show_default=False),
]
Interval = Annotated[
    int | None,
    typer.Option(help="Length of an interval [min]; else that of the counts, 5 at least.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_SHOWN_MIN = (5, 15, 30, 60)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Forecast flow, or measure how good forecasts are."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def backtest(
    data: Data,
    *,
    interval: Interval = None,
    weeks_train: Annotated[int, typer.Option(help="Weeks to learn from; the rest is scored.")] = 6,
    calendar: Calendar = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for backtest.json, scores.csv and pictures.", show_default=False)
    ] = None,
    json_: AsJson = False,
) -> int:
    """Forecast every interval of past days from what was counted before it, and score that against naive forecasts."""
    from detectors.forecast.backtest import backtest as run_backtest
    from detectors.forecast.report import report_of, rows_of

    _, series = _series(data, interval, calendar)
    found = run_backtest(series, 7 * weeks_train, (lambda _line: None) if json_ else say)
    report = report_of(found)
    if out is not None:
        from bench.forecast_pictures import draw_backtest
        from signal_ctrl.gateways.whole_file import write_whole

        write_whole(out / "backtest.json", json.dumps(report, indent=1, allow_nan=False) + "\n")
        write_whole(out / "scores.csv", _csv(rows_of(report)))
        draw_backtest(found, report, out)
    put_json(report) if json_ else _tell_backtest(report, out)
    return 0


@app.command()
def run(
    data: Data,
    *,
    at: Annotated[str, typer.Option(help="Local time of the counts, as 2026-05-09T07:30; later counts are not seen.")],
    ahead: Annotated[int, typer.Option(help="How far ahead, up to 60 [min].")] = 60,
    interval: Interval = None,
    calendar: Calendar = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for forecast.csv and forecast.png.", show_default=False)
    ] = None,
    json_: AsJson = False,
) -> int:
    """Forecast each approach from a time on, with 90 % intervals, from the counts before it."""
    from detectors.forecast.live import LiveForecast

    when, special = _when(at), _calendar(calendar)
    days, whole = _series(data, interval, calendar)
    if not whole.interval_s // 60 <= ahead <= 60:
        raise InvalidInputError(f"--ahead needs {whole.interval_s // 60} to 60 min, got {ahead}")
    before = [day for day in days if day.date < when.date()]
    if not before:
        raise InvalidInputError(f"the counts hold no day before {when.date()}; give those of weeks before (--at {at})")
    live = LiveForecast(_known(before, whole, special), when.date(), {day.date: day.day_type for day in special})
    slot = (60 * when.hour + when.minute) * 60 // whole.interval_s
    if when.date() in whole.dates:
        today = whole.vehicles[whole.dates.index(when.date())]
        order = [whole.approaches.index(approach) for approach in live.series.approaches]
        for k in range(slot):
            live.take(k, [float(v) for v in today[k, order]])
    found = live.ahead(slot)
    rows = _rows(found, when.date(), whole.interval_s, ahead * 60 // whole.interval_s)
    if out is not None:
        from bench.forecast_pictures import draw_ahead
        from signal_ctrl.gateways.whole_file import write_whole

        write_whole(out / "forecast.csv", _csv(rows))
        draw_ahead(live.series, found, out / "forecast.png")
    models = {one.signal: one.model for one in live.choices}
    put_json({"at": at, "models": models, "rows": rows}) if json_ else _tell_run(rows, models, out)
    return 0


@app.command()
def make(
    out: Annotated[Path, typer.Argument(help="New folder for counts.csv, calendar.csv and happened.csv.")],
    *,
    weeks: Annotated[int, typer.Option(help="Weeks of counts.")] = 10,
    interval: Annotated[int, typer.Option(help="1, 5 or 15 min.")] = 15,
    seed: Annotated[int, typer.Option(help="The same seed makes the same counts.")] = 1,
    variation: Annotated[float, typer.Option(help="By how much days differ: 0 not at all, 1 usual, 2 much.")] = 1.0,
    size: Annotated[float, typer.Option(help="Factor on all traffic.")] = 1.0,
    start: Annotated[str, typer.Option(help="First date.")] = "2026-03-02",
    gaps: Annotated[float, typer.Option(help="Factor on how often nothing is counted; 0: never.")] = 1.0,
    json_: AsJson = False,
) -> int:
    """Make up weeks of counts of one signal: people, weather, events, incidents, holidays and gaps, drawn by lot."""
    from bench.forecast.series_of_town import calendar_csv, counts_csv, happened_csv
    from bench.forecast.town import TownRules, make_town
    from signal_ctrl.gateways.whole_file import write_folder

    rules = TownRules(seed, weeks, 60 * interval, variation, date_of(start, "--start"), size, gaps)
    town = make_town(rules)
    texts = {
        "counts.csv": counts_csv(town),
        "calendar.csv": calendar_csv(town),
        "happened.csv": happened_csv(town),
    }
    write_folder(out, texts)
    told = {"folder": str(out), "days": len(town.dates), "happened": len(town.happened)}
    if json_:
        put_json({**told, "special_days": len(town.special)})
    else:
        typer.echo(f"{told['days']} days from {town.dates[0]} on, {told['happened']} things happened; in {out}")
    return 0


def _series(data: list[Path], interval: int | None, calendar: Path | None) -> "tuple[list[CountedDay], FlowSeries]":
    from detectors.forecast.series import flow_series
    from sumo_scenarios.count_files import read_days

    days = read_days(data)
    return days, flow_series(days, None if interval is None else 60 * interval, _calendar(calendar))


def _known(days: "list[CountedDay]", whole: "FlowSeries", special: "tuple[SpecialDay, ...]") -> "FlowSeries":
    from detectors.forecast.series import flow_series

    return flow_series(days, whole.interval_s, special)


def _calendar(path: Path | None) -> "tuple[SpecialDay, ...]":
    from sumo_scenarios.schedule_file import read_calendar

    return () if path is None else read_calendar(path)


def _when(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is not None or "T" not in text:
            raise ValueError
    except ValueError as error:
        raise InvalidInputError(f"--at is '{text}'; write local date and time as 2026-05-09T07:30") from error
    return found


def _rows(found: "Ahead", date: dt.date, interval_s: int, n: int) -> list[dict[str, Any]]:
    minutes, rows = interval_s // 60, []
    for k in range(n):
        begin = (found.slot + k) * minutes
        day = date + dt.timedelta(days=begin // 1440)
        for j, (signal, edge) in enumerate(found.approaches):
            curves = (found.mean_veh, found.low_veh, found.high_veh, found.usual_veh)
            mean, low, high, usual = (round(float(curve[k, j]), 2) for curve in curves)
            rows.append(
                {
                    "date": day.isoformat(),
                    "begin_s": begin % 1440 * 60,
                    "end_s": begin % 1440 * 60 + interval_s,
                    "signal": signal,
                    "from_edge": edge,
                    "vehicles": mean,
                    "low_veh": low,
                    "high_veh": high,
                    "usual_veh": usual,
                }
            )
    return rows


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    return out.getvalue()


def _tell_run(rows: list[dict[str, Any]], models: dict[str, str], out: Path | None) -> None:
    header = ("from", "to", "signal", "approach", "vehicles", "90 % from", "to", "usual")
    cells = [
        (
            *(time_text(row[key] // 60) for key in ("begin_s", "end_s")),
            *(row["signal"], row["from_edge"]),
            *(number(row[key]) for key in ("vehicles", "low_veh", "high_veh", "usual_veh")),
        )
        for row in rows
    ]
    put_table(header, cells, numbers_from=4)
    typer.echo("; ".join(f"{signal} by {model}" for signal, model in models.items()))
    if out is not None:
        typer.echo(f"in {out}")


def _tell_backtest(report: dict[str, Any], out: Path | None) -> None:
    typer.echo(
        f"{report['first']} to {report['last']}, every {report['interval_s'] // 60} min, {len(report['approaches'])} "
        f"approaches, {report['missing']:.1%} not counted; {report['train_days']} days to learn from, "
        f"{report['scored_days']} scored"
    )
    for choice in report["choices"]:
        rival = "" if choice["model"] != "state space" else f" (p of its best rival {choice['p_of_rival']:.2g})"
        typer.echo(f"signal {choice['signal']}: {choice['model']} by the training days{rival}")
    for ahead in report["ahead"]:
        if ahead["ahead_min"] in _SHOWN_MIN:
            _tell_ahead(ahead)
    if out is not None:
        typer.echo(f"in {out}")


def _tell_ahead(ahead: dict[str, Any]) -> None:
    typer.echo(f"\n{ahead['ahead_min']} min ahead")
    header = ("forecast", "MAE", "RMSE", "WAPE %", "MASE", "GEH<5 %", "pinball", "covered %", "width")
    rows = [
        (
            *(name, number(s["mae_veh"], 2), number(s["rmse_veh"], 2), number(100 * s["wape"], 1)),
            *(number(s["mase"], 2), number(100 * s["geh_below_5"], 1), number(s["pinball_veh"], 2)),
            *(number(100 * s["coverage"], 1), number(s["width_veh"])),
        )
        for name, s in ahead["scores"].items()
    ]
    put_table(header, rows)
    against = ahead["against_best_naive"]
    typer.echo(
        f"  chosen against {ahead['best_naive']}: MAE {against['gain']:+.1%} better ({against['low']:.1%} to "
        f"{against['high']:.1%}, p {against['p']:.2g}, {against['n_days']} days); floor {ahead['floor_veh']:.2f} veh"
    )
    hours = ahead["coverage_by_hour"].values()
    typer.echo(f"  covered by hour: {min(hours):.0%} to {max(hours):.0%}")
