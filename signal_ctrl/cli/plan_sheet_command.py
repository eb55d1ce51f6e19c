"""`signal-ctrl plan sheet`: a page to print for each signal of a plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import Overwrite, put_json
from signal_ctrl.cli.versions import version_line
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from bench.sheets.page import SheetSignal
    from signal_ctrl.domain.plan import Plan
    from signal_ctrl.domain.site import Site


def sheet(
    *,
    plan: Annotated[Path, typer.Argument(help="The plan's file.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")],
    site: Annotated[
        list[Path] | None,
        typer.Option(help="Site document, as 'scenarios import' writes it; may be repeated.", show_default=False),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="Name or .sumocfg instead of sites; the junctions are drawn then.", show_default=False),
    ] = None,
    profile: Annotated[str, typer.Option(help="With --scenario: safety profile of the plan.")] = "published",
    signal: Annotated[
        list[str] | None, typer.Option(help="Only this signal; may be repeated.", show_default=False)
    ] = None,
    date: Annotated[str, typer.Option(help="Date to print, YYYY-MM-DD; without it there is a line to fill in.")] = "",
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write controller sheets: an A4 page a signal with stages, timing diagram, splits, intergreens and hashes."""
    from bench.sheets.page import SheetFacts, sheets_page
    from signal_ctrl.domain.plan import plan_hash
    from signal_ctrl.domain.schedule_json import date_of
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.plan_file import read_plan

    if (scenario is None) == (not site):
        raise InvalidInputError("give either --site, once or more, or --scenario")
    if date:
        date_of(date, "--date")
    check_free(out, overwrite)
    value = read_plan(plan)
    known = _of_scenario(value, scenario, profile) if scenario is not None else _of_sites(value, site or [])
    chosen = _chosen(known, signal or [])
    facts = SheetFacts(value.name, plan_hash(value), version_line(), date)
    write_whole(out, sheets_page(chosen, facts))
    without = [
        part.signal_id for part in value.signals if part.signal_id not in {each.plan.signal_id for each in known}
    ]
    if without:
        say(f"no site is given for {', '.join(without)}; they have no sheet")
    if json_:
        put_json({"file": str(out), "plan_sha256": facts.plan_sha256, "signals": [s.plan.signal_id for s in chosen]})
    else:
        typer.echo(f"{len(chosen)} sheets of plan {value.name} ({facts.plan_sha256[:12]}) in {out}")
    return 0


def _chosen(known: "list[SheetSignal]", wanted: list[str]) -> "list[SheetSignal]":
    missing = sorted(set(wanted) - {each.plan.signal_id for each in known})
    if missing:
        raise InvalidInputError(f"signal {missing[0]} is not in the plan, or its site was not given")
    return [each for each in known if not wanted or each.plan.signal_id in wanted]


def _of_scenario(plan: "Plan", scenario: str, profile: str) -> "list[SheetSignal]":
    from bench.junction_view import read_views
    from bench.sheets.page import SheetSignal
    from signal_ctrl.engine.acceptance import check_plan
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.world import build_world

    world = build_world(resolve(scenario), profile_by_name(profile), None, None)
    check_plan(plan, tuple(unit.site for unit in world.units))
    sites = {unit.site.signal_id: unit.site for unit in world.units}
    views = read_views(world.config.net, tuple(sites))
    return [SheetSignal(sites[part.signal_id], part, views[part.signal_id]) for part in plan.signals]


def _of_sites(plan: "Plan", paths: list[Path]) -> "list[SheetSignal]":
    """Return the signals whose sites are given. Raises: InvalidInputError if one cannot keep the plan or has none."""
    from bench.sheets.page import SheetSignal
    from signal_ctrl.engine.acceptance import refusals
    from signal_ctrl.kernel.kernel import Kernel

    sites: dict[str, Site] = {}
    for path in paths:
        site = _read_site(path)
        part = plan.of(site.signal_id)
        if part is None:
            raise InvalidInputError(f"{path}: the plan says nothing of signal {site.signal_id}")
        if site.signal_id in sites:
            raise InvalidInputError(f"{path}: signal {site.signal_id} is given twice")
        reasons = refusals(part, Kernel(site))
        if reasons:
            raise InvalidInputError(f"{path}: {reasons[0]}")
        sites[site.signal_id] = site
    return [SheetSignal(sites[part.signal_id], part) for part in plan.signals if part.signal_id in sites]


def _read_site(path: Path) -> "Site":
    from signal_ctrl.domain.site_json import site_from_json
    from signal_ctrl.gateways.whole_file import read_whole

    try:
        return site_from_json(read_whole(path, "site", 1 << 22))
    except InvalidInputError as error:
        said = str(error)
        raise InvalidInputError(said if str(path) in said else f"{path}: {said}") from error
