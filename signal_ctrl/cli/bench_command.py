"""`signal-ctrl bench`: experiments of many runs."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli import bench_tune_command
from signal_ctrl.cli.bench_output import put_list, put_presets, put_verdict
from signal_ctrl.cli.bench_progress import following
from signal_ctrl.cli.failures import BAD_INPUT, BROKEN, CHECK_FAILED, INTERRUPTED, say
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from bench.experiment import Experiment
    from bench.runner import MakePool, Outcome

app = typer.Typer(name="bench", help="Experiments: many runs, compared in pairs.", rich_markup_mode=None)
app.command("tune")(bench_tune_command.tune)


@app.command("run")
def run(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the experiment; one that was interrupted there goes on.")],
    preset: Annotated[
        str | None,
        typer.Option(
            help="One of published, seeds, failures, failures-all, demand, demand-all, corridor, corridor-noon, "
            "corridor-evening, smoke; other options narrow it.",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="TOML file with the same keys as the options.", show_default=False)
    ] = None,
    scenarios: Annotated[str | None, typer.Option(help="A,B: names or .sumocfg files.", show_default=False)] = None,
    controllers: Annotated[str | None, typer.Option(help="X,Y.", show_default=False)] = None,
    seeds: Annotated[
        str | None, typer.Option(help="1-5 or 1,4: SUMO's seeds, the drivers.", show_default=False)
    ] = None,
    demand_seeds: Annotated[
        str | None, typer.Option(help="0: demand as in the file; others resample it.", show_default=False)
    ] = None,
    scales: Annotated[str | None, typer.Option(help="0.6,1: demand times each factor.", show_default=False)] = None,
    failures: Annotated[
        str | None, typer.Option(help="0,0.2: shares of the loops that fail.", show_default=False)
    ] = None,
    failure_kind: Annotated[
        str | None,
        typer.Option(help="How they fail, as of 'run': mix, or one kind alone.", show_default=False),
    ] = None,
    sensing: Annotated[
        str | None,
        typer.Option(help="loops, positions, oracle; max_pressure=positions for one controller.", show_default=False),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Safety profile: published or street.", show_default=False)
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(help="LANE_OR_EDGE[@FROM-TO]: run open and closed; may be repeated.", show_default=False),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="[controller:]key=value; may be repeated.", show_default=False),
    ] = None,
    begin: Annotated[float | None, typer.Option(help="First simulation second.", show_default=False)] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    untuned: Annotated[
        bool, typer.Option("--untuned", help="Take controllers with their defaults, not as 'bench tune' left them.")
    ] = False,
    engine: Annotated[str, typer.Option(help="local: processes of this machine; ray: a Ray cluster.")] = "local",
    workers: Annotated[
        int | None, typer.Option(help="Runs at a time; default: the usable processors.", show_default=False)
    ] = None,
    referees: Annotated[bool, typer.Option("--referees", help="Have the independent referees judge each run.")] = False,
    ledger: Annotated[
        Path | None, typer.Option(help="JSON lines file that takes one line a run.", show_default=False)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Make every run of an experiment that --out does not hold yet; print the verdict."""
    from bench.runner import run_experiment

    flags: dict[str, Any] = {
        "preset": preset, "scenarios": scenarios, "controllers": controllers, "seeds": seeds,
        "demand_seeds": demand_seeds, "scales": scales, "failures": failures, "sensing": sensing, "profile": profile,
        "failure_kind": failure_kind,
        "close": close or None, "set": set_ or None, "begin": begin, "end": end, "untuned": untuned or None,
    }  # fmt: skip
    experiment = _experiment(file, flags)
    if referees:
        from bench.referees import check_referees

        check_referees()
    if ledger is not None:
        from bench.ledger import check_ledger

        check_ledger(ledger)
    make_pool = _pool(engine, workers)
    with following(len(experiment.tasks), out, json_) as watch:
        outcome = run_experiment(experiment, out, make_pool, watch, referees)
    if ledger is not None:
        _note(ledger, outcome)
    _tell_untuned(experiment)
    return _tell(outcome, len(experiment.tasks), json_)


@app.command("list")
def list_(
    *,
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of an experiment; without one: the presets.", show_default=False)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """List the presets, or the runs of an experiment and how each stands."""
    if folder is None:
        put_presets(json_)
        return 0
    from bench.summary import rows_of, slim

    put_list([slim(row) for row in rows_of(folder)], json_)
    return 0


def _note(ledger: Path, outcome: "Outcome") -> None:
    from bench.folder import read_experiment
    from bench.ledger import append

    append(ledger, read_experiment(outcome.folder), outcome.rows)


def _experiment(file: Path | None, flags: dict[str, Any]) -> "Experiment":
    from bench.matrix import experiment_of, read_file
    from bench.tuning.store import tuned_options

    given = {key: value for key, value in flags.items() if value is not None}
    return experiment_of({**(read_file(file) if file is not None else {}), **given}, tuned_options)


def _tell_untuned(experiment: "Experiment") -> None:
    """Say which baselines ran as they come, or with their tuning out of date."""
    from bench.tuning.store import tuned_notices

    if not experiment.asked.get("untuned"):
        for notice in tuned_notices(experiment.tasks):
            say(notice)


def _pool(engine: str, workers: int | None) -> "MakePool":
    if workers is not None and workers < 1:
        raise InvalidInputError(f"--workers needs 1 or more, got {workers}")
    if engine == "local":
        from bench.pool import LocalPool

        return lambda scratch: LocalPool(workers or len(os.sched_getaffinity(0)), scratch)
    if engine == "ray":
        from bench.ray_pool import RayPool

        return lambda _scratch: RayPool(workers)
    raise InvalidInputError(f"unknown engine '{engine}'; choose local or ray")


def _tell(outcome: "Outcome", total: int, as_json: bool) -> int:
    from bench.work import UNMEASURED

    complete = sum(row["status"] == "complete" and UNMEASURED not in row["invalid"] for row in outcome.rows)
    for run_id, error in list(outcome.errors.items())[:10]:
        say(f"{run_id}: {error}")
    if len(outcome.errors) > 10:
        say(f"and {len(outcome.errors) - 10} more runs; see summary.json")
    if outcome.interrupted:
        say(f"interrupted: {complete} of {total} runs are complete; the same command goes on")
    code = _code(outcome)
    put_verdict(outcome.rows, outcome.folder, code, as_json)
    return code


def _code(outcome: "Outcome") -> int:
    if outcome.interrupted:
        return INTERRUPTED
    if outcome.refused:
        return BAD_INPUT
    if any(row["status"] != "complete" for row in outcome.rows) or outcome.errors:
        return BROKEN
    return CHECK_FAILED if any(_broken(row) for row in outcome.rows) else 0


def _broken(row: dict[str, Any]) -> bool:
    """Tell whether the kernel or a referee found fault with a run."""
    from bench.referees import disagreement

    refereed = "referee_delay_s" in row and bool(disagreement(row))
    return bool((row.get("kernel") or {}).get("violations")) or refereed
