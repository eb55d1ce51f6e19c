"""What a green corridor brings and costs: `python -m bench.special`. Interrupted, it goes on with the next call."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.seeds import seeds_of
from bench.special.campaign import Campaign, Case
from bench.special.judging import Line, Trip, kept, told, trips_of
from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.special_loop.order import NOTICE_S, Others

LEDGER: Final = Path(__file__).parent.parent / "results" / "special.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the runs of one case and print its trips; exit code 3 if SUMO fails."""
    asked, console = _parser().parse_args(arguments), Console(width=140)
    case = Case(
        asked.scenario, asked.controller, asked.begin, asked.first, asked.apart, asked.trips, Others(asked.others),
        asked.after,
    )  # fmt: skip
    trips: list[Trip] = []
    lines: dict[bool, list[Line]] = {True: [], False: []}
    try:
        campaign = Campaign(asked.ledger, lambda text: console.print(text, highlight=False))
        for seed in seeds_of(asked.seeds):
            with_, without = (campaign.run(case, seed, corridor) for corridor in (True, False))
            trips += trips_of(seed, with_, without, NOTICE_S)
            lines[True].append(with_)
            lines[False].append(without)
    except SignalCtrlError as error:
        console.print(f"bench.special: {error}", highlight=False)
        return 3
    _put(console, case, trips)
    for corridor, found in lines.items():
        console.print(kept(f"{'with' if corridor else 'without'} corridors", found), highlight=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    case = Case()
    parser = argparse.ArgumentParser(prog="python -m bench.special", description=__doc__)
    parser.add_argument("--scenario", default=case.scenario)
    parser.add_argument(
        "--controller", default=case.controller, choices=("adaptive", "hybrid", "max_pressure", "greedy")
    )
    parser.add_argument("--begin", type=float, default=case.begin_s, help="begin of a run [s]")
    parser.add_argument("--first", type=float, default=case.first_s, help="the first vehicle sets out [s]")
    parser.add_argument("--apart", type=float, default=case.apart_s, help="time between two vehicles [s]")
    parser.add_argument("--after", type=float, help="a run lasts so long after the last one has set out [s]; --apart")
    parser.add_argument("--trips", type=int, default=case.trips, help="vehicles in a run")
    parser.add_argument("--seeds", default="1-40", help="A-B; 40 runs of 5 trips are 200")
    parser.add_argument(
        "--others", default=case.others.value, choices=[each.value for each in Others],
        help="what other drivers do: nothing, a rescue lane (red is kept), or SUMO's own device (red is passed)",
    )  # fmt: skip
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser


def _put(console: Console, case: Case, trips: Sequence[Trip]) -> None:
    table = Table(title=case.name, title_justify="left")
    for column in ("seed", "vehicle", "free [s]", "with [s]", "without [s]", "price [veh h]", "10 min after"):
        table.add_column(column, justify="right")
    for trip in trips:
        row = (str(trip.seed), trip.vehicle, f"{trip.free_s:.0f}", _s(trip.with_s), _s(trip.without_s))
        table.add_row(*row, f"{trip.price_veh_h:.2f}", "–" if trip.after is None else f"{trip.after:.2f}")
    console.print(table)
    for line in told(trips):
        console.print(line, highlight=False)


def _s(seconds: float | None) -> str:
    return "not there" if seconds is None else f"{seconds:.0f}"


if __name__ == "__main__":
    sys.exit(main())
