"""`signal-ctrl run`: one closed-loop run, or the replay of one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.given_options import refuse_all_but, refuse_given
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.progress import Stretch, watching
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from signal_ctrl.domain.plan import Plan
    from sumo_scenarios.run import RunResult
    from sumo_scenarios.settings import RunSettings

SLOW_VIDEO = (
    "sensing video renders and counts a camera for each approach of every signal: each takes about 0.2 s of processor "
    "time a simulated second"
)


def run(
    context: typer.Context,
    *,
    out: Annotated[Path, typer.Option(help="Folder of the run; must not hold another one.")],
    scenario: Annotated[
        str | None,
        typer.Argument(help="Name from 'scenarios list', or path of a .sumocfg.", show_default=False),
    ] = None,
    controller: Annotated[
        str,
        typer.Option(
            help="net, actuated, delay_based, sumo_adapted, sumo_coordinated (SUMO's), fixed, green_wave, "
            "max_pressure, greedy, adaptive or hybrid (ours)."
        ),
    ] = "adaptive",
    seed: Annotated[int, typer.Option(help="SUMO's seed: the drivers.")] = 1,
    demand_seed: Annotated[int, typer.Option(help="0: demand as in the file; others resample it.")] = 0,
    sensing: Annotated[
        str, typer.Option(help="loops, video (cameras, rendered and counted: slow), positions or oracle.")
    ] = "loops",
    condition: Annotated[
        str, typer.Option(help="With sensing video, what cameras see: day, night, rain, ...; see 'scenarios film'.")
    ] = "day",
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    begin: Annotated[float | None, typer.Option(help="First simulation second.", show_default=False)] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    scale: Annotated[float, typer.Option(help="Demand times this factor.")] = 1.0,
    failures: Annotated[float, typer.Option(help="Share of the loops that fail for the whole run, 0 to 1.")] = 0.0,
    failure_kind: Annotated[
        str,
        typer.Option(
            help="How they fail: mix, or one of stuck-off, stuck-on, chatter, counts-half, counts-half-as-much-again, "
            "swapped-lanes, late, twice, dated-ahead."
        ),
    ] = "mix",
    crossings: Annotated[
        str, typer.Option(help="How people on foot are heard of: recall (always called), buttons or sensors.")
    ] = "recall",
    close: Annotated[
        list[str] | None,
        typer.Option(help="LANE_OR_EDGE[@FROM-TO], closed; may be repeated.", show_default=False),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value of the controller; may be repeated.", show_default=False),
    ] = None,
    loops: Annotated[
        Path | None,
        typer.Option(help="Your own loops: E1 definitions as 'scenarios import' writes them.", show_default=False),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(help="Plan of fixed, green_wave or hybrid; else one tuned or computed.", show_default=False),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(help="Folder for SUMO's further files and every figure, measures.json.", show_default=False),
    ] = None,
    schedule: Annotated[
        Path | None,
        typer.Option(
            help="Which plan when: kept by fixed, a rung that adaptive falls back to; plans lie beside it.",
            show_default=False,
        ),
    ] = None,
    forecast: Annotated[
        Path | None,
        typer.Option(
            help="Turning counts of past days (column date): the plan of the schedule is chosen ahead of the demand "
            "that they and the loops tell.",
            show_default=False,
        ),
    ] = None,
    start_utc: Annotated[
        str | None,
        typer.Option(
            help="Instant of the run's begin, as 2026-03-02T06:00Z; else simulation seconds are those of a Monday.",
            show_default=False,
        ),
    ] = None,
    transition: Annotated[
        str, typer.Option(help="Between plans of a schedule: shortway, dwell or add-only.")
    ] = "shortway",
    over_http: Annotated[
        bool, typer.Option("--over-http", help="Every signal is a cabinet that asks a centre over HTTP.")
    ] = False,
    link: Annotated[
        str,
        typer.Option(
            help="With --over-http, what the wire does: loss=0.05,delay_ms=200,outage=FROM-TO,restart=AT,seed=1, times "
            "in simulation seconds; default: a perfect one."
        ),
    ] = "",
    advise: Annotated[
        str,
        typer.Option(
            help="With --over-http and a plan: shadow, adaptive control advises while the plan is kept; adaptive, it "
            "is switched on over the plan."
        ),
    ] = "",
    buses: Annotated[
        str | None,
        typer.Option(
            help="Signals hear of buses, which report as every=5,noise=6,lost=0.05,load=0,beacons=0 says ('': so): "
            "adaptive weighs them by their persons, fixed is bent for them (docs/bus-priority.md).",
            show_default=False,
        ),
    ] = None,
    replay: Annotated[Path | None, typer.Option(help="Folder of a run to be shown again.", show_default=False)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that --out holds.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Run one scenario under one controller, or replay a run; --out then holds everything about it."""
    if replay is not None:
        refuse_all_but(
            context, ("--replay", "--out", "--overwrite", "--json"), "is of a run that is made, not of a replay"
        )
        if scenario is not None:
            raise InvalidInputError("--replay takes its scenario from the recorded run; leave SCENARIO out")
        return _replay(replay, out, overwrite, json_)
    if scenario is None:
        raise InvalidInputError("name a SCENARIO ('signal-ctrl scenarios list' shows them) or give --replay DIR")

    if link and not over_http:
        raise InvalidInputError("--link is about the wire of --over-http; give both, or neither")
    if not failures:
        refuse_given(context, ("--failure-kind",), "is about loops that fail, by --failures")
    if schedule is None:
        refuse_given(context, ("--transition",), "is about the plans of a --schedule")
    from signal_ctrl.domain.timetable import instant_of
    from sumo_scenarios.bus_options import parse_buses
    from sumo_scenarios.link_conditions import parse_link
    from sumo_scenarios.schedule_file import read_schedule
    from sumo_scenarios.settings import RunSettings, parse_closure, parse_setting

    settings = RunSettings(
        scenario=scenario,
        controller=controller,
        seed=seed,
        demand_seed=demand_seed,
        sensing=sensing,
        condition=condition,
        profile=profile_by_name(profile),
        begin_s=begin,
        end_s=end,
        scale=scale,
        closures=tuple(parse_closure(text) for text in close or ()),
        options=tuple(parse_setting(text) for text in set_ or ()),
        failure_rate=failures,
        failure_kind=failure_kind,
        crossings=crossings,
        loops_file="" if loops is None else str(loops),
        plan=_plan(plan, schedule, (scenario, controller, profile, begin)),
        base=None if plan is not None else _base(scenario, controller, profile, begin),
        fallback=_fallback_plan(scenario, controller, profile),
        schedule=None if schedule is None else read_schedule(schedule),
        start=None if start_utc is None else instant_of(start_utc),
        history="" if forecast is None else str(forecast.resolve()),
        transition=transition,
        link=parse_link(link) if over_http else None,
        advise=advise,
        buses=None if buses is None else parse_buses(buses),
        command=("signal-ctrl", *sys.argv[1:]),
    )
    return _run(settings, out, overwrite, json_, evidence)


def _plan(given: Path | None, schedule: Path | None, asked: tuple[str, str, str, float | None]) -> "Plan | None":
    """Return the plan given, or the tuned one where neither plan nor schedule is given.

    Args: asked, scenario, controller, profile, and the begin [s].
    """
    from sumo_scenarios.plan_file import read_plan

    if given is not None:
        return read_plan(given)
    return None if schedule is not None else _tuned_plan(*asked)


def _tuned_plan(scenario: str, controller: str, profile: str, begin_s: float | None) -> "Plan | None":
    """Return the tuned plan of a scenario for `fixed`, or its tuned wave, and say so if it is stale."""
    from bench.tuning.store import WAVE, notice_of, tuned_plan
    from sumo_scenarios.settings import WAVES

    if controller != "fixed" and controller not in WAVES:
        return None
    tuned = WAVE if controller in WAVES else controller
    notice = notice_of(scenario, profile_by_name(profile), tuned)
    if notice is not None:
        say(notice)
    return tuned_plan(scenario, profile_by_name(profile), tuned, begin_s)


def _base(scenario: str, controller: str, profile: str, begin_s: float | None) -> "Plan | None":
    """Return the tuned plan of a scenario, on whose splits a green wave is made."""
    from bench.tuning.store import tuned_plan
    from sumo_scenarios.settings import WAVES

    return tuned_plan(scenario, profile_by_name(profile), "fixed", begin_s) if controller in WAVES else None


def _fallback_plan(scenario: str, controller: str, profile: str) -> "Plan | None":
    """Return the tuned plan, for rollouts to fall back to; without one it is computed when it is needed."""
    from sumo_scenarios.settings import ROLLOUTS

    if controller not in ROLLOUTS:
        return None
    from bench.tuning.store import fallback_plan

    return fallback_plan(scenario, profile_by_name(profile))


def stretch_of(settings: "RunSettings", name: str) -> Stretch:
    """Return the simulation time of a run as far as its settings and configuration tell it.

    Raises: InvalidInputError if the scenario is unknown or its configuration unusable.
    """
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.configuration import read_configuration

    configuration = read_configuration(resolve(settings.scenario).config)
    begin_s = settings.begin_s if settings.begin_s is not None else configuration.begin_s or 0.0
    end_s = settings.end_s if settings.end_s is not None else configuration.end_s
    if end_s is not None and not begin_s < end_s:
        span = f"--begin {begin_s:g} s, --end {end_s:g} s"
        raise InvalidInputError(f"the run would end before it begins ({span}); choose other times")
    return Stretch(name, begin_s, end_s)


def tell(result: "RunResult", as_json: bool, figures: bool = True) -> int:
    """Print a run as it stands, its figures only if wished, and return the exit code."""
    for notice in result.notices:
        say(notice)
    if result.status == "failed":
        say(f"{result.error}; the failed run is in {result.folder}", result.log)
    if result.status == "interrupted":
        say(f"interrupted; the run up to there is in {result.folder}")
    if as_json:
        put_json(_document(result))
    elif figures and result.score is not None:
        _tell_figures(result.document, result.folder)
    return result.exit_code


def _run(settings: "RunSettings", out: Path, overwrite: bool, as_json: bool, evidence: Path | None) -> int:
    from sumo_scenarios.compiled_code import NOTICE, compiled_before
    from sumo_scenarios.run import Order, execute_all
    from sumo_scenarios.settings import ROLLOUTS

    if settings.controller in ROLLOUTS and not compiled_before():
        say(NOTICE)
    if settings.sensing == "video":
        say(SLOW_VIDEO)
    stretch = stretch_of(settings, f"{Path(settings.scenario).stem} {settings.controller}")
    with watching([stretch], as_json) as watch:
        (result,) = execute_all([Order(settings, out, overwrite, evidence, detailed=True)], watch)
    code = tell(result, as_json)
    if evidence is not None and result.status == "complete":
        _measure(result.folder, evidence, as_json)
    if result.outcome is not None and result.outcome.violations:
        say(f"the kernel saw {result.outcome.violations} violations; see decisions.jsonl in {result.folder}")
    return code


def _measure(run_: Path, evidence: Path, as_json: bool) -> None:
    """Write every figure of a run beside its evidence, and print the speed on its arterial."""
    from bench.work import MEASURES, write_json
    from sumo_scenarios.measures.measure import measure_run
    from sumo_scenarios.measures.validity import validity

    measures = {**measure_run(run_, evidence), "invalid": list(validity(run_, evidence))}
    write_json(evidence / MEASURES, measures)
    if not as_json:
        _tell_artery(measures["tables"]["artery_hours"])
        typer.echo(f"every figure: {evidence / MEASURES}")


def _tell_artery(rows: list[dict[str, Any]]) -> None:
    from bench.svg import clock

    judged = {True: "met", False: "not met", None: "not judged: no whole hour"}
    cells = [
        (
            *(row["towards"], f"{clock(row['from_s'])}-{clock(row['to_s'])}", number(row["vehicles"], 0)),
            *(number(row["speed_kmh"]), number(row["through_speed_kmh"])),
            f"over {row['target_kmh']:g}: {judged[row['met']]}",
        )
        for row in rows
    ]
    if cells:
        put_table(("arterial towards", "hour", "vehicles", "all [km/h]", "end to end", "target"), cells, numbers_from=2)


def _replay(recorded: Path, out: Path, overwrite: bool, as_json: bool) -> int:
    from sumo_scenarios import run as runs
    from sumo_scenarios.result import read_result

    found = read_result(recorded)
    stretch = Stretch(f"replay of {recorded}", float(found.get("begin_s") or 0.0), found.get("end_s"))
    with watching([stretch], as_json) as watch:
        result = runs.replay(recorded, out, overwrite, lambda progress: watch(0, progress))
    code = tell(result, as_json)
    if result.differences:
        first = result.first_difference
        say(f"{result.differences} lamp frames differ from the recorded ones, first: {first}")
    elif result.status == "complete" and not as_json:
        typer.echo("every lamp frame is the recorded one")
    return code


def _document(result: "RunResult") -> dict[str, Any]:
    return {
        **result.document,
        "run_dir": str(result.folder),
        "notices": list(result.notices),
        "error": result.error,
        "differences": result.differences,
        "first_difference": result.first_difference,
    }


def _tell_figures(found: dict[str, Any], folder: Path) -> None:
    vehicles = {name: number(count, 0) for name, count in found["vehicles"].items()}
    typer.echo(f"{found['scenario']} under {found['controller']}, seed {found['seed']}: {found['status']}")
    typer.echo(
        f"  delay {number(found['delay_s_per_vehicle'])} s and {number(found['stops_per_vehicle'], 2)} stops "
        f"per vehicle, mean speed {number(found['mean_speed_mps'])} m/s"
    )
    typer.echo(
        f"  {vehicles['total']} vehicles: {vehicles['finished']} finished, {vehicles['unfinished']} still "
        f"under way, {vehicles['never_departed']} never let in"
    )
    typer.echo(f"  longest wait {number(found['longest_wait_s'], 0)} s, teleports {found['teleports']}")
    typer.echo(f"  in {folder}")
