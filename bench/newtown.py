"""What a campaign on new towns shows in persons, from its ledger: `python -m bench.newtown LEDGER [LEDGER ...]`.

The runs are made by `signal-ctrl bench run --preset newtown --ledger LEDGER`, which goes on where it was interrupted.
For each town, demand and other controller: how much less or more adaptive control costs, seed by seed, with the 95 %
interval of the mean difference. Of a run that was made several times the last line counts; invalid runs and their
partners are left out, and counted.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.campaign import read_lines
from bench.reports.figures_table import PEOPLE
from bench.reports.page import interval, number, percent
from bench.reports.study import OURS
from bench.statistics import mean_interval
from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.measures.standing import GRIDLOCK_S

FIGURES: Final = (
    "person_delay_s", "motor_delay_s", "bus_signal_delay_s", "bus_headway_cv", "pedestrian_wait_s", "bicycle_delay_s",
)  # fmt: skip
HEADLINE: Final = "person_delay_s"
SAVED: Final = 0.2
"""Share of person-delay that adaptive control is to save against each other controller."""

Line = Mapping[str, Any]
Pair = tuple[Line, Line]
"""A run of adaptive control, and the other controller's on the same seeds."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure beside another controller's: means over pairs of runs in the figure's own unit, and the change as a
    share of the other's mean, below 0 where less is lost, with its interval (NaN below two pairs).
    """

    scenario: str
    scale: float
    other: str
    measure: str
    pairs: int
    left_out: int
    ours: float
    theirs: float
    change: float
    low: float
    high: float

    @property
    def is_reached(self) -> bool:
        """Whether the wanted share was saved, on the mean."""
        return self.change <= -SAVED


def compare(lines: Iterable[Line]) -> list[Compared]:
    """Return every figure of every town, demand and other controller that was run on the same seeds."""
    cells: dict[tuple[str, float], dict[tuple[str, int, int], Line]] = {}
    for line in lines:
        seeds = int(line["seed"]), int(line.get("demand_seed") or 0)
        cells.setdefault((line["scenario"], float(line.get("scale") or 1.0)), {})[line["controller"], *seeds] = line
    return [found for (scenario, scale), runs in sorted(cells.items()) for found in _of_cell(scenario, scale, runs)]


def _of_cell(scenario: str, scale: float, runs: Mapping[tuple[str, int, int], Line]) -> Iterator[Compared]:
    for other in sorted({controller for controller, *_ in runs} - {OURS}):
        seeds = [(seed, demand) for controller, seed, demand in runs if controller == other]
        pairs = [(runs[OURS, *each], runs[other, *each]) for each in seeds if (OURS, *each) in runs]
        valid = [pair for pair in pairs if all(line.get("valid") for line in pair)]
        for measure in FIGURES:
            told = [(one[measure], two[measure]) for one, two in valid if measure in one and measure in two]
            if told:
                yield Compared(scenario, scale, other, measure, len(told), len(pairs) - len(valid), *_change(told))


def _change(told: Sequence[tuple[float, float]]) -> tuple[float, float, float, float, float]:
    """Return both means, and the change as a share of the second with its interval."""
    ours, theirs = (fmean(values) for values in zip(*told, strict=True))
    if theirs == 0:
        return ours, theirs, math.nan, math.nan, math.nan
    found = mean_interval([(one - two) / theirs for one, two in told])
    ends = (math.nan, math.nan) if found is None else (found.low, found.high)
    return ours, theirs, (ours - theirs) / theirs, *ends


def stood(lines: Iterable[Line]) -> list[str]:
    """Return the runs of adaptive control in which somebody stood for more than 300 s."""
    ours = {line["key"]: line for line in lines if line["controller"] == OURS}
    return [key for key, line in ours.items() if float(line.get("longest_standing_s") or 0.0) > GRIDLOCK_S]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table. Returns 0 if the wanted share was saved everywhere and nobody stood, else 1; 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m bench.newtown", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ledger", nargs="+", type=Path)
    try:
        lines = read_lines(parser.parse_args(arguments).ledger)
    except SignalCtrlError as error:
        Console(stderr=True, soft_wrap=True).print(f"bench.newtown: {error}", markup=False, highlight=False)
        return 2
    found, still = compare(lines), stood(lines)
    Console(width=170).print(_table(found))
    if still:
        Console(soft_wrap=True).print(f"somebody stood for more than {GRIDLOCK_S:g} s: {', '.join(still)}")
    headlines = [each for each in found if each.measure == HEADLINE]
    return int(bool(still) or not headlines or not all(each.is_reached for each in headlines))


def _table(found: Sequence[Compared]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for head in ("town", "demand", "against", "figure", "pairs", "left out", OURS, "other", "change", "95 %"):
        table.add_column(head, justify="left" if head in ("town", "against", "figure") else "right")
    for each in found:
        words, digits = PEOPLE[each.measure]
        ends = interval(100 * each.low, 100 * each.high, 0)
        table.add_row(
            *(each.scenario, f"{100 * each.scale:g} %", each.other, escape(words), str(each.pairs), str(each.left_out)),
            *(number(each.ours, digits), number(each.theirs, digits), percent(each.change), escape(ends)),
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
