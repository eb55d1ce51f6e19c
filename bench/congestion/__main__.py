"""Days by lot in SUMO, and the backtest on them: `python -m bench.congestion make|judge`.

    python -m bench.congestion make cologne8 --out DIR --days 60 --low 1.2 --high 2.4 --demand-seed 1
    python -m bench.congestion judge DIR --pictures PICTURES

Interrupted, `make` goes on with the day that it was at. `judge` appends its figures to the ledger.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.congestion.judging import LEARN_SHARE, days_of, judged
from bench.congestion.make import DayOrder, make_days
from bench.congestion.pictures import draw
from bench.ledger import append_lines, check_ledger
from signal_ctrl.domain.errors import SignalCtrlError

LEDGER: Final = Path(__file__).parent.parent / "results" / "congestion.jsonl"


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; 2 for a wrong order or a failure."""
    args = _parser().parse_args(arguments)
    console = Console()
    try:
        _make(args, console) if args.what == "make" else _judge(args, console)
    except SignalCtrlError as error:
        console.print(f"error: {error}", markup=False, soft_wrap=True)
        return 2
    return 0


def _make(args: argparse.Namespace, console: Console) -> None:
    order = DayOrder(args.scenario, args.low, args.high, args.demand_seed, args.days, args.minutes)
    made = make_days(order, args.out, lambda line: console.print(line, markup=False))
    console.print(
        f"{made} days made, demand seeds {args.demand_seed} to {args.demand_seed + args.days - 1}, {args.out}"
    )


def _judge(args: argparse.Namespace, console: Console) -> None:
    check_ledger(args.ledger)
    city, days = days_of(args.folders)
    found = judged(city, days, args.learn_share, lambda line: console.print(line, markup=False))
    if args.pictures is not None:
        draw(found, args.pictures)
    line = ledger_line(args.name or args.folders[0].name, found.report)
    append_lines(args.ledger, [line])
    console.print_json(data=line)


def ledger_line(name: str, report: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a backtest as a line of the ledger."""
    key = f"{name}/learned{report['learned_days']}/judged{report['days']}"
    horizons = [{k: v for k, v in each.items() if k != "reliability"} for each in report["horizons"]]
    return {"key": key, "network": name, **{k: v for k, v in report.items() if k != "horizons"}, "horizons": horizons}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.congestion", description=__doc__.split("\n", 1)[0])
    what = parser.add_subparsers(dest="what", required=True)
    make = what.add_parser("make", help="simulate days")
    make.add_argument("scenario")
    make.add_argument("--out", type=Path, required=True, help="folder for the days")
    make.add_argument("--days", type=int, default=60)
    make.add_argument("--minutes", type=int, default=150, help="length of a day")
    make.add_argument("--low", type=float, default=0.8, help="lowest factor on the demand")
    make.add_argument("--high", type=float, default=1.3, help="highest factor on the demand")
    make.add_argument("--demand-seed", type=int, default=1, help="seed of the first day")
    judge = what.add_parser("judge", help="backtest")
    judge.add_argument("folders", type=Path, nargs="+")
    judge.add_argument("--name", help="name in the ledger")
    judge.add_argument("--learn-share", type=float, default=LEARN_SHARE, help="share of the days to learn from")
    judge.add_argument("--ledger", type=Path, default=LEDGER)
    judge.add_argument("--pictures", type=Path, help="folder for pictures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
