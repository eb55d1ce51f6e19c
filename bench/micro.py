"""Micro-benchmarks: `make bench-micro`. How fast kernel, rollout, detectors and scorer run, against a stored base.

A rate depends on the machine and on who else uses it. So each is taken between two timings of a fixed calibration in
the same process, and what is compared with the base of `bench/results/micro.json` is the rate per calibration: the
median over rounds. Processor time of this thread is counted, not time on the wall. `--store` makes a new base.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.micro_work import Work, all_work
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

BASE: Final = Path(__file__).parent / "results" / "micro.json"
VERSION: Final = 1
ROUNDS: Final = 7
SLOWER: Final = 0.7
"""Below this share of the base a benchmark has become slower. Between rounds the ratio moves by about 10 %."""
_SPIN: Final = 60_000


@dataclass(frozen=True, slots=True)
class Timing:
    """One benchmark: its rate [1/s] and that rate over the calibration's."""

    name: str
    unit: str
    rate: float
    ratio: float


def calibrate() -> float:
    """Return how often a fixed piece of Python and numpy work is done in a second of processor time. [1/s]"""
    start_s = thread_time()
    total, table = 0, {}
    for k in range(_SPIN):
        total += (k * 7919) % 1013
        table[k & 255] = total
    values = np.arange(_SPIN, dtype=np.float64)
    total += int(np.sort(values[::-1] % 1013.0).sum())
    return 1.0 / (thread_time() - start_s)


def measure(work: Work, rounds: int = ROUNDS) -> Timing:
    """Return the timing of one benchmark over several rounds."""
    work.once()
    rates, ratios = [], []
    for _ in range(rounds):
        before = calibrate()
        start_s = thread_time()
        done = work.once()
        rate = done / max(thread_time() - start_s, 1e-9)
        rates.append(rate)
        ratios.append(rate / (0.5 * (before + calibrate())))
    return Timing(work.name, work.unit, median(rates), median(ratios))


def read_base(path: Path) -> dict[str, float]:
    """Return the stored ratios by name, none if there is no base yet. Raises: InvalidInputError if it is damaged."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(row["name"]): float(row["ratio"]) for row in found["timings"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"{path} is damaged ({error}); make a new base with --store") from error


def write_base(path: Path, timings: Sequence[Timing]) -> None:
    """Write the timings as the new base."""
    rows = [
        {"name": each.name, "unit": each.unit, "rate": round(each.rate, 3), "ratio": round(each.ratio, 6)}
        for each in timings
    ]
    document: dict[str, Any] = {"version": VERSION, "timings": rows}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def slower_than(base: dict[str, float], timings: Sequence[Timing]) -> tuple[str, ...]:
    """Return the benchmarks that have become slower than their base allows."""
    return tuple(each.name for each in timings if each.ratio < SLOWER * base.get(each.name, 0.0))


def _table(base: dict[str, float], timings: Sequence[Timing]) -> Table:
    table = Table("benchmark", "rate", "unit", "ratio to calibration", "of base")
    for each in timings:
        known = base.get(each.name)
        share = f"{each.ratio / known:.2f}" if known else "–"
        table.add_row(each.name, f"{each.rate:,.1f}", each.unit, f"{each.ratio:.4g}", share)
    return table


def run(path: Path, store: bool, console: Console, works: Callable[[Path], Sequence[Work]] = all_work) -> int:
    """Measure, print, compare; return the exit code: 1 if something has become slower."""
    base = read_base(path)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as folder:
        timings = [measure(work) for work in works(Path(folder))]
    console.print(_table(base, timings))
    if store or not base:
        write_base(path, timings)
        console.print(f"stored as the base in {path.name}")
        return 0
    slower = slower_than(base, timings)
    if slower:
        console.print(f"slower than {SLOWER:.0%} of the base: {', '.join(slower)}")
    return int(bool(slower))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description="Micro-benchmarks against a stored base.")
    parser.add_argument("--store", action="store_true", help="store the timings as the new base")
    parser.add_argument("--base", type=Path, default=BASE, help="file of the base")
    asked = parser.parse_args(arguments)
    try:
        return run(asked.base, asked.store, Console())
    except SignalCtrlError as error:
        Console(stderr=True).print(f"bench-micro: {error}", markup=False)
        return 2 if isinstance(error, InvalidInputError) else 3


if __name__ == "__main__":
    sys.exit(main())
