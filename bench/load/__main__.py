"""`python -m bench.load`: a city polls and posts, and what comes of it is judged by the pass marks of SAFETY part F.

A real service with durable storage and a generator in a process of its own share the processors of this machine. Each
cabinet polls once a second and posts the events of ten seconds every ten seconds, with valid codes, on a connection
that is kept.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines
from bench.load.figures import misses
from bench.load.most import Steps, find_most
from bench.load.trial import STORES, Asked, trial
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEDGER: Final = Path("bench/results/load.jsonl")
_MINUTE_S: Final = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a trial; 1 if a pass mark is missed, 2 for bad input, 3 if the machine fails."""
    given = _parser().parse_args(arguments)
    sys.stdout.write(f"seed {given.seed}\n")
    try:
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-load-", dir=given.scratch) as scratch:
            lines = _lines(given, Path(scratch))
        if given.ledger is not None:
            append_lines(given.ledger, lines)
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.load: {error}\n")
        return 2 if isinstance(error, InvalidInputError) else 3
    return int(bool(lines[-1]["missed"]))


def _lines(given: argparse.Namespace, scratch: Path) -> list[dict[str, Any]]:
    if given.find_most:
        steps = Steps(given.cabinets, given.step, given.minutes * _MINUTE_S, given.seed, given.store)
        return find_most(steps, scratch, tell)
    line = trial(Asked(given.cabinets, given.minutes * _MINUTE_S, given.seed, given.store), scratch)
    line = {"key": f"load-{given.store}-{given.cabinets}-seed-{given.seed}", **line, "missed": misses(line)}
    tell(line)
    return [line]


def tell(line: dict[str, Any]) -> None:
    """Print the figures of a trial and its verdict."""
    polls, posts = line["polls"], line["posts"]
    words = [
        f"{line['cabinets']} cabinets, {line['lasts_s']:.0f} s, {line['store']}, seed {line['seed']}; "
        f"{line['cores_here']} cores, {line['processor']}, commit {line['commit']}",
        *(
            f"  {name:6} {each['count']:9,} {each['per_s']:8,.1f}/s  p50 {each['p50_ms']:7.2f} ms"
            f"  p99 {each['p99_ms']:7.2f} ms  max {each['max_ms']:8.2f} ms"
            for name, each in (("polls", polls), ("posts", posts))
        ),
        f"  errors {line['errors'] or 0}, batches acknowledged {line['batches_acknowledged']}, sent twice "
        f"{line['batches_repeated']}, lost {line['lost']}, doubled {line['doubled']}",
        f"  processor: centre {line['centre_cpu_share']:.0%} of a core, for which it waited "
        f"{line['centre_waited_share']:.0%} of the time; generator {line['generator_cpu_share']:.0%}; "
        f"machine {line['machine_cpu_share']:.0%} of all",
        f"  memory by minute {line['memory_mib']} MiB, growth {line['memory_growth']:.1%}",
        *(f"  missed: {words}" for words in line["missed"]),
    ]
    sys.stdout.write("\n".join((*words, "  pass" if not line["missed"] else "  FAILED", "")))
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--cabinets", type=int, default=2000, help="with --find-most: the first number that is tried")
    parser.add_argument("--minutes", type=float, default=10.0, help="with --find-most: of each number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--find-most", action="store_true", help="the most cabinets that one core carries")
    parser.add_argument("--step", type=int, default=500, help="with --find-most: so many more each time")
    parser.add_argument("--scratch", type=Path, help="folder on the disk that is measured; default: of temporary files")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser


if __name__ == "__main__":
    sys.exit(main())
