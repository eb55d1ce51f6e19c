"""`signal-ctrl explain`: why a run decided so."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.explain_output import put_explanation
from signal_ctrl.cli.failures import CHECK_FAILED, say
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.cli.progress import Stretch, clock, watching

if TYPE_CHECKING:
    from sumo_scenarios.logged import StageChange


def explain(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished run under adaptive.")],
    *,
    junction: Annotated[str, typer.Option(help="The signal.")],
    time: Annotated[
        float | None,
        typer.Option(help="Simulation second of the decision; without it: all changes of stage.", show_default=False),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Say why a signal changed its stages, or with --time what one decision was made on and what came of it."""
    if time is None:
        return _changes(folder, junction, json_)
    from sumo_scenarios.compiled_code import NOTICE, compiled_before
    from sumo_scenarios.explain import Recorded
    from sumo_scenarios.explain import explain as explained

    recorded = Recorded(folder)
    recorded.at_ds(junction, time)
    if not compiled_before():
        say(NOTICE)
    stretch = Stretch(f"repeating the run up to {clock(time)}", recorded.begin_s, time)
    with watching([stretch], json_) as watch:
        document = explained(recorded, junction, time, lambda progress: watch(0, progress))
    put_json(document) if json_ else put_explanation(document)
    if not document["inputs"]["same"]:
        say("what was rebuilt is not what the run saw: its code or libraries were other ones")
        return CHECK_FAILED
    return 0


def _changes(folder: Path, junction: str, as_json: bool) -> int:
    from sumo_scenarios.explain import changes_of

    found = changes_of(folder, junction)
    if as_json:
        put_json({"run": str(folder), "junction": junction, "changes": [_row(each) for each in found]})
        return 0
    cells = [(f"{each.at_s:.0f}", clock(each.at_s), _stages(each), _words(each)) for each in found]
    put_table(("time [s]", "", "stage", "why"), cells, numbers_from=4)
    return 0


def _row(change: "StageChange") -> dict[str, Any]:
    return {**asdict(change), "before": None if change.before < 0 else change.before}


def _stages(change: "StageChange") -> str:
    before = "?" if change.before < 0 else str(change.before + 1)
    return f"{before} -> {change.after + 1}"


def _words(change: "StageChange") -> str:
    return f"refused ({change.refused}): {change.words}" if change.refused else change.words
