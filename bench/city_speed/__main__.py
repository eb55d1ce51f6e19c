"""How long a minute of a city takes to estimate on one core: `python -m bench.city_speed`.

A made-up city of square blocks with 5,000 roads, loops on half of them, and 20,000 positions a minute.
"""

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench.city_speed.city import Traffic, make_city
from bench.ledger import append_lines
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.state.estimator import StateEstimator

LEDGER: Final = Path("bench/results/city_speed.jsonl")
MOST_S: Final = 15.0
BEGIN_UTC_MS: Final = 1_767_600_000_000


def measure(blocks: int, positions: int, minutes: int, seed: int) -> dict[str, Any]:
    """Return times of a minute [s]: taking in what arrives, and estimating; the first minute is not counted.

    Times are those of the processor: a machine that others use as well shall not make them longer.
    """
    network, began_s = make_city(blocks), time.process_time()
    estimator = StateEstimator(network)
    made_s = time.process_time() - began_s
    taken, estimated = [], []
    for at_ms, arriving in Traffic(network, positions // 6, seed).minutes(minutes + 1, BEGIN_UTC_MS):
        began_s = time.process_time()
        for each in arriving:
            estimator.take(each, at_ms + MINUTE_MS)
        took_s = time.process_time()
        estimator.minute(at_ms)
        taken.append(took_s - began_s)
        estimated.append(time.process_time() - took_s)
    return {
        "roads": len(network.roads),
        "detectors": len(network.loops),
        "positions_a_minute": positions // 6 * 6,
        "seed": seed,
        "minutes": minutes,
        "made_s": made_s,
        "take_s": sum(taken[1:]) / minutes,
        "minute_s": sum(estimated[1:]) / minutes,
        "longest_s": max(each + other for each, other in zip(taken[1:], estimated[1:], strict=True)),
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> int:
    """Measure and print; 1 if a minute takes longer than MOST_S."""
    parser = argparse.ArgumentParser(prog="python -m bench.city_speed", description=__doc__)
    parser.add_argument("--blocks", type=int, default=35, help="blocks on a side: 4 n (n + 1) roads")
    parser.add_argument("--positions", type=int, default=20_000, help="a minute")
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    parser.add_argument("--short", action="store_true", help="7 blocks, 600 positions, 3 minutes, no ledger")
    asked = parser.parse_args()
    blocks, positions, minutes = (7, 600, 3) if asked.short else (asked.blocks, asked.positions, asked.minutes)
    row = measure(blocks, positions, minutes, asked.seed)
    try:
        if not asked.short:
            append_lines(asked.ledger, [{"key": f"b{blocks}-p{positions}-s{asked.seed}", **row}])
    except SignalCtrlError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(
        f"{row['roads']:,} roads, {row['detectors']:,} detectors, {row['positions_a_minute']:,} positions a minute, "
        f"seed {row['seed']}: {row['take_s']:.2f} s to take them in, {row['minute_s']:.2f} s to estimate, at most "
        f"{row['longest_s']:.2f} s a minute; made in {row['made_s']:.1f} s, {row['memory_mib']:.0f} MiB\n"
    )
    return int(row["longest_s"] > MOST_S)


if __name__ == "__main__":
    sys.exit(main())
