"""Feeds under load: counts of all roads each minute and positions all the time, over HTTP to a service on one core.

A service process with an empty folder and a city of roads is served on one core. Feeds in this process post counts of
each minute as soon as it is over, and positions of vehicles that drive about. In the middle the service is killed with
SIGKILL and started anew. It is measured how much of the core the service took, how long receipts took, and how long
after its post a count was seen in the open feed; in the end everything that was receipted has to be on the shelf, once
and whole, and in the minutes that were published.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.folder import code_hash
from bench.intake.trial import Load, trial_of
from bench.ledger import append_lines
from signal_ctrl.domain.errors import SignalCtrlError

LEDGER: Final = Path("bench/results/intake.jsonl")
CODE: Final = ("signal_ctrl/watch", "signal_ctrl/stores", "signal_ctrl/web", "bench/intake")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one trial; 1 if anything was lost, doubled or seen too late."""
    options = _options(arguments)
    load = Load(
        options.roads, options.positions, options.minutes, options.kill, options.seed, options.core, options.together
    )
    try:
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-intake-") as folder:
            row = trial_of(load, Path(folder))
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.intake_load: {error}\n")
        return 2
    key = f"r{load.roads}/p{load.positions}/m{load.minutes}/s{load.seed}{'/kill' if load.kill else ''}"
    row = {"key": key, "engine": code_hash(CODE), "at_utc_s": int(time.time()), **row}
    if options.ledger is not None:
        append_lines(options.ledger, [row])
    sys.stdout.write(told(row))
    return int(bool(row["wrong"]))


def told(row: dict[str, Any]) -> str:
    """Return the outcome for people."""
    lines = [
        f"{row['key']}: {row['batches']:,} batches with {row['observations']:,} observations receipted",
        f"receipts: median {row['receipt_ms']['p50']:.0f} ms, p99 {row['receipt_ms']['p99']:.0f} ms, "
        f"longest {row['receipt_ms']['max']:.0f} ms",
        f"service: {row['cpu_share']:.0%} of one core, {row['memory_mib']:.0f} MiB at most",
        f"posted to seen: median {row['fresh_s']['p50']:.1f} s, longest {row['fresh_s']['max']:.1f} s "
        f"({row['fresh_s']['n']} minutes)",
        f"minutes published: {row['minutes_kept']}, of {row['minute_bytes']:,.0f} bytes",
        f"wrong: {len(row['wrong'])}",
        *row["wrong"][:20],
    ]
    return "\n".join(lines) + "\n"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.intake_load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--roads", type=int, default=5_000)
    parser.add_argument("--positions", type=int, default=20_000, help="a minute")
    parser.add_argument("--minutes", type=int, default=6, help="of load")
    parser.add_argument("--kill", action=argparse.BooleanOptionalAction, default=True, help="SIGKILL in the middle")
    parser.add_argument("--together", type=int, default=500, help="observations in a batch")
    parser.add_argument("--core", type=int, default=0, help="the one that the service may use")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
