"""What bus priority brings: `python -m bench.bus_priority`. Interrupted, it goes on with the next call."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.bus_priority.campaign import ARMS, FIGURES, Campaign, Case, Change, Line, changes_of
from bench.seeds import seeds_of
from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.bus_options import parse_buses

LEDGER: Final = Path(__file__).parent.parent / "results" / "bus_priority.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the runs of one case and print its tables; exit code 3 if SUMO fails."""
    asked = _parser().parse_args(arguments)
    console = Console(width=150)
    try:
        buses = parse_buses(asked.buses)
        case = Case(asked.scenario, asked.scale, asked.profile, asked.sensing, asked.last, buses, asked.buses)
        campaign = Campaign(asked.ledger, lambda text: console.print(text, highlight=False))
        lines: dict[str, dict[int, Line]] = {}
        for seed in seeds_of(asked.seeds):
            for arm in asked.arms:
                lines.setdefault(arm, {})[seed] = campaign.run(case, arm, seed)
    except SignalCtrlError as error:
        console.print(f"bench.bus_priority: {error}", highlight=False)
        return 3
    _put(console, lines)
    for change in changes_of(lines):
        console.print(told(change), highlight=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.bus_priority", description=__doc__)
    parser.add_argument("--scenario", default="newtown")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the demand")
    parser.add_argument("--profile", default="street")
    parser.add_argument("--sensing", default="loops")
    parser.add_argument("--seeds", default="1-5", help="A-B")
    parser.add_argument(
        "--last", type=float, help="this long from the begin of the scenario [s]; its whole time if left out"
    )
    parser.add_argument("--buses", default="", help="how buses report, such as every=10,noise=8,lost=0.1")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser


def _put(console: Console, lines: Mapping[str, Mapping[int, Line]]) -> None:
    table = Table()
    shown = (*FIGURES, "hold", "early", "longest_kept_s", "unfinished", "violations")
    for column in ("arm", "seed", *shown):
        table.add_column(column, justify="right")
    for arm, by_seed in lines.items():
        for seed, line in by_seed.items():
            table.add_row(arm, str(seed), *("–" if line.get(name) is None else f"{line[name]:g}" for name in shown))
    console.print(table)


def told(change: Change) -> str:
    """Return a comparison in words.

    >>> told(Change("a", "b", "bus_delay_s", (-40.0, -30.0)))
    'a against b: bus_delay_s -35.0 % (95 % interval -98.5 to 28.5), 2 seeds'
    """
    low, high = change.interval or (change.mean, change.mean)
    who, interval = f"{change.arm} against {change.other}", f"95 % interval {low:.1f} to {high:.1f}"
    return f"{who}: {change.figure} {change.mean:.1f} % ({interval}), {len(change.changes)} seeds"


if __name__ == "__main__":
    sys.exit(main())
