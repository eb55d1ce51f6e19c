"""`python -m bench.loop_health`: false alarms on healthy days, faults found, imputed counts; it can be resumed."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.folder import code_hash
from bench.ledger import every_line
from bench.loop_health.campaign import CODE, Asked, Campaign
from bench.loop_health.summary import summary
from bench.matrix_values import integers
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEDGER = Path("bench/results/loop_health.jsonl")
FOLDER = Path("out/loop-health/days")


def main() -> int:
    """Run the campaign; 2 for bad input, 3 if the machine fails, 1 if there was a false alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="corridor", help="a scenario with a demand of 24 h")
    parser.add_argument("--days", default="0-4", help="which days: 0-4 or 0,6; a weekday takes some minutes")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the simulated days")
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="JSON lines, one a day and question")
    parser.add_argument("--summary", action="store_true", help="print what the ledger holds of today's judgement")
    arguments = parser.parse_args()
    try:
        if arguments.summary:
            lines: tuple[Mapping[str, Any], ...] = tuple(
                line for line in every_line(arguments.ledger) if line.get("code") == code_hash(CODE)
            )
        else:
            asked = Asked(arguments.scenario, integers("--days", arguments.days), arguments.out, arguments.ledger)
            lines = Campaign(asked, _say).run()
    except SignalCtrlError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, InvalidInputError) else 3
    sys.stdout.write(summary(lines) + "\n")
    return int(any(line.get("false_alarms") for line in lines))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
