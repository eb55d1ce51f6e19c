"""`signal-ctrl congestion`: which roads will be jammed, from when and how sure, and how good that is on past days."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from signal_ctrl.watch.foresight.days import WatchedDay
    from signal_ctrl.watch.foresight.values import CityForecast

app = typer.Typer(name="congestion", help="Congestion 15, 30 and 60 min ahead.", add_completion=False)

Folders = Annotated[list[Path], typer.Argument(help="Folders of watched days, *.day.npz and roads.json.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_SLOTS_AN_HOUR = 12
_MINUTE_MS = 60_000


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Foresee congestion, or measure how well it is foreseen."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def backtest(
    folders: Folders,
    *,
    learn_share: Annotated[float, typer.Option(help="Share of the days to learn from; the rest is judged.")] = 0.67,
    out: Annotated[Path | None, typer.Option(help="Folder for backtest.json and pictures.", show_default=False)] = None,
    svg: Annotated[bool, typer.Option("--svg", help="Pictures as SVG, not PNG.")] = False,
    json_: AsJson = False,
) -> int:
    """Forecast days that nothing was learned from, every five minutes, and score that against naive forecasts."""
    from bench.congestion.judging import days_of, judged

    city, days = days_of(folders)
    found = judged(city, days, learn_share, (lambda _line: None) if json_ else say)
    if out is not None:
        from bench.congestion.pictures import draw
        from signal_ctrl.gateways.whole_file import write_whole

        write_whole(out / "backtest.json", json.dumps(found.report, indent=1, allow_nan=False) + "\n")
        draw(found, out, "svg" if svg else "png")
    put_json(found.report) if json_ else _tell_backtest(found.report)
    return 0


@app.command()
def forecast(
    folders: Folders,
    *,
    at: Annotated[str, typer.Option(help="Local time of the forecast, as 07:30; later minutes are not seen.")],
    day: Annotated[str | None, typer.Option(help="Name of the day; else the last one.", show_default=False)] = None,
    ahead: Annotated[int, typer.Option(help="15, 30 or 60 [min].")] = 15,
    json_: AsJson = False,
) -> int:
    """Foresee congestion at one moment of a day, from the days before it in the folders."""
    from bench.congestion.judging import days_of
    from signal_ctrl.watch.foresight.foresight import Foresight
    from signal_ctrl.watch.foresight.learning import learn
    from signal_ctrl.watch.foresight.rows import FIRST_ORIGIN, present_of
    from signal_ctrl.watch.foresight.values import AHEAD_MIN

    if ahead not in AHEAD_MIN:
        raise InvalidInputError(f"--ahead is one of {', '.join(map(str, AHEAD_MIN))}, got {ahead}")
    city, days = days_of(folders)
    place = _place(days, day)
    own = days[place]
    origin = _slot(at) - own.first_slot
    if not FIRST_ORIGIN <= origin <= len(own):
        first, last = (_clock(own.first_slot + each) for each in (FIRST_ORIGIN, len(own)))
        raise InvalidInputError(f"--at {at}: day {own.day} can be forecast from {first} to {last}")
    learned = learn(days[:place], city, (lambda _line: None) if json_ else say)
    foresight = Foresight(city, learned, lambda _ms: (own.kind, 0))
    found = foresight.ahead(
        present_of(own, origin), own.kind, lambda minutes: own.factors_at(origin + minutes // 5 - 1)
    )
    put_json(_document(found, ahead)) if json_ else _tell_forecast(found, ahead, own.first_slot + origin)
    return 0


def _place(days: "list[WatchedDay]", name: str | None) -> int:
    if name is None:
        return len(days) - 1
    names = [each.day for each in days]
    if name not in names:
        raise InvalidInputError(f"the folders hold no day '{name}'; they hold {names[0]} to {names[-1]}")
    return names.index(name)


def _slot(text: str) -> int:
    from signal_ctrl.domain.schedule import minute_of

    return minute_of(text) // 5


def _clock(slot: int) -> str:
    return f"{slot // _SLOTS_AN_HOUR:02d}:{slot % _SLOTS_AN_HOUR * 5:02d}"


def _document(found: "CityForecast", ahead: int) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "at_utc_ms": found.at_utc_ms,
        "ahead_min": ahead,
        "learned_days": found.learned_days,
        "jams": [asdict(each) for each in found.jams],
        "region": [asdict(each) for each in found.region if each.ahead_min == ahead],
    }


def _tell_forecast(found: "CityForecast", ahead: int, slot: int) -> None:
    typer.echo(f"{_clock(slot)}, learned from {found.learned_days} days")
    rows = []
    for each in found.jams:
        begins = "now" if each.now else _clock(slot + (each.from_utc_ms - found.at_utc_ms) // _MINUTE_MS // 5)
        ends = each.until_utc_ms
        until = "later" if ends is None else _clock(slot + (ends - found.at_utc_ms) // _MINUTE_MS // 5)
        times = (number(each.travel_time_s, 0), f"{each.low_s:.0f} to {each.high_s:.0f}")
        rows.append((each.road, begins, until, number(each.probability, 2), *times))
    put_table(("road", "jammed from", "until", "probability", "travel time [s]", "80 % [s]"), rows, numbers_from=3)
    for region in (each for each in found.region if each.ahead_min == ahead):
        typer.echo(f"vehicles in {ahead} min: {region.vehicles:.0f} ({region.low:.0f} to {region.high:.0f})")
        if region.critical_veh is not None and region.over_probability is not None:
            over = f"{region.critical_veh:.0f} pass the most; more than that with {region.over_probability:.2f}"
            typer.echo(over)


def _tell_backtest(report: dict[str, Any]) -> None:
    typer.echo(f"learned from {report['learned_days']} days, judged on {report['days']}")
    rows = []
    for each in report["horizons"]:
        for name, brier in each["brier"].items():
            hits = each["jams"].get(name)
            shares = [hits["all"]["precision"], hits["all"]["recall"], hits["onsets"]["recall"]] if hits else [None] * 3
            errors = (each["pace_error"].get(name), each["vehicles_error"].get(name))
            cells = (number(brier, 4), *(number(share, 2) for share in shares), number(errors[0], 3))
            rows.append((str(each["ahead_min"]), name, *cells, number(errors[1], 1)))
    header = ("min", "forecast", "Brier", "precision", "recall", "onsets", "log time", "vehicles")
    put_table(header, rows, numbers_from=2)
    for each in report["horizons"]:
        gains = {name: f"{row['low']:.2f} to {row['high']:.2f}" for name, row in each["brier_gain"].items()}
        told = ", ".join(f"{name}: {gain}" for name, gain in gains.items())
        typer.echo(
            f"{each['ahead_min']} min: Brier score smaller by (95 %) {told}; 80 % interval: {each['coverage']:.2f}"
        )
    jams = report["road_jams"]
    typer.echo(
        f"road-jams: {jams['road_jams']}, warned of before: {jams['warned']}, 15 min before: {jams['warned_15_min']}, "
        f"median lead {number(jams['median_lead_min'], 0)} min"
    )
