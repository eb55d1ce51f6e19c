"""How incidents are found: `python -m bench.incidents record | fit | judge | report`. Interrupted, it goes on.

`record` makes runs of SUMO with and without a stopped vehicle; `fit` fits the weights and thresholds on the training
runs; `judge` judges the others and appends to the ledger; `report` prints what the ledger holds.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.incidents.cases import Case, Purpose, Scenario
from bench.incidents.fitting import fit
from bench.incidents.judging import judge, report
from bench.incidents.runs import SCENARIOS, Runs, draws_of, scenarios_of
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEDGER: Final = Path(__file__).parent.parent / "results" / "incidents.jsonl"
FOLDER: Final = Path("out/incidents")


def main(words: list[str] | None = None) -> int:
    """Carry out one step; 2 for bad input, 3 if the machine fails."""
    asked = _parser().parse_args(words)
    try:
        draws = draws_of(asked.loops_share, asked.positions_share, asked.draws)
        all_runs = [Runs(asked.folder, equipped, _say) for equipped in draws]
        scenarios = scenarios_of(asked.scenarios.split(","))
        if asked.step == "record":
            for case in _wanted(asked, scenarios):
                if not all_runs[0].is_there(case):
                    all_runs[0].run(case)
        elif asked.step == "fit":
            sys.stdout.write(fit(all_runs, scenarios, asked.most) + "\n")
        else:
            for runs in all_runs if asked.step == "judge" else ():
                judge(runs, scenarios, asked.most, asked.ledger, _say)
            sys.stdout.write(report(asked.ledger) + "\n")
    except SignalCtrlError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, InvalidInputError) else 3
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.incidents", description=__doc__)
    parser.add_argument("step", choices=("record", "fit", "judge", "report"))
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="which, separated by commas")
    parser.add_argument("--purposes", default="train,train_quiet,judge,judge_quiet", help="which runs to record")
    parser.add_argument("--most", type=int, default=20, help="runs of each purpose and scenario, at most")
    parser.add_argument("--loops-share", type=float, default=0.5, help="share of the roads with loops")
    parser.add_argument("--draws", type=int, default=1, help="draws of the roads with loops; each run is seen with one")
    parser.add_argument("--positions-share", type=float, default=0.05, help="share of vehicles that report positions")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the runs are kept")
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="JSON lines, one a run and equipment")
    return parser


def _wanted(asked: argparse.Namespace, scenarios: Sequence[Scenario]) -> Iterator[Case]:
    purposes = [Purpose[word.strip().upper()] for word in asked.purposes.split(",")]
    for number in range(asked.most):
        for purpose in purposes:
            for scenario in scenarios:
                yield Case(scenario, purpose, number)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
