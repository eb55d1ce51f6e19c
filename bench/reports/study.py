"""A finished experiment as a report sees it: rows, groups, comparisons, and what each scenario's section shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from bench.comparisons import Comparison, compare_rows
from bench.folder import read_experiment
from bench.pairing import CELL, VARIANT, Group, Row, groups_of, is_valid
from bench.summary import rows_of
from signal_ctrl.domain.errors import InvalidInputError

OURS: Final = "adaptive"


@dataclass(frozen=True, slots=True)
class Section:
    """One scenario under its usual conditions: the groups to be drawn side by side and the two drawn in detail."""

    scenario: str
    groups: tuple[Group, ...]
    detailed: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """One experiment. `labels` name the groups of all sections, each controller in one place of the order."""

    folder: Path
    document: Mapping[str, Any]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    comparisons: tuple[Comparison, ...]
    sections: tuple[Section, ...]
    labels: tuple[str, ...]

    @property
    def invalid(self) -> tuple[Row, ...]:
        """The runs that no figure counts."""
        return tuple(row for row in self.rows if not is_valid(row))


def read_study(folder: Path, baseline: str | None = None, ours: str = OURS) -> Study:
    """Return the experiment of a folder.

    Args: baseline, the controller to compare with; ours, the one that is drawn in detail beside it.
    Raises: InvalidInputError if the folder holds no experiment or none of its runs is there, or knows no such baseline.
    """
    document = read_experiment(folder)
    rows = tuple(rows_of(folder))
    if all(row["status"] == "missing" for row in rows):
        raise InvalidInputError(f"{folder} holds no run yet; make them with 'signal-ctrl bench run'")
    known = {row["controller"] for row in rows}
    if baseline is not None and baseline not in known:
        raise InvalidInputError(f"--baseline {baseline}: the experiment ran {', '.join(sorted(known))}")
    groups = tuple(groups_of(rows))
    comparisons = tuple(compare_rows(rows, baseline))
    sections = tuple(
        _section(name, groups, comparisons, ours) for name in dict.fromkeys(row["scenario"] for row in rows)
    )
    labels = tuple(dict.fromkeys(label_of(group) for section in sections for group in section.groups))
    return Study(folder, document, rows, groups, comparisons, sections, labels)


def label_of(group: Group) -> str:
    """Return the name of a group among those of its section.

    >>> label_of(Group({"controller": "greedy", "sensing": "positions"}, ()))
    'greedy (positions)'
    """
    sensing = str(group.shared["sensing"])
    return group.controller if sensing == "loops" else f"{group.controller} ({sensing})"


def comparison_of(group: Group, comparisons: Sequence[Comparison]) -> Comparison | None:
    """Return the comparison of a group with its baseline, None for the baseline itself."""
    names = (*CELL, *VARIANT)
    wanted = [group.shared[name] for name in names]
    return next((each for each in comparisons if [each[name] for name in names] == wanted), None)


def valid_rows(group: Group) -> list[Row]:
    """Return the runs of a group that may enter a mean."""
    return [row for row in group.rows if is_valid(row)]


def mean_of(group: Group, name: str) -> float | None:
    """Return the mean of a measure over a group's valid runs, None where a run lacks it."""
    values = [measure_of(row, name) for row in valid_rows(group)]
    told = [value for value in values if value is not None]
    return fmean(told) if told and len(told) == len(values) else None


def measure_of(row: Row, name: str) -> float | None:
    """Return a measure of a run as a number, None where there is none."""
    found = (row.get("measures") or {}).get(name, row.get(name))
    return float(found) if isinstance(found, int | float) else None


def detailed_row(group: Group) -> Row | None:
    """Return the run of a group whose trajectories were kept; it need not be one with every seed valid."""
    return next((row for row in valid_rows(group) if (row.get("measures") or {}).get("detailed")), None)


def usual_cell(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Return the groups of the cell nearest to the usual: nothing closed, nothing failed, demand as counted."""
    cells: dict[Any, list[Group]] = {}
    for group in groups:
        cells.setdefault(group.cell(), []).append(group)
    usual: list[Group] = min(cells.values(), key=lambda members: _unusual(members[0]))
    return tuple(usual)


def _unusual(group: Group) -> tuple[int, float, float]:
    return len(group.shared["closures"]), float(group.shared["failure_rate"]), abs(float(group.shared["scale"]) - 1.0)


def _section(scenario: str, groups: Sequence[Group], comparisons: Sequence[Comparison], ours: str) -> Section:
    usual = usual_cell([group for group in groups if group.shared["scenario"] == scenario])
    base = next((group for group in usual if comparison_of(group, comparisons) is None), usual[0])
    others = [group for group in usual if group is not base]
    chosen = next((group for group in others if group.controller == ours), None) or _best(others)
    return Section(scenario, usual, (base,) if chosen is None else (base, chosen))


def _best(groups: Sequence[Group]) -> Group | None:
    told = [
        (delay_s, k) for k, group in enumerate(groups) if (delay_s := mean_of(group, "delay_s_per_vehicle")) is not None
    ]
    return groups[min(told)[1]] if told else None
