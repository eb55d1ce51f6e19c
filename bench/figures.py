"""The figures that README states, measured anew: `make figures` (about 40 minutes on two cores).

Every run is made by the `run` command's own code, scored by SUMO's files alone and judged by the two independent
referees of `tests/oracles`. Results are kept in `bench/results/figures.jsonl`, one line a run; a run that is there is
not made again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from sumo_scenarios.catalogue import names
from sumo_scenarios.run import Order, RunResult, execute_all
from sumo_scenarios.settings import RunSettings

RESULTS: Final = Path(__file__).parent / "results" / "figures.jsonl"
ORACLES: Final = Path(__file__).parent.parent / "tests" / "oracles"
NETWORKS: Final = names()
BASELINES: Final = (
    ("net", "loops"),
    ("actuated", "loops"),
    ("delay_based", "loops"),
    ("max_pressure", "positions"),
    ("greedy", "positions"),
    ("adaptive", "positions"),
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run that the figures need."""

    scenario: str
    controller: str
    sensing: str
    seed: int

    @property
    def key(self) -> str:
        """Name of the run in the ledger."""
        return f"{self.scenario} {self.controller} {self.sensing} {self.seed}"


def wanted_runs() -> Iterator[Wanted]:
    """Yield the runs: cologne8 under every sensing, its seeds 1 to 10, and every network under every controller."""
    for sensing in ("loops", "positions", "oracle"):
        for seed in (1, 2, 3):
            yield Wanted("cologne8", "adaptive", sensing, seed)
    for seed in range(4, 11):
        yield Wanted("cologne8", "adaptive", "loops", seed)
    for network in NETWORKS:
        yield Wanted(network, "adaptive", "loops", 1)
    for controller, sensing in BASELINES:
        for network in NETWORKS:
            yield Wanted(network, controller, sensing, 1)


def referee(tool: str, *arguments: str) -> Row:
    """Return what an independent referee says of a run's files."""
    command = [sys.executable, str(ORACLES / tool), *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(found.stdout) if found.stdout.strip() else {"error": found.stderr.strip()}


def row_of(wanted: Wanted, result: RunResult) -> Row:
    """Return the ledger's line of a run: its own figures and those of the referees."""
    folder = result.folder
    score = referee(
        "score_tripinfo.py", str(folder / "tripinfo.xml.gz"), "--statistics", str(folder / "statistics.xml")
    )
    own = result.document
    row: Row = {
        "key": wanted.key,
        "status": own["status"],
        "delay_s_per_vehicle": own["delay_s_per_vehicle"],
        "stops_per_vehicle": own["stops_per_vehicle"],
        "unfinished": own["vehicles"]["unfinished"] + own["vehicles"]["never_departed"],
        "longest_wait_s": own["longest_wait_s"],
        "wall_s": own["wall_s"]["total"],
        "decision_ms": own["decision_ms"],
        "referee_delay_s": score.get("delay_s_per_vehicle"),
        "referee_invalid": score.get("invalid", []),
        "sumo": own["sumo"],
    }
    if own["signals"]:
        row["lamps"] = referee("check_lamps.py", str(folder / "net.xml"), str(folder / "tls_states.xml.gz"), "--json")[
            "violations"
        ]
    return row


def known_rows() -> dict[str, Row]:
    """Return the ledger by the name of the run."""
    if not RESULTS.is_file():
        return {}
    rows = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {row["key"]: row for row in rows}


def measure(missing: Sequence[Wanted], at_once: int, console: Console) -> None:
    """Make the runs that the ledger lacks, and append them."""
    RESULTS.parent.mkdir(exist_ok=True)
    for start in range(0, len(missing), at_once):
        batch = missing[start : start + at_once]
        with tempfile.TemporaryDirectory() as scratch:
            orders = [Order(_settings(w), Path(scratch) / str(i)) for i, w in enumerate(batch)]
            results = execute_all(orders, lambda _index, _progress: None, at_once=at_once)
            with RESULTS.open("a", encoding="utf-8") as ledger:
                for wanted, result in zip(batch, results, strict=True):
                    row = row_of(wanted, result)
                    ledger.write(json.dumps(row) + "\n")
                    console.print(f"{start + len(batch)}/{len(missing)} {wanted.key}: {row['delay_s_per_vehicle']} s")


def _settings(wanted: Wanted) -> RunSettings:
    return RunSettings(
        wanted.scenario, wanted.controller, wanted.seed, sensing=wanted.sensing, command=("make", "figures")
    )


def tables(rows: dict[str, Row]) -> Iterable[Table]:
    """Yield the tables of README."""
    first = Table(
        "sensing",
        "mean delay, seeds 1-3 [s/veh]",
        "longest total standing of a vehicle [s]",
        title="cologne8, adaptive",
    )
    for sensing in ("loops", "positions", "oracle"):
        own = [rows[f"cologne8 adaptive {sensing} {seed}"] for seed in (1, 2, 3)]
        first.add_row(
            sensing,
            f"{mean(r['delay_s_per_vehicle'] for r in own):.1f}",
            f"{max(r['longest_wait_s'] for r in own):.0f}",
        )
    yield first
    kinds = (*BASELINES, ("adaptive", "loops"))
    second = Table(
        "network", *(f"{c} ({s})" if c in ("adaptive",) else c for c, s in kinds), title="delay, seed 1 [s/veh]"
    )
    for network in NETWORKS:
        own = [rows.get(f"{network} {c} {s} 1", {}) for c, s in kinds]
        second.add_row(network, *(f"{r['delay_s_per_vehicle']:.1f}" if r else "–" for r in own))
    yield second
    third = Table(
        "network", "wall time [s]", "decision p50 / p99 [ms]", "lamp violations", title="adaptive on loops, seed 1"
    )
    for network in NETWORKS:
        row = rows[f"{network} adaptive loops 1"]
        ms = row["decision_ms"]
        third.add_row(
            network, f"{row['wall_s']:.1f}", f"{ms['p50']:.2f} / {ms['p99']:.2f}", str(sum(row["lamps"].values()))
        )
    yield third


def main() -> int:
    """Measure what is missing and print the tables; 1 if a referee disagrees with a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", type=int, default=1, help="runs at a time; 1 for honest wall times")
    arguments = parser.parse_args()
    console = Console()
    known = known_rows()
    missing = [w for w in dict.fromkeys(wanted_runs()) if w.key not in known]
    measure(missing, max(arguments.at_once, 1), console)
    rows = known_rows()
    for table in tables(rows):
        console.print(table)
    wrong = [key for key, row in rows.items() if _disagrees(row)]
    for key in wrong:
        console.print(f"a referee disagrees with {key}: {rows[key]}")
    return int(bool(wrong))


def _disagrees(row: Row) -> bool:
    off = row["referee_delay_s"] is None or abs(row["referee_delay_s"] - row["delay_s_per_vehicle"]) > 0.001
    return off or bool(row["referee_invalid"]) or bool(row.get("lamps"))


if __name__ == "__main__":
    sys.exit(main())
