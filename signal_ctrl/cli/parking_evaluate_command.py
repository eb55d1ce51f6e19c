"""`signal-ctrl parking evaluate`: guidance against blind search and against the nearest free car park, in SUMO."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import counted, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from bench.parking.campaign import Against, Line
    from sumo_scenarios.parking_loop.order import Arm

_ARMS = "blind,nearest,guided"


def evaluate(
    scenario: Annotated[str, typer.Argument(help="newtown, newtown-RxC, or a scenario that has car parks.")],
    *,
    seeds: Annotated[str, typer.Option(help="A-B or A; each draws demand and drivers.")] = "1-5",
    arms: Annotated[str, typer.Option(help="Of blind, nearest, guided and known (adaptive signals only).")] = _ARMS,
    controller: Annotated[str, typer.Option(help="fixed, adaptive, or net: the programmes of the network.")] = "fixed",
    minutes: Annotated[float, typer.Option(help="Minutes of the demand; 0: all of it.")] = 0.0,
    clearing: Annotated[float, typer.Option(help="Minutes that a run goes on after the last driver set out.")] = 15.0,
    phone: Annotated[float, typer.Option(help="Share of drivers who follow the phone.")] = 0.6,
    signs: Annotated[float, typer.Option(help="Share who follow signs; all others search blindly.")] = 0.2,
    fill: Annotated[float, typer.Option(help="How full the car parks of a newtown get.")] = 0.9,
    scale: Annotated[float, typer.Option(help="Factor on the demand.")] = 1.0,
    ledger: Annotated[Path | None, typer.Option(help="File of runs made; what it holds is not made again.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Let the cars of a scenario park, with and without guidance, on the same seeds, and compare.

    Each run takes minutes. Interrupted, the command goes on where it was when it is called again.
    """
    from bench.parking.campaign import ARMS, LEDGER, Campaign, Case, comparisons, first_share
    from bench.seeds import seeds_of
    from sumo_scenarios.parking_loop.order import Shares

    wanted = [word.strip() for word in arms.split(",")]
    if not wanted or any(word not in ARMS for word in wanted):
        raise InvalidInputError(f"--arms is '{arms}'; choose of {', '.join(ARMS)}")
    case = Case(scenario, controller, minutes, Shares(phone, signs), fill, scale, clearing)
    campaign = Campaign(ledger or LEDGER, (lambda _: None) if json_ else say)
    lines: dict[Arm, dict[int, Line]] = {}
    for seed in seeds_of(seeds):
        for word in wanted:
            lines.setdefault(ARMS[word], {})[seed] = campaign.run(case, ARMS[word], seed)
    found = comparisons(lines)
    shares = {
        arm.value: first_share(list(own.values()), ("phone", "signs")) for arm, own in lines.items() if arm.guided
    }
    if json_:
        put_json({
            "case": case.name,
            "runs": {arm.value: own for arm, own in lines.items()},
            "against": [_row(one) for one in found],
            "guided_found_first": shares,
        })  # fmt: skip
    else:
        _tell(case.name, lines, found, shares)
    return 0


def town(
    scenario: Annotated[str, typer.Argument(help="newtown, newtown-RxC, or a scenario that has car parks.")],
    out: Annotated[Path, typer.Argument(help="New folder for the files.")],
    *,
    seed: Annotated[int, typer.Option(help="Draws demand and drivers.")] = 1,
    minutes: Annotated[float, typer.Option(help="Minutes of the demand; 0: all of it.")] = 0.0,
    fill: Annotated[float, typer.Option(help="How full the car parks of a newtown get.")] = 0.9,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write the files of a scenario whose cars park, to look at or to run: who finds a car park full searches on."""
    from bench.parking.campaign import Case
    from signal_ctrl.gateways.whole_file import new_folder
    from sumo_scenarios.parking_loop.order import Arm
    from sumo_scenarios.parking_loop.town import write_town

    order = Case(scenario, "net", minutes, fill=fill).order(Arm.BLIND, seed, None)
    with new_folder(out) as folder:
        made = write_town(order, folder)
    spaces = sum(park.capacity for park in made.parks)
    config = out / made.config.name
    if json_:
        put_json({"config": str(config), "car_parks": len(made.parks), "spaces": spaces, "drivers": len(made.parkers)})
    else:
        typer.echo(f"{len(made.parks)} car parks, {spaces} spaces, {len(made.parkers)} drivers: {config}")
    return 0


def days(
    scenario: Annotated[str, typer.Argument(help="newtown, newtown-RxC, or a scenario that has car parks.")],
    out: Annotated[Path, typer.Argument(help="CSV file of the history; days that it holds are not made again.")],
    *,
    days: Annotated[int, typer.Option(help="How many working days; each draws demand and drivers.")] = 12,
    arm: Annotated[str, typer.Option(help="blind, nearest, guided or known: what drivers are told.")] = "blind",
    controller: Annotated[str, typer.Option(help="fixed, adaptive, or net: the programmes of the network.")] = "fixed",
    minutes: Annotated[float, typer.Option(help="Minutes of the demand; 0: all of it.")] = 0.0,
    clearing: Annotated[float, typer.Option(help="Minutes that a run goes on after the last driver set out.")] = 15.0,
    fill: Annotated[float, typer.Option(help="How full the car parks of a newtown get.")] = 0.9,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Simulate days of car parks and write their history, to judge the forecast on: one run a day, the same town.

    Interrupted, the command goes on behind the last whole day when it is called again.
    """
    from bench.parking.campaign import ARMS, Case
    from bench.parking.simulated_days import SimulatedDays, write_days
    from signal_ctrl.gateways.whole_file import check_place

    if arm not in ARMS:
        raise InvalidInputError(f"--arm is '{arm}'; choose of {', '.join(ARMS)}")
    check_place(out)
    wanted = SimulatedDays(Case(scenario, controller, minutes, fill=fill, clearing_min=clearing), ARMS[arm], days)
    made = write_days(wanted, out, (lambda _: None) if json_ else say)
    put_json({"file": str(out), "days": days, "made": made}) if json_ else typer.echo(
        f"{counted(made, 'day', 'days')} simulated, {days} in all: {out}"
    )
    return 0


def _row(one: "Against") -> dict[str, Any]:
    return {
        "arm": one.arm,
        "against": one.other,
        "figure": one.figure,
        "change": one.mean,
        "percent": one.mean_percent,
        "interval_percent": one.interval_percent,
        "seeds": len(one.changes),
    }


def _tell(
    name: str, lines: "dict[Arm, dict[int, Line]]", found: "list[Against]", shares: dict[str, float | None]
) -> None:
    from bench.parking.campaign import FIGURES, figure, first_share

    typer.echo(name)
    header = ("arm", "seed", "drivers", "search [m]", "extra [m]", "found first", "guided", "fullest", "all [veh h]",
              "signals [veh h]", "under way")  # fmt: skip
    rows = [
        (
            arm.value, str(seed), str(line["by_kind"]["all"]["drivers"]), *(f"{figure(line, n):.1f}" for n in FIGURES)
        )
        for arm, own in lines.items() for seed, line in own.items()
    ]  # fmt: skip
    more = [
        (first_share([line], ("phone", "signs", "blind")), first_share([line], ("phone", "signs")), line)
        for own in lines.values()
        for line in own.values()
    ]
    put_table(
        header,
        [
            (*row[:5], _percent(every), _percent(guided), _percent(line["fullest"]), *row[5:], str(line["under_way"]))
            for row, (every, guided, line) in zip(rows, more, strict=True)
        ],
    )
    for one in found:
        text, unit = FIGURES[one.figure]
        sure = "no interval"
        if one.interval_percent is not None:
            sure = "95 % interval {:+.1f} to {:+.1f}".format(*one.interval_percent)
        seeds = counted(len(one.changes), "seed", "seeds")
        typer.echo(
            f"{one.arm} against {one.other}: {text} {one.mean:+.2f} {unit}, {one.mean_percent:+.1f} % ({sure}), {seeds}"
        )
    for arm, share in shares.items():
        typer.echo(f"{arm}: of those who follow signs or phones {_percent(share)} found a space where they came first")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
