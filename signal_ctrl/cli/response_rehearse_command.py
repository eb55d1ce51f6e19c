"""`signal-ctrl response rehearse`: an emergency plan carried out in SUMO, with and without."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import CHECK_FAILED
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from sumo_scenarios.response_rehearsal.rehearsal import Rehearsal, Verdict

File = Annotated[Path, typer.Argument(help="Document of a response, TOML or JSON; see docs/emergency-plans.md.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def rehearse(
    file: File,
    *,
    scenario: Annotated[str, typer.Option(help="Name from 'scenarios list', or path of a .sumocfg.")],
    seeds: Annotated[str, typer.Option(help="Seeds of SUMO, as 1-3 or 1,4,7.")] = "1-3",
    at_s: Annotated[float, typer.Option(help="How long after the begin it is ordered [s].")] = 300.0,
    plan: Annotated[list[Path] | None, typer.Option(help="Plan that the response names. May be repeated.")] = None,
    usual: Annotated[Path | None, typer.Option(help="Plan that stands before and after; else one computed.")] = None,
    corridor: Annotated[list[str] | None, typer.Option(help="NAME=SIGNAL,SIGNAL. May be repeated.")] = None,
    close: Annotated[list[str] | None, typer.Option(help="LANE_OR_EDGE[@FROM-TO], closed in all runs.")] = None,
    begin: Annotated[float | None, typer.Option(help="First simulation second.", show_default=False)] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    scale: Annotated[float, typer.Option(help="Demand times this factor.")] = 1.0,
    out: Annotated[Path | None, typer.Option(help="Folder that keeps the runs; else they are thrown away.")] = None,
    json_: Json = False,
) -> int:
    """Carry a response's overrides and plans out in SUMO, with and without, through a real centre and real kernels.

    Shows what it costs in delay, and what the kernels and the referee of the lamps found. Signs and missions are not
    rehearsed. Exit code 0: nothing found; 1: a lamp was wrong, or a kernel refused a part.
    """
    import tempfile

    from signal_ctrl.cli.text_file import text_of_file
    from signal_ctrl.watch.responses.response_file import response_from_text
    from sumo_scenarios.plan_file import read_plan
    from sumo_scenarios.response_rehearsal.centre import Town
    from sumo_scenarios.response_rehearsal.rehearsal import Rehearsal
    from sumo_scenarios.settings import RunSettings, parse_closure

    settings = RunSettings(
        scenario=scenario,
        controller="fixed",
        begin_s=begin,
        end_s=end,
        scale=scale,
        closures=tuple(parse_closure(text) for text in close or ()),
        plan=None if usual is None else read_plan(usual),
    )
    town = Town(tuple(read_plan(path) for path in plan or ()), tuple(_corridor(each) for each in corridor or ()))
    response = response_from_text(text_of_file(file), str(file))
    rehearsal = Rehearsal(response, settings, seeds_of(seeds), at_s, town)
    if out is not None:
        if out.exists():
            raise InvalidInputError(f"{out} is there already; name another folder")
        return _rehearsed(rehearsal, out, json_)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-rehearsal-") as scratch:
        return _rehearsed(rehearsal, Path(scratch), json_)


def seeds_of(text: str) -> tuple[int, ...]:
    """Return seeds. Raises: InvalidInputError.

    >>> seeds_of("1-3"), seeds_of("7,2")
    ((1, 2, 3), (7, 2))
    """
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        if not low.isdecimal() or (high and not high.isdecimal()) or ("-" in part and not high):
            raise InvalidInputError(f"'{text}' are no seeds: write 1-3 or 1,4,7")
        found += range(int(low), int(high or low) + 1)
    if not 1 <= len(found) <= 100:
        raise InvalidInputError("a rehearsal has 1 to 100 seeds")
    return tuple(found)


def _corridor(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, signals = text.partition("=")
    if not name or not signals:
        raise InvalidInputError(f"'{text}' is no corridor: write NAME=SIGNAL,SIGNAL")
    return name, tuple(signals.split(","))


def _rehearsed(rehearsal: "Rehearsal", folder: Path, as_json: bool) -> int:
    from bench.referees import lamps_at_hand, wrong_lamps
    from signal_ctrl.cli.progress import Stretch, watching
    from sumo_scenarios.response_rehearsal.rehearsal import rehearse as run

    names = [f"seed {seed} {arm}" for seed in rehearsal.seeds for arm in ("without", "with")]
    stretches = [Stretch(name, rehearsal.settings.begin_s or 0.0, rehearsal.settings.end_s) for name in names]
    with watching(stretches, as_json) as watch:
        verdict = run(rehearsal, folder, lambda seed, arm, told: watch(names.index(f"seed {seed} {arm}"), told))
    lamps = {each.seed: wrong_lamps(each.folders[1]) for each in verdict.rehearsed} if lamps_at_hand() else {}
    _tell_verdict(verdict, lamps, as_json)
    bad = any(each.violations or each.refused for each in verdict.rehearsed) or any(map(bool, lamps.values()))
    return CHECK_FAILED if bad else 0


def _tell_verdict(verdict: "Verdict", lamps: dict[int, dict[str, int]], as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        rows = [
            asdict(each)
            | {"folders": [str(path) for path in each.folders]}
            | {"price_veh_h": each.price_veh_h, "wrong_lamps": lamps.get(each.seed)}
            for each in verdict.rehearsed
        ]
        put_json({"price_veh_h": verdict.price_veh_h, "interval_veh_h": verdict.interval_veh_h, "seeds": rows})
        return
    table = [
        (
            str(each.seed),
            number(each.delay_without_veh_h),
            number(each.delay_with_veh_h),
            f"{each.price_veh_h:+.1f}",
            str(each.begun),
            str(len(each.refused)),
            str(each.violations),
            "–" if each.seed not in lamps else str(sum(lamps[each.seed].values())),
        )
        for each in verdict.rehearsed
    ]
    header = ("seed", "without [veh h]", "with", "price", "begun", "refused", "monitor", "referee")
    put_table(header, table)
    words = "" if verdict.interval_veh_h is None else " ({:+.1f} to {:+.1f})".format(*verdict.interval_veh_h)
    typer.echo(f"price: {verdict.price_veh_h:+.1f} vehicle-hours of delay{words}")
    for each in verdict.rehearsed:
        for line in (*each.refused[:5], *each.invalid):
            typer.echo(f"  seed {each.seed}: {line}")
