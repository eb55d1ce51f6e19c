"""`signal-ctrl plan network`: offsets, splits and cycle of a network by model, then in simulation if wished."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import INTERRUPTED, say
from signal_ctrl.cli.given_options import refuse_given
from signal_ctrl.cli.output import Overwrite, number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from bench.tuning.evaluation import Scored
    from optimiser.network_index import IndexWeights
    from optimiser.network_search import Effort
    from signal_ctrl.domain.counts import Counts
    from signal_ctrl.domain.plan import Plan
    from sumo_scenarios.network_model import Dispersions
    from sumo_scenarios.network_planning import NetworkPlanned, Wish
    from sumo_scenarios.network_plans import Asked, Prepared

_SEARCH_S = 600.0
_MOST_ROWS = 24
_MOST_OVER = 8


def network(
    context: typer.Context,
    *,
    source: Annotated[str, typer.Argument(help="Name from 'scenarios list', or path of a .sumocfg.")],
    out: Annotated[Path, typer.Option(help="File of the plan, JSON.")],
    counts: Annotated[
        Path | None, typer.Option(help="Turning counts (CSV) in place of the demand of the routes.", show_default=False)
    ] = None,
    missing_is_zero: Annotated[
        bool, typer.Option("--missing-is-zero", help="A turn without a count has none to count; else that is an error.")
    ] = False,
    cycle: Annotated[int | None, typer.Option(help="The common cycle. [s]", show_default=False)] = None,
    cycle_range: Annotated[
        str | None, typer.Option(help="A-B: the cycles to choose from. [s]", show_default="around Webster's")
    ] = None,
    signals: Annotated[
        str | None, typer.Option(help="A,B: signals that may move; the others keep --base.", show_default="all")
    ] = None,
    subarea: Annotated[str, typer.Option(help="auto: part the network where links couple little.")] = "",
    coupling: Annotated[
        float, typer.Option(help="Flow over length from which signals belong together. [veh/h/m]")
    ] = 1.5,
    base: Annotated[
        Path | None, typer.Option(help="Plan at hand, to compare with and start from.", show_default=False)
    ] = None,
    delay_weight: Annotated[float, typer.Option(help="Weight of a second of delay.")] = 1.0,
    stop_weight: Annotated[float, typer.Option(help="Price of a stop in seconds of delay.")] = 10.0,
    excess_weight: Annotated[float, typer.Option(help="Price of a vehicle beyond the storage of its link.")] = 5.0,
    dispersion: Annotated[
        Path | None, typer.Option(help="Fitted dispersion, from 'plan dispersion'.", show_default=False)
    ] = None,
    begin: Annotated[float | None, typer.Option(help="First simulation second.", show_default=False)] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    scale: Annotated[float, typer.Option(help="Demand times this factor.")] = 1.0,
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    time_limit: Annotated[
        float | None,
        typer.Option(help="For the offsets by pairs, each time. [s]", show_default="10, 1 with --no-search"),
    ] = None,
    starts: Annotated[int, typer.Option(help="Random starts of the search.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the random starts.")] = 1,
    search: Annotated[
        bool, typer.Option("--search", help="Search in the whole model, as without --no-search.")
    ] = False,
    no_search: Annotated[bool, typer.Option("--no-search", help="Offsets by pairs alone, in seconds.")] = False,
    simulate: Annotated[int, typer.Option(help="Then search in simulation, with that many simulations.")] = 0,
    profile_of: Annotated[
        tuple[str, Path] | None,
        typer.Option(help="EDGE FILE: draw the flow profile before its stop line (.svg, .png).", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Make the plan of a network: offsets by pairs with a proven bound, then offsets, splits and cycle by the model."""
    from bench.network.pictures import check_edge
    from optimiser.network_index import IndexWeights
    from signal_ctrl.gateways.whole_file import check_free
    from sumo_scenarios.network_plans import Asked
    from sumo_scenarios.picture_file import check_picture
    from sumo_scenarios.plan_file import write_plan

    _check_searches(context, search, no_search, simulate)
    wish = _wish(cycle, cycle_range, signals, (subarea, coupling, not no_search))
    effort = _effort((1.0 if no_search else 10.0) if time_limit is None else time_limit, starts, seed, json_)
    check_free(out, overwrite)
    check_picture(None if profile_of is None else profile_of[1], overwrite)
    begun_s = time.monotonic()
    weights = IndexWeights(delay_weight, stop_weight, excess_weight)
    at_hand = _read(base)
    asked = Asked(source, profile_by_name(profile), begin, end, scale)
    prepared = _prepared(asked, weights, (counts, dispersion), at_hand, missing_is_zero)
    check_edge(prepared, None if profile_of is None else profile_of[0])
    planned = _planned(prepared, wish, effort, at_hand, json_)
    report = report_of(prepared, planned) | {"seconds": round(time.monotonic() - begun_s, 2), "plan": str(out)}
    _tell_oversaturated(report)
    write_plan(out, _plan_of(prepared, planned))
    _draw(prepared, planned, profile_of)
    code = _simulate(prepared, planned, (simulate, out), report, json_) if simulate else 0
    put_json(report) if json_ else _put(report)
    return code


def _read(base: Path | None) -> "Plan | None":
    from sumo_scenarios.plan_file import read_plan

    return None if base is None else read_plan(base)


def _prepared(
    asked: "Asked", weights: "IndexWeights", files: tuple[Path | None, Path | None], base: "Plan | None", zero: bool
) -> "Prepared":
    from sumo_scenarios.network_plans import PLANNING, prepare

    counts, dispersion = files
    prepared = prepare(asked, weights, PLANNING, _counts(counts), _fitted(dispersion), base, zero)
    if prepared.unlinked_veh_h:
        say(f"no route tells where {prepared.unlinked_veh_h:.0f} veh/h of the counts go on; they arrive evenly")
    return prepared


def _fitted(path: Path | None) -> "Dispersions | None":
    if path is None:
        return None
    from sumo_scenarios.dispersion_fit import read_fits

    return read_fits(path)


def _planned(
    prepared: "Prepared", wish: "Wish", effort: "Effort", base: "Plan | None", quiet: bool
) -> "NetworkPlanned":
    from sumo_scenarios.network_planning import plan_network
    from sumo_scenarios.network_plans import timings_of

    at_hand = timings_of(base, prepared.demand) if base is not None else None
    return plan_network(prepared, wish, effort, at_hand, lambda line: None if quiet else say(line))


def _plan_of(prepared: "Prepared", planned: "NetworkPlanned") -> "Plan":
    from sumo_scenarios.first_plan import plan_of

    return plan_of(f"{prepared.world.scenario.name}, network", prepared.demand, planned.after)


def _check_searches(context: typer.Context, search: bool, no_search: bool, simulate: int) -> None:
    if context.params["subarea"] == "":
        refuse_given(context, ("--coupling",), "is about where --subarea parts the network")
    if search and no_search:
        raise InvalidInputError("give --search or --no-search, not both")
    if not simulate:
        return
    from bench.network.simulated import LEAST_BUDGET

    if no_search:
        raise InvalidInputError("--simulate follows a search; leave --no-search out")
    if simulate < LEAST_BUDGET:
        raise InvalidInputError(f"--simulate needs {LEAST_BUDGET} simulations or more, got {simulate}")


def _draw(prepared: "Prepared", planned: "NetworkPlanned", what: tuple[str, Path] | None) -> None:
    from bench.network.pictures import draw_profiles, profiles_of

    if what is None:
        return
    edge, path = what
    draw_profiles(profiles_of(prepared, planned.after, edge), f"{prepared.world.scenario.name}, edge {edge}", path)


def _wish(cycle: int | None, cycle_range: str | None, signals: str | None, more: tuple[str, float, bool]) -> "Wish":
    from bench.matrix_values import words
    from sumo_scenarios.network_planning import Wish, cycles_of

    if cycle is not None and cycle_range is not None:
        raise InvalidInputError("choose either --cycle or --cycle-range")
    cycles = (cycle,) if cycle is not None else cycles_of(cycle_range) if cycle_range is not None else ()
    named = words("--signals", signals) if signals is not None else ()
    return Wish(cycles, named, *more)


def _effort(time_limit: float, starts: int, seed: int, quiet: bool) -> "Effort":
    from optimiser.network_search import Effort

    if not 0 < time_limit <= 3600:
        raise InvalidInputError(f"--time-limit needs more than 0 and up to 3600 s, got {time_limit:g}")
    if not 0 <= starts <= 100 or not 0 <= seed < 2**31:
        raise InvalidInputError("--starts needs 0 to 100, --seed 0 or more")
    begun_s = time.monotonic()

    def told(line: str) -> None:
        if not quiet:
            say(line)

    return Effort(time_limit, starts, seed, lambda: time.monotonic() - begun_s < _SEARCH_S, told)


def _counts(path: Path | None) -> "Counts | None":
    """Return the counts of a file. Raises: InvalidInputError if it cannot be read or a line of it is wrong."""
    if path is None:
        return None
    from signal_ctrl.domain.counts import counts_from_csv
    from signal_ctrl.gateways.whole_file import read_whole

    found = counts_from_csv(read_whole(path, "counts"), str(path))
    if len(found.periods) > 1:
        busiest = found.busiest()
        say(f"the busiest period of {path} is planned for: {busiest.begin_s:g} to {busiest.end_s:g} s")
    return found


def _tell_oversaturated(report: dict[str, Any]) -> None:
    """Say which junctions the plan cannot serve."""
    over = report["oversaturated"]
    if not over:
        return
    most = "; ".join(f"{row['signal']} {row['saturation']:.2f} from {row['from_edge']}" for row in over[:_MOST_OVER])
    more = f"; and {len(over) - _MOST_OVER} more" if len(over) > _MOST_OVER else ""
    say(
        f"{len(over)} of {report['signals']} signals are oversaturated with this plan, queues grow there (degree of "
        f"saturation by the model, which counts with {100 * report['model']['saturation']:.0f} % of the saturation "
        f"flow): {most}{more}; more green there, a longer cycle or less demand"
    )


def _simulate(
    prepared: "Prepared", planned: "NetworkPlanned", what: tuple[int, Path], report: dict[str, Any], quiet: bool
) -> int:
    from bench.network.simulated import search_simulated
    from sumo_scenarios.plan_file import write_plan

    budget, out = what
    ledger = out.with_name(f"{out.stem}.ledger.jsonl")

    def told(spent: int, of: int, one: "Scored") -> None:
        if not quiet:
            say(f"simulation {spent}/{of}: {one.candidate.what}, {one.delay_s:.2f} s/veh")

    try:
        found = search_simulated(prepared, planned.after, budget, ledger, told)
    except KeyboardInterrupt:
        say(f"interrupted; {ledger} holds what was simulated, the same command with --overwrite goes on")
        return INTERRUPTED
    write_plan(out, found.plan)
    report["simulated"] = {
        "before_s": round(found.before_s, 3), "after_s": round(found.delay_s, 3),
        "simulations": found.simulations, "made": found.made, "ledger": str(ledger),
    }  # fmt: skip
    return 0


def report_of(prepared: "Prepared", planned: "NetworkPlanned") -> dict[str, Any]:
    """Return what the model says before and after, by area and by link, as a JSON object."""
    from sumo_scenarios.network_report import report_document

    return report_document(prepared, planned)


def _put(report: dict[str, Any]) -> None:
    before, after = report["before"], report["after"]
    rows = [
        (label, number(before[key], digits), number(after[key], digits))
        for label, key, digits in (
            ("performance index [s/veh]", "index_s", 2),
            ("delay [s/veh]", "delay_s", 2),
            ("stops [1/veh]", "stops", 3),
            ("vehicles beyond their link", "excess_veh", 1),
            ("highest degree of saturation", "highest_saturation", 3),
        )
    ]
    put_table((f"model of {report['scenario']}, per vehicle that enters", "before", "after"), rows)
    typer.echo("")
    put_table(_AREA_HEADER, [_area_row(area) for area in report["areas"]], numbers_from=1)
    typer.echo("")
    links = report["links"]
    shown = sorted(links, key=lambda row: -(row["saturation"] or 0.0))[:_MOST_ROWS]
    put_table(_LINK_HEADER, [_link_row(row) for row in shown], numbers_from=2)
    if len(links) > len(shown):
        typer.echo(f"the {len(shown)} links of {len(links)} with the highest degree of saturation; --json has them all")
    if "simulated" in report:
        found = report["simulated"]
        typer.echo(
            f"in simulation: {found['before_s']:.2f} s/veh before, {found['after_s']:.2f} after "
            f"{found['simulations']} simulations ({found['made']} made now)"
        )
    typer.echo(f"{report['plan']} holds the plan; made in {report['seconds']:.1f} s")


_AREA_HEADER = (
    "signals", "cycle [s]", "pairs [s/veh]", "bound [s/veh]", "gap", "index of the best [s/veh]", "median of starts",
)  # fmt: skip
_LINK_HEADER = (
    "signal", "from edge", "flow [veh/h]", "saturation", "delay [s/veh]", "stops [1/veh]", "queue [m]", "storage [m]",
)  # fmt: skip


def _area_row(area: dict[str, Any]) -> tuple[str, ...]:
    pairs = area["pairs"]
    gap = "proven" if pairs["proven"] else f"{100 * pairs['gap']:.1f} %"
    names = area["signals"]
    return (
        f"{len(names)} signals" if len(names) > 1 else names[0],
        str(area["cycle_s"]),
        number(pairs["cost_s"], 2),
        number(pairs["bound_s"], 2),
        gap,
        number(area["best_s"], 2),
        number(area["median_s"], 2),
    )


def _link_row(row: dict[str, Any]) -> tuple[str, ...]:
    over = " !" if row["over"] else ""
    return (
        row["signal"], row["from_edge"], number(row["flow_veh_h"], 0), number(row["saturation"], 2),
        number(row["delay_s"], 1), number(row["stops"], 2), number(row["queue_m"], 0) + over,
        number(row["storage_m"], 0),
    )  # fmt: skip
