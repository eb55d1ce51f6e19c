"""`signal-ctrl bench report`, `bench compare` and `bench published`: what experiments say."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import CHECK_FAILED, say
from signal_ctrl.cli.output import number, put_json, put_table

if TYPE_CHECKING:
    from bench.published import OursRow

_WIDTH = 100


def report(
    folder: Annotated[Path, typer.Argument(help="Folder of an experiment, finished or not.")],
    *,
    baseline: Annotated[
        str | None,
        typer.Option(help="Compare with this one; default: fixed, else actuated, else net.", show_default=False),
    ] = None,
    show: Annotated[str, typer.Option(help="Controller to draw in detail beside the baseline.")] = "adaptive",
    rates: Annotated[
        Path | None, typer.Option(help="TOML file of what time, fuel and CO2 are worth.", show_default=False)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write report.html, decision.html and their tables into the folder of an experiment."""
    from bench.decision.page import write_decision
    from bench.decision.rates import read_rates
    from bench.reports.report_page import write_report
    from bench.reports.study import read_study
    from bench.reports.tables import write_tables

    worth = read_rates(rates)
    study = read_study(folder, baseline, show)
    tables, notices = write_tables(study)
    pages = {
        "report": str(write_report(study, tables, notices)),
        "decision": str(write_decision(study, worth)),
        "tables": str(tables.path),
    }
    for notice in notices:
        say(f"not drawn: {notice}")
    counts = {"runs": len(study.rows), "invalid": len(study.invalid)}
    if json_:
        put_json({**pages, **counts, "comparisons": list(study.comparisons), "notices": list(notices)})
        return 0
    for row in study.comparisons:
        typer.echo(_comparison_line(row))
    if study.invalid:
        typer.echo(f"{counts['invalid']} of {counts['runs']} runs are not valid; they are named in the report")
    for what, path in pages.items():
        typer.echo(f"{what}: {path}")
    return 0


def _comparison_line(row: dict[str, Any]) -> str:
    name = _named(row)
    if row["mean_difference_s"] is None:
        return f"{row['scenario']}: {name} against {row['baseline']}: no pair of valid runs"
    return (
        f"{row['scenario']}: {name} against {row['baseline']}: {row['verdict']}, "
        f"{_signed(row['mean_difference_s'])} s/veh {_interval(row['ci95'])}, {row['n']} {row['unit']}s"
    )


def _named(row: dict[str, Any]) -> str:
    """Return the controller of a comparison with whatever is not as usual."""
    from bench.pairing import Group

    return Group(row, ()).named()


def compare(
    before: Annotated[Path, typer.Argument(help="Experiment made by the first version.")],
    after: Annotated[Path, typer.Argument(help="The same experiment made by the second version.")],
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Compare two versions of the engine on the same runs; exit code 1 if any controller got worse."""
    from bench.progress import compare_versions

    found = compare_versions(before, after)
    for notice in found.notices:
        say(notice)
    if json_:
        put_json({"regressed": found.regressed, "comparisons": list(found.comparisons), "notices": list(found.notices)})
    else:
        _put_progress(found.comparisons)
    return CHECK_FAILED if found.regressed else 0


def _put_progress(rows: Sequence[dict[str, Any]]) -> None:
    cells = [
        (
            *(row["scenario"], _named(row)),
            *(number(row["baseline_mean_s"]), number(row["mean_s"]), _signed(row["mean_difference_s"])),
            *(_interval(row["ci95"]), str(row["n"]), _change(row)),
        )
        for row in rows
    ]
    heads = ("scenario", "controller", "before [s/veh]", "after", "difference", "95 % interval", "pairs", "verdict")
    put_table(heads, cells, numbers_from=2)
    if any(_falls_to_holm(row) for row in rows):
        typer.echo(f"* does not hold once the {len(rows)} comparisons made here are allowed for (Holm)")


def _change(row: dict[str, Any]) -> str:
    lost = len(row["lost_runs"])
    if lost:
        return f"{row['change']}: {lost} runs no longer valid"
    return f"{row['change']}*" if _falls_to_holm(row) else str(row["change"])


def _falls_to_holm(row: dict[str, Any]) -> bool:
    """Tell whether a change is no longer sure once the number of comparisons is allowed for."""
    return row["change"] in ("progress", "regression") and not (row["p_holm"] or 0.0) <= 0.05


def published(
    folder: Annotated[
        Path | None, typer.Argument(help="Experiment of ours to print beside them.", show_default=False)
    ] = None,
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Print the published figures of the RESCO benchmark, beside ours if a folder is given, and what differs."""
    from bench.published import BEST_S, CONDITIONS, SOURCE, ours_of, published_document
    from bench.summary import rows_of, slim

    rows = [slim(row) for row in rows_of(folder)] if folder is not None else []
    if json_:
        put_json(published_document(rows))
        return 0
    typer.echo(f"{SOURCE}.\n")
    typer.echo("Average delay, best single episode of any learning controller [s/veh]:\n")
    put_table(("network", "published"), [(name, number(value)) for name, value in BEST_S.items()])
    if folder is not None:
        _put_ours(ours_of(rows))
    typer.echo("\nThese are two experiments, not one. What differs:")
    for each in CONDITIONS:
        typer.echo(f"\n{each.what}")
        for label, words in (("published", each.theirs), ("here", each.ours), ("effect", each.pull)):
            typer.echo(textwrap.fill(words, _WIDTH, initial_indent=f"  {label:10}", subsequent_indent=" " * 12))
    return 0


def _put_ours(rows: Sequence["OursRow"]) -> None:
    from bench.published import BEST_S

    typer.echo("\nHere, mean and range over seeds [s/veh]:\n")
    if not rows:
        typer.echo("  no run of a published network over its whole hour, with its demand as it is")
        return
    cells = [
        (
            row.network,
            row.controller if row.sensing == "loops" else f"{row.controller} ({row.sensing})",
            *(number(row.mean_s), number(row.best_s), number(row.worst_s)),
            *(f"{row.runs - row.invalid} of {row.runs}", f"({number(BEST_S[row.network])})"),
        )
        for row in rows
    ]
    heads = ("network", "controller", "mean", "best seed", "worst seed", "valid runs", "(published, see below)")
    put_table(heads, cells, numbers_from=2)


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+,.1f}".replace("-", "−")


def _interval(ends: Sequence[float] | None) -> str:
    return "–" if ends is None else f"[{_signed(ends[0])}, {_signed(ends[1])}]"
