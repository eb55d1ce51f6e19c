"""Errors of what is estimated from loops, against the truth of simulated runs: `python -m bench.estimation`.

Every run is made once, judged, and thrown away; its figures are a line of the ledger. Interrupted, it goes on.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.estimation.judge import judge_run
from bench.ledger import append_lines, by_run
from signal_ctrl.domain.errors import BackendError, InvalidInputError, SignalCtrlError
from sumo_scenarios.run import Order, execute_all
from sumo_scenarios.settings import RunSettings

LEDGER: Final = Path(__file__).parent.parent / "results" / "estimation.jsonl"
SCENARIOS: Final = ("cologne1", "cologne3", "cologne8", "ingolstadt1", "ingolstadt7", "grid4x4", "arterial4x4")
WIDTH: Final = 150
Line = dict[str, Any]


def key_of(settings: RunSettings) -> str:
    """Return the name of a run in the ledger."""
    end = "" if settings.end_s is None else f"/until {settings.end_s:g}"
    scale = "" if settings.scale == 1.0 else f"/x{settings.scale:g}"
    return f"{settings.scenario}/{settings.controller}/s{settings.seed}{scale}{end}"


def measure(settings: RunSettings, told: Callable[[float], None]) -> Line:
    """Make one run, judge it, and return its line. Args: told, called with the simulation time [s].

    Raises: BackendError if the run fails, KeyboardInterrupt if it is interrupted.
    """
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        run, evidence = Path(scratch) / "run", Path(scratch) / "evidence"
        order = Order(settings, run, evidence=evidence)
        result = execute_all([order], lambda _, progress: told(progress.time_s))[0]
        if result.status == "interrupted":
            raise KeyboardInterrupt
        if result.status != "complete":
            raise BackendError(f"the run of {key_of(settings)} failed: {result.error}")
        rows = [row.document() for row in judge_run(run, evidence)]
    name = settings.scenario if settings.scale == 1.0 else f"{settings.scenario} x{settings.scale:g}"
    return {"key": key_of(settings), "scenario": name, "errors": rows}


def campaign(orders: Sequence[RunSettings], ledger: Path, console: Console) -> list[Line]:
    """Make the runs that the ledger does not hold, append them, and return the lines of all that were asked for."""
    known = by_run(ledger)
    found = []
    for settings in orders:
        key = key_of(settings)
        if key not in known:
            with console.status(key) as status:
                known[key] = measure(settings, lambda at_s, key=key: status.update(f"{key}: {at_s:.0f} s"))  # type: ignore[misc]
            append_lines(ledger, [known[key]])
        found.append(known[key])
    return found


def pooled(lines: Sequence[Line]) -> dict[tuple[str, str], Line]:
    """Return the errors by scenario and quantity, runs weighted by how many pairs they have."""
    by_name: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        for row in line["errors"]:
            by_name.setdefault((line["scenario"], row["what"]), []).append(row)
    return {name: _pooled(rows) for name, rows in by_name.items()}


def _pooled(rows: Sequence[Mapping[str, Any]]) -> Line:
    found: Line = {"unit": rows[0]["unit"]}
    for count, names in (
        ("count", ("truth", "bias", "absolute", "held", "geh_below_5")),
        ("bounds", ("bounds_right",)),
    ):
        found[count] = sum(row[count] for row in rows)
        for name in names:
            own = [row for row in rows if name in row and row[count]]
            weight = sum(row[count] for row in own)
            found[name] = sum(row[name] * row[count] for row in own) / weight if weight else None
    return found


def table_of(rows: Mapping[tuple[str, str], Line]) -> Table:
    """Return the errors as people read them."""
    table = Table("scenario", "", "n", "truth", "bias", "mean error", "in 95 %", "GEH < 5", "≥ only", "right")
    for (scenario, what), row in rows.items():
        table.add_row(
            *(scenario, f"{what} [{row['unit']}]", str(row["count"])),
            *(_shown(row[name]) for name in ("truth", "bias", "absolute")),
            *(_percent(row[name]) for name in ("held", "geh_below_5")),
            str(row["bounds"]),
            _percent(row["bounds_right"]),
        )
    return table


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.estimation", description=__doc__)
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="names, with commas between")
    parser.add_argument("--controller", default="adaptive")
    parser.add_argument("--seeds", default="1,2", help="with commas between")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the demand: more queues, more to measure")
    parser.add_argument("--end", type=float, help="end of the runs, simulation seconds")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    asked = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        orders = [
            RunSettings(name, asked.controller, int(seed), scale=asked.scale, end_s=asked.end)
            for name in asked.scenarios.split(",")
            for seed in asked.seeds.split(",")
        ]
        Console(width=WIDTH).print(table_of(pooled(campaign(orders, asked.ledger, console))))
    except (SignalCtrlError, ValueError) as error:
        console.print(f"bench.estimation: {error}", markup=False)
        return 2 if isinstance(error, InvalidInputError | ValueError) else 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
