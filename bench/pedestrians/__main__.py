"""How long people on foot wait: `python -m bench.pedestrians`. Interrupted, it goes on with the next call."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.pedestrians.campaign import ARMS, Campaign, Case, Line, changes_of, faults_of
from bench.seeds import seeds_of
from signal_ctrl.domain.errors import SignalCtrlError

LEDGER: Final = Path(__file__).parent.parent / "results" / "pedestrians.jsonl"
SHOWN: Final = (
    *("crossings_walked", "pedestrian_wait_s", "pedestrian_wait_p95_s", "pedestrian_wait_max_s", "max_red_s"),
    *("delay_s_per_vehicle", "unfinished", "cut_clearances", "violations"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the runs of one case and print its table; 1 where a promise was broken, 2 for a wrong order or a failure."""
    asked = _parser().parse_args(arguments)
    console = Console(width=150)
    try:
        case = Case(asked.scenario, asked.profile, asked.scale, asked.last, tuple(asked.set))
        campaign = Campaign(asked.ledger, lambda text: console.print(text, highlight=False))
        lines: dict[str, dict[int, Line]] = {}
        for seed in seeds_of(asked.seeds):
            for arm in asked.arms:
                lines.setdefault(arm, {})[seed] = campaign.run(case, arm, seed)
    except SignalCtrlError as error:
        console.print(f"bench.pedestrians: {error}", markup=False, highlight=False)
        return 2
    _put(console, lines)
    for change in changes_of(lines):
        console.print(change.told(), highlight=False)
    faults = faults_of(lines)
    for fault in faults:
        console.print(f"broken: {fault}", markup=False, highlight=False)
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.pedestrians", description=__doc__)
    parser.add_argument("--scenario", default="newtown")
    parser.add_argument("--profile", default="street")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the demand")
    parser.add_argument("--seeds", default="1-5", help="A-B")
    parser.add_argument("--last", type=float, help="this long from the begin of the scenario [s]; else its whole time")
    parser.add_argument("--set", action="append", default=[], help="key=value of adaptive control; may be repeated")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser


def _put(console: Console, lines: dict[str, dict[int, Line]]) -> None:
    table = Table()
    for column in ("arm", "seed", *SHOWN):
        table.add_column(column, justify="right")
    for arm, by_seed in lines.items():
        for seed, line in by_seed.items():
            cells = ("-" if line[name] is None else f"{line[name]:g}" for name in SHOWN)
            table.add_row(arm, str(seed), *cells)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
