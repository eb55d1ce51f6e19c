"""The files of cycle and split: a plan document for each period, and the table of the movements."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.engine.split_periods import MovementRow, PeriodResult
from signal_ctrl.engine.split_values import Period
from signal_ctrl.gateways.whole_file import check_free, check_place, write_whole

COLUMNS: Final = ("begin_s", "end_s", "signal", "cycle_s", *(field.name for field in fields(MovementRow)))
_DIGITS: Final = 3
_FORMULA: Final = re.compile(r"[=+@]|-.*[=+|(!]")
"""What a spreadsheet would take for a formula; names of edges may begin with a dash."""


def target_paths(out: Path, periods: Sequence[Period]) -> tuple[Path, ...]:
    """Return the file of each period: `out` itself if there is one, else `NAME-BEGIN-END.json` beside it.

    Raises: InvalidInputError if `out` does not end in .json, or is a folder.
    """
    _check_name(out)
    if len(periods) == 1:
        return (out,)
    return tuple(out.with_name(f"{out.stem}-{p.begin_s:g}-{p.end_s:g}.json") for p in periods)


def check_table(out: Path, counts: Path | None, overwrite: bool) -> None:
    """Check the name of the plan and the table beside it, before the periods are known.

    Raises: InvalidInputError if a file is there that may not be replaced, or one cannot be written.
    """
    check_place(out)
    _check_name(out)
    table = out.with_suffix(".csv")
    if counts is not None and table.resolve() == counts.resolve():
        raise InvalidInputError(f"--out {out} puts its table into {table}, which holds the counts; name another --out")
    check_free(table, overwrite)


def check_targets(out: Path, periods: Sequence[Period], overwrite: bool) -> None:
    """Check that the plan of each period may be written. Raises: InvalidInputError if one may not."""
    for path in target_paths(out, periods):
        check_free(path, overwrite)


def _check_name(out: Path) -> None:
    if out.suffix != ".json" or out.is_dir():
        raise InvalidInputError(f"--out {out} has to be a file that ends in .json")


def write_plans(out: Path, name: str, results: Sequence[PeriodResult]) -> tuple[Path, ...]:
    """Write the plan of each period and the table of all beside them; return the files, the table last.

    Raises: InvalidInputError if they cannot be written.
    """
    paths, table = target_paths(out, [result.period for result in results]), out.with_suffix(".csv")
    texts = [
        plan_to_json(result.plan(f"{name}, {result.period.begin_s:g} to {result.period.end_s:g} s")) + "\n"
        for result in results
    ]
    for path, text in zip((*paths, table), (*texts, table_csv(results)), strict=True):
        write_whole(path, text)
    return (*paths, table)


def table_csv(results: Sequence[PeriodResult]) -> str:
    """Return the movements of all periods and signals as a CSV document; what cannot be had is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for result in results:
        for one in result.signals:
            times = (f"{result.period.begin_s:g}", f"{result.period.end_s:g}")
            where = (*times, one.planner.demand.signal_id, one.outcome.cycle_s)
            for row in one.rows:
                writer.writerow((*where, *(_cell(getattr(row, field.name)) for field in fields(MovementRow))))
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return round(value, _DIGITS)
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text
