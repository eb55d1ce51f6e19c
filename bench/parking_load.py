"""The parking service under load: drivers ask for guidance, sensors post, on one core, with a SIGKILL in the middle.

A service process is served on one core over an empty folder with facilities all over a city of roads. Ten gateways post
a batch of readings a second each; drivers ask at a fixed rate, whatever comes back when, and the time to answer counts
from when the question was due. In the end everything that was receipted has to be there, once, and the state of every
space has to be what its last receipted reading said.

Where other work runs on the machine, or the driving process has no core of its own, times to answer hold its waiting
too; `machine_busy_cores` says how much of the machine was taken in all.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.folder import code_hash
from bench.ledger import append_lines
from bench.parking.load_trial import GUIDANCE_MS, ParkingLoad, trial_of
from signal_ctrl.domain.errors import SignalCtrlError

LEDGER: Final = Path("bench/results/parking_load.jsonl")
CODE: Final = ("signal_ctrl/parking", "signal_ctrl/stores", "signal_ctrl/web", "bench/parking")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one trial; 1 if anything was lost or guidance took longer than is wanted."""
    options = _options(arguments)
    load = ParkingLoad(
        options.facilities, options.spaces, options.asks, options.events, options.seconds, options.kill, options.seed,
        options.core,
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-parking-") as folder:
            row = trial_of(load, Path(folder))
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.parking_load: {error}\n")
        return 2
    key = f"f{load.facilities}/s{load.spaces}/a{load.asks_s}/e{load.events_s}/t{load.seconds}/s{load.seed}"
    row = {"key": key + ("/kill" if load.kill else ""), "engine": code_hash(CODE), "at_utc_s": int(time.time()), **row}
    row["load_average"] = round(os.getloadavg()[0], 1)
    if options.ledger is not None:
        append_lines(options.ledger, [row])
    sys.stdout.write(told(row))
    return int(bool(row["lost"]) or not row["guidance_ms"]["p99"] <= GUIDANCE_MS)


def told(row: dict[str, Any]) -> str:
    """Return the outcome for people."""
    ask, receipt = row["guidance_ms"], row["receipt_ms"]
    lines = [
        f"{row['key']}: {row['asked']:,} answers to drivers",
        f"{row['readings']:,} readings receipted, {row['readings_s']:,} a second",
        f"guidance: median {ask['p50']:.1f} ms, p99 {ask['p99']:.1f} ms, longest {ask['max']:.0f} ms",
        f"receipts: median {receipt['p50']:.1f} ms, p99 {receipt['p99']:.1f} ms, longest {receipt['max']:.0f} ms",
        f"not answered: {row['refused'] or 'none'}; batches sent again: {row['retried']}",
        f"service: {row['cpu_share']:.0%} of its core; its threads waited for it {row['waited_share']:.2f} s a second",
        f"machine: {row['machine_busy_cores']} cores busy, load average {row['load_average']}; "
        f"restart {row['restart_s']:.1f} s",
        f"lost: {row['lost']}",
        *row["wrong"],
    ]
    return "\n".join(lines) + "\n"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.parking_load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--facilities", type=int, default=200)
    parser.add_argument("--spaces", type=int, default=10_000)
    parser.add_argument("--asks", type=int, default=200, help="guidance requests a second")
    parser.add_argument("--events", type=int, default=2_000, help="sensor readings a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--kill", action=argparse.BooleanOptionalAction, default=False, help="SIGKILL in the middle")
    parser.add_argument("--core", type=int, default=0, help="the one that the service may use")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
