"""`signal-ctrl plan check`: the gate of SAFETY K9 as a command; it prints every reason, not only the first."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import CHECK_FAILED
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from signal_ctrl.domain.plan import DraftPlan
    from signal_ctrl.domain.site import Site
    from signal_ctrl.engine.plan_review import Reason


def check(
    plan: Annotated[Path, typer.Argument(help="The plan document.")],
    site: Annotated[
        list[Path] | None,
        typer.Option(help="Site document, or a folder of them ('scenarios import' writes them). May be repeated."),
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Catalogue name or .sumocfg whose sites count. May be repeated.")
    ] = None,
    running: Annotated[
        Path | None, typer.Option(help="Plan that is running now: the change from it is rehearsed too.")
    ] = None,
    profile: Annotated[str, typer.Option(help="Safety profile of --scenario: published or street.")] = "published",
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Check whether the sites keep a plan (SAFETY K9) and print every reason why not.

    Exit code 0: every signal keeps its plan; 1: refused; 2: the plan or a site cannot be read.
    """
    from signal_ctrl.domain.plan import drafts_from_json
    from sumo_scenarios.site_files import text_of

    text = text_of(plan, "plan")
    try:
        name, drafts = drafts_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{plan}: {error}") from error
    sites = _sites(site or [], scenario or [], profile)
    reasons = _reasons(name, drafts, sites, running)
    if json_:
        put_json(_document(name, drafts, reasons))
    else:
        _tell(name, drafts, reasons)
    return CHECK_FAILED if reasons else 0


def _sites(paths: list[Path], scenarios: list[str], profile: str) -> "dict[str, Site]":
    """Return the sites by signal. Raises: InvalidInputError if there is none, or two of one signal."""
    from sumo_scenarios.site_files import read_sites

    found: dict[str, Site] = {}
    chosen = [one for path in paths for one in read_sites(path)]
    for name in scenarios:
        from sumo_scenarios.catalogue import resolve
        from sumo_scenarios.world import build_world

        world = build_world(resolve(name), profile_by_name(profile), None, None)
        chosen += [unit.site for unit in world.units]
    for one in chosen:
        if found.setdefault(one.signal_id, one) != one:
            raise InvalidInputError(f"two different sites of signal {one.signal_id} are given; name one of them")
    if not found:
        raise InvalidInputError("name the sites that the plan is for: --site SITE.json or --scenario NAME")
    return found


def _reasons(
    name: str, drafts: "tuple[DraftPlan, ...]", sites: "dict[str, Site]", running: Path | None
) -> "list[Reason]":
    from signal_ctrl.engine.plan_review import plan_reasons
    from signal_ctrl.kernel.kernel import Kernel

    kernels = {signal: Kernel(site) for signal, site in sites.items()}
    found = list(plan_reasons(name, drafts, tuple(sites.values()), kernels))
    refused = {reason.signal_id for reason in found}
    for draft in drafts if running is not None else ():
        if draft.signal_id in sites and draft.signal_id not in refused:
            found += _change_reasons(draft, sites[draft.signal_id], running)
    return found


def _change_reasons(draft: "DraftPlan", site: "Site", running: Path | None) -> "tuple[Reason, ...]":
    from signal_ctrl.domain.plan import signal_plan_of
    from signal_ctrl.engine.plan_change import change_reasons
    from signal_ctrl.kernel.kernel import Kernel
    from sumo_scenarios.plan_file import read_plan

    before = read_plan(running).of(draft.signal_id) if running is not None else None
    return () if before is None else change_reasons(before, signal_plan_of(draft), Kernel(site))


def _document(name: str, drafts: "tuple[DraftPlan, ...]", reasons: "list[Reason]") -> dict[str, Any]:
    refused = {reason.signal_id for reason in reasons}
    return {
        "plan": name,
        "accepted": not reasons,
        "signals": [{"signal": d.signal_id, "accepted": d.signal_id not in refused} for d in drafts],
        "reasons": [{"signal": r.signal_id, "rule": r.rule, "text": r.text} for r in reasons],
    }


def _tell(name: str, drafts: "tuple[DraftPlan, ...]", reasons: "list[Reason]") -> None:
    if not reasons:
        typer.echo(f"plan {name}: kept by all of its {len(drafts)} signals")
        return
    refused = len({reason.signal_id for reason in reasons})
    typer.echo(f"plan {name}: refused, {len(reasons)} reasons at {refused} signals")
    rows = [(reason.signal_id, reason.rule, reason.text) for reason in reasons]
    put_table(("signal", "rule", "reason"), rows, numbers_from=3)
