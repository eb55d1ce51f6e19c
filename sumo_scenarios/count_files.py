"""Counts by date in files of the user."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from signal_ctrl.domain.counted_days import CountedDay, DayProfiles, counted_days_from_csv, day_profiles
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.whole_file import read_whole


def read_counted_days(paths: Sequence[Path], date: dt.date | None = None) -> DayProfiles:
    """Return the counted days of CSV files: with a column `date`, or one date a file.

    Args: date, of the one file that has neither that column nor a date in its name.
    Raises: InvalidInputError for files that cannot be read or hold no whole days, or a date for several files.
    """
    if not paths:
        raise InvalidInputError("give counts: --counts FILE.csv, several times for several files")
    if date is not None and len(paths) > 1:
        raise InvalidInputError("--date is for one file of counts; write dates into the names of the files")
    return day_profiles(read_days(paths, date))


def read_days(paths: Sequence[Path], date: dt.date | None = None) -> list[CountedDay]:
    """Return the counted days of CSV files, in which something may be missing.

    Raises: InvalidInputError for files that cannot be read or hold no counts.
    """
    return [day for path in paths for day in counted_days_from_csv(_text(path), str(path), date)]


def _text(path: Path) -> str:
    return read_whole(path, "counts")
