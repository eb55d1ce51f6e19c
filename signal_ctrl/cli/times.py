"""Wall time as commands print it."""

from datetime import UTC, datetime


def utc_text(utc_ms: int) -> str:
    """Return a time in UTC, to the second. [ms]

    >>> utc_text(1_700_000_000_000)
    '2023-11-14 22:13:20'
    """
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def utc_text_or_dash(utc_ms: int | None) -> str:
    """Return the same, and a dash for a time that is not there. [ms]"""
    return "–" if utc_ms is None else utc_text(utc_ms)
