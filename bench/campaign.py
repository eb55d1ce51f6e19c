"""What a campaign over many seeds shows, from its ledger: `python -m bench.campaign LEDGER [LEDGER ...]`.

For each network and condition: the mean and the worst seed of adaptive control, the seeds on which somebody stood for
more than 300 s, and those on which it was worse than the better one of the baselines that were run beside it. Of a run
that was made several times the last line counts. Means of baselines are over the seeds of adaptive control; runs that
are not valid are named, not averaged. Who sees otherwise than by loops is told apart.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.ledger import lines_of
from bench.pairing import DELAY, is_valid
from bench.pairing import Row as Line
from bench.reports.study import OURS
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError
from sumo_scenarios.measures.standing import GRIDLOCK_S


@dataclass(frozen=True, slots=True)
class Judgement:
    """One network under one condition. Delays in s per vehicle; seeds are named as in the runs."""

    scenario: str
    condition: str
    runs: int
    mean_s: float
    worst_s: float
    baseline_s: Mapping[str, float]
    stood: tuple[str, ...]
    worse: tuple[str, ...]
    unpaired: tuple[str, ...]
    invalid: tuple[str, ...] = ()
    baseline_seeds: Mapping[str, int] = field(default_factory=dict)


def judge(lines: Iterable[Line]) -> list[Judgement]:
    """Return the judgement of each network and condition in which adaptive control was run."""
    cells: dict[tuple[str, str], dict[tuple[str, str], Line]] = {}
    for line in lines:
        cell = cells.setdefault((line["scenario"], _condition(line)), {})
        cell[_named(line), _seed(line)] = line
    return [
        _judgement(*cell, runs, name)
        for cell, runs in cells.items()
        for name in dict.fromkeys(_named(line) for line in runs.values() if line["controller"] == OURS)
    ]


def _judgement(scenario: str, condition: str, runs: Mapping[tuple[str, str], Line], name: str) -> Judgement:
    """Return the judgement of adaptive control under one name: by loops, or by what else it sees."""
    condition = ", ".join(part for part in (condition, name.removeprefix(OURS).strip(" ()")) if part)
    sound = {key: line for key, line in runs.items() if is_valid(line)}
    ours = {seed: line for (own, seed), line in sound.items() if own == name}
    others = sorted({own for (own, _), line in sound.items() if line["controller"] != OURS})
    delays = {
        other: {seed: float(sound[other, seed][DELAY]) for seed in ours if (other, seed) in sound} for other in others
    }
    best = {seed: min((own[seed] for own in delays.values() if seed in own), default=math.inf) for seed in ours}
    own = [float(line[DELAY]) for line in ours.values()]
    return Judgement(
        scenario,
        condition,
        len(ours),
        fmean(own) if own else math.nan,
        max(own, default=math.nan),
        {other: fmean(found.values()) for other, found in delays.items() if found},
        tuple(seed for seed, line in ours.items() if float(line.get("longest_standing_s") or 0.0) > GRIDLOCK_S),
        tuple(seed for seed, line in ours.items() if math.isfinite(best[seed]) and float(line[DELAY]) > best[seed]),
        tuple(seed for seed in ours if math.isinf(best[seed])),
        tuple(" ".join(key) for key, line in runs.items() if not is_valid(line) and _stands_here(line, key, name)),
        {other: len(found) for other, found in delays.items() if found},
    )


def _stands_here(line: Line, key: tuple[str, str], name: str) -> bool:
    """Tell whether a run is of the control that is judged, or of a baseline."""
    return key[0] == name or line["controller"] != OURS


def _named(line: Line) -> str:
    """Return the controller, and what it sees by where that is not loops."""
    sensing = line.get("sensing") or "loops"
    return str(line["controller"]) if sensing == "loops" else f"{line['controller']} ({sensing})"


def _condition(line: Line) -> str:
    scale, failures = float(line.get("scale") or 1.0), float(line.get("failure_rate") or 0.0)
    parts = [f"demand x{scale:g}"] if scale != 1.0 else []
    return ", ".join([*parts, *([f"{failures:.0%} of the loops failed"] if failures else [])])


def _seed(line: Line) -> str:
    demand = line.get("demand_seed") or 0
    return f"{line['seed']}/{demand}" if demand else str(line["seed"])


def read_lines(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the lines of ledgers. Raises: InvalidInputError if one is missing, damaged, or of an old kind."""
    found = []
    for path in paths:
        if not path.exists():
            raise InvalidInputError(f"no ledger {path}; 'make campaign' makes one")
        for number, line in lines_of(path):
            if not {"scenario", "controller", "seed", DELAY} <= line.keys():
                raise InvalidInputError(f"{path} line {number}: does not say which run it is; make the ledger anew")
            found.append(line)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table. Returns 0 if nobody stood, nothing was worse and all is valid, else 1; 2 for bad ledgers."""
    parser = argparse.ArgumentParser(prog="python -m bench.campaign", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ledger", nargs="+", type=Path)
    try:
        found = judge(read_lines(parser.parse_args(arguments).ledger))
    except SignalCtrlError as error:
        Console(stderr=True, soft_wrap=True).print(f"bench.campaign: {error}", markup=False, highlight=False)
        return 2
    Console(width=160).print(_table(found))
    return int(any(each.stood or each.worse or each.unpaired or each.invalid for each in found))


def _table(found: Sequence[Judgement]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for head in (
        "network",
        "condition",
        "seeds",
        "mean",
        "worst",
        "baselines",
        "stood over 300 s",
        "worse",
        "unpaired",
        "not valid",
    ):
        table.add_column(head, justify="right" if head in ("seeds", "mean", "worst") else "left")
    for each in found:
        baselines = ", ".join(_baseline(each, name) for name in each.baseline_s)
        table.add_row(
            each.scenario, each.condition or "-", str(each.runs), f"{each.mean_s:.1f}", f"{each.worst_s:.1f}",
            baselines or "-", *(" ".join(seeds) or "-" for seeds in (each.stood, each.worse, each.unpaired)),
            ", ".join(each.invalid) or "-",
        )  # fmt: skip
    return table


def _baseline(judged: Judgement, name: str) -> str:
    """Return a baseline's mean, and over how many seeds it is where these are not all."""
    seeds, text = judged.baseline_seeds[name], f"{name} {judged.baseline_s[name]:.1f}"
    return text if seeds == judged.runs else f"{text} ({seeds} seeds)"


if __name__ == "__main__":
    sys.exit(main())
